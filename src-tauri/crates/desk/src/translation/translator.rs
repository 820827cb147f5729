//! Sentences into the other language: given to the model in batches, judged one by one, tried again where something is
//! missing, and told as soon as each is good.

use std::sync::Arc;

use bimo_engine::{
    CancellationToken, EngineError, GivenTerm, ModelCard, RewriteEvent, RewriteRequest, Rewriting,
    SearchParams, Seq2SeqWorker, Source,
};
use tokio::sync::mpsc;

use super::draft::{Draft, Judged};
use super::segmenting::halves;
use super::terms::{Term, Terms};
use crate::wire::{Alternative, ApiError, SegmentFlag, TargetLanguage, TermSpan};

/// Beams where nobody asks for a number: there are as many texts to choose from.
const BEAMS: usize = 4;
/// Beams of another try.
const MORE_BEAMS: usize = 8;
/// Another try says no run of so many tokens twice.
const NO_REPEAT: usize = 3;
/// Texts of a term that stands alone.
const RENDERINGS: usize = 4;

/// Bytes of words that are asked for alone.
const LONGEST_ALONE: usize = 120;

/// A loaded translator.
#[derive(Clone)]
pub struct Translator {
    worker: Seq2SeqWorker,
    languages: Arc<Vec<String>>,
}

/// How to translate.
#[derive(Clone)]
pub(crate) struct Wish {
    /// The language to write.
    pub to: TargetLanguage,
    /// Beams of the search, and texts to choose from.
    pub beams: Option<usize>,
    /// The glossary.
    pub terms: Arc<Terms>,
    /// The text that is not wanted again.
    pub other_than: Option<String>,
}

/// A sentence in the other language.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The translation.
    pub target: String,
    /// What it could be instead, the best first.
    pub alternatives: Vec<Alternative>,
    /// Log-probability of a token, in the mean; nothing of what was not given to the model.
    pub logprob: Option<f32>,
    /// What to look at.
    pub flags: Vec<SegmentFlag>,
    /// The glossary's terms in it.
    pub terms: Vec<TermSpan>,
}

/// How a round of tries searches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// As it was asked for.
    First,
    /// In smaller pieces.
    Pieces,
    /// With more beams, and nothing said twice.
    OtherBeams,
}

impl Translator {
    /// One that is loaded already.
    pub async fn on(worker: Seq2SeqWorker) -> Result<Self, ApiError> {
        let languages = Arc::new(worker.target_languages().await?);
        Ok(Self { worker, languages })
    }

    /// The model's facts.
    pub fn card(&self) -> &ModelCard {
        self.worker.card()
    }

    /// See [`bimo_engine::Worker::sha256`].
    pub async fn sha256(&self) -> Result<String, EngineError> {
        self.worker.sha256().await
    }

    /// Refuses a language that the model does not write.
    pub fn check_language(&self, to: TargetLanguage) -> Result<(), ApiError> {
        self.name_of(to).map(drop)
    }

    /// Translates sentences, telling of each by its number once it is as good as it gets. Cancelled, it tells no more.
    pub(crate) async fn translate(
        &self,
        sources: &[String],
        wish: &Wish,
        cancel: &CancellationToken,
        on_done: &mut (dyn FnMut(usize, Translated) + Send),
    ) -> Result<(), ApiError> {
        let language = self.name_of(wish.to)?;
        let mut drafts = Vec::new();
        for (number, source) in sources.iter().enumerate() {
            match Draft::of(number, source, wish) {
                Ok(mut draft) => {
                    draft.pieces = self.pieces(&draft.input, language.as_deref()).await?;
                    draft.in_pieces = draft.pieces.len() > 1;
                    drafts.push(draft);
                }
                Err(ready) => on_done(number, ready),
            }
        }
        self.learn_renderings(&drafts, wish, language.as_deref(), cancel).await?;
        let mut work =
            Work { translator: self, wish, language: language.as_deref(), cancel, on_done };
        let mut others = drafts;
        if wish.other_than.is_none() {
            let (pieces, rest) = cut_smaller(work.round(Round::First, others).await?);
            others = rest;
            others.extend(work.round(Round::Pieces, pieces).await?);
        }
        let left = work.round(Round::OtherBeams, others).await?;
        // Cancelled: what there is is better than nothing, and says what is wrong with it.
        for draft in left {
            if let Some(best) = &draft.best {
                on_done(draft.number, best.translated(&draft, wish));
            }
        }
        Ok(())
    }

