//! A dictionary that the person brings: CC-CEDICT, looked up by the longest word at a place.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bimo_text::is_han;

use super::terms::places;
use crate::Desk;
use crate::files::read_file;
use crate::wire::{ApiError, DictionaryEntry, DictionaryStatus};

const KEY: &str = "dictionary";
/// Characters of the longest word that is looked for.
const LONGEST_WORD: usize = 16;
/// Entries that are shown.
const MOST_SHOWN: usize = 20;

/// A dictionary in memory.
pub(crate) struct Dictionary {
    path: String,
    entries: Vec<DictionaryEntry>,
    /// By both scripts.
    by_word: HashMap<String, Vec<u32>>,
}

impl Desk {
    /// The dictionary that is used. One that was chosen and cannot be read any more is none.
    pub async fn dictionary(&self) -> Result<DictionaryStatus, ApiError> {
        let found = self.open_dictionary().await?;
        Ok(found.map_or(DictionaryStatus { path: None, entries: 0 }, |found| found.status()))
    }

    /// Uses a file of CC-CEDICT, or none.
    pub async fn use_dictionary(&self, path: Option<String>) -> Result<DictionaryStatus, ApiError> {
        let read = match &path {
            Some(path) => Some(Arc::new(Dictionary::read(path).await?)),
            None => None,
        };
        self.store().set_setting(KEY, &serde_json::json!(path)).await?;
        self.translations_at_work().dictionary.lock().await.clone_from(&read);
        Ok(read.map_or(DictionaryStatus { path: None, entries: 0 }, |read| read.status()))
    }

    /// The longest words of the dictionary that a text begins with; of English, entries that have the word in their
    /// meanings.
    pub async fn look_up(&self, text: String) -> Result<Vec<DictionaryEntry>, ApiError> {
        let Some(dictionary) = self.open_dictionary().await? else {
            let message = "There is no dictionary: choose a file of CC-CEDICT first.";
            return Err(ApiError::new("no_dictionary", message));
        };
        let found = tokio::task::spawn_blocking(move || dictionary.look_up(&text)).await;
        found.map_err(ApiError::internal)
    }

    async fn open_dictionary(&self) -> Result<Option<Arc<Dictionary>>, ApiError> {
        let mut open = self.translations_at_work().dictionary.lock().await;
        if open.is_none() {
            let chosen = self.store().setting(KEY).await?;
            let chosen = chosen.and_then(|path| path.as_str().map(str::to_owned));
            if let Some(path) = chosen {
                match Dictionary::read(&path).await {
                    Ok(read) => *open = Some(Arc::new(read)),
                    Err(error) => {
                        tracing::warn!(code = error.code, "the dictionary cannot be read")
                    }
                }
            }
        }
        Ok(open.clone())
    }
}

impl Dictionary {
    async fn read(path: &str) -> Result<Self, ApiError> {
        let bytes = read_file(Path::new(path)).await?;
        let path = path.to_owned();
        let parse = move || Self::parse(path, &bimo_convert::text_of(&bytes)?);
        tokio::task::spawn_blocking(parse).await.map_err(ApiError::internal)?
    }

    fn parse(path: String, text: &str) -> Result<Self, ApiError> {
        let entries: Vec<DictionaryEntry> = text.lines().filter_map(entry).collect();
        if entries.is_empty() {
            let message = "The file is no dictionary in CC-CEDICT's format: choose cedict_ts.u8, for instance.";
            return Err(ApiError::new("dictionary_invalid", message).with_detail(path));
        }
        let mut by_word: HashMap<String, Vec<u32>> = HashMap::new();
        for (number, entry) in (0..).zip(&entries) {
            by_word.entry(entry.simplified.clone()).or_default().push(number);
            if entry.traditional != entry.simplified {
                by_word.entry(entry.traditional.clone()).or_default().push(number);
            }
        }
        Ok(Self { path, entries, by_word })
    }

    fn status(&self) -> DictionaryStatus {
        DictionaryStatus { path: Some(self.path.clone()), entries: self.entries.len() as u32 }
    }

    /// Of a Chinese text every word that it begins with, the longest first.
    fn look_up(&self, text: &str) -> Vec<DictionaryEntry> {
        let text = text.trim();
        if !text.starts_with(is_han) && !self.by_word.contains_key(text) {
            return self.meaning(text);
        }
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(LONGEST_WORD);
        let mut ends: Vec<usize> = ends.collect();
        ends.reverse();
        let numbers = ends.into_iter().filter_map(|end| self.by_word.get(&text[..end])).flatten();
        numbers.take(MOST_SHOWN).map(|number| self.entries[*number as usize].clone()).collect()
    }

