//! What happens to a text before it is cut into pieces: replacements, and spaces made visible.

use super::charsmap::Charsmap;
use super::trie::Trie;

/// Stands for a space.
pub(super) const SPACE: &str = "▁";

/// How spaces are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spaces {
    /// A text begins as if a space stood before it.
    pub before: bool,
    /// That space stands after the text.
    pub is_behind: bool,
    /// Spaces around a text are left out, and of several in it all but one.
    pub are_single: bool,
    /// A space is written `▁`.
    pub are_visible: bool,
}

/// A text as the pieces spell it.
#[derive(Debug, Default)]
pub(super) struct Normalized {
    pub text: String,
    /// For each byte of `text` and its end, where in the original it comes from.
    pub origins: Vec<usize>,
}

/// Makes [`Normalized`] texts.
pub(super) struct Normalizer {
    pub charsmap: Charsmap,
    pub spaces: Spaces,
    /// Kept as they are.
    pub whole: Trie,
}

impl Normalizer {
    pub fn normalize(&self, original: &str) -> Normalized {
        let Spaces { before, is_behind, are_single, .. } = self.spaces;
        let mut at = if are_single { self.first_word(original) } else { 0 };
        let mut normalized = Normalized::default();
        if at == original.len() {
            normalized.origins.push(at);
            return normalized;
        }
        if before && !is_behind {
            normalized.push(self.space(), at);
        }
        let mut after_space = are_single;
        while at < original.len() {
            let (length, replacement) = self.step(&original[at..]);
            let added = if after_space { replacement.trim_start_matches(' ') } else { replacement };
            for character in added.chars() {
                match character {
                    ' ' => normalized.push(self.space(), at),
                    other => normalized.push(other.encode_utf8(&mut [0; 4]), at),
                }
            }
            if !added.is_empty() {
                after_space = are_single && added.ends_with(' ');
            }
            at += length;
        }
        if are_single {
            at = normalized.trim_end(self.space(), at);
        }
        if before && is_behind {
            normalized.push(self.space(), at);
        }
        normalized.origins.push(at);
        normalized
    }

    fn space(&self) -> &'static str {
        if self.spaces.are_visible { SPACE } else { " " }
    }

    /// Where the text begins after its leading spaces.
    fn first_word(&self, text: &str) -> usize {
        let mut at = 0;
        while at < text.len() {
            let (length, replacement) = self.step(&text[at..]);
            if replacement != " " {
                break;
            }
            at += length;
        }
        at
    }

    /// How much of a text, never nothing, becomes what.
    fn step<'t>(&'t self, text: &'t str) -> (usize, &'t str) {
        if let Some((length, _)) = self.whole.prefixes(text.as_bytes()).last() {
            return (length, &text[..length]);
        }
        self.charsmap.replace(text).unwrap_or_else(|| {
            let length = text.chars().next().map_or(0, char::len_utf8);
            (length, &text[..length])
        })
    }
}

impl Normalized {
    fn push(&mut self, text: &str, origin: usize) {
        self.text.push_str(text);
        self.origins.resize(self.text.len(), origin);
    }

    /// Takes spaces off the end and answers where the original then ends.
    fn trim_end(&mut self, space: &str, mut end: usize) -> usize {
        while self.text.ends_with(space) {
            let length = self.text.len() - space.len();
            end = self.origins[length];
            self.text.truncate(length);
            self.origins.truncate(length);
        }
        end
    }
}
