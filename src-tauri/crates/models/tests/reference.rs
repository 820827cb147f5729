//! Our decoder against Python's transformers, on the fixtures of `tests/reference` in every file kind.

#[path = "support/fixtures.rs"]
mod fixtures;

use std::path::PathBuf;

use bimo_models::decoder::{Context, Decoder, Placement, Precision, Rows, Run};
use bimo_models::{DeviceWish, choose_device, open};
use serde::Deserialize;

/// Largest difference as a part of the largest logit, in f32.
const EXACT: f32 = 1e-4;

/// Root-mean-square difference as a part of that of the logits, for weights and inputs in eight bits against the same
/// weights in f32. Large random weights of width 32 are far harder than a trained model (see `starter.rs`): attention is
/// all but a choice of one place, and a rounding can change the choice.
const FAST: f32 = 0.15;

#[derive(Deserialize)]
struct Expected {
    architecture: String,
    path: String,
    prompts: Vec<Prompt>,
    greedy: Vec<Greedy>,
    score: Vec<Score>,
}

#[derive(Deserialize)]
struct Prompt {
    ids: Vec<u32>,
    best: Vec<u32>,
    last_logits: Vec<f32>,
    first_logits: Option<Vec<f32>>,
}

#[derive(Deserialize)]
struct Greedy {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
}

#[derive(Deserialize)]
struct Score {
    ids: Vec<u32>,
    logprobs: Vec<f32>,
}

fn fixtures() -> Vec<(PathBuf, Expected)> {
    let all = fixtures::all("models");
    assert_eq!(all.len(), 56);
    all
}

/// Runs a check on every fixture and says which failed.
fn every_fixture(precision: Precision, check: impl Fn(&Decoder, &Expected) -> Result<(), String>) {
    let failed: Vec<String> = fixtures()
        .iter()
        .filter_map(|(folder, expected)| {
            // A build for a GPU is checked on it.
            let chosen = choose_device(DeviceWish::Fastest).expect("a device");
            let placement = Placement { device: chosen.device, precision, wide_blocks: false };
            let files = open(&folder.join(&expected.path));
            let decoder =
                files.and_then(|files| Decoder::load(files.config(), files.weights(), &placement));
            let checked = decoder.map_err(|error| error.to_string()).and_then(|decoder| {
                assert_eq!(decoder.config().architecture.name(), expected.architecture);
                check(&decoder, expected)
            });
            checked.err().map(|reason| format!("{}: {reason}", folder.display()))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn read(decoder: &Decoder, context: &mut Context, tokens: &[u32], rows: Rows) -> Vec<Vec<f32>> {
    decoder.forward(&mut [Run { context, tokens }], rows).unwrap()
}

fn likeliest(logits: &[f32]) -> u32 {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    best.unwrap().0 as u32
}

fn close(found: &[f32], expected: &[f32], bound: f32) -> Result<(), String> {
    let largest = expected.iter().fold(0.0f32, |largest, logit| largest.max(logit.abs()));
    let far = found.iter().zip(expected).fold(0.0f32, |far, (a, b)| far.max((a - b).abs()));
    if found.len() == expected.len() && far <= bound * largest {
        Ok(())
    } else {
        Err(format!("logits are {} apart, {} allowed", far / largest, bound))
    }
}

fn close_in_the_mean(found: &[f32], expected: &[f32], bound: f32) -> Result<(), String> {
    let power = |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|x| x * x).sum::<f32>();
    let difference = power(&mut found.iter().zip(expected).map(|(a, b)| a - b));
    let far = (difference / power(&mut expected.iter().copied())).sqrt();
    if far <= bound { Ok(()) } else { Err(format!("logits are {far} apart, {bound} allowed")) }
}

/// The tokens that follow one another, each the likeliest.
fn write(decoder: &Decoder, context: &mut Context, logits: Vec<f32>, count: usize) -> Vec<u32> {
    let mut logits = logits;
    (0..count)
        .map(|_| {
            let token = likeliest(&logits);
            logits = read(decoder, context, &[token], Rows::Last).remove(0);
            token
        })
        .collect()
}

#[test]
fn logits_are_those_of_transformers() {
    every_fixture(Precision::Exact, |decoder, expected| {
        for prompt in &expected.prompts {
            let mut context = decoder.context().unwrap();
            let rows = read(decoder, &mut context, &prompt.ids, Rows::All);
            close(rows.last().unwrap(), &prompt.last_logits, EXACT)?;
            if let Some(first) = &prompt.first_logits {
                close(&rows[0], first, EXACT)?;
            }
            let best: Vec<u32> = rows.iter().map(|row| likeliest(row)).collect();
            if best != prompt.best {
                return Err("another token is the likeliest".into());
            }
        }
        Ok(())
    });
}

#[test]
fn greedy_text_is_that_of_transformers_also_from_a_truncated_context() {
    every_fixture(Precision::Exact, |decoder, expected| {
        for greedy in &expected.greedy {
            let count = greedy.tokens.len();
            assert_eq!(count, 64);
            let mut context = decoder.context().unwrap();
            let logits = read(decoder, &mut context, &greedy.prompt, Rows::Last).remove(0);
            if write(decoder, &mut context, logits, count) != greedy.tokens {
                return Err("another text".into());
            }
            let kept = greedy.prompt.len() / 2;
            context.truncate(kept);
            let logits = read(decoder, &mut context, &greedy.prompt[kept..], Rows::Last).remove(0);
            if write(decoder, &mut context, logits, count) != greedy.tokens {
                return Err("another text after truncating".into());
            }
        }
        Ok(())
    });
}

#[test]
fn scores_are_those_of_transformers() {
    every_fixture(Precision::Exact, |decoder, expected| {
        for score in &expected.score {
            let mut context = decoder.context().unwrap();
            let rows = read(decoder, &mut context, &score.ids, Rows::All);
            for ((row, &token), &logprob) in rows.iter().zip(&score.ids[1..]).zip(&score.logprobs) {
                let found = row[token as usize] - bimo_models::sampling::log_sum_exp(row);
                if (found - logprob).abs() > EXACT * logprob.abs().max(1.0) {
                    return Err(format!("{found} instead of {logprob}"));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn the_fast_form_stays_close() {
    every_fixture(Precision::Fast, |decoder, expected| {
        for prompt in &expected.prompts {
            let mut context = decoder.context().unwrap();
            let rows = read(decoder, &mut context, &prompt.ids, Rows::Last);
            close_in_the_mean(&rows[0], &prompt.last_logits, FAST)?;
        }
        Ok(())
    });
}
