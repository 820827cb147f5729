//! Bimo's side of `npm run bench`: one request in JSON on standard input, one answer on standard output.
//!
//! A request is made by one process, so that loading and memory are those of a program that has just been opened; what
//! it is compared with is asked the same in the same words. Start reading at [`Request`].

mod classifier;
mod decoder;
mod machine;
mod rewriter;

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use bimo_engine::TokenId;
use bimo_models::{LoadOptions, Precision};
use serde::{Deserialize, Serialize};

/// What the program itself allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A run is repeated until it has taken so long, where it is short.
const LEAST_SECONDS: f64 = 0.5;
/// A run that takes so long needs no warming up.
const LONG_SECONDS: f64 = 2.0;
/// A text of one token, for the first answer of a model.
const FIRST: TokenId = 5;

/// What to measure.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Request {
    /// How much memory can be read in a second.
    Bandwidth,
    /// A model that continues texts.
    Decoder { path: PathBuf, runs: Vec<decoder::Run> },
    /// A model that turns texts into texts. `exact` computes in f32.
    Rewriter { path: PathBuf, exact: bool, runs: Vec<rewriter::Run> },
    /// A model that sorts texts. `exact` computes in f32.
    Classifier { path: PathBuf, exact: bool, runs: Vec<classifier::Run> },
}

/// What was measured.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<Found> {
    /// From the path to the first answer.
    load_seconds: f64,
    /// For each run what was found.
    runs: Vec<Found>,
    /// Most memory of the process, less what it had before it loaded the model; nothing where the system does not say.
    peak_bytes: Option<u64>,
}

/// Found in a run of texts that are worked on together.
#[derive(Serialize)]
struct Timed<Output> {
    seconds: f64,
    output: Output,
}

fn main() -> Result<(), Box<dyn Error>> {
    match serde_json::from_reader(io::stdin())? {
        Request::Bandwidth => answer(&machine::bandwidth()),
        Request::Decoder { path, runs } => answer(&decoder::measure(path, &runs)?),
        Request::Rewriter { path, exact, runs } => {
            answer(&rewriter::measure(path, precision(exact), &runs)?)
        }
        Request::Classifier { path, exact, runs } => {
            answer(&classifier::measure(&path, precision(exact), &runs)?)
        }
    }
}

fn answer(found: &impl Serialize) -> Result<(), Box<dyn Error>> {
    println!("{}", serde_json::to_string(found)?);
    Ok(())
}

fn precision(exact: bool) -> Precision {
    if exact { Precision::Exact } else { Precision::Fast }
}

fn options(precision: Precision) -> LoadOptions {
    LoadOptions::computing(precision)
}

/// Runs once to warm up, where that is short, and then until it can be measured; answers the mean.
fn timed<Output>(
    mut run: impl FnMut() -> Result<Output, Box<dyn Error>>,
) -> Result<Timed<Output>, Box<dyn Error>> {
    let mut started = Instant::now();
    let (mut output, mut times) = (run()?, 1);
    if started.elapsed().as_secs_f64() < LONG_SECONDS {
        (started, times) = (Instant::now(), 0);
    }
    while times == 0 || started.elapsed().as_secs_f64() < LEAST_SECONDS {
        output = run()?;
        times += 1;
    }
    Ok(Timed { seconds: started.elapsed().as_secs_f64() / f64::from(times), output })
}
