//! How long a summary is: what was asked for, as far as it means something, and what that is for a source.

use crate::wire::{ApiError, SummaryForm, SummaryLength};

/// Most sentences that may be asked for by their number.
const MOST_SENTENCES: u32 = 200;
/// Words that may be asked for.
const WORDS: std::ops::RangeInclusive<u32> = 5..=20_000;
/// Most sentences of a summary, however it was asked for: nobody reads more, and choosing more takes minutes.
const MOST_BY_SHARE: usize = 2000;

/// Words of a sentence of a summary, in the mean: what a length in sentences is for a model that counts otherwise.
pub(super) const WORDS_OF_A_SENTENCE: u32 = 24;

/// Refuses lengths that mean nothing.
pub(super) fn check(length: SummaryLength) -> Result<(), ApiError> {
    let (is_right, what) = match length {
        SummaryLength::Sentences { count } => {
            ((1..=MOST_SENTENCES).contains(&count), format!("1 to {MOST_SENTENCES} sentences"))
        }
        SummaryLength::Words { count } => {
            (WORDS.contains(&count), format!("{} to {} words", WORDS.start(), WORDS.end()))
        }
        SummaryLength::Share { share } => {
            (share > 0.0 && share <= 1.0, "a share above 0 and up to 1".to_owned())
        }
    };
    if is_right { Ok(()) } else { Err(invalid(format!("it can be {what}"))) }
}

/// The number of sentences that a share of so many is.
pub(super) fn share_of(sentences: usize, share: f32) -> Result<usize, ApiError> {
    let count = ((sentences as f64 * f64::from(share)).round() as usize).max(1);
    match count <= MOST_BY_SHARE {
        true => Ok(count),
        false => {
            Err(invalid(format!("it would have {count} sentences, and may have {MOST_BY_SHARE}")))
        }
    }
}

/// About how many words a model is asked for.
pub(super) fn words_of(length: SummaryLength, form: SummaryForm, source_words: u32) -> u32 {
    let words = match (form, length) {
        (SummaryForm::OneLine, _) => WORDS_OF_A_SENTENCE,
        (SummaryForm::Title, _) => 8,
        (_, SummaryLength::Sentences { count }) => count * WORDS_OF_A_SENTENCE,
        (_, SummaryLength::Words { count }) => count,
        (_, SummaryLength::Share { share }) => (source_words as f32 * share) as u32,
    };
    words.clamp(3, *WORDS.end())
}

fn invalid(detail: String) -> ApiError {
    let message = "A summary cannot have that length: choose another.";
    ApiError::new("invalid_length", message).with_detail(detail)
}
