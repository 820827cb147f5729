//! How a text is searched for: greedy or by beams, under constraints, as `transformers` does it.
//!
//! **Invariant**: scores are added and divided in f32 in the order in which `transformers` does, so that the same text
//! wins also where two are nearly alike.

mod beams;
mod constraints;
mod greedy;
mod plan;

use bimo_engine::TokenId;

use beams::Beams;
use greedy::Greedy;
pub(super) use plan::Plan;

/// The search for the texts of one source.
pub(super) enum Search<'p> {
    Greedy(Greedy<'p>),
    Beams(Beams<'p>),
}

/// A text that was found, the opening token left out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub tokens: Vec<TokenId>,
    pub logprobs: Vec<f32>,
    pub score: f32,
}

impl<'p> Search<'p> {
    pub fn new(plan: &'p Plan) -> Self {
        if plan.settings.beams == 1 {
            Self::Greedy(Greedy::new(plan))
        } else {
            Self::Beams(Beams::new(plan))
        }
    }

    /// The last token of each text that is being written.
    pub fn last_tokens(&self) -> Vec<TokenId> {
        match self {
            Self::Greedy(greedy) => vec![greedy.last_token()],
            Self::Beams(beams) => beams.last_tokens(),
        }
    }

    /// Takes the logits of what could follow each text. Answers which texts go on, each with a token more; none when the
    /// search is over.
    pub fn advance(&mut self, logits: Vec<Vec<f32>>) -> Vec<usize> {
        match self {
            Self::Greedy(greedy) => greedy.advance(logits),
            Self::Beams(beams) => beams.advance(logits),
        }
    }

    /// What the best text is sure to begin with, whatever still comes.
    pub fn settled(&self) -> &[TokenId] {
        match self {
            Self::Greedy(greedy) => greedy.settled(),
            Self::Beams(beams) => beams.settled(),
        }
    }

    /// The texts, best first.
    pub fn finish(self) -> Vec<Found> {
        match self {
            Self::Greedy(greedy) => vec![greedy.finish()],
            Self::Beams(beams) => beams.finish(),
        }
    }
}

/// Logits to log-probabilities.
fn log_softmax(logits: &mut [f32]) {
    let sum = crate::sampling::log_sum_exp(logits);
    for logit in logits {
        *logit -= sum;
    }
}
