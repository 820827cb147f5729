//! Attention: each query takes a mean of the values that it sees, weighed by how alike the keys are to it.
//!
//! Queries of the same key head go over the cache together, block by block: of neighbouring places, and of the heads that
//! share a key head. A block comes from memory once for all of them. A query's products are added element by element, its
//! weights 16 side by side, its values place by place; what it has found is scaled at the ends of blocks only, and these are
//! the same for all.
//!
//! **Invariant**: an output has the same bits whichever queries are computed with it, on however many threads, and on every
//! instruction set.

mod chunk;
mod panel;
mod places;

use std::cell::RefCell;

use chunk::{Chunk, Scratch};

use crate::cache::KvCache;
use crate::{InstructionSet, Pool};

/// Most queries that a thread takes at a time: so many that it does not wait for the cache, and so few that what they have
/// found stays near.
const MOST_QUERIES: usize = 128;
/// Queries that are worked on together at most.
const PANEL: usize = 8;
/// Parts for each thread, so that one which is held up leaves its work to the others.
const PARTS_PER_THREAD: usize = 4;
/// Below so many multiplications other threads take longer to wake than to help.
const WORTH_SHARING: usize = 1 << 20;

/// How queries look back.
#[derive(Clone, Copy)]
pub struct LookBack<'a> {
    /// What they look at. The place of each query is written already.
    pub cache: &'a KvCache,
    /// The place of the first query; the others follow it.
    pub first: usize,
    /// Query heads; those that share a key head lie one after another.
    pub heads: usize,
    /// Products of queries and keys are multiplied by it.
    pub scale: f32,
    /// Which places a query sees.
    pub sees: Sees,
}

/// Which places a query sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// Those up to its own.
    Back {
        /// At most so many.
        window: Option<usize>,
    },
    /// The first so many, wherever it stands.
    First(usize),
}

/// The queries of a text that look back, and where what they find goes: rows of all query heads one after another.
pub struct Look<'a> {
    /// How they look.
    pub back: LookBack<'a>,
    /// At least one row.
    pub queries: &'a [f32],
    /// As many numbers.
    pub output: &'a mut [f32],
}

/// Looks back.
///
/// # Panics
/// If the rows are not those of whole queries, or there are more than the cache has room for.
pub fn attend(
    pool: &Pool,
    set: InstructionSet,
    look: &LookBack<'_>,
    queries: &[f32],
    output: &mut [f32],
) {
    attend_all(pool, set, &mut [Look { back: *look, queries, output }]);
}

/// The same for several texts whose caches are of one shape. A thread takes a key head of all of them: what they share is
/// read from memory once.
///
/// # Panics
/// As [`attend`].
pub fn attend_all(pool: &Pool, set: InstructionSet, looks: &mut [Look<'_>]) {
    let texts: Vec<Text<'_>> = looks.iter_mut().map(Text::new).collect();
    let heads = texts.iter().map(|text| text.look.cache.heads()).max().unwrap_or(0);
    let queries = texts.iter().map(|text| text.count).max().unwrap_or(0);
    let share = (heads * queries).div_ceil(PARTS_PER_THREAD * pool.threads());
    let at_a_time = share.next_multiple_of(PANEL).clamp(PANEL, MOST_QUERIES);
    let chunks = queries.div_ceil(at_a_time);
    let multiplications: usize = texts.iter().map(|text| text.seen * text.queries.len()).sum();
    let part = |part: usize| {
        thread_local! {
            static SCRATCH: RefCell<Scratch> = RefCell::default();
        }
        let (head, first) = (part / chunks, part % chunks * at_a_time);
        SCRATCH.with_borrow_mut(|scratch| {
            for text in texts.iter().filter(|text| first < text.count) {
                let to = (first + at_a_time).min(text.count);
                set.run(Chunk { text, head, from: first, to, scratch });
            }
        });
    };
    match multiplications < WORTH_SHARING {
        true => (0..heads * chunks).for_each(part),
        false => pool.run(heads * chunks, &part),
    }
}

/// A text while its queries look back.
struct Text<'a> {
    look: LookBack<'a>,
    queries: &'a [f32],
    output: Output,
    /// Query heads of a key head.
    group: usize,
    /// Queries of a key head.
    count: usize,
    /// Places that are seen, at most.
    seen: usize,
}

impl<'a> Text<'a> {
    fn new(look: &'a mut Look<'_>) -> Self {
        let Look { back, queries, output } = look;
        let (cache, row) = (back.cache, back.heads * back.cache.width());
        assert_eq!(queries.len(), output.len(), "room for the answers");
        assert!(row > 0 && queries.len().is_multiple_of(row), "rows of whole queries");
        assert!(back.heads.is_multiple_of(cache.heads()), "as many query heads for each key head");
        let (places, group) = (queries.len() / row, back.heads / cache.heads());
        let seen = match back.sees {
            Sees::Back { .. } => back.first + places,
            Sees::First(seen) => seen,
        };
        let is_there = (1..=cache.capacity()).contains(&seen) || places == 0;
        assert!(is_there, "places that are in the cache");
        let (output, count) = (Output(output.as_mut_ptr()), places * group);
        Self { look: *back, queries, output, group, count, seen }
    }

    /// Where the numbers of a query of a key head begin.
    fn start(&self, head: usize, query: usize) -> usize {
        let row = query / self.group * self.look.heads;
        (row + head * self.group + query % self.group) * self.look.cache.width()
    }

    /// The places that a query of a key head sees.
    fn seen_by(&self, query: usize) -> Seen {
        self.look.sees.from(self.look.first + query / self.group)
    }
}

struct Output(*mut f32);

// SAFETY: threads write through the pointer, each the rows of queries that are its own.
unsafe impl Sync for Output {}

/// The places that a query sees.
#[derive(Clone, Copy)]
struct Seen {
    start: usize,
    end: usize,
}

impl Sees {
    fn from(self, place: usize) -> Seen {
        match self {
            Self::First(end) => Seen { start: 0, end },
            Self::Back { window } => {
                let end = place + 1;
                Seen { start: window.map_or(0, |window| end.saturating_sub(window)), end }
            }
        }
    }
}

impl Seen {
    /// The part of it within so many places from `first` on, counted from there.
    fn within(self, first: usize, places: usize) -> Self {
        let of = |place: usize| place.saturating_sub(first).min(places);
        Self { start: of(self.start), end: of(self.end) }
    }
}