    /// Entries that have an English word among their meanings: those that mean it alone first.
    fn meaning(&self, word: &str) -> Vec<DictionaryEntry> {
        if word.is_empty() {
            return Vec::new();
        }
        let rank = |entry: &DictionaryEntry| {
            let lengths = entry.meanings.iter().enumerate().filter_map(|(place, meaning)| {
                let bare = meaning.strip_prefix("to ").unwrap_or(meaning);
                (!places(bare, word).is_empty()).then_some((bare.len() - word.len(), place))
            });
            lengths.min()
        };
        let ranked = self.entries.iter().filter_map(|entry| rank(entry).map(|rank| (rank, entry)));
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().take(MOST_SHOWN).map(|(_, entry)| entry.clone()).collect()
    }
}

/// `傳統 传统 [chuan2 tong3] /tradition/traditional/`
fn entry(line: &str) -> Option<DictionaryEntry> {
    let line = line.trim();
    let (words, rest) = line.split_once(" [").filter(|_| !line.starts_with('#'))?;
    let (pinyin, meanings) = rest.split_once(']')?;
    let (traditional, simplified) = words.split_once(' ')?;
    let meanings = meanings.split('/').map(str::trim).filter(|meaning| !meaning.is_empty());
    Some(DictionaryEntry {
        simplified: simplified.trim().to_owned(),
        traditional: traditional.to_owned(),
        pinyin: pinyin.split_whitespace().map(marked).collect::<Vec<_>>().join(" "),
        meanings: meanings.map(str::to_owned).collect(),
    })
}

/// `lu:4` as `lǜ`: the tone stands on `a` or `e`, on the `o` of `ou`, else on the last vowel.
fn marked(syllable: &str) -> String {
    let plain = syllable.replace("u:", "ü").replace('v', "ü").replace("U:", "Ü");
    let Some(tone) = plain.chars().next_back().and_then(|last| last.to_digit(10)) else {
        return plain;
    };
    let plain = &plain[..plain.len() - 1];
    let lower = plain.to_lowercase();
    let vowel = |c: char| "aeiouü".contains(c);
    let place = lower
        .chars()
        .position(|c| c == 'a' || c == 'e')
        .or_else(|| lower.contains("ou").then(|| lower.chars().position(|c| c == 'o')).flatten())
        .or_else(|| lower.chars().collect::<Vec<_>>().iter().rposition(|c| vowel(*c)));
    let mark = |(at, c): (usize, char)| if Some(at) == place { toned(c, tone) } else { c };
    plain.chars().enumerate().map(mark).collect()
}

fn toned(vowel: char, tone: u32) -> char {
    let row = match vowel.to_lowercase().next() {
        Some('a') => ['ā', 'á', 'ǎ', 'à'],
        Some('e') => ['ē', 'é', 'ě', 'è'],
        Some('i') => ['ī', 'í', 'ǐ', 'ì'],
        Some('o') => ['ō', 'ó', 'ǒ', 'ò'],
        Some('u') => ['ū', 'ú', 'ǔ', 'ù'],
        Some('ü') => ['ǖ', 'ǘ', 'ǚ', 'ǜ'],
        _ => return vowel,
    };
    let found =
        (tone as usize).checked_sub(1).and_then(|tone| row.get(tone)).copied().unwrap_or(vowel);
    if vowel.is_uppercase() { found.to_uppercase().next().unwrap_or(found) } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_marks_on_the_right_vowel() {
        let cases = [
            ("bi3", "bǐ"),
            ("mo4", "mò"),
            ("lu:4", "lǜ"),
            ("shou3", "shǒu"),
            ("gui4", "guì"),
            ("liu2", "liú"),
            ("xiao3", "xiǎo"),
            ("jue2", "jué"),
            ("ma5", "ma"),
            ("r5", "r"),
            ("Ao1", "Āo"),
            ("A1", "Ā"),
            ("C", "C"),
        ];
        for (number, expected) in cases {
            assert_eq!(marked(number), expected);
        }
    }

    /// Lines in the form that the dictionary's own page describes, with words of ours.
    const LINES: &str = "\u{feff}# CC-CEDICT\n\
        筆 笔 [bi3] /pen/brush/\n\
        筆墨 笔墨 [bi3 mo4] /pen and ink/words/\n\
        墨 墨 [mo4] /ink/\n\
        a broken line\n";

    #[test]
    fn the_longest_word_comes_first() {
        let dictionary = Dictionary::parse("x".into(), LINES).expect("a dictionary");
        assert_eq!(dictionary.status().entries, 3);
        let found = |text| -> Vec<String> {
            dictionary
                .look_up(text)
                .into_iter()
                .map(|entry| format!("{} {}", entry.simplified, entry.pinyin))
                .collect()
        };
        assert_eq!(found("笔墨纸砚"), ["笔墨 bǐ mò", "笔 bǐ"]);
        assert_eq!(found("筆墨"), ["笔墨 bǐ mò", "笔 bǐ"]);
        assert_eq!(found("ink"), ["墨 mò", "笔墨 bǐ mò"]);
        assert_eq!(found("纸"), Vec::<String>::new());
        let refused = Dictionary::parse("x".into(), "no dictionary").err().expect("refused");
        assert_eq!(refused.code, "dictionary_invalid");
    }
}
