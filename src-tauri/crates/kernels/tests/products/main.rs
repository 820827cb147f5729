//! Every kernel on every instruction set that the machine has, against sums in f64 over what the files' blocks mean.
//!
//! The bound of an output: its input is rounded to a 254th of the largest number of those that share a scale, so its error is at most the
//! sum over blocks of that times the sizes of the block's weights; and f32 rounds each of its additions.

mod blocks;

use std::convert::Infallible;
use std::ops::Range;

use bimo_kernels::{Curve, Format, InstructionSet, PackedMatrix, Pool, Product, bend, multiply};
use blocks::{Dice, FileMatrix};
use proptest::prelude::*;

const FORMATS: [Format; 4] = [Format::Q8_0, Format::Q4K, Format::Q6K, Format::Q8K];

/// The product in f64, and how far an output may be from it.
fn expected(matrix: &FileMatrix, x: &[f32]) -> Vec<(f64, f64)> {
    let row = |row: usize| {
        let weights = &matrix.numbers[row * matrix.columns..][..matrix.columns];
        let (mut sum, mut bound) = (0.0, 1e-12);
        for (weights, x) in weights.chunks(matrix.sharing).zip(x.chunks(matrix.sharing)) {
            let top = x.iter().fold(0.0f64, |top, x| top.max(f64::from(x.abs())));
            let sizes: f64 = weights.iter().map(|weight| weight.abs()).sum();
            let products = weights.iter().zip(x).map(|(weight, x)| weight * f64::from(*x));
            sum += products.sum::<f64>();
            // Formats whose weights are differences add what they take away: both parts round.
            bound += sizes * top * (1.001 / 254.0) + matrix.largest * top * x.len() as f64 * 4e-6;
        }
        (sum, bound)
    };
    (0..matrix.rows).map(row).collect()
}

fn product(pool: &Pool, set: InstructionSet, matrix: &PackedMatrix, x: &[f32]) -> Vec<f32> {
    let mut output = vec![f32::NAN; x.len() / matrix.columns() * matrix.rows()];
    multiply(pool, set, x, &mut [Product { matrix, bias: None, curve: None, output: &mut output }]);
    output
}

