//! What is looked for in a row of many numbers, most of which do not matter.

use crate::InstructionSet;
use crate::pointwise::{largest, sum};
use crate::simd::{Simd, Work};

/// Numbers that are passed over together where none is large enough.
const CHUNK: usize = 128;

/// The `count` largest with their places, the largest first; of equals the first. There must be no NaN among them.
pub fn best(set: InstructionSet, numbers: &[f32], count: usize) -> Vec<(usize, f32)> {
    let mut found = Vec::with_capacity(count + 1);
    if count > 0 {
        set.run(Best { numbers, count, found: &mut found });
    }
    found
}

/// Those that are `least` or more, with their places, in their order. There must be no NaN among them.
pub fn at_least(set: InstructionSet, numbers: &[f32], least: f32) -> Vec<(usize, f32)> {
    let mut found = Vec::new();
    set.run(AtLeast { numbers, least, found: &mut found });
    found
}

/// Whether none of them is infinite or no number at all.
pub fn are_finite(set: InstructionSet, numbers: &[f32]) -> bool {
    let mut finite = false;
    set.run(AreFinite { numbers, finite: &mut finite });
    finite
}

/// Adds the same to each.
pub fn shift(set: InstructionSet, numbers: &mut [f32], by: f32) {
    set.run(Shift { numbers, by });
}

struct Best<'a> {
    numbers: &'a [f32],
    count: usize,
    found: &'a mut Vec<(usize, f32)>,
}

impl Work for Best<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self { numbers, count, found } = self;
        for (chunk, numbers) in numbers.chunks(CHUNK).enumerate() {
            // The last one found is the least.
            if found.get(count - 1).is_none_or(|&(_, least)| largest(numbers) > least) {
                for (place, &number) in numbers.iter().enumerate() {
                    if found.get(count - 1).is_none_or(|&(_, least)| number > least) {
                        let rank = found.partition_point(|&(_, other)| other >= number);
                        found.insert(rank, (chunk * CHUNK + place, number));
                        found.truncate(count);
                    }
                }
            }
        }
    }
}

struct AtLeast<'a> {
    numbers: &'a [f32],
    least: f32,
    found: &'a mut Vec<(usize, f32)>,
}

impl Work for AtLeast<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        for (chunk, numbers) in self.numbers.chunks(CHUNK).enumerate() {
            if largest(numbers) >= self.least {
                for (place, &number) in numbers.iter().enumerate() {
                    if number >= self.least {
                        self.found.push((chunk * CHUNK + place, number));
                    }
                }
            }
        }
    }
}

struct AreFinite<'a> {
    numbers: &'a [f32],
    finite: &'a mut bool,
}

impl Work for AreFinite<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        // What is infinite or none makes NaN of 0, and NaN stays.
        *self.finite = sum(self.numbers, |number| number * 0.0) == 0.0;
    }
}

struct Shift<'a> {
    numbers: &'a mut [f32],
    by: f32,
}

impl Work for Shift<'_> {
    #[inline(always)]
    fn run<S: Simd>(self) {
        for number in self.numbers {
            *number += self.by;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without order; many of them twice or more often.
    fn made_up(count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919) % 401) as f32 - 200.0).collect()
    }

    #[test]
    fn the_best_are_those_of_a_sort_and_of_equals_the_first() {
        for set in InstructionSet::all() {
            for (length, count) in [(0, 3), (5, 0), (5, 9), (128, 1), (1000, 7), (4099, 40)] {
                let numbers = made_up(length);
                let mut sorted: Vec<(usize, f32)> = numbers.iter().copied().enumerate().collect();
                sorted.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                sorted.truncate(count);
                assert_eq!(best(set, &numbers, count), sorted, "{count} of {length}");
            }
        }
    }

    #[test]
    fn nothing_that_reaches_the_bound_is_missed() {
        for set in InstructionSet::all() {
            let numbers = made_up(4099);
            let expected: Vec<(usize, f32)> = numbers
                .iter()
                .copied()
                .enumerate()
                .filter(|&(_, number)| number >= 150.0)
                .collect();
            assert_eq!(at_least(set, &numbers, 150.0), expected);
        }
    }

    #[test]
    fn one_that_is_no_number_is_found_anywhere() {
        for set in InstructionSet::all() {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                for place in [0, 17, 1023, 1030] {
                    let mut numbers = made_up(1031);
                    assert!(are_finite(set, &numbers));
                    numbers[place] = bad;
                    assert!(!are_finite(set, &numbers), "{bad} at {place}");
                }
            }
        }
    }

    #[test]
    fn a_shift_moves_every_number() {
        for set in InstructionSet::all() {
            let mut numbers = made_up(21);
            shift(set, &mut numbers, 0.5);
            let expected: Vec<f32> = made_up(21).iter().map(|number| number + 0.5).collect();
            assert_eq!(numbers, expected);
        }
    }
}
