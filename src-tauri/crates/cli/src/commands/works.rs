//! `bimo works`

use bimo_desk::LibraryReader;
use serde_json::json;

use crate::output::{on_one_line, print_json, print_line};

/// Prints each work's number, title, length in words and Han characters, and number of chapters.
pub async fn run(library: &LibraryReader, json: bool) -> anyhow::Result<()> {
    let works = library.library().await?.works;
    if json {
        return print_json(&json!({ "works": works }));
    }
    for work in works {
        let length = work.counts.han + work.counts.words;
        let title = on_one_line(&work.title);
        print_line(&format!("{}\t{title}\t{length}\t{}", work.id.0, work.chapters.len()))?;
    }
    Ok(())
}
