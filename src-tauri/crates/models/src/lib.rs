//! Language models on candle: files, tokenizers, architectures, sampling, caches.
//!
//! Start reading at [`load`]: [`open`] turns a path into checked [`ModelFiles`], [`decoder::Decoder`] computes, a
//! [`DecoderGenerator`] writes with it.
//!
//! **Invariant**: every byte that comes from a model's files is checked against the limits in [`limits`] before candle
//! or `tokenizers` sees it. A file that lies gives a typed error that names the place, never a panic.
//!
//! **Invariant**: a model's own text (its template, its control tokens) and the person's text never mix: what looks
//! like a control token in a person's text stays text.

pub mod decoder;
mod device;
pub mod encoder;
mod files;
mod fit;
mod generator;
mod layers;
pub mod limits;
mod load;
mod prompt;
pub mod sampling;
pub mod seq2seq;
mod template;
mod threads;
mod tokenizer;

pub use device::{ChosenDevice, DeviceWish, choose_device, gpu_of_this_build};
pub use files::{
    Blocks, DescribedModel, EncoderFiles, Floats, ModelFiles, ModelKind, OpenedFiles, Seq2SeqFiles,
    TaskSettings, Weight, WeightError, WeightResult, Weights, describe, open, open_bytes,
    open_encoder, open_encoder_bytes, open_seq2seq, open_seq2seq_bytes, open_tokenizer,
};
pub use fit::{ExpectedContext, MemoryNeed, free_memory, kept_bytes, own_memory};
pub use generator::DecoderGenerator;
pub use layers::{Activation, CacheBits, Precision};
pub use load::{
    LoadOptions, ModelSource, can_run, load, load_classifier, load_decoder, load_placer,
    load_rewriter, load_seq2seq, load_span_reader,
};
pub use prompt::{encode_prompt, encode_rendered};
pub use template::{ChatTemplate, TemplateContext, TemplateMessage};
pub use threads::{compute_in_the_background, settle_threads};
pub use tokenizer::TextTokenizer;
