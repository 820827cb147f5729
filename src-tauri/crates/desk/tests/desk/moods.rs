//! Texts are read for their moods sentence by sentence, once, and can be looked at from every side.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bimo_desk::wire::{
    ApiError, ChapterId, MoodBasis, MoodEvent, MoodMeasure, MoodProgress, MoodReading,
    MoodReadingId, MoodRequest, MoodSentence, MoodSource, MoodView, MoodWish, SourceLanguage,
    WorkId,
};
use bimo_desk::{CancellationToken, ClassifierSpec, Desk, DeskOptions};
use bimo_engine::scripted::{ScriptedClassifier, ScriptedGenerator};
use bimo_engine::{
    Classification, EngineError, ModelCard, Passage, Progress, Scoring, SequenceClassifier,
};
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::{Place, edit};

/// A scripted classifier that counts what it reads, and takes its time.
#[derive(Clone)]
pub struct Counting {
    scripted: ScriptedClassifier,
    read: Arc<AtomicUsize>,
    pause: Duration,
}

impl Counting {
    /// Negative where something is lost, positive where it is found, else neutral.
    pub fn new() -> Self {
        let labels = [("negative", "lost"), ("positive", "found"), ("neutral", "")];
        let scripted = ScriptedClassifier::of(labels);
        Self { scripted, read: Arc::default(), pause: Duration::ZERO }
    }

    pub fn slowly(pause: Duration) -> Self {
        Self { pause, ..Self::new() }
    }

    pub fn read(&self) -> usize {
        self.read.swap(0, Ordering::SeqCst)
    }
}

impl SequenceClassifier for Counting {
    fn card(&self) -> &ModelCard {
        self.scripted.card()
    }

    fn labels(&self) -> &[String] {
        self.scripted.labels()
    }

    fn scoring(&self) -> Scoring {
        self.scripted.scoring()
    }

    fn classify(
        &mut self,
        texts: &[Passage],
        cancel: &CancellationToken,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Classification>>, EngineError> {
        self.read.fetch_add(texts.len(), Ordering::SeqCst);
        std::thread::sleep(self.pause * texts.len() as u32);
        self.scripted.classify(texts, cancel, on_progress)
    }
}

/// A classifier that can be loaded again and again.
pub fn spec_of(classifier: impl SequenceClassifier + Clone + Sync + 'static) -> ClassifierSpec {
    ClassifierSpec {
        name: "Scripted".into(),
        starter: true,
        bytes: 12,
        card: String::new(),
        goes_to: None,
        load: Arc::new(move |_| Ok(Box::new(classifier.clone()))),
    }
}

/// A desk that reads moods with this one.
pub async fn desk_with(
    place: &Place,
    classifier: impl SequenceClassifier + Clone + Sync + 'static,
) -> Desk {
    let options = place.options(ScriptedGenerator::writing(["."]));
    let classifier = spec_of(classifier);
    Desk::open(DeskOptions { classifier, ..options }).await.expect("the desk opens")
}

/// What a reading tells.
pub struct Told {
    pub reading: MoodReading,
    events: UnboundedReceiver<MoodEvent>,
}

/// All that a reading told.
pub struct Read {
    pub reading: MoodReading,
    pub sentences: Vec<MoodSentence>,
    pub view: MoodView,
    pub progress: MoodProgress,
    pub is_stopped: bool,
}

impl Told {
    pub async fn begin(desk: &Desk, source: MoodSource) -> Result<Self, ApiError> {
        let (told, mut events) = mpsc::unbounded_channel();
        let request = MoodRequest { source, model: None };
        desk.read_mood(request, move |event| drop(told.send(event))).await?;
        let Some(MoodEvent::Opened { reading }) = events.recv().await else {
            panic!("it opens first")
        };
        Ok(Self { reading, events })
    }

    pub async fn next(&mut self) -> Option<MoodEvent> {
        tokio::time::timeout(Duration::from_secs(60), self.events.recv()).await.expect("it goes on")
    }

