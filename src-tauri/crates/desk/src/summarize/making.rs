//! Makes a summary, whichever way, and tells what comes as it comes. Knows no library.

use std::ops::Range;
use std::sync::Arc;

use bimo_engine::{CancellationToken, ModelCard};
use bimo_text::sentences;

use super::key::{KeySentences, key_sentences};
use super::reading::on_thread;
use super::rewriting::{Rewriting, Rewritten, fitting};
use super::shape::Shaped;
use super::source::Source;
use super::support::{Comparison, Evidence, Support, is_other};
use super::writer::Writer;
use crate::translation::{Translator, to_simplified, to_traditional};
use crate::wire::{
    ApiError, SegmentFlag, SummaryFlag, SummaryForm, SummaryLength, SummaryMethod, SummaryOutcome,
    SummaryProgress, SummaryStage, TargetLanguage,
};

/// How a summary is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wish {
    /// How it is made.
    pub method: SummaryMethod,
    /// How long it is.
    pub length: SummaryLength,
    /// What it looks like.
    pub form: SummaryForm,
    /// Its language; nothing for that of the source.
    pub to: Option<TargetLanguage>,
}

/// What is told while a summary is made.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    /// This model writes.
    Model(Box<ModelCard>),
    /// How far it is.
    Progress(SummaryProgress),
    /// More of the summary.
    Text(String),
    /// An intermediate summary is planned, or done.
    Part(Part),
}

/// An intermediate summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// From 0, in the order in which they are written.
    pub number: u32,
    /// 1: of a stretch of the source; more: of summaries.
    pub level: u32,
    /// The title of its section.
    pub title: String,
    /// The bytes of the source that it stands for.
    pub range: Range<usize>,
    /// The parts that it was made from.
    pub made_from: Vec<u32>,
    /// Its words.
    pub text: String,
    /// It is whole.
    pub done: bool,
}

/// A summary that was made.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Made {
    /// All there is of it.
    pub outcome: SummaryOutcome,
    /// It was stopped before it was whole.
    pub is_stopped: bool,
}

/// The models that a summary may need, loaded when it needs them.
pub(super) trait Engines: Sync {
    /// One that translates into a language.
    fn translator(
        &self,
        to: TargetLanguage,
    ) -> impl Future<Output = Result<Translator, ApiError>> + Send;

    /// One that says a text in its own words.
    fn writer(&self) -> impl Future<Output = Result<Writer, ApiError>> + Send;
}

/// Sentences that will be a summary, each with what it rests on.
pub(super) struct Draft {
    pub sentences: Vec<String>,
    pub supports: Vec<Support>,
    /// For every sentence of the source how alike it is to the nearest of the summary.
    pub nearest: Vec<f32>,
    /// The model was stopped by its limit.
    pub is_cut: bool,
}

/// Makes a summary. Cancelled, it is what there was.
pub(super) async fn make(
    engines: &impl Engines,
    source: Arc<Source>,
    wish: Wish,
    cancel: &CancellationToken,
    mut tell: impl FnMut(Told) + Send,
) -> Result<Made, ApiError> {
    let draft = match wish.method {
        SummaryMethod::Key => draft_of_key_sentences(source.clone(), wish).await?,
        SummaryMethod::Rewritten => {
            let writer = engines.writer().await?;
            let rewriting = Rewriting::new(&writer, source.clone(), wish, cancel, &mut tell);
            let rewritten = rewriting.run().await?;
            tell(checking(&source));
            if writer.follows_instructions() || rewritten.is_stopped {
                return judged(source, rewritten, wish, writer.follows_instructions()).await;
            }
            draft_of(source.clone(), rewritten, wish).await?
        }
    };
    match wish.to.filter(|_| is_other(&source, wish.to)) {
        Some(to) => {
            let translator = engines.translator(to).await?;
            translated(&translator, source, draft, (wish, to), cancel, &mut tell).await
        }
        None => Ok(Made { outcome: outcome_of(source, draft, wish).await?, is_stopped: false }),
    }
}

/// The key sentences of a source, in its own language.
pub(super) async fn make_of_key_sentences(
    source: Arc<Source>,
    wish: Wish,
) -> Result<SummaryOutcome, ApiError> {
    let draft = draft_of_key_sentences(source.clone(), wish).await?;
    outcome_of(source, draft, wish).await
}

async fn draft_of_key_sentences(source: Arc<Source>, wish: Wish) -> Result<Draft, ApiError> {
    on_thread(move || {
        let KeySentences { chosen, nearest } = key_sentences(&source, wish.length, wish.form)?;
        let sentences = chosen.iter().map(|(index, _)| source.sentence(*index).to_owned());
        Ok(Draft {
            sentences: sentences.collect(),
            supports: chosen.iter().map(|(index, score)| Support::own(*index, *score)).collect(),
            nearest,
            is_cut: false,
        })
    })
    .await
}

