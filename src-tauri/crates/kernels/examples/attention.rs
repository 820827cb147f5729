//! How fast attention is: `cargo run --release -p bimo-kernels --example attention [threads]`.
//!
//! Prints for each shape and number of places before the queries the billions of multiplications in a second.

use std::hint::black_box;
use std::time::Instant;

use bimo_kernels::{InstructionSet, Kept, KvCache, LookBack, Pool, Sees, attend};

/// Key heads, query heads of each, elements of a head.
const SHAPES: [(usize, usize, usize); 3] = [(8, 2, 128), (2, 7, 64), (12, 1, 64)];
/// Places before the queries, and how many queries there are.
const TEXTS: [(usize, usize); 5] = [(0, 128), (448, 64), (4032, 64), (512, 1), (4096, 1)];
const SECONDS: f64 = 0.1;

fn main() {
    let threads = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    let pool = Pool::new(threads);
    for set in InstructionSet::all().into_iter().rev() {
        println!("{} on {threads} threads", set.name());
        for (heads, group, width) in SHAPES {
            for kept in [Kept::Halves, Kept::Whole] {
                print!("{heads:>2} x {group} heads of {width:<3} {kept:?}:");
                for (before, count) in TEXTS {
                    let speed = speed(&pool, set, (heads, group, width), kept, (before, count));
                    print!("  {count} after {before} {speed:.1} G/s");
                }
                println!();
            }
        }
    }
}

fn speed(
    pool: &Pool,
    set: InstructionSet,
    (heads, group, width): (usize, usize, usize),
    kept: Kept,
    (before, count): (usize, usize),
) -> f64 {
    let numbers = |count: usize| -> Vec<f32> {
        (0..count).map(|i| (i * 7919 % 1009) as f32 / 504.5 - 1.0).collect()
    };
    let mut cache = KvCache::new(heads, width, kept);
    let rows = numbers((before + count) * heads * width);
    cache.grow(before + count, 0);
    cache.write_all(0, &rows, &rows);
    let queries = numbers(count * heads * group * width);
    let mut output = vec![0.0; queries.len()];
    let sees = Sees::Back { window: None };
    let look = LookBack { cache: &cache, first: before, heads: heads * group, scale: 0.1, sees };
    let (mut best, started) = (f64::INFINITY, Instant::now());
    while started.elapsed().as_secs_f64() < SECONDS || best.is_infinite() {
        let run = Instant::now();
        attend(pool, set, &look, black_box(&queries), &mut output);
        best = best.min(run.elapsed().as_secs_f64());
    }
    let seen = count * before + count * (count + 1) / 2;
    (2 * seen * heads * group * width) as f64 / best / 1e9
}
