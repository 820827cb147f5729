//! Rotary position embedding (Su et al. 2021): queries and keys are turned by angles that grow with their position.

use std::f32::consts::TAU;

use candle_core::{Result, Tensor};
use candle_nn::rotary_emb;

use super::{Rope, RopeLayout, RopeScaling};

/// The angles that a position adds, for each pair of a head's elements.
pub(super) struct Rotary {
    frequencies: Vec<f32>,
    /// What takes their place in a long text.
    long: Option<Long>,
    /// Turned elements are multiplied by it.
    magnitude: f32,
    layout: RopeLayout,
}

struct Long {
    frequencies: Vec<f32>,
    /// A text is long when it has more tokens.
    above: usize,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub position: usize,
    /// In a text that is long for the model's ropes.
    pub is_long: bool,
}

/// The turns of a batch's rows.
pub(super) struct Rotation {
    /// For each row, for each pair of a head's elements.
    cos: Vec<f32>,
    sin: Vec<f32>,
    rows: usize,
    layout: RopeLayout,
}

impl Rotary {
    /// `divisors`, where a file has them, say how each frequency is stretched and stand in for `rope.scaling`.
    pub fn new(rope: &Rope, divisors: Option<&[f32]>) -> Self {
        let pairs = 0..rope.width / 2;
        let frequency = |pair: usize| {
            let exponent = (2 * pair) as f64 / rope.width as f64;
            f64::from(rope.theta).powf(-exponent) as f32
        };
        let divided = |divisors: &[f32]| -> Vec<f32> {
            pairs.clone().map(|pair| frequency(pair) / divisors[pair]).collect()
        };
        let mut rotary =
            Self { frequencies: Vec::new(), long: None, magnitude: 1.0, layout: rope.layout };
        match (divisors, &rope.scaling) {
            (Some(divisors), _) => rotary.frequencies = divided(divisors),
            (None, Some(RopeScaling::Long { short, long, original_context, magnitude })) => {
                rotary.frequencies = divided(short);
                rotary.long = Some(Long { frequencies: divided(long), above: *original_context });
                rotary.magnitude = *magnitude;
            }
            (None, Some(scaling)) => {
                let stretched = |pair| scaling.stretch(frequency(pair), pair, rope);
                rotary.frequencies = pairs.map(stretched).collect();
                if let RopeScaling::Yarn { magnitude, .. } = scaling {
                    rotary.magnitude = *magnitude;
                }
            }
            (None, None) => rotary.frequencies = pairs.map(frequency).collect(),
        }
        rotary
    }

    /// Whether a text of so many tokens is long.
    pub fn is_long(&self, length: usize) -> bool {
        self.long.as_ref().is_some_and(|long| length > long.above)
    }

    /// The turns of rows that stand at these places.
    pub fn at(&self, places: &[Place]) -> Rotation {
        let angles = places.iter().flat_map(|place| {
            let frequencies = match &self.long {
                Some(long) if place.is_long => &long.frequencies,
                _ => &self.frequencies,
            };
            frequencies.iter().map(|frequency| place.position as f32 * frequency)
        });
        let turns =
            angles.map(|angle| (angle.cos() * self.magnitude, angle.sin() * self.magnitude));
        let (cos, sin): (Vec<_>, Vec<_>) = turns.unzip();
        Rotation { cos, sin, rows: places.len(), layout: self.layout }
    }
}

