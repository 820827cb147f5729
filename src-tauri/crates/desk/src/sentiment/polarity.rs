//! What a classifier's labels are as moods, by how people spell them.

use bimo_engine::Scoring;

use crate::wire::Polarity;

const NEGATIVE: &[&str] =
    &["negative", "neg", "bad", "消极", "负面", "负向", "负", "差评", "贬义", "悲观"];
const NEUTRAL: &[&str] = &["neutral", "neu", "mixed", "中性", "中立", "中", "中评", "客观", "一般"];
const POSITIVE: &[&str] =
    &["positive", "pos", "good", "积极", "正面", "正向", "正", "好评", "褒义", "乐观"];
/// What makes a mood a strong one.
const STRONG: &[&str] = &["very ", "extremely ", "strongly ", "非常", "很", "极其", "强烈"];
const DIGITS: &[(char, usize)] =
    &[('一', 1), ('二', 2), ('两', 2), ('三', 3), ('四', 4), ('五', 5)];

/// From -1, negative, to 1, positive; nothing where one of the labels is no mood.
///
/// Known are the words for three moods in English and Chinese, strong ones too, and stars. Labels that only have numbers,
/// as many published models have them, are taken to go from negative to positive where they are two, three or five.
pub(super) fn polarity(labels: &[String], scoring: Scoring) -> Option<Polarity> {
    if scoring == Scoring::Amount || labels.len() < 2 {
        return None;
    }
    let plain: Vec<String> = labels.iter().map(|label| plain(label)).collect();
    let spread = |place: usize| -1.0 + 2.0 * place as f32 / (labels.len() - 1) as f32;
    if plain.iter().enumerate().all(|(place, label)| is_number_of(label, place)) {
        let values = (0..labels.len()).map(spread).collect();
        return matches!(labels.len(), 2 | 3 | 5).then_some(Polarity { values, assumed: true });
    }
    let stars: Option<Vec<usize>> = plain.iter().map(|label| stars_of(label)).collect();
    if let Some(stars) = stars {
        let (low, high) = (stars.iter().min().copied()?, stars.iter().max().copied()?);
        let value = |stars: &usize| 2.0 * (stars - low) as f32 / (high - low) as f32 - 1.0;
        let values = stars.iter().map(value).collect();
        return (low < high).then_some(Polarity { values, assumed: false });
    }
    let values: Vec<f32> = plain.iter().map(|label| value_of(label)).collect::<Option<_>>()?;
    let strongest = values.iter().fold(0.0, |most: f32, value| most.max(value.abs()));
    let values: Vec<f32> = values.iter().map(|value| value / strongest).collect();
    let has_both = values.contains(&-1.0) && values.contains(&1.0);
    has_both.then_some(Polarity { values, assumed: false })
}

/// In lower case, without what stands in brackets behind it: `negative (stars 1, 2)`.
fn plain(label: &str) -> String {
    let label = label.split(['(', '（']).next().unwrap_or_default();
    label.trim().to_lowercase().replace(['_', '-'], " ")
}

fn is_number_of(label: &str, place: usize) -> bool {
    label.strip_prefix("label ").unwrap_or(label).parse() == Ok(place)
}

/// `5 stars`, `star 5`, `五星`.
fn stars_of(label: &str) -> Option<usize> {
    let rest = ["stars", "star", "星级", "星"].iter().find_map(|word| {
        label.strip_suffix(word).or_else(|| label.strip_prefix(word)).map(str::trim)
    })?;
    let by_name = DIGITS.iter().find(|(digit, _)| rest.strip_prefix(*digit) == Some(""));
    by_name.map(|(_, stars)| *stars).or_else(|| rest.parse().ok())
}

fn value_of(label: &str) -> Option<f32> {
    let strong = STRONG.iter().find_map(|word| label.strip_prefix(word));
    let strength = if strong.is_some() { 2.0 } else { 1.0 };
    let word = strong.unwrap_or(label).trim();
    let word = word.strip_suffix(" sentiment").unwrap_or(word);
    let is =
        |words: &[&str]| words.contains(&word) || words.iter().any(|one| is_mood_of(word, one));
    match () {
        () if is(NEGATIVE) => Some(-strength),
        () if is(NEUTRAL) => Some(0.0),
        () if is(POSITIVE) => Some(strength),
        () => None,
    }
}

/// `积极情绪`, `负面评价`.
fn is_mood_of(word: &str, mood: &str) -> bool {
    let rest = word.strip_prefix(mood);
    rest.is_some_and(|rest| ["情绪", "情感", "评价", "的"].contains(&rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(labels: &[&str]) -> Option<(Vec<f32>, bool)> {
        let labels: Vec<String> = labels.iter().map(|&label| label.to_owned()).collect();
        let polarity = polarity(&labels, Scoring::OneOf)?;
        Some((polarity.values, polarity.assumed))
    }

    /// Labels as the cards of published classifiers have them.
    #[test]
    fn the_usual_spellings_are_known() {
        let cases: &[(&[&str], &[f32])] = &[
            (&["NEGATIVE", "POSITIVE"], &[-1.0, 1.0]),
            (&["positive", "neutral", "negative"], &[1.0, 0.0, -1.0]),
            (&["negative (stars 1, 2 and 3)", "positive (stars 4 and 5)"], &[-1.0, 1.0]),
            (&["1 star", "2 stars", "3 stars", "4 stars", "5 stars"], &[-1.0, -0.5, 0.0, 0.5, 1.0]),
            (&["star 1", "star 2", "star 3", "star 4", "star 5"], &[-1.0, -0.5, 0.0, 0.5, 1.0]),
            (
                &["Very Negative", "Negative", "Neutral", "Positive", "Very Positive"],
                &[-1.0, -0.5, 0.0, 0.5, 1.0],
            ),
            (&["消极", "积极"], &[-1.0, 1.0]),
            (&["正面", "负面", "中性"], &[1.0, -1.0, 0.0]),
            (&["NEU", "POS", "NEG"], &[0.0, 1.0, -1.0]),
            (&["一星", "三星", "五星"], &[-1.0, 0.0, 1.0]),
        ];
        for (labels, expected) in cases {
            assert_eq!(values(labels), Some((expected.to_vec(), false)), "{labels:?}");
        }
    }

    #[test]
    fn numbers_are_taken_to_go_from_negative_to_positive_and_that_is_said() {
        assert_eq!(values(&["LABEL_0", "LABEL_1"]), Some((vec![-1.0, 1.0], true)));
        assert_eq!(values(&["LABEL_0", "LABEL_1", "LABEL_2"]), Some((vec![-1.0, 0.0, 1.0], true)));
        assert_eq!(values(&["LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3"]), None);
    }

    #[test]
    fn topics_and_emotions_and_amounts_are_no_moods() {
        for labels in [
            &["World", "Sports", "Business", "Sci/Tech"][..],
            &["anger", "joy", "neutral"],
            &["toxic", "negative"],
            &["neutral", "positive"],
            &["3 stars", "3 stars"],
            &[],
        ] {
            assert_eq!(values(labels), None, "{labels:?}");
        }
        let amount = ["negative".to_owned(), "positive".to_owned()];
        assert_eq!(polarity(&amount, Scoring::Amount), None);
    }
}
