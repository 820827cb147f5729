//! From one slider to the sampler's settings.

use bimo_engine::{DryParams, SamplingParams};

use crate::wire::WritingParams;

/// The sampler's settings for a request: the advanced ones if the person has changed them, or those of the slider.
///
/// The slider moves temperature from 0.5 to 1.2 and min-p from 0.10 down to 0.03. Min-p does most of the work: it cuts
/// in proportion to the best token, so that a wild setting stays coherent where the model is sure of itself, on a model
/// of 10 million weights as on one of 10 billion. Two light guards stay on everywhere, because small models fall into
/// loops when they are steady: a repetition penalty of 1.05 over the last 256 tokens, too weak to drive out 的 or
/// "the", and DRY for repeated sequences of more than 4 tokens, so that names may come back as often as they like.
pub fn sampling_for(writing: &WritingParams, seed: u32) -> SamplingParams {
    match &writing.sampling {
        Some(sampling) => SamplingParams { seed, ..sampling.clone() },
        None => SamplingParams { seed, ..of_slider(writing.wildness) },
    }
}

fn of_slider(wildness: f32) -> SamplingParams {
    let between = |steady: f32, wild: f32| steady + (wild - steady) * wildness;
    SamplingParams {
        temperature: between(0.5, 1.2),
        min_p: between(0.10, 0.03),
        repetition_penalty: 1.05,
        repetition_range: 256,
        dry: DryParams {
            multiplier: 0.6,
            allowed_length: 4,
            range: 1024,
            sequence_breakers: BREAKERS.map(String::from).to_vec(),
            ..DryParams::default()
        },
        ..SamplingParams::default()
    }
}

/// Speech begins and ends alike in every paragraph; that is no repetition.
const BREAKERS: [&str; 10] = ["\n", ":", "\"", "*", "“", "”", "：", "「", "」", "。"];

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wildness: f32) -> SamplingParams {
        sampling_for(&WritingParams { wildness, ..WritingParams::default() }, 7)
    }

    #[test]
    fn the_slider_goes_from_steady_to_wild() {
        let (steady, middle, wild) = (at(0.0), at(0.5), at(1.0));
        assert!(steady.temperature < middle.temperature && middle.temperature < wild.temperature);
        assert!(steady.min_p > middle.min_p && middle.min_p > wild.min_p);
        for params in [steady, middle, wild] {
            assert_eq!(params.validate(), Ok(()));
            assert_eq!(params.seed, 7);
        }
    }

    #[test]
    fn advanced_settings_win_but_for_their_seed() {
        let sampling = SamplingParams { top_k: 40, seed: 1, ..SamplingParams::default() };
        let writing = WritingParams { sampling: Some(sampling), ..WritingParams::default() };
        let chosen = sampling_for(&writing, 9);
        assert_eq!((chosen.top_k, chosen.seed, chosen.repetition_penalty), (40, 9, 1.0));
    }
}
