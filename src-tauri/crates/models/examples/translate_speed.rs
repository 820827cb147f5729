//! How fast an encoder-decoder writes here: `cargo run -p bimo-models --example translate_speed -- [MODEL] [TOKENS]`.
//!
//! Without a model, random weights in the shape of an opus-mt: the search then runs to the length that is given, for random
//! texts seldom end. MODEL is a GGUF file or a folder.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use bimo_engine::{EngineError, TokenId};
use bimo_models::decoder::Placement;
use bimo_models::seq2seq::{
    EncoderDecoder, Positions, SearchSettings, Seq2SeqArchitecture, Seq2SeqConfig, SideConfig,
};
use bimo_models::{Activation, Precision, Weight, Weights, open_seq2seq};
use candle_core::{Device, Tensor};

const SOURCE_TOKENS: usize = 25;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next();
    let written = arguments.next().map_or(Ok(25), |number| number.parse())?;
    let placement = Placement { device: Device::Cpu, precision: Precision::Fast };
    let started = Instant::now();
    let model = match path {
        Some(path) => {
            let files = open_seq2seq(Path::new(&path))?;
            EncoderDecoder::load(files.config(), files.weights(), &placement)?
        }
        None => {
            let config = opus();
            EncoderDecoder::load(&config, &Random::of(&config), &placement)?
        }
    };
    println!("load {:.0} ms, {}", started.elapsed().as_secs_f64() * 1e3, model.quantization());
    for (texts, beams) in [(1, 1), (64, 1), (1, 4), (16, 4)] {
        for _ in 0..2 {
            measure(&model, texts, beams, written)?;
        }
    }
    Ok(())
}

/// Reads that many texts and writes the likeliest tokens, with as many rows a text as there would be beams.
fn measure(
    model: &EncoderDecoder,
    texts: usize,
    beams: usize,
    written: usize,
) -> Result<(), EngineError> {
    let sources: Vec<Vec<TokenId>> = (0..texts)
        .map(|text| {
            (0..SOURCE_TOKENS).map(|at| ((text * 131 + at * 37) % 5000 + 3) as u32).collect()
        })
        .collect();
    let sources: Vec<&[TokenId]> = sources.iter().map(Vec::as_slice).collect();
    let started = Instant::now();
    let memory = model.read(&sources)?;
    let read = started.elapsed().as_secs_f64();
    let mut writing = model.begin(&memory);
    let rows: Vec<usize> = (0..texts * beams).map(|row| row / beams).collect();
    writing.choose(&rows);
    let mut tokens = vec![model.config().start_token; rows.len()];
    let started = Instant::now();
    for _ in 0..written {
        let logits = model.step(&memory, &mut writing, &tokens)?;
        let likeliest = |row: &Vec<f32>| {
            let best = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
            best.map_or(0, |(token, _)| token as TokenId)
        };
        tokens = logits.iter().map(likeliest).collect();
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{texts:3} texts, {beams} beams: read {:6.0} tok/s, {:6.1} ms; written {:7.1} tok/s of each best text, {:6.1} ms a step",
        (texts * SOURCE_TOKENS) as f64 / read,
        read * 1e3,
        (texts * written) as f64 / seconds,
        seconds * 1e3 / written as f64,
    );
    Ok(())
}

fn opus() -> Seq2SeqConfig {
    let side = SideConfig { layers: 6, heads: 8, ffn_size: 2048, vocabulary: 65_001 };
    Seq2SeqConfig {
        architecture: Seq2SeqArchitecture::Marian,
        hidden_size: 512,
        head_dim: 64,
        encoder: side,
        decoder: side,
        context_length: 512,
        activation: Activation::Silu,
        is_gated: false,
        norm_eps: 1e-5,
        embedding_scale: 512f64.sqrt(),
        output_scale: 1.0,
        positions: Positions::Waves,
        start_token: 65_000,
        end_tokens: vec![0],
        search: SearchSettings::default(),
    }
}

/// Made when asked for.
struct Random {
    shapes: HashMap<&'static str, Vec<usize>>,
}

impl Random {
    fn of(config: &Seq2SeqConfig) -> Self {
        let (hidden, ffn) = (config.hidden_size, config.encoder.ffn_size);
        let shapes = [
            ("token_embd.weight", vec![config.decoder.vocabulary, hidden]),
            ("output.bias", vec![config.decoder.vocabulary]),
            ("ffn_up.weight", vec![ffn, hidden]),
            ("ffn_up.bias", vec![ffn]),
            ("ffn_down.weight", vec![hidden, ffn]),
        ];
        Self { shapes: shapes.into() }
    }

    fn shape(&self, name: &str) -> Vec<usize> {
        let found = self.shapes.iter().find(|(end, _)| name.ends_with(**end));
        match found {
            Some((_, shape)) => shape.clone(),
            None if name.ends_with("norm.weight") || name.ends_with("bias") => vec![512],
            None => vec![512, 512],
        }
    }
}

impl Weights for Random {
    fn contains(&self, name: &str) -> bool {
        name != "output.weight"
    }

    fn get(&self, name: &str) -> Result<Weight, EngineError> {
        let shape = self.shape(name);
        let middle = if name.ends_with("norm.weight") { 1.0 } else { 0.0 };
        let spread = if shape.len() == 2 { 1.0 / (shape[1] as f32).sqrt() } else { 0.1 };
        Tensor::randn(middle, spread, shape, &Device::Cpu)
            .map(Weight::Float)
            .map_err(|error| EngineError::Compute(error.to_string()))
    }
}
