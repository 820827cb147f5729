//! A decoder: how fast it reads and writes, and what it thinks of a text.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use bimo_engine::{
    CancellationToken, Flow, GenerationEvent, GenerationRequest, SamplingParams, TextGenerator,
    TokenId,
};
use bimo_models::{ModelSource, Precision, load_decoder};
use serde::{Deserialize, Serialize};

use crate::machine::Memory;
use crate::{Answer, FIRST, options};

/// Something to do, one after another in the same process.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Run {
    /// Reads a prompt and writes on, always the likeliest token, `choices` times side by side where that is said. Of prompts
    /// that begin alike the beginning is read once only.
    Write {
        prompt: Vec<TokenId>,
        written: usize,
        #[serde(default = "one")]
        choices: usize,
    },
    /// Says how likely each token of a text is, but the first.
    Score(Vec<TokenId>),
}

/// What came of it.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Found {
    Written { read_seconds: f64, write_seconds: f64, tokens: Vec<TokenId> },
    Scored(Vec<f32>),
}

pub fn measure(path: PathBuf, runs: &[Run]) -> Result<Answer<Found>, Box<dyn Error>> {
    let memory = Memory::watch();
    let started = Instant::now();
    // Whoever is compared with guesses nothing either.
    let model = load_decoder(&ModelSource::Path(path), &options(Precision::Fast))?;
    let mut model = model.without_guesses();
    write(&mut model, &[FIRST], 1, 1)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let runs = runs.iter().map(|run| match run {
        Run::Write { prompt, written, choices } => write(&mut model, prompt, *written, *choices),
        Run::Score(text) => {
            let scores = model.score(text, &CancellationToken::new())?;
            Ok(Found::Scored(scores.into_iter().map(|score| score.logprob).collect()))
        }
    });
    let runs = runs.collect::<Result<_, Box<dyn Error>>>()?;
    Ok(Answer { load_seconds, runs, peak_bytes: memory.peak() })
}

const fn one() -> usize {
    1
}

fn write(
    model: &mut dyn TextGenerator,
    prompt: &[TokenId],
    written: usize,
    choices: usize,
) -> Result<Found, Box<dyn Error>> {
    let request = GenerationRequest {
        prompt: prompt.to_vec(),
        sampling: SamplingParams::greedy(),
        choices,
        max_tokens: written,
        min_tokens: written,
        stop: Vec::new(),
        top_logprobs: 0,
    };
    let mut tokens = Vec::new();
    let outcome = model.generate(&request, &CancellationToken::new(), &mut |event| {
        if let GenerationEvent::Token { choice: 0, token, .. } = event {
            tokens.push(token);
        }
        Flow::Continue
    })?;
    Ok(Found::Written {
        read_seconds: outcome.prefill_seconds,
        write_seconds: outcome.decode_seconds,
        tokens,
    })
}