    /// Asks for the terms and the emphasised words alone that nobody has asked for, so that they are found in the sentences.
    async fn learn_renderings(
        &self,
        drafts: &[Draft],
        wish: &Wish,
        language: Option<&str>,
        cancel: &CancellationToken,
    ) -> Result<(), ApiError> {
        let mut unknown: Vec<String> = Vec::new();
        for draft in drafts {
            let terms = wish.terms.in_source(&draft.simplified).into_iter();
            // One that is asked in words is told of the glossary beforehand.
            let terms = terms.filter(|_| !self.card().instruct).map(|(term, _)| &term.source);
            let inlines =
                draft.inlines.iter().filter(|one| one.wants_rendering()).map(|one| &one.text);
            for words in terms.chain(inlines) {
                if wish.terms.rendering(words).is_none() && !unknown.contains(words) {
                    unknown.push(words.clone());
                }
            }
        }
        unknown
            .retain(|words| words.contains(char::is_alphanumeric) && words.len() <= LONGEST_ALONE);
        if unknown.is_empty() {
            return Ok(());
        }
        let request = RewriteRequest {
            sources: unknown.iter().map(|words| source(words, language)).collect(),
            search: SearchParams {
                beams: Some(RENDERINGS),
                best: Some(RENDERINGS),
                ..SearchParams::default()
            },
        };
        let answers = self.worker.rewrite(request, cancel.clone(), Box::new(|_| {})).await?;
        for (words, answer) in unknown.iter().zip(answers) {
            wish.terms
                .remember(words, answer.candidates.into_iter().map(|candidate| candidate.text));
        }
        Ok(())
    }

    /// What the model calls a language; nothing where it knows one only.
    fn name_of(&self, to: TargetLanguage) -> Result<Option<String>, ApiError> {
        if self.languages.is_empty() {
            let writes = only_direction(&self.card().name);
            return match writes.is_none_or(|chinese| chinese == to.is_chinese()) {
                true => Ok(None),
                false => Err(unsupported(to, &self.card().name)),
            };
        }
        let known = |name: &&&str| self.languages.iter().any(|language| language == **name);
        match to.model_names().iter().find(known) {
            Some(name) => Ok(Some((*name).to_owned())),
            None => Err(unsupported(to, &format!("it writes {}", self.languages.join(", ")))),
        }
    }

    /// What is given to the model at a time: the sentence, or parts of it where it is too long.
    async fn pieces(&self, text: &str, target: Option<&str>) -> Result<Vec<String>, EngineError> {
        let mut waiting = vec![text.trim()];
        let mut pieces = Vec::new();
        while let Some(text) = waiting.pop().filter(|text| !text.is_empty()) {
            match halves(text) {
                Some((first, second)) if !self.fits(text, target).await? => {
                    waiting.extend([&text[second], &text[first]]);
                }
                _ => pieces.push(text.to_owned()),
            }
        }
        Ok(pieces)
    }

    async fn fits(&self, text: &str, target: Option<&str>) -> Result<bool, EngineError> {
        // A token is a byte at the least, and some stand around the text.
        let limit = self.card().context_length;
        if text.len() + 8 <= limit {
            return Ok(true);
        }
        // Of a text that is surely too long nobody needs the tokens.
        if text.len() > 64 * limit {
            return Ok(false);
        }
        // Half the context is left for a translation that is longer than its source.
        Ok(self.worker.encode_source(source(text, target)).await?.len() <= limit / 2)
    }
}

/// A draft of which the model is writing.
struct Open {
    draft: Option<Draft>,
    answers: Vec<Option<Rewriting>>,
}

impl From<Draft> for Open {
    fn from(draft: Draft) -> Self {
        Self { answers: vec![None; draft.pieces.len()], draft: Some(draft) }
    }
}

impl Open {
    /// Takes in what became of a piece. Answers the draft with the last of its pieces.
    fn hear(&mut self, piece: usize, rewriting: Rewriting, wish: &Wish) -> Option<(Draft, Judged)> {
        self.answers[piece] = Some(rewriting);
        let whole: Vec<Rewriting> = self.answers.iter().cloned().collect::<Option<_>>()?;
        let draft = self.draft.take()?;
        let judged = draft.judge(&whole, wish)?;
        Some((draft, judged))
    }
}

/// Sentences on their way, and whoever is told of them.
struct Work<'w> {
    translator: &'w Translator,
    wish: &'w Wish,
    language: Option<&'w str>,
    cancel: &'w CancellationToken,
    on_done: &'w mut (dyn FnMut(usize, Translated) + Send),
}

