//! Texts into the other language, piece by piece, with everything between the pieces kept.

use std::ops::Range;
use std::path::PathBuf;

use bimo_engine::{
    CancellationToken, EngineError, FinishReason, ModelCard, RewriteRequest, Rewriting,
    SearchParams, Seq2SeqWorker, Source,
};
use bimo_models::{LoadOptions, ModelSource, load_seq2seq};
use bimo_text::{Counts, sentences};
use serde::Serialize;

use crate::wire::ApiError;

/// The translator that is part of the program.
pub(crate) const STARTER_NAME: &str = "Bimo translator starter";
/// Its file.
pub(crate) const STARTER: &[u8] = include_bytes!("../../../starter/translator/translator.gguf");

/// A language to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Chinese, Simplified where the model can tell.
    Chinese,
}

/// How a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Each line is a segment, empty ones too.
    Lines,
    /// Each sentence is one.
    Sentences,
}

/// A loaded translator.
pub struct Translator {
    worker: Seq2SeqWorker,
    languages: Vec<String>,
}

/// A text in the other language.
#[derive(Debug, Clone, PartialEq)]
pub struct Translation {
    /// `en-zh` or `zh-en`.
    pub direction: &'static str,
    /// The whole, with paragraphs and line breaks as they were.
    pub text: String,
    /// In order; fewer than there are where it was cancelled.
    pub segments: Vec<Segment>,
    /// Cancelled before all was translated.
    pub is_cut: bool,
}

/// A piece of a text with its translation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// As it was.
    pub source: String,
    /// As it is.
    pub target: String,
    /// What it could be instead, the best first; none of a segment that was translated in pieces.
    pub alternatives: Vec<String>,
    /// Log-probability of a token, in the mean; nothing for a segment that was not given to the model.
    pub score: Option<f32>,
    /// What to look at.
    pub flags: Vec<Flag>,
}

/// What a reader should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The translation was as long as the model can write, and may lack its end.
    CutShort,
    /// The source was too long for the model and was translated in pieces.
    InPieces,
}

impl Language {
    /// The other one than a text's own, by its letters.
    pub fn other_than(text: &str) -> Self {
        let counts = Counts::of(text);
        if counts.han > 0 && counts.han >= counts.words { Self::English } else { Self::Chinese }
    }

    fn direction(self) -> &'static str {
        match self {
            Self::English => "zh-en",
            Self::Chinese => "en-zh",
        }
    }

    /// What models call it, the wanted names first.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::English => &["en", "eng"],
            Self::Chinese => &["zh", "cmn_Hans", "zho_Hans", "zh_Hans", "zho", "cmn", "zh_cn"],
        }
    }
}

impl Translator {
    /// Loads a translator from a GGUF file or a folder in Hugging Face layout.
    pub async fn load(path: PathBuf) -> Result<Self, ApiError> {
        Self::from(ModelSource::Path(path)).await
    }

    /// The small one that is part of the program, for short everyday sentences.
    pub async fn starter() -> Result<Self, ApiError> {
        Self::from(ModelSource::Embedded { name: STARTER_NAME, bytes: STARTER }).await
    }

    async fn from(source: ModelSource) -> Result<Self, ApiError> {
        let load = move || load_seq2seq(&source, &LoadOptions::default());
        Self::on(Seq2SeqWorker::spawn(load).await?).await
    }

    /// One that is loaded already.
    pub async fn on(worker: Seq2SeqWorker) -> Result<Self, ApiError> {
        let languages = worker.target_languages().await?;
        Ok(Self { worker, languages })
    }

    /// The model's facts.
    pub fn card(&self) -> &ModelCard {
        self.worker.card()
    }

    /// Translates a text; `beams` is as the model has it where nothing is given.
    pub async fn translate(
        &self,
        text: &str,
        to: Language,
        cut: Cut,
        beams: Option<usize>,
        cancel: CancellationToken,
    ) -> Result<Translation, ApiError> {
        let target = self.name_of(to)?;
        let ranges = segments(text, cut);
        let mut pieces = Vec::with_capacity(ranges.len());
        for range in &ranges {
            pieces.push(self.pieces(&text[range.clone()], target.as_deref()).await?);
        }
        let source = |text: &String| Source::Text { text: text.clone(), target: target.clone() };
        let request = RewriteRequest {
            sources: pieces.iter().flatten().map(source).collect(),
            search: SearchParams { beams, best: beams, ..SearchParams::default() },
        };
        let answers = self.worker.rewrite(request, cancel, Box::new(|_| {})).await?;
        let mut answers = answers.into_iter();
        let mut done = Vec::with_capacity(ranges.len());
        for (range, pieces) in ranges.iter().zip(&pieces) {
            let answers: Vec<Rewriting> = answers.by_ref().take(pieces.len()).collect();
            let Some(segment) = segment(&text[range.clone()], &answers, to) else { break };
            done.push(segment);
        }
        Ok(Translation {
            direction: to.direction(),
            text: put_together(text, &ranges, &done, to),
            is_cut: done.len() < ranges.len(),
            segments: done,
        })
    }

