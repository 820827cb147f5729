//! From a model's files to a model that writes.

use std::panic;
use std::path::PathBuf;
use std::thread;

use bimo_engine::{DeviceKind, EngineError, ModelCard, Seq2Seq, TextGenerator};

use crate::decoder::{Architecture, CacheBits, Decoder, Placement, Precision};
use crate::device::{DeviceWish, choose_device, on_device};
use crate::encoder::{Encoder, EncoderArchitecture, SentencePlacer, SpanReader, TextClassifier};
use crate::fit::{MemoryNeed, free_memory};
use crate::generator::DecoderGenerator;
use crate::seq2seq::{EncoderDecoder, Rewriter, Seq2SeqArchitecture};
use crate::threads::begin_to_compute;
use crate::{
    ChatTemplate, TextTokenizer, open, open_bytes, open_encoder, open_encoder_bytes, open_seq2seq,
    open_seq2seq_bytes,
};

/// Where a model comes from.
#[derive(Debug, Clone)]
pub enum ModelSource {
    /// A GGUF inside the program.
    Embedded {
        /// What to call it where its file has no name.
        name: &'static str,
        /// The file.
        bytes: &'static [u8],
    },
    /// A GGUF file, or a folder in Hugging Face layout.
    Path(PathBuf),
}

/// True for an architecture, as files name it, that this program can run, whatever it is for.
pub fn can_run(architecture: &str) -> bool {
    Architecture::from_name(architecture).is_some()
        || Seq2SeqArchitecture::from_name(architecture).is_some()
        || EncoderArchitecture::from_name(architecture).is_some()
}

/// How to load a model.
#[derive(Debug, Clone, Copy, Default)]
pub struct LoadOptions {
    /// How exactly it computes.
    pub precision: Precision,
    /// Threads for what is not quantised; 0 takes one for each core. The first model that is loaded decides for all.
    /// The kernels of quantised weights have threads of their own: [`crate::settle_threads`].
    pub threads: usize,
    /// Where it computes.
    pub device: DeviceWish,
    /// Most tokens of a text that is continued, to save memory; the model's own limit where nothing is said.
    pub context_length: Option<usize>,
    /// In how many bits it keeps what it has read of such a text.
    pub cache: CacheBits,
}

impl LoadOptions {
    /// The usual ones, with another precision.
    pub const fn computing(precision: Precision) -> Self {
        let (device, cache) = (DeviceWish::Fastest, CacheBits::Automatic);
        Self { precision, threads: 0, device, context_length: None, cache }
    }
}

/// Loads a model that continues text.
pub fn load(
    source: &ModelSource,
    options: &LoadOptions,
) -> Result<Box<dyn TextGenerator>, EngineError> {
    Ok(Box::new(load_decoder(source, options)?))
}

/// The same, with its type.
pub fn load_decoder(
    source: &ModelSource,
    options: &LoadOptions,
) -> Result<DecoderGenerator, EngineError> {
    begin_with(options.threads);
    let files = match source {
        ModelSource::Embedded { name, bytes } => open_bytes(name, bytes)?,
        ModelSource::Path(path) => open(path)?,
    };
    let (bytes, parameters) = (files.weight_bytes(), files.parameters());
    let longest = files.config().context_length;
    let need = MemoryNeed::of(files.config(), bytes, parameters, options.precision);
    let need = need.keeping(options.precision, options.cache);
    need.within(longest, options.context_length).check(free_memory())?;
    let chosen = choose_device(options.device)?;
    let placement =
        Placement { device: chosen.device, precision: options.precision, wide_blocks: false };
    let load = || Decoder::load(files.config(), files.weights(), &placement);
    let (decoder, tokenizer) = load_parts(|| files.tokenizer(), load, chosen.kind)?;
    let decoder = decoder.keeping(options.cache);
    let template = files.chat_template().map(ChatTemplate::new).transpose()?;
    let card = ModelCard {
        name: files.name().to_owned(),
        architecture: files.config().architecture.name().to_owned(),
        quantization: decoder.quantization().to_owned(),
        parameters: files.parameters(),
        context_length: options
            .context_length
            .map_or(longest, |most| most.clamp(2, longest.max(2))),
        vocabulary: files.config().vocabulary,
        instruct: template.is_some(),
        device: chosen.kind,
        device_reason: chosen.reason,
        digest: files.digest(),
    };
    DecoderGenerator::new(decoder, tokenizer, template, card)
}

/// Loads a model that turns texts into texts.
pub fn load_seq2seq(
    source: &ModelSource,
    options: &LoadOptions,
) -> Result<Box<dyn Seq2Seq>, EngineError> {
    Ok(Box::new(load_rewriter(source, options)?))
}

