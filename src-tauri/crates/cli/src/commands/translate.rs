//! `bimo translate`

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use bimo_desk::wire::{Edition, TargetLanguage};
use bimo_desk::{
    Cut, TextPiece, TextTranslation, TextTranslationRequest, Translator, TranslatorSpec,
    document_sample, plain_text, read_glossary, write_file,
};
use serde_json::json;

use super::{INTERRUPTED, interruption, locate, on_server};
use crate::arguments::{OfServer, Translate, TranslateTo, TranslateUnit};
use crate::input::read_bytes;
use crate::output::{print_json, print_line, print_part};

/// Files that are no text as they lie there.
const DOCUMENTS: [&str; 6] = ["docx", "epub", "html", "htm", "xhtml", "srt"];

/// Prints the text in the other language as it comes, or an object with its segments; or writes a document.
pub async fn run(asked: Translate, json: bool) -> anyhow::Result<ExitCode> {
    let bytes = read_bytes(&asked.file)?;
    let glossary = match &asked.glossary {
        Some(path) => read_glossary(&read_bytes(path)?)?,
        None => Vec::new(),
    };
    let name = asked.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_document = asked.output.is_some() || has_ending(&asked.file, &DOCUMENTS);
    let text = match is_document {
        true => document_sample(bytes.clone(), &name).await?,
        false => plain_text(&bytes)?,
    };
    let request = TextTranslationRequest {
        to: match asked.to {
            Some(TranslateTo::En) => TargetLanguage::English,
            Some(TranslateTo::Zh) => TargetLanguage::Simplified,
            Some(TranslateTo::ZhHant) => TargetLanguage::Traditional,
            None => TargetLanguage::other_than(&text),
        },
        cut: match asked.per {
            TranslateUnit::Sentence => Cut::Sentences,
            TranslateUnit::Line => Cut::Lines,
        },
        beams: asked.beams,
        glossary,
    };
    let spec = match &asked.server.server {
        Some(address) => {
            let conversing = OfServer { chat: true, ..asked.server.clone() };
            TranslatorSpec::asking(on_server(address, &conversing, asked.model)?)
        }
        None => locate(asked.model)?
            .map_or_else(TranslatorSpec::translator_starter, TranslatorSpec::translator_at),
    };
    let translator = Translator::of(spec).await?;
    let is_printed = !json && asked.output.is_none();
    let mut printer = Printer::new(asked.bilingual);
    let on_piece = |piece: TextPiece<'_>| {
        if is_printed {
            printer.hear(piece);
        }
    };
    let cancel = interruption()?;
    let found = if is_document {
        let edition = if asked.bilingual { Edition::Bilingual } else { Edition::Translated };
        let how = (&request, edition);
        let (found, document) =
            translator.translate_document(bytes, &name, how, cancel, on_piece).await?;
        if let Some(path) = &asked.output {
            write_file(path, document).await.with_context(|| path.display().to_string())?;
        }
        found
    } else {
        translator.translate_text(&text, &request, cancel, on_piece).await?
    };
    printer.end()?;
    if json {
        print_json(&json!({
            "direction": found.direction,
            "segments": found.segments,
            "model": translator.card().name,
        }))?;
    } else {
        warn(&found);
    }
    Ok(if found.is_cut { ExitCode::from(INTERRUPTED) } else { ExitCode::SUCCESS })
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| endings.contains(&&ending[..]))
}

fn warn(found: &TextTranslation) {
    let flagged = found.segments.iter().filter(|segment| !segment.flags.is_empty()).count();
    if flagged > 0 {
        eprintln!("bimo: {flagged} segments want a second look: --json says which");
    }
}

/// Prints what comes: the translation only, or paragraphs of both.
struct Printer {
    bilingual: bool,
    source: String,
    target: String,
    /// The reader has gone, or the disk is full.
    failed: Option<std::io::Error>,
    ends_line: bool,
}

impl Printer {
    fn new(bilingual: bool) -> Self {
        let (source, target) = Default::default();
        Self { bilingual, source, target, failed: None, ends_line: true }
    }

    fn hear(&mut self, piece: TextPiece<'_>) {
        let (TextPiece::Segment(source, target) | TextPiece::Gap(source, target)) = piece;
        if !self.bilingual {
            return self.print(target);
        }
        match piece {
            TextPiece::Gap(gap, _) if gap.contains('\n') => self.paragraph(gap),
            _ => {
                self.source += source;
                self.target += target;
            }
        }
    }

    fn paragraph(&mut self, gap: &str) {
        let (source, target) = (std::mem::take(&mut self.source), std::mem::take(&mut self.target));
        let both = if source.is_empty() { String::new() } else { format!("{source}\n{target}") };
        self.print(&(both + gap));
    }

    fn print(&mut self, text: &str) {
        if self.failed.is_none() && !text.is_empty() {
            self.failed = print_part(text).err();
            self.ends_line = text.ends_with('\n');
        }
    }

    fn end(mut self) -> anyhow::Result<()> {
        if !self.source.is_empty() {
            self.paragraph("");
        }
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        if !self.ends_line {
            print_line("")?;
        }
        Ok(())
    }
}
