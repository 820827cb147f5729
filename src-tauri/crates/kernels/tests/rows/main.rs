//! Attention, norms and curves against f64, and their bits on every instruction set that the machine has.

use bimo_kernels::{
    Curve, InstructionSet, Kept, KvCache, Look, LookBack, Pool, Scaling, Sees, attend, attend_all,
    bend, bend_and_multiply, log_sum_exp, normalise, soften,
};
use proptest::prelude::*;

/// Numbers between -1 and 1 without a pattern.
fn numbers(count: usize, seed: usize) -> Vec<f32> {
    (0..count).map(|i| ((i + seed) * 7919 % 10_007) as f32 / 5003.5 - 1.0).collect()
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|number| number.to_bits()).collect()
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    kv_heads: usize,
    group: usize,
    width: usize,
    before: usize,
    count: usize,
    sees: Sees,
}

impl Shape {
    fn length(&self) -> usize {
        self.before + self.count
    }

    fn key_row(&self) -> usize {
        self.kv_heads * self.width
    }

    fn query_row(&self) -> usize {
        self.key_row() * self.group
    }

    fn cache(&self, keys: &[f32], values: &[f32], kept: Kept) -> KvCache {
        let mut cache = KvCache::new(self.kv_heads, self.width, kept);
        let rows = keys.chunks(self.key_row()).zip(values.chunks(self.key_row()));
        for (place, (key, value)) in rows.enumerate() {
            // It grows while it is filled.
            cache.grow((place + 1).next_multiple_of(48), place);
            cache.write_all(place, key, value);
        }
        cache
    }

    /// What query `query` of head `head` finds, in f64.
    fn expected(
        &self,
        queries: &[f32],
        keys: &[f32],
        values: &[f32],
        query: usize,
        head: usize,
    ) -> Vec<f64> {
        let of = |numbers: &[f32], row: usize, place: usize, head: usize| -> Vec<f64> {
            let start = place * row + head * self.width;
            numbers[start..start + self.width].iter().map(|&number| f64::from(number)).collect()
        };
        let place = self.before + query;
        let seen = match self.sees {
            Sees::Back { window } => {
                (place + 1).saturating_sub(window.unwrap_or(usize::MAX))..place + 1
            }
            Sees::First(count) => 0..count,
        };
        let query = of(queries, self.query_row(), query, head);
        let products: Vec<f64> = seen
            .clone()
            .map(|place| {
                let key = of(keys, self.key_row(), place, head / self.group);
                key.iter().zip(&query).map(|(a, b)| a * b).sum::<f64>() * f64::from(SCALE)
            })
            .collect();
        let top = products.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = products.iter().map(|product| (product - top).exp()).collect();
        let sum: f64 = weights.iter().sum();
        let mut mean = vec![0.0; self.width];
        for (place, weight) in seen.zip(&weights) {
            let value = of(values, self.key_row(), place, head / self.group);
            mean.iter_mut().zip(value).for_each(|(mean, value)| *mean += weight / sum * value);
        }
        mean
    }
}

const SCALE: f32 = 0.7;

type Formula<'a> = &'a dyn Fn(f64) -> f64;

fn look<'a>(shape: &Shape, cache: &'a KvCache, first: usize) -> LookBack<'a> {
    let heads = shape.kv_heads * shape.group;
    LookBack { cache, first, heads, scale: SCALE, sees: shape.sees }
}

/// Two texts that share their first `filled` places, another that was branched off one of them, and one that went back
/// behind the branch: all find what a text finds that has everything for itself, to the last bit.
fn check_branches(
    shape: &Shape,
    [queries, keys, values]: [&[f32]; 3],
    kept: Kept,
    filled: usize,
    expected: &[f32],
) {
    let row = shape.key_row();
    let mut one = shape.cache(&keys[..filled * row], &values[..filled * row], kept);
    let mut two = one.branch(filled + 3, filled);
    let write = |cache: &mut KvCache, from: usize, to: usize| {
        cache.grow(to, from);
        cache.write_all(from, &keys[from * row..to * row], &values[from * row..to * row]);
    };
    let between = (filled + 20).min(shape.length());
    write(&mut one, filled, between);
    let mut three = one.branch(between, between);
    let mut four = three.branch(between, between);
    write(&mut four, filled / 2, shape.length());
    write(&mut one, between, shape.length());
    write(&mut two, filled, shape.length());
    write(&mut three, between, shape.length());
    let mut found = [(); 4].map(|()| vec![f32::NAN; queries.len()]);
    let caches = [&one, &two, &three, &four];
    let mut looks: Vec<Look<'_>> = caches
        .into_iter()
        .zip(&mut found)
        .map(|(cache, output)| Look { back: look(shape, cache, shape.before), queries, output })
        .collect();
    attend_all(&Pool::new(2), InstructionSet::chosen(), &mut looks);
    for (text, found) in found.iter().enumerate() {
        assert_eq!(bits(found), bits(expected), "{shape:?} {kept:?} {filled} text {text}");
    }
}

