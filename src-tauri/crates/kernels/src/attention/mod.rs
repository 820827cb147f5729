//! Attention: each query takes a mean of the values that it sees, weighed by how alike the keys are to it.
//!
//! A few queries of the same key head go over the cache together: of neighbouring places, and of the heads that share a
//! key head. A query's products are added element by element, its weights 16 side by side, its values place by place.
//!
//! **Invariant**: an output has the same bits whichever queries are computed with it, on however many threads, and on every
//! instruction set.

mod chunk;

use std::cell::RefCell;

use chunk::Chunk;

use crate::cache::KvCache;
use crate::{InstructionSet, Pool};

/// Queries that a thread takes at a time.
const QUERIES: usize = 8;
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
    let chunks = texts.iter().map(Text::chunks).max().unwrap_or(0);
    let multiplications: usize = texts.iter().map(|text| text.seen * text.queries.len()).sum();
    let part = |part: usize| {
        thread_local! {
            static SCRATCH: RefCell<Vec<f32>> = RefCell::default();
        }
        let (head, first) = (part / chunks, part % chunks * QUERIES);
        SCRATCH.with_borrow_mut(|scratch| {
            for text in texts.iter().filter(|text| first < text.count) {
                let to = (first + QUERIES).min(text.count);
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

    fn chunks(&self) -> usize {
        self.count.div_ceil(QUERIES)
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
