//! Our encoder-decoders against Python's transformers, on the fixtures of `tests/reference` in every file kind.

#[path = "support/fixtures.rs"]
mod fixtures;

use std::path::{Path, PathBuf};

use bimo_engine::{
    CancellationToken, FinishReason, RewriteEvent, RewriteRequest, Rewriting, SearchParams,
    Seq2Seq, Source,
};
use bimo_models::decoder::Placement;
use bimo_models::seq2seq::{EncoderDecoder, Rewriter};
use bimo_models::{LoadOptions, ModelSource, Precision, load_rewriter, open_seq2seq};
use candle_core::Device;
use serde::Deserialize;

/// Largest difference as a part of the largest number, in f32.
const EXACT: f32 = 1e-4;

/// Root-mean-square difference as a part of that of the logits, for weights and inputs in eight bits against f32. Random
/// weights of width 32 are far harder than a trained model, and in T5, whose products of queries and keys are not scaled, the
/// rounding of the weights alone already moves logits by a tenth of the largest.
fn fast_bound(architecture: &str) -> f32 {
    if architecture == "t5" { 0.3 } else { 0.15 }
}

#[derive(Deserialize)]
struct Expected {
    architecture: String,
    path: String,
    target: Option<String>,
    sources: Vec<Text>,
    encoded: Vec<Rows>,
    logits: Vec<Logits>,
    searches: Vec<Searched>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    ids: Vec<u32>,
}

#[derive(Deserialize)]
struct Rows {
    first: Vec<f32>,
    last: Vec<f32>,
}

#[derive(Deserialize)]
struct Logits {
    source: Vec<u32>,
    target: Vec<u32>,
    first: Vec<f32>,
    last: Vec<f32>,
}

#[derive(Deserialize)]
struct Searched {
    settings: SearchParams,
    results: Vec<Vec<Written>>,
}

#[derive(Deserialize)]
struct Written {
    tokens: Vec<u32>,
    score: Option<f32>,
    logprobs: Vec<f32>,
}

fn fixtures() -> Vec<(PathBuf, Expected)> {
    let all = fixtures::all("seq2seq");
    assert_eq!(all.len(), 15);
    all
}

