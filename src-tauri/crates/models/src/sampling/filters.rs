//! Filters: each leaves a part of the candidates, judged at temperature 1.

use std::cmp::Ordering;

use super::candidates::{Candidate, Candidates, by_probability};

/// Keeps the `count` likeliest.
pub(super) fn top_k(candidates: &mut Candidates, count: usize) {
    candidates.keep_first(count, by_probability);
}

/// Keeps the fewest likeliest whose probability reaches `mass`.
pub(super) fn top_p(candidates: &mut Candidates, mass: f32) {
    candidates.keep_mass(mass, by_probability);
}

/// Keeps those at least `fraction` as likely as the likeliest.
pub(super) fn min_p(candidates: &mut Candidates, fraction: f32) {
    let top = candidates.iter().fold(0.0f32, |top, candidate| top.max(candidate.probability));
    candidates.retain(|candidate| candidate.probability >= fraction * top);
}

/// Keeps those whose surprise is nearest to the expected one until their probability reaches `mass`.
pub(super) fn typical_p(candidates: &mut Candidates, mass: f32) {
    let surprise = |candidate: &Candidate| -candidate.probability.max(f32::MIN_POSITIVE).ln();
    let expected: f64 = candidates
        .iter()
        .map(|candidate| f64::from(candidate.probability) * f64::from(surprise(candidate)))
        .sum();
    let distance = |candidate: &Candidate| (f64::from(surprise(candidate)) - expected).abs();
    candidates.keep_mass(mass, |a, b| -> Ordering {
        distance(a).total_cmp(&distance(b)).then_with(|| by_probability(a, b))
    });
}

/// Removes all but the least likely of those that reach `threshold`.
pub(super) fn exclude_top_choices(candidates: &mut Candidates, threshold: f32) {
    let top_choices = candidates.iter().filter(|candidate| candidate.probability >= threshold);
    let Some(least) = top_choices.max_by(|a, b| by_probability(a, b)).copied() else { return };
    candidates.retain(|candidate| by_probability(candidate, &least) != Ordering::Less);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a filter leaves of a distribution: token and probability, likeliest first.
    fn left(probabilities: &[f32], filter: impl Fn(&mut Candidates)) -> Vec<(u32, f32)> {
        let logits: Vec<f32> = probabilities.iter().map(|p| p.ln()).collect();
        let mut candidates = Candidates::new(&logits);
        filter(&mut candidates);
        let mut left: Vec<Candidate> = candidates.iter().copied().collect();
        left.sort_by(by_probability);
        left.iter().map(|candidate| (candidate.token, candidate.probability)).collect()
    }

    fn assert_left(found: Vec<(u32, f32)>, expected: &[(u32, f32)]) {
        let same = found.len() == expected.len()
            && found.iter().zip(expected).all(|(a, b)| a.0 == b.0 && (a.1 - b.1).abs() < 1e-5);
        assert!(same, "{found:?} is not {expected:?}");
    }

    /// In no order, so that a filter that looks at places instead of probabilities fails.
    const MIXED: [f32; 5] = [0.1, 0.4, 0.05, 0.25, 0.2];

    #[test]
    fn top_k_keeps_the_k_likeliest() {
        // .4 + .25 = .65.
        let kept = left(&MIXED, |c| top_k(c, 2));
        assert_left(kept, &[(1, 0.4 / 0.65), (3, 0.25 / 0.65)]);
        assert_eq!(left(&MIXED, |c| top_k(c, 9)).len(), 5);
    }

    #[test]
    fn top_p_keeps_the_smallest_set_that_reaches_p() {
        // .4 + .25 = .65 is short of .7; with .2 it is .85.
        let kept = left(&MIXED, |c| top_p(c, 0.7));
        assert_left(kept, &[(1, 0.4 / 0.85), (3, 0.25 / 0.85), (4, 0.2 / 0.85)]);
        assert_left(left(&MIXED, |c| top_p(c, 0.0)), &[(1, 1.0)]);
    }

    #[test]
    fn min_p_measures_against_the_likeliest() {
        // .4 * .45 = .18: .4, .25 and .2 stay, sum .85.
        let kept = left(&MIXED, |c| min_p(c, 0.45));
        assert_left(kept, &[(1, 0.4 / 0.85), (3, 0.25 / 0.85), (4, 0.2 / 0.85)]);
        assert_left(left(&MIXED, |c| min_p(c, 1.0)), &[(1, 1.0)]);
    }

    #[test]
    fn typical_p_prefers_the_expected_surprise_to_the_likeliest() {
        // Entropy: .1*2.303 + .4*.916 + .05*2.996 + .25*1.386 + .2*1.609 = 1.415. Distances: .887, .499, 1.580, .029,
        // .194. In order: .25 (.25), .2 (.45), .4 (.85). A mass of .4 needs two, of .5 three.
        let kept = left(&MIXED, |c| typical_p(c, 0.4));
        assert_left(kept, &[(3, 0.25 / 0.45), (4, 0.2 / 0.45)]);
        let kept = left(&MIXED, |c| typical_p(c, 0.5));
        assert_left(kept, &[(1, 0.4 / 0.85), (3, 0.25 / 0.85), (4, 0.2 / 0.85)]);
    }

    #[test]
    fn xtc_leaves_the_least_of_the_top_choices() {
        // .4, .25 and .2 reach .15; .2 stays with .1 and .05: sum .35.
        let kept = left(&MIXED, |c| exclude_top_choices(c, 0.15));
        assert_left(kept, &[(4, 0.2 / 0.35), (0, 0.1 / 0.35), (2, 0.05 / 0.35)]);
        // Only one reaches .3, so nothing goes; none reaches .6.
        assert_eq!(left(&MIXED, |c| exclude_top_choices(c, 0.3)).len(), 5);
        assert_eq!(left(&MIXED, |c| exclude_top_choices(c, 0.6)).len(), 5);
    }

    #[test]
    fn each_filter_judges_what_the_one_before_left() {
        // Top-k 3 leaves .4 .25 .2 = .471 .294 .235; .471 + .294 = .765 reaches .7 with two.
        let kept = left(&MIXED, |c| {
            top_k(c, 3);
            top_p(c, 0.7);
        });
        assert_left(kept, &[(1, 0.4 / 0.65), (3, 0.25 / 0.65)]);
    }
}
