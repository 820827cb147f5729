//! The glossary at work: terms found in a source, and their translations brought into the target.
//!
//! A term is honoured in three steps, of which the first that is possible is taken: the best of the model's texts that
//! has the wanted translation; else the model's own rendering of the term alone, or the term itself left as it was,
//! where the text has it, with the wanted translation in its place; else nothing is changed, and the segment is flagged.
//! So a sentence is never broken by a word that does not belong into it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bimo_text::{is_han, utf16_len};

use super::language::{is_latin, to_simplified, to_traditional};
use crate::wire::{GlossaryEntry, GlossaryEntryId, TargetLanguage, TermSpan};

/// How a term is to be translated, on the way into one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    entry: GlossaryEntryId,
    /// In simplified characters, where it is Chinese.
    pub source: String,
    /// The same.
    pub target: String,
    /// The source in small letters: most terms are in no sentence, and that is seen fastest so.
    small: String,
    /// The target as the person wrote it.
    written: String,
}

/// The terms of a translation.
#[derive(Debug, Default)]
pub(crate) struct Terms {
    /// The longest first.
    terms: Vec<Term>,
    /// How the model translates a term that stands alone, once it has been asked.
    renderings: Mutex<HashMap<String, Vec<String>>>,
}

/// A term in a source: which, and its bytes in the simplified source.
pub(crate) type Hit<'t> = (&'t Term, Range<usize>);

impl Terms {
    /// The entries that have something to say on the way into a language. Of two with the same term, that of the work wins.
    pub fn of(entries: &[GlossaryEntry], to: TargetLanguage) -> Self {
        let is_chinese = |text: &str| text.chars().any(is_han);
        let mut terms: Vec<Term> = Vec::new();
        let mut entries: Vec<&GlossaryEntry> = entries.iter().collect();
        entries.sort_by_key(|entry| (std::cmp::Reverse(entry.work), entry.id));
        for (number, entry) in (0..).zip(entries) {
            let (term, translation) = (entry.term.trim(), entry.translation.trim());
            // Both ways: the side in the language to write is the translation.
            let turned =
                is_chinese(term) == to.is_chinese() && is_chinese(translation) != is_chinese(term);
            let (source, target) = if turned { (translation, term) } else { (term, translation) };
            let entry = entry.id.unwrap_or(GlossaryEntryId(number));
            let written = target.to_owned();
            let (source, target) = (to_simplified(source), to_simplified(target));
            if !source.is_empty()
                && !target.is_empty()
                && !terms.iter().any(|term| term.source == source)
            {
                terms.push(Term { entry, small: source.to_lowercase(), source, target, written });
            }
        }
        terms.sort_by_key(|term| std::cmp::Reverse(term.source.len()));
        Self { terms, renderings: Mutex::default() }
    }

    /// The terms in a simplified source, in its order and not overlapping; of two at a place the longer.
    pub fn in_source(&self, source: &str) -> Vec<Hit<'_>> {
        let mut hits: Vec<Hit<'_>> = Vec::new();
        let small = source.to_lowercase();
        for term in self.terms.iter().filter(|term| small.contains(&term.small)) {
            for range in places(source, &term.source) {
                let is_free =
                    |(_, other): &Hit<'_>| range.end <= other.start || other.end <= range.start;
                if hits.iter().all(is_free) {
                    hits.push((term, range));
                }
            }
        }
        hits.sort_by_key(|(_, range)| range.start);
        hits
    }

    /// How the model translates words that stand alone; nothing where it has not been asked.
    pub fn rendering(&self, words: &str) -> Option<Vec<String>> {
        let renderings = self.renderings.lock().unwrap_or_else(PoisonError::into_inner);
        renderings.get(words).cloned()
    }

    /// Remembers how the model translates words that stand alone.
    pub fn remember(&self, words: &str, texts: impl Iterator<Item = String>) {
        let clean = |text: String| {
            let text = text.trim_matches(|c: char| !c.is_alphanumeric());
            let article = ["the ", "The ", "a ", "A ", "an ", "An "]
                .iter()
                .find_map(|article| text.strip_prefix(article));
            article.unwrap_or(text).to_owned()
        };
        // A single letter or character is found in too many words.
        let texts = texts.map(clean).filter(|text| text.chars().count() > 1).collect();
        let mut renderings = self.renderings.lock().unwrap_or_else(PoisonError::into_inner);
        renderings.insert(words.to_owned(), texts);
    }
}

