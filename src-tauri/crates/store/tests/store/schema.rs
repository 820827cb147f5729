//! Libraries of every released schema are opened by today's program.

use std::path::PathBuf;

use bimo_store::{
    Guidance, LabelScore, LibraryItem, NewGeneration, NewGlossaryEntry, NewPair, NewSegment,
    NewTranslation, PairSide, SegmentOutcome, SegmentState, SourceKind, Store, SummaryEnd,
    SummaryForm, SummaryMethod, SummaryPart, SummaryPlace, SummarySource, SummaryStatus,
    SummaryWish, TranslatedDocument, TranslationKind, WorkId,
};

use crate::{NOW_MS, Shelf, at, body_of, spans_of, typed, written};

/// The schema that [`write_fixture`] writes.
const NEWEST: u32 = 5;

fn fixture(schema: u32) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
    folder.join(format!("{schema}.sqlite"))
}

/// Writes the fixture of the newest schema. For the day before a schema is released; never again after it.
#[tokio::test]
#[ignore = "writes a file that is committed"]
async fn write_fixture() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let (work, chapter) = store.create_work("雪国 Snow", NOW_MS).await.expect("a work");
    store.rename_chapter(chapter, "第一章", NOW_MS).await.expect("a title");
    store.set_goal(work, Some(50_000), NOW_MS).await.expect("a goal");
    let guidance =
        Guidance { memory: "冬天".to_owned(), note: "slowly".to_owned(), note_depth: 3 };
    store.set_guidance(work, &guidance, NOW_MS).await.expect("guidance");
    let edits = [typed(0, 0, "雪下了一夜。\nThe snow 😀 fell.")];
    store.apply_edits(chapter, 0, &edits, NOW_MS).await.expect("text");
    let first = store.start_generation(&at(chapter, 6), NOW_MS).await.expect("a start");
    store.append_output(first, "天亮了。", &[]).await.expect("text");
    let edits = [written(6, "天亮了。", first)];
    store.apply_edits(chapter, 1, &edits, NOW_MS).await.expect("a save");
    store.append_output(first, "没有人。", &[]).await.expect("more text");
    let aside = NewGeneration { try_of: Some(first), choices: 3, ..at(chapter, 6) };
    store.start_generation(&aside, NOW_MS).await.expect("a start");
    let binned = store.create_chapter(work, "旧", None, NOW_MS).await.expect("a chapter");
    store.move_to_bin(LibraryItem::Chapter(binned), NOW_MS).await.expect("thrown away");
    store.set_setting("window", &serde_json::json!({"theme": "dark"})).await.expect("a setting");
    store.search("snow", 10).await.expect("an index");
    write_translations(&store).await;
    write_summaries(&store).await;
    write_moods(&store, work).await;
    let copy = store.back_up(NOW_MS).await.expect("a copy");
    std::fs::create_dir_all(fixture(NEWEST).parent().expect("a folder")).expect("the folder");
    std::fs::copy(copy, fixture(NEWEST)).expect("the fixture");
}

/// What came with schema 3: a document half translated, a confirmed pair, a term.
async fn write_translations(store: &Store) {
    let segment = |source: &str| NewSegment { block: 0, source: source.into(), gap: " ".into() };
    let new = NewTranslation {
        kind: TranslationKind::Document,
        title: "day.txt",
        work: None,
        chapter: None,
        linked_chapter: None,
        source_language: "en",
        target_language: "zh-Hans",
        direction_detected: true,
        lead: "",
        segments: &[segment("It snowed."), segment("He slept.")],
        document: Some(TranslatedDocument {
            format: "txt".into(),
            bytes: b"It snowed. He slept.".to_vec(),
        }),
    };
    let translation = store.create_translation(&new, NOW_MS).await.expect("a translation");
    let first = store.segments(translation).await.expect("its segments")[0].id;
    let outcome = SegmentOutcome {
        target: "下雪了。".into(),
        state: SegmentState::Machine,
        confidence: Some(0.5),
        alternatives: "[]".into(),
        flags: r#"["numbers"]"#.into(),
        terms: "[]".into(),
        memory: None,
    };
    assert!(store.fill_segment(first, &outcome).await.expect("it is filled"));
    let pair = NewPair {
        english: "The snow fell.".into(),
        chinese: "雪下了。".into(),
        origin: "雪国 Snow".into(),
    };
    store.keep_pairs(&[pair], NOW_MS).await.expect("a pair");
    let term = NewGlossaryEntry {
        work: None,
        term: "snow country".into(),
        translation: "雪国".into(),
        note: "a title".into(),
    };
    store.keep_glossary(&[term], NOW_MS).await.expect("a term");
}

