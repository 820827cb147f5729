//! A model of another task: each loader says what the model does and where it is used.

use bimo_engine::EngineError;
use bimo_models::{
    LoadOptions, ModelSource, load, load_classifier, load_placer, load_rewriter, load_span_reader,
};

use crate::assert_refused;
use crate::copies::fixture;

type Loader = fn(&ModelSource) -> Result<(), EngineError>;

const OPTIONS: LoadOptions = LoadOptions::computing(bimo_models::Precision::Fast);
const WRITER: Loader = |source| load(source, &OPTIONS).map(drop);
const REWRITER: Loader = |source| load_rewriter(source, &OPTIONS).map(drop);
const CLASSIFIER: Loader = |source| load_classifier(source, &OPTIONS).map(drop);
const READER: Loader = |source| load_span_reader(source, &OPTIONS).map(drop);
const PLACER: Loader = |source| load_placer(source, &OPTIONS).map(drop);

const DECODERS: [&str; 4] = [
    "models/llama-gguf-f32/model.gguf",
    "models/gpt2-gguf-f32/model.gguf",
    "models/llama-safetensors",
    "models/gpt2-chinese-bin",
];
const REWRITERS: [&str; 6] = [
    "seq2seq/marian-gguf-q8_0/model.gguf",
    "seq2seq/t5-gguf-q8_0/model.gguf",
    "seq2seq/marian-opus-bin",
    "seq2seq/bart-safetensors",
    "seq2seq/t5-safetensors",
    "seq2seq/mt5-safetensors",
];
const CLASSIFIERS: [&str; 5] = [
    "encoders/bert-gguf-f32/model.gguf",
    "encoders/bert-chinese-binary",
    "encoders/distilbert-sst2",
    "encoders/roberta-emotions",
    "encoders/xlm-roberta-sentiment",
];
const READERS: [&str; 2] = ["encoders/distilbert-squad", "encoders/bert-chinese-extractive"];
const PLACERS: [&str; 2] = ["encoders/bert-sentences-mean", "encoders/xlm-roberta-sentences"];

/// Each model loads as what it is, and no other loader takes it.
fn assert_only(own: Loader, models: &[&str], others: &[(Loader, &str)]) {
    for name in models {
        let source = ModelSource::Path(fixture(name));
        own(&source).unwrap_or_else(|error| panic!("{name}: {error}"));
        for (other, words) in others {
            assert_refused(name, other(&source), "model_unsupported", words);
        }
    }
}

#[test]
fn a_model_for_stories_is_nothing_else() {
    let words = "use it for stories, in the Write panel";
    let others = [REWRITER, CLASSIFIER, READER, PLACER].map(|other| (other, words));
    assert_only(WRITER, &DECODERS, &others);
}

#[test]
fn a_translator_is_nothing_else() {
    let words = "use it in the Translate or the Summarize panel";
    let others = [WRITER, CLASSIFIER, READER, PLACER].map(|other| (other, words));
    assert_only(REWRITER, &REWRITERS, &others);
}

#[test]
fn a_model_that_understands_texts_writes_none_and_does_its_own_task_only() {
    let words = "use it for moods, answers or likeness";
    let writers = [(WRITER, words), (REWRITER, words)];
    let with = |others: [(Loader, &'static str); 2]| [writers, others].concat();
    let classifier = "it is a classifier";
    assert_only(CLASSIFIER, &CLASSIFIERS, &with([(READER, classifier), (PLACER, classifier)]));
    let reader = "finds answers";
    assert_only(READER, &READERS, &with([(CLASSIFIER, reader), (PLACER, reader)]));
    let placer = "sentences into vectors";
    assert_only(PLACER, &PLACERS, &with([(CLASSIFIER, placer), (READER, placer)]));
}
