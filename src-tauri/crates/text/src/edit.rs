//! Edits of a text, as the editor reports them.

use crate::{OffsetError, Utf16Cursor, Utf16Offset, utf16_len};

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    /// First place that is replaced.
    pub from: Utf16Offset,
    /// One past the last; equal to `from` for a pure insertion.
    pub to: Utf16Offset,
    /// What stands there instead.
    pub insert: String,
    /// The generation that wrote `insert`; nothing where the person did.
    pub generation: Option<u32>,
}

impl TextEdit {
    /// The one replacement that makes `new` of `old`: what lies between their common beginning and their common end.
    pub fn between(old: &str, new: &str) -> Self {
        let (beginning, end) = common_ends(old, new);
        let from = utf16_len(&old[..beginning]);
        Self {
            from: Utf16Offset(from),
            to: Utf16Offset(from + utf16_len(&old[beginning..old.len() - end])),
            insert: new[beginning..new.len() - end].to_owned(),
            generation: None,
        }
    }

    /// UTF-16 units that it takes away.
    pub fn removed(&self) -> u32 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// UTF-16 units that it puts in.
    pub fn inserted(&self) -> u32 {
        utf16_len(&self.insert)
    }
}

/// How many bytes two texts have in common at their beginning, and at their end behind that: whole characters.
pub(crate) fn common_ends(one: &str, other: &str) -> (usize, usize) {
    const STEP: usize = 1 << 12;
    let (first, second) = (one.as_bytes(), other.as_bytes());
    let steps = first.chunks(STEP).zip(second.chunks(STEP));
    let same: usize = steps.take_while(|(one, other)| one == other).map(|(one, _)| one.len()).sum();
    let bytes = first[same..].iter().zip(&second[same..]);
    let beginning = same + bytes.take_while(|(one, other)| one == other).count();
    let beginning = one.floor_char_boundary(beginning);

    let (first, second) = (&first[beginning..], &second[beginning..]);
    let steps = first.rchunks(STEP).zip(second.rchunks(STEP));
    let same: usize = steps.take_while(|(one, other)| one == other).map(|(one, _)| one.len()).sum();
    let rest = |bytes: &[u8]| bytes.len() - same;
    let bytes = first[..rest(first)].iter().rev().zip(second[..rest(second)].iter().rev());
    let end = same + bytes.take_while(|(one, other)| one == other).count();
    (beginning, one.len() - one.ceil_char_boundary(one.len() - end))
}

/// An edit that does not fit the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// One of its ends is no place in the text as the edits before it left it.
    #[error("edit {index}: {source}")]
    Offset {
        /// Which edit of the list, from 0.
        index: usize,
        /// What is wrong with the place.
        source: OffsetError,
    },
    /// It ends before it begins.
    #[error("edit {index} ends before it begins")]
    Reversed {
        /// Which edit of the list, from 0.
        index: usize,
    },
}

/// The text after a list of edits, each made on the result of those before it.
///
/// An error leaves nothing changed: the text that is given is only read.
pub fn apply_edits(text: &str, edits: &[TextEdit]) -> Result<String, EditError> {
    let mut edited = text.to_owned();
    let mut cursor = Utf16Cursor::default();
    for (index, edit) in edits.iter().enumerate() {
        if edit.from > edit.to {
            return Err(EditError::Reversed { index });
        }
        let at_fault = |source| EditError::Offset { index, source };
        let end = cursor.seek(&edited, edit.to).map_err(at_fault)?;
        let start = cursor.seek(&edited, edit.from).map_err(at_fault)?;
        // The cursor now stands at the start, and everything before it stays as it is.
        edited.replace_range(start.0..end.0, &edit.insert);
    }
    Ok(edited)
}

/// Where a place belongs when text is inserted exactly there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Before the insertion: it stays with what is before it.
    Before,
    /// After the insertion: it stays with what follows.
    After,
}

