//! A document as a whole, for whoever has no library.

use std::path::PathBuf;
use std::sync::Arc;

use bimo_engine::CancellationToken;
use bimo_text::{Utf16Offset, to_byte};
use serde::Serialize;

use super::length;
use super::making::{Engines, Made, Told, Wish, make, no_summarizer};
use super::models::Rewriter;
use super::placing::Placer;
use super::reading::on_thread;
use super::source::Source;
use super::writer::Writer;
use crate::TranslatorSpec;
use crate::translation::Translator;
use crate::wire::{ApiError, SourceLanguage, SummaryFlag, SummarySentence, TargetLanguage};

/// A summary of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SummarizedText {
    /// The document's title; empty where it has none.
    pub title: String,
    /// The summary.
    pub summary: String,
    /// Its sentences.
    pub sentences: Vec<SummaryLine>,
    /// From 0 to 1: how alike the source's sentences are to the nearest of the summary, in the mean.
    pub coverage: f32,
    /// How many sentences the source has.
    pub source_sentences: usize,
    /// The model that wrote or translated it; empty where none did.
    pub model: String,
    /// The encoder that its sentences were compared by; nothing where it was by their words.
    pub encoder: Option<String>,
    /// Intermediate summaries, where the source was too long for the model.
    pub parts: Vec<String>,
    /// The source is in neither English nor Chinese.
    #[serde(skip)]
    pub is_guess: bool,
    /// Cancelled before it was whole.
    #[serde(skip)]
    pub is_cut: bool,
    /// Why its sentences were compared by their words though there is an encoder.
    #[serde(skip)]
    pub problem: Option<ApiError>,
}

/// A sentence of a summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SummaryLine {
    /// Its words.
    pub text: String,
    /// The source's sentences that say it, by their numbers from 0, the most alike first.
    pub sources: Vec<u32>,
    /// From 0 to 1: how much a key sentence counts; else how alike its best source is.
    pub score: f32,
    /// What to look at.
    pub flags: Vec<SummaryFlag>,
}

/// The models that a summary without a library may need.
pub struct SummaryModels {
    /// One that says a text in its own words.
    pub writer: Option<Rewriter>,
    /// One that translates.
    pub translator: TranslatorSpec,
    /// One that places sentences: its file or folder.
    pub encoder: Option<PathBuf>,
}

impl Engines for SummaryModels {
    async fn translator(&self, _: TargetLanguage) -> Result<Translator, ApiError> {
        Translator::of(self.translator.clone()).await
    }

    async fn writer(&self) -> Result<Writer, ApiError> {
        Writer::load(self.writer.clone().ok_or_else(no_summarizer)?).await
    }

    async fn placer(&self) -> Result<Option<Placer>, ApiError> {
        match self.encoder.clone() {
            Some(path) => Placer::load(path).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Summarises a document of any kind; of a web page its article.
///
/// # Errors
/// Those of reading the document, and `nothing_to_summarize` where it has too little to say.
pub async fn summarize_document(
    bytes: Vec<u8>,
    name: Option<String>,
    (wish, models): (Wish, &SummaryModels),
    cancel: CancellationToken,
    mut on_text: impl FnMut(&str) + Send,
) -> Result<SummarizedText, ApiError> {
    length::check(wish.length)?;
    let reading = on_thread(move || Source::of_document(&bytes, name.as_deref()));
    let source = Arc::new(reading.await?);
    let mut model = String::new();
    let mut parts = Vec::new();
    let tell = |told: Told| match told {
        Told::Model { name, .. } => model = name,
        Told::Text(text) => on_text(&text),
        Told::Part(part) if part.done => parts.push(part.text),
        Told::Progress(_) | Told::Part(_) => {}
    };
    let Made { outcome, is_stopped } = make(models, source.clone(), wish, &cancel, tell).await?;
    let line = |sentence: &SummarySentence| -> Result<SummaryLine, ApiError> {
        let byte = |unit| to_byte(&outcome.text, Utf16Offset(unit)).map_err(ApiError::internal);
        Ok(SummaryLine {
            text: outcome.text[byte(sentence.from)?.0..byte(sentence.to)?.0].to_owned(),
            sources: sentence.sources.iter().map(|source| source.sentence).collect(),
            score: sentence.score,
            flags: sentence.flags.clone(),
        })
    };
    Ok(SummarizedText {
        title: source.title.clone(),
        sentences: outcome.sentences.iter().map(line).collect::<Result<_, _>>()?,
        coverage: outcome.coverage.share,
        source_sentences: source.layout.sentences.len(),
        model,
        parts,
        is_guess: matches!(source.language(), SourceLanguage::Other),
        is_cut: is_stopped,
        encoder: outcome.compared.encoder,
        problem: outcome.compared.problem,
        summary: outcome.text,
    })
}
