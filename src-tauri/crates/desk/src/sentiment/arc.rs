//! Values along a text: the points, and a smooth line through them.
//!
//! The line is LOESS of degree 1 (Cleveland 1979): at each of its places a straight line is fitted to the nearest eighth of
//! the sentences, near ones weighing more (tricube) and long ones too. A straight line follows the ends of a text, where a
//! moving average would bend to the middle. It is fitted once: an outburst is no outlier to be ironed out. It does not say
//! more than the sentences do: nowhere is it higher or lower than all of those it looks at, as it would be at the ends.

use crate::wire::{ArcPoint, LinePoint, MoodArc};

/// Points that the window is given.
const MOST_POINTS: usize = 600;
/// Places of the smooth line.
const LINE_POINTS: usize = 200;
/// The share of the sentences that a place of the line looks at, and how many at least.
const SPAN: f32 = 0.125;
const LEAST_NEIGHBOURS: usize = 9;
/// Fewer sentences have no line.
const LEAST_SENTENCES: usize = 3;

/// A sentence's value in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    /// Its number.
    pub sentence: u32,
    pub part: u32,
    /// UTF-16 units in its part.
    pub from: u32,
    /// From 0 to 1; samples come in this order.
    pub position: f32,
    pub weight: f32,
    pub value: f32,
}

/// The arc of some sentences, whose values lie in a range.
pub(super) fn arc(samples: &[Sample], (low, high): (f32, f32)) -> MoodArc {
    let size = samples.len().div_ceil(MOST_POINTS).max(1);
    MoodArc {
        low,
        high,
        points: samples.chunks(size).filter_map(point).collect(),
        line: line(samples, SPAN),
    }
}

fn point(samples: &[Sample]) -> Option<ArcPoint> {
    let first = samples.first()?;
    let weight: f32 = samples.iter().map(|sample| sample.weight).sum();
    let mean = |of: fn(&Sample) -> f32| {
        samples.iter().map(|sample| of(sample) * sample.weight).sum::<f32>() / weight.max(1e-6)
    };
    let (low, high) = range(samples);
    Some(ArcPoint {
        position: mean(|sample| sample.position),
        value: mean(|sample| sample.value),
        low,
        high,
        sentence: first.sentence,
        sentences: samples.len() as u32,
        part: first.part,
        from: first.from,
    })
}

fn line(samples: &[Sample], span: f32) -> Vec<LinePoint> {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return Vec::new() };
    if samples.len() < LEAST_SENTENCES {
        return Vec::new();
    }
    let neighbours = ((samples.len() as f32 * span).ceil() as usize).max(LEAST_NEIGHBOURS);
    let places = LINE_POINTS.min(4 * samples.len());
    let step = (last.position - first.position) / (places - 1) as f32;
    let place = |number: usize| {
        let position = first.position + step * number as f32;
        let nearest = nearest(samples, position, neighbours);
        let (low, high) = range(nearest);
        LinePoint { position, value: fitted(nearest, position).clamp(low, high) }
    };
    (0..places).map(place).collect()
}

/// The lowest and the highest value of at least one sample.
fn range(samples: &[Sample]) -> (f32, f32) {
    let values = || samples.iter().map(|sample| sample.value);
    (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max))
}

/// So many samples that are nearest to a place, in order.
fn nearest(samples: &[Sample], place: f32, count: usize) -> &[Sample] {
    let count = count.min(samples.len());
    let distance = |at: usize| (samples[at].position - place).abs();
    let behind = samples.partition_point(|sample| sample.position < place);
    let (mut from, mut to) = (behind, behind);
    while to - from < count {
        let is_left_nearer =
            to == samples.len() || (from > 0 && distance(from - 1) <= distance(to));
        if is_left_nearer { from -= 1 } else { to += 1 }
    }
    &samples[from..to]
}

