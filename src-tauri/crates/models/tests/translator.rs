//! The translator that comes with the program, against Python's transformers on the same weights.
//!
//! `expected.json` beside the file is written by the recipe's `export.py`: what MarianMTModel makes of plain sentences with the
//! eight-bit weights undone to f32.

use std::fs;
use std::path::{Path, PathBuf};

use bimo_engine::{CancellationToken, FinishReason, RewriteRequest, SearchParams, Seq2Seq, Source};
use bimo_models::seq2seq::Rewriter;
use bimo_models::{LoadOptions, ModelSource, Precision, load_rewriter};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    source: String,
    to: String,
    ids: Vec<u32>,
    searches: Vec<Searched>,
}

#[derive(Deserialize)]
struct Searched {
    beams: usize,
    tokens: Vec<u32>,
    text: String,
    score: Option<f32>,
}

impl Row {
    fn asked(&self) -> Source {
        Source::text(&*self.source, Some(self.to.clone()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../starter/translator")
}

fn rows() -> Vec<Row> {
    let rows = fs::read(folder().join("expected.json")).unwrap();
    serde_json::from_slice(&rows).unwrap()
}

fn translator(precision: Precision) -> Rewriter {
    let options = LoadOptions { precision, ..LoadOptions::default() };
    load_rewriter(&ModelSource::Path(folder().join("translator.gguf")), &options).unwrap()
}

#[test]
fn every_plain_sentence_becomes_what_transformers_makes_of_it_in_both_directions() {
    let mut model = translator(Precision::Exact);
    assert_eq!(model.target_languages(), ["zh", "en"]);
    let rows = rows();
    for to in ["zh", "en"] {
        assert!(rows.iter().filter(|row| row.to == to).count() >= 3, "{to}");
    }
    for row in &rows {
        assert_eq!(model.encode_source(&row.asked()).unwrap(), row.ids, "{}", row.source);
    }
    for (number, beams) in [1, 4].into_iter().enumerate() {
        let search = SearchParams { beams: Some(beams), ..SearchParams::default() };
        let request = RewriteRequest { sources: rows.iter().map(Row::asked).collect(), search };
        let answers = model.rewrite(&request, &CancellationToken::new(), &mut |_| ()).unwrap();
        for (row, answer) in rows.iter().zip(&answers) {
            let (found, expected) = (&answer.candidates[0], &row.searches[number]);
            assert_eq!(beams, expected.beams);
            assert_eq!(found.text, expected.text, "{}", row.source);
            assert_eq!(found.tokens, expected.tokens, "{}", row.source);
            assert_eq!(found.finish, FinishReason::EndOfText);
            if let Some(score) = expected.score {
                assert!((found.score - score).abs() < 1e-4, "{} {score}", found.score);
            }
        }
    }
}

#[test]
fn eight_bits_read_a_sentence_as_the_exact_weights_do() {
    let mut model = translator(Precision::Fast);
    let rows = rows();
    let request = RewriteRequest {
        sources: rows.iter().map(Row::asked).collect(),
        search: SearchParams { beams: Some(4), ..SearchParams::default() },
    };
    let answers = model.rewrite(&request, &CancellationToken::new(), &mut |_| ()).unwrap();
    for (row, answer) in rows.iter().zip(&answers) {
        let (found, expected) = (answer.candidates[0].score, row.searches[1].score.unwrap());
        println!("{} {found} {expected} {}", row.source, answer.candidates[0].text);
        assert!((found - expected).abs() < 0.05, "{}: {found} instead of {expected}", row.source);
    }
}
