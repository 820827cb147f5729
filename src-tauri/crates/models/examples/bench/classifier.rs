//! A classifier: how fast, and which logits.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use bimo_engine::{CancellationToken, EngineError, TokenId};
use bimo_models::decoder::Placement;
use bimo_models::encoder::{Encoder, Input};
use bimo_models::{DeviceWish, Precision, choose_device, open_encoder};
use serde::Deserialize;

use crate::machine::Memory;
use crate::{Answer, FIRST, Timed, timed};

/// Of each text.
type Logits = Vec<Vec<f32>>;

/// Texts to sort, as the model reads them.
#[derive(Deserialize)]
pub struct Run {
    texts: Vec<Vec<TokenId>>,
}

pub fn measure(
    path: &Path,
    precision: Precision,
    runs: &[Run],
) -> Result<Answer<Timed<Logits>>, Box<dyn Error>> {
    let memory = Memory::watch();
    let started = Instant::now();
    let files = open_encoder(path)?;
    let device = choose_device(DeviceWish::Fastest)?.device;
    let placement = Placement { device, precision, wide_blocks: true };
    let encoder = Encoder::load(files.config(), files.weights(), &placement)?;
    drop(files);
    logits(&encoder, &Run { texts: vec![vec![FIRST]] })?;
    let load_seconds = started.elapsed().as_secs_f64();
    let runs = runs.iter().map(|run| timed(|| Ok(logits(&encoder, run)?)));
    let runs = runs.collect::<Result<_, _>>()?;
    Ok(Answer { load_seconds, runs, peak_bytes: memory.peak() })
}

fn logits(encoder: &Encoder, run: &Run) -> Result<Logits, EngineError> {
    let input =
        |tokens: &Vec<TokenId>| Input { tokens: tokens.clone(), types: vec![0; tokens.len()] };
    let inputs: Vec<Input> = run.texts.iter().map(input).collect();
    let rows = encoder.forward(&inputs, &CancellationToken::new())?.unwrap_or_default();
    Ok(rows.into_iter().flatten().collect())
}
