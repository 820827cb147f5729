//! Penalties on what has been written.

use std::collections::HashMap;

use bimo_engine::{SamplingParams, TokenId};

/// Repetition, presence and frequency penalties over the last tokens of `history`.
///
/// Sources: repetition Keskar et al. 2019; presence and frequency as OpenAI's interface defines them.
pub(super) fn apply(params: &SamplingParams, logits: &mut [f32], history: &[TokenId]) {
    let off = params.repetition_penalty == 1.0
        && params.presence_penalty == 0.0
        && params.frequency_penalty == 0.0;
    if off {
        return;
    }
    let mut counts: HashMap<TokenId, f32> = HashMap::new();
    for &token in last(history, params.repetition_range) {
        *counts.entry(token).or_default() += 1.0;
    }
    for (token, count) in counts {
        let Some(logit) = logits.get_mut(token as usize) else { continue };
        if *logit > 0.0 {
            *logit /= params.repetition_penalty;
        } else {
            *logit *= params.repetition_penalty;
        }
        *logit -= params.presence_penalty + count * params.frequency_penalty;
    }
}

/// The last `count` tokens; 0 is all.
pub(super) fn last(history: &[TokenId], count: u32) -> &[TokenId] {
    match count as usize {
        0 => history,
        count => &history[history.len().saturating_sub(count)..],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn penalised(params: SamplingParams, history: &[TokenId]) -> Vec<f32> {
        let mut logits = vec![2.0, -2.0, 1.0, 0.5];
        apply(&params, &mut logits, history);
        logits
    }

    #[test]
    fn repetition_divides_what_is_positive_and_multiplies_what_is_negative() {
        let params = SamplingParams { repetition_penalty: 2.0, ..Default::default() };
        assert_eq!(penalised(params, &[0, 1, 1]), [1.0, -4.0, 1.0, 0.5]);
    }

    #[test]
    fn presence_counts_once_and_frequency_each_time() {
        // Token 1 stands twice: -2 - (.5 + 2 * .25) = -3; token 0 once: 2 - (.5 + .25) = 1.25.
        let params =
            SamplingParams { presence_penalty: 0.5, frequency_penalty: 0.25, ..Default::default() };
        assert_eq!(penalised(params, &[0, 1, 1]), [1.25, -3.0, 1.0, 0.5]);
    }

    #[test]
    fn only_the_range_counts_and_0_is_everything() {
        let params = |repetition_range| SamplingParams {
            presence_penalty: 1.0,
            repetition_range,
            ..Default::default()
        };
        assert_eq!(penalised(params(2), &[0, 2, 3]), [2.0, -2.0, 0.0, -0.5]);
        assert_eq!(penalised(params(0), &[0, 2, 3]), [1.0, -2.0, 0.0, -0.5]);
    }
}
