//! Byte-pair encoding by scores: of all neighbours that make a piece together, the best are merged first (Sennrich et
//! al. 2016; Kudo & Richardson 2018).

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use super::trie::Trie;
use super::{Piece, PieceKind};

/// Pieces with their scores.
pub(super) struct Merging {
    pieces: HashMap<String, u32>,
    scores: Vec<f32>,
    is_unused: Vec<bool>,
}

/// A stretch of the text between two others.
#[derive(Clone, Copy)]
struct Symbol {
    start: usize,
    /// `start` again once it has become part of the one before it.
    end: usize,
    previous: Option<usize>,
    next: Option<usize>,
    /// Was added whole and is merged with nothing.
    is_whole: bool,
}

/// Two neighbours that make a piece.
#[derive(PartialEq)]
struct Pair {
    score: f32,
    left: usize,
    right: usize,
    /// Bytes of both; a pair of which one has grown meanwhile is out of date.
    bytes: usize,
}

impl Eq for Pair {}

impl Ord for Pair {
    /// The highest score, of equal ones the leftmost.
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Merging {
    pub fn new(pieces: &[Piece]) -> Self {
        let mut numbers = HashMap::new();
        for (piece, place) in pieces.iter().zip(0..).filter(|(piece, _)| piece.kind.is_spelled()) {
            numbers.entry(piece.text.clone()).or_insert(place);
        }
        Self {
            pieces: numbers,
            scores: pieces.iter().map(|piece| piece.score).collect(),
            is_unused: pieces.iter().map(|piece| piece.kind == PieceKind::Unused).collect(),
        }
    }

    /// Pieces in order with their bytes; nothing where a character is unknown.
    pub fn cut(&self, text: &str, whole: &Trie) -> Vec<(Option<u32>, Range<usize>)> {
        let mut work =
            Work { merging: self, text, symbols: symbols(text, whole), parts: HashMap::new() };
        let mut pairs = BinaryHeap::new();
        for right in 1..work.symbols.len() {
            pairs.extend(work.pair(Some(right - 1), Some(right)));
        }
        while let Some(pair) = pairs.pop() {
            if work.is_current(&pair) {
                work.merge(pair.left, pair.right);
                let Symbol { previous, next, .. } = work.symbols[pair.left];
                pairs.extend(work.pair(previous, Some(pair.left)));
                pairs.extend(work.pair(Some(pair.left), next));
            }
        }
        work.finish()
    }
}

/// One text in the making.
struct Work<'w> {
    merging: &'w Merging,
    text: &'w str,
    symbols: Vec<Symbol>,
    /// Where a piece that is not to be used was made of two, how long the first is.
    parts: HashMap<&'w str, usize>,
}

impl Work<'_> {
    fn pair(&mut self, left: Option<usize>, right: Option<usize>) -> Option<Pair> {
        let (left, right) = (left?, right?);
        let (first, second) = (self.symbols[left], self.symbols[right]);
        if first.is_whole || second.is_whole {
            return None;
        }
        let text = &self.text[first.start..second.end];
        let &piece = self.merging.pieces.get(text)?;
        if self.merging.is_unused[piece as usize] {
            self.parts.insert(text, first.end - first.start);
        }
        let score = self.merging.scores[piece as usize];
        Some(Pair { score, left, right, bytes: text.len() })
    }

    fn is_current(&self, pair: &Pair) -> bool {
        let length = |symbol: usize| self.symbols[symbol].end - self.symbols[symbol].start;
        let (left, right) = (length(pair.left), length(pair.right));
        left > 0 && right > 0 && left + right == pair.bytes
    }

    fn merge(&mut self, left: usize, right: usize) {
        let Symbol { end, next, start, .. } = self.symbols[right];
        self.symbols[right].end = start;
        self.symbols[left].end = end;
        self.symbols[left].next = next;
        if let Some(next) = next {
            self.symbols[next].previous = Some(left);
        }
    }

    fn finish(&self) -> Vec<(Option<u32>, Range<usize>)> {
        let mut pieces = Vec::new();
        for symbol in self.symbols.iter().filter(|symbol| symbol.end > symbol.start) {
            // What is not to be used is undone, its first part first.
            let mut undone = Vec::from_iter(Some(symbol.start..symbol.end));
            while let Some(range) = undone.pop() {
                let text = &self.text[range.clone()];
                let piece = self.merging.pieces.get(text).copied();
                let is_unused = piece.is_some_and(|piece| self.merging.is_unused[piece as usize]);
                match self.parts.get(text).filter(|_| is_unused) {
                    Some(&length) => {
                        undone.push(range.start + length..range.end);
                        undone.push(range.start..range.start + length);
                    }
                    None => pieces.push((piece, range)),
                }
            }
        }
        pieces
    }
}

/// Characters, and what was added whole.
fn symbols(text: &str, whole: &Trie) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut start = 0;
    while let Some(character) = text[start..].chars().next() {
        let found = whole.prefixes(&text.as_bytes()[start..]).last();
        let end = start + found.map_or(character.len_utf8(), |(length, _)| length);
        let place = symbols.len();
        symbols.push(Symbol {
            start,
            end,
            previous: place.checked_sub(1),
            next: (end < text.len()).then_some(place + 1),
            is_whole: found.is_some(),
        });
        start = end;
    }
    symbols
}
