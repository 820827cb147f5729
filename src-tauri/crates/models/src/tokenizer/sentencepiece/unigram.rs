//! The most probable way to cut a text into pieces (Kudo 2018).
//!
//! Sums are rounded as the original library rounds them, so that of two ways nearly alike the same one is taken.

use std::ops::Range;

use super::trie::Trie;
use super::{Piece, PieceKind};

/// A character that is no piece costs so much more than the rarest piece.
const UNKNOWN_PENALTY: f32 = 10.0;

/// Pieces with what each is worth.
pub(super) struct Unigram {
    pieces: Trie,
    /// By piece; of a piece that was added whole, what its length is multiplied by.
    worth: Vec<Worth>,
    unknown: f32,
}

#[derive(Clone, Copy)]
enum Worth {
    Score(f32),
    /// Always taken: more than as many bytes could be worth in any other way.
    Whole(f32),
    Nothing,
}

/// The best way to a place: the piece that ends there, or none where it is an unknown character.
#[derive(Clone, Copy)]
struct Way {
    score: f32,
    start: usize,
    piece: Option<u32>,
}

impl Unigram {
    pub fn new(pieces: &[Piece]) -> Self {
        let normal = || pieces.iter().filter(|piece| piece.kind == PieceKind::Normal);
        let lowest = normal().map(|piece| piece.score).fold(f32::MAX, f32::min);
        let highest = normal().map(|piece| piece.score).fold(f32::MIN_POSITIVE, f32::max);
        let worth = |piece: &Piece| match piece.kind {
            PieceKind::Normal => Worth::Score(piece.score),
            PieceKind::Whole => Worth::Whole(highest),
            _ => Worth::Nothing,
        };
        let spelled = pieces.iter().zip(0..).filter(|(piece, _)| piece.kind.is_spelled());
        Self {
            pieces: Trie::of(spelled.map(|(piece, place)| (piece.text.as_str(), place))),
            worth: pieces.iter().map(worth).collect(),
            unknown: lowest - UNKNOWN_PENALTY,
        }
    }

    /// Pieces in order with their bytes; nothing where a character is unknown.
    pub fn cut(&self, text: &str) -> Vec<(Option<u32>, Range<usize>)> {
        let mut ways: Vec<Option<Way>> = vec![None; text.len() + 1];
        for (start, character) in text.char_indices() {
            let so_far = ways[start].map_or(0.0, |way| way.score);
            let single = character.len_utf8();
            let mut has_single = false;
            for (length, piece) in self.pieces.prefixes(&text.as_bytes()[start..]) {
                let worth = match self.worth[piece as usize] {
                    Worth::Score(score) => score,
                    Worth::Whole(each) => length as f32 * each - 0.1,
                    Worth::Nothing => continue,
                };
                better(&mut ways[start + length], worth, so_far, start, Some(piece));
                has_single |= length == single;
            }
            if !has_single {
                better(&mut ways[start + single], self.unknown, so_far, start, None);
            }
        }
        let mut pieces = Vec::new();
        let mut end = text.len();
        while let Some(way) = ways[end].filter(|_| end > 0) {
            pieces.push((way.piece, way.start..end));
            end = way.start;
        }
        pieces.reverse();
        pieces
    }
}

fn better(way: &mut Option<Way>, worth: f32, so_far: f32, start: usize, piece: Option<u32>) {
    let score = worth + so_far;
    if way.is_none_or(|best| score > best.score) {
        *way = Some(Way { score, start, piece });
    }
}