    /// What the model calls a language; nothing where it knows one only.
    fn name_of(&self, language: Language) -> Result<Option<String>, ApiError> {
        if self.languages.is_empty() {
            return Ok(None);
        }
        let known = |name: &&&str| self.languages.iter().any(|language| language == **name);
        match language.names().iter().find(known) {
            Some(name) => Ok(Some((*name).to_owned())),
            None => {
                let message = "This model does not write that language: choose another model.";
                let detail = format!("it writes {}", self.languages.join(", "));
                Err(ApiError::new("language_unsupported", message).with_detail(detail))
            }
        }
    }

    /// What is given to the model at a time: the segment, or parts of it where it is too long. Nothing of an empty one.
    async fn pieces(&self, text: &str, target: Option<&str>) -> Result<Vec<String>, EngineError> {
        let mut waiting = vec![text.trim()];
        let mut pieces = Vec::new();
        while let Some(text) = waiting.pop().filter(|text| !text.is_empty()) {
            match halves(text) {
                Some((first, second)) if !self.fits(text, target).await? => {
                    waiting.extend([second, first]);
                }
                _ => pieces.push(text.to_owned()),
            }
        }
        Ok(pieces)
    }

    async fn fits(&self, text: &str, target: Option<&str>) -> Result<bool, EngineError> {
        // A token is a byte at the least, and some stand around the text.
        let limit = self.card().context_length;
        if text.len() + 8 <= limit {
            return Ok(true);
        }
        // Of a text that is surely too long nobody needs the tokens.
        if text.len() > 64 * limit {
            return Ok(false);
        }
        let source = Source::Text { text: text.to_owned(), target: target.map(str::to_owned) };
        // Half the context is left for a translation that is longer than its source.
        Ok(self.worker.encode_source(source).await?.len() <= limit / 2)
    }
}

/// The bytes of each segment.
fn segments(text: &str, cut: Cut) -> Vec<Range<usize>> {
    match cut {
        Cut::Sentences => sentences(text),
        Cut::Lines => {
            let mut end = 0;
            let lines = text.split_inclusive('\n').map(|line| {
                let start = end;
                end += line.len();
                start..start + line.trim_end_matches(['\n', '\r']).len()
            });
            lines.collect()
        }
    }
}

/// Cuts a text near its middle: behind a mark or at a space where there is one in its middle half, else anywhere.
fn halves(text: &str) -> Option<(&str, &str)> {
    let middle = text.len() / 2;
    let inside = |at: usize| (text.len() / 4..=text.len() * 3 / 4).contains(&at);
    let nearest = |marks: fn(char) -> bool| {
        let ends = text.char_indices().filter(|(_, mark)| marks(*mark));
        let ends = ends.map(|(at, mark)| at + mark.len_utf8()).filter(|&at| inside(at));
        ends.min_by_key(|&at| at.abs_diff(middle))
    };
    let at = nearest(|mark| ",;:，；：、。！？!?—…".contains(mark))
        .or_else(|| nearest(char::is_whitespace))
        .or_else(|| (middle..text.len()).find(|&at| text.is_char_boundary(at)))?;
    let (first, second) = text.split_at(at);
    let (first, second) = (first.trim(), second.trim());
    (!first.is_empty() && !second.is_empty()).then_some((first, second))
}

/// Nothing where one of its pieces was not translated.
fn segment(source: &str, answers: &[Rewriting], to: Language) -> Option<Segment> {
    let best: Vec<_> =
        answers.iter().map(|answer| answer.candidates.first()).collect::<Option<_>>()?;
    let targets: Vec<&str> = best.iter().map(|candidate| candidate.text.as_str()).collect();
    let logprobs: Vec<f32> =
        best.iter().flat_map(|candidate| &candidate.logprobs).copied().collect();
    let mean = logprobs.iter().sum::<f32>() / logprobs.len().max(1) as f32;
    let mut flags = Vec::new();
    if best.iter().any(|candidate| candidate.finish == FinishReason::Length) {
        flags.push(Flag::CutShort);
    }
    if answers.len() > 1 {
        flags.push(Flag::InPieces);
    }
    let alternatives = match answers {
        [one] => one.candidates[1..].iter().map(|candidate| candidate.text.clone()).collect(),
        _ => Vec::new(),
    };
    Some(Segment {
        source: source.to_owned(),
        target: targets.join(between(to)),
        alternatives,
        score: (!answers.is_empty()).then_some(mean),
        flags,
    })
}

/// What stands between two sentences of a paragraph.
fn between(to: Language) -> &'static str {
    match to {
        Language::English => " ",
        Language::Chinese => "",
    }
}

