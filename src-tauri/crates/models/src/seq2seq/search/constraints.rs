//! What a text must and must not be, worked into the scores of the tokens that could follow it.

use bimo_engine::TokenId;

use super::Plan;

const NEVER: f32 = f32::NEG_INFINITY;

impl Plan {
    /// Whether [`Plan::constrain`] changes the score of a token and leaves it possible.
    pub(super) fn moves_scores(&self, text: &[TokenId]) -> bool {
        let is_first = text.len() == 1 && self.settings.forced_first.is_some();
        let is_last = text.len() + 1 == self.settings.max_length;
        self.settings.repetition_penalty != 1.0
            || is_first
            || (is_last && !self.settings.forced_last.is_empty())
    }

    /// Changes the scores of the tokens that could follow `text`, the opening token included. In transformers' order.
    pub(super) fn constrain(&self, text: &[TokenId], scores: &mut [f32]) {
        self.penalise_repetition(text, scores);
        self.ban_repeated_runs(text, scores);
        self.ban_words(text, scores);
        if text.len() < self.settings.min_length {
            ban(&self.end_tokens, scores);
        }
        if let (1, Some(first)) = (text.len(), self.settings.forced_first) {
            force(&[first], scores);
        }
        if text.len() + 1 == self.settings.max_length && !self.settings.forced_last.is_empty() {
            force(&self.settings.forced_last, scores);
        }
        ban(&self.settings.suppressed, scores);
        if text.len() == 1 + usize::from(self.settings.forced_first.is_some()) {
            ban(&self.settings.suppressed_first, scores);
        }
    }

    fn penalise_repetition(&self, text: &[TokenId], scores: &mut [f32]) {
        let penalty = self.settings.repetition_penalty;
        if penalty == 1.0 {
            return;
        }
        let mut seen = text.to_vec();
        seen.sort_unstable();
        seen.dedup();
        for token in seen {
            let score = &mut scores[token as usize];
            *score = if *score < 0.0 { *score * penalty } else { *score / penalty };
        }
    }

    fn ban_repeated_runs(&self, text: &[TokenId], scores: &mut [f32]) {
        let run = self.settings.no_repeat_ngram;
        if run == 0 || text.len() + 1 < run {
            return;
        }
        let begun = &text[text.len() + 1 - run..];
        for earlier in text.windows(run).filter(|earlier| earlier.starts_with(begun)) {
            scores[earlier[run - 1] as usize] = NEVER;
        }
    }

    fn ban_words(&self, text: &[TokenId], scores: &mut [f32]) {
        for word in &self.settings.bad_words {
            if let Some((last, begun)) = word.split_last()
                && text.ends_with(begun)
            {
                scores[*last as usize] = NEVER;
            }
        }
    }
}

fn ban(tokens: &[TokenId], scores: &mut [f32]) {
    for &token in tokens {
        scores[token as usize] = NEVER;
    }
}

fn force(tokens: &[TokenId], scores: &mut [f32]) {
    scores.fill(NEVER);
    for &token in tokens {
        scores[token as usize] = 0.0;
    }
}
