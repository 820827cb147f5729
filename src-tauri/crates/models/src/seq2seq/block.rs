//! A layer of either side. What goes through it are rows of numbers on the processor; on a GPU only products are computed
//! elsewhere.

use candle_core::Result;

use super::attention::Attention;
use crate::layers::{Activation, Linear, Norm, with_scratch};

/// A part of a block with its norm; what it finds is added to the stream.
pub(super) struct Part<P> {
    pub norm: Norm,
    /// The norm is taken before the part, not over the sum.
    pub norm_first: bool,
    pub part: P,
}

impl<P> Part<P> {
    /// Adds to rows of the stream what the part writes for them.
    pub fn add_to(
        &self,
        x: &mut [f32],
        write: impl FnOnce(&P, &[f32], &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        with_scratch(x.len(), |found| {
            self.with_input(x, |input| write(&self.part, input, found))?;
            self.add(x, found)
        })
    }

    /// The same where the part has had its input before.
    pub fn add_found(
        &self,
        x: &mut [f32],
        write: impl FnOnce(&P, &mut [f32]) -> Result<()>,
    ) -> Result<()> {
        with_scratch(x.len(), |found| {
            write(&self.part, found)?;
            self.add(x, found)
        })
    }

    /// Looks at what the part is given of rows of the stream.
    pub fn with_input(&self, x: &[f32], look: impl FnOnce(&[f32]) -> Result<()>) -> Result<()> {
        if !self.norm_first {
            return look(x);
        }
        with_scratch(x.len(), |input| {
            input.copy_from_slice(x);
            self.norm.normalise(input)?;
            look(input)
        })
    }

    fn add(&self, x: &mut [f32], found: &[f32]) -> Result<()> {
        if !self.norm_first {
            return self.norm.add_and_normalise(x, found);
        }
        x.iter_mut().zip(found).for_each(|(number, found)| *number += found);
        Ok(())
    }
}

/// A layer of the side that reads.
pub(super) struct EncoderBlock {
    pub attention: Part<Attention>,
    pub feed_forward: Part<FeedForward>,
}

/// A layer of the side that writes.
pub(super) struct DecoderBlock {
    pub attention: Part<Attention>,
    pub cross_attention: Part<Attention>,
    pub feed_forward: Part<FeedForward>,
}

/// Widens, bends, narrows; with a gate, what is bent is multiplied by a second widening.
pub(super) struct FeedForward {
    pub up: Linear,
    pub gate: Option<Linear>,
    pub activation: Activation,
    pub down: Linear,
}

impl FeedForward {
    /// Rows of the stream's width to the same.
    pub fn write(&self, x: &[f32], output: &mut [f32]) -> Result<()> {
        let wide = output.len() / self.down.outputs() * self.up.outputs();
        with_scratch(wide, |bent| {
            match &self.gate {
                None => self.up.write(x, Some(self.activation), bent)?,
                Some(gate) => with_scratch(wide, |up| -> Result<()> {
                    Linear::write_all([gate, &self.up], x, [&mut *bent, &mut *up])?;
                    self.activation.gate(bent, up);
                    Ok(())
                })?,
            }
            self.down.write(bent, None, output)
        })
    }
}
