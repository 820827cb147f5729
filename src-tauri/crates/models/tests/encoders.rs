//! Our encoders against Python's transformers, on the fixtures of `tests/reference` in every file kind.

#[path = "support/copies.rs"]
mod copies;
#[path = "support/fixtures.rs"]
mod fixtures;

use std::path::PathBuf;

use bimo_engine::{
    CancellationToken, ExtractRequest, Passage, Question, Scoring, SentenceEncoder,
    SequenceClassifier, SpanExtractor,
};
use bimo_models::encoder::{SentencePlacer, SpanReader, TextClassifier};
use bimo_models::{
    LoadOptions, ModelSource, Precision, load_classifier, load_placer, load_span_reader,
    open_encoder,
};
use serde::Deserialize;

use copies::{copy_of, edit};

const EXACT: LoadOptions = LoadOptions::computing(Precision::Exact);
const FAST: LoadOptions = LoadOptions::computing(Precision::Fast);

#[derive(Deserialize)]
struct Expected {
    path: String,
    task: String,
    #[serde(default)]
    labels: Vec<String>,
    #[serde(default)]
    longest_answer: usize,
    texts: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    second: Option<String>,
    question: Option<String>,
    ids: Vec<u32>,
    #[serde(default)]
    logits: serde_json::Value,
    #[serde(default)]
    vector: Vec<f32>,
    answer: Option<String>,
    score: Option<f32>,
}

/// Names, sources and answers of all fixtures of a task.
fn fixtures(task: &str) -> Vec<(String, ModelSource, Expected)> {
    let named = |(folder, expected): (PathBuf, Expected)| {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        (name, ModelSource::Path(folder.join(&expected.path)), expected)
    };
    let of_task = fixtures::all::<Expected>("encoders").into_iter();
    let found: Vec<_> = of_task.filter(|(_, each)| each.task == task).map(named).collect();
    assert!(found.len() >= 3, "{task}: {}", found.len());
    found
}

/// Within a ten-thousandth of the largest.
fn assert_near(found: &[f32], expected: &[f32], bound: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().map(|number| number.abs()).fold(1e-3, f32::max);
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() <= bound * scale, "{what}: {found:?} not {expected:?}");
    }
}

fn numbers(value: &serde_json::Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).unwrap()
}

fn passage(row: &Row) -> Passage {
    Passage { text: row.text.clone(), second: row.second.clone() }
}

fn passages(expected: &Expected) -> Vec<Passage> {
    expected.texts.iter().map(passage).collect()
}

fn classify(model: &mut TextClassifier, texts: &[Passage]) -> Vec<bimo_engine::Classification> {
    let answers = model.classify(texts, &CancellationToken::new(), &mut |_| {}).unwrap();
    answers.into_iter().map(Option::unwrap).collect()
}

#[test]
fn classifiers_score_as_transformers_does_alone_and_together() {
    for (name, source, expected) in fixtures("classify") {
        let model = load_classifier(&source, &EXACT).unwrap();
        assert_eq!(model.labels(), expected.labels, "{name}");
        let together = model.logits(&passages(&expected)).unwrap();
        for (row, windows) in expected.texts.iter().zip(together) {
            let what = format!("{name} {:?} {:?}", row.text, row.second);
            assert_near(&windows[0], &numbers(&row.logits), 1e-4, &what);
            let alone = model.logits(&[passage(row)]).unwrap();
            assert_near(&alone[0][0], &numbers(&row.logits), 1e-4, &what);
        }
    }
}

/// So many that every thread has texts of its own.
#[test]
fn in_eight_bits_a_text_has_the_same_logits_alone_and_among_many() {
    for (name, source, expected) in fixtures("classify") {
        let model = load_classifier(&source, &FAST).unwrap();
        let texts = passages(&expected);
        let many: Vec<Passage> = texts.iter().cycle().take(40).cloned().collect();
        for (text, found) in many.iter().zip(model.logits(&many).unwrap()) {
            let alone = model.logits(std::slice::from_ref(text)).unwrap();
            assert_eq!(alone[0], found, "{name} {:?}", text.text);
        }
    }
}

/// Blocks of 256 numbers share a scale, which is more than these models' rows have.
#[test]
fn eight_bits_change_a_score_little() {
    for (name, source, expected) in fixtures("classify") {
        let mut fast = load_classifier(&source, &FAST).unwrap();
        let mut exact = load_classifier(&source, &EXACT).unwrap();
        let texts = passages(&expected);
        let pairs = classify(&mut fast, &texts).into_iter().zip(classify(&mut exact, &texts));
        for (fast, exact) in pairs {
            let largest = exact.scores.iter().map(|score| score.abs()).fold(1.0, f32::max);
            for (a, b) in fast.scores.iter().zip(&exact.scores) {
                assert!((a - b).abs() < 0.12 * largest, "{name}: {fast:?} not {exact:?}");
            }
        }
    }
}

#[test]
fn scores_are_what_the_problem_wants() {
    for (name, source, expected) in fixtures("classify") {
        let mut model = load_classifier(&source, &EXACT).unwrap();
        let scoring = match name.as_str() {
            "roberta-emotions" | "roberta-saved-sharded" => Scoring::AnyOf,
            "bert-likeness" => Scoring::Amount,
            _ => Scoring::OneOf,
        };
        assert_eq!(model.scoring(), scoring, "{name}");
        for (row, found) in expected.texts.iter().zip(classify(&mut model, &passages(&expected))) {
            let logits = numbers(&row.logits);
            let powers: Vec<f32> = logits.iter().map(|logit| logit.exp()).collect();
            let wanted: Vec<f32> = match scoring {
                Scoring::OneOf => {
                    powers.iter().map(|power| power / powers.iter().sum::<f32>()).collect()
                }
                Scoring::AnyOf => powers.iter().map(|power| power / (1.0 + power)).collect(),
                Scoring::Amount => logits,
            };
            assert_near(&found.scores, &wanted, 2e-3, &name);
        }
    }
}

