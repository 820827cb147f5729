//! The trait of models that turn one text into another: translators, summarisers.

use serde::{Deserialize, Serialize};

use crate::{CancellationToken, EngineError, FinishReason, ModelCard, TokenId, Worker};

/// A model that reads a whole text and writes another. One request at a time; [`Seq2SeqWorker`] queues them.
pub trait Seq2Seq: Send {
    /// The model's facts; its context is that of the source.
    fn card(&self) -> &ModelCard;

    /// What the model is told to write in, `zh` of `>>zh<<` for instance; empty where it knows one language only.
    fn target_languages(&self) -> Vec<String>;

    /// The source in tokens, as the model reads it: what its format adds is there.
    fn encode_source(&self, source: &Source) -> Result<Vec<TokenId>, EngineError>;

    /// Text of written tokens; control tokens are left out.
    fn decode_target(&self, tokens: &[TokenId]) -> Result<String, EngineError>;

    /// Rewrites every source, telling `on_event` as each is done. Answers in the order of the sources.
    ///
    /// Cancelling is no error: sources that were not finished have no answer. The flag is looked at for every token.
    fn rewrite(
        &mut self,
        request: &RewriteRequest,
        cancel: &CancellationToken,
        on_event: &mut dyn FnMut(RewriteEvent),
    ) -> Result<Vec<Rewriting>, EngineError>;
}

/// What to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A text; what looks like a control token in it stays text.
    Text {
        /// The text itself.
        text: String,
        /// One of [`Seq2Seq::target_languages`]; nothing takes the model's first, where it has any.
        target: Option<String>,
        /// Words of the text whose translation is given. Only a model that is asked in words is told of them.
        terms: Vec<GivenTerm>,
    },
    /// Tokens as the model reads them.
    Tokens(Vec<TokenId>),
}

/// A word, and what it is to be called in the other language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenTerm {
    /// As the text has it.
    pub source: String,
    /// As the other text is to have it.
    pub target: String,
}

impl Source {
    /// A text to write in a language, without terms.
    pub fn text(text: impl Into<String>, target: Option<String>) -> Self {
        Self::Text { text: text.into(), target, terms: Vec::new() }
    }
}

/// Texts to rewrite, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct RewriteRequest {
    /// Any number of any length; they are read in batches of like lengths.
    pub sources: Vec<Source>,
    /// How to search.
    pub search: SearchParams,
}

/// How the best text is searched for. What is nothing is as the model's own files have it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SearchParams {
    /// Beams; 1 is greedy.
    pub beams: Option<usize>,
    /// Texts to answer for each source, at most the beams; at least 1.
    pub best: Option<usize>,
    /// A text's log-probability is divided by its length to this power.
    pub length_penalty: Option<f32>,
    /// When the search ends.
    pub early_stopping: Option<EarlyStopping>,
    /// Most tokens of a text, the ending one counted.
    pub max_new_tokens: Option<usize>,
    /// Fewest tokens before a text may end.
    pub min_new_tokens: Option<usize>,
    /// No run of so many tokens comes up twice; 0 is off.
    pub no_repeat_ngram: Option<usize>,
    /// Makes tokens that have come up less likely; 1 is off.
    pub repetition_penalty: Option<f32>,
    /// Runs of tokens that must not come up, beside the model's own.
    pub bad_words: Vec<Vec<TokenId>>,
}

/// When a beam search ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EarlyStopping {
    /// As soon as there are as many whole texts as beams.
    WhenFull,
    /// When the best beam, at its length now, would not be among the whole texts.
    WhenUnlikely,
    /// When no beam could come to be among them.
    WhenImpossible,
}

/// One step of a rewriting.
#[derive(Debug, Clone, PartialEq)]
pub enum RewriteEvent {
    /// A token more in every text of a batch.
    Step {
        /// Sources that are done.
        done: usize,
        /// All sources.
        total: usize,
        /// Tokens of the texts that are being written.
        tokens: usize,
    },
    /// Where there is one source only: more of its text is certain, whichever beam wins.
    Settled {
        /// All of it that is certain, without characters that are not whole yet.
        text: String,
    },
    /// A source is done.
    Finished {
        /// Its number in the request.
        source: usize,
        /// Its texts.
        rewriting: Rewriting,
    },
}

/// What became of a source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rewriting {
    /// The texts, best first; none where it was cancelled.
    pub candidates: Vec<Candidate>,
    /// Tokens of the source.
    pub source_tokens: usize,
}

