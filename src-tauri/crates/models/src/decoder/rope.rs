//! Rotary position embedding (Su et al. 2021): queries and keys are turned by angles that grow with their position.

use std::f32::consts::TAU;

use candle_core::{Device, Result, Tensor};
use candle_nn::rotary_emb;

use super::{Rope, RopeLayout, RopeScaling};

/// The angles that a position adds, for each pair of a head's elements.
pub(super) struct Rotary {
    frequencies: Vec<f32>,
    layout: RopeLayout,
}

/// The turns of a batch's rows.
pub(super) struct Rotation {
    /// `[rows, width / 2]`.
    cos: Tensor,
    /// `[rows, width / 2]`.
    sin: Tensor,
    layout: RopeLayout,
}

impl Rotary {
    /// `divisors`, where a file has them, say how each frequency is stretched and stand in for `rope.scaling`.
    pub fn new(rope: &Rope, divisors: Option<&[f32]>) -> Self {
        let frequency = |pair: usize| {
            let exponent = (2 * pair) as f64 / rope.width as f64;
            let frequency = f64::from(rope.theta).powf(-exponent) as f32;
            match (divisors, &rope.scaling) {
                (Some(divisors), _) => frequency / divisors[pair],
                (None, Some(scaling)) => scaling.stretch(frequency),
                (None, None) => frequency,
            }
        };
        Self { frequencies: (0..rope.width / 2).map(frequency).collect(), layout: rope.layout }
    }

    /// The turns of rows that stand at these positions.
    pub fn at(&self, positions: &[usize], device: &Device) -> Result<Rotation> {
        let angles = positions.iter().flat_map(|&position| {
            self.frequencies.iter().map(move |frequency| position as f32 * frequency)
        });
        let shape = (positions.len(), self.frequencies.len());
        let (cos, sin): (Vec<_>, Vec<_>) = angles.map(|angle| (angle.cos(), angle.sin())).unzip();
        Ok(Rotation {
            cos: Tensor::from_vec(cos, shape, device)?,
            sin: Tensor::from_vec(sin, shape, device)?,
            layout: self.layout,
        })
    }
}

impl Rotation {
    /// Turns `[1, heads, rows, head_dim]`.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let (width, head_dim) = (2 * self.cos.dim(1)?, x.dim(3)?);
        if width == head_dim {
            return self.turn(x);
        }
        let turned = self.turn(&x.narrow(3, 0, width)?.contiguous()?)?;
        Tensor::cat(&[&turned, &x.narrow(3, width, head_dim - width)?], 3)
    }

    fn turn(&self, x: &Tensor) -> Result<Tensor> {
        match self.layout {
            RopeLayout::HalfSplit => rotary_emb::rope(x, &self.cos, &self.sin),
            RopeLayout::Interleaved => rotary_emb::rope_i(x, &self.cos, &self.sin),
        }
    }
}

impl RopeScaling {
    fn stretch(&self, frequency: f32) -> f32 {
        match *self {
            Self::Linear { factor } => frequency / factor,
            Self::Llama3 { factor, low_factor, high_factor, original_context } => {
                let turns = original_context * frequency / TAU;
                // 0 where a frequency is divided, 1 where it is kept.
                let kept = ((turns - low_factor) / (high_factor - low_factor)).clamp(0.0, 1.0);
                frequency * kept + frequency / factor * (1.0 - kept)
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
            let rotation = rotary.at(&[3], &Device::Cpu).unwrap();
            rotation.apply(&x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
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
        let turned = rotation.at(&[3], &Device::Cpu).unwrap().apply(&x).unwrap();
        let turned = turned.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(turned[4..], [5.0, 6.0]);
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
        assert_eq!(scaling.stretch(1.0), 1.0);
        assert_eq!(scaling.stretch(1e-4), 1e-4 / 8.0);
        // 2.5 turns in 8192 positions lie half-way between 1 and 4: the mean of f and f / 8.
        let middle = 2.5 * TAU / 8192.0;
        assert!((scaling.stretch(middle) - middle * (1.0 + 0.125) / 2.0).abs() < 1e-9);
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
