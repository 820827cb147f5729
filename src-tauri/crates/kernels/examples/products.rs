//! How fast products are: `cargo run --release -p bimo-kernels --example products [threads]`.
//!
//! Prints for each shape, format and number of rows the billions of multiplications and of bytes of weights in a second.

use std::hint::black_box;
use std::time::Instant;

use bimo_kernels::{Format, InstructionSet, PackedMatrix, Pool, Product, multiply};

const SHAPES: [(usize, usize); 3] = [(1024, 3072), (1024, 384), (32_768, 1024)];
const ROWS: [usize; 4] = [1, 3, 8, 64];
const SECONDS: f64 = 0.1;

fn main() {
    let threads = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    let pool = Pool::new(threads);
    for set in InstructionSet::all().into_iter().rev() {
        println!("{} on {threads} threads", set.name());
        for format in [Format::Q8_0, Format::Q8K, Format::Q4K, Format::Q6K] {
            for (rows, columns) in SHAPES {
                if columns % format.block_columns() == 0 {
                    shape(&pool, set, format, rows, columns);
                }
            }
        }
    }
}

fn shape(pool: &Pool, set: InstructionSet, format: Format, rows: usize, columns: usize) {
    let file = vec![0x11; rows * columns / format.block_columns() * format.block_bytes()];
    let started = Instant::now();
    let matrix = PackedMatrix::from_blocks(format, rows, columns, &file);
    let packed = file.len() as f64 / started.elapsed().as_secs_f64() / 1e9;
    print!("{format:?} {rows:>6} x {columns:<5} packed {packed:.1} GB/s;");
    for inputs in ROWS {
        let x: Vec<f32> = (0..inputs * columns).map(|i| (i % 29) as f32 - 14.0).collect();
        let mut output = vec![0.0; inputs * rows];
        let (mut best, started) = (f64::INFINITY, Instant::now());
        while started.elapsed().as_secs_f64() < SECONDS || best.is_infinite() {
            let run = Instant::now();
            let mut products =
                [Product { matrix: &matrix, bias: None, curve: None, output: &mut output }];
            multiply(pool, set, black_box(&x), &mut products);
            best = best.min(run.elapsed().as_secs_f64());
        }
        let multiplications = (rows * columns * inputs) as f64 / best / 1e9;
        let bytes = matrix.bytes() as f64 / best / 1e9;
        print!("  {inputs} rows {multiplications:.0} G/s {bytes:.1} GB/s");
    }
    println!();
}
