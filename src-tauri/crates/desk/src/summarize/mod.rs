//! Summaries out of a text's own sentences: nothing is written that the text does not say.
//!
//! Start reading at [`key_sentences`]. A sentence counts by how central it is among all (`ranking.rs`), over vectors of its
//! words (`vectors.rs`), and by how early its chapter has it; one that says again what another has said is passed over.

mod ranking;
mod vectors;

use std::ops::Range;

use bimo_convert::{Article, Block, Role};
use bimo_text::{is_han, sentences};
use serde::Serialize;

use crate::wire::ApiError;
use vectors::Vectors;

/// How much of the score is the place in the chapter; the rest is how central a sentence is.
const PLACE: f32 = 0.2;
/// Fewest words, or pairs of Han characters, of a sentence that can stand alone.
const FEWEST_TERMS: usize = 4;

/// How long a summary is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// So many sentences.
    Sentences(usize),
    /// This share of the source's sentences, from 0 to 1, and one at the least.
    Share(f64),
}

/// A summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeySentences {
    /// The source's title, if it has one.
    pub title: String,
    /// The sentences as one text.
    pub summary: String,
    /// In the order of the source.
    pub sentences: Vec<KeySentence>,
    /// How much of the source is echoed: the similarity of its sentences to the nearest of the summary, in the mean; 0 to 1.
    pub coverage: f32,
    /// How many sentences the source has.
    pub source_sentences: usize,
}

/// A sentence of the source that is in the summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeySentence {
    /// Its words.
    pub text: String,
    /// The numbers of the source's sentences that say it: its own.
    pub sources: Vec<usize>,
    /// How much it counts, of 1.
    pub score: f32,
    /// What to look at: nothing, since it is the source's own.
    pub flags: Vec<&'static str>,
    /// Where it stands.
    pub place: SourcePlace,
}

/// A stretch of a block of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourcePlace {
    /// The number of the block.
    pub block: usize,
    /// The first byte in it.
    pub start: usize,
    /// Behind the last byte.
    pub end: usize,
}

/// A sentence of the source.
struct Sentence {
    block: usize,
    range: Range<usize>,
    /// Which one of its chapter it is.
    number: usize,
    can_stand: bool,
}

/// Summarises a document of any kind by its key sentences; of a web page its article.
///
/// # Errors
/// Those of reading the document, and `nothing_to_summarize` where it has no sentence.
pub fn summarize_document(
    bytes: &[u8],
    name: Option<&str>,
    length: Length,
) -> Result<KeySentences, ApiError> {
    let article = Article::of(bytes, name)?;
    let summary = key_sentences(&article.blocks, length);
    if summary.sentences.is_empty() {
        let message =
            "There is no sentence in this text that could stand for it: give a longer one.";
        return Err(ApiError::new("nothing_to_summarize", message));
    }
    Ok(KeySentences { title: article.title, ..summary })
}

/// The sentences of a text that say the most of it.
pub fn key_sentences(blocks: &[Block], length: Length) -> KeySentences {
    let source = split(blocks);
    let text = |sentence: &Sentence| &blocks[sentence.block].text[sentence.range.clone()];
    let vectors = Vectors::of(source.iter().map(text));
    let scores = scores(&source, &vectors);
    let wanted = match length {
        Length::Sentences(count) => count,
        Length::Share(share) => ((source.len() as f64 * share).round() as usize).max(1),
    };
    let can_stand = |index: usize| source[index].can_stand && vectors.terms(index) >= FEWEST_TERMS;
    let mut candidates: Vec<usize> = (0..source.len()).filter(|&index| can_stand(index)).collect();
    if candidates.is_empty() {
        candidates = (0..source.len()).collect();
    }
    let (mut chosen, nearest) = ranking::select(&vectors, &scores, &candidates, wanted);
    chosen.sort_unstable();
    let key = |&index: &usize| {
        let sentence = &source[index];
        let Range { start, end } = sentence.range.clone();
        KeySentence {
            text: text(sentence).to_owned(),
            sources: vec![index],
            score: scores[index],
            flags: Vec::new(),
            place: SourcePlace { block: sentence.block, start, end },
        }
    };
    let sentences: Vec<KeySentence> = chosen.iter().map(key).collect();
    let coverage = nearest.iter().sum::<f32>() / nearest.len().max(1) as f32;
    KeySentences {
        title: String::new(),
        summary: joined(&sentences),
        sentences,
        coverage: coverage.clamp(0.0, 1.0),
        source_sentences: source.len(),
    }
}

/// The sentences of the running text.
fn split(blocks: &[Block]) -> Vec<Sentence> {
    let mut found = Vec::new();
    let (mut chapter, mut number) = (None, 0);
    for (index, block) in
        blocks.iter().enumerate().filter(|(_, block)| block.role.is_running_text())
    {
        if chapter != Some(block.chapter) {
            (chapter, number) = (Some(block.chapter), 0);
        }
        let can_stand = !matches!(block.role, Role::Heading(_) | Role::Cell);
        for range in sentences(&block.text) {
            found.push(Sentence { block: index, range, number, can_stand });
            number += usize::from(can_stand);
        }
    }
    found
}

/// How much each sentence counts, the most 1.
fn scores(source: &[Sentence], vectors: &Vectors) -> Vec<f32> {
    let central = ranking::centrality(vectors);
    let most = central.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let score = |(sentence, central): (&Sentence, f32)| {
        let place = 1.0 / (1.0 + sentence.number as f32).sqrt();
        (1.0 - PLACE) * central / most + PLACE * place
    };
    source.iter().zip(central).map(score).collect()
}

/// One text: Han sentences follow each other without a space.
fn joined(sentences: &[KeySentence]) -> String {
    let mut text = String::new();
    for sentence in sentences {
        let is_wide = |c: char| is_han(c) || "。！？…”’」』）".contains(c);
        let touches =
            text.chars().next_back().is_none_or(is_wide) && sentence.text.chars().any(is_han);
        if !text.is_empty() && !touches {
            text.push(' ');
        }
        text.push_str(&sentence.text);
    }
    text
}

#[cfg(test)]
mod tests;