/// Where a place is after an edit.
///
/// A place inside a replaced stretch goes to the stretch's begin or end by `side`; one at its very begin or end stays
/// outside. These are the rules of CodeMirror's `ChangeDesc.mapPos`, so that editor and desk agree.
pub fn map_offset(offset: Utf16Offset, edit: &TextEdit, side: Side) -> Utf16Offset {
    let (from, to) = (edit.from.0, edit.to.0.max(edit.from.0));
    let after_insert = from.saturating_add(edit.inserted());
    let mapped = if offset.0 < from || (offset.0 == from && from < to) {
        offset.0
    } else if offset.0 > to || (offset.0 == to && from < to) {
        offset.0 - (to - from) + edit.inserted()
    } else {
        match side {
            Side::Before => from,
            Side::After => after_insert,
        }
    };
    Utf16Offset(mapped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edit(from: u32, to: u32, insert: &str) -> TextEdit {
        TextEdit {
            from: Utf16Offset(from),
            to: Utf16Offset(to),
            insert: insert.to_owned(),
            generation: None,
        }
    }

    #[test]
    fn each_edit_is_made_on_the_result_of_those_before() {
        let edits = [edit(0, 0, "😀"), edit(2, 4, "墨"), edit(3, 3, "!"), edit(0, 2, "")];
        assert_eq!(apply_edits("笔记本", &edits).as_deref(), Ok("墨!本"));
    }

    #[test]
    fn an_edit_that_does_not_fit_is_named() {
        assert_eq!(
            apply_edits("a😀", &[edit(0, 1, "b"), edit(2, 3, "")]),
            Err(EditError::Offset { index: 1, source: OffsetError::InsideCharacter { offset: 2 } })
        );
        assert_eq!(
            apply_edits("ab", &[edit(3, 3, "x")]),
            Err(EditError::Offset {
                index: 0,
                source: OffsetError::PastEnd { offset: 3, length: 2 }
            })
        );
        assert_eq!(apply_edits("ab", &[edit(2, 1, "")]), Err(EditError::Reversed { index: 0 }));
    }

    #[test]
    fn places_move_as_in_the_editor() {
        use Side::{After, Before};
        // The table follows CodeMirror's documentation of `mapPos`: (place, from, to, insert, before, after).
        for (offset, from, to, insert, before, after) in [
            (1, 2, 2, "xy", 1, 1),
            (2, 2, 2, "xy", 2, 4),
            (3, 2, 2, "xy", 5, 5),
            (2, 2, 5, "", 2, 2),
            (3, 2, 5, "xyz", 2, 5),
            (2, 2, 5, "xyz", 2, 2),
            (5, 2, 5, "x", 3, 3),
            (7, 2, 5, "x", 5, 5),
        ] {
            let edit = edit(from, to, insert);
            assert_eq!(
                map_offset(Utf16Offset(offset), &edit, Before).0,
                before,
                "{offset} {edit:?}"
            );
            assert_eq!(map_offset(Utf16Offset(offset), &edit, After).0, after, "{offset} {edit:?}");
        }
    }

    #[test]
    fn the_difference_is_the_shortest_replacement() {
        assert_eq!(TextEdit::between("笔墨纸砚", "笔墨与纸砚"), edit(2, 2, "与"));
        assert_eq!(TextEdit::between("a😀b", "a😁b"), edit(1, 3, "😁"));
        assert_eq!(TextEdit::between("aaa", "aa"), edit(2, 3, ""));
        assert_eq!(TextEdit::between("same", "same"), edit(4, 4, ""));
    }

    #[test]
    fn long_texts_differ_where_they_were_changed() {
        let old = "雪".repeat(100_000);
        for at in [0, 5_000, 50_001, 100_000] {
            let changed = edit(at, at, "é");
            let new = apply_edits(&old, std::slice::from_ref(&changed)).expect("it fits");
            assert_eq!(TextEdit::between(&old, &new), changed, "at {at}");
            assert_eq!(TextEdit::between(&new, &old), edit(at, at + 1, ""), "at {at}");
        }
        // 雪 is E9 9B AA, 雨 E9 9B A8: characters that differ in a byte differ as a whole.
        assert_eq!(TextEdit::between("雪雪", "雪雨"), edit(1, 2, "雨"));
        assert_eq!(TextEdit::between("é©", "É©"), edit(0, 1, "É"));
    }

    proptest! {
        #[test]
        fn the_difference_makes_one_text_of_the_other(
            old in "[a笔😀]{0,8}", new in "[a笔😀]{0,8}",
        ) {
            let difference = TextEdit::between(&old, &new);
            prop_assert_eq!(apply_edits(&old, &[difference]), Ok(new));
        }

        #[test]
        fn edits_agree_with_replacing_in_utf16(
            text in "[a笔😀\n]{0,20}",
            edits in prop::collection::vec((0u32..30, 0u32..30, "[b墨𠮷]{0,4}"), 0..6),
        ) {
            let mut units: Vec<u16> = text.encode_utf16().collect();
            let mut valid = true;
            let edits: Vec<_> = edits.iter().map(|(from, to, insert)| edit(*from, *to, insert)).collect();
            for edit in &edits {
                let (from, to) = (edit.from.0 as usize, edit.to.0 as usize);
                let whole = |at: usize| at <= units.len()
                    && !units.get(at).is_some_and(|unit| (0xDC00..0xE000).contains(unit));
                valid &= from <= to && whole(from) && whole(to);
                if !valid {
                    break;
                }
                units.splice(from..to, edit.insert.encode_utf16());
            }
            let expected = valid.then(|| String::from_utf16(&units).expect("whole characters"));
            prop_assert_eq!(apply_edits(&text, &edits).ok(), expected);
        }
    }
}
