//! `bimo translate`

use std::process::ExitCode;

use bimo_desk::{Cut, Language, Translator};
use serde_json::json;

use super::{INTERRUPTED, interruption, locate};
use crate::arguments::{Translate, TranslateTo, TranslateUnit};
use crate::input::read_text;
use crate::output::{print_json, print_line, print_part};

/// Prints the text in the other language, or an object with its segments.
pub async fn run(asked: Translate, json: bool) -> anyhow::Result<ExitCode> {
    let text = read_text(&asked.file)?;
    let translator = match locate(asked.model)? {
        Some(path) => Translator::load(path).await?,
        None => Translator::starter().await?,
    };
    let to = match asked.to {
        Some(TranslateTo::En) => Language::English,
        Some(TranslateTo::Zh) => Language::Chinese,
        None => Language::other_than(&text),
    };
    let cut = match asked.per {
        TranslateUnit::Sentence => Cut::Sentences,
        TranslateUnit::Line => Cut::Lines,
    };
    let cancel = interruption()?;
    let translation = translator.translate(&text, to, cut, asked.beams, cancel).await?;
    if json {
        print_json(&json!({
            "direction": translation.direction,
            "segments": translation.segments,
            "model": translator.card().name,
        }))?;
    } else {
        print_part(&translation.text)?;
        if !translation.text.ends_with('\n') {
            print_line("")?;
        }
        let flagged = translation.segments.iter().filter(|segment| !segment.flags.is_empty());
        match flagged.count() {
            0 => {}
            count => eprintln!("bimo: {count} segments want a second look: --json says which"),
        }
    }
    Ok(if translation.is_cut { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}
