//! A text as a whole, for whoever has no library.

use std::ops::Range;

use bimo_convert::{Document, Kind, SpanKind};
use bimo_engine::{CancellationToken, Classification, Passage, Progress};
use bimo_text::has_words;

use super::classifier::Classifier;
use super::reading::LONGEST_WHOLE;
use super::source::lines;
use crate::translation::{detect, is_of_other_script, sentence_ranges};
use crate::wire::{ApiError, SourceLanguage};

/// What is classified, beside the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// Each sentence.
    Sentence,
    /// Nothing else.
    Document,
    /// Each line that is not empty.
    Line,
}

/// What a classifier says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The label with the highest score; of a model that gives an amount, its only one.
    pub label: String,
    /// One for each label.
    pub scores: Vec<f32>,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedPart {
    /// Its bytes.
    pub range: Range<usize>,
    /// What the classifier says of it.
    pub judged: Judged,
}

/// A text and its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgedText {
    /// Of the whole. A long text that is read by sentences has the mean of them, each as important as it is long; any
    /// other is read as one, in windows where it is longer than the model reads at once.
    pub overall: Judged,
    /// In order; fewer than there are where it was cancelled.
    pub items: Vec<JudgedPart>,
    /// Cancelled before all was read.
    pub is_cut: bool,
}

impl JudgedText {
    /// How many of its parts are in neither English nor Chinese, which is all that the model in the program has learned; of
    /// a text that was read as one, it.
    pub fn foreign_parts(&self, text: &str) -> usize {
        let is_foreign = detect(text) == SourceLanguage::Other;
        let is_guess = |part: &str| is_foreign || is_of_other_script(part);
        match &self.items[..] {
            [] => usize::from(!text.trim().is_empty() && is_guess(text)),
            items => items.iter().filter(|item| is_guess(&text[item.range.clone()])).count(),
        }
    }
}

impl Classifier {
    /// Reads a text, the whole first. Nothing where it was cancelled before anything was known of the whole.
    pub async fn read(
        &self,
        text: &str,
        per: Per,
        cancel: CancellationToken,
        on_progress: impl FnMut(Progress) + Send + 'static,
    ) -> Result<Option<JudgedText>, ApiError> {
        let parts = parts(text, per);
        let is_long = text.trim().chars().nth(LONGEST_WHOLE).is_some();
        let by_parts = per == Per::Sentence && is_long && !parts.is_empty();
        let whole = (!by_parts).then(|| Passage::from(text));
        let of_parts = parts.iter().map(|range| Passage::from(&text[range.clone()]));
        let passages = whole.into_iter().chain(of_parts).collect();
        let mut found = self.classify(passages, cancel, Box::new(on_progress)).await?.into_iter();
        let whole = if by_parts { None } else { found.next().flatten() };
        let items: Vec<JudgedPart> = parts
            .iter()
            .zip(found)
            .map_while(|(range, found)| {
                Some(JudgedPart { range: range.clone(), judged: self.judged(found?.scores) })
            })
            .collect();
        let mean = || by_parts.then(|| mean(text, &items)).flatten();
        let overall = whole.map(|whole: Classification| whole.scores).or_else(mean);
        let is_cut = items.len() < parts.len();
        Ok(overall.map(|scores| JudgedText { overall: self.judged(scores), items, is_cut }))
    }

    fn judged(&self, scores: Vec<f32>) -> Judged {
        let best =
            (0..scores.len()).rev().max_by(|&one, &other| scores[one].total_cmp(&scores[other]));
        let label = best.and_then(|best| self.labels().get(best).cloned()).unwrap_or_default();
        Judged { label, scores }
    }
}

/// Of parts, each as important as it has characters; nothing of none.
fn mean(text: &str, parts: &[JudgedPart]) -> Option<Vec<f32>> {
    let weight = |part: &JudgedPart| text[part.range.clone()].chars().count() as f32;
    let all: f32 = parts.iter().map(weight).sum();
    let labels = parts.first()?.judged.scores.len();
    let share = |label: usize| {
        parts.iter().map(|part| part.judged.scores[label] * weight(part)).sum::<f32>() / all
    };
    Some((0..labels).map(share).collect())
}

fn parts(text: &str, per: Per) -> Vec<Range<usize>> {
    match per {
        Per::Sentence => sentence_ranges(text, has_words),
        Per::Document => Vec::new(),
        Per::Line => lines(text),
    }
}

