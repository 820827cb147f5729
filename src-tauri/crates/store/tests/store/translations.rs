//! Translations and their segments, the memory and the glossary.

use bimo_store::{
    Direction, Kept, NewGlossaryEntry, NewPair, NewSegment, NewTranslation, PairSide, Segment,
    SegmentChange, SegmentOutcome, SegmentState, Store, TranslatedDocument, TranslationId,
    TranslationKind, TranslationStatus,
};

use crate::{NOW_MS, Shelf};

fn new_segment(source: &str) -> NewSegment {
    NewSegment { block: 0, source: source.into(), gap: " ".into() }
}

fn outcome(target: &str, state: SegmentState) -> SegmentOutcome {
    SegmentOutcome {
        target: target.into(),
        state,
        confidence: Some(0.5),
        alternatives: r#"[{"text":"x","confidence":0.25}]"#.into(),
        flags: r#"["numbers"]"#.into(),
        terms: "[]".into(),
        memory: None,
    }
}

async fn begin(store: &Store, sentences: &[&str]) -> TranslationId {
    let segments: Vec<NewSegment> = sentences.iter().copied().map(new_segment).collect();
    let new = NewTranslation {
        kind: TranslationKind::Document,
        title: "book.txt",
        work: None,
        chapter: None,
        linked_chapter: None,
        source_language: "en",
        target_language: "zh-Hans",
        direction_detected: true,
        lead: "\n",
        segments: &segments,
        document: Some(TranslatedDocument { format: "txt".into(), bytes: b"\nOne.".to_vec() }),
    };
    store.create_translation(&new, NOW_MS).await.expect("a translation")
}

async fn sources(store: &Store, translation: TranslationId) -> Vec<String> {
    let segments = store.segments(translation).await.expect("its segments");
    let dense = (0..).zip(&segments).all(|(place, segment)| segment.position == place);
    assert!(dense, "{segments:?}");
    segments.into_iter().map(|segment| segment.source).collect()
}

#[tokio::test]
async fn a_translation_is_kept_with_its_file_and_says_how_far_it_is() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let id = begin(&store, &["One.", "Two."]).await;
    let first = store.segments(id).await.expect("its segments")[0].clone();
    assert!(
        store.fill_segment(first.id, &outcome("一。", SegmentState::Machine)).await.expect("it")
    );
    let kept = store.translation(id).await.expect("it is there");
    assert_eq!((kept.done, kept.total, kept.status), (1, 2, TranslationStatus::Running));
    assert_eq!((kept.lead.as_str(), kept.title.as_str()), ("\n", "book.txt"));
    let left = store.new_segments(id, 10).await.expect("what is left");
    assert_eq!(left.iter().map(|one| &one.source[..]).collect::<Vec<_>>(), ["Two."]);
    let file = store.translated_document(id).await.expect("a file").expect("it has one");
    assert_eq!(file.bytes, b"\nOne.");
    store.close().await;

    // The program ended in the middle.
    let store = shelf.open().await;
    store.pause_interrupted_translations().await.expect("the start");
    let paused = &store.translations().await.expect("the list")[0];
    assert_eq!((paused.done, paused.status), (1, TranslationStatus::Paused));
    store.delete_translation(id).await.expect("it goes");
    assert!(store.segments(id).await.expect("none").is_empty());
    assert_eq!(store.delete_translation(id).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn segments_are_spliced_and_those_that_stay_keep_their_translation() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let id = begin(&store, &["One.", "Two.", "Three.", "Four."]).await;
    let before: Vec<Segment> = store.segments(id).await.expect("its segments");
    let made = outcome("三。", SegmentState::Machine);
    store.fill_segment(before[2].id, &made).await.expect("a translation");
    let change = [
        SegmentChange::Kept { id: before[2].id, gap: "\n".into() },
        SegmentChange::New(new_segment("Between.")),
        SegmentChange::Reworded {
            id: before[1].id,
            source: "Two more.".into(),
            gap: " ".into(),
            flags: r#"["source_changed"]"#.into(),
        },
        SegmentChange::New(new_segment("And.")),
    ];
    store.splice_segments(id, "> ", (1, 2), &change, NOW_MS).await.expect("a change");
    let now = ["One.", "Three.", "Between.", "Two more.", "And.", "Four."];
    assert_eq!(sources(&store, id).await, now);
    let third = store.segment(before[2].id).await.expect("it stays");
    assert_eq!((third.outcome, third.gap.as_str()), (made, "\n"));
    store.splice_segments(id, "", (0, 6), &[], NOW_MS).await.expect("all goes");
    assert!(sources(&store, id).await.is_empty());
}

#[tokio::test]
async fn a_model_never_writes_over_what_the_person_made_theirs() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let id = begin(&store, &["One.", "Two.", "Three."]).await;
    let [edited, locked, gone] = &store.segments(id).await.expect("three")[..] else { panic!() };
    store.write_segment(edited.id, &outcome("壹。", SegmentState::Edited)).await.expect("an edit");
    store.write_segment(locked.id, &outcome("二。", SegmentState::Machine)).await.expect("a text");
    store.lock_segment(locked.id, true).await.expect("a lock");
    store.splice_segments(id, "", (2, 1), &[], NOW_MS).await.expect("the third goes");
    for segment in [edited, locked, gone] {
        let machine = outcome("x", SegmentState::Machine);
        assert!(!store.fill_segment(segment.id, &machine).await.expect("it is asked"));
    }
    assert_eq!(store.segment(edited.id).await.expect("it").outcome.target, "壹。");
    let direction =
        Direction { source_language: "zh-Hans", target_language: "en", detected: false };
    store.set_translation_direction(id, direction, NOW_MS).await.expect("the other way");
    store.forget_targets(id).await.expect("all is forgotten");
    assert_eq!(store.new_segments(id, 10).await.expect("all").len(), 2);
    assert_eq!(store.translation(id).await.expect("it").target_language, "en");
}

