//! Fields: what Word computes, as the rows of marks that they are in a paragraph.
//!
//! A field that is a link is a link around its words. Any other is one thing whose words Word computes anew; they are shown
//! and kept.

use std::ops::Range;

use crate::block::SpanKind;
use crate::passage::{Piece, What};

/// What a piece is in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Field {
    /// It begins.
    Begin,
    /// What it computes.
    Instruction(String),
    /// Its words begin.
    Separate,
    /// It ends.
    End,
}

/// A field that has begun.
struct Open {
    begin: usize,
    instruction: String,
    separate: Option<usize>,
    /// Replacements inside it so far.
    inner: usize,
}

/// A stretch of pieces and what it becomes.
struct Replacement {
    pieces: Range<usize>,
    piece: Piece,
}

/// The pieces with each field as one piece, or as the tags of a link.
pub(super) fn with_fields(
    pieces: Vec<Piece>,
    fields: &[(usize, Field)],
    source: &str,
) -> Vec<Piece> {
    let mut open: Vec<Open> = Vec::new();
    let mut found: Vec<Replacement> = Vec::new();
    for (index, field) in fields {
        match (field, open.last_mut()) {
            (Field::Begin, _) => open.push(Open {
                begin: *index,
                instruction: String::new(),
                separate: None,
                inner: found.len(),
            }),
            (Field::Instruction(text), Some(field)) => field.instruction.push_str(text),
            (Field::Separate, Some(field)) => field.separate = Some(*index),
            (Field::End, Some(_)) => {
                if let Some(field) = open.pop() {
                    replace(&pieces, field, *index, source, &mut found);
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|replacement| replacement.pieces.start);
    let mut replaced = Vec::with_capacity(pieces.len());
    let mut found = found.into_iter().peekable();
    let mut until = 0;
    for (index, piece) in pieces.into_iter().enumerate() {
        if let Some(new) = found.next_if(|new| new.pieces.start == index) {
            until = new.pieces.end;
            replaced.push(new.piece);
        } else if index >= until {
            replaced.push(piece);
        }
    }
    replaced
}

fn replace(pieces: &[Piece], field: Open, end: usize, source: &str, found: &mut Vec<Replacement>) {
    let extent = |from: usize, to: usize| pieces[from].range.start..pieces[to].range.end;
    let slice = |range: Range<usize>| source.get(range).unwrap_or_default().to_owned();
    let content = field.separate.map_or(end..end, |separate| separate + 1..end);
    let is_tag = |piece: &Piece| matches!(piece.what, What::Open { .. } | What::Close { .. });
    let is_apart = |separate: usize| {
        pieces[separate].range.end <= pieces[separate + 1].range.start
            && pieces[end - 1].range.end <= pieces[end].range.start
    };
    // Words in the same run as a field's marks cannot be told from it: they stay words.
    let shares_run = |one: Option<usize>, other: usize| {
        let one = one.and_then(|one| pieces.get(one));
        one.is_some_and(|one| one.range == pieces[other].range)
    };
    if shares_run(field.begin.checked_sub(1), field.begin) || shares_run(Some(end + 1), end) {
        return;
    }
    if let Some(separate) = field.separate
        && field.instruction.trim_start().starts_with("HYPERLINK")
        && !content.is_empty()
        && is_apart(separate)
    {
        let name = format!("field {}", field.begin);
        let (open, close) = (extent(field.begin, separate), extent(end, end));
        let what =
            What::Open { name: name.clone(), kind: SpanKind::Link, mark: slice(open.clone()) };
        found.push(Replacement {
            pieces: field.begin..separate + 1,
            piece: Piece { what, range: open },
        });
        let what = What::Close { name, mark: slice(close.clone()) };
        found.push(Replacement { pieces: end..end + 1, piece: Piece { what, range: close } });
    } else if !pieces[field.begin..=end].iter().any(is_tag) {
        let words = pieces[content].iter().filter_map(|piece| match &piece.what {
            What::Words(words, _) => Some(words.as_str()),
            _ => None,
        });
        let words = words.collect();
        // What is inside is part of it.
        found.truncate(field.inner);
        let piece = Piece::kept(words, extent(field.begin, end));
        found.push(Replacement { pieces: field.begin..end + 1, piece });
    }
}
