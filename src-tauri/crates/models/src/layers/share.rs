//! Rows that threads share: each takes a few of them through several layers, so that what lies between two layers stays
//! in its cache, and nobody waits for another thread but where a text is looked along.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use candle_core::{Error, Result};

use crate::threads::pool;

/// Most rows that a thread takes at a time: few enough that what a feed-forward part makes of them stays near.
const MOST_ROWS: usize = 32;
/// Rows that a kernel works on together; a thread takes so many or a multiple.
const PANEL: usize = 8;
/// With fewer rows for each thread all rows stay together, and threads share the weights of a product.
const LEAST_ROWS: usize = 16;

/// Who works on rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Every thread, each on a few rows.
    Threads,
    /// One thread on all of them: a GPU wants many.
    Whole,
}

/// Does something to rows that lie in several buffers, each with its width: `work` is given the number of the first row and
/// the same rows of all.
pub(crate) fn share_rows<const N: usize>(
    spread: Spread,
    buffers: [(&mut [f32], usize); N],
    work: impl Fn(usize, [&mut [f32]; N]) -> Result<()> + Sync,
) -> Result<()> {
    let rows = buffers.iter().map(|(numbers, width)| numbers.len() / width).max().unwrap_or(0);
    let at_a_time = match spread {
        Spread::Threads => rows_at_a_time(rows, pool().threads()),
        Spread::Whole => rows.max(1),
    };
    let mut buffers = buffers.map(|(numbers, width)| numbers.chunks_mut(width * at_a_time));
    let part = |part: usize| {
        (part * at_a_time, buffers.each_mut().map(|chunks| chunks.next().unwrap_or_default()))
    };
    let parts: Vec<_> = (0..rows.div_ceil(at_a_time)).map(part).collect();
    share_parts(parts, |(first, rows)| work(first, rows))
}

/// Does something to each part; a single one is not shared, so that threads may share what is done to it.
pub(crate) fn share_parts<P: Send>(
    parts: Vec<P>,
    work: impl Fn(P) -> Result<()> + Sync,
) -> Result<()> {
    if parts.len() == 1 {
        return parts.into_iter().try_for_each(work);
    }
    let parts: Vec<Mutex<Option<P>>> =
        parts.into_iter().map(|part| Mutex::new(Some(part))).collect();
    let failure: Mutex<Option<Error>> = Mutex::default();
    pool().run(parts.len(), &|part| {
        let part = parts[part].lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(error)) = part.map(&work) {
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        }
    });
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

/// All of them, or so few that every thread has work of the same size.
fn rows_at_a_time(rows: usize, threads: usize) -> usize {
    if threads > 1 && rows < LEAST_ROWS * threads {
        return rows.max(1);
    }
    let parts = rows.div_ceil(MOST_ROWS).next_multiple_of(threads).max(1);
    rows.div_ceil(parts).max(1).next_multiple_of(PANEL)
}

/// No more numbers than these are kept for the next loan.
const MOST_KEPT: usize = 4 << 20;

/// Lends memory for so many numbers; what they are at first is left from earlier.
pub(crate) fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
    thread_local! {
        static SPARE: RefCell<Vec<Vec<f32>>> = RefCell::default();
    }
    let mut numbers = SPARE.with_borrow_mut(Vec::pop).unwrap_or_default();
    if numbers.len() < length {
        numbers.resize(length, 0.0);
    }
    let found = work(&mut numbers[..length]);
    if numbers.len() <= MOST_KEPT {
        SPARE.with_borrow_mut(|spare| spare.push(numbers));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_has_as_many_rows_and_few_rows_stay_together() {
        assert_eq!([1, 15, 31].map(|rows| rows_at_a_time(rows, 2)), [1, 15, 31]);
        assert_eq!([32, 128, 130, 1024].map(|rows| rows_at_a_time(rows, 2)), [16, 32, 24, 32]);
        assert_eq!([0, 5, 40].map(|rows| rows_at_a_time(rows, 1)), [8, 8, 24]);
    }

    #[test]
    fn every_row_is_worked_on_once_with_its_own_of_the_other_buffers() {
        for rows in [0, 1, 7, 33, 200] {
            let (mut wide, mut narrow) = (vec![1.0; rows * 3], vec![0.0; rows]);
            for (row, number) in narrow.iter_mut().enumerate() {
                *number = row as f32;
            }
            let work = |first: usize, [wide, narrow]: [&mut [f32]; 2]| {
                assert!(wide.len() == 3 * narrow.len() && narrow[0] == first as f32);
                for (wide, number) in wide.chunks_mut(3).zip(narrow) {
                    wide.iter_mut().for_each(|sum| *sum += *number);
                }
                Ok(())
            };
            for spread in [Spread::Threads, Spread::Whole] {
                share_rows(spread, [(&mut wide, 3), (&mut narrow, 1)], work).unwrap();
            }
            let expected: Vec<f32> =
                (0..rows).flat_map(|row| [1.0 + 2.0 * row as f32; 3]).collect();
            assert_eq!(wide, expected);
        }
    }

    #[test]
    fn a_failure_is_told() {
        let mut rows = vec![0.0; 500];
        let fail = |_, [rows]: [&mut [f32]; 1]| match rows.len() {
            0 => Ok(()),
            _ => Err(Error::Msg("it failed".into())),
        };
        let failed = share_rows(Spread::Threads, [(&mut rows, 1)], fail);
        assert_eq!(failed.unwrap_err().to_string(), "it failed");
    }

    #[test]
    fn memory_is_lent_again_also_within_its_loan() {
        with_scratch(8, |outer| {
            outer.fill(1.0);
            with_scratch(8, |inner| inner.fill(2.0));
            assert_eq!(outer, [1.0; 8]);
        });
        assert_eq!(with_scratch(3, |numbers| numbers.len()), 3);
    }
}
