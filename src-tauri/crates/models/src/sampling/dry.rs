//! "Don't repeat yourself": the token that would extend a repeated sequence becomes less likely, the more so the longer
//! the sequence already is.

use std::collections::HashMap;

use bimo_engine::{DryParams, TokenId};

use super::penalties::last;

/// Longer matches are penalised no further, which bounds the search.
const LONGEST_MATCH: usize = 64;

/// A logit is lowered by no more than this, so that it stays a number.
const LARGEST_PENALTY: f32 = 1e4;

/// The penalty, with what it knows of the vocabulary.
pub(super) struct Dry {
    params: DryParams,
    breakers: HashMap<TokenId, bool>,
}

impl Dry {
    pub fn new(params: &DryParams) -> Self {
        Self { params: params.clone(), breakers: HashMap::new() }
    }

    /// Lowers the logits of tokens that once followed what stands at the end of `history`.
    pub fn apply(
        &mut self,
        logits: &mut [f32],
        history: &[TokenId],
        text_of: &dyn Fn(TokenId) -> String,
    ) {
        if self.params.multiplier == 0.0 {
            return;
        }
        for (token, length) in self.matches(last(history, self.params.range), text_of) {
            let Some(logit) = logits.get_mut(token as usize) else { continue };
            if let Some(excess) = length.checked_sub(self.params.allowed_length as usize) {
                let penalty = self.params.multiplier * self.params.base.powi(excess as i32);
                *logit -= penalty.min(LARGEST_PENALTY);
            }
        }
    }

    /// For each token that would repeat something: how many tokens before it repeat already, at most.
    fn matches(
        &mut self,
        history: &[TokenId],
        text_of: &dyn Fn(TokenId) -> String,
    ) -> HashMap<TokenId, usize> {
        let mut longest = HashMap::new();
        let Some((&end, before)) = history.split_last() else { return longest };
        for place in (0..before.len()).filter(|&place| before[place] == end) {
            let length = self.match_length(history, place, text_of);
            if length > 0 {
                let next = longest.entry(history[place + 1]).or_insert(0);
                *next = length.max(*next);
            }
        }
        longest
    }

    /// Tokens up to `place` that are the same as those up to the end, none of them a breaker.
    fn match_length(
        &mut self,
        history: &[TokenId],
        place: usize,
        text_of: &dyn Fn(TokenId) -> String,
    ) -> usize {
        let earlier = history[..=place].iter().rev();
        earlier
            .zip(history.iter().rev())
            .take(LONGEST_MATCH)
            .take_while(|(a, b)| a == b && !self.is_breaker(**a, text_of))
            .count()
    }

    fn is_breaker(&mut self, token: TokenId, text_of: &dyn Fn(TokenId) -> String) -> bool {
        *self.breakers.entry(token).or_insert_with(|| {
            let text = text_of(token);
            let mut breakers = self.params.sequence_breakers.iter();
            breakers.any(|breaker| !breaker.is_empty() && text.contains(breaker))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Token 9 is a line break; the others are words.
    fn text_of(token: TokenId) -> String {
        if token == 9 { ".\n".into() } else { format!("w{token}") }
    }

    fn penalties(params: &DryParams, history: &[TokenId]) -> Vec<f32> {
        let mut logits = vec![0.0; 10];
        Dry::new(params).apply(&mut logits, history, &text_of);
        logits.iter().map(|logit| -logit).collect()
    }

    fn params() -> DryParams {
        DryParams { multiplier: 0.8, base: 2.0, allowed_length: 2, ..DryParams::default() }
    }

    #[test]
    fn the_penalty_grows_with_the_repeated_sequence() {
        // "1 2 3 4 ... 1 2 3": three tokens repeat, 4 would be the next: .8 * 2^(3-2) = 1.6.
        let found = penalties(&params(), &[1, 2, 3, 4, 5, 1, 2, 3]);
        assert_eq!(found, [0.0, 0.0, 0.0, 0.0, 1.6, 0.0, 0.0, 0.0, 0.0, 0.0]);
        // Two repeat: .8 * 2^0. One is free.
        assert_eq!(penalties(&params(), &[2, 3, 4, 5, 2, 3])[4], 0.8);
        assert_eq!(penalties(&params(), &[3, 4, 5, 3]), [0.0; 10]);
    }

    #[test]
    fn the_longest_of_several_matches_counts() {
        // 4 followed both "2 3" and "6 1 2 3": four tokens, .8 * 2^2.
        let found = penalties(&params(), &[7, 2, 3, 4, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3]);
        assert_eq!(found[4], 3.2);
        // 4 followed "2 3" and 5 followed "1 2 3".
        let found = penalties(&params(), &[7, 2, 3, 4, 8, 1, 2, 3, 5, 6, 1, 2, 3]);
        assert_eq!((found[4], found[5]), (0.8, 1.6));
    }

    #[test]
    fn a_sequence_is_not_matched_across_a_breaker() {
        // "1 ⏎ 2 3 4 ... 1 ⏎ 2 3": only "2 3" after the line break repeats.
        assert_eq!(penalties(&params(), &[1, 9, 2, 3, 4, 5, 1, 9, 2, 3])[4], 0.8);
        assert_eq!(penalties(&params(), &[1, 2, 9, 4, 5, 1, 2, 9]), [0.0; 10]);
    }

    #[test]
    fn only_the_range_is_searched() {
        let near = DryParams { range: 5, ..params() };
        assert_eq!(penalties(&near, &[1, 2, 3, 4, 5, 1, 2, 3]), [0.0; 10]);
    }

    #[test]
    fn an_endless_repetition_stays_a_number() {
        let steep = DryParams { base: 100.0, ..params() };
        assert_eq!(penalties(&steep, &[5; 500])[5], LARGEST_PENALTY);
    }
}
