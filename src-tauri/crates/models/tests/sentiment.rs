//! The sentiment model that comes with the program, against Python's transformers on the same weights.
//!
//! `expected.json` beside the file is written by the recipe's `export.py`: what BertForSequenceClassification says of sixty
//! sentences with the eight-bit weights undone to f32.

use std::fs;
use std::path::{Path, PathBuf};

use bimo_engine::{CancellationToken, Passage, Scoring, SequenceClassifier};
use bimo_models::encoder::TextClassifier;
use bimo_models::{LoadOptions, ModelSource, Precision, load_classifier, open_encoder};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    text: String,
    ids: Vec<u32>,
    scores: Vec<f32>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../starter/sentiment")
}

fn rows() -> Vec<Row> {
    let rows: Vec<Row> =
        serde_json::from_slice(&fs::read(folder().join("expected.json")).unwrap()).unwrap();
    assert_eq!(rows.len(), 60);
    rows
}

fn classifier(precision: Precision) -> TextClassifier {
    let options = LoadOptions { precision, ..LoadOptions::default() };
    load_classifier(&ModelSource::Path(folder().join("sentiment.gguf")), &options).unwrap()
}

/// The scores of every row's text, all read together.
fn scores(precision: Precision, rows: &[Row]) -> Vec<Vec<f32>> {
    let texts: Vec<Passage> = rows.iter().map(|row| row.text.as_str().into()).collect();
    let never = CancellationToken::new();
    let found = classifier(precision).classify(&texts, &never, &mut |_| {}).unwrap();
    found.into_iter().map(|found| found.unwrap().scores).collect()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn every_sentence_has_the_probabilities_that_transformers_gives_it() {
    let model = classifier(Precision::Exact);
    assert_eq!(model.labels(), ["negative", "neutral", "positive"]);
    assert_eq!(model.scoring(), Scoring::OneOf);
    let rows = rows();
    for (row, found) in rows.iter().zip(scores(Precision::Exact, &rows)) {
        let far = distance(&found, &row.scores);
        assert!(far < 1e-4, "{}: {found:?} instead of {:?}", row.text, row.scores);
    }
}

#[test]
fn every_sentence_is_cut_into_the_tokens_that_sentencepiece_cuts() {
    let files = open_encoder(&folder().join("sentiment.gguf")).unwrap();
    let tokenizer = files.tokenizer().unwrap();
    for row in rows() {
        let between = &row.ids[1..row.ids.len() - 1];
        assert_eq!(tokenizer.encode(&row.text).unwrap(), between, "{}", row.text);
    }
}

#[test]
fn eight_bits_read_nearly_the_same_moods() {
    let rows = rows();
    for (row, found) in rows.iter().zip(scores(Precision::Fast, &rows)) {
        let far = distance(&found, &row.scores);
        assert!(far < 0.05, "{}: {found:?} instead of {:?}", row.text, row.scores);
    }
}
