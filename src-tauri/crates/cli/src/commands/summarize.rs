//! `bimo summarize`

use bimo_desk::{Length, summarize_document};

use crate::arguments::{Summarize, SummaryMethod};
use crate::input::read_bytes;
use crate::output::{print_json, print_line};

const SENTENCES: usize = 5;

/// Prints a summary of a document.
pub fn run(asked: &Summarize, json: bool) -> anyhow::Result<()> {
    let bytes = read_bytes(&asked.file)?;
    let name = asked.file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
    let length = match (asked.sentences, asked.ratio) {
        (_, Some(ratio)) => Length::Share(ratio),
        (count, None) => Length::Sentences(count.unwrap_or(SENTENCES)),
    };
    let summary = match asked.method {
        SummaryMethod::Key => summarize_document(&bytes, name, length)?,
    };
    match json {
        true => print_json(&summary),
        false => Ok(print_line(&summary.summary)?),
    }
}
