//! Some queries of a key head, on one thread.

use super::panel::Panel;
use super::places::{BLOCK, Block, Element, Found, Places};
use super::{Seen, Text};
use crate::simd::{Simd, Work};

/// Some queries of one key head, counted place by place and within a place head by head.
pub(super) struct Chunk<'a> {
    pub text: &'a Text<'a>,
    pub head: usize,
    pub from: usize,
    pub to: usize,
    pub scratch: &'a mut Scratch,
}

/// Memory that a thread uses again.
#[derive(Default)]
pub(super) struct Scratch {
    /// Of panels.
    found: Vec<f32>,
    /// Of a block in 32 bits.
    wide: Vec<f32>,
}

impl Work for Chunk<'_> {
    /// All queries go over a block before they go over the next: it comes from memory once.
    #[inline(always)]
    fn run<S: Simd>(mut self) {
        let cache = self.text.look.cache;
        let numbers = Panel::numbers(cache.width(), cache.row());
        self.scratch.found.resize((self.to - self.from) * numbers, 0.0);
        self.begin::<S>();
        let places = Places::new(cache, self.head);
        // Places grow with the queries.
        let (first, end) = (self.text.seen_by(self.from).start, self.text.seen_by(self.to - 1).end);
        let mut room = std::mem::take(&mut self.scratch.wide);
        for first in (first / BLOCK * BLOCK..end).step_by(BLOCK) {
            let found = match places.find(first, end) {
                // Widened once for all panels.
                Found::Halves(block) if self.to - self.from > S::QUERIES => {
                    Found::Whole(block.widen::<S>(&mut room))
                }
                found => found,
            };
            match found {
                Found::Whole(block) => self.meet::<S, f32>(&block, first),
                Found::Halves(block) => self.meet::<S, u16>(&block, first),
            }
        }
        self.scratch.wide = room;
        self.end::<S>();
    }
}

impl Chunk<'_> {
    /// The panels: first query, and how many.
    #[inline(always)]
    fn panels<S: Simd>(&self) -> impl Iterator<Item = (usize, usize)> + use<S> {
        let (mut at, to) = (self.from, self.to);
        std::iter::from_fn(move || {
            let count = 1 << (to - at).min(S::QUERIES).checked_ilog2()?;
            at += count;
            Some((at - count, count))
        })
    }

    #[inline(always)]
    fn panel(&mut self, at: usize, count: usize) -> Panel<'_> {
        let cache = self.text.look.cache;
        let numbers = Panel::numbers(cache.width(), cache.row());
        let memory = &mut self.scratch.found[(at - self.from) * numbers..][..count * numbers];
        Panel::new(memory, count, cache.width(), cache.row())
    }

    fn begin<S: Simd>(&mut self) {
        let (text, head) = (self.text, self.head);
        for (at, count) in self.panels::<S>() {
            let mut panel = self.panel(at, count);
            for query in 0..count {
                let numbers = &text.queries[text.start(head, at + query)..];
                panel.begin(query, &numbers[..text.look.cache.width()]);
            }
        }
    }

    /// A block, of which `first` is the first place.
    #[inline(always)]
    fn meet<S: Simd, E: Element>(&mut self, block: &Block<'_, E>, first: usize) {
        for (at, count) in self.panels::<S>() {
            match count {
                8 => self.meet_with::<S, E, 8>(block, first, at),
                4 => self.meet_with::<S, E, 4>(block, first, at),
                2 => self.meet_with::<S, E, 2>(block, first, at),
                _ => self.meet_with::<S, E, 1>(block, first, at),
            }
        }
    }

    /// The same for `R` queries.
    #[inline(always)]
    fn meet_with<S: Simd, E: Element, const R: usize>(
        &mut self,
        block: &Block<'_, E>,
        first: usize,
        at: usize,
    ) {
        let text = self.text;
        let mut seen = [Seen { start: 0, end: 0 }; R];
        for query in 0..R {
            seen[query] = text.seen_by(at + query).within(first, BLOCK);
        }
        if seen.iter().any(|seen| seen.start < seen.end) {
            self.panel(at, R).meet::<S, E, R>(block, seen, text.look.scale);
        }
    }

    fn end<S: Simd>(&mut self) {
        let (text, head) = (self.text, self.head);
        for (at, count) in self.panels::<S>() {
            let panel = self.panel(at, count);
            for query in 0..count {
                // SAFETY: the output has as many numbers as the queries, and no other thread has those of this one.
                let to = unsafe {
                    let start = text.output.0.add(text.start(head, at + query));
                    std::slice::from_raw_parts_mut(start, text.look.cache.width())
                };
                panel.write_mean(query, to);
            }
        }
    }
}
