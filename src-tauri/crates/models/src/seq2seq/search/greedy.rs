//! Always the likeliest token.

use bimo_engine::TokenId;
use bimo_kernels::{InstructionSet, best};

use super::{Choice, Found, Plan};
use crate::sampling::log_sum_exp;

pub(in crate::seq2seq) struct Greedy<'p> {
    plan: &'p Plan,
    /// The opening token included.
    text: Vec<TokenId>,
    logprobs: Vec<f32>,
}

impl<'p> Greedy<'p> {
    pub fn new(plan: &'p Plan) -> Self {
        Self { plan, text: vec![plan.start_token], logprobs: Vec::new() }
    }

    pub fn last_token(&self) -> TokenId {
        self.text[self.text.len() - 1]
    }

    pub fn rank(&self, logits: &mut [f32]) -> Vec<Choice> {
        let total = log_sum_exp(logits);
        let before = self.plan.moves_scores(&self.text).then(|| logits.to_vec());
        self.plan.constrain(&self.text, logits);
        let best = best(InstructionSet::chosen(), logits, 1).into_iter();
        let choice = |(token, score)| {
            let logit = before.as_ref().map_or(score, |logits| logits[token]);
            Choice { token: token as TokenId, logprob: logit - total, score }
        };
        best.map(choice).collect()
    }

    pub fn advance(&mut self, ranked: Vec<Vec<Choice>>) -> Vec<usize> {
        let Some(&choice) = ranked.iter().flatten().next() else { return Vec::new() };
        self.logprobs.push(choice.logprob);
        self.text.push(choice.token);
        if self.plan.ends(choice.token, self.text.len()) { Vec::new() } else { vec![0] }
    }

    pub fn settled(&self) -> &[TokenId] {
        &self.text[1..]
    }

    pub fn finish(self) -> Found {
        let sum = self.logprobs.iter().sum();
        let score = self.plan.score(sum, self.logprobs.len().max(1));
        Found { tokens: self.text[1..].to_vec(), logprobs: self.logprobs, score }
    }
}