fn check(format: Format, rows: usize, columns: usize, inputs: usize, seed: u64) {
    let mut dice = Dice(seed);
    let matrix = FileMatrix::random(format, rows, columns, &mut dice);
    let packed = PackedMatrix::from_blocks(format, rows, columns, &matrix.bytes);
    let mut row_numbers = vec![0.0; columns];
    for row in 0..rows {
        packed.row(row, &mut row_numbers);
        for (found, number) in row_numbers.iter().zip(&matrix.numbers[row * columns..]) {
            let far = (f64::from(*found) - number).abs();
            assert!(far <= matrix.largest * 1e-6, "{format:?} row {row}: {found} for {number}");
        }
    }
    let x: Vec<f32> = (0..inputs * columns).map(|_| dice.float()).collect();
    let alone = Pool::new(1);
    let first = product(&alone, InstructionSet::PORTABLE, &packed, &x);
    for (x, found) in x.chunks(columns).zip(first.chunks(rows)) {
        for (row, (expected, bound)) in expected(&matrix, x).into_iter().enumerate() {
            let far = (f64::from(found[row]) - expected).abs();
            assert!(far <= bound, "{format:?} {rows}x{columns} row {row}: {far} > {bound}");
        }
    }
    let bits = |numbers: &[f32]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
    let several = Pool::new(3);
    for set in InstructionSet::all() {
        let words = format!("{format:?} {rows}x{columns} {inputs} {}", set.name());
        let together = product(&several, set, &packed, &x);
        assert_eq!(bits(&together), bits(&first), "{words}");
        for (x, row) in x.chunks(columns).zip(first.chunks(rows)) {
            assert_eq!(bits(&product(&alone, set, &packed, x)), bits(row), "alone {words}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn products_are_within_their_bound_and_have_the_same_bits_everywhere(
        format in proptest::sample::select(&FORMATS[..]),
        rows in 1usize..70,
        blocks in 1usize..8,
        inputs in 1usize..20,
        seed: u64,
    ) {
        check(format, rows, blocks * format.block_columns(), inputs, seed);
    }
}

#[test]
fn what_is_large_enough_to_be_shared_has_the_same_bits() {
    for (format, rows, columns, inputs) in [
        (Format::Q8_0, 1003, 672, 37),
        (Format::Q4K, 600, 1024, 70),
        (Format::Q6K, 1700, 512, 1),
        (Format::Q8K, 1003, 768, 37),
    ] {
        check(format, rows, columns, inputs, 5);
    }
}

#[test]
fn extreme_bytes_overflow_nothing() {
    const COLUMNS: usize = 512;
    let is_negative: [fn(usize) -> bool; 4] =
        [|_| false, |_| true, |column| column % 2 == 0, |column| column % 4 < 2];
    // More rows than a panel has.
    let signs = is_negative.iter().cycle().take(9);
    let x: Vec<f32> = signs
        .flat_map(|signs| (0..COLUMNS).map(|column| if signs(column) { -1.0 } else { 1.0 }))
        .collect();
    for format in FORMATS {
        for (quants, small) in [0x00, 0x7F, 0x80, 0xFF]
            .into_iter()
            .flat_map(|quants| [0x7F, 0x80, 0xFF].map(|small| (quants, small)))
        {
            let matrix = FileMatrix::of_bytes(format, 16, COLUMNS, quants, small);
            let packed = PackedMatrix::from_blocks(format, 16, COLUMNS, &matrix.bytes);
            for set in InstructionSet::all() {
                let found = product(&Pool::new(1), set, &packed, &x);
                for (x, found) in x.chunks(COLUMNS).zip(found.chunks(16)) {
                    for (found, (expected, bound)) in found.iter().zip(expected(&matrix, x)) {
                        let far = (f64::from(*found) - expected).abs();
                        let words = format!("{format:?} {quants:#x} {small:#x} {}", set.name());
                        assert!(far <= bound, "{words}: {far} > {bound}");
                    }
                }
            }
        }
    }
}

#[test]
fn several_products_of_one_input_are_those_of_each_with_its_bias() {
    let mut dice = Dice(3);
    let formats = [Format::Q4K, Format::Q8_0, Format::Q8K, Format::Q6K];
    let matrices = formats.map(|format| {
        let rows = 19 + format.block_bytes() % 7;
        let file = FileMatrix::random(format, rows, 256, &mut dice);
        PackedMatrix::from_blocks(format, rows, 256, &file.bytes)
    });
    let x: Vec<f32> = (0..5 * 256).map(|_| dice.float()).collect();
    let biases = matrices.each_ref().map(|matrix| vec![0.5f32; matrix.rows()]);
    let mut outputs = matrices.each_ref().map(|matrix| vec![0.0; 5 * matrix.rows()]);
    let mut products: Vec<_> = matrices
        .iter()
        .zip(&biases)
        .zip(&mut outputs)
        .map(|((matrix, bias), output)| Product { matrix, bias: Some(bias), curve: None, output })
        .collect();
    let (pool, set) = (Pool::new(2), InstructionSet::chosen());
    multiply(&pool, set, &x, &mut products);
    for (matrix, output) in matrices.iter().zip(&outputs) {
        let expected = product(&pool, set, matrix, &x);
        assert!(output.iter().zip(expected).all(|(found, alone)| *found == alone + 0.5));
    }
}

#[test]
fn a_curve_bends_what_a_product_gives() {
    let mut dice = Dice(4);
    let file = FileMatrix::random(Format::Q8_0, 37, 64, &mut dice);
    let matrix = &PackedMatrix::from_blocks(Format::Q8_0, 37, 64, &file.bytes);
    let x: Vec<f32> = (0..3 * 64).map(|_| dice.float()).collect();
    let pool = Pool::new(1);
    for set in InstructionSet::all() {
        for curve in [Curve::Silu, Curve::Gelu, Curve::GeluErf, Curve::Relu] {
            let mut expected = product(&pool, set, matrix, &x);
            bend(&pool, set, curve, &mut expected);
            let mut output = vec![0.0; 3 * 37];
            let bent = Product { matrix, bias: None, curve: Some(curve), output: &mut output };
            multiply(&pool, set, &x, &mut [bent]);
            assert_eq!(output, expected, "{curve:?} {}", set.name());
        }
    }
}

#[test]
fn floats_of_any_width_are_rounded_to_a_127th_of_their_blocks_largest() {
    for (is_wide, columns, sharing) in
        [(false, 75, 32), (true, 75, 32), (true, 96, 256), (true, 544, 256)]
    {
        check_rounding(is_wide, columns, sharing);
    }
}

/// Rows of floats, of which so many share a scale, with more than a panel of inputs.
fn check_rounding(is_wide: bool, columns: usize, sharing: usize) {
    let mut dice = Dice(9);
    let rows = 21;
    let numbers: Vec<f32> = (0..rows * columns).map(|_| dice.float()).collect();
    let write = |rows: Range<usize>, to: &mut [f32]| -> Result<(), Infallible> {
        to.copy_from_slice(&numbers[rows.start * columns..rows.end * columns]);
        Ok(())
    };
    let all = InstructionSet::all().into_iter();
    let packed =
        all.map(|set| PackedMatrix::from_rows(set, is_wide, rows, columns, write).unwrap());
    let packed = packed.collect::<Vec<_>>();
    let mut kept = vec![0.0; columns];
    let mut matrix =
        FileMatrix { rows, columns, numbers: Vec::new(), bytes: Vec::new(), largest: 1.0, sharing };
    for (row, numbers) in numbers.chunks(columns).enumerate() {
        let mut other = vec![0.0; columns];
        packed[0].row(row, &mut kept);
        for packed in &packed {
            packed.row(row, &mut other);
            assert_eq!(other, kept, "the same on every instruction set");
        }
        for (kept, numbers) in kept.chunks(sharing).zip(numbers.chunks(sharing)) {
            let top = numbers.iter().fold(0.0f32, |top, number| top.max(number.abs()));
            // Half a step, and a half has eleven bits.
            let bound = top / 254.0 * 1.001 + if sharing == 32 { top / 2048.0 } else { 0.0 };
            assert!(kept.iter().zip(numbers).all(|(kept, number)| (kept - number).abs() <= bound));
        }
        matrix.numbers.extend(kept.iter().map(|&number| f64::from(number)));
    }
    let x: Vec<f32> = (0..9 * columns).map(|_| dice.float()).collect();
    for set in InstructionSet::all() {
        let found = product(&Pool::new(1), set, &packed[0], &x);
        for (x, found) in x.chunks(columns).zip(found.chunks(rows)) {
            for (found, (expected, bound)) in found.iter().zip(expected(&matrix, x)) {
                let far = (f64::from(*found) - expected).abs();
                assert!(far <= bound, "{columns} {}: {far} > {bound}", set.name());
            }
        }
    }
}

#[test]
fn an_input_that_is_no_number_makes_none() {
    let mut dice = Dice(1);
    for format in FORMATS {
        let columns = 2 * format.block_columns();
        let file = FileMatrix::random(format, 16, columns, &mut dice);
        let packed = PackedMatrix::from_blocks(format, 16, columns, &file.bytes);
        for set in InstructionSet::all() {
            let mut x = vec![1.0; 2 * columns];
            // In the second row, in the second block of 32.
            x[columns + 40] = f32::INFINITY;
            let found = product(&Pool::new(1), set, &packed, &x);
            let words = format!("{format:?} {}", set.name());
            assert!(found[..16].iter().all(|number| number.is_finite()), "{words}");
            assert!(found[16..].iter().all(|number| number.is_nan()), "{words}");
        }
    }
}
