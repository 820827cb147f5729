//! How a text is searched for: greedy or by beams, under constraints, as `transformers` does it.
//!
//! **Invariant**: scores are added and divided in f32 in the order in which `transformers` does, so that the same text
//! wins also where two are nearly alike.

mod beams;
mod constraints;
mod greedy;
mod plan;

use bimo_engine::TokenId;
use bimo_kernels::{InstructionSet, are_finite};

use beams::Beams;
use greedy::Greedy;
pub(super) use plan::Plan;

/// The search for the texts of one source.
pub(super) enum Search<'p> {
    Greedy(Greedy<'p>),
    Beams(Beams<'p>),
}

/// A token that a text may go on with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub token: TokenId,
    /// Before any constraint.
    pub logprob: f32,
    /// What tokens are compared by.
    pub score: f32,
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

    /// The best ways in which a text that is being written may go on, by the logits of what could follow it; they may be
    /// changed. Nothing where one of them is no number.
    pub fn rank(&self, text: usize, logits: &mut [f32]) -> Option<Vec<Choice>> {
        are_finite(InstructionSet::chosen(), logits).then(|| match self {
            Self::Greedy(greedy) => greedy.rank(logits),
            Self::Beams(beams) => beams.rank(text, logits),
        })
    }

    /// Takes what was ranked for each text. Answers which texts go on, each with a token more; none when the search is
    /// over.
    pub fn advance(&mut self, ranked: Vec<Vec<Choice>>) -> Vec<usize> {
        match self {
            Self::Greedy(greedy) => greedy.advance(ranked),
            Self::Beams(beams) => beams.advance(&ranked),
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
