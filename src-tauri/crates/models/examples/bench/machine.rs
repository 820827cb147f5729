//! What the machine itself can do, and what this process takes of it.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use bimo_kernels::{InstructionSet, are_finite};
use serde::Serialize;

/// Far more than any cache holds.
const NUMBERS: usize = 128 << 20;
const THREADS: usize = 2;
const PLACES: usize = 4;
/// Numbers of a small page.
const AT_A_TIME: usize = 1024;
const TIMES: usize = 5;

/// How fast memory is read.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bandwidth {
    bytes_per_second: f64,
}

/// The best of several readings of half a gigabyte, by as many threads as everything else has. It is what the memory gives at
/// most: vectors are as wide as the processor has them, and each thread reads in several places by turns, so that more is on
/// its way than a processor asks for by itself.
pub fn bandwidth() -> Bandwidth {
    let numbers = vec![1.0f32; NUMBERS];
    let read = || {
        let started = Instant::now();
        thread::scope(|scope| {
            for part in numbers.chunks(NUMBERS / THREADS) {
                scope.spawn(|| black_box(look_at(part)));
            }
        });
        started.elapsed().as_secs_f64()
    };
    let best = (0..TIMES).map(|_| read()).fold(f64::INFINITY, f64::min);
    Bandwidth { bytes_per_second: size_of_val(&numbers[..]) as f64 / best }
}

fn look_at(numbers: &[f32]) -> bool {
    let places: Vec<_> = numbers.chunks(numbers.len() / PLACES).collect();
    (0..places[0].len()).step_by(AT_A_TIME).all(|at| {
        let some = places.iter().map(|place| &place[at..at + AT_A_TIME]);
        some.fold(true, |all, numbers| all & are_finite(InstructionSet::chosen(), numbers))
    })
}

/// Measures the memory that is taken from here on.
pub struct Memory {
    before: Option<u64>,
}

impl Memory {
    /// From now.
    pub fn watch() -> Self {
        Self { before: status("VmRSS:") }
    }

    /// The most so far, less what there was.
    pub fn peak(&self) -> Option<u64> {
        Some(status("VmHWM:")?.saturating_sub(self.before?))
    }
}

/// Bytes, as Linux says them.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}
