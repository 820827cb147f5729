//! The tokens that may come next, with their weights.

use std::cmp::Ordering;

use bimo_engine::TokenId;
use bimo_kernels::{InstructionSet, at_least, best};

/// A partial sort looks at so many candidates first, then at four times as many, and so on.
const FIRST_BLOCK: usize = 64;

/// A token that may come next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub token: TokenId,
    pub logit: f32,
    /// Among the candidates that are left.
    pub probability: f32,
}

/// The tokens that may come next, in no order. Probabilities add up to 1, but for what was left out from the first.
pub(super) struct Candidates(Vec<Candidate>);

impl Candidates {
    /// All tokens whose logit is a number.
    pub fn new(logits: &[f32]) -> Self {
        let mut candidates = Self::at_least(logits, f32::MIN, 0.0);
        candidates.normalise();
        candidates
    }

    /// The tokens whose logits are `least` or more, with their probabilities among all; `total` is [`log_sum_exp`] of all.
    pub fn at_least(logits: &[f32], least: f32, total: f32) -> Self {
        let candidate = |(token, logit): (usize, f32)| Candidate {
            token: token as TokenId,
            logit,
            probability: (logit - total).exp(),
        };
        Self(at_least(InstructionSet::chosen(), logits, least).into_iter().map(candidate).collect())
    }

    /// The `count` likeliest tokens.
    pub fn first(logits: &[f32], count: usize) -> Self {
        let possible = best(InstructionSet::chosen(), logits, count).into_iter();
        let candidate =
            |(token, logit)| Candidate { token: token as TokenId, logit, probability: 0.0 };
        let possible = possible.filter(|(_, logit)| logit.is_finite());
        let mut candidates = Self(possible.map(candidate).collect());
        candidates.normalise();
        candidates
    }

    /// The candidates.
    pub fn iter(&self) -> impl Iterator<Item = &Candidate> {
        self.0.iter()
    }

    /// Keeps the `count` first by `order`.
    pub fn keep_first(&mut self, count: usize, order: impl Fn(&Candidate, &Candidate) -> Ordering) {
        if 0 < count && count < self.0.len() {
            self.0.select_nth_unstable_by(count - 1, order);
            self.0.truncate(count);
            self.normalise();
        }
    }

    /// Keeps the fewest, taken by `order`, whose probability reaches `mass`; at least one.
    pub fn keep_mass(&mut self, mass: f32, order: impl Fn(&Candidate, &Candidate) -> Ordering) {
        let mut sum = 0.0;
        let mut sorted = 0;
        let mut block = FIRST_BLOCK;
        while sorted < self.0.len() {
            let rest = &mut self.0[sorted..];
            let end = block.min(rest.len());
            if end < rest.len() {
                rest.select_nth_unstable_by(end - 1, &order);
            }
            rest[..end].sort_unstable_by(&order);
            for (place, candidate) in rest[..end].iter().enumerate() {
                sum += f64::from(candidate.probability);
                if sum >= f64::from(mass) {
                    self.0.truncate(sorted + place + 1);
                    return self.normalise();
                }
            }
            sorted += end;
            block *= 4;
        }
    }

    /// Keeps those that `wanted` is true for, if there is one.
    pub fn retain(&mut self, wanted: impl Fn(&Candidate) -> bool) {
        if self.0.iter().any(&wanted) {
            self.0.retain(wanted);
            self.normalise();
        }
    }

    /// Divides all logits, counted from the highest: however low the temperature, none becomes infinite.
    pub fn set_temperature(&mut self, temperature: f32) {
        let top = self.0.iter().fold(f32::NEG_INFINITY, |top, c| top.max(c.logit));
        for candidate in &mut self.0 {
            candidate.logit = (candidate.logit - top) / temperature;
        }
        self.normalise();
    }

    /// The candidate at this place, 0 to 1, of the distribution laid out candidate after candidate.
    pub fn draw(&self, place: f64) -> TokenId {
        let mut sum = 0.0;
        for candidate in &self.0 {
            sum += f64::from(candidate.probability);
            if place < sum {
                return candidate.token;
            }
        }
        // Rounding may leave the sum a little below 1.
        self.0.iter().rfind(|candidate| candidate.probability > 0.0).map_or(0, |last| last.token)
    }

    fn normalise(&mut self) {
        let top = self.0.iter().fold(f32::NEG_INFINITY, |top, c| top.max(c.logit));
        let mut sum = 0.0;
        for candidate in &mut self.0 {
            candidate.probability = (candidate.logit - top).exp();
            sum += f64::from(candidate.probability);
        }
        let scale = (1.0 / sum) as f32;
        for candidate in &mut self.0 {
            candidate.probability *= scale;
        }
    }
}

/// Likeliest first; equals by token.
pub(super) fn by_probability(a: &Candidate, b: &Candidate) -> Ordering {
    b.logit.total_cmp(&a.logit).then(a.token.cmp(&b.token))
}

/// The tokens of the `count` highest logits, highest first; equals by token.
pub(crate) fn likeliest(logits: &[f32], count: usize) -> Vec<TokenId> {
    let best = best(InstructionSet::chosen(), logits, count).into_iter();
    best.map(|(token, _)| token as TokenId).collect()
}

/// ln of the sum of e to each: what turns a logit into a log-probability when it is subtracted.
pub fn log_sum_exp(logits: &[f32]) -> f32 {
    bimo_kernels::log_sum_exp(InstructionSet::chosen(), logits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_come_first_and_equals_by_token() {
        assert_eq!(likeliest(&[1.0, 5.0, 3.0, 5.0], 3), [1, 3, 2]);
        assert_eq!(likeliest(&[1.0, 2.0], 5), [1, 0]);
        assert!(likeliest(&[1.0], 0).is_empty());
    }

    #[test]
    fn the_sum_of_exponentials_survives_large_logits() {
        // ln(e^1000 + e^1000) = 1000 + ln 2.
        assert!((log_sum_exp(&[1000.0, 1000.0]) - 1000.6931).abs() < 1e-3);
    }

    #[test]
    fn a_mass_that_needs_many_blocks_finds_the_same_set_as_a_full_sort() {
        let logits: Vec<f32> = (0..5000).map(|i| ((i * 37) % 5000) as f32 / 2500.0).collect();
        let mut sorted: Vec<Candidate> = Candidates::new(&logits).0;
        sorted.sort_by(by_probability);
        let mut sum = 0.0;
        let until = sorted.iter().position(|candidate| {
            sum += f64::from(candidate.probability);
            sum >= f64::from(0.9f32)
        });
        let mut candidates = Candidates::new(&logits);
        candidates.keep_mass(0.9, by_probability);
        let kept: Vec<TokenId> = candidates.iter().map(|candidate| candidate.token).collect();
        let expected: Vec<TokenId> =
            sorted[..=until.unwrap()].iter().map(|candidate| candidate.token).collect();
        assert!(expected.len() > FIRST_BLOCK * 5);
        assert_eq!(kept, expected);
    }

    #[test]
    fn a_draw_lands_in_its_token_and_never_outside() {
        let draw = |place| Candidates::new(&[0.5f32.ln(), 0.25f32.ln(), 0.25f32.ln()]).draw(place);
        assert_eq!([draw(0.0), draw(0.49), draw(0.51), draw(0.76)], [0, 0, 1, 2]);
        assert_eq!(draw(1.0), 2);
    }
}
