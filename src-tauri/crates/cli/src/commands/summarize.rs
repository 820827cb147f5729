//! `bimo summarize`

use std::path::PathBuf;
use std::process::ExitCode;

use bimo_desk::wire::{SummaryForm, SummaryLength, SummaryMethod, TargetLanguage};
use bimo_desk::{
    Rewriter, SummarizedText, SummaryModels, SummaryWish, TranslatorSpec, summarize_document,
};

use super::{INTERRUPTED, interruption, locate, on_server};
use crate::arguments::{self, OfServer, Summarize, TranslateTo};
use crate::input::read_bytes;
use crate::output::{print_json, print_line};

const SENTENCES: u32 = 5;

/// Prints a summary of a document, or an object with what it rests on.
pub async fn run(
    asked: Summarize,
    translator: Option<PathBuf>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let bytes = read_bytes(&asked.file)?;
    let name = asked.file.file_name().and_then(|name| name.to_str()).filter(|name| *name != "-");
    let models = SummaryModels {
        writer: writer_of(&asked)?,
        translator: locate(translator)?
            .map_or_else(TranslatorSpec::translator_starter, TranslatorSpec::translator_at),
        encoder: locate(asked.encoder.clone())?,
    };
    let how = (wish_of(&asked), &models);
    let found =
        summarize_document(bytes, name.map(str::to_owned), how, interruption()?, |_| {}).await?;
    match json {
        true => print_json(&found)?,
        false => print_line(&found.summary)?,
    }
    warn(&found, json);
    Ok(if found.is_cut { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

fn writer_of(asked: &Summarize) -> anyhow::Result<Option<Rewriter>> {
    if let Some(address) = &asked.server.server {
        let conversing = OfServer { chat: true, ..asked.server.clone() };
        return Ok(Some(Rewriter::Server(on_server(address, &conversing, asked.model.clone())?)));
    }
    Ok(locate(asked.model.clone())?.map(|path| Rewriter::Here(path, None)))
}

fn wish_of(asked: &Summarize) -> SummaryWish {
    SummaryWish {
        method: match asked.method {
            arguments::SummaryMethod::Key => SummaryMethod::Key,
            arguments::SummaryMethod::Rewrite => SummaryMethod::Rewritten,
        },
        length: match (asked.sentences, asked.ratio) {
            (_, Some(share)) => SummaryLength::Share { share },
            (count, None) => SummaryLength::Sentences { count: count.unwrap_or(SENTENCES) },
        },
        form: match asked.form {
            arguments::SummaryForm::Paragraph => SummaryForm::Paragraph,
            arguments::SummaryForm::Bullets => SummaryForm::Bullets,
            arguments::SummaryForm::Line => SummaryForm::OneLine,
            arguments::SummaryForm::Title => SummaryForm::Title,
        },
        to: asked.to.map(|to| match to {
            TranslateTo::En => TargetLanguage::English,
            TranslateTo::Zh => TargetLanguage::Simplified,
            TranslateTo::ZhHant => TargetLanguage::Traditional,
        }),
    }
}

fn warn(found: &SummarizedText, json: bool) {
    if let Some(problem) = &found.problem {
        eprintln!(
            "bimo: the encoder could not be used, so sentences were compared by their words: {problem}"
        );
    }
    if found.is_guess {
        eprintln!(
            "bimo: the text is in neither English nor Chinese: what its summary says is a guess"
        );
    }
    let flagged = found.sentences.iter().filter(|sentence| !sentence.flags.is_empty()).count();
    if flagged > 0 && !json {
        eprintln!("bimo: {flagged} sentences want a second look: --json says which");
    }
}