fn check(shape: Shape) {
    let queries = numbers(shape.count * shape.query_row(), 1);
    let keys = numbers(shape.length() * shape.key_row(), 2);
    let values = numbers(shape.length() * shape.key_row(), 3);
    let (alone, several) = (Pool::new(1), Pool::new(3));
    // A product is a sum of `width` roundings; in 11 bits a key moves it by a 2048th of its size.
    let rounding = 1e-6 + 1e-7 * shape.width as f64;
    for (kept, bound) in [(Kept::Whole, rounding), (Kept::Halves, 2e-3 * shape.width as f64)] {
        let cache = shape.cache(&keys, &values, kept);
        let mut first = vec![f32::NAN; queries.len()];
        attend(
            &alone,
            InstructionSet::PORTABLE,
            &look(&shape, &cache, shape.before),
            &queries,
            &mut first,
        );
        for (query, row) in first.chunks(shape.query_row()).enumerate() {
            for (head, found) in row.chunks(shape.width).enumerate() {
                let expected = shape.expected(&queries, &keys, &values, query, head);
                for (found, expected) in found.iter().zip(expected) {
                    let far = (f64::from(*found) - expected).abs();
                    assert!(far < bound, "{shape:?} {kept:?}: {far}");
                }
            }
        }
        for filled in [0, 5, 16, shape.before / 2, shape.length() / 16 * 16, shape.length()] {
            check_branches(
                &shape,
                [&queries, &keys, &values],
                kept,
                filled.min(shape.length()),
                &first,
            );
        }
        for set in InstructionSet::all() {
            let mut together = vec![f32::NAN; queries.len()];
            attend(&several, set, &look(&shape, &cache, shape.before), &queries, &mut together);
            assert_eq!(bits(&together), bits(&first), "{shape:?} {kept:?} {}", set.name());
            for query in 0..shape.count {
                let rows = query * shape.query_row()..(query + 1) * shape.query_row();
                let mut one = vec![f32::NAN; shape.query_row()];
                let look = look(&shape, &cache, shape.before + query);
                attend(&alone, set, &look, &queries[rows.clone()], &mut one);
                assert_eq!(bits(&one), bits(&first[rows]), "alone {shape:?} {}", set.name());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn attention_is_that_of_its_formula_and_has_the_same_bits_everywhere(
        kv_heads in 1usize..4,
        group in 1usize..5,
        width in 1usize..70,
        before in 0usize..90,
        count in 1usize..20,
        window in prop_oneof![Just(None), (1usize..40).prop_map(Some)],
    ) {
        check(Shape { kv_heads, group, width, before, count, sees: Sees::Back { window } });
        check(Shape { kv_heads, group, width, before, count, sees: Sees::First(before + count) });
    }
}

#[test]
fn long_texts_are_shared_among_threads() {
    check(Shape {
        kv_heads: 2,
        group: 2,
        width: 128,
        before: 300,
        count: 30,
        sees: Sees::Back { window: None },
    });
}

#[test]
fn curves_are_those_of_their_formulas() {
    let x: Vec<f32> = (-3000..3000).map(|i| i as f32 / 200.0).chain([-200.0, 200.0, 0.0]).collect();
    let tanh = |x: f64| {
        let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
        0.5 * x * (1.0 + inner.tanh())
    };
    let curves: [(Curve, Formula<'_>, f64); 3] = [
        (Curve::Silu, &|x| x / (1.0 + (-x).exp()), 3e-7),
        (Curve::Gelu, &tanh, 5e-7),
        (Curve::GeluErf, &|x| 0.5 * x * (1.0 + erf(x / 2f64.sqrt())), 3e-7),
    ];
    for set in InstructionSet::all() {
        let pool = Pool::new(2);
        for (curve, formula, bound) in &curves {
            let mut found = x.clone();
            bend(&pool, set, *curve, &mut found);
            for (found, x) in found.iter().zip(&x) {
                let far = (f64::from(*found) - formula(f64::from(*x))).abs();
                let largest = f64::from(x.abs()).max(1.0);
                assert!(far <= bound * largest, "{curve:?} {} of {x}: {found}", set.name());
            }
        }
        let mut found: Vec<f32> = x.iter().map(|x| x.clamp(-80.0, 80.0)).collect();
        let powers: Vec<f64> = found.iter().map(|&x| f64::from(x).exp()).collect();
        bend(&pool, set, Curve::Exp, &mut found);
        for (found, power) in found.iter().zip(powers) {
            assert!((f64::from(*found) / power - 1.0).abs() < 2.0 * f64::from(f32::EPSILON));
        }
        let (mut nothing, mut product) = ([f32::NAN; 3], x.clone());
        bend(&pool, set, Curve::Silu, &mut nothing);
        assert!(nothing.iter().all(|number| number.is_nan()));
        bend_and_multiply(&pool, set, Curve::Silu, &mut product, &x);
        let mut bent = x.clone();
        bend(&pool, set, Curve::Silu, &mut bent);
        assert!(product.iter().zip(bent.iter().zip(&x)).all(|(found, (a, b))| *found == a * b));
    }
}

#[test]
fn curves_and_norms_have_the_same_bits_everywhere() {
    let pool = Pool::new(3);
    let many = numbers(100_003, 5).iter().map(|x| x * 6.0).collect::<Vec<_>>();
    for curve in [Curve::Silu, Curve::Gelu, Curve::GeluErf, Curve::Exp] {
        let mut first = many.clone();
        bend(&Pool::new(1), InstructionSet::PORTABLE, curve, &mut first);
        for set in InstructionSet::all() {
            let mut found = many.clone();
            bend(&pool, set, curve, &mut found);
            assert_eq!(bits(&found), bits(&first), "{curve:?} {}", set.name());
        }
    }
    let (weight, bias) = (numbers(77, 1), numbers(77, 2));
    let scalings = [
        Scaling::RootMeanSquare { weight: &weight, eps: 1e-5 },
        Scaling::Layer { weight: &weight, bias: &bias, eps: 1e-5 },
    ];
    for (kind, scaling) in scalings.into_iter().enumerate() {
        let rows = numbers(77 * 5, 3);
        let mut first = rows.clone();
        normalise(InstructionSet::PORTABLE, scaling, &mut first);
        for (row, found) in rows.chunks(77).zip(first.chunks(77)) {
            let row: Vec<f64> = row.iter().map(|&number| f64::from(number)).collect();
            let mean = if kind == 0 { 0.0 } else { row.iter().sum::<f64>() / 77.0 };
            let square = row.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / 77.0;
            for (place, number) in row.iter().enumerate() {
                let added = if kind == 0 { 0.0 } else { f64::from(bias[place]) };
                let scaled = (number - mean) / (square + 1e-5).sqrt() * f64::from(weight[place]);
                assert!((f64::from(found[place]) - scaled - added).abs() < 1e-6);
            }
        }
        for set in InstructionSet::all() {
            let mut found = rows.clone();
            normalise(set, scaling, &mut found);
            assert_eq!(bits(&found), bits(&first), "{}", set.name());
        }
    }
}

#[test]
fn shares_of_a_softmax_and_logarithms_of_sums_are_those_of_their_formulas() {
    for count in [1, 5, 16, 100, 65_001] {
        let x: Vec<f32> = numbers(count, 3).iter().map(|x| x * 20.0).collect();
        let top = x.iter().fold(f64::NEG_INFINITY, |top, &x| top.max(f64::from(x)));
        let powers: Vec<f64> = x.iter().map(|&x| (f64::from(x) - top).exp()).collect();
        let expected: f64 = powers.iter().sum();
        let mut first = x.clone();
        let sum = soften(InstructionSet::PORTABLE, &mut first);
        assert!((f64::from(sum) / expected - 1.0).abs() < 1e-5, "{count}");
        for (found, power) in first.iter().zip(&powers) {
            assert!((f64::from(*found) - power).abs() < 3e-6 * power, "{count}");
        }
        for set in InstructionSet::all() {
            let mut found = x.clone();
            assert_eq!(soften(set, &mut found), sum, "{}", set.name());
            assert_eq!(bits(&found), bits(&first), "{}", set.name());
            let logarithm = f64::from(log_sum_exp(set, &x));
            assert!((logarithm - top - expected.ln()).abs() < 3e-6, "{count} {}", set.name());
        }
    }
}

/// The error function: by its series near 0, by the continued fraction of its complement beyond.
fn erf(x: f64) -> f64 {
    let root = std::f64::consts::PI.sqrt();
    if x.abs() > 2.0 {
        let size = x.abs();
        let fraction = (1..100).rev().fold(size, |inner, n| size + f64::from(n) / 2.0 / inner);
        return x.signum() * (1.0 - (-x * x).exp() / root / fraction);
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..60 {
        let n = f64::from(n);
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    sum * 2.0 / root
}
