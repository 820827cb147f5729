//! What a family of models is for, so that one that is given to the wrong task is told where it belongs.

use bimo_engine::EngineError;

use super::gguf_header::{Header, invalid};
use crate::decoder::Architecture;
use crate::encoder::EncoderArchitecture;
use crate::seq2seq::Seq2SeqArchitecture;

const ARCHITECTURE: &str = "general.architecture";

/// Families that llama.cpp names and that are not computed here.
const OTHERS: [&str; 48] = [
    "apertus",
    "arcee",
    "arctic",
    "baichuan",
    "bailingmoe",
    "bitnet",
    "bloom",
    "chameleon",
    "chatglm",
    "codeshell",
    "cohere2",
    "command-r",
    "dbrx",
    "deepseek",
    "deepseek2",
    "dots1",
    "ernie4_5",
    "exaone",
    "exaone4",
    "falcon",
    "falcon-h1",
    "gemma",
    "gemma2",
    "gemma3n",
    "glm4",
    "gpt-oss",
    "gptj",
    "gptneox",
    "granite",
    "granitehybrid",
    "grok",
    "hunyuan-dense",
    "internlm2",
    "jamba",
    "lfm2",
    "llama4",
    "mamba",
    "mamba2",
    "minicpm",
    "mpt",
    "nemotron",
    "nomic-bert",
    "olmo2",
    "phi2",
    "qwen2moe",
    "qwen3moe",
    "rwkv7",
    "starcoder2",
];

/// The family that a GGUF names; one that `from_name` does not know is refused.
pub(super) fn gguf_family<Family>(
    header: &Header,
    from_name: impl FnOnce(&str) -> Option<Family>,
) -> Result<(Family, &str), EngineError> {
    let name = header.text(ARCHITECTURE)?.ok_or_else(|| invalid(ARCHITECTURE, "it is missing"))?;
    match from_name(name) {
        Some(family) => Ok((family, name)),
        None if belongs(name).is_some() || OTHERS.contains(&name) => Err(refusal(name)),
        None => Err(invalid(ARCHITECTURE, format!("{name:?} is not known"))),
    }
}

/// The refusal of a family that a task cannot use, by the name that files give it.
pub(super) fn refusal(name: &str) -> EngineError {
    let words = match belongs(name) {
        Some(place) => format!("a model of type {name:?} {place}"),
        None => format!("this program cannot run a model of type {name:?}"),
    };
    EngineError::ModelUnsupported(words)
}

/// What a family does and where it is used.
fn belongs(name: &str) -> Option<&'static str> {
    if Architecture::from_name(name).is_some() {
        return Some("continues texts; use it for stories, in the Write panel");
    }
    if Seq2SeqArchitecture::from_name(name).is_some() {
        return Some("turns a text into another; use it in the Translate or the Summarize panel");
    }
    let understands = "understands texts and writes none; use it for moods, answers or likeness";
    EncoderArchitecture::from_name(name).map(|_| understands)
}