/// What came with schema 4: a summary that is done, and one that was being written, with its parts.
async fn write_summaries(store: &Store) {
    let source = SummarySource {
        kind: SourceKind::Page,
        title: "灯塔 Lamps".into(),
        byline: Some("Anna".into()),
        language: "en".into(),
        work: None,
        chapter: None,
        text: "The lamp broke. No ship came.".into(),
        layout: r#"{"sections":[],"paragraphs":[],"sentences":[]}"#.into(),
    };
    let wish = |method, language: Option<&str>| SummaryWish {
        method,
        form: SummaryForm::Bullets,
        length: r#"{"kind":"words","count":30}"#.into(),
        language: language.map(str::to_owned),
    };
    let key = wish(SummaryMethod::Key, None);
    let end = SummaryEnd {
        status: SummaryStatus::Complete,
        text: Some("- The lamp broke."),
        evidence: Some("{}"),
        error: None,
    };
    let place = SummaryPlace::New(&source);
    let done = store.write_summary(place, &key, Some(&end), NOW_MS).await.expect("it is done");
    let beside = SummaryPlace::Beside(store.summary(done).await.expect("it").entry.source);
    let rewritten = wish(SummaryMethod::Rewritten, Some("zh-Hans"));
    let running = store.write_summary(beside, &rewritten, None, NOW_MS).await.expect("a summary");
    store.set_summary_model(running, "mt5", "ab").await.expect("its model");
    store.append_summary(running, "灯坏了。").await.expect("text");
    let part = SummaryPart {
        number: 0,
        level: 1,
        title: "Chapter 1".into(),
        source_from: 0,
        source_to: 15,
        made_from: "[]".into(),
        text: "灯坏了。".into(),
        done: true,
    };
    store.keep_summary_part(running, &part).await.expect("a part");
}

/// What came with schema 5: the mood of a sentence, and a work's character.
async fn write_moods(store: &Store, work: WorkId) {
    let scores = vec![LabelScore { label: 2, score: 0.75 }, LabelScore { label: 0, score: 0.25 }];
    store.keep_moods("aa", &[("雪停了。", scores)], NOW_MS).await.expect("a mood");
    store.keep_characters(work, &[vec!["岛村".into(), "Shimamura".into()]]).await.expect("one");
}

async fn open_fixture(schema: u32) -> (Shelf, Store) {
    let shelf = Shelf::new();
    std::fs::create_dir_all(&shelf.options.folder).expect("a folder");
    std::fs::copy(fixture(schema), shelf.options.database()).expect("the fixture");
    let store = shelf.open().await;
    (shelf, store)
}

#[tokio::test]
async fn schema_1_opens() {
    opens(1).await;
}

#[tokio::test]
async fn schema_2_opens() {
    opens(2).await;
}

#[tokio::test]
async fn schema_3_opens_with_its_translations() {
    let (_shelf, store) = opens(3).await;
    let translations = store.translations().await.expect("the list");
    let [found] = &translations[..] else { panic!("one: {translations:?}") };
    assert_eq!((found.title.as_str(), found.done, found.total), ("day.txt", 1, 2));
    let segments = store.segments(found.id).await.expect("its segments");
    assert_eq!(segments[0].outcome.target, "下雪了。");
    assert_eq!(segments[1].source, "He slept.");
    let document = store.translated_document(found.id).await.expect("its file").expect("one");
    assert_eq!(document.bytes, b"It snowed. He slept.");
    let alike = store.like_pairs(PairSide::Chinese, "雪下了一夜。", 3).await.expect("the memory");
    assert_eq!(alike[0].english, "The snow fell.");
    let terms = store.glossary(None).await.expect("the glossary");
    assert_eq!((terms[0].term.as_str(), terms[0].note.as_str()), ("snow country", "a title"));
}

