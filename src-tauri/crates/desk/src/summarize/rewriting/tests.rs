//! Summaries by scripted models: whole, in parts, stopped, and of a length that the model was not taught.

use std::time::Duration;

use bimo_convert::{Block, Role};
use bimo_engine::scripted::{ScriptedGenerator, ScriptedRewriter};
use bimo_engine::{GeneratorWorker, Seq2SeqWorker};
use bimo_models::TaskSettings;

use super::*;
use crate::summarize::making::{Engines, Made, make};
use crate::summarize::placing::Placer;
use crate::summarize::source::Chapter;
use crate::translation::Translator;
use crate::wire::{SummaryFlag, SummaryMethod, SummarySentence};

struct One(Writer);

impl Engines for One {
    async fn translator(&self, _: TargetLanguage) -> Result<Translator, ApiError> {
        let known = [("No ship passed the island.", "没有船经过小岛。")];
        let scripted = ScriptedRewriter::knowing(known).with_target_languages(["zh", "en"]);
        Translator::on(Seq2SeqWorker::spawn(move || Ok(Box::new(scripted))).await?).await
    }

    async fn writer(&self) -> Result<Writer, ApiError> {
        Ok(self.0.clone())
    }

    async fn placer(&self) -> Result<Option<Placer>, ApiError> {
        Ok(None)
    }
}

async fn asked(model: ScriptedGenerator) -> One {
    let model = model.as_instruct();
    One(Writer::Asked(GeneratorWorker::spawn(move || Ok(Box::new(model))).await.expect("it loads")))
}

async fn taught(model: ScriptedRewriter, prefix: &str) -> One {
    let settings = TaskSettings { prefix: prefix.into(), ..TaskSettings::default() };
    let worker = Seq2SeqWorker::spawn(move || Ok(Box::new(model))).await.expect("it loads");
    One(Writer::Rewrites(worker, settings))
}

fn source(chapters: usize, paragraphs: usize) -> Arc<Source> {
    let mut blocks = Vec::new();
    for chapter in 0..chapters {
        let block = |text: String, role| Block { text, role, chapter, spans: Vec::new() };
        blocks.push(block(format!("Chapter {chapter}"), Role::Heading(1)));
        for paragraph in 0..paragraphs {
            let text = format!(
                "In year {chapter}{paragraph} the lamp broke one winter. No ship passed the island."
            );
            blocks.push(block(text, Role::Paragraph));
        }
    }
    let chapter = Chapter { blocks, of_library: None };
    Arc::new(Source::of("Lamps".into(), vec![chapter]).expect("it has words"))
}

fn wish(length: SummaryLength, form: SummaryForm, to: Option<TargetLanguage>) -> Wish {
    Wish { method: SummaryMethod::Rewritten, length, form, to }
}

const SHORT: SummaryLength = SummaryLength::Words { count: 30 };

async fn made(engines: &One, source: &Arc<Source>, wish: Wish) -> (Made, Vec<Told>) {
    let mut told = Vec::new();
    let never = CancellationToken::new();
    let made = make(engines, source.clone(), wish, &never, |what| told.push(what)).await;
    (made.expect("a summary"), told)
}

fn text_of(told: &[Told]) -> String {
    let text = |what: &Told| match what {
        Told::Text(text) => Some(text.clone()),
        _ => None,
    };
    told.iter().filter_map(text).collect()
}

fn parts_of(told: &[Told]) -> Vec<Part> {
    let done = |what: &Told| match what {
        Told::Part(part) if part.done => Some(part.clone()),
        _ => None,
    };
    told.iter().filter_map(done).collect()
}

#[tokio::test]
async fn what_fits_is_summarised_as_a_whole_without_thoughts() {
    let script = "<think>Pirates?</think>\nThe lamp broke one winter.\n";
    let engines = asked(ScriptedGenerator::writing([script])).await;
    let (made, told) = made(&engines, &source(1, 3), wish(SHORT, SummaryForm::Bullets, None)).await;
    assert_eq!(made.outcome.text, "- The lamp broke one winter.");
    assert_eq!(text_of(&told), "The lamp broke one winter.\n", "as it came");
    assert_eq!(parts_of(&told), []);
    let [sentence] = &made.outcome.sentences[..] else { panic!("one: {made:?}") };
    assert!(sentence.flags.is_empty() && !sentence.sources.is_empty(), "{sentence:?}");
    assert!(matches!(&told[0], Told::Model { name, .. } if name == "Scripted"));
}