#[test]
fn a_long_text_is_read_whole_in_windows() {
    for (name, source, _) in fixtures("classify") {
        let mut model = load_classifier(&source, &EXACT).unwrap();
        let long = "The old teacher wrote the first sentence. 他把第一句话写下来。\n".repeat(40);
        let found = classify(&mut model, &[long.as_str().into()]).remove(0);
        assert!(found.windows > 5, "{name}: {found:?}");
        assert_eq!(found.left_out, 0);
        // Each window by itself, as important as it is long.
        let logits = model.logits(&[long.as_str().into()]).unwrap().remove(0);
        assert_eq!(logits.len(), found.windows);
        let second = Passage { text: long.clone(), second: Some("雨".into()) };
        let pair = classify(&mut model, &[second]).remove(0);
        assert!(pair.left_out > 0, "{name}: a cut is told of");
    }
}

#[test]
fn cancelled_texts_have_no_answer() {
    let (_, source, expected) = fixtures("classify").remove(0);
    let mut model = load_classifier(&source, &FAST).unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let found = model.classify(&passages(&expected), &cancel, &mut |_| {}).unwrap();
    assert!(found.iter().all(Option::is_none));
    let mut heard = Vec::new();
    let never = CancellationToken::new();
    model.classify(&passages(&expected), &never, &mut |step| heard.push(step.done)).unwrap();
    assert_eq!((heard.first(), heard.last()), (Some(&0), Some(&expected.texts.len())));
}

fn question(row: &Row) -> Question {
    Question { question: row.question.clone().unwrap(), text: row.text.clone() }
}

#[test]
fn answers_are_found_where_transformers_finds_them() {
    for (name, source, expected) in fixtures("answer") {
        let mut model: SpanReader = load_span_reader(&source, &EXACT).unwrap();
        for row in &expected.texts {
            let logits = model.logits(&question(row)).unwrap();
            assert_eq!(logits.len(), row.ids.len(), "{name}");
            let wanted: Vec<Vec<f32>> = serde_json::from_value(row.logits.clone()).unwrap();
            assert_near(&logits.concat(), &wanted.concat(), 1e-4, &name);
        }
        let questions = expected.texts.iter().map(question).collect();
        let request = ExtractRequest { questions, best: 3, max_tokens: expected.longest_answer };
        let found = model.extract(&request, &CancellationToken::new(), &mut |_| {}).unwrap();
        for (row, answer) in expected.texts.iter().zip(found) {
            let answer = answer.unwrap();
            let best = &answer.spans[0];
            assert_eq!(Some(&row.text[best.range.clone()]), row.answer.as_deref(), "{name}");
            assert!((best.score - row.score.unwrap()).abs() < 1e-3 * row.score.unwrap(), "{name}");
            assert_eq!(answer.spans.len(), 3);
        }
    }
}

#[test]
fn an_answer_far_down_a_long_text_is_found_at_its_place() {
    let (_, source, expected) = fixtures("answer").remove(0);
    let mut model = load_span_reader(&source, &EXACT).unwrap();
    let row = &expected.texts[0];
    let text = format!("{}{}", "Nothing was lost. ".repeat(60), row.text);
    let asked = Question { question: row.question.clone().unwrap(), text: text.clone() };
    let request = ExtractRequest { questions: vec![asked], best: 5, max_tokens: 8 };
    let found = model.extract(&request, &CancellationToken::new(), &mut |_| {}).unwrap();
    for span in found[0].as_ref().unwrap().spans.iter() {
        assert!(!text[span.range.clone()].trim().is_empty());
    }
}

#[test]
fn sentences_lie_where_transformers_places_them() {
    for (name, source, expected) in fixtures("place") {
        let mut model: SentencePlacer = load_placer(&source, &EXACT).unwrap();
        let texts: Vec<String> = expected.texts.iter().map(|row| row.text.clone()).collect();
        let found = model.encode(&texts, &CancellationToken::new(), &mut |_| {}).unwrap();
        for (row, vector) in expected.texts.iter().zip(found) {
            let vector = vector.unwrap();
            assert_eq!(vector.numbers.len(), model.dimensions());
            if vector.left_out == 0 {
                assert_near(&vector.numbers, &row.vector, 1e-4, &name);
            }
        }
        let long = vec!["The river is rising. ".repeat(80)];
        let found = model.encode(&long, &CancellationToken::new(), &mut |_| {}).unwrap();
        assert!(found[0].as_ref().unwrap().left_out > 0, "{name}: a cut is told of");
    }
}

#[test]
fn what_an_encoder_asks_for_and_is_not_computed_is_refused_by_name() {
    let cases = [
        ("hidden_act", "mish".into(), "model_unsupported"),
        ("position_embedding_type", "relative_key".into(), "model_unsupported"),
        ("is_decoder", true.into(), "model_unsupported"),
        ("problem_type", "guessing".into(), "model_unsupported"),
        ("num_attention_heads", 7.into(), "model_invalid"),
        ("id2label", serde_json::json!({"0": "a", "2": "b"}), "model_invalid"),
        ("max_position_embeddings", 2.into(), "model_invalid"),
        ("hidden_size", 0.into(), "model_invalid"),
    ];
    for (field, value, wanted) in cases {
        let folder = copy_of("encoders/bert-chinese-binary");
        edit(&folder, "config.json", |config| config[field] = value);
        let error = open_encoder(folder.path()).err().expect(field);
        assert_eq!(error.code(), wanted, "{field}: {error}");
        assert!(error.to_string().contains(field), "{error} does not name {field}");
    }
}
