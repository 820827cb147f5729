//! `bimo sentiment`

use std::process::ExitCode;

use bimo_desk::{Classifier, Judged, JudgedText, Per, has_words, readable_text};
use serde_json::{Map, Value, json};

use super::{INTERRUPTED, interruption, locate};
use crate::arguments::{Sentiment, Unit};
use crate::input::read_bytes;
use crate::output::{on_one_line, print_json, print_line};

/// Prints a label and its score for each part, and for the whole.
pub async fn run(asked: Sentiment, json: bool) -> anyhow::Result<ExitCode> {
    let bytes = read_bytes(&asked.file)?;
    let name = asked.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let text = readable_text(bytes, name.filter(|name| name != "-")).await?;
    let path = locate(asked.model)?;
    let is_starter = path.is_none();
    let model = match path {
        Some(path) => Classifier::load(path).await?,
        None => Classifier::starter().await?,
    };
    let cancel = interruption()?;
    let per = match asked.per {
        Unit::Sentence => Per::Sentence,
        Unit::Document => Per::Document,
        Unit::Line => Per::Line,
    };
    let Some(moods) = model.read(&text, per, cancel, |_| {}).await? else {
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if json {
        print_json(&object(&model, &text, &moods))?;
    } else if asked.csv {
        print_csv(&model, &text, &moods)?;
    } else {
        print_plain(&text, &moods)?;
    }
    warn(&text, &moods, is_starter);
    Ok(if moods.is_cut { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

/// What is to be known of the answer before it is believed.
fn warn(text: &str, moods: &JudgedText, is_starter: bool) {
    if !has_words(text) {
        eprintln!("bimo: there is nothing to read: write or paste a sentence first");
        return;
    }
    let guesses = moods.foreign_parts(text);
    if is_starter && guesses > 0 {
        let all = moods.items.len().max(1);
        eprintln!(
            "bimo: {guesses} of {all} texts are in neither English nor Chinese: what is said of them is a guess"
        );
    }
}

fn object(model: &Classifier, text: &str, moods: &JudgedText) -> Value {
    let scores = |mood: &Judged| {
        let scores =
            model.labels().iter().cloned().zip(mood.scores.iter().map(|&score| json!(score)));
        Value::Object(scores.collect::<Map<_, _>>())
    };
    let items = moods.items.iter().map(|item| {
        let text = &text[item.range.clone()];
        json!({ "text": text, "label": item.judged.label, "scores": scores(&item.judged) })
    });
    json!({
        "overall": { "label": moods.overall.label, "scores": scores(&moods.overall) },
        "items": items.collect::<Vec<_>>(),
    })
}

/// A line for each part; where there are none, one for the whole.
fn print_csv(model: &Classifier, text: &str, moods: &JudgedText) -> anyhow::Result<()> {
    let named = model.labels().iter().map(|label| quoted(label));
    print_line(
        &["text".to_owned(), "label".to_owned()]
            .into_iter()
            .chain(named)
            .collect::<Vec<_>>()
            .join(","),
    )?;
    let whole = moods.items.is_empty().then_some((text.trim(), &moods.overall));
    let parts = moods.items.iter().map(|item| (&text[item.range.clone()], &item.judged));
    for (text, judged) in whole.into_iter().chain(parts) {
        let scores = judged.scores.iter().map(|score| format!("{score:.6}"));
        let line = [quoted(text), quoted(&judged.label)].into_iter().chain(scores);
        print_line(&line.collect::<Vec<_>>().join(","))?;
    }
    Ok(())
}

/// A field as RFC 4180 has it.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn print_plain(text: &str, moods: &JudgedText) -> anyhow::Result<()> {
    let highest = |mood: &Judged| mood.scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for item in &moods.items {
        let text = on_one_line(&text[item.range.clone()]);
        print_line(&format!("{}\t{:.3}\t{text}", item.judged.label, highest(&item.judged)))?;
    }
    print_line(&format!("{}\t{:.3}\tall of it", moods.overall.label, highest(&moods.overall)))?;
    Ok(())
}
