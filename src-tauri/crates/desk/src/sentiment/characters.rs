//! Who is in a work: by the names that the person gave, and by those that its text suggests.

use std::collections::{HashMap, HashSet};

use bimo_text::{has_name, is_han, words};

use crate::Desk;
use crate::translation::sentence_ranges;
use crate::wire::{ApiError, MoodCharacter, MoodCharacters, WorkId};

const MOST_CHARACTERS: usize = 50;
const MOST_NAMES: usize = 12;
/// Characters of a name.
const LONGEST_NAME: usize = 60;
const MOST_SUGGESTED: usize = 20;
/// A name that stands less often in a text is no character's.
const OFTEN: usize = 3;
/// Bytes of a text that are looked through.
const LOOKED_THROUGH: usize = 2 << 20;
/// Before these a Chinese sentence has who speaks or does.
const DEEDS: &[char] = &['说', '道', '问', '笑', '答', '喊', '叫', '想', '看', '點', '説'];
/// In no Chinese name.
const NO_NAME: &[char] = &[
    '他', '她', '它', '我', '你', '们', '谁', '这', '那', '有', '人', '又', '也', '都', '只', '便',
    '就', '不', '却', '还', '再', '是', '的', '没', '地', '着', '了', '在', '才', '忙', '因', '听',
];
/// Written large, and nobody.
const TITLES: &[&str] = &["Mr", "Mrs", "Ms", "Dr", "Miss", "Sir", "Lady", "Lord", "God", "Chapter"];

impl Desk {
    /// The characters of a work, and names in its glossary and its text that may be others.
    pub async fn mood_characters(&self, work: WorkId) -> Result<MoodCharacters, ApiError> {
        let kept = self.store().characters(work.into()).await?;
        let glossary = self.store().glossary(Some(work.into())).await?;
        let terms: Vec<String> = glossary
            .into_iter()
            .filter(|entry| entry.work.is_some())
            .flat_map(|entry| [entry.term, entry.translation])
            .collect();
        let texts: Vec<String> =
            self.work_to_read(work).await?.into_iter().map(|chapter| chapter.text).collect();
        let taken: HashSet<String> = kept.iter().flatten().cloned().collect();
        let looking = move || suggested(&texts.join("\n\n"), &terms, &taken);
        let suggested = tokio::task::spawn_blocking(looking).await.map_err(ApiError::internal)?;
        let kept = kept.into_iter().map(|names| MoodCharacter { names }).collect();
        Ok(MoodCharacters { kept, suggested })
    }

    /// Keeps other characters of a work in the place of those it had. Empty names are left out.
    pub async fn keep_mood_characters(
        &self,
        work: WorkId,
        characters: Vec<MoodCharacter>,
    ) -> Result<MoodCharacters, ApiError> {
        let name = |name: &String| name.trim().chars().take(LONGEST_NAME).collect::<String>();
        let names = |character: MoodCharacter| -> Vec<String> {
            let names = character.names.iter().map(name).filter(|name| !name.is_empty());
            names.take(MOST_NAMES).collect()
        };
        let characters: Vec<Vec<String>> = characters
            .into_iter()
            .map(names)
            .filter(|names| !names.is_empty())
            .take(MOST_CHARACTERS)
            .collect();
        self.store().keep_characters(work.into(), &characters).await?;
        self.mood_characters(work).await
    }
}

/// Names in a text, the most frequent first: terms of the glossary that look like names, words that are written large
/// inside sentences and never small, and who speaks in Chinese.
fn suggested(text: &str, terms: &[String], taken: &HashSet<String>) -> Vec<String> {
    let text = &text[..text.floor_char_boundary(LOOKED_THROUGH)];
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for term in terms.iter().filter(|term| looks_like_a_name(term) && has_name(text, term)) {
        counts.insert(term, OFTEN.max(text.matches(term.as_str()).count()));
    }
    let mut small = HashSet::new();
    let mut large: HashMap<&str, usize> = HashMap::new();
    for sentence in sentence_ranges(text, bimo_text::has_words) {
        let sentence = &text[sentence];
        let words = words(sentence);
        small
            .extend(words.iter().map(|word| &sentence[word.clone()]).filter(|word| is_small(word)));
        for word in words.iter().skip(1).filter(|word| goes_on_before(sentence, word.start)) {
            let word = sentence[word.clone()].trim_end_matches("'s").trim_end_matches("’s");
            *large.entry(word).or_default() += usize::from(is_large(word));
        }
    }
    large.retain(|word, count| *count > 0 && !small.contains(word.to_lowercase().as_str()));
    for (name, count) in large.into_iter().chain(speakers(text)) {
        counts.entry(name).or_insert(count);
    }
    let mut found: Vec<(&str, usize)> = counts
        .into_iter()
        .filter(|(name, count)| *count >= OFTEN && !taken.contains(*name))
        .collect();
    found.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
    found.into_iter().take(MOST_SUGGESTED).map(|(name, _)| name.to_owned()).collect()
}

fn looks_like_a_name(term: &str) -> bool {
    is_large(term) || (term.chars().all(is_han) && (2..=4).contains(&term.chars().count()))
}

fn is_large(word: &str) -> bool {
    let mut letters = word.chars();
    let begins = letters.next().is_some_and(char::is_uppercase);
    begins && letters.next().is_some_and(char::is_lowercase) && !TITLES.contains(&word)
}

fn is_small(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_lowercase)
}

/// True where a word stands in the middle of a clause: one behind a mark or a quote may be written large as a beginning.
fn goes_on_before(sentence: &str, at: usize) -> bool {
    let before = sentence[..at].trim_end_matches(' ');
    before.len() < at && before.ends_with(|mark: char| mark.is_alphanumeric() || mark == ',')
}

/// Two or three Han characters between a mark and a word for speaking, with how often they stand so.
fn speakers(text: &str) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for (at, _) in text.match_indices(DEEDS) {
        let before = &text[..at];
        let start = before
            .rfind(|c| !is_han(c))
            .map_or(0, |mark| mark + before[mark..].chars().next().map_or(0, char::len_utf8));
        let name = &before[start..];
        let length = name.chars().take(4).count();
        if (2..=3).contains(&length) && !name.contains(NO_NAME) && !name.contains(DEEDS) {
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_suggested_by_how_a_text_has_them() {
        let text = "When Anna left, the rain fell. “Stop,” said Anna. He asked Anna’s brother. The Rain fell. \
                    He saw Mr Hale and rain. So Hale and Hale.\n\
                    黛玉道：“好。”宝玉笑道：“不好。”黛玉说，走吧。黛玉问谁。他说不。宝玉问。宝玉道。";
        let none = HashSet::new();
        assert_eq!(suggested(text, &[], &none), ["Anna", "Hale", "宝玉", "黛玉"]);
        let terms = ["Brother".to_owned(), "宝玉".to_owned(), "rain".to_owned()];
        let taken = HashSet::from(["Anna".to_owned(), "Hale".to_owned()]);
        assert_eq!(suggested(text, &terms, &taken), ["宝玉", "黛玉"]);
    }
}
