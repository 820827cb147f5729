//! A model that turns texts into texts: how fast, and into which.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use bimo_engine::{
    CancellationToken, EngineError, RewriteRequest, SearchParams, Seq2Seq, Source, TokenId,
};
use bimo_models::{ModelSource, Precision, load_seq2seq};
use serde::Deserialize;

use crate::machine::Memory;
use crate::{Answer, FIRST, Timed, options, timed};

/// In tokens.
type Texts = Vec<Vec<TokenId>>;

/// Texts to turn into texts of so many tokens, whatever they say.
#[derive(Deserialize)]
pub struct Run {
    sources: Texts,
    beams: usize,
    written: usize,
}

pub fn measure(
    path: PathBuf,
    precision: Precision,
    runs: &[Run],
) -> Result<Answer<Timed<Texts>>, Box<dyn Error>> {
    let memory = Memory::watch();
    let started = Instant::now();
    let mut model = load_seq2seq(&ModelSource::Path(path), &options(precision))?;
    let first = Run { sources: vec![vec![FIRST]], beams: 1, written: 1 };
    rewrite(model.as_mut(), &first)?;
    let load_seconds = started.elapsed().as_secs_f64();
    let runs = runs.iter().map(|run| timed(|| Ok(rewrite(model.as_mut(), run)?)));
    let runs = runs.collect::<Result<_, _>>()?;
    Ok(Answer { load_seconds, runs, peak_bytes: memory.peak() })
}

/// The best text of each source.
fn rewrite(model: &mut dyn Seq2Seq, run: &Run) -> Result<Texts, EngineError> {
    let request = RewriteRequest {
        sources: run.sources.iter().cloned().map(Source::Tokens).collect(),
        search: SearchParams {
            beams: Some(run.beams),
            best: Some(1),
            max_new_tokens: Some(run.written),
            min_new_tokens: Some(run.written),
            ..SearchParams::default()
        },
    };
    let answers = model.rewrite(&request, &CancellationToken::new(), &mut |_| {})?;
    let best = |candidates: Vec<bimo_engine::Candidate>| candidates.into_iter().next();
    Ok(answers
        .into_iter()
        .map(|rewriting| best(rewriting.candidates).map(|text| text.tokens).unwrap_or_default())
        .collect())
}