/// Runs a check on every fixture and says which failed.
fn every_fixture(check: impl Fn(&Path, &Expected) -> Result<(), String>) {
    let failed: Vec<String> = fixtures()
        .iter()
        .filter_map(|(folder, expected)| {
            let checked = check(&folder.join(&expected.path), expected);
            checked.err().map(|reason| format!("{}: {reason}", folder.display()))
        })
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn network(path: &Path, precision: Precision) -> Result<EncoderDecoder, String> {
    let placement = Placement { device: Device::Cpu, precision, wide_blocks: true };
    let files = open_seq2seq(path).map_err(|error| error.to_string())?;
    let model = EncoderDecoder::load(files.config(), files.weights(), &placement);
    model.map_err(|error| error.to_string())
}

fn rewriter(path: &Path, precision: Precision) -> Result<Rewriter, String> {
    let options = LoadOptions::computing(precision);
    load_rewriter(&ModelSource::Path(path.to_owned()), &options).map_err(|error| error.to_string())
}

fn close(what: &str, found: &[f32], expected: &[f32]) -> Result<(), String> {
    let largest = expected.iter().fold(1e-3f32, |largest, number| largest.max(number.abs()));
    let far = found.iter().zip(expected).fold(0.0f32, |far, (a, b)| far.max((a - b).abs()));
    if found.len() == expected.len() && far <= EXACT * largest {
        return Ok(());
    }
    Err(format!("{what}: {} apart, {} and {} numbers", far / largest, found.len(), expected.len()))
}

/// The logits after each token of a target.
fn teach(model: &EncoderDecoder, source: &[u32], target: &[u32]) -> Vec<Vec<f32>> {
    let memory = model.read(&[source]).unwrap();
    let mut writing = model.begin(&memory);
    let start = model.config().start_token;
    let tokens = [&[start], target].concat();
    tokens
        .iter()
        .map(|&token| model.step(&memory, &mut writing, &[token]).unwrap().remove(0))
        .collect()
}

fn rewrite(model: &mut Rewriter, sources: &[&[u32]], search: &SearchParams) -> Vec<Rewriting> {
    let sources = sources.iter().map(|ids| Source::Tokens(ids.to_vec())).collect();
    let request = RewriteRequest { sources, search: search.clone() };
    model.rewrite(&request, &CancellationToken::new(), &mut |_| ()).unwrap()
}

fn same(found: &Rewriting, expected: &[Written]) -> Result<(), String> {
    if found.candidates.len() != expected.len() {
        return Err(format!("{} texts instead of {}", found.candidates.len(), expected.len()));
    }
    for (found, expected) in found.candidates.iter().zip(expected) {
        if found.tokens != expected.tokens {
            return Err(format!("{:?} instead of {:?}", found.tokens, expected.tokens));
        }
        if let Some(score) = expected.score
            && (found.score - score).abs() > EXACT * score.abs().max(1.0)
        {
            return Err(format!("the score {} instead of {score}", found.score));
        }
        close("log-probabilities", &found.logprobs, &expected.logprobs)?;
    }
    Ok(())
}

#[test]
fn what_the_encoder_makes_of_texts_of_unequal_length_is_that_of_transformers() {
    every_fixture(|path, expected| {
        let model = network(path, Precision::Exact)?;
        assert_eq!(model.config().architecture.name(), expected.architecture);
        let texts: Vec<&[u32]> = expected.sources.iter().map(|source| &source.ids[..]).collect();
        let rows: Vec<Vec<f32>> = model.encode(&texts).unwrap().to_vec2().unwrap();
        let mut end = 0;
        for (text, expected) in texts.iter().zip(&expected.encoded) {
            close("first row", &rows[end], &expected.first)?;
            end += text.len();
            close("last row", &rows[end - 1], &expected.last)?;
        }
        Ok(())
    });
}

#[test]
fn logits_are_those_of_transformers_also_for_a_long_source() {
    every_fixture(|path, expected| {
        let model = network(path, Precision::Exact)?;
        for logits in &expected.logits {
            let found = teach(&model, &logits.source, &logits.target);
            close("first logits", &found[0], &logits.first)?;
            close("last logits", &found[found.len() - 1], &logits.last)?;
        }
        Ok(())
    });
}

#[test]
fn greedy_and_beam_search_write_what_transformers_writes_in_batches_and_alone() {
    every_fixture(|path, expected| {
        let mut model = rewriter(path, Precision::Exact)?;
        let sources: Vec<&[u32]> = expected.sources.iter().map(|source| &source.ids[..]).collect();
        for (number, searched) in expected.searches.iter().enumerate() {
            let together = rewrite(&mut model, &sources, &searched.settings);
            for (place, (source, expected)) in sources.iter().zip(&searched.results).enumerate() {
                let said = |reason| format!("search {number}, source {place}: {reason}");
                same(&together[place], expected).map_err(said)?;
                let alone = rewrite(&mut model, &[source], &searched.settings);
                same(&alone[0], expected).map_err(said)?;
            }
        }
        Ok(())
    });
}

#[test]
fn texts_are_read_as_the_model_s_own_tokenizer_reads_them() {
    every_fixture(|path, expected| {
        let model = rewriter(path, Precision::Exact)?;
        for source in &expected.sources {
            let text = source.text.clone();
            let text = Source::text(text, expected.target.clone());
            let found = model.encode_source(&text).unwrap();
            if found != source.ids {
                return Err(format!("{}: {found:?} instead of {:?}", source.text, source.ids));
            }
        }
        Ok(())
    });
}

#[test]
fn eight_bits_stay_close() {
    every_fixture(|path, expected| {
        let model = network(path, Precision::Fast)?;
        let allowed = fast_bound(&expected.architecture);
        for logits in &expected.logits {
            let found = teach(&model, &logits.source, &logits.target);
            for (found, expected) in
                [(&found[0], &logits.first), (&found[found.len() - 1], &logits.last)]
            {
                let power =
                    |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|x| x * x).sum::<f32>();
                let apart = power(&mut found.iter().zip(expected).map(|(a, b)| a - b));
                let far = (apart / power(&mut expected.iter().copied())).sqrt();
                if far > allowed {
                    return Err(format!("logits are {far} apart, {allowed} allowed"));
                }
            }
        }
        Ok(())
    });
}

