//! Makes a summary, whichever way, and tells what comes as it comes. Knows no library.

use std::ops::Range;
use std::sync::Arc;

use bimo_engine::CancellationToken;
use bimo_text::sentences;

use super::key::{KeySentences, key_sentences};
use super::placing::{Placer, Sight};
use super::reading::on_thread;
use super::rewriting::{Rewriting, Rewritten, fitting};
use super::shape::Shaped;
use super::source::Source;
use super::support::{Comparison, Support, is_other};
use super::vectors::{Row, Vectors};
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
    Model {
        /// Its name.
        name: String,
        /// SHA-256 of its files.
        sha256: String,
    },
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

    /// One that places sentences, where one was chosen.
    fn placer(&self) -> impl Future<Output = Result<Option<Placer>, ApiError>> + Send;
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
    let (draft, sight) = match wish.method {
        SummaryMethod::Key => {
            let sight = Sight::of(engines, &source, cancel, &mut tell).await?;
            if cancel.is_cancelled() {
                return Ok(Made { is_stopped: true, ..Made::default() });
            }
            let draft = draft_of_key_sentences(source.clone(), sight.vectors.clone(), wish);
            (draft.await?, sight)
        }
        SummaryMethod::Rewritten => {
            let writer = engines.writer().await?;
            let rewriting = Rewriting::new(&writer, source.clone(), wish, cancel, &mut tell);
            let rewritten = rewriting.run().await?;
            tell(checking(&source));
            let is_asked = writer.follows_instructions();
            let is_other_language = is_asked && is_other(&source, wish.to);
            let mut sight = match is_other_language {
                // What it says cannot be compared.
                true => Sight::by_words(&source).await?,
                false => Sight::of(engines, &source, cancel, &mut tell).await?,
            };
            if is_asked || rewritten.is_stopped {
                return judged(rewritten, (wish, is_other_language), sight).await;
            }
            (draft_of(source.clone(), rewritten, wish, &mut sight).await?, sight)
        }
    };
    match wish.to.filter(|_| is_other(&source, wish.to)) {
        Some(to) => {
            let translator = engines.translator(to).await?;
            let how = (wish, to, sight);
            translated(&translator, source, draft, how, cancel, &mut tell).await
        }
        None => Ok(Made { outcome: outcome_of(draft, wish, sight).await?, is_stopped: false }),
    }
}

/// The key sentences of a source, in its own language, by its words.
pub(super) async fn make_of_key_sentences(
    source: Arc<Source>,
    wish: Wish,
) -> Result<SummaryOutcome, ApiError> {
    let sight = Sight::by_words(&source).await?;
    let draft = draft_of_key_sentences(source.clone(), sight.vectors.clone(), wish).await?;
    outcome_of(draft, wish, sight).await
}

async fn draft_of_key_sentences(
    source: Arc<Source>,
    vectors: Arc<Vectors>,
    wish: Wish,
) -> Result<Draft, ApiError> {
    on_thread(move || {
        let KeySentences { chosen, nearest } =
            key_sentences(&source, &vectors, wish.length, wish.form)?;
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
    sight: &mut Sight,
) -> Result<Draft, ApiError> {
    let Rewritten { text, is_cut, .. } = rewritten;
    let all = sentences(&text);
    let texts: Vec<String> = all.iter().map(|range| text[range.clone()].to_owned()).collect();
    let rows = sight.rows(&texts).await?;
    let scores: Vec<f32> =
        sight.evidence().supports(&rows).0.iter().map(|support| support.score).collect();
    let kept = fitting(&text, &scores, &wish, source.words());
    // A sentence that the model could not end is the last one, where it stays.
    let is_cut = is_cut && kept.last().is_some_and(|last| last.end == text.trim_end().len());
    let stays = |range: &Range<usize>| kept.contains(range);
    let (sentences, rows): (Vec<String>, Vec<Row>) = all
        .iter()
        .zip(texts.into_iter().zip(rows))
        .filter_map(|(range, both)| stays(range).then_some(both))
        .unzip();
    let (supports, nearest) = sight.evidence().supports(&rows);
    Ok(Draft { sentences, supports, nearest, is_cut })
}

/// What an instructed model wrote, in the language that it was asked for; or as much as there was when it was stopped.
async fn judged(
    rewritten: Rewritten,
    (wish, is_other_language): (Wish, bool),
    mut sight: Sight,
) -> Result<Made, ApiError> {
    let text = match wish.to {
        Some(TargetLanguage::Simplified) => to_simplified(&rewritten.text),
        Some(TargetLanguage::Traditional) => to_traditional(&rewritten.text),
        _ => rewritten.text,
    };
    let shaped = Shaped::read(&text, wish.form);
    let words: Vec<String> = shaped.words().map(str::to_owned).collect();
    let rows = if is_other_language { Vec::new() } else { sight.rows(&words).await? };
    let how =
        Comparison { is_other_language, form: wish.form, is_cut: rewritten.is_cut, is_own: false };
    let judging = on_thread(move || {
        let outcome = sight.evidence().judge(&shaped, &rows, how);
        Ok(SummaryOutcome { compared: sight.compared, ..outcome })
    });
    Ok(Made { outcome: judging.await?, is_stopped: rewritten.is_stopped })
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
async fn outcome_of(draft: Draft, wish: Wish, sight: Sight) -> Result<SummaryOutcome, ApiError> {
    on_thread(move || {
        let shaped = Shaped::of(&draft.sentences, wish.form);
        let how = Comparison {
            is_other_language: false,
            form: wish.form,
            is_cut: draft.is_cut,
            is_own: wish.method == SummaryMethod::Key,
        };
        let outcome = sight.evidence().outcome(&shaped, draft.supports, &draft.nearest, how);
        Ok(SummaryOutcome { compared: sight.compared, ..outcome })
    })
    .await
}

/// Translates a draft sentence by sentence: what each rests on stays known.
async fn translated(
    translator: &Translator,
    source: Arc<Source>,
    mut draft: Draft,
    (wish, to, sight): (Wish, TargetLanguage, Sight),
    cancel: &CancellationToken,
    tell: &mut (impl FnMut(Told) + Send),
) -> Result<Made, ApiError> {
    // Of a rewritten summary the one that wrote it is told already.
    if wish.method == SummaryMethod::Key {
        let (name, sha256) = (translator.card().name.clone(), translator.sha256().await?);
        tell(Told::Model { name, sha256 });
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
        let outcome = sight.evidence().outcome(&shaped, draft.supports, &draft.nearest, how);
        Ok(SummaryOutcome { compared: sight.compared, ..outcome })
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