/// The translations with what was between their sources; spaces between sentences are those of the language.
fn put_together(text: &str, ranges: &[Range<usize>], done: &[Segment], to: Language) -> String {
    let mut whole = String::new();
    let mut end = 0;
    for (number, (range, segment)) in ranges.iter().zip(done).enumerate() {
        let gap = &text[end..range.start];
        match number == 0 || gap.contains('\n') {
            true => whole += gap,
            false => whole += between(to),
        }
        whole += &segment.target;
        end = range.end;
    }
    if done.len() == ranges.len() {
        whole += &text[end..];
    }
    whole
}

#[cfg(test)]
mod tests {
    use bimo_engine::scripted::ScriptedRewriter;

    use super::*;

    async fn translator(scripted: ScriptedRewriter) -> Translator {
        let worker = Seq2SeqWorker::spawn(move || Ok(Box::new(scripted))).await.unwrap();
        Translator::on(worker).await.unwrap()
    }

    async fn translate(text: &str, to: Language, cut: Cut) -> Translation {
        let known = [
            ("It rained.", "下雨了。"),
            ("He left.", "他走了。"),
            ("你好。", "Hello."),
            ("再见！", "Bye!"),
        ];
        let translator = translator(ScriptedRewriter::knowing(known)).await;
        translator.translate(text, to, cut, Some(2), CancellationToken::new()).await.unwrap()
    }

    #[tokio::test]
    async fn paragraphs_stay_and_spaces_are_those_of_the_language() {
        let into_chinese =
            translate("  It rained. He left.\n\nHe left.\n", Language::Chinese, Cut::Sentences)
                .await;
        assert_eq!(into_chinese.text, "  下雨了。他走了。\n\n他走了。\n");
        assert_eq!(into_chinese.direction, "en-zh");
        let into_english = translate("你好。再见！", Language::English, Cut::Sentences).await;
        assert_eq!(into_english.text, "Hello. Bye!");
        assert_eq!(into_english.direction, "zh-en");
    }

    #[tokio::test]
    async fn every_line_is_a_segment_also_an_empty_one() {
        let found = translate("It rained.\r\n\nHe left.", Language::Chinese, Cut::Lines).await;
        assert_eq!(found.text, "下雨了。\r\n\n他走了。");
        let targets: Vec<&str> =
            found.segments.iter().map(|segment| segment.target.as_str()).collect();
        assert_eq!(targets, ["下雨了。", "", "他走了。"]);
        assert_eq!(found.segments[1].score, None);
        assert_eq!(found.segments[0].alternatives, ["下雨了。*"]);
        assert_eq!(found.segments[0].score, Some(-1.0));
    }

    #[tokio::test]
    async fn what_is_too_long_is_translated_in_pieces_and_said_to_be() {
        let scripted = ScriptedRewriter::knowing([]).with_context_length(40);
        let translator = translator(scripted).await;
        let text = "a".repeat(30) + ", " + &"b".repeat(30);
        let never = CancellationToken::new();
        let found =
            translator.translate(&text, Language::Chinese, Cut::Lines, None, never).await.unwrap();
        // Backwards, piece by piece; no letter is lost.
        let letters = |letter| found.text.chars().filter(|c| *c == letter).count();
        assert_eq!((letters('a'), letters('b'), letters(',')), (30, 30, 1));
        assert_eq!(found.segments[0].flags, [Flag::InPieces]);
        assert!(found.segments[0].alternatives.is_empty());
    }

    #[tokio::test]
    async fn a_language_that_the_model_does_not_write_is_refused() {
        let scripted = ScriptedRewriter::knowing([]).with_target_languages(["cmn_Hans", "jpn"]);
        let translator = translator(scripted).await;
        let ask = async |to| {
            let never = CancellationToken::new();
            translator.translate("x", to, Cut::Lines, None, never).await
        };
        assert!(ask(Language::Chinese).await.is_ok());
        assert_eq!(ask(Language::English).await.unwrap_err().code, "language_unsupported");
    }

    #[tokio::test]
    async fn nothing_gives_nothing_and_a_cancelled_translation_says_so() {
        assert_eq!(translate("", Language::Chinese, Cut::Sentences).await.text, "");
        let translator = translator(ScriptedRewriter::knowing([])).await;
        let cancel = CancellationToken::new();
        cancel.cancel();
        let found =
            translator.translate("abc", Language::Chinese, Cut::Lines, None, cancel).await.unwrap();
        assert!(found.is_cut && found.segments.is_empty());
    }

    #[test]
    fn the_language_to_write_is_the_other_one() {
        assert_eq!(Language::other_than("It rained all day."), Language::Chinese);
        assert_eq!(Language::other_than("雨下了一整天。"), Language::English);
        assert_eq!(Language::other_than("他说 hello world。"), Language::English);
    }
}
