//! Edits: versions, conflicts, who wrote what, and the revisions that are kept.

use bimo_store::{GenerationStatus, RevisionReason, StoreError};
use bimo_text::{AuthorSpan, Utf16Offset};

use crate::{NOW_MS, Shelf, at, body_of, ended, spans_of, typed, written};

#[tokio::test]
async fn every_save_is_a_version_and_counts() {
    let (shelf, store, chapter) = Shelf::with_text("从前有座山。").await;
    let edits = [typed(6, 6, "\nOnce."), typed(0, 2, "😀"), typed(2, 2, "，")];
    let saved = store.apply_edits(chapter, 1, &edits, NOW_MS).await.expect("a save");
    assert_eq!(saved.version, 2);
    // 😀，有座山。 and Once.: three Han characters, one word, 6 + 5 visible characters.
    let counts = saved.counts;
    assert_eq!((counts.han, counts.words, counts.characters), (3, 1, 11));
    let nothing = store.apply_edits(chapter, 2, &[], NOW_MS).await.expect("no edits");
    assert_eq!(nothing, saved, "no edits, no new version");
    drop(store);
    let chapter = shelf.open().await.chapter(chapter).await.expect("the chapter");
    assert_eq!((chapter.body.as_str(), chapter.version), ("😀，有座山。\nOnce.", 2));
    assert_eq!(chapter.counts, counts);
}

#[tokio::test]
async fn edits_on_another_version_are_refused() {
    let (_shelf, store, chapter) = Shelf::with_text("one").await;
    store.apply_edits(chapter, 1, &[typed(3, 3, " two")], NOW_MS).await.expect("a save");
    for given in [0, 1, 3] {
        let late = store.apply_edits(chapter, given, &[typed(0, 3, "")], NOW_MS).await;
        let error = late.expect_err("another version");
        assert!(
            matches!(error, StoreError::VersionConflict { stored: 2, given: it } if it == given),
            "{error}"
        );
        assert_eq!(error.code(), "version_conflict");
    }
    assert_eq!(body_of(&store, chapter).await, "one two");
}

#[tokio::test]
async fn two_saves_on_one_version_are_not_mixed() {
    let (_shelf, store, chapter) = Shelf::with_text("").await;
    let (one, other) = ([typed(0, 0, "one")], [typed(0, 0, "other")]);
    let (one, other) = tokio::join!(
        store.apply_edits(chapter, 1, &one, NOW_MS),
        store.apply_edits(chapter, 1, &other, NOW_MS),
    );
    assert!(one.is_ok() ^ other.is_ok(), "{one:?} {other:?}");
    let body = body_of(&store, chapter).await;
    assert_eq!(body, if one.is_ok() { "one" } else { "other" });
}

#[tokio::test]
async fn an_edit_that_does_not_fit_changes_nothing() {
    let (_shelf, store, chapter) = Shelf::with_text("a😀").await;
    for bad in [typed(6, 6, "x"), typed(8, 8, "x"), typed(2, 1, "")] {
        let edits = [typed(0, 0, "good"), bad];
        let error = store.apply_edits(chapter, 1, &edits, NOW_MS).await.expect_err("no fit");
        assert_eq!(error.code(), "invalid_edit");
    }
    let kept = store.chapter(chapter).await.expect("the chapter");
    assert_eq!((kept.body.as_str(), kept.version), ("a😀", 1));
}

#[tokio::test]
async fn what_a_model_wrote_stays_marked() {
    let (shelf, store, chapter) = Shelf::with_text("从前").await;
    let generation = store.start_generation(&at(chapter, 2), NOW_MS).await.expect("a start");
    store.append_output(generation, "，有一座山", &[]).await.expect("text");
    let edits = [written(2, "，有一座山", generation)];
    store.apply_edits(chapter, 1, &edits, NOW_MS).await.expect("a save");
    store
        .finish_generation(generation, &ended(GenerationStatus::Complete), NOW_MS)
        .await
        .expect("an end");
    // The person types inside what the model wrote, before it, and takes its end away.
    let edits = [typed(4, 4, "😀"), typed(0, 0, "很久"), typed(10, 11, "")];
    store.apply_edits(chapter, 2, &edits, NOW_MS).await.expect("a save");
    drop(store);
    let store = shelf.open().await;
    assert_eq!(body_of(&store, chapter).await, "很久从前，有😀一座");
    assert_eq!(spans_of(&store, chapter).await, [(4, 6, generation.0), (8, 10, generation.0)]);
}

#[tokio::test]
async fn the_editors_whole_text_wins_and_the_old_is_kept() {
    let (_shelf, store, chapter) = Shelf::with_text("stored").await;
    let span = AuthorSpan { from: Utf16Offset(4), to: Utf16Offset(99), generation: 3 };
    let saved = store.replace_page(chapter, "the editor's", vec![span], NOW_MS + 5).await;
    assert_eq!(saved.expect("replaced").version, 2);
    assert_eq!(body_of(&store, chapter).await, "the editor's");
    assert_eq!(spans_of(&store, chapter).await, [(4, 12, 3)], "cut off at the end of the text");
    let kept = store.revisions(chapter).await.expect("revisions");
    let [revision] = &kept[..] else { panic!("one revision: {kept:?}") };
    assert_eq!((revision.reason, revision.version), (RevisionReason::Replaced, 1));
    assert_eq!(revision.created_at_ms, NOW_MS + 5);
    let (body, authorship) = store.revision_text(revision.id).await.expect("its text");
    assert_eq!((body.as_str(), authorship.spans()), ("stored", &[][..]));
    store.replace_page(chapter, "the editor's", vec![], NOW_MS).await.expect("the same text");
    assert_eq!(store.revisions(chapter).await.expect("revisions").len(), 1);
}

#[tokio::test]
async fn a_big_loss_can_be_regretted() {
    let long = "雪".repeat(1001);
    let (_shelf, store, chapter) = Shelf::with_text(&long).await;
    store.apply_edits(chapter, 1, &[typed(0, 1000, "")], NOW_MS).await.expect("a small loss");
    assert!(store.revisions(chapter).await.expect("revisions").is_empty());
    store.replace_page(chapter, &long, vec![], NOW_MS).await.expect("put back");
    store.apply_edits(chapter, 3, &[typed(0, 1001, "")], NOW_MS).await.expect("a big loss");
    let newest = store.revisions(chapter).await.expect("revisions").remove(0);
    assert_eq!(newest.reason, RevisionReason::BigLoss);
    assert_eq!(store.revision_text(newest.id).await.expect("its text").0, long);
}

#[tokio::test]
async fn the_newest_thirty_revisions_are_kept() {
    let (_shelf, store, chapter) = Shelf::with_text("0").await;
    for round in 1..=40 {
        let body = round.to_string();
        store.replace_page(chapter, &body, vec![], NOW_MS + round).await.expect("replaced");
    }
    let revisions = store.revisions(chapter).await.expect("revisions");
    assert_eq!(revisions.len(), 30);
    let text = |index: usize| store.revision_text(revisions[index].id);
    assert_eq!(text(0).await.expect("the newest").0, "39");
    assert_eq!(text(29).await.expect("the oldest").0, "10");
}