    pub async fn rest(mut self) -> Read {
        let (mut sentences, reading) = (Vec::new(), self.reading.clone());
        let (view, progress, is_stopped) = loop {
            match self.next().await.expect("an end is told") {
                MoodEvent::Scored { sentences: more, .. } => {
                    assert!(more.len() <= 500);
                    sentences.extend(more);
                }
                MoodEvent::Finished { view, progress, .. } => break (view, progress, false),
                MoodEvent::Stopped { view, progress, .. } => break (view, progress, true),
                MoodEvent::Failed { error, .. } => panic!("{error}"),
                MoodEvent::Unkept { error, .. } => panic!("{error}"),
                MoodEvent::Progress { .. } | MoodEvent::View { .. } => {}
                MoodEvent::Opened { .. } => panic!("it opens twice"),
            }
        };
        assert!(self.next().await.is_none(), "nothing comes behind the end");
        sentences.sort_by_key(|sentence| sentence.index);
        Read { reading, sentences, view, progress, is_stopped }
    }
}

pub async fn read(desk: &Desk, source: MoodSource) -> Read {
    Told::begin(desk, source).await.expect("it is accepted").rest().await
}

pub fn text(text: &str) -> MoodSource {
    MoodSource::Text { text: text.into() }
}

/// The names of the sentences' labels.
fn labels(read: &Read) -> Vec<&str> {
    let names = &read.reading.model.labels;
    read.sentences.iter().map(|one| names[one.mood.label as usize].as_str()).collect()
}

const STORY: &str = "# Snow 😀\n\nShe lost it. 他 found 了它。\n\n* * *\n\nIt rained.";

#[tokio::test]
async fn every_sentence_of_a_text_has_its_mood_and_the_whole_has_one() {
    let place = Place::new();
    let classifier = Counting::new();
    let desk = desk_with(&place, classifier.clone()).await;
    let found = read(&desk, text(STORY)).await;
    assert_eq!(labels(&found), ["neutral", "negative", "positive", "neutral"]);
    let places: Vec<_> = found.sentences.iter().map(|one| (one.from, one.to)).collect();
    assert_eq!(places, [(2, 9), (11, 23), (24, 35), (44, 54)]);
    let valence = |at: usize| found.sentences[at].mood.valence.expect("a mood");
    assert!((valence(1) + 0.85).abs() < 1e-6 && (valence(2) - 0.85).abs() < 1e-6);
    assert_eq!(found.reading.parts[0].text, STORY);
    assert_eq!((found.reading.sentences, found.reading.guesses), (4, 0));
    assert_eq!((found.progress.done, found.progress.total, found.progress.known), (4, 4, 0));
    let overall = found.view.overall.expect("a mood");
    assert_eq!(overall.by, MoodBasis::Whole);
    assert_eq!(overall.mood.label, 0, "what is lost comes first in it");
    assert_eq!(found.view.measure, MoodMeasure::Mood);
    assert_eq!(found.view.arc.points.len(), 4);
    assert_eq!(found.view.counts.iter().map(|one| one.count).collect::<Vec<_>>(), [2, 1, 1]);
    assert_eq!(classifier.read(), 5, "each sentence, and the whole");
}

#[tokio::test]
async fn only_what_changed_is_read_again_also_after_a_restart() {
    let place = Place::new();
    let classifier = Counting::new();
    let desk = desk_with(&place, classifier.clone()).await;
    let first = read(&desk, text(STORY)).await;
    assert_eq!(classifier.read(), 5);
    drop(desk);
    place.closed().await;
    let desk = desk_with(&place, classifier.clone()).await;
    let again = read(&desk, text(STORY)).await;
    assert_eq!(classifier.read(), 0);
    assert_eq!(again.progress.known, 4);
    assert_eq!((again.sentences, again.view), (first.sentences, first.view));
    let changed = read(&desk, text(&STORY.replace("It rained", "It was found"))).await;
    assert_eq!(classifier.read(), 2, "the sentence and the whole");
    assert_eq!(labels(&changed), ["neutral", "negative", "positive", "positive"]);
    let doubled = read(&desk, MoodSource::Lines { text: "lost\nlost\nmore\nlost".into() }).await;
    assert_eq!(classifier.read(), 2, "what stands there twice is read once");
    assert_eq!(doubled.sentences.len(), 4);
}

async fn novel(place: &Place, classifier: Counting) -> (Desk, WorkId, ChapterId) {
    let desk = desk_with(place, classifier).await;
    let first = desk.create_work("A novel".into()).await.expect("a work").chapter;
    let work = desk.open_chapter(first).await.expect("the page").work;
    edit(&desk, first, 0, 0, "Anna lost it. Tom came.", None).await;
    let second = desk.create_chapter(work, "Two".into(), None).await.expect("a chapter").chapter;
    edit(&desk, second, 0, 0, "黛玉 found 了它。Annabel found it. Tom lost all.", None).await;
    (desk, work, second)
}

#[tokio::test]
async fn a_work_is_read_by_chapters_and_looked_at_by_part_and_by_name() {
    let place = Place::new();
    let (desk, work, second) = novel(&place, Counting::new()).await;
    let found = read(&desk, MoodSource::Work { work }).await;
    let parts = &found.reading.parts;
    assert_eq!(
        parts.iter().map(|part| (part.first, part.sentences)).collect::<Vec<_>>(),
        [(0, 2), (2, 3)]
    );
    assert_eq!((parts[1].title.as_str(), parts[1].chapter), ("Two", Some(second)));
    assert_eq!(found.sentences[2].from, 0);
    assert_eq!(found.view.overall.as_ref().expect("a mood").by, MoodBasis::Sentences);
    assert_eq!(found.view.parts.len(), 2);
    assert_eq!((found.view.parts[0].to, found.view.parts[1].to), (found.view.parts[1].from, 1.0));

    let look = async |wish| desk.mood_view(found.reading.id, wish).await;
    let named = async |names: &[&str], part| {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let view = look(MoodWish { part, names, measure: None }).await.expect("a view");
        view.arc.points.iter().map(|point| point.sentence).collect::<Vec<_>>()
    };
    assert_eq!(named(&["Anna"], None).await, [0]);
    assert_eq!(named(&["Tom"], None).await, [1, 4]);
    assert_eq!(named(&["Tom", "玉"], Some(1)).await, [2, 4]);
    assert_eq!(named(&[], Some(1)).await, [2, 3, 4]);
    assert_eq!(named(&["Nobody"], None).await, [0; 0]);
    let label = MoodWish { measure: Some(MoodMeasure::Label { label: 1 }), ..MoodWish::default() };
    let view = look(label).await.expect("a view");
    assert_eq!((view.arc.low, view.arc.high), (0.0, 1.0));
    assert!((view.arc.points[2].value - 0.9).abs() < 1e-6);
    let no_label =
        MoodWish { measure: Some(MoodMeasure::Label { label: 9 }), ..MoodWish::default() };
    assert_eq!(look(no_label).await.expect_err("no label").code, "mood_no_such_measure");
    let gone = desk.mood_view(MoodReadingId(99), MoodWish::default()).await;
    assert_eq!(gone.expect_err("no reading").code, "mood_reading_gone");
}

#[tokio::test]
async fn a_chapter_and_its_translation_are_read_and_compared() {
    let place = Place::new();
    let (desk, work, chapter) = novel(&place, Counting::new()).await;
    let one = read(&desk, MoodSource::Chapter { chapter }).await;
    assert_eq!(one.sentences.len(), 3);
    let other = read(&desk, MoodSource::Work { work }).await;
    let compared = desk.compare_moods(one.reading.id, other.reading.id, None).await;
    let compared = compared.expect("both were read by the same model");
    assert_eq!((compared.one.sentences, compared.other.sentences), (3, 5));
    assert!(compared.likeness.is_some_and(|likeness| (-1.0..=1.0).contains(&likeness)));
    assert!(compared.farthest.is_some_and(|place| (0.0..=1.0).contains(&place)));
    let same = desk.compare_moods(one.reading.id, one.reading.id, None).await.expect("itself");
    assert!(same.likeness.is_some_and(|likeness| likeness > 0.999));

    let version = desk.open_chapter(chapter).await.expect("the page").version;
    desk.replace_page(chapter, "All was found.".into(), Vec::new()).await.expect("replaced");
    let revisions = desk.chapter_revisions(chapter).await.expect("revisions");
    assert_eq!(revisions[0].version, version);
    let before = read(&desk, MoodSource::Revision { revision: revisions[0].id }).await;
    assert_eq!(before.sentences.len(), 3);
}

#[tokio::test]
async fn a_reading_that_is_stopped_keeps_what_it_has() {
    let place = Place::new();
    let classifier = Counting::slowly(Duration::from_millis(4));
    let desk = desk_with(&place, classifier.clone()).await;
    let long: String = (0..2000).map(|number| format!("Number {number} was lost. ")).collect();
    let mut told = Told::begin(&desk, text(&long)).await.expect("it is accepted");
    loop {
        match told.next().await.expect("it goes on") {
            MoodEvent::Progress { progress, .. } if progress.done > 0 => break,
            _ => {}
        }
    }
    desk.stop_mood(told.reading.id);
    let found = told.rest().await;
    assert!(found.is_stopped);
    assert!(found.progress.done > 0 && found.progress.done < 2000, "{:?}", found.progress);
    assert_eq!(found.view.sentences, found.progress.done);
    assert!(classifier.read() < 2000);
    let again = Told::begin(&desk, text(&long)).await.expect("it is accepted");
    desk.stop_mood(again.reading.id);
    let known = again.rest().await.progress.known;
    assert!(known >= found.progress.done, "{known}");
}

#[tokio::test]
async fn what_moves_a_sentence_is_found_by_leaving_it_out() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::new()).await;
    let found = read(&desk, text("😀 It rained. She had lost her key.")).await;
    let why = desk.mood_words(found.reading.id, 1, None).await.expect("why");
    assert_eq!((why.words[0].text.as_str(), why.words[0].from, why.words[0].to), ("lost", 22, 26));
    assert!((why.words[0].weight + 0.85).abs() < 1e-6, "{:?}", why.words);
    assert!(why.words[1..].iter().all(|word| word.weight == 0.0));
    assert_eq!(why.tried, 5);
    let positive = Some(MoodMeasure::Label { label: 1 });
    let why = desk.mood_words(found.reading.id, 1, positive).await.expect("why");
    assert!(why.words[0].weight.abs() < 1e-6);
    let error = desk.mood_words(found.reading.id, 7, None).await.expect_err("no such sentence");
    assert_eq!(error.code, "mood_sentence_unread");
}