#[tokio::test]
async fn a_book_is_summarised_part_by_part_and_nothing_of_it_is_left_out() {
    let engines =
        asked(ScriptedGenerator::writing(["The lamp broke one winter. No ship passed."])).await;
    let book = source(6, 20);
    let (made, told) = made(&engines, &book, wish(SHORT, SummaryForm::Paragraph, None)).await;
    let parts = parts_of(&told);
    let first: Vec<&Part> = parts.iter().filter(|part| part.level == 1).collect();
    assert!(first.len() >= 5, "{}", first.len());
    let mut end = 0;
    for part in &first {
        assert!(book.text[end..part.range.start].trim().is_empty(), "a gap before {part:?}");
        end = part.range.end;
    }
    assert_eq!(end, book.text.len());
    assert!(first.iter().all(|part| part.title.starts_with("Chapter ")), "{first:?}");
    assert_eq!(made.outcome.text, "The lamp broke one winter. No ship passed.");
    assert_eq!(text_of(&told), made.outcome.text, "the last one alone is the summary");
    let progress: Vec<&SummaryProgress> = told
        .iter()
        .filter_map(|what| match what {
            Told::Progress(progress) => Some(progress),
            _ => None,
        })
        .collect();
    assert!(progress.is_sorted_by_key(|progress| progress.sentences_done));
    assert!(progress.iter().all(|progress| progress.part <= progress.parts));
    assert_eq!(progress.last().expect("some").stage, SummaryStage::Checking);
}

#[tokio::test]
async fn summaries_that_do_not_fit_together_are_summarised_in_turn() {
    // All summaries of parts together are more than the model reads.
    let long = "The lamp broke one winter and no ship passed the island. ".repeat(7);
    let engines =
        asked(ScriptedGenerator::writing([long.as_str()]).with_context_length(2600)).await;
    let (_, told) =
        made(&engines, &source(12, 22), wish(SHORT, SummaryForm::Paragraph, None)).await;
    let parts = parts_of(&told);
    let joined: Vec<&Part> = parts.iter().filter(|part| part.level == 2).collect();
    assert!(joined.len() > 1, "{parts:?}");
    let made_from: Vec<u32> = joined.iter().flat_map(|part| part.made_from.clone()).collect();
    let firsts: Vec<u32> =
        parts.iter().filter(|part| part.level == 1).map(|part| part.number).collect();
    assert_eq!(made_from, firsts, "each goes into one");
}

#[tokio::test]
async fn stopped_in_the_middle_the_parts_stay_and_nothing_passes_for_a_summary() {
    let slow = ScriptedGenerator::writing(["The lamp broke one winter."])
        .with_delay(Duration::from_millis(1));
    let engines = asked(slow).await;
    let cancel = CancellationToken::new();
    let mut told = Vec::new();
    let made =
        make(&engines, source(6, 20), wish(SHORT, SummaryForm::Paragraph, None), &cancel, |what| {
            if parts_of(std::slice::from_ref(&what)).len() == 1 {
                cancel.cancel();
            }
            told.push(what);
        });
    let made = made.await.expect("it is stopped");
    assert!(made.is_stopped);
    assert_eq!(made.outcome.text, "");
    assert_eq!(parts_of(&told).len(), 1);
}

#[tokio::test]
async fn a_model_that_was_taught_one_length_says_its_prefix_and_is_brought_to_length() {
    let text = source(1, 2);
    let said = "The lamp broke one winter. Pirates came. No ship passed the island.";
    let known = [(Box::leak(format!("summarize: {}", text.text).into_boxed_str()) as &str, said)];
    let engines = taught(ScriptedRewriter::knowing(known), "summarize: ").await;
    let two = SummaryLength::Sentences { count: 2 };
    let (found, told) = made(&engines, &text, wish(two, SummaryForm::Paragraph, None)).await;
    assert_eq!(found.outcome.text, "The lamp broke one winter. No ship passed the island.");
    assert_eq!(text_of(&told), said, "all that it wrote is seen");
    // Its words are translated for the other language, and what they rest on stays known.
    let other = wish(SHORT, SummaryForm::OneLine, Some(TargetLanguage::Simplified));
    let (found, told) = made(&engines, &text, other).await;
    assert_eq!(found.outcome.text, "没有船经过小岛。");
    assert_eq!(text_of(&told), "没有船经过小岛。", "what is translated is no summary yet");
    let [draft] = &parts_of(&told)[..] else { panic!("one: {told:?}") };
    assert_eq!((&draft.text[..], draft.range.clone()), (said, 0..text.text.len()));
    let [sentence] = &found.outcome.sentences[..] else { panic!("one: {found:?}") };
    assert!(!sentence.sources.is_empty() && sentence.flags.is_empty(), "{sentence:?}");
}

/// What is told and made where it is stopped as soon as `is_enough` was told.
async fn stopped(
    engines: &One,
    source: Arc<Source>,
    is_enough: fn(&Told) -> bool,
) -> (Made, Vec<Told>) {
    let (cancel, mut told) = (CancellationToken::new(), Vec::new());
    let wish = wish(SHORT, SummaryForm::Paragraph, None);
    let making = make(engines, source, wish, &cancel, |what| {
        if is_enough(&what) {
            cancel.cancel();
        }
        told.push(what);
    });
    let made = making.await.expect("it is stopped");
    (made, told)
}