/// The same, with its type.
pub fn load_rewriter(source: &ModelSource, options: &LoadOptions) -> Result<Rewriter, EngineError> {
    begin_with(options.threads);
    let files = match source {
        ModelSource::Embedded { name, bytes } => open_seq2seq_bytes(name, bytes)?,
        ModelSource::Path(path) => open_seq2seq(path)?,
    };
    let (bytes, parameters) = (files.weight_bytes(), files.parameters());
    MemoryNeed::of_weights(bytes, parameters, options.precision).check(free_memory())?;
    let chosen = choose_device(options.device)?;
    let placement =
        Placement { device: chosen.device, precision: options.precision, wide_blocks: true };
    let load = || EncoderDecoder::load(files.config(), files.weights(), &placement);
    let (model, tokenizer) = load_parts(|| files.tokenizer(), load, chosen.kind)?;
    let card = ModelCard {
        name: files.name().to_owned(),
        architecture: files.config().architecture.name().to_owned(),
        quantization: model.quantization().to_owned(),
        parameters,
        context_length: files.config().context_length,
        vocabulary: files.config().decoder.vocabulary,
        instruct: false,
        device: chosen.kind,
        device_reason: chosen.reason,
        digest: files.digest(),
    };
    Ok(Rewriter::new(model, tokenizer, card))
}

/// Loads a model that sorts texts into classes.
pub fn load_classifier(
    source: &ModelSource,
    options: &LoadOptions,
) -> Result<TextClassifier, EngineError> {
    let (encoder, tokenizer, card) = load_encoder(source, options)?;
    TextClassifier::new(encoder, tokenizer, card)
}

/// Loads a model that finds answers in a text.
pub fn load_span_reader(
    source: &ModelSource,
    options: &LoadOptions,
) -> Result<SpanReader, EngineError> {
    let (encoder, tokenizer, card) = load_encoder(source, options)?;
    SpanReader::new(encoder, tokenizer, card)
}

/// Loads a model that turns sentences into vectors.
pub fn load_placer(
    source: &ModelSource,
    options: &LoadOptions,
) -> Result<SentencePlacer, EngineError> {
    let (encoder, tokenizer, card) = load_encoder(source, options)?;
    SentencePlacer::new(encoder, tokenizer, card)
}

fn load_encoder(
    source: &ModelSource,
    options: &LoadOptions,
) -> Result<(Encoder, TextTokenizer, ModelCard), EngineError> {
    begin_with(options.threads);
    let files = match source {
        ModelSource::Embedded { name, bytes } => open_encoder_bytes(name, bytes)?,
        ModelSource::Path(path) => open_encoder(path)?,
    };
    let (bytes, parameters) = (files.weight_bytes(), files.parameters());
    MemoryNeed::of_weights(bytes, parameters, options.precision).check(free_memory())?;
    let chosen = choose_device(options.device)?;
    let placement =
        Placement { device: chosen.device, precision: options.precision, wide_blocks: true };
    let load = || Encoder::load(files.config(), files.weights(), &placement);
    let (encoder, tokenizer) = load_parts(|| files.tokenizer(), load, chosen.kind)?;
    let card = ModelCard {
        name: files.name().to_owned(),
        architecture: files.config().architecture.name().to_owned(),
        quantization: encoder.quantization().to_owned(),
        parameters,
        context_length: files.config().context_length,
        vocabulary: files.config().vocabulary,
        instruct: false,
        device: chosen.kind,
        device_reason: chosen.reason,
        digest: files.digest(),
    };
    Ok((encoder, tokenizer, card))
}

/// Loads weights while another thread builds the tokenizer, which takes about as long.
fn load_parts<Model, Tokenizer: Send>(
    tokenizer: impl FnOnce() -> Result<Tokenizer, EngineError> + Send,
    model: impl FnOnce() -> Result<Model, EngineError>,
    device: DeviceKind,
) -> Result<(Model, Tokenizer), EngineError> {
    thread::scope(|scope| {
        let tokenizer = scope.spawn(tokenizer);
        let model = model().map_err(|error| on_device(error, device))?;
        // A panic goes on in the thread that waits.
        let tokenizer = tokenizer.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
        Ok((model, tokenizer?))
    })
}

/// Begins to compute on this thread and on so many others. Those that exist already stay: the pool can be built once only.
fn begin_with(threads: usize) {
    begin_to_compute();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let is_late = pool.start_handler(|_| begin_to_compute()).build_global().is_err();
    if is_late && threads > 0 {
        tracing::debug!("the threads were set up before; {threads} were asked for");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_can_be_run_and_others_cannot() {
        for name in ["llama", "qwen3", "gpt2", "marian", "bart", "t5", "mt5", "bert", "xlm-roberta"]
        {
            assert!(can_run(name), "{name}");
        }
        assert!(!can_run("mamba") && !can_run(""));
    }
}
