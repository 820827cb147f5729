//! What tells a token's place by being added to its embedding.

use std::sync::OnceLock;

use bimo_engine::EngineError;
use candle_core::{Result, Tensor};

use super::config::{Positions, Seq2SeqConfig};
use crate::layers::{Loader, Matrix, with_numbers};

/// Places of one side.
pub(super) enum Places {
    /// Attention knows them.
    InAttention,
    /// Computed, when a place is first needed.
    Waves(Vec<OnceLock<Vec<f32>>>),
    /// Learned; the row of the first place.
    Learned { rows: Matrix, offset: usize },
}

impl Places {
    pub fn load(
        loader: &Loader<'_, Seq2SeqConfig>,
        side: &str,
    ) -> std::result::Result<Self, EngineError> {
        let config = loader.config;
        Ok(match config.positions {
            Positions::Distances { .. } => Self::InAttention,
            Positions::Waves => Self::Waves(vec![OnceLock::new(); config.context_length]),
            Positions::Learned { offset } => Self::Learned {
                rows: loader.matrix(
                    &format!("{side}.position_embd.weight"),
                    config.context_length + offset,
                    config.hidden_size,
                )?,
                offset,
            },
        })
    }

    /// Adds to rows of `width` numbers what tells their places.
    pub fn add_to(&self, x: &mut [f32], width: usize, places: &[usize]) -> Result<()> {
        match self {
            Self::InAttention => {}
            Self::Waves(waves) => {
                for (row, &place) in x.chunks_exact_mut(width).zip(places) {
                    add(row, waves[place].get_or_init(|| wave(place, width)));
                }
            }
            Self::Learned { rows, offset } => {
                let numbers: Vec<u32> =
                    places.iter().map(|place| (place + offset) as u32).collect();
                let numbers = Tensor::new(numbers, &rows.device())?;
                with_numbers(&rows.look_up(&numbers)?, |learned| add(x, learned))?;
            }
        }
        Ok(())
    }
}

fn add(x: &mut [f32], added: &[f32]) {
    x.iter_mut().zip(added).for_each(|(number, added)| *number += added);
}

fn wave(place: usize, width: usize) -> Vec<f32> {
    let sines = width.div_ceil(2);
    let angle = |pair: usize| place as f64 / 10_000_f64.powf(2.0 * pair as f64 / width as f64);
    let number = |at: usize| match at < sines {
        true => angle(at).sin() as f32,
        false => angle(at - sines).cos() as f32,
    };
    (0..width).map(number).collect()
}
