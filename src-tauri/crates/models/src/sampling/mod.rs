//! How the next token is chosen from a model's logits, by every setting of [`SamplingParams`].
//!
//! Start reading at [`Sampler::choose`]. The order is that of [`SamplingParams`].
//!
//! **Invariant**: the same settings, seed, logits and history give the same token. Ties go to the lower token.
//!
//! **Invariant**: nothing sorts the whole vocabulary.

mod candidates;
mod dry;
mod filters;
mod penalties;

use bimo_engine::{EngineError, SamplingParams, TokenId};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) use candidates::likeliest;
pub use candidates::log_sum_exp;

use bimo_kernels::{InstructionSet, are_finite};
use candidates::Candidates;
use dry::Dry;

/// More than so many of the likeliest are taken one filter after another.
const FEW: usize = 256;

/// By how much a logit may miss a bound and still be looked at exactly.
const SLACK: f32 = 1e-3;

/// Chooses the tokens of one continuation.
pub struct Sampler {
    params: SamplingParams,
    dry: Dry,
    random: ChaCha8Rng,
    /// The logits, adjusted.
    adjusted: Vec<f32>,
}

impl Sampler {
    /// A sampler that draws with this seed.
    pub fn new(params: &SamplingParams, seed: u32) -> Self {
        Self {
            params: params.clone(),
            dry: Dry::new(&params.dry),
            random: ChaCha8Rng::seed_from_u64(seed.into()),
            adjusted: Vec::new(),
        }
    }

    /// The token that follows `history` (prompt and continuation), from the model's logits.
    ///
    /// `forbidden` tokens are never chosen. `text_of` gives a token's text, to find what a repetition may not cross.
    pub fn choose(
        &mut self,
        logits: &[f32],
        history: &[TokenId],
        forbidden: &[TokenId],
        text_of: &dyn Fn(TokenId) -> String,
    ) -> Result<TokenId, EngineError> {
        if logits.is_empty() || !are_finite(InstructionSet::chosen(), logits) {
            return Err(EngineError::NotANumber);
        }
        let mut adjusted = std::mem::take(&mut self.adjusted);
        adjusted.clear();
        adjusted.extend_from_slice(logits);
        self.adjust(&mut adjusted, history, text_of);
        for &token in forbidden {
            if let Some(logit) = adjusted.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        let token = self.choose_adjusted(&adjusted);
        self.adjusted = adjusted;
        token
    }

    fn choose_adjusted(&mut self, logits: &[f32]) -> Result<TokenId, EngineError> {
        let first = likeliest(logits, 1)[0];
        let top = logits[first as usize];
        if top == f32::NEG_INFINITY {
            let name = "banned phrases";
            return Err(EngineError::InvalidParameter { name, value: "every text".into() });
        }
        if self.params.temperature == 0.0 {
            return Ok(first);
        }
        let mut candidates = self.candidates(logits, top);
        self.filter(&mut candidates);
        candidates.set_temperature(self.params.temperature);
        Ok(candidates.draw(self.random.random()))
    }

    /// The tokens that the filters may leave, without looking closely at those that they cannot: what is less than
    /// `min_p` as likely as the likeliest goes whatever the others remove, and all tokens that are less likely than the
    /// vocabulary's share of what is beyond `top_p` do not have that much together.
    fn candidates(&self, logits: &[f32], top: f32) -> Candidates {
        let params = &self.params;
        if (1..=FEW).contains(&(params.top_k as usize)) {
            return Candidates::first(logits, params.top_k as usize);
        }
        let is_cut = params.min_p > 0.0 || params.top_p < 1.0;
        if !is_cut || params.top_k > 0 || params.typical_p < 1.0 {
            return Candidates::new(logits);
        }
        let total = log_sum_exp(logits);
        let mut least = f32::MIN;
        if params.min_p > 0.0 {
            least = least.max(top + params.min_p.ln() - SLACK);
        }
        if params.top_p < 1.0 {
            let share = (1.0 - params.top_p) / logits.len() as f32;
            least = least.max(total + share.ln() - SLACK);
        }
        Candidates::at_least(logits, least, total)
    }

    /// Everything that moves single logits.
    fn adjust(
        &mut self,
        logits: &mut [f32],
        history: &[TokenId],
        text_of: &dyn Fn(TokenId) -> String,
    ) {
        for &(token, bias) in &self.params.logit_bias {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit += bias;
            }
        }
        penalties::apply(&self.params, logits, history);
        self.dry.apply(logits, history, text_of);
    }

    /// Everything that removes candidates.
    fn filter(&mut self, candidates: &mut Candidates) {
        let params = &self.params;
        if params.top_k > 0 {
            filters::top_k(candidates, params.top_k as usize);
        }
        if params.typical_p < 1.0 {
            filters::typical_p(candidates, params.typical_p);
        }
        if params.top_p < 1.0 {
            filters::top_p(candidates, params.top_p);
        }
        if params.min_p > 0.0 {
            filters::min_p(candidates, params.min_p);
        }
        let xtc = &params.xtc;
        if xtc.probability > 0.0 && self.random.random::<f32>() < xtc.probability {
            filters::exclude_top_choices(candidates, xtc.threshold);
        }
    }
}

#[cfg(test)]
mod tests {
    use bimo_engine::XtcParams;

    use super::*;

    fn no_text(_: TokenId) -> String {
        String::new()
    }

