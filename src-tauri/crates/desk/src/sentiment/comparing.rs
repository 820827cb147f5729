//! Two readings side by side: two drafts, a source and its translation, any two texts.

use super::view::view;
use crate::Desk;
use crate::wire::{
    ApiError, LinePoint, MoodComparison, MoodMeasure, MoodReadingId, MoodView, MoodWish,
};

/// Places at which two lines are compared.
const PLACES: usize = 100;

impl Desk {
    /// Lays two readings side by side; they have to be by the same model.
    pub async fn compare_moods(
        &self,
        one: MoodReadingId,
        other: MoodReadingId,
        measure: Option<MoodMeasure>,
    ) -> Result<MoodComparison, ApiError> {
        let (one, other) = (self.moods().reading(one)?, self.moods().reading(other)?);
        if one.sha256 != other.sha256 {
            let message = "The two were read by different models: read both with the same one.";
            return Err(ApiError::new("mood_not_comparable", message)
                .with_detail(format!("{} and {}", one.model.name, other.model.name)));
        }
        if let Some(measure) = measure {
            one.check_measure(measure)?;
        }
        let one = view(&one, &MoodWish { measure, ..MoodWish::default() });
        // A label that fits the first best may not be the one that fits the second best.
        let measure = Some(one.measure);
        let other = view(&other, &MoodWish { measure, ..MoodWish::default() });
        Ok(compared(one, other))
    }
}

fn compared(one: MoodView, other: MoodView) -> MoodComparison {
    let places = || (0..PLACES).map(|place| place as f32 / (PLACES - 1) as f32);
    let values = |view: &MoodView| -> Option<Vec<f32>> {
        places().map(|place| value_at(&view.arc.line, place)).collect()
    };
    let both = values(&one).zip(values(&other));
    let farthest = both.as_ref().and_then(|(one, other)| {
        let apart = one.iter().zip(other).map(|(one, other)| (one - other).abs());
        places().zip(apart).max_by(|(_, one), (_, other)| one.total_cmp(other))
    });
    MoodComparison {
        likeness: both.as_ref().and_then(|(one, other)| correlation(one, other)),
        farthest: farthest.map(|(place, _)| place),
        one,
        other,
    }
}

/// A line's value at a place; before its beginning and behind its end it goes on level.
fn value_at(line: &[LinePoint], place: f32) -> Option<f32> {
    let behind = line.partition_point(|point| point.position < place);
    let (before, behind) = (line.get(behind.wrapping_sub(1)), line.get(behind));
    match (before, behind) {
        (Some(before), Some(behind)) => {
            let share = (place - before.position) / (behind.position - before.position);
            Some(before.value + share * (behind.value - before.value))
        }
        (one, other) => one.or(other).map(|point| point.value),
    }
}

/// Pearson's; nothing where one does not move.
fn correlation(one: &[f32], other: &[f32]) -> Option<f32> {
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (mean_one, mean_other) = (mean(one), mean(other));
    let apart = |(one, other): (&f32, &f32)| (one - mean_one, other - mean_other);
    let pairs = || one.iter().zip(other).map(apart);
    let product: f32 = pairs().map(|(one, other)| one * other).sum();
    let square_one: f32 = pairs().map(|(one, _)| one * one).sum();
    let square_other: f32 = pairs().map(|(_, other)| other * other).sum();
    let length = (square_one * square_other).sqrt();
    (length > 1e-6).then(|| (product / length).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_followed_between_its_points_and_level_outside() {
        let line =
            [LinePoint { position: 0.25, value: 0.0 }, LinePoint { position: 0.75, value: 1.0 }];
        for (place, expected) in [(0.0, 0.0), (0.25, 0.0), (0.5, 0.5), (0.75, 1.0), (1.0, 1.0)] {
            assert_eq!(value_at(&line, place), Some(expected));
        }
        assert_eq!(value_at(&[], 0.5), None);
    }

    #[test]
    fn lines_that_move_together_are_alike_and_flat_ones_are_not_compared() {
        let rising = [0.0, 0.1, 0.2];
        assert!(correlation(&rising, &[0.5, 0.6, 0.7]).is_some_and(|found| found > 0.999));
        assert!(correlation(&rising, &[0.7, 0.6, 0.5]).is_some_and(|found| found < -0.999));
        // Anscombe's first quartet, whose correlation is published as 0.816.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        assert!(correlation(&x, &y).is_some_and(|found| (found - 0.816).abs() < 1e-3));
        assert_eq!(correlation(&rising, &[0.3; 3]), None);
    }
}