/// The value at a place of the straight line that fits samples best, the near and the long ones above all.
fn fitted(samples: &[Sample], place: f32) -> f32 {
    let distance = |sample: &Sample| f64::from((sample.position - place).abs());
    let farthest = samples.iter().map(distance).fold(0.0, f64::max);
    let tricube = |distance: f64| (1.0 - (distance / farthest).powi(3)).max(0.0).powi(3);
    let nearness = |sample: &Sample| if farthest > 0.0 { tricube(distance(sample)) } else { 1.0 };
    // Sums over weight, position from the place on, and value.
    let (mut w, mut wx, mut wy, mut wxx, mut wxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for sample in samples {
        let weight = nearness(sample) * f64::from(sample.weight.max(1.0));
        let (x, y) = (f64::from(sample.position - place), f64::from(sample.value));
        w += weight;
        wx += weight * x;
        wy += weight * y;
        wxx += weight * x * x;
        wxy += weight * x * y;
    }
    let spread = w * wxx - wx * wx;
    let is_a_line = spread > 1e-12 * w * w;
    let value = if is_a_line { (wxx * wy - wx * wxy) / spread } else { wy / w };
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: impl IntoIterator<Item = (f32, f32)>) -> Vec<Sample> {
        let sample = |(sentence, (position, value))| Sample {
            sentence,
            part: 0,
            from: sentence * 10,
            position,
            weight: 10.0,
            value,
        };
        (0..).zip(values).map(sample).collect()
    }

    #[test]
    fn a_long_text_has_several_sentences_in_a_point_and_leaves_none_out() {
        let many =
            samples((0..7001).map(|at| (at as f32 / 7001.0, if at == 12 { 1.0 } else { 0.0 })));
        let arc = arc(&many, (-1.0, 1.0));
        assert!((300..=600).contains(&arc.points.len()));
        assert_eq!(arc.points.iter().map(|point| point.sentences).sum::<u32>(), 7001);
        let second = arc.points[1];
        assert_eq!((second.sentence, second.from, second.sentences), (12, 120, 12));
        assert_eq!((second.low, second.high), (0.0, 1.0));
        assert!((second.value - 1.0 / 12.0).abs() < 1e-6);
        assert_eq!(arc.line.len(), 200);
        assert!(arc.points.is_sorted_by_key(|point| point.sentence));
    }

    #[test]
    fn a_straight_line_stays_one_to_its_very_ends() {
        let straight = samples((0..50).map(|at| (at as f32 / 50.0, at as f32 / 50.0 - 0.5)));
        for point in arc(&straight, (-1.0, 1.0)).line {
            assert!((point.value - (point.position - 0.5)).abs() < 1e-4, "{point:?}");
        }
    }

    /// Expected: numpy's weighted least squares (`polyfit` of degree 1 with the square roots of tricube × length).
    #[test]
    fn the_line_is_that_of_weighted_least_squares() {
        let values = [0.5, -0.2, 0.9, 0.1, -0.7, -0.4, 0.3, 0.8, -0.1, 0.0, 0.6, -0.9];
        let positions = [0.02, 0.1, 0.15, 0.2, 0.33, 0.41, 0.5, 0.58, 0.7, 0.77, 0.9, 0.97];
        let lengths = [5.0, 20.0, 11.0, 7.0, 30.0, 4.0, 9.0, 16.0, 25.0, 3.0, 8.0, 12.0];
        let mut uneven = samples(positions.into_iter().zip(values));
        for (sample, length) in uneven.iter_mut().zip(lengths) {
            sample.weight = length;
        }
        let line = line(&uneven, 0.0);
        for (place, expected) in EXPECTED_LINE {
            let found = line[place].value;
            assert!((found - expected).abs() < 1e-4, "{place}: {found} instead of {expected}");
        }
    }

    const EXPECTED_LINE: [(usize, f32); 4] =
        [(0, 0.23248), (10, -0.087143), (24, -0.050089), (47, -0.330251)];

    /// By hand: the weights at the beginning are 1, 0.953857, 0.669922, 0.193226 and 0, and the line that fits best begins
    /// at 0.627675, above every sentence.
    #[test]
    fn a_line_through_few_sentences_goes_no_further_than_they_do() {
        let steps = samples([(0.0, 0.5), (0.25, 0.5), (0.5, -0.5), (0.75, -0.5), (1.0, -0.5)]);
        assert!((fitted(&steps, 0.0) - 0.627675).abs() < 1e-5, "{}", fitted(&steps, 0.0));
        let line = line(&steps, SPAN);
        assert_eq!(line.len(), 20);
        assert_eq!((line[0].value, line[19].value), (0.5, -0.5));
        assert!(line.is_sorted_by(|one, other| one.value >= other.value), "{line:?}");
        let outburst = samples([(0.0, 0.0), (0.5, 0.9), (1.0, 0.1)]);
        let (low, high) = range(&outburst);
        let values = super::line(&outburst, SPAN).into_iter().map(|point| point.value);
        assert!(values.into_iter().all(|value| (low..=high).contains(&value)));
    }

    #[test]
    fn a_line_stays_in_its_range_and_few_sentences_have_none() {
        assert_eq!(arc(&samples([(0.2, 1.0), (0.7, -1.0)]), (-1.0, 1.0)).line, []);
        assert_eq!(arc(&[], (-1.0, 1.0)).points, []);
        let steep = samples([(0.0, -1.0), (0.1, 1.0), (0.2, 1.0), (0.9, 1.0)]);
        let line = arc(&steep, (-1.0, 1.0)).line;
        assert!(line.iter().all(|point| (-1.0..=1.0).contains(&point.value)));
        let same_place = samples([(0.5, 0.25), (0.5, 0.75), (0.5, 0.5)]);
        assert!(arc(&same_place, (-1.0, 1.0)).line.iter().all(|point| point.value == 0.5));
    }
}
