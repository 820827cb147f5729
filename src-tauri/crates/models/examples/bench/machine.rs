//! What the machine itself can do, and what this process takes of it.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use serde::Serialize;

/// Far more than any cache holds.
const NUMBERS: usize = 64 << 20;
const THREADS: usize = 2;
const PLACES: usize = 4;
const TIMES: usize = 5;

/// How fast memory is read.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bandwidth {
    bytes_per_second: f64,
}

/// The best of several sums over half a gigabyte, by as many threads as everything else has, each of which reads in several
/// places at once: more is on its way then than a processor asks for by itself.
pub fn bandwidth() -> Bandwidth {
    let numbers: Vec<u64> = (0..NUMBERS as u64).collect();
    let read = || {
        let started = Instant::now();
        thread::scope(|scope| {
            for part in numbers.chunks(NUMBERS / THREADS) {
                scope.spawn(|| black_box(sum(part)));
            }
        });
        started.elapsed().as_secs_f64()
    };
    let best = (0..TIMES).map(|_| read()).fold(f64::INFINITY, f64::min);
    Bandwidth { bytes_per_second: size_of_val(&numbers[..]) as f64 / best }
}

/// In lanes, so that the loads wait for no addition.
fn sum(numbers: &[u64]) -> u64 {
    let mut lanes = [0u64; 32];
    let places: Vec<_> =
        numbers.chunks(numbers.len() / PLACES).map(|part| part.as_chunks::<32>().0).collect();
    for row in 0..places[0].len() {
        for place in &places {
            for (lane, number) in lanes.iter_mut().zip(place[row]) {
                *lane = lane.wrapping_add(number);
            }
        }
    }
    lanes.iter().fold(0, |sum, lane| sum.wrapping_add(*lane))
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
