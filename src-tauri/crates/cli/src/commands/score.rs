//! `bimo score`

use serde_json::json;

use super::load_model;
use crate::arguments::Score;
use crate::input::read_text;
use crate::output::{on_one_line, print_json, print_line};

/// Prints the log-probability of each token, and bits per byte of the whole.
pub async fn run(asked: Score, json: bool) -> anyhow::Result<()> {
    let text = read_text(&asked.file)?;
    let model = load_model(asked.model, asked.cache_bits).await?;
    let score = model.score(&text).await?;
    if json {
        let tokens: Vec<_> = score
            .tokens
            .iter()
            .map(|token| json!({ "token": token.token, "text": token.text, "logprob": token.logprob }))
            .collect();
        return print_json(&json!({
            "bits_per_byte": score.bits_per_byte,
            "bytes": score.bytes,
            "model": model.card().name,
            "tokens": tokens,
        }));
    }
    for token in &score.tokens {
        let logprob = token.logprob.map_or("-".into(), |logprob| format!("{logprob:.4}"));
        print_line(&format!("{logprob}\t{}", on_one_line(&token.text)))?;
    }
    print_line(&format!(
        "{:.4} bits per byte ({} bytes, {} tokens)",
        score.bits_per_byte,
        score.bytes,
        score.tokens.len()
    ))?;
    Ok(())
}