/// A text that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The text.
    pub text: String,
    /// Its tokens, the opening one left out, the ending one not.
    pub tokens: Vec<TokenId>,
    /// Its log-probability, divided by its length to the length penalty's power.
    pub score: f32,
    /// Natural logarithm of each token's probability, given the source and the tokens before it, before any setting; none
    /// where a server does not tell.
    pub logprobs: Vec<f32>,
    /// Why it ended.
    pub finish: FinishReason,
}

/// A [`Seq2Seq`] on its thread.
pub type Seq2SeqWorker = Worker<dyn Seq2Seq>;

/// Hears what is done, on the model's own thread: keep it short.
pub type RewriteSink = Box<dyn FnMut(RewriteEvent) + Send>;

impl crate::Loaded for dyn Seq2Seq {
    fn facts(&self) -> &ModelCard {
        self.card()
    }
}

impl Seq2SeqWorker {
    /// See [`Seq2Seq::target_languages`].
    pub async fn target_languages(&self) -> Result<Vec<String>, EngineError> {
        self.ask(|model| Ok(model.target_languages())).await
    }

    /// See [`Seq2Seq::encode_source`].
    pub async fn encode_source(&self, source: Source) -> Result<Vec<TokenId>, EngineError> {
        self.ask(move |model| model.encode_source(&source)).await
    }

    /// See [`Seq2Seq::rewrite`]; `on_event` runs on the model's thread.
    pub async fn rewrite(
        &self,
        request: RewriteRequest,
        cancel: CancellationToken,
        mut on_event: RewriteSink,
    ) -> Result<Vec<Rewriting>, EngineError> {
        self.ask(move |model| model.rewrite(&request, &cancel, &mut on_event)).await
    }
}

impl SearchParams {
    /// Refuses values outside what each setting means.
    pub fn validate(&self) -> Result<(), EngineError> {
        let refused = |name, value: String| Err(EngineError::InvalidParameter { name, value });
        if let Some(beams) = self.beams.filter(|beams| !(1..=64).contains(beams)) {
            return refused("beams", beams.to_string());
        }
        if self.best == Some(0) {
            return refused("best", "0".into());
        }
        if self.max_new_tokens == Some(0) {
            return refused("max new tokens", "0".into());
        }
        let numbers = [
            ("length penalty", self.length_penalty, -10.0..=10.0),
            ("repetition penalty", self.repetition_penalty, 0.01..=100.0),
        ];
        for (name, value, allowed) in numbers {
            if let Some(value) = value.filter(|value| !allowed.contains(value)) {
                return refused(name, value.to_string());
            }
        }
        match self.bad_words.iter().any(Vec::is_empty) {
            true => refused("bad words", "an empty run of tokens".into()),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::scripted::ScriptedRewriter;

    #[tokio::test]
    async fn a_worker_tells_of_every_source_and_answers_in_their_order() {
        let scripted = ScriptedRewriter::knowing([("雨停了。", "The rain has stopped.")]);
        let worker = Seq2SeqWorker::spawn(move || Ok(Box::new(scripted))).await.unwrap();
        let text = |text: &str| Source::text(text, None);
        let request = RewriteRequest {
            sources: vec![text("雨停了。"), text("abc")],
            search: SearchParams { best: Some(2), ..SearchParams::default() },
        };
        let (done, mut heard) = mpsc::unbounded_channel();
        let sink = Box::new(move |event| {
            if let RewriteEvent::Finished { source, .. } = event {
                done.send(source).unwrap();
            }
        });
        let answers = worker.rewrite(request, CancellationToken::new(), sink).await.unwrap();
        let texts: Vec<&str> =
            answers.iter().map(|answer| answer.candidates[0].text.as_str()).collect();
        assert_eq!(texts, ["The rain has stopped.", "cba"]);
        assert_eq!(answers[1].candidates.len(), 2);
        assert_eq!((heard.recv().await, heard.recv().await), (Some(0), Some(1)));
        assert_eq!(heard.recv().await, None);
    }

    #[test]
    fn settings_without_a_meaning_are_refused_by_name() {
        let refuses = |change: fn(&mut SearchParams)| {
            let mut params = SearchParams::default();
            change(&mut params);
            params.validate().unwrap_err().to_string()
        };
        assert_eq!(refuses(|params| params.beams = Some(0)), "beams cannot be 0");
        assert_eq!(refuses(|params| params.best = Some(0)), "best cannot be 0");
        assert_eq!(
            refuses(|params| params.length_penalty = Some(f32::NAN)),
            "length penalty cannot be NaN"
        );
        assert_eq!(
            refuses(|params| params.bad_words = vec![vec![]]),
            "bad words cannot be an empty run of tokens"
        );
        assert_eq!(SearchParams::default().validate(), Ok(()));
    }
}