#[tokio::test]
async fn the_memory_finds_the_same_sentence_and_ones_like_it() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let pair = |english: &str, chinese: &str| NewPair {
        english: english.into(),
        chinese: chinese.into(),
        origin: "a test".into(),
    };
    let pairs = [
        pair("The old man sat by the fire.", "老人坐在火边。"),
        pair("The old man sat by the fire.", "老头坐在炉火旁。"),
        pair("She left the house at noon.", "她中午离开了家。"),
    ];
    assert_eq!(store.keep_pairs(&pairs, NOW_MS).await.expect("three"), 3);
    assert_eq!(store.keep_pairs(&pairs[..1], NOW_MS + 1).await.expect("none is new"), 0);
    let exact = store.exact_pair(PairSide::English, "The old man sat by the fire.").await;
    assert_eq!(exact.expect("a search").expect("it is there").chinese, "老人坐在火边。");
    let like = store.like_pairs(PairSide::English, "An old man sits \"by\" the fire OR", 5).await;
    assert_eq!(like.expect("a search").len(), 3, "the is in all of them");
    let like = store.like_pairs(PairSide::Chinese, "老人坐在门边", 5).await.expect("a search");
    assert_eq!(like[0].chinese, "老人坐在火边。");
    assert!(store.like_pairs(PairSide::Chinese, "。", 5).await.expect("a search").is_empty());
    let all = store.pairs(bimo_store::MemoryId(1), 10).await.expect("the rest");
    assert_eq!(all.len(), 2);
}

#[tokio::test]
async fn a_term_is_there_once_in_a_work_and_goes_with_it() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let (work, _) = store.create_work("A work", NOW_MS).await.expect("a work");
    let entry = |work, term: &str, translation: &str| NewGlossaryEntry {
        work,
        term: term.into(),
        translation: translation.into(),
        note: String::new(),
    };
    let entries = [
        entry(None, "Rose", "玫瑰"),
        entry(Some(work), "Rose", "露丝"),
        entry(Some(work), "Ann", "安"),
        entry(Some(work), "Ann", "安妮"),
        entry(None, "Rose", "玫瑰"),
    ];
    let kept = store.keep_glossary(&entries, NOW_MS).await.expect("they are kept");
    let what: Vec<Kept> = kept.iter().map(|(_, kept)| *kept).collect();
    assert_eq!(what, [Kept::Added, Kept::Added, Kept::Added, Kept::Changed, Kept::Same]);
    let all = store.glossary(Some(work)).await.expect("the glossary");
    let all: Vec<&str> = all.iter().map(|entry| &entry.translation[..]).collect();
    assert_eq!(all, ["安妮", "玫瑰", "露丝"]);
    let renamed = entry(Some(work), "Rose", "罗丝");
    store.change_glossary_entry(kept[2].0, &renamed, NOW_MS).await.expect("a change");
    assert_eq!(store.glossary(Some(work)).await.expect("it").len(), 2, "the other Rose is gone");
    assert_eq!(store.glossary(None).await.expect("that of all works").len(), 1);
    store.remove_glossary_entry(kept[0].0).await.expect("it goes");
    assert_eq!(store.remove_glossary_entry(kept[0].0).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn the_memory_is_searched_put_right_and_forgotten() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let pair = |english: &str, chinese: &str| NewPair {
        english: english.into(),
        chinese: chinese.into(),
        origin: "The Net".into(),
    };
    let pairs = [pair("The rain began.", "雨下起来了。"), pair("He counted knots.", "他数结。")];
    store.keep_pairs(&pairs, NOW_MS).await.expect("they are kept");

    let found = store.find_pairs("", None, 10).await.expect("all");
    assert_eq!(
        found.iter().map(|pair| &*pair.english).collect::<Vec<_>>(),
        ["He counted knots.", "The rain began."]
    );
    let later = store.find_pairs("", Some(found[0].id), 10).await.expect("what is behind");
    assert_eq!(later, found[1..]);
    assert_eq!(store.find_pairs("RAIN", None, 10).await.expect("by a word").len(), 1);
    assert_eq!(store.find_pairs("数结", None, 10).await.expect("by two characters").len(), 1);

    let right = ("The rain began to fall.".to_owned(), "雨下起来了。".to_owned());
    store.change_pair(found[1].id, right, NOW_MS + 1).await.expect("it is put right");
    assert_eq!(store.exact_pair(PairSide::English, "The rain began.").await.expect("a look"), None);
    let kept =
        store.exact_pair(PairSide::English, "The rain began to fall.").await.expect("a look");
    let kept = kept.expect("the new one");
    assert_eq!((kept.origin.as_str(), kept.updated_at_ms), ("The Net", NOW_MS + 1));
    store.forget_pair(kept.id).await.expect("it is forgotten");
    assert!(store.find_pairs("rain", None, 10).await.expect("a search").is_empty());
    assert!(
        store.like_pairs(PairSide::English, "rain fall", 10).await.expect("a search").is_empty()
    );
    assert!(store.forget_pair(kept.id).await.is_err());
}
