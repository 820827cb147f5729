//! Which program serves, and which of the sampler's settings it knows.
//!
//! The interface that all of them share has temperature, top-p, two penalties and a seed. The rest are each server's
//! own, by its own names, as its documentation lists them: vLLM ("Extra parameters"), llama.cpp
//! (`tools/server/README.md`), llama-cpp-python (`CreateCompletionRequest`).

use bimo_engine::SamplingParams;
use serde_json::{Map, Value, json};

/// A program that serves models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// vLLM.
    Vllm,
    /// llama.cpp's own server.
    LlamaCpp,
    /// The server of llama-cpp-python.
    LlamaCppPython,
    /// Ollama.
    Ollama,
    /// Another one, of which only what all share is expected.
    Other,
}

/// What a list of models says of its owner.
const OWNERS: &[(&str, ServerKind)] = &[
    ("vllm", ServerKind::Vllm),
    ("llamacpp", ServerKind::LlamaCpp),
    ("me", ServerKind::LlamaCppPython),
    ("library", ServerKind::Ollama),
];

impl ServerKind {
    /// By the `owned_by` of a model.
    pub(crate) fn of_owner(owner: &str) -> Self {
        OWNERS.iter().find(|(known, _)| *known == owner).map_or(Self::Other, |(_, kind)| *kind)
    }

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vllm => "vLLM",
            Self::LlamaCpp => "llama.cpp",
            Self::LlamaCppPython => "llama-cpp-python",
            Self::Ollama => "Ollama",
            Self::Other => "OpenAI-compatible",
        }
    }

    /// True where the beginning of a reply can be given.
    pub(crate) fn continues_replies(self) -> bool {
        self == Self::Vllm
    }
}

/// Settings as fields of a request, and the names of those that the server does not know.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    pub fields: Map<String, Value>,
    pub ignored: Vec<&'static str>,
}

impl Mapped {
    /// Settings that are off are sent too: a server's own default may be on.
    pub fn of(kind: ServerKind, sampling: &SamplingParams) -> Self {
        let mut mapped = Self::default();
        mapped.set("temperature", json!(sampling.temperature));
        mapped.set("top_p", json!(sampling.top_p));
        mapped.set("presence_penalty", json!(sampling.presence_penalty));
        mapped.set("frequency_penalty", json!(sampling.frequency_penalty));
        mapped.set("seed", json!(sampling.seed));
        match kind {
            ServerKind::Vllm => {
                // Whether 0 is off depends on its version; -1 is in all of them.
                let top_k = if sampling.top_k == 0 { -1 } else { i64::from(sampling.top_k) };
                mapped.set("top_k", json!(top_k));
                mapped.set("min_p", json!(sampling.min_p));
                mapped.set("repetition_penalty", json!(sampling.repetition_penalty));
            }
            ServerKind::LlamaCppPython => {
                mapped.set("top_k", json!(sampling.top_k));
                mapped.set("min_p", json!(sampling.min_p));
                mapped.set("repeat_penalty", json!(sampling.repetition_penalty));
            }
            ServerKind::LlamaCpp => mapped.set_all_of_llama_cpp(sampling),
            ServerKind::Ollama | ServerKind::Other => {}
        }
        mapped.ignored = ignored(kind, sampling);
        mapped
    }

    fn set(&mut self, name: &str, value: Value) {
        self.fields.insert(name.to_owned(), value);
    }

    fn set_all_of_llama_cpp(&mut self, sampling: &SamplingParams) {
        let range = |tokens: u32| if tokens == 0 { -1 } else { i64::from(tokens) };
        self.set("top_k", json!(sampling.top_k));
        self.set("min_p", json!(sampling.min_p));
        self.set("typical_p", json!(sampling.typical_p));
        self.set("repeat_penalty", json!(sampling.repetition_penalty));
        self.set("repeat_last_n", json!(range(sampling.repetition_range)));
        self.set("dry_multiplier", json!(sampling.dry.multiplier));
        self.set("dry_base", json!(sampling.dry.base));
        self.set("dry_allowed_length", json!(sampling.dry.allowed_length));
        self.set("dry_penalty_last_n", json!(range(sampling.dry.range)));
        self.set("dry_sequence_breakers", json!(sampling.dry.sequence_breakers));
        self.set("xtc_probability", json!(sampling.xtc.probability));
        self.set("xtc_threshold", json!(sampling.xtc.threshold));
    }
}

