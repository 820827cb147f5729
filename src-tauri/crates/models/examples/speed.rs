//! How fast a model reads and writes here: `cargo run -p bimo-models --example speed -- [MODEL.gguf] [PROMPT_TOKENS]`.
//!
//! With candle's own Llama beside it on the same file, where the file is a Llama's.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use bimo_engine::{CancellationToken, Flow, GenerationRequest, SamplingParams, TextGenerator};
use bimo_models::{LoadOptions, ModelSource, load};
use candle_core::quantized::gguf_file;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;

const WRITTEN: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let starter = concat!(env!("CARGO_MANIFEST_DIR"), "/../../starter/story/story.gguf");
    let path = PathBuf::from(arguments.next().unwrap_or_else(|| starter.into()));
    let prompt_tokens = arguments.next().map_or(Ok(400), |number| number.parse())?;
    let started = Instant::now();
    let mut model = load(&ModelSource::Path(path.clone()), &LoadOptions::default())?;
    println!("load {:.0} ms: {:?}", started.elapsed().as_secs_f64() * 1e3, model.card());
    let prompt: Vec<u32> = (0..prompt_tokens as u32).map(|i| 300 + i * 37 % 2000).collect();
    for _ in 0..3 {
        measure(model.as_mut(), &prompt)?;
    }
    if model.card().architecture == "llama" {
        for _ in 0..3 {
            measure_candle(&path, &prompt)?;
        }
    }
    Ok(())
}

fn measure(model: &mut dyn TextGenerator, prompt: &[u32]) -> Result<(), Box<dyn Error>> {
    let request = |prompt: &[u32], max_tokens| GenerationRequest {
        prompt: prompt.to_vec(),
        sampling: SamplingParams { seed: 7, ..SamplingParams::default() },
        choices: 1,
        max_tokens,
        min_tokens: 0,
        stop: Vec::new(),
        top_logprobs: 0,
    };
    let cancel = CancellationToken::new();
    let mut silent = |_| Flow::Continue;
    // Another first token, so that nothing is reused.
    model.generate(&request(&[5], 1), &cancel, &mut silent)?;
    let outcome = model.generate(&request(prompt, WRITTEN), &cancel, &mut silent)?;
    let written = outcome.choices[0].tokens;
    println!(
        "bimo   prefill {:6.0} ms, {:6.0} tok/s   decode {written} tokens, {:6.1} tok/s",
        outcome.prefill_seconds * 1e3,
        prompt.len() as f64 / outcome.prefill_seconds,
        written as f64 / outcome.decode_seconds,
    );
    Ok(())
}

fn measure_candle(path: &PathBuf, prompt: &[u32]) -> Result<(), Box<dyn Error>> {
    let mut file = std::fs::File::open(path)?;
    let content = gguf_file::Content::read(&mut file)?;
    let mut model = ModelWeights::from_gguf(content, &mut file, &Device::Cpu)?;
    let started = Instant::now();
    model.forward(&Tensor::new(prompt, &Device::Cpu)?.unsqueeze(0)?, 0)?;
    let prefill = started.elapsed().as_secs_f64();
    let started = Instant::now();
    for place in 0..WRITTEN {
        model.forward(&Tensor::new(&[[5u32]], &Device::Cpu)?, prompt.len() + place)?;
    }
    println!(
        "candle prefill {:6.0} ms, {:6.0} tok/s   decode {WRITTEN} tokens, {:6.1} tok/s",
        prefill * 1e3,
        prompt.len() as f64 / prefill,
        WRITTEN as f64 / started.elapsed().as_secs_f64(),
    );
    Ok(())
}