impl Work<'_> {
    /// A text with the glossary's words in it.
    fn source(&self, text: &str) -> Source {
        let given =
            |term: &Term| GivenTerm { source: term.source.clone(), target: term.target.clone() };
        let hits = self.wish.terms.in_source(text);
        let mut terms: Vec<GivenTerm> = hits.into_iter().map(|(term, _)| given(term)).collect();
        terms.dedup();
        Source::Text { text: text.to_owned(), target: self.language.map(str::to_owned), terms }
    }

    /// One try at each draft. Tells of those that are good, and in the last round of all; answers the others.
    async fn round(&mut self, round: Round, drafts: Vec<Draft>) -> Result<Vec<Draft>, ApiError> {
        if drafts.is_empty() || self.cancel.is_cancelled() {
            return Ok(drafts);
        }
        let sources = drafts.iter().flat_map(|draft| &draft.pieces);
        let sources = sources.map(|text| self.source(text)).collect();
        let request = RewriteRequest { sources, search: search(round, self.wish) };
        let mut open: Vec<Open> = drafts.into_iter().map(Open::from).collect();
        let pieces = |(owner, draft): (usize, &Open)| {
            (0..draft.answers.len()).map(move |piece| (owner, piece)).collect::<Vec<_>>()
        };
        let owners: Vec<(usize, usize)> = open.iter().enumerate().flat_map(pieces).collect();
        let (said, mut heard) = mpsc::unbounded_channel();
        let sink = Box::new(move |event| {
            if let RewriteEvent::Finished { source, rewriting } = event {
                // Whoever asked may have gone away.
                let _ = said.send((source, rewriting));
            }
        });
        let working = self.translator.worker.rewrite(request, self.cancel.clone(), sink);
        let mut failed = Vec::new();
        let hearing = async {
            while let Some((source, rewriting)) = heard.recv().await {
                let (owner, piece) = owners[source];
                let Some((mut draft, judged)) = open[owner].hear(piece, rewriting, self.wish)
                else {
                    continue;
                };
                let best = draft.better(judged);
                if best.is_good() || round == Round::OtherBeams {
                    (self.on_done)(draft.number, best.translated(&draft, self.wish));
                } else {
                    draft.best = Some(best);
                    failed.push(draft);
                }
            }
        };
        let (worked, ()) = tokio::join!(working, hearing);
        worked?;
        Ok(failed)
    }
}

/// What can be given to the model in smaller pieces, and the rest.
fn cut_smaller(drafts: Vec<Draft>) -> (Vec<Draft>, Vec<Draft>) {
    let (mut cut, mut rest) = (Vec::new(), Vec::new());
    for draft in drafts {
        match smaller_pieces(&draft.pieces) {
            Some(pieces) => cut.push(Draft { pieces, ..draft }),
            None => rest.push(draft),
        }
    }
    (cut, rest)
}

fn source(text: &str, language: Option<&str>) -> Source {
    Source::text(text, language.map(str::to_owned))
}

fn search(round: Round, wish: &Wish) -> SearchParams {
    let beams = wish.beams.unwrap_or(BEAMS);
    match round {
        Round::First | Round::Pieces => {
            SearchParams { beams: Some(beams), best: Some(beams), ..SearchParams::default() }
        }
        Round::OtherBeams => {
            let beams = beams.max(MORE_BEAMS);
            SearchParams {
                beams: Some(beams),
                best: Some(beams),
                no_repeat_ngram: Some(NO_REPEAT),
                ..SearchParams::default()
            }
        }
    }
}

/// Each piece in two where one of them can be cut behind a mark or a space.
fn smaller_pieces(pieces: &[String]) -> Option<Vec<String>> {
    let mut smaller = Vec::new();
    for piece in pieces {
        match halves(piece)
            .filter(|(first, _)| piece[..first.end].ends_with(|c: char| !c.is_alphanumeric()))
        {
            Some((first, second)) => {
                smaller.extend([piece[first].to_owned(), piece[second].to_owned()])
            }
            None => smaller.push(piece.clone()),
        }
    }
    (smaller.len() > pieces.len()).then_some(smaller)
}

/// Whether a model that knows one language writes Chinese, as its name has it: `opus-mt-en-zh`.
pub(super) fn only_direction(name: &str) -> Option<bool> {
    let name = name.to_lowercase();
    let has = |ways: [&str; 2]| ways.iter().any(|way| name.contains(way));
    match (has(["en-zh", "en_zh"]), has(["zh-en", "zh_en"])) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

fn unsupported(to: TargetLanguage, detail: &str) -> ApiError {
    let model = if to.is_chinese() { "opus-mt-en-zh" } else { "opus-mt-zh-en" };
    let message = format!(
        "This model does not write that language: choose another model, {model} for instance."
    );
    ApiError::new("language_unsupported", message).with_detail(detail)
}
