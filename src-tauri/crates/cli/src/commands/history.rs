//! `bimo history`

use bimo_desk::LibraryReader;
use bimo_desk::wire::{GenerationSummary, HistoryQuery};
use serde_json::json;

use crate::arguments::History;
use crate::output::{print_json, print_line};

/// Prints what models have written, newest first.
pub async fn run(library: &LibraryReader, asked: History, json: bool) -> anyhow::Result<()> {
    let query = HistoryQuery { text: asked.search, limit: asked.limit, ..HistoryQuery::default() };
    let generations = library.history(query).await?;
    if json {
        return print_json(&json!({ "generations": generations }));
    }
    for generation in &generations {
        print_line(&heading(generation))?;
        print_line(&format!("{}\n", generation.output.trim_matches('\n')))?;
    }
    Ok(())
}

fn heading(generation: &GenerationSummary) -> String {
    let GenerationSummary { id, model, seed, tokens, chapter_title, .. } = generation;
    let place = match chapter_title.as_deref() {
        None | Some("") => String::new(),
        Some(title) => format!("{title} · "),
    };
    format!("[{}] {place}{model} · seed {seed} · {tokens} tokens", id.0)
}