#[tokio::test]
async fn schema_4_opens_with_its_summaries() {
    let (_shelf, store) = opens(4).await;
    has_summaries(&store).await;
}

#[tokio::test]
async fn schema_5_opens_with_its_moods() {
    let (_shelf, store) = opens(5).await;
    has_summaries(&store).await;
    let known = store.known_moods("aa", &["雪停了。", "It rained."], NOW_MS).await.expect("moods");
    let scores = known[0].as_ref().expect("it was read");
    assert_eq!((scores[0].label, scores[0].score, known[1].is_none()), (2, 0.75, true));
    let work = store.library().await.expect("the library").works[0].id;
    let characters = store.characters(work).await.expect("its characters");
    assert_eq!(characters, [["岛村", "Shimamura"]]);
}

async fn has_summaries(store: &Store) {
    store.stop_interrupted_summaries(NOW_MS).await.expect("at the start");
    let summaries = store.summaries().await.expect("the list");
    let [rewritten, key] = &summaries[..] else { panic!("two: {summaries:?}") };
    assert_eq!((key.status, &key.preview[..]), (SummaryStatus::Complete, "- The lamp broke."));
    assert_eq!((rewritten.status, &rewritten.model[..]), (SummaryStatus::Stopped, "mt5"));
    assert_eq!(rewritten.wish.language.as_deref(), Some("zh-Hans"));
    assert_eq!(store.summary(rewritten.id).await.expect("it").text, "灯坏了。");
    let parts = store.summary_parts(rewritten.id).await.expect("its parts");
    assert_eq!((&parts[0].text[..], parts[0].source_to), ("灯坏了。", 15));
    let source = store.summary_source(key.source).await.expect("its source");
    assert_eq!((&source.title[..], source.byline.as_deref()), ("灯塔 Lamps", Some("Anna")));
}

async fn opens(schema: u32) -> (Shelf, Store) {
    let (shelf, store) = open_fixture(schema).await;
    let library = store.library().await.expect("the library");
    let [work] = &library.works[..] else { panic!("one work: {library:?}") };
    assert_eq!((work.title.as_str(), work.goal), ("雪国 Snow", Some(50_000)));
    assert_eq!(library.bin.len(), 1);
    let guidance = store.guidance(work.id).await.expect("guidance");
    assert_eq!((guidance.memory.as_str(), guidance.note_depth), ("冬天", 3));
    let chapter = work.chapters[0].id;
    assert_eq!(work.chapters[0].title, "第一章");

    let recovered = store.recover_interrupted(NOW_MS).await.expect("recovery");
    assert_eq!(recovered[0].text, "没有人。");
    let body = body_of(&store, chapter).await;
    assert_eq!(body, "雪下了一夜。天亮了。没有人。\nThe snow 😀 fell.");
    assert_eq!(spans_of(&store, chapter).await, [(6, 14, 1)]);
    assert_eq!(store.tries(recovered[0].generation).await.expect("the tries").len(), 2);
    let setting = store.setting("window").await.expect("a setting");
    assert_eq!(setting, Some(serde_json::json!({"theme": "dark"})));
    for query in ["天亮", "snow"] {
        assert_eq!(store.search(query, 10).await.expect("a search").len(), 1, "{query}");
    }
    let version = store.chapter(chapter).await.expect("the chapter").version;
    let edits = [typed(0, 0, "今年")];
    store.apply_edits(chapter, version, &edits, NOW_MS).await.expect("it can be written");
    (shelf, store)
}