impl Rotation {
    /// Turns `[1, heads, rows, head_dim]`, on any device.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let (width, head_dim) = (2 * self.pairs(), x.dim(3)?);
        if width == head_dim {
            return self.turn(x);
        }
        let turned = self.turn(&x.narrow(3, 0, width)?.contiguous()?)?;
        Tensor::cat(&[&turned, &x.narrow(3, width, head_dim - width)?], 3)
    }

    fn turn(&self, x: &Tensor) -> Result<Tensor> {
        let tensor =
            |numbers: &[f32]| Tensor::from_slice(numbers, (self.rows, self.pairs()), x.device());
        let (cos, sin) = (tensor(&self.cos)?, tensor(&self.sin)?);
        match self.layout {
            RopeLayout::HalfSplit => rotary_emb::rope(x, &cos, &sin),
            RopeLayout::Interleaved => rotary_emb::rope_i(x, &cos, &sin),
        }
    }

    /// Turns rows of heads, `[rows, heads * head_dim]`, in place.
    pub fn turn_rows(&self, numbers: &mut [f32], head_dim: usize) {
        let (pairs, row) = (self.pairs(), numbers.len() / self.rows);
        for (place, row) in numbers.chunks_exact_mut(row).enumerate() {
            let cos = &self.cos[place * pairs..][..pairs];
            let sin = &self.sin[place * pairs..][..pairs];
            for head in row.chunks_exact_mut(head_dim) {
                match self.layout {
                    RopeLayout::HalfSplit => {
                        let (first, rest) = head.split_at_mut(pairs);
                        for pair in 0..pairs {
                            (first[pair], rest[pair]) =
                                turned(first[pair], rest[pair], cos[pair], sin[pair]);
                        }
                    }
                    RopeLayout::Interleaved => {
                        for (pair, elements) in
                            head.as_chunks_mut::<2>().0[..pairs].iter_mut().enumerate()
                        {
                            (elements[0], elements[1]) =
                                turned(elements[0], elements[1], cos[pair], sin[pair]);
                        }
                    }
                }
            }
        }
    }

    fn pairs(&self) -> usize {
        self.cos.len() / self.rows.max(1)
    }
}

fn turned(a: f32, b: f32, cos: f32, sin: f32) -> (f32, f32) {
    (a * cos - b * sin, a * sin + b * cos)
}

impl RopeScaling {
    fn stretch(&self, frequency: f32, pair: usize, rope: &Rope) -> f32 {
        match *self {
            Self::Long { .. } => frequency,
            Self::Yarn { factor, original_context, fast_turns, slow_turns, .. } => {
                let pair_of = |turns| pair_that_turns(turns, original_context, rope);
                let first = pair_of(fast_turns).floor().max(0.0);
                let last = pair_of(slow_turns).ceil().min((rope.width - 1) as f64);
                // Where both are one pair, it is the last that is kept.
                let ramp = (pair as f64 - first) / (last - first).max(0.001);
                divided_unless(1.0 - ramp as f32, frequency, factor)
            }
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 { factor, low_factor, high_factor, original_context } => {
                let turns = original_context * frequency / TAU;
                let kept = (turns - low_factor) / (high_factor - low_factor);
                divided_unless(kept, frequency, factor)
            }
        }
    }
}

/// A frequency, divided where `kept` is 0 or less, as it is from 1 on, a mean between.
fn divided_unless(kept: f32, frequency: f32, factor: f32) -> f32 {
    let kept = kept.clamp(0.0, 1.0);
    frequency * kept + frequency / factor * (1.0 - kept)
}

