//! Which sentences are central, and which of them say something new.
//!
//! Central is a sentence that is similar to central ones: LexRank (Erkan and Radev 2004) with the cosines themselves for
//! weights. The matrix of all cosines is never made: it is the product of the vectors with themselves, so that a step costs
//! as much as reading the text. New is chosen by maximal marginal relevance (Carbonell and Goldstein 1998).

use super::vectors::Vectors;

/// Share of a step that goes along similarities; the rest goes anywhere.
const DAMPING: f32 = 0.85;
const STEPS: usize = 30;
const PRECISION: f32 = 1e-5;
/// How much being central counts against being new.
const RELEVANCE: f32 = 0.7;
/// From this likeness on two sentences say the same.
pub(super) const SAME: f32 = 0.9;

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Selection {
    /// In the order in which they were chosen.
    pub chosen: Vec<usize>,
    /// For every sentence how alike it is to the nearest that was chosen.
    pub nearest: Vec<f32>,
}

/// How much may be chosen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Budget<'w> {
    /// So many sentences.
    Sentences(usize),
    /// Sentences of so many words together, given those of each; one at the least.
    Words(u32, &'w [u32]),
}

/// How central each sentence is; the sum is 1 where there are any.
pub(super) fn centrality(vectors: &Vectors) -> Vec<f32> {
    let count = vectors.len();
    let even = 1.0 / count.max(1) as f32;
    let ones = vec![1.0; count];
    // What each is similar to, itself left out.
    let degrees = similar(vectors, &ones);
    let mut rank = vec![even; count];
    for _ in 0..STEPS {
        let shares: Vec<f32> = rank
            .iter()
            .zip(&degrees)
            .map(|(rank, degree)| if *degree > 1e-6 { rank / degree } else { 0.0 })
            .collect();
        let along = similar(vectors, &shares);
        let carried: f32 = along.iter().sum();
        let elsewhere = (1.0 - DAMPING * carried).max(0.0) * even;
        let next: Vec<f32> = along.iter().map(|along| elsewhere + DAMPING * along).collect();
        let moved: f32 = next.iter().zip(&rank).map(|(next, rank)| (next - rank).abs()).sum();
        rank = next;
        if moved < PRECISION {
            break;
        }
    }
    rank
}

/// For each sentence the sum of its cosines with the others, each times the other's factor.
fn similar(vectors: &Vectors, factors: &[f32]) -> Vec<f32> {
    let sum = vectors.weighted_sum(factors);
    let with_all = (0..vectors.len()).map(|index| {
        let own = if vectors.is_blank(index) { 0.0 } else { factors[index] };
        (vectors.product(index, &sum) - own).max(0.0)
    });
    with_all.collect()
}

/// Chooses among the candidates as long as the budget lasts. None says the same as another.
pub(super) fn select(
    vectors: &Vectors,
    scores: &[f32],
    candidates: &[usize],
    budget: Budget<'_>,
) -> Selection {
    let mut chosen: Vec<usize> = Vec::new();
    let mut nearest = vec![0.0_f32; vectors.len()];
    let mut left: Vec<usize> = candidates.to_vec();
    let mut spent = 0;
    loop {
        left.retain(|&index| nearest[index] < SAME && budget.allows(index, chosen.len(), spent));
        let worth = |index: usize| RELEVANCE * scores[index] - (1.0 - RELEVANCE) * nearest[index];
        // Of two that are worth as much the earlier.
        let best = left.iter().copied().rev().max_by(|&a, &b| worth(a).total_cmp(&worth(b)));
        let Some(best) = best else { break };
        left.retain(|&index| index != best);
        chosen.push(best);
        spent += budget.price(best);
        for (index, likeness) in vectors.alike_to(best) {
            nearest[index] = nearest[index].max(likeness);
        }
        // A sentence without a vector is nearest to itself.
        nearest[best] = 1.0;
    }
    Selection { chosen, nearest }
}

impl Budget<'_> {
    fn price(self, index: usize) -> u32 {
        match self {
            Self::Sentences(_) => 1,
            Self::Words(_, words) => words[index],
        }
    }

    /// Whether a sentence can still be chosen.
    fn allows(self, index: usize, chosen: usize, spent: u32) -> bool {
        match self {
            Self::Sentences(most) => chosen < most,
            Self::Words(most, _) => chosen == 0 || spent + self.price(index) <= most,
        }
    }
}
