//! Always the likeliest token.

use bimo_engine::TokenId;

use super::{Found, Plan, log_softmax};

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

    pub fn advance(&mut self, logits: Vec<Vec<f32>>) -> Vec<usize> {
        let Some(mut logits) = logits.into_iter().next() else { return Vec::new() };
        let mut scores = logits.clone();
        self.plan.constrain(&self.text, &mut scores);
        let token = likeliest(&scores);
        log_softmax(&mut logits);
        self.logprobs.push(logits[token as usize]);
        self.text.push(token);
        if self.plan.ends(token, self.text.len()) { Vec::new() } else { vec![0] }
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

/// The first of the largest.
fn likeliest(scores: &[f32]) -> TokenId {
    let best = scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
    best.map_or(0, |(token, _)| token as TokenId)
}