impl Term {
    /// True where a text in simplified characters or English has the wanted translation.
    pub fn is_in(&self, target: &str) -> bool {
        !places(target, &self.target).is_empty()
    }

    /// The text with the wanted translation in the place of what the model made of the term.
    pub fn put_into(&self, text: &str, renderings: &[String]) -> Option<String> {
        let made = renderings.iter().chain([&self.source]);
        let (made, found) =
            made.map(|made| (made, places(text, made))).find(|(_, found)| !found.is_empty())?;
        let mut set = String::with_capacity(text.len() + self.target.len());
        let mut end = 0;
        for range in found {
            set.push_str(&text[end..range.start]);
            let is_first = !set.contains(char::is_alphanumeric);
            fit_article(&mut set, &self.target);
            set.push_str(&if is_first { capitalised(&self.target) } else { self.target.clone() });
            end = range.end;
        }
        tracing::trace!(made, "a term is put in the place of the model's own");
        set.push_str(&text[end..]);
        Some(set)
    }
}

/// Where the terms of a source are in its finished translation.
pub(crate) fn spans(source: &str, hits: &[Hit<'_>], target: &str) -> Vec<TermSpan> {
    let simplified = to_simplified(source);
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut spans = Vec::new();
    for (term, range) in hits {
        let (from, to) = (
            in_original(source, &simplified, range.start),
            in_original(source, &simplified, range.end),
        );
        let forms = [term.written.clone(), term.target.clone(), to_traditional(&term.target)];
        let found = forms.iter().flat_map(|form| places(target, form));
        let found = found.into_iter().find(|place| !taken.contains(place));
        taken.extend(found.clone());
        spans.push(TermSpan {
            entry: term.entry,
            source_from: from,
            source_to: to,
            target_from: found.as_ref().map(|place| utf16_len(&target[..place.start])),
            target_to: found.as_ref().map(|place| utf16_len(&target[..place.end])),
        });
    }
    spans
}

/// The UTF-16 offset in the original of a byte in its simplified form: the two have the same characters, one by one.
fn in_original(source: &str, simplified: &str, byte: usize) -> u32 {
    let characters = simplified[..byte].chars().count();
    let end = source.char_indices().nth(characters).map_or(source.len(), |(at, _)| at);
    utf16_len(&source[..end])
}

/// The bytes of every place where a word stands: whole words in Latin letters, whatever their case.
pub(crate) fn places(text: &str, word: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut free = 0;
    if word.is_empty() {
        return found;
    }
    for (at, _) in text.char_indices() {
        if at >= free
            && let Some(end) = matches_at(&text[at..], word).map(|length| at + length)
            && is_whole(text, at, end, word)
        {
            found.push(at..end);
            free = end;
        }
    }
    found
}

fn matches_at(text: &str, word: &str) -> Option<usize> {
    let mut rest = text.chars();
    for wanted in word.chars() {
        let c = rest.next()?;
        if c != wanted && !c.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
}

/// True where no letter goes on before or behind; an English plural or possessive may.
fn is_whole(text: &str, start: usize, end: usize, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| is_latin(c) || c.is_ascii_digit());
    let begins = letter(word.chars().next()) && letter(text[..start].chars().next_back());
    let behind = &text[end..];
    let plural = behind.strip_prefix('s').filter(|rest| !letter(rest.chars().next()));
    let ends =
        letter(word.chars().next_back()) && letter(behind.chars().next()) && plural.is_none();
    !begins && !ends
}

fn capitalised(word: &str) -> String {
    let mut rest = word.chars();
    let first = rest.next().map(|first| first.to_uppercase().collect::<String>());
    first.unwrap_or_default() + rest.as_str()
}

/// `a` before a consonant, `an` before a vowel.
fn fit_article(before: &mut String, word: &str) {
    let vowel = word.starts_with(|c: char| "aeiouAEIOU".contains(c));
    let (wrong, right) = if vowel { ("a ", "an ") } else { ("an ", "a ") };
    let found = before.len().checked_sub(wrong.len()).filter(|at| {
        before.is_char_boundary(*at)
            && before[*at..].eq_ignore_ascii_case(wrong)
            && !before[..*at].ends_with(char::is_alphanumeric)
    });
    if let Some(at) = found.filter(|_| word.starts_with(is_latin)) {
        let right =
            if before[at..].starts_with('A') { capitalised(right) } else { right.to_owned() };
        before.replace_range(at.., &right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::WorkId;

    fn entry(id: u32, work: Option<u32>, term: &str, translation: &str) -> GlossaryEntry {
        GlossaryEntry {
            id: Some(GlossaryEntryId(id)),
            work: work.map(WorkId),
            term: term.into(),
            translation: translation.into(),
            note: String::new(),
        }
    }

    fn found(entries: &[GlossaryEntry], to: TargetLanguage, source: &str) -> Vec<String> {
        let terms = Terms::of(entries, to);
        let hits = terms.in_source(source);
        hits.iter()
            .map(|(term, range)| format!("{}={}", &source[range.clone()], term.target))
            .collect()
    }

    #[test]
    fn terms_are_whole_words_and_the_longest_wins() {
        let entries = [
            entry(1, None, "rose", "玫瑰"),
            entry(2, None, "Rose Lane", "罗斯巷"),
            entry(3, Some(7), "rose", "露丝"),
        ];
        let to = TargetLanguage::Simplified;
        assert_eq!(
            found(&entries, to, "Rose rose on Rose Lane."),
            ["Rose=露丝", "rose=露丝", "Rose Lane=罗斯巷"]
        );
        assert_eq!(found(&entries, to, "The roses’ prose."), ["rose=露丝"]);
        let back = TargetLanguage::English;
        assert_eq!(found(&entries, back, "罗斯巷的露丝"), ["罗斯巷=Rose Lane", "露丝=rose"]);
    }

    #[test]
    fn the_models_own_rendering_gives_its_place_to_the_wanted_one() {
        let term = |source: &str, target: &str, to| {
            Terms::of(&[entry(1, None, source, target)], to).terms.remove(0)
        };
        let rose = term("Rose", "露丝", TargetLanguage::Simplified);
        assert_eq!(rose.put_into("罗斯走了。", &["罗斯".into()]).as_deref(), Some("露丝走了。"));
        assert_eq!(rose.put_into("Rose走了。", &[]).as_deref(), Some("露丝走了。"));
        assert_eq!(rose.put_into("她走了。", &["罗斯".into()]), None);
        let lamp = term("路灯", "old lamp", TargetLanguage::English);
        let put = |text| lamp.put_into(text, &["street lamp".into()]);
        assert_eq!(
            put("Street lamp after street lamp.").as_deref(),
            Some("Old lamp after old lamp.")
        );
        assert_eq!(put("It was a street lamp.").as_deref(), Some("It was an old lamp."));
        assert_eq!(put("Two street lamps.").as_deref(), Some("Two old lamps."));
    }

    #[test]
    fn spans_are_utf16_offsets_in_the_original() {
        let entries = [entry(4, None, "李梅", "Li Mei")];
        let terms = Terms::of(&entries, TargetLanguage::English);
        let source = "😀李梅来了。";
        let hits = terms.in_source(source);
        let [span] = spans(source, &hits, "😀 Li Mei came.")[..] else { panic!() };
        assert_eq!((span.source_from, span.source_to), (2, 4));
        assert_eq!((span.target_from, span.target_to), (Some(3), Some(9)));
        let [missed] = spans(source, &hits, "She came.")[..] else { panic!() };
        assert_eq!((missed.entry, missed.target_from), (GlossaryEntryId(4), None));
        let traditional = "劉葉";
        let terms = Terms::of(&[entry(5, None, "刘叶", "Liu Ye")], TargetLanguage::English);
        assert_eq!(terms.in_source(&to_simplified(traditional)).len(), 1);
    }
}
