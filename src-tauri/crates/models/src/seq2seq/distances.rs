//! Biases of attention by the distance of two places, as T5 has them: short distances each have their own, longer ones
//! share it with others of about their length (Raffel et al. 2019).

/// The biases of one side.
pub(super) struct Distances {
    /// For each head, from the longest distance back to the longest ahead.
    biases: Vec<f32>,
    longest: usize,
    /// Biases of a head.
    span: usize,
}

impl Distances {
    /// `table` has a row of `heads` numbers for each bucket. What reads looks ahead too.
    pub fn new(
        table: &[f32],
        heads: usize,
        buckets: usize,
        longest: usize,
        looks_ahead: bool,
    ) -> Self {
        let span = 2 * longest + 1;
        let bucket_at = |at: usize| {
            let distance = at as i64 - longest as i64;
            bucket(distance, buckets, longest, looks_ahead)
        };
        let biases = (0..heads)
            .flat_map(|head| (0..span).map(move |at| table[bucket_at(at) * heads + head]));
        Self { biases: biases.collect(), longest, span }
    }

    /// What is added to the product of the places' query and key.
    pub fn bias(&self, head: usize, query: usize, key: usize) -> f32 {
        let longest = self.longest as i64;
        let distance = (key as i64 - query as i64).clamp(-longest, longest);
        self.biases[head * self.span + (distance + longest) as usize]
    }
}

/// The kind of a distance, from the query to the key.
fn bucket(distance: i64, buckets: usize, longest: usize, looks_ahead: bool) -> usize {
    let (first, buckets, distance) = match looks_ahead {
        true if distance > 0 => (buckets / 2, buckets / 2, distance as usize),
        true => (0, buckets / 2, distance.unsigned_abs() as usize),
        false => (0, buckets, (-distance).max(0) as usize),
    };
    let exact = buckets / 2;
    if distance < exact {
        return first + distance;
    }
    // In f32, as the models were trained: a distance at a bucket's edge falls on the same side.
    let share = (distance as f32 / exact as f32).ln() / (longest as f32 / exact as f32).ln();
    let far = exact + (share * (buckets - exact) as f32) as usize;
    first + far.min(buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `T5Attention._relative_position_bucket` in transformers.
    #[test]
    fn kinds_of_distances_are_those_of_transformers() {
        let ahead = |distance| bucket(distance, 32, 128, true);
        let found: Vec<usize> =
            [-200, -128, -127, -64, -20, -8, -7, -1, 0, 1, 7, 8, 20, 64, 200].map(ahead).into();
        assert_eq!(found, EXPECTED_AHEAD);
        let back = |distance| bucket(distance, 32, 128, false);
        let found: Vec<usize> = [-300, -128, -100, -50, -17, -16, -15, -1, 0, 5].map(back).into();
        assert_eq!(found, EXPECTED_BACK);
    }

    const EXPECTED_AHEAD: [usize; 15] = [15, 15, 15, 14, 10, 8, 7, 1, 0, 17, 23, 24, 26, 30, 31];
    const EXPECTED_BACK: [usize; 10] = [31, 31, 30, 24, 16, 16, 15, 1, 0, 0];
}
