//! The compiled table of replacements inside a SentencePiece model.
//!
//! Source: its layout is a length (u32), a double-array trie of that many bytes as `darts-clone` has it, and the
//! replacements, each ended by a NUL.
//!
//! **Invariant**: whatever the table is made of, a look-up ends after few steps and answers with few whole characters.

use bimo_engine::EngineError;

use super::invalid;

const FIELD: &str = "precompiled_charsmap";
/// Bytes of what is replaced, and of what replaces it; Unicode's longest has 33.
const LONGEST: usize = 256;

/// What is replaced by what, before a text is cut into pieces.
#[derive(Debug, Default)]
pub(super) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    /// An empty table replaces nothing.
    pub fn read(bytes: &[u8]) -> Result<Self, EngineError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let (length, rest) =
            bytes.split_first_chunk().ok_or_else(|| invalid(FIELD, "it has no length"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let (units, replacements) = rest
            .split_at_checked(length)
            .filter(|(units, _)| units.len().is_multiple_of(size_of::<u32>()))
            .ok_or_else(|| invalid(FIELD, format!("a tree of {length} bytes")))?;
        let unit =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |unit, &byte| unit << 8 | u32::from(byte));
        let replacements = std::str::from_utf8(replacements)
            .map_err(|_| invalid(FIELD, "a replacement is not UTF-8"))?;
        if replacements.split('\0').any(|text| text.len() > LONGEST) {
            return Err(invalid(FIELD, format!("a replacement has more than {LONGEST} bytes")));
        }
        Ok(Self {
            units: units.chunks_exact(size_of::<u32>()).map(unit).collect(),
            replacements: replacements.to_owned(),
        })
    }

    /// Refuses a table in which a look-up could lead outside, for those who look things up without asking.
    pub fn check_closed(&self) -> Result<(), EngineError> {
        let outside =
            |place: usize| invalid(FIELD, format!("unit {place} leads outside the table"));
        if self.units.is_empty() {
            return Err(outside(0));
        }
        for (place, &unit) in self.units.iter().enumerate() {
            // A leaf's own unit is a value and leads nowhere.
            if unit & LEAF != 0 {
                continue;
            }
            let children = place ^ offset(unit);
            if children | 0xFF >= self.units.len() {
                return Err(outside(place));
            }
            let value = (self.units[children] & VALUE) as usize;
            if unit & HAS_LEAF != 0 && !self.replacements.is_char_boundary(value) {
                return Err(outside(place));
            }
        }
        Ok(())
    }

    /// The longest beginning of `text` that is replaced, as its length, and what replaces it.
    pub fn replace<'t>(&'t self, text: &str) -> Option<(usize, &'t str)> {
        let (length, value) = self.longest(text.as_bytes())?;
        let replacement = self.replacements.get(value..)?;
        text.is_char_boundary(length).then_some(())?;
        Some((length, replacement.split_once('\0').map_or(replacement, |(first, _)| first)))
    }

    fn longest(&self, text: &[u8]) -> Option<(usize, usize)> {
        let mut place = offset(*self.units.first()?);
        let mut longest = None;
        for (at, &byte) in text.iter().take(LONGEST).enumerate() {
            place ^= usize::from(byte);
            let Some(&unit) = self.units.get(place) else { break };
            if unit & LABEL != u32::from(byte) {
                break;
            }
            place ^= offset(unit);
            if unit & HAS_LEAF != 0 {
                let leaf = self.units.get(place).copied().unwrap_or_default();
                longest = Some((at + 1, (leaf & VALUE) as usize));
            }
        }
        longest
    }
}

/// Set in the unit of a leaf.
const LEAF: u32 = 1 << 31;
/// The byte of a unit; a leaf has none, so its highest bit counts too.
const LABEL: u32 = LEAF | 0xFF;
const HAS_LEAF: u32 = 1 << 8;
const VALUE: u32 = (1 << 31) - 1;

fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize
}
