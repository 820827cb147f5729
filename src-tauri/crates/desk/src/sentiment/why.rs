//! Why a sentence is judged so: it is read again without each of its words, and what changes is the word's weight
//! (occlusion, Zeiler & Fergus 2014).

use std::ops::Range;

use bimo_engine::Passage;
use bimo_text::{utf16_len, words};

use super::reading::Reading;
use super::scores::Scores;
use crate::Desk;
use crate::wire::{ApiError, MoodMeasure, MoodReadingId, MoodWords, WordWeight};

/// Bytes that are read for a sentence, some seconds of the model in the program: in a long sentence neighbours are left
/// out together.
const MOST_READ: usize = 60_000;
const MOST_READINGS: usize = 128;
/// Words that are told of.
const MOST_TOLD: usize = 12;

impl Desk {
    /// The words that move a sentence most; by the usual measure where none is given. Only the sentence that was asked
    /// for last is answered: whoever walks along the arc waits for no other.
    pub async fn mood_words(
        &self,
        reading: MoodReadingId,
        sentence: u32,
        measure: Option<MoodMeasure>,
    ) -> Result<MoodWords, ApiError> {
        let reading = self.moods().reading(reading)?;
        if let Some(measure) = measure {
            reading.check_measure(measure)?;
        }
        let unit = reading.source.units.get(sentence as usize);
        let scores = reading.known().sentences.get(sentence as usize).cloned().flatten();
        let (Some(unit), Some(scores)) = (unit, scores) else {
            let message = "This sentence has not been read yet: wait until it has.";
            return Err(ApiError::new("mood_sentence_unread", message));
        };
        let measure = measure.unwrap_or_else(|| reading.usual_measure(Some(&scores)));
        let text = reading.text_of(unit).to_owned();
        let left_out = left_out(&text);
        let without = left_out.iter().map(|range| Passage::from(without(&text, range).as_str()));
        let passages = std::iter::once(Passage::from(text.as_str())).chain(without).collect();
        // Before the model is asked for anything: it would answer only behind the question that is given up here.
        let cancel = self.moods().ask_why();
        let classifier = self.moods().classifier(reading.path.as_ref()).await?;
        reading.check_model(&classifier).await?;
        let found = classifier.classify(passages, cancel, Box::new(|_| {})).await?;
        let values =
            found.iter().map(|found| Some(value(&reading, &found.as_ref()?.scores, measure)));
        let values: Vec<f32> = values.collect::<Option<_>>().unwrap_or_default();
        let Some((&whole, others)) = values.split_first() else {
            let message = "Another sentence was asked for in the meantime: choose this one again.";
            return Err(ApiError::new("mood_overtaken", message));
        };
        let mut words: Vec<WordWeight> = left_out
            .iter()
            .zip(others)
            .map(|(range, other)| told(&text, unit.from, range, whole - other))
            .collect();
        words.sort_by(|one, other| other.weight.abs().total_cmp(&one.weight.abs()));
        words.truncate(MOST_TOLD);
        Ok(MoodWords { sentence, measure, value: whole, words, tried: left_out.len() as u32 })
    }
}

fn value(reading: &Reading, scores: &[f32], measure: MoodMeasure) -> f32 {
    match measure {
        MoodMeasure::Label { label } => scores.get(label as usize).copied().unwrap_or_default(),
        MoodMeasure::Mood => Scores::of(scores).value(measure, reading.polarity()),
    }
}

fn told(text: &str, from: u32, range: &Range<usize>, weight: f32) -> WordWeight {
    let from = from + utf16_len(&text[..range.start]);
    let word = &text[range.clone()];
    WordWeight { from, to: from + utf16_len(word), text: word.to_owned(), weight }
}

/// What is left out by turns: each word, or a few neighbours.
fn left_out(text: &str) -> Vec<Range<usize>> {
    let words = words(text);
    let readings = (MOST_READ / text.len().max(1)).clamp(1, MOST_READINGS);
    let together = words.len().div_ceil(readings).max(1);
    let stretch = |words: &[Range<usize>]| Some(words.first()?.start..words.last()?.end);
    words.chunks(together).filter_map(stretch).collect()
}

/// A sentence without some of it, and without one of two spaces that stood around that.
fn without(text: &str, range: &Range<usize>) -> String {
    let (before, behind) = (&text[..range.start], &text[range.end..]);
    let is_doubled = before.ends_with(' ') || before.is_empty();
    let behind = if is_doubled { behind.strip_prefix(' ').unwrap_or(behind) } else { behind };
    format!("{before}{behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences_without(text: &str) -> Vec<String> {
        left_out(text).iter().map(|range| without(text, range)).collect()
    }

    #[test]
    fn each_word_is_left_out_once_with_its_space() {
        assert_eq!(
            sentences_without("Not so bad, Tom!"),
            ["so bad, Tom!", "Not bad, Tom!", "Not so , Tom!", "Not so bad, !"]
        );
        assert_eq!(sentences_without("我很高兴。"), ["很高兴。", "我高兴。", "我很。"]);
        assert_eq!(sentences_without("……"), [""; 0]);
    }

    #[test]
    fn of_a_very_long_sentence_neighbours_go_together() {
        let text = "word ".repeat(300);
        let ranges = left_out(text.trim());
        // 60,000 bytes are 40 times 1,499: eight words of 300 together are 38 readings.
        assert_eq!(ranges.len(), 38);
        assert_eq!(&text[ranges[1].clone()], "word ".repeat(8).trim());
        assert_eq!(left_out(&"word ".repeat(100)).len(), 100);
    }
}
