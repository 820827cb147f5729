//! What tells a token's place by being added to its embedding.

use bimo_engine::EngineError;
use candle_core::{Device, Result, Tensor};

use super::config::{Positions, Seq2SeqConfig};
use crate::layers::{Loader, Matrix};

/// Places of one side.
pub(super) enum Places {
    /// Attention knows them.
    InAttention,
    /// Computed, for rows of this width.
    Waves { width: usize },
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
            Positions::Waves => Self::Waves { width: config.hidden_size },
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

    /// Adds to rows `[n, hidden]` what tells their places.
    pub fn add_to(&self, x: &Tensor, places: &[usize]) -> Result<Tensor> {
        match self {
            Self::InAttention => Ok(x.clone()),
            Self::Waves { width } => x + waves(places, *width, x.device())?,
            Self::Learned { rows, offset } => {
                let numbers: Vec<u32> =
                    places.iter().map(|place| (place + offset) as u32).collect();
                x + rows.look_up(&Tensor::new(numbers, x.device())?)?
            }
        }
    }
}

fn waves(places: &[usize], width: usize, device: &Device) -> Result<Tensor> {
    let sines = width.div_ceil(2);
    let angle = |place: usize, pair: usize| {
        place as f64 / 10_000_f64.powf(2.0 * pair as f64 / width as f64)
    };
    let row = |&place: &usize| {
        (0..width).map(move |at| match at < sines {
            true => angle(place, at).sin() as f32,
            false => angle(place, at - sines).cos() as f32,
        })
    };
    let numbers: Vec<f32> = places.iter().flat_map(row).collect();
    Tensor::from_vec(numbers, (places.len(), width), &Device::Cpu)?.to_device(device)
}
