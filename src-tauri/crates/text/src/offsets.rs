//! Byte offsets, as Rust counts, and UTF-16 offsets, as the editor counts.

/// A place in a text in bytes of UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteOffset(pub usize);

/// A place in a text in UTF-16 code units: 1 for most characters, 2 for emoji and rare Han characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Utf16Offset(pub u32);

/// An offset that is no place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OffsetError {
    /// It falls between the bytes or the surrogates of one character.
    #[error("offset {offset} is inside a character")]
    InsideCharacter {
        /// The offset, in its own unit.
        offset: usize,
    },
    /// It is past the end.
    #[error("offset {offset} is past the end of a text of length {length}")]
    PastEnd {
        /// The offset, in its own unit.
        offset: usize,
        /// Length of the text in that unit.
        length: usize,
    },
}

/// Length of a text in UTF-16 code units.
pub fn utf16_len(text: &str) -> u32 {
    // One unit for each byte that begins a character, one more for a character of four bytes.
    // Short chunks in 8 bits, and no check for an overflow that cannot be, let the processor count many at once.
    let count =
        |chunk: &[u8]| chunk.iter().fold(0u8, |sum, &byte| sum.wrapping_add(units_begun(byte)));
    let units: usize = text.as_bytes().chunks(120).map(|chunk| usize::from(count(chunk))).sum();
    u32::try_from(units).unwrap_or(u32::MAX)
}

fn units_begun(byte: u8) -> u8 {
    u8::from(byte & 0xC0 != 0x80) + u8::from(byte >= 0xF0)
}

/// The byte offset of a UTF-16 offset.
pub fn to_byte(text: &str, offset: Utf16Offset) -> Result<ByteOffset, OffsetError> {
    Utf16Cursor::default().seek(text, offset)
}

/// The UTF-16 offset of a byte offset.
pub fn to_utf16(text: &str, offset: ByteOffset) -> Result<Utf16Offset, OffsetError> {
    match text.get(..offset.0) {
        Some(before) => Ok(Utf16Offset(utf16_len(before))),
        None if offset.0 > text.len() => {
            Err(OffsetError::PastEnd { offset: offset.0, length: text.len() })
        }
        None => Err(OffsetError::InsideCharacter { offset: offset.0 }),
    }
}

/// A place known in both units, from which the next is found by walking.
///
/// Edits lie close together, so that a walk from the last one is much shorter than one from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Utf16Cursor {
    byte: usize,
    unit: u32,
}

impl Utf16Cursor {
    /// Moves to `target` and gives its byte offset. On error the cursor stays where it was.
    ///
    /// `text` up to the cursor must be what it was at the last call; what follows may have changed.
    pub fn seek(&mut self, text: &str, target: Utf16Offset) -> Result<ByteOffset, OffsetError> {
        let Self { mut byte, mut unit } = *self;
        for character in text[..byte].chars().rev() {
            if unit <= target.0 {
                break;
            }
            byte -= character.len_utf8();
            unit -= character.len_utf16() as u32;
        }
        // Long ways in long steps.
        while unit < target.0 && byte < text.len() {
            let step = text.floor_char_boundary(byte + 1024);
            let units = utf16_len(&text[byte..step]);
            if units > target.0 - unit {
                break;
            }
            byte = step;
            unit += units;
        }
        for character in text[byte..].chars() {
            if unit >= target.0 {
                break;
            }
            byte += character.len_utf8();
            unit += character.len_utf16() as u32;
        }
        if unit < target.0 {
            return Err(OffsetError::PastEnd { offset: target.0 as usize, length: unit as usize });
        }
        if unit > target.0 {
            return Err(OffsetError::InsideCharacter { offset: target.0 as usize });
        }
        *self = Self { byte, unit };
        Ok(ByteOffset(byte))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_and_bytes_of_mixed_text() {
        // "a" 1 byte, "é" 2, "笔" 3, "😀" 4 bytes and 2 units, "𠮷" 4 bytes and 2 units.
        let text = "aé笔😀𠮷\r\n";
        assert_eq!(utf16_len(text), 9);
        for (unit, byte) in [(0, 0), (1, 1), (2, 3), (3, 6), (5, 10), (7, 14), (8, 15), (9, 16)] {
            assert_eq!(to_byte(text, Utf16Offset(unit)), Ok(ByteOffset(byte)));
            assert_eq!(to_utf16(text, ByteOffset(byte)), Ok(Utf16Offset(unit)));
        }
    }

    #[test]
    fn an_offset_that_is_no_place_is_refused() {
        let text = "笔😀";
        assert_eq!(to_byte(text, Utf16Offset(2)), Err(OffsetError::InsideCharacter { offset: 2 }));
        assert_eq!(
            to_byte(text, Utf16Offset(4)),
            Err(OffsetError::PastEnd { offset: 4, length: 3 })
        );
        assert_eq!(to_utf16(text, ByteOffset(1)), Err(OffsetError::InsideCharacter { offset: 1 }));
        assert_eq!(
            to_utf16(text, ByteOffset(8)),
            Err(OffsetError::PastEnd { offset: 8, length: 7 })
        );
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop_oneof![
                any::<char>().prop_map(String::from),
                prop::sample::select(vec!["笔", "𠮷", "😀", "👨‍👩‍👧", "\r\n", "e\u{301}", "a"])
                    .prop_map(String::from),
            ],
            0..60,
        )
        .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn length_is_what_the_standard_encoder_says(text in text()) {
            prop_assert_eq!(utf16_len(&text) as usize, text.encode_utf16().count());
        }

        #[test]
        fn every_boundary_and_only_boundaries_convert(text in text(), seed in any::<u32>()) {
            let mut cursor = Utf16Cursor::default();
            let length = utf16_len(&text);
            // Visits all offsets in a scattered order, so that the cursor walks both ways.
            let stride = (seed % 97) * 2 + 1;
            for step in 0..=length {
                let unit = Utf16Offset(step.wrapping_mul(stride) % (length + 2));
                let mut units = 0;
                let expected = text
                    .char_indices()
                    .map(|(byte, character)| {
                        let at = units;
                        units += character.len_utf16() as u32;
                        (at, byte)
                    })
                    .chain([(length, text.len())])
                    .find(|&(at, _)| at == unit.0)
                    .map(|(_, byte)| ByteOffset(byte));
                prop_assert_eq!(cursor.seek(&text, unit).ok(), expected);
                if let Some(byte) = expected {
                    prop_assert_eq!(to_utf16(&text, byte), Ok(unit));
                }
            }
        }
    }
}
