//! Attention within texts on the processor: every row of a text looks at all of its rows.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use bimo_kernels::{InstructionSet, Kept, KvCache, LookBack, Sees, attend};
use candle_core::Result;

use super::share_parts;
use crate::threads::pool;

/// Queries, keys and values of the rows of several texts, all heads of a row one after another.
pub(crate) struct TextRows<'a> {
    pub query: &'a [f32],
    pub key: &'a [f32],
    pub value: &'a [f32],
    pub heads: usize,
    /// Of a head.
    pub width: usize,
    /// Products of queries and keys are multiplied by it.
    pub scale: f32,
}

/// What the queries of each text find in it; the texts lie one after another, and `seen` is as long as the queries.
pub(crate) fn look_within(
    rows: &TextRows<'_>,
    texts: &[Range<usize>],
    seen: &mut [f32],
) -> Result<()> {
    let longest = texts.iter().map(Range::len).max().unwrap_or_default();
    let row = rows.heads * rows.width;
    let mut rest = seen;
    let part = |text: &Range<usize>| {
        let (seen, others) = std::mem::take(&mut rest).split_at_mut(text.len() * row);
        rest = others;
        (text.clone(), seen)
    };
    // A text is written into the memory of one that is done.
    let caches: Mutex<Vec<KvCache>> = Mutex::default();
    let spare = || caches.lock().unwrap_or_else(PoisonError::into_inner);
    share_parts(texts.iter().map(part).collect(), |(text, seen)| {
        let left = spare().pop();
        let mut cache = left.unwrap_or_else(|| {
            let mut cache = KvCache::new(rows.heads, rows.width, Kept::Whole);
            cache.grow(longest, 0);
            cache
        });
        let numbers = text.start * row..text.end * row;
        cache.write_all(0, &rows.key[numbers.clone()], &rows.value[numbers.clone()]);
        let look = LookBack {
            cache: &cache,
            first: 0,
            heads: rows.heads,
            scale: rows.scale,
            sees: Sees::First(text.len()),
        };
        attend(pool(), InstructionSet::chosen(), &look, &rows.query[numbers], seen);
        spare().push(cache);
        Ok(())
    })
}