/// The running text of a file of any kind that documents have, a paragraph a line; of one that is nothing but text, all of
/// it. `name` says what the file promises to be, where it has one.
pub async fn readable_text(bytes: Vec<u8>, name: Option<String>) -> Result<String, ApiError> {
    let reading = move || {
        let document = Document::read(&bytes, name.as_deref())?;
        if document.kind() == Kind::Text {
            return Ok(bimo_convert::text_of(&bytes)?);
        }
        let is_code = |span: &bimo_convert::Span, length| {
            span.kind == SpanKind::Verbatim && span.range.len() == length
        };
        let blocks = document.blocks().iter().filter(|block| {
            block.role.is_running_text()
                && !block.spans.iter().any(|span| is_code(span, block.text.len()))
        });
        Ok(blocks.map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n\n"))
    };
    tokio::task::spawn_blocking(reading).await.map_err(ApiError::internal)?
}

#[cfg(test)]
mod tests {
    use bimo_engine::ClassifierWorker;
    use bimo_engine::scripted::ScriptedClassifier;

    use super::*;

    async fn model() -> Classifier {
        let labels = [("negative", "lost"), ("positive", "found"), ("neutral", "")];
        let scripted = ScriptedClassifier::of(labels);
        let worker = ClassifierWorker::spawn(move || Ok(Box::new(scripted))).await.unwrap();
        Classifier::on(worker).await.unwrap()
    }

    async fn read(text: &str, per: Per) -> JudgedText {
        let never = CancellationToken::new();
        model().await.read(text, per, never, |_| {}).await.unwrap().unwrap()
    }

    fn labelled(text: &str, moods: &JudgedText) -> Vec<(String, String)> {
        let pair =
            |item: &JudgedPart| (text[item.range.clone()].to_owned(), item.judged.label.clone());
        moods.items.iter().map(pair).collect()
    }

    #[tokio::test]
    async fn every_sentence_has_its_mood_and_the_whole_has_one() {
        let text = "She lost it. He found it.\n 门开了。";
        let moods = read(text, Per::Sentence).await;
        let expected =
            [("She lost it.", "negative"), ("He found it.", "positive"), ("门开了。", "neutral")];
        assert_eq!(labelled(text, &moods), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!(moods.overall.label, "negative");
        assert!(!moods.is_cut);
    }

    #[tokio::test]
    async fn lines_keep_their_places_and_empty_ones_are_passed_over() {
        let text = "  found \r\n\nlost. found.\n";
        let moods = read(text, Per::Line).await;
        let expected = [("found", "positive"), ("lost. found.", "negative")];
        assert_eq!(labelled(text, &moods), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert!(read(text, Per::Document).await.items.is_empty());
        assert!(read("", Per::Sentence).await.items.is_empty());
    }

    #[tokio::test]
    async fn a_cancelled_reading_answers_nothing() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let moods = model().await.read("lost", Per::Line, cancel, |_| {}).await.unwrap();
        assert_eq!(moods, None);
    }

    #[tokio::test]
    async fn a_long_text_is_judged_by_its_sentences_each_as_important_as_it_is_long() {
        let text =
            format!("It lost. It found{}. ", " more".repeat(10)) + &"Then it was. ".repeat(500);
        let moods = read(&text, Per::Sentence).await;
        assert_eq!(moods.overall.label, "neutral");
        let share = |characters: usize| characters as f32 / (8 + 59 + 500 * 12) as f32;
        let expected = 0.05 + 0.85 * share(8);
        assert!((moods.overall.scores[0] - expected).abs() < 1e-4, "{:?}", moods.overall);
        assert_eq!(read(&text, Per::Document).await.overall.label, "negative", "read as one");
    }

    #[tokio::test]
    async fn documents_are_read_without_what_is_no_running_text() {
        let read = async |bytes: &str, name: Option<&str>| {
            let name = name.map(str::to_owned);
            readable_text(bytes.as_bytes().to_vec(), name).await
        };
        let page = "<html><title>T</title><body><script>alert(1)</script><p>One. Two.</p><p>Three.</p></body></html>";
        assert_eq!(read(page, Some("page.html")).await.expect("text"), "One. Two.\n\nThree.");
        let markdown = "# A *title*\n\n```\ncode\n```\n\n- one";
        assert_eq!(read(markdown, Some("a.md")).await.expect("text"), "A title\n\none");
        assert_eq!(read("# As it is\n", None).await.expect("text"), "# As it is\n");
        let error = read("not a zip", Some("book.epub")).await.expect_err("it is no book");
        assert_eq!(error.code, "import_invalid", "{error}");
    }
}
