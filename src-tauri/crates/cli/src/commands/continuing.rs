//! `bimo continue`

use std::process::ExitCode;
use std::time::Instant;

use bimo_desk::wire::WritingParams;
use bimo_desk::{
    Continuation, FinishReason, SamplingParams, TextModel, TextPart, TextRequest, new_seed,
    sampling_for,
};
use serde_json::{Value, json};

use super::{INTERRUPTED, interruption, load_model, on_server};
use crate::arguments::Continue;
use crate::input::read_text;
use crate::output::{print_json, print_line, print_part};

/// Writes on, to standard output as it comes, or one object at the end.
pub async fn run(asked: Continue, json: bool) -> anyhow::Result<ExitCode> {
    let sampling = sampling(&asked);
    let seed = sampling.seed;
    let prompt = match (asked.prompt, &asked.file) {
        (Some(text), _) => text,
        (None, Some(path)) => read_text(path)?,
        (None, None) => anyhow::bail!("there is no text to go on with: give --prompt or a file"),
    };
    let model = match &asked.server.server {
        Some(address) => TextModel::load(on_server(address, &asked.server, asked.model)?).await?,
        None => load_model(asked.model, asked.cache_bits).await?,
    };
    let request = TextRequest {
        prompt,
        raw: asked.raw,
        max_tokens: asked.max_tokens,
        sampling,
        alternatives: asked.logprobs.unwrap_or(0),
    };
    let cancel = interruption()?;

    let began = Instant::now();
    let reader_gone = cancel.clone();
    let show_thinking = asked.show_thinking;
    let on_part = move |part: TextPart<'_>| match part {
        TextPart::Text(text) if !json && print_part(text).is_err() => reader_gone.cancel(),
        TextPart::Thought(thought) if show_thinking => eprint!("{thought}"),
        TextPart::Text(_) | TextPart::Thought(_) => {}
    };
    let written = model.continue_text(request, cancel, on_part).await?;
    if show_thinking && !written.thoughts.is_empty() {
        eprintln!();
    }
    if written.dropped > 0 {
        let dropped = written.dropped;
        eprintln!("bimo: the first {dropped} characters of the text did not fit and were not read");
    }
    if !written.ignored.is_empty() {
        let settings = written.ignored.join(", ");
        eprintln!(
            "bimo: the server does not know these settings, and wrote without them: {settings}"
        );
    }
    if json {
        let seconds = began.elapsed().as_secs_f64();
        let mut object = json!({
            "text": written.text,
            "prompt_tokens": written.prompt_tokens,
            "tokens": written.tokens.len(),
            "reused_tokens": written.reused_tokens,
            "finish": written.finish,
            "seed": seed,
            "model": model.card().name,
            "ignored": written.ignored,
            "seconds": seconds,
        });
        if show_thinking {
            object["thoughts"] = written.thoughts.as_str().into();
        }
        if asked.logprobs.is_some() {
            object["choices"] = choices(&model, &written).await?;
        }
        print_json(&object)?;
    } else if !asked.raw && !written.text.ends_with('\n') {
        print_line("")?;
    }
    let stopped = written.finish == FinishReason::Cancelled;
    Ok(if stopped { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

fn sampling(asked: &Continue) -> SamplingParams {
    let seed = asked.seed.unwrap_or_else(new_seed);
    let base = if asked.greedy {
        SamplingParams { seed, ..SamplingParams::greedy() }
    } else if asked.raw {
        SamplingParams { seed, ..SamplingParams::default() }
    } else {
        sampling_for(&WritingParams::default(), seed)
    };
    SamplingParams {
        temperature: asked.temperature.unwrap_or(base.temperature),
        top_p: asked.top_p.unwrap_or(base.top_p),
        top_k: asked.top_k.unwrap_or(base.top_k),
        min_p: asked.min_p.unwrap_or(base.min_p),
        repetition_penalty: asked.repetition_penalty.unwrap_or(base.repetition_penalty),
        ..base
    }
}

/// Each token that was written, with what could have stood in its place.
async fn choices(model: &TextModel, written: &Continuation) -> anyhow::Result<Value> {
    let mut choices = Vec::new();
    for token in &written.tokens {
        choices.push(json!({
            "token": token.token,
            "text": model.text_of(token.token).await?,
            "logprob": token.logprob,
            "top": token.alternatives,
        }));
    }
    Ok(choices.into())
}