#[tokio::test]
async fn of_two_questions_why_only_the_later_is_answered() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::slowly(Duration::from_millis(20))).await;
    let found = read(&desk, text("She had lost the key again. He found it.")).await;
    let id = found.reading.id;
    let (earlier, later) = tokio::join!(desk.mood_words(id, 0, None), async {
        tokio::time::sleep(Duration::from_millis(5)).await;
        desk.mood_words(id, 1, None).await
    });
    assert_eq!(later.expect("why").words[0].text, "found");
    assert_eq!(earlier.expect_err("it was given up").code, "mood_overtaken");
}

#[tokio::test]
async fn nothing_and_too_much_are_refused_and_the_rest_is_read() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::new()).await;
    for nothing in ["", " \n\n", "* * *", "……", "```\ncode\n```"] {
        let refused = Told::begin(&desk, text(nothing)).await.err().expect("nothing to read");
        assert_eq!(refused.code, "mood_nothing_to_read", "{nothing}");
    }
    let refused =
        Told::begin(&desk, text(&"snow ".repeat(2_000_000))).await.err().expect("too much");
    assert_eq!(refused.code, "mood_too_long");
    let one_word = read(&desk, text("Snow")).await;
    assert_eq!(one_word.sentences.len(), 1);
    assert_eq!(one_word.view.overall.expect("a mood").by, MoodBasis::Sentences);
    assert_eq!(one_word.view.arc.line, []);
    let emoji = read(&desk, text("😀😀")).await;
    assert_eq!((emoji.reading.guesses, emoji.reading.language), (1, SourceLanguage::Unknown));
    let russian = read(&desk, text("Дождь шёл весь день. И ночь.")).await;
    assert_eq!((russian.reading.guesses, russian.reading.language), (2, SourceLanguage::Other));
    assert!(russian.sentences.iter().all(|sentence| sentence.guess));
}

