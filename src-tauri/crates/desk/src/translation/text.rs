//! A text as a whole, for whoever has no library: cut, translated batch by batch, told in the order of the text.

use std::sync::Arc;

use bimo_engine::CancellationToken;
use bimo_store::NewSegment;
use serde::Serialize;

use super::segmenting::{Cut, CutText, target_gap};
use super::terms::Terms;
use super::translator::{Translated, Translator, Wish};
use crate::wire::{ApiError, GlossaryEntry, SegmentFlag, TargetLanguage};

/// Sentences that the model is given at a time, once the first are through.
pub(crate) const BATCH: usize = 32;

/// How to translate a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextTranslationRequest {
    /// The language to write.
    pub to: TargetLanguage,
    /// How the text is cut.
    pub cut: Cut,
    /// Beams of the search, and texts to choose from.
    pub beams: Option<usize>,
    /// How terms are to be translated.
    pub glossary: Vec<GlossaryEntry>,
}

/// A text in the other language.
#[derive(Debug, Clone, PartialEq)]
pub struct TextTranslation {
    /// `en-zh`, `zh-en` or `en-zh-Hant`.
    pub direction: &'static str,
    /// In order; fewer than there are where it was cancelled.
    pub segments: Vec<TranslatedSegment>,
    /// Cancelled before all was translated.
    pub is_cut: bool,
}

/// A sentence of a text with its translation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TranslatedSegment {
    /// As it was.
    pub source: String,
    /// As it is.
    pub target: String,
    /// What it could be instead, the best first.
    pub alternatives: Vec<String>,
    /// Log-probability of a token, in the mean; nothing for a segment that was not given to the model.
    pub score: Option<f32>,
    /// What to look at.
    pub flags: Vec<SegmentFlag>,
}

/// A stretch of a text that is being translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPiece<'p> {
    /// A sentence, and its translation.
    Segment(&'p str, &'p str),
    /// What stands between two sentences, and between their translations.
    Gap(&'p str, &'p str),
}

impl Translator {
    /// Translates a text. `on_piece` hears all of it in order, as soon as it can be said.
    pub async fn translate_text(
        &self,
        text: &str,
        request: &TextTranslationRequest,
        cancel: CancellationToken,
        on_piece: impl FnMut(TextPiece<'_>) + Send,
    ) -> Result<TextTranslation, ApiError> {
        self.translate_cut(&CutText::of(text, request.cut), request, cancel, on_piece).await
    }

    /// Translates sentences that stand alone, telling of each in order.
    pub(crate) async fn translate_sentences(
        &self,
        sentences: &[String],
        to: TargetLanguage,
        cancel: CancellationToken,
        on_sentence: &mut (dyn FnMut(&str) + Send),
    ) -> Result<TextTranslation, ApiError> {
        let segment =
            |source: &String| NewSegment { block: 0, source: source.clone(), gap: String::new() };
        let segments = sentences.iter().map(segment).collect();
        let cut = CutText { lead: String::new(), segments };
        let request =
            TextTranslationRequest { to, cut: Cut::Sentences, beams: None, glossary: Vec::new() };
        let on_piece = |piece: TextPiece<'_>| {
            if let TextPiece::Segment(_, target) = piece {
                on_sentence(target);
            }
        };
        self.translate_cut(&cut, &request, cancel, on_piece).await
    }

    /// The same of a text that is cut already.
    pub(super) async fn translate_cut(
        &self,
        CutText { lead, segments }: &CutText,
        request: &TextTranslationRequest,
        cancel: CancellationToken,
        mut on_piece: impl FnMut(TextPiece<'_>) + Send,
    ) -> Result<TextTranslation, ApiError> {
        let to = request.to;
        let wish = Wish {
            to,
            beams: request.beams,
            terms: Arc::new(Terms::of(&request.glossary, to)),
            other_than: None,
        };
        self.check_language(to)?;
        on_piece(TextPiece::Gap(lead, &target_gap(lead, true, to)));
        let mut done: Vec<TranslatedSegment> = Vec::new();
        let mut size = 1;
        while done.len() < segments.len() && !cancel.is_cancelled() {
            let first = done.len();
            let batch = &segments[first..segments.len().min(first + size)];
            let sources: Vec<String> = batch.iter().map(|segment| segment.source.clone()).collect();
            let mut answers: Vec<Option<Translated>> = vec![None; batch.len()];
            let mut on_done = |number: usize, translated| {
                answers[number] = Some(translated);
                while let Some(answer) = answers.get_mut(done.len() - first).and_then(Option::take)
                {
                    let segment = &segments[done.len()];
                    let is_last = done.len() + 1 == segments.len();
                    on_piece(TextPiece::Segment(&segment.source, &answer.target));
                    on_piece(TextPiece::Gap(&segment.gap, &target_gap(&segment.gap, is_last, to)));
                    done.push(told(&segment.source, answer));
                }
            };
            self.translate(&sources, &wish, &cancel, &mut on_done).await?;
            size = (size * 2).min(BATCH);
        }
        let is_cut = done.len() < segments.len();
        Ok(TextTranslation { direction: to.direction(), segments: done, is_cut })
    }
}

fn told(source: &str, translated: Translated) -> TranslatedSegment {
    TranslatedSegment {
        source: source.to_owned(),
        target: translated.target,
        alternatives: translated.alternatives.into_iter().map(|other| other.text).collect(),
        score: translated.logprob,
        flags: translated.flags,
    }
}