/// Which pair turns so many times within a context, were there pairs between pairs.
fn pair_that_turns(turns: f32, context: usize, rope: &Rope) -> f64 {
    let wavelength = context as f64 / (f64::from(turns) * std::f64::consts::TAU);
    rope.width as f64 * wavelength.ln() / (2.0 * f64::from(rope.theta).ln())
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    fn rope(layout: RopeLayout, scaling: Option<RopeScaling>) -> Rope {
        Rope { width: 4, theta: 10_000.0, layout, scaling }
    }

    #[test]
    fn both_layouts_turn_their_pairs_by_position_times_frequency() {
        // Head of 4: frequencies 1 and 10000^(-2/4) = 0.01. At position 3 the pairs turn by 3 and 0.03.
        let x = Tensor::new(&[[[[1.0f32, 2.0, 3.0, 4.0]]]], &Device::Cpu).unwrap();
        let turn = |a: f32, b: f32, angle: f32| {
            (a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos())
        };
        let turned = |layout| {
            let rotary = Rotary::new(&rope(layout, None), None);
            let rotation = rotary.at(&[Place { position: 3, is_long: false }]);
            let found = rotation.apply(&x).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            let mut in_place = [1.0, 2.0, 3.0, 4.0];
            rotation.turn_rows(&mut in_place, 4);
            assert_eq!(found, in_place);
            found
        };
        let close = |found: Vec<f32>, expected: [f32; 4]| {
            let far = found.iter().zip(expected).any(|(a, b)| (a - b).abs() > 1e-5);
            assert!(!far, "{found:?} is not {expected:?}");
        };
        let ((a, c), (b, d)) = (turn(1.0, 3.0, 3.0), turn(2.0, 4.0, 0.03));
        close(turned(RopeLayout::HalfSplit), [a, b, c, d]);
        let ((a, b), (c, d)) = (turn(1.0, 2.0, 3.0), turn(3.0, 4.0, 0.03));
        close(turned(RopeLayout::Interleaved), [a, b, c, d]);
    }

    #[test]
    fn only_the_width_of_a_head_turns() {
        let x = Tensor::new(&[[[[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]]]], &Device::Cpu).unwrap();
        let rotation = Rotary::new(&rope(RopeLayout::HalfSplit, None), None);
        let place = Place { position: 3, is_long: false };
        let rotation = rotation.at(&[place]);
        let turned = rotation.apply(&x).unwrap();
        let turned = turned.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(turned[4..], [5.0, 6.0]);
        let mut in_place = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        rotation.turn_rows(&mut in_place, 6);
        assert_eq!(turned, in_place);
        assert!((turned[0] - (3f32.cos() - 3.0 * 3f32.sin())).abs() < 1e-5);
    }

    #[test]
    fn llama_3_keeps_high_frequencies_and_divides_low_ones() {
        let scaling = RopeScaling::Llama3 {
            factor: 8.0,
            low_factor: 1.0,
            high_factor: 4.0,
            original_context: 8192.0,
        };
        // Wavelength 2 pi: far below 8192 / 4, kept. Wavelength 2 pi / 1e-4 = 62832: above 8192, divided by 8.
        let rope = rope(RopeLayout::HalfSplit, None);
        let stretch = |frequency| scaling.stretch(frequency, 0, &rope);
        assert_eq!(stretch(1.0), 1.0);
        assert_eq!(stretch(1e-4), 1e-4 / 8.0);
        // 2.5 turns in 8192 positions lie half-way between 1 and 4: the mean of f and f / 8.
        let middle = 2.5 * TAU / 8192.0;
        assert!((stretch(middle) - middle * (1.0 + 0.125) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn yarn_keeps_the_pairs_that_turn_often_and_divides_those_that_turn_once() {
        // Head of 8, base 10000: pair i turns 1024 / 10^i / TAU times in the original context, 163, 16, 1.6, 0.16.
        // 32 turns lie between pairs 0 and 1, one turn between pairs 2 and 3: the ramp goes from 0 to 3.
        let scaling = RopeScaling::Yarn {
            factor: 4.0,
            original_context: 1024,
            fast_turns: 32.0,
            slow_turns: 1.0,
            magnitude: 1.1,
        };
        let rope = Rope { width: 8, ..rope(RopeLayout::HalfSplit, Some(scaling)) };
        let rotary = Rotary::new(&rope, None);
        let share = |kept: f32| kept + (1.0 - kept) / 4.0;
        let expected = [1.0, 0.1 * share(2.0 / 3.0), 0.01 * share(1.0 / 3.0), 0.001 / 4.0];
        for (found, expected) in rotary.frequencies.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6 * expected, "{:?}", rotary.frequencies);
        }
        assert_eq!(rotary.magnitude, 1.1);
    }

    #[test]
    fn a_long_text_has_other_divisors() {
        let scaling = RopeScaling::Long {
            short: vec![1.0, 2.0],
            long: vec![4.0, 5.0],
            original_context: 100,
            magnitude: 1.5,
        };
        let rotary = Rotary::new(&rope(RopeLayout::HalfSplit, Some(scaling)), None);
        assert!(!rotary.is_long(100) && rotary.is_long(101));
        let places = [false, true].map(|is_long| Place { position: 2, is_long });
        let cos = rotary.at(&places).cos;
        // Frequencies 1 and 0.01, divided.
        let expected = [[2.0f32, 0.01], [0.5, 0.004]].map(|row| row.map(|a| 1.5 * a.cos()));
        for (found, expected) in cos.iter().zip(expected.iter().flatten()) {
            assert!((found - expected).abs() < 1e-6, "{cos:?}");
        }
    }

    #[test]
    fn divisors_of_the_file_stand_in_for_the_scaling() {
        let linear = Some(RopeScaling::Linear { factor: 2.0 });
        let scaled = Rotary::new(&rope(RopeLayout::HalfSplit, linear.clone()), None);
        let close = |found: &[f32], expected: [f32; 2]| {
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-8)
        };
        assert!(close(&scaled.frequencies, [0.5, 0.005]));
        let divided = Rotary::new(&rope(RopeLayout::HalfSplit, linear), Some(&[1.0, 10.0]));
        assert!(close(&divided.frequencies, [1.0, 0.001]));
    }
}