    /// Logits of a distribution.
    fn logits(probabilities: &[f32]) -> Vec<f32> {
        probabilities.iter().map(|p| p.ln()).collect()
    }

    /// How often each token is drawn, of 20,000.
    fn frequencies(params: &SamplingParams, probabilities: &[f32]) -> Vec<f64> {
        let logits = logits(probabilities);
        let mut sampler = Sampler::new(params, 7);
        let mut counts = vec![0.0; logits.len()];
        for _ in 0..20_000 {
            let token = sampler.choose(&logits, &[], &[], &no_text).unwrap();
            counts[token as usize] += 1.0 / 20_000.0;
        }
        counts
    }

    /// Three standard deviations of a frequency near 1/2 are 0.0106.
    fn assert_close(found: &[f64], expected: &[f64]) {
        let far = found.iter().zip(expected).any(|(a, b)| (a - b).abs() > 0.0107);
        assert!(!far, "{found:?} is not {expected:?}");
    }

    #[test]
    fn everything_off_draws_as_the_model_says() {
        let found = frequencies(&SamplingParams::default(), &[0.5, 0.3, 0.15, 0.05]);
        assert_close(&found, &[0.5, 0.3, 0.15, 0.05]);
    }

    #[test]
    fn temperature_sharpens_what_the_filters_left() {
        // Temperature 1/2 squares: .25 : .09 : .0225 : .0025, sum .365. The filters look at the plain distribution:
        // top-p .7 keeps two, then .25 : .09 = .735 : .265.
        let cold = SamplingParams { temperature: 0.5, ..SamplingParams::default() };
        let probabilities = [0.5, 0.3, 0.15, 0.05];
        assert_close(&frequencies(&cold, &probabilities), &[0.685, 0.247, 0.062, 0.007]);
        let both = SamplingParams { top_p: 0.7, ..cold };
        assert_close(&frequencies(&both, &probabilities), &[0.735, 0.265, 0.0, 0.0]);
    }

    #[test]
    fn xtc_acts_with_its_probability() {
        // Above .2 stand .5 and .3; half of the time .5 goes: then .3 : .15 : .05 over .5 = .6 : .3 : .1.
        // Mean: .25, .15 + .3 = .45, .075 + .15 = .225, .025 + .05 = .075.
        let params = SamplingParams {
            xtc: XtcParams { probability: 0.5, threshold: 0.2 },
            ..SamplingParams::default()
        };
        assert_close(&frequencies(&params, &[0.5, 0.3, 0.15, 0.05]), &[0.25, 0.45, 0.225, 0.075]);
    }

    #[test]
    fn greedy_takes_the_likeliest_and_the_lower_of_equals() {
        let mut sampler = Sampler::new(&SamplingParams::greedy(), 0);
        let mut choose = |logits: &[f32], forbidden: &[TokenId]| {
            sampler.choose(logits, &[], forbidden, &no_text)
        };
        assert_eq!(choose(&[0.0, 3.0, 3.0, -1.0], &[]), Ok(1));
        assert_eq!(choose(&[0.0, 3.0, 3.0, -1.0], &[1]), Ok(2));
    }

    #[test]
    fn a_bias_moves_its_token_only() {
        // + ln 6 on the token of .05 gives .3 of 1.25: .4, .24, .12, .24.
        let params =
            SamplingParams { logit_bias: vec![(3, 6.0f32.ln()), (99, 1.0)], ..Default::default() };
        assert_close(&frequencies(&params, &[0.5, 0.3, 0.15, 0.05]), &[0.4, 0.24, 0.12, 0.24]);
    }

    #[test]
    fn what_is_left_out_from_the_first_the_filters_would_have_removed() {
        let logits: Vec<f32> = (0..5000).map(|i| ((i * 37) % 5000) as f32 / 400.0).collect();
        let of = |top_p, min_p, top_k| SamplingParams { top_p, min_p, top_k, ..Default::default() };
        for params in [of(0.9, 0.0, 0), of(1.0, 0.05, 0), of(0.8, 0.02, 0), of(0.7, 0.0, 40)] {
            let mut sampler = Sampler::new(&params, 0);
            let left = |mut candidates: Candidates, sampler: &mut Sampler| {
                sampler.filter(&mut candidates);
                let mut left: Vec<_> =
                    candidates.iter().map(|one| (one.token, one.probability)).collect();
                left.sort_by_key(|(token, _)| *token);
                left
            };
            let few = sampler.candidates(&logits, 4999.0 / 400.0);
            assert!(few.iter().count() < 5000, "{params:?}");
            let (few, all) =
                (left(few, &mut sampler), left(Candidates::new(&logits), &mut sampler));
            assert_eq!(few.len(), all.len(), "{params:?}");
            for (few, all) in few.iter().zip(&all) {
                assert!(few.0 == all.0 && (few.1 - all.1).abs() < 1e-6, "{few:?} {all:?}");
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let draw = |seed| {
            let mut sampler = Sampler::new(&SamplingParams::default(), seed);
            let logits = [0.0; 64];
            (0..32)
                .map(|_| sampler.choose(&logits, &[], &[], &no_text).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        let mut sampler = Sampler::new(&SamplingParams::default(), 0);
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let chosen = sampler.choose(&[0.0, bad], &[], &[], &no_text);
            assert_eq!(chosen, Err(EngineError::NotANumber));
        }
        assert_eq!(sampler.choose(&[], &[], &[], &no_text), Err(EngineError::NotANumber));
    }
}