/// What a model of one language and length wrote, as long as it was to be.
async fn draft_of(
    source: Arc<Source>,
    rewritten: Rewritten,
    wish: Wish,
) -> Result<Draft, ApiError> {
    on_thread(move || {
        let evidence = Evidence::of(&source);
        let text = &rewritten.text;
        let all: Vec<&str> = sentences(text).into_iter().map(|range| &text[range]).collect();
        let scores: Vec<f32> =
            evidence.supports(&all).0.iter().map(|support| support.score).collect();
        let kept = fitting(text, &scores, &wish, source.words());
        // A sentence that the model could not end is the last one, where it stays.
        let is_cut =
            rewritten.is_cut && kept.last().is_some_and(|last| last.end == text.trim_end().len());
        let sentences: Vec<String> = kept.into_iter().map(|range| text[range].to_owned()).collect();
        let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
        let (supports, nearest) = evidence.supports(&texts);
        Ok(Draft { sentences, supports, nearest, is_cut })
    })
    .await
}

/// What an instructed model wrote, in the language that it was asked for; or as much as there was when it was stopped.
async fn judged(
    source: Arc<Source>,
    rewritten: Rewritten,
    wish: Wish,
    follows_instructions: bool,
) -> Result<Made, ApiError> {
    on_thread(move || {
        let text = match wish.to {
            Some(TargetLanguage::Simplified) => to_simplified(&rewritten.text),
            Some(TargetLanguage::Traditional) => to_traditional(&rewritten.text),
            _ => rewritten.text,
        };
        let shaped = Shaped::read(&text, wish.form);
        let is_other_language = follows_instructions && is_other(&source, wish.to);
        let how = Comparison {
            is_other_language,
            form: wish.form,
            is_cut: rewritten.is_cut,
            is_own: false,
        };
        let outcome = Evidence::of(&source).judge(&shaped, how);
        Ok(Made { outcome, is_stopped: rewritten.is_stopped })
    })
    .await
}

fn checking(source: &Source) -> Told {
    let sentences = source.layout.sentences.len() as u32;
    Told::Progress(SummaryProgress {
        stage: SummaryStage::Checking,
        part: 0,
        parts: 0,
        sentences_done: sentences,
        sentences,
        seconds_left: None,
    })
}

/// Puts a draft into its form, in the source's own language.
async fn outcome_of(
    source: Arc<Source>,
    draft: Draft,
    wish: Wish,
) -> Result<SummaryOutcome, ApiError> {
    on_thread(move || {
        let shaped = Shaped::of(&draft.sentences, wish.form);
        let how = Comparison {
            is_other_language: false,
            form: wish.form,
            is_cut: draft.is_cut,
            is_own: wish.method == SummaryMethod::Key,
        };
        Ok(Evidence::of(&source).outcome(&shaped, draft.supports, &draft.nearest, how))
    })
    .await
}

/// Translates a draft sentence by sentence: what each rests on stays known.
async fn translated(
    translator: &Translator,
    source: Arc<Source>,
    mut draft: Draft,
    (wish, to): (Wish, TargetLanguage),
    cancel: &CancellationToken,
    tell: &mut (impl FnMut(Told) + Send),
) -> Result<Made, ApiError> {
    // Of a rewritten summary the one that wrote it is told already.
    if wish.method == SummaryMethod::Key {
        tell(Told::Model(Box::new(translator.card().clone())));
    }
    let count = draft.sentences.len() as u32;
    let mut done: Vec<String> = Vec::new();
    let mut told = 0;
    let mut on_sentence = |target: &str| {
        done.push(target.to_owned());
        let text = Shaped::of(&done, wish.form).text;
        tell(Told::Text(text[told..].to_owned()));
        told = text.len();
        tell(Told::Progress(SummaryProgress {
            stage: SummaryStage::Translating,
            part: done.len() as u32,
            parts: count,
            sentences_done: source.layout.sentences.len() as u32,
            sentences: source.layout.sentences.len() as u32,
            seconds_left: None,
        }));
    };
    let found = translator
        .translate_sentences(&draft.sentences, to, cancel.clone(), &mut on_sentence)
        .await?;
    for (support, segment) in draft.supports.iter_mut().zip(&found.segments) {
        support.flags.extend(segment.flags.iter().copied().filter_map(flag_of));
    }
    draft.supports.truncate(found.segments.len());
    let is_stopped = found.is_cut;
    let outcome = on_thread(move || {
        let sentences: Vec<&str> =
            found.segments.iter().map(|segment| &segment.target[..]).collect();
        let shaped = Shaped::of(&sentences, wish.form);
        let how = Comparison {
            is_other_language: true,
            form: wish.form,
            is_cut: draft.is_cut,
            is_own: false,
        };
        Ok(Evidence::of(&source).outcome(&shaped, draft.supports, &draft.nearest, how))
    });
    Ok(Made { outcome: outcome.await?, is_stopped })
}

/// What a flag of a translated sentence means for the summary.
fn flag_of(flag: SegmentFlag) -> Option<SummaryFlag> {
    match flag {
        SegmentFlag::CutShort => Some(SummaryFlag::CutShort),
        SegmentFlag::OtherLanguage | SegmentFlag::Untranslated => Some(SummaryFlag::OtherLanguage),
        _ => None,
    }
}

/// The refusal where no model rewrites.
pub(super) fn no_summarizer() -> ApiError {
    let message = "No model is chosen that says a text in its own words: fetch one for summaries in the Models panel, \
                   distilbart-cnn-12-6 for English or mT5 for Chinese, or take key sentences, which need none.";
    ApiError::new("no_summarizer", message)
}