#[tokio::test]
async fn what_a_taught_model_has_written_stays_when_it_is_stopped_in_the_middle() {
    let text = source(1, 2);
    let said = "The lamp broke one winter. No ship passed the island.";
    let known = [(Box::leak(text.text.clone().into_boxed_str()) as &str, said)];
    let slow = |model: ScriptedRewriter| model.with_delay(Duration::from_millis(500));
    let engines = taught(slow(ScriptedRewriter::knowing(known)), "").await;
    let (made, told) = stopped(&engines, text, |what| matches!(what, Told::Text(_))).await;
    assert!(made.is_stopped);
    assert!(said.starts_with(&made.outcome.text) && !made.outcome.text.is_empty(), "{made:?}");
    assert!(made.outcome.text.len() < said.len());
    assert_eq!(text_of(&told), made.outcome.text);

    let engines = taught(slow(ScriptedRewriter::knowing([])).with_context_length(512), "").await;
    let begun = |what: &Told| matches!(what, Told::Part(part) if !part.text.is_empty());
    let (made, told) = stopped(&engines, source(4, 10), begun).await;
    assert!(made.is_stopped && made.outcome.text.is_empty(), "a part is no summary");
    let part = |what: &Told| match what {
        Told::Part(part) => Some(part.clone()),
        _ => None,
    };
    let last = told.iter().rev().find_map(part).expect("parts");
    assert!(last.number == 0 && !last.done && !last.text.is_empty(), "{last:?}");
}

#[tokio::test]
async fn what_cannot_be_made_shorter_is_kept_whole() {
    // This one writes as much as it reads.
    let engines = taught(ScriptedRewriter::knowing([]).with_context_length(512), "").await;
    let text = source(4, 10);
    let (found, told) = made(
        &engines,
        &text,
        wish(SummaryLength::Share { share: 1.0 }, SummaryForm::Paragraph, None),
    )
    .await;
    let mut parts = parts_of(&told);
    parts.retain(|part| part.level == 1);
    assert!(parts.len() > 4);
    let written: usize = parts.iter().map(|part| part.text.chars().count()).sum();
    let read: usize =
        parts.iter().map(|part| text.text[part.range.clone()].trim().chars().count()).sum();
    assert_eq!(written, read);
    let unsupported =
        |sentence: &SummarySentence| sentence.flags.contains(&SummaryFlag::Unsupported);
    assert!(found.outcome.sentences.iter().any(unsupported), "backwards it says nothing");
}

#[tokio::test]
async fn an_instructed_model_writes_the_other_language_and_only_that_is_said_of_its_support() {
    let engines =
        asked(ScriptedGenerator::writing(["1924年冬天，灯塔的灯坏了。Tortuga没有船。"])).await;
    let to = Some(TargetLanguage::Traditional);
    let (found, _) = made(&engines, &source(1, 3), wish(SHORT, SummaryForm::Paragraph, to)).await;
    assert_eq!(found.outcome.text, "1924年冬天，燈塔的燈壞了。Tortuga沒有船。");
    let flags: Vec<_> =
        found.outcome.sentences.iter().map(|sentence| &sentence.flags[..]).collect();
    assert_eq!(flags[0], [SummaryFlag::OtherLanguage, SummaryFlag::Numbers]);
}

#[tokio::test]
async fn a_sentence_longer_than_the_model_reads_is_cut_and_not_dropped() {
    let engines = taught(ScriptedRewriter::knowing([]).with_context_length(256), "").await;
    let block = Block {
        text: "lamp and ship ".repeat(200),
        role: Role::Paragraph,
        chapter: 0,
        spans: Vec::new(),
    };
    let chapter = Chapter { blocks: vec![block], of_library: None };
    let text = Arc::new(Source::of(String::new(), vec![chapter]).expect("words"));
    let (_, told) = made(
        &engines,
        &text,
        wish(SummaryLength::Share { share: 1.0 }, SummaryForm::Paragraph, None),
    )
    .await;
    let parts = parts_of(&told);
    let ends = parts.iter().map(|part| part.range.clone()).collect::<Vec<_>>();
    assert!(ends.windows(2).all(|two| two[0].end == two[1].start), "{ends:?}");
    assert_eq!(ends.last().expect("some").end, text.text.trim_end().len());
}

#[test]
fn the_best_supported_sentences_stay_in_their_order() {
    let text = "One came. Two went. Three stayed.";
    let kept = |length, form| -> Vec<&str> {
        let ranges = fitting(text, &[0.5, 0.1, 0.9], &wish(length, form, None), 100);
        ranges.into_iter().map(|range| &text[range]).collect()
    };
    let sentences = |count| SummaryLength::Sentences { count };
    assert_eq!(kept(sentences(5), SummaryForm::Paragraph).len(), 3);
    assert_eq!(kept(sentences(2), SummaryForm::Paragraph), ["One came.", "Three stayed."]);
    assert_eq!(kept(sentences(5), SummaryForm::Title), ["Three stayed."]);
    assert_eq!(
        kept(SummaryLength::Words { count: 5 }, SummaryForm::Bullets).len(),
        3,
        "a quarter more is as good"
    );
}