/// Settings that are on, and that the server does not know.
fn ignored(kind: ServerKind, sampling: &SamplingParams) -> Vec<&'static str> {
    use ServerKind::{LlamaCpp, LlamaCppPython, Vllm};
    let three: &[ServerKind] = &[Vllm, LlamaCpp, LlamaCppPython];
    let penalised = sampling.repetition_penalty != 1.0;
    let settings: [(&'static str, bool, &[ServerKind]); 9] = [
        ("top_k", sampling.top_k != 0, three),
        ("min_p", sampling.min_p != 0.0, three),
        ("typical_p", sampling.typical_p != 1.0, &[LlamaCpp]),
        ("repetition_penalty", penalised, three),
        ("repetition_range", penalised && sampling.repetition_range != 0, &[LlamaCpp]),
        ("dry", sampling.dry.multiplier != 0.0, &[LlamaCpp]),
        ("xtc", sampling.xtc.probability != 0.0, &[LlamaCpp]),
        // Our numbers are not the server's.
        ("logit_bias", !sampling.logit_bias.is_empty(), &[]),
        ("banned_phrases", !sampling.banned_phrases.is_empty(), &[]),
    ];
    let unknown = settings.iter().filter(|(_, is_on, known)| *is_on && !known.contains(&kind));
    unknown.map(|(name, ..)| *name).collect()
}

#[cfg(test)]
mod tests {
    use bimo_engine::{DryParams, XtcParams};

    use super::*;

    fn all_on() -> SamplingParams {
        SamplingParams {
            top_k: 40,
            min_p: 0.05,
            typical_p: 0.9,
            repetition_penalty: 1.1,
            repetition_range: 0,
            dry: DryParams { multiplier: 0.5, ..DryParams::default() },
            xtc: XtcParams { probability: 0.5, threshold: 0.1 },
            banned_phrases: vec!["suddenly".into()],
            ..SamplingParams::default()
        }
    }

    #[test]
    fn what_a_server_does_not_know_is_named_and_not_sent() {
        let other = Mapped::of(ServerKind::Other, &all_on());
        assert_eq!(
            other.ignored,
            ["top_k", "min_p", "typical_p", "repetition_penalty", "dry", "xtc", "banned_phrases"]
        );
        let sent: Vec<&String> = other.fields.keys().collect();
        assert_eq!(sent.len(), 5, "{sent:?}");
        assert_eq!(Mapped::of(ServerKind::LlamaCpp, &all_on()).ignored, ["banned_phrases"]);
        assert_eq!(Mapped::of(ServerKind::Other, &SamplingParams::default()).ignored, [""; 0]);
    }

    #[test]
    fn each_server_is_told_by_its_own_names_also_what_is_off() {
        let (off, on) = (SamplingParams::default(), all_on());
        let fields = |kind, sampling| Mapped::of(kind, sampling).fields;
        assert_eq!(fields(ServerKind::Vllm, &off)["top_k"], json!(-1));
        assert_eq!(fields(ServerKind::Vllm, &on)["repetition_penalty"], json!(1.1_f32));
        assert_eq!(fields(ServerKind::LlamaCpp, &off)["min_p"], json!(0.0));
        assert_eq!(fields(ServerKind::LlamaCpp, &off)["repeat_last_n"], json!(256));
        assert_eq!(fields(ServerKind::LlamaCpp, &on)["repeat_last_n"], json!(-1));
        assert_eq!(fields(ServerKind::LlamaCppPython, &on)["repeat_penalty"], json!(1.1_f32));
    }
}
