//! Requests at the edge of what a model can do, and models whose numbers are none: an answer or a coded refusal, never an
//! endless wait.

use std::fs;
use std::time::{Duration, Instant};

use bimo_engine::{
    CancellationToken, EngineError, ExtractRequest, Flow, GenerationEvent, GenerationRequest,
    Passage, Question, RewriteRequest, SamplingParams, SearchParams, SentenceEncoder, Seq2Seq,
    SequenceClassifier, Source, SpanExtractor, TextGenerator,
};
use bimo_models::{
    LoadOptions, ModelSource, Precision, load, load_classifier, load_placer, load_rewriter,
    load_span_reader,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::assert_refused;
use crate::copies::{copy_of, fixture};

const OPTIONS: LoadOptions = LoadOptions::computing(Precision::Exact);

fn writer() -> Box<dyn TextGenerator> {
    load(&ModelSource::Path(fixture("models/llama-safetensors")), &OPTIONS).unwrap()
}

fn request(prompt: Vec<u32>) -> GenerationRequest {
    GenerationRequest {
        prompt,
        sampling: SamplingParams::greedy(),
        choices: 1,
        max_tokens: 4,
        min_tokens: 0,
        stop: Vec::new(),
        top_logprobs: 0,
    }
}

/// The tokens that a model writes.
fn write(
    model: &mut dyn TextGenerator,
    request: &GenerationRequest,
) -> Result<Vec<u32>, EngineError> {
    let (began, mut tokens) = (Instant::now(), Vec::new());
    let answer = model.generate(request, &CancellationToken::new(), &mut |event| {
        if let GenerationEvent::Token { token, .. } = event {
            tokens.push(token);
        }
        Flow::Continue
    });
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    answer.map(|_| tokens)
}

#[test]
fn a_prompt_longer_than_the_context_is_refused_with_both_numbers() {
    let mut model = writer();
    let context = model.card().context_length;
    // The longest that leaves room for one token is read, one more is not.
    assert_eq!(write(&mut *model, &request(vec![5; context - 1])).unwrap().len(), 1);
    for length in [context, context + 1, 10 * context] {
        let refused = write(&mut *model, &request(vec![5; length]));
        assert_refused("a long prompt", refused.clone(), "prompt_too_long", &context.to_string());
        assert_refused("a long prompt", refused, "prompt_too_long", &length.to_string());
    }
    // The model still writes.
    assert_eq!(write(&mut *model, &request(vec![5])).unwrap().len(), 4);
}

#[test]
fn requests_for_nothing_are_refused_by_name() {
    let mut model = writer();
    let cases: [(&str, GenerationRequest); 5] = [
        ("max tokens", GenerationRequest { max_tokens: 0, ..request(vec![5]) }),
        ("prompt tokens", request(Vec::new())),
        ("choices", GenerationRequest { choices: 0, ..request(vec![5]) }),
        ("token", request(vec![u32::MAX])),
        ("token", request(vec![model.card().vocabulary as u32])),
    ];
    for (name, request) in cases {
        assert_refused(name, write(&mut *model, &request), "invalid_parameter", name);
    }
}

#[test]
fn a_temperature_of_0_takes_the_likeliest_and_one_without_meaning_is_refused() {
    let mut model = writer();
    let mut at = |temperature: f32| {
        let sampling = SamplingParams { temperature, ..SamplingParams::default() };
        write(&mut *model, &GenerationRequest { sampling, ..request(vec![5, 6, 7]) })
    };
    let coldest = at(0.0).unwrap();
    assert_eq!(at(0.0).unwrap(), coldest);
    assert_eq!(at(f32::MIN_POSITIVE).unwrap(), coldest);
    assert_eq!(at(100.0).unwrap().len(), 4);
    for temperature in [-1.0, 1e9, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let what = temperature.to_string();
        assert_refused(&what, at(temperature), "invalid_parameter", "temperature");
    }
}

/// A copy of a model all of whose weights, or those of one tensor, are this number.
fn filled(name: &str, tensor: Option<&str>, number: f32) -> TempDir {
    let folder = copy_of(name);
    let path = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let (start, end) = match tensor {
        None => (8 + length, bytes.len()),
        Some(tensor) => {
            let offset = |end: usize| header[tensor]["data_offsets"][end].as_u64().unwrap();
            (8 + length + offset(0) as usize, 8 + length + offset(1) as usize)
        }
    };
    for place in bytes[start..end].chunks_exact_mut(4) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    fs::write(path, bytes).unwrap();
    folder
}

const NO_NUMBERS: [f32; 2] = [f32::NAN, f32::INFINITY];

/// A tensor of each kind of model, before which nothing is left of a text.
const TENSORS: [(&str, &str); 5] = [
    ("models/llama-safetensors", "model.norm.weight"),
    ("models/llama-safetensors", "model.embed_tokens.weight"),
    ("seq2seq/t5-safetensors", "decoder.final_layer_norm.weight"),
    ("encoders/distilbert-sst2", "classifier.weight"),
    ("encoders/distilbert-squad", "qa_outputs.weight"),
];

#[test]
fn a_model_with_values_that_are_no_numbers_is_refused_by_the_tensor_s_name() {
    for (name, tensor) in TENSORS {
        for number in NO_NUMBERS {
            for precision in [Precision::Exact, Precision::Fast] {
                let folder = filled(name, Some(tensor), number);
                let source = ModelSource::Path(folder.path().to_owned());
                let options = LoadOptions::computing(precision);
                let loaded = match name.split('/').next() {
                    Some("models") => load(&source, &options).map(drop),
                    Some("seq2seq") => load_rewriter(&source, &options).map(drop),
                    _ if name.ends_with("squad") => load_span_reader(&source, &options).map(drop),
                    _ => load_classifier(&source, &options).map(drop),
                };
                assert_refused(name, loaded, "model_invalid", tensor);
            }
        }
    }
}

/// Weights that are numbers, whose products are none.
#[test]
fn a_writer_whose_numbers_overflow_says_so() {
    let folder = filled("models/llama-safetensors", Some("model.norm.weight"), f32::MAX);
    let source = ModelSource::Path(folder.path().to_owned());
    for precision in [Precision::Exact, Precision::Fast] {
        let mut model = load(&source, &LoadOptions::computing(precision)).unwrap();
        let what = format!("{precision:?}");
        for sampling in [SamplingParams::greedy(), SamplingParams::default()] {
            let asked = GenerationRequest { sampling, ..request(vec![5]) };
            assert_refused(&what, write(&mut *model, &asked), "not_a_number", "numbers");
        }
        let scored = model.score(&[5, 6, 7], &CancellationToken::new());
        assert_refused(&what, scored, "not_a_number", "numbers");
    }
}

#[test]
fn a_translator_whose_numbers_overflow_says_so() {
    let tensor = Some("decoder.final_layer_norm.weight");
    let folder = filled("seq2seq/t5-safetensors", tensor, f32::MAX);
    let source = ModelSource::Path(folder.path().to_owned());
    let mut model = load_rewriter(&source, &OPTIONS).unwrap();
    for beams in [1, 4] {
        let search = SearchParams { beams: Some(beams), ..SearchParams::default() };
        let request = RewriteRequest { sources: vec![Source::Tokens(vec![5, 6, 1])], search };
        let answer = model.rewrite(&request, &CancellationToken::new(), &mut |_| ());
        assert_refused(&beams.to_string(), answer, "not_a_number", "numbers");
    }
}

#[test]
fn an_encoder_whose_numbers_overflow_says_so() {
    let never = CancellationToken::new();
    let open = |name: &str, tensor| {
        let folder = filled(name, tensor, f32::MAX);
        let source = ModelSource::Path(folder.path().to_owned());
        (folder, source)
    };
    let (_folder, source) = open("encoders/distilbert-sst2", Some("classifier.weight"));
    let mut model = load_classifier(&source, &OPTIONS).unwrap();
    let passages: Vec<Passage> = vec!["rain".into()];
    let answer = model.classify(&passages, &never, &mut |_| ());
    assert_refused("classifier", answer, "not_a_number", "numbers");

    let (_folder, source) = open("encoders/distilbert-squad", Some("qa_outputs.weight"));
    let mut model = load_span_reader(&source, &OPTIONS).unwrap();
    let questions = vec![Question { question: "who?".into(), text: "rain".into() }];
    let asked = ExtractRequest { questions, best: 1, max_tokens: 4 };
    let answer = model.extract(&asked, &never, &mut |_| ());
    assert_refused("reader", answer, "not_a_number", "numbers");

    let (_folder, source) = open("encoders/bert-sentences-mean", None);
    let mut model = load_placer(&source, &OPTIONS).unwrap();
    let answer = model.encode(&["rain".to_owned()], &never, &mut |_| ());
    assert_refused("placer", answer, "not_a_number", "numbers");
}

#[test]
fn a_source_longer_than_the_context_or_of_nothing_is_refused_and_the_others_can_be_asked_again() {
    let never = CancellationToken::new();
    for name in ["seq2seq/marian-opus-bin", "seq2seq/bart-safetensors", "seq2seq/t5-safetensors"] {
        let mut model = load_rewriter(&ModelSource::Path(fixture(name)), &OPTIONS).unwrap();
        let longest = model.card().context_length;
        let mut ask = |sources: Vec<Source>, max_new_tokens| {
            let search = SearchParams { max_new_tokens, ..SearchParams::default() };
            model.rewrite(&RewriteRequest { sources, search }, &never, &mut |_| ())
        };
        let tokens = |count| vec![Source::Tokens(vec![5; count])];
        assert_refused(
            name,
            ask(tokens(longest + 1), None),
            "prompt_too_long",
            &longest.to_string(),
        );
        let text = Source::text("rain and snow ".repeat(longest), None);
        assert_refused(name, ask(vec![text], None), "prompt_too_long", &longest.to_string());
        assert_refused(name, ask(tokens(0), None), "invalid_parameter", "source");
        let beyond = vec![Source::Tokens(vec![u32::MAX])];
        assert_refused(name, ask(beyond, None), "invalid_parameter", "token");
        assert_refused(name, ask(tokens(3), Some(0)), "invalid_parameter", "max new tokens");
        assert_eq!(
            ask(tokens(longest), Some(2)).unwrap()[0].candidates[0].tokens.len(),
            2,
            "{name}"
        );
    }
}

/// No text is too long for an encoder: it is read in windows, and what is in none of them is counted.
#[test]
fn a_text_longer_than_the_context_is_read_in_windows_or_its_rest_is_counted() {
    let never = CancellationToken::new();
    let long = "The river rose all night. ".repeat(200);
    let source = |name: &str| ModelSource::Path(fixture(name));
    let mut model = load_classifier(&source("encoders/distilbert-sst2"), &OPTIONS).unwrap();
    let ask = |model: &mut dyn SequenceClassifier, passage: Passage| {
        model.classify(&[passage], &never, &mut |_| ()).unwrap().remove(0).unwrap()
    };
    let whole = ask(&mut model, long.as_str().into());
    assert!(whole.windows > 10, "{whole:?}");
    assert_eq!(whole.left_out, 0);
    let pair = ask(&mut model, Passage { text: long.clone(), second: Some("rain".into()) });
    assert!(pair.left_out > 0, "{pair:?}");
    let nothing = ask(&mut model, "".into());
    assert_eq!((nothing.windows, nothing.tokens), (1, 0));
    assert!(nothing.scores.iter().all(|score| score.is_finite()));

    let mut model = load_placer(&source("encoders/bert-sentences-mean"), &OPTIONS).unwrap();
    let placed = model.encode(&[long.clone(), String::new()], &never, &mut |_| ()).unwrap();
    assert!(placed[0].as_ref().unwrap().left_out > 0);
    assert!(placed[1].as_ref().unwrap().numbers.iter().all(|number| number.is_finite()));

    let mut model = load_span_reader(&source("encoders/distilbert-squad"), &OPTIONS).unwrap();
    for (question, text) in [("who?", long.as_str()), (&long, "rain"), ("", ""), (&long, &long)] {
        let questions = vec![Question { question: question.into(), text: text.into() }];
        let asked = ExtractRequest { questions, best: 2, max_tokens: 8 };
        let answer = model.extract(&asked, &never, &mut |_| ()).unwrap().remove(0).unwrap();
        for span in &answer.spans {
            assert!(text.get(span.range.clone()).is_some(), "{span:?}");
        }
    }
    let none = ExtractRequest { questions: Vec::new(), best: 0, max_tokens: 8 };
    assert_refused("none", model.extract(&none, &never, &mut |_| ()), "invalid_parameter", "best");
}