#[test]
fn in_eight_bits_a_text_is_the_same_to_the_last_bit_alone_and_among_many() {
    every_fixture(|path, expected| {
        let mut model = rewriter(path, Precision::Fast)?;
        let sources: Vec<&[u32]> =
            expected.sources.iter().map(|source| &source.ids[..]).cycle().take(24).collect();
        let search = SearchParams { beams: Some(3), max_new_tokens: Some(6), ..Default::default() };
        let together = rewrite(&mut model, &sources, &search);
        for (source, found) in sources.iter().zip(&together) {
            let alone = rewrite(&mut model, &[source], &search).remove(0);
            if alone != *found {
                return Err(format!("{alone:?} and {found:?}"));
            }
        }
        Ok(())
    });
}

#[test]
fn every_source_is_told_when_it_is_done_and_a_cancelled_one_has_no_answer() {
    let (folder, expected) = fixtures().remove(0);
    let mut model = rewriter(&folder.join(&expected.path), Precision::Exact).unwrap();
    let sources =
        expected.sources.iter().map(|source| Source::Tokens(source.ids.clone())).collect();
    let request = RewriteRequest { sources, search: SearchParams::default() };
    let (cancel, mut told) = (CancellationToken::new(), Vec::new());
    let answers = model
        .rewrite(&request, &cancel, &mut |event| {
            if let RewriteEvent::Finished { source, rewriting } = event {
                told.push((source, rewriting));
            }
        })
        .unwrap();
    told.sort_by_key(|(source, _)| *source);
    let told: Vec<Rewriting> = told.into_iter().map(|(_, rewriting)| rewriting).collect();
    assert_eq!(told, answers);
    let ended = answers.iter().flat_map(|answer| &answer.candidates);
    assert!(ended.clone().any(|candidate| candidate.finish == FinishReason::EndOfText));

    let canceller = cancel.clone();
    let mut steps = 0;
    let answers = model.rewrite(&request, &cancel, &mut |event| {
        if matches!(event, RewriteEvent::Step { .. }) {
            steps += 1;
            canceller.cancel();
        }
    });
    assert_eq!(steps, 1);
    assert!(answers.unwrap().iter().all(|answer| answer.candidates.is_empty()));
}

#[test]
fn what_is_settled_of_an_only_text_grows_and_is_how_the_text_begins() {
    every_fixture(|path, expected| {
        let mut model = rewriter(path, Precision::Exact)?;
        for beams in [1, 4] {
            let search = SearchParams { beams: Some(beams), ..SearchParams::default() };
            let sources = vec![Source::Tokens(expected.sources[0].ids.clone())];
            let request = RewriteRequest { sources, search };
            let mut told = Vec::new();
            let mut hear = |event| {
                if let RewriteEvent::Settled { text } = event {
                    told.push(text);
                }
            };
            let answers = model.rewrite(&request, &CancellationToken::new(), &mut hear).unwrap();
            let best = &answers[0].candidates[0];
            let texts = || told.iter().chain([&best.text]);
            if let Some((one, next)) =
                texts().zip(texts().skip(1)).find(|(one, next)| !next.starts_with(&one[..]))
            {
                return Err(format!("with {beams} beams {one:?} became {next:?}"));
            }
            // Each token of a greedy text is certain; the last one ends it.
            if beams == 1 && told.len() + 1 != best.tokens.len() {
                return Err(format!("{} of {} tokens were told", told.len(), best.tokens.len()));
            }
        }
        Ok(())
    });
}

#[test]
fn a_source_longer_than_the_context_is_refused_with_both_numbers() {
    let (folder, expected) = fixtures().remove(0);
    let mut model = rewriter(&folder.join(&expected.path), Precision::Exact).unwrap();
    let request = RewriteRequest {
        sources: vec![Source::Tokens(vec![5; 129])],
        search: SearchParams::default(),
    };
    let refused = model.rewrite(&request, &CancellationToken::new(), &mut |_| ()).unwrap_err();
    assert_eq!(refused.code(), "prompt_too_long");
    assert_eq!(refused.to_string(), "the prompt has 129 tokens and the model's context holds 128");
}