#[tokio::test]
async fn a_million_characters_and_one_line_of_a_megabyte_go_through() {
    let place = Place::new();
    let desk = desk_with(&place, Counting::new()).await;
    let million: String = (0..5000).map(|number| format!("They lost {number:>188}. ")).collect();
    for (long, least) in [(million, 5000), ("snow and more snow ".repeat(55_000), 500)] {
        let found = read(&desk, text(&long)).await;
        assert!(found.sentences.len() >= least, "{}", found.sentences.len());
        assert!(found.view.arc.points.len() <= 600 && found.view.arc.line.len() <= 200);
        let counted: u32 = found.view.arc.points.iter().map(|point| point.sentences).sum();
        assert_eq!(counted as usize, found.sentences.len());
    }
}

/// A classifier of topics, so many that nobody reads them all.
#[derive(Clone)]
struct Topics {
    card: ModelCard,
    labels: Vec<String>,
}

impl SequenceClassifier for Topics {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn labels(&self) -> &[String] {
        &self.labels
    }

    fn scoring(&self) -> Scoring {
        Scoring::OneOf
    }

    /// The topic is as many characters as the text has.
    fn classify(
        &mut self,
        texts: &[Passage],
        _: &CancellationToken,
        _: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Option<Classification>>, EngineError> {
        let answer = |text: &Passage| {
            let mut scores = vec![0.5 / self.labels.len() as f32; self.labels.len()];
            scores[text.text.chars().count() % self.labels.len()] += 0.5;
            Some(Classification { scores, tokens: 1, windows: 1, left_out: 0 })
        };
        Ok(texts.iter().map(answer).collect())
    }
}

#[tokio::test]
async fn of_three_thousand_labels_the_best_are_told() {
    let place = Place::new();
    let card = Counting::new().card().clone();
    let labels = (0..3000).map(|topic| format!("topic {topic}")).collect();
    let desk = desk_with(&place, Topics { card, labels }).await;
    let lines: String = (1..=150).map(|length| "a".repeat(length) + "\n").collect();
    let found = read(&desk, MoodSource::Lines { text: lines + "aaaa\n" }).await;
    assert_eq!(found.reading.model.labels.len(), 3000);
    assert_eq!(found.reading.model.polarity, None);
    assert!(
        found.sentences.iter().all(|one| one.mood.scores.len() == 8 && one.mood.valence.is_none())
    );
    assert_eq!(found.sentences[149].mood.label, 150);
    assert_eq!(found.view.counts.len(), 100);
    assert_eq!((found.view.counts[0].label, found.view.counts[0].count), (4, 2));
    assert_eq!(
        found.view.measure,
        MoodMeasure::Label { label: 150 },
        "the longest line weighs most"
    );
    let mood = MoodWish { measure: Some(MoodMeasure::Mood), ..MoodWish::default() };
    let error = desk.mood_view(found.reading.id, mood).await.expect_err("topics are no moods");
    assert_eq!(error.code, "mood_no_such_measure");
}
