//! A program that ended in the middle of writing: the text is put back at its place.

use bimo_store::{
    ChapterId, GenerationId, GenerationStatus, LibraryItem, NewGeneration, Recovered,
    RevisionReason, Store,
};
use bimo_text::{AuthorSpan, Utf16Offset};

use crate::{NOW_MS, Shelf, at, body_of, ended, spans_of, typed, written};

async fn start(store: &Store, chapter: ChapterId, anchor: u32, output: &str) -> GenerationId {
    let id = store.start_generation(&at(chapter, anchor), NOW_MS).await.expect("a start");
    store.append_output(id, output, &[]).await.expect("its text");
    id
}

/// Ends the process, so to speak, and opens the library again.
async fn reopen(shelf: &Shelf, store: Store) -> (Store, Vec<Recovered>) {
    drop(store);
    let store = shelf.open().await;
    let recovered = store.recover_interrupted(NOW_MS + 1000).await.expect("recovery");
    assert_eq!(store.recover_interrupted(NOW_MS + 2000).await.expect("again"), []);
    (store, recovered)
}

#[tokio::test]
async fn text_that_no_save_brought_is_put_at_its_place() {
    let (shelf, store, chapter) = Shelf::with_text("从前。后来。").await;
    let id = start(&store, chapter, 3, "有一座山。").await;
    let (store, recovered) = reopen(&shelf, store).await;
    let expected =
        Recovered { generation: id, chapter: Some(chapter), text: "有一座山。".to_owned() };
    assert_eq!(recovered, [expected]);
    assert_eq!(body_of(&store, chapter).await, "从前。有一座山。后来。");
    assert_eq!(spans_of(&store, chapter).await, [(3, 8, id.0)]);
    let stopped = store.generation(id).await.expect("it").summary;
    assert_eq!(
        (stopped.status, stopped.output.as_str()),
        (GenerationStatus::Stopped, "有一座山。")
    );
    let revision = store.revisions(chapter).await.expect("revisions").remove(0);
    assert_eq!(revision.reason, RevisionReason::Recovery);
    assert_eq!(store.revision_text(revision.id).await.expect("text").0, "从前。后来。");
}

#[tokio::test]
async fn only_what_is_missing_is_put_in_and_where_edits_moved_it() {
    let (shelf, store, chapter) = Shelf::with_text("AB").await;
    let id = start(&store, chapter, 1, "😀one two").await;
    // The editor brings the first part, the person types on both sides of it and inside, then the program ends.
    let edits = [written(1, "😀one", id), typed(0, 0, "before "), typed(11, 11, "!")];
    store.apply_edits(chapter, 1, &edits, NOW_MS).await.expect("a save");
    store.apply_edits(chapter, 2, &[typed(15, 15, " after")], NOW_MS).await.expect("a save");
    assert_eq!(body_of(&store, chapter).await, "before A😀o!neB after");
    let (store, recovered) = reopen(&shelf, store).await;
    assert_eq!(recovered[0].text, " two");
    assert_eq!(body_of(&store, chapter).await, "before A😀o!ne twoB after");
}

#[tokio::test]
async fn typing_where_the_model_writes_stays_behind_its_text() {
    let (shelf, store, chapter) = Shelf::with_text("A").await;
    start(&store, chapter, 1, " model").await;
    store.apply_edits(chapter, 1, &[typed(1, 1, " person")], NOW_MS).await.expect("a save");
    let (store, _) = reopen(&shelf, store).await;
    assert_eq!(body_of(&store, chapter).await, "A model person");
}

#[tokio::test]
async fn a_place_that_was_deleted_is_where_the_text_was() {
    let (shelf, store, chapter) = Shelf::with_text("keep delete keep").await;
    start(&store, chapter, 8, "MODEL").await;
    store.apply_edits(chapter, 1, &[typed(5, 12, "")], NOW_MS).await.expect("a save");
    let (store, _) = reopen(&shelf, store).await;
    assert_eq!(body_of(&store, chapter).await, "keep MODELkeep");
}

#[tokio::test]
async fn a_replaced_page_takes_the_place_along() {
    let (shelf, store, chapter) = Shelf::with_text("one. two.").await;
    let id = start(&store, chapter, 4, " first, second").await;
    let span = AuthorSpan { from: Utf16Offset(9), to: Utf16Offset(15), generation: id.0 };
    let page = "New, one. first two.";
    store.replace_page(chapter, page, vec![span], NOW_MS).await.expect("replaced");
    let (store, recovered) = reopen(&shelf, store).await;
    assert_eq!(recovered[0].text, ", second");
    assert_eq!(body_of(&store, chapter).await, "New, one. first, second two.");

    start(&store, chapter, 9, "!").await;
    let page = "Old, New, one. first, second two.";
    store.replace_page(chapter, page, vec![], NOW_MS).await.expect("replaced");
    let (store, _) = reopen(&shelf, store).await;
    assert_eq!(body_of(&store, chapter).await, "Old, New, one.! first, second two.");
}

#[tokio::test]
async fn of_alternatives_none_is_put_into_the_page() {
    let (shelf, store, chapter) = Shelf::with_text("A").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let new = NewGeneration { choices: 3, try_of: ids.first().copied(), ..at(chapter, 1) };
        let id = store.start_generation(&new, NOW_MS).await.expect("a start");
        store.append_output(id, "一", &[]).await.expect("text");
        ids.push(id);
    }
    store
        .finish_generation(ids[0], &ended(GenerationStatus::Complete), NOW_MS)
        .await
        .expect("one has ended");
    let (store, recovered) = reopen(&shelf, store).await;
    let found: Vec<_> = recovered.iter().map(|one| (one.generation, one.chapter)).collect();
    assert_eq!(found, [(ids[1], None), (ids[2], None)], "those that were interrupted are told of");
    assert_eq!(body_of(&store, chapter).await, "A");
    assert_eq!(store.tries(ids[0]).await.expect("the tries").len(), 3);
}

#[tokio::test]
async fn text_that_ended_just_before_the_crash_is_put_in_too() {
    let (shelf, store, chapter) = Shelf::with_text("A").await;
    let id = start(&store, chapter, 1, " model").await;
    let complete = ended(GenerationStatus::Complete);
    store.finish_generation(id, &complete, NOW_MS).await.expect("an end");
    let (store, recovered) = reopen(&shelf, store).await;
    assert_eq!(recovered[0].text, " model");
    assert_eq!(body_of(&store, chapter).await, "A model");
    let kept = store.generation(id).await.expect("it").summary;
    assert_eq!(kept.status, GenerationStatus::Complete);
}

#[tokio::test]
async fn text_that_the_person_took_out_does_not_come_back() {
    let (shelf, store, chapter) = Shelf::with_text("A").await;
    let id = start(&store, chapter, 1, " model").await;
    let complete = ended(GenerationStatus::Complete);
    store.finish_generation(id, &complete, NOW_MS).await.expect("an end");
    // The person undid it before the editor had saved: the next save knows nothing of it.
    store.apply_edits(chapter, 1, &[typed(1, 1, "!")], NOW_MS).await.expect("a save");
    let (store, recovered) = reopen(&shelf, store).await;
    assert_eq!((recovered, body_of(&store, chapter).await.as_str()), (vec![], "A!"));

    let id = start(&store, chapter, 2, " model").await;
    store.finish_generation(id, &complete, NOW_MS).await.expect("an end");
    store.settle_ended().await.expect("settled");
    let (store, recovered) = reopen(&shelf, store).await;
    assert_eq!(recovered, [], "a program that was closed left its pages as they are to be");
    assert_eq!(body_of(&store, chapter).await, "A!");
}

#[tokio::test]
async fn text_without_a_page_stays_in_the_history() {
    let (shelf, store, chapter) = Shelf::with_text("A").await;
    let new = NewGeneration { place: None, ..at(chapter, 0) };
    let id = store.start_generation(&new, NOW_MS).await.expect("a start");
    store.append_output(id, "again", &[]).await.expect("text");
    start(&store, chapter, 1, "").await;
    let (store, recovered) = reopen(&shelf, store).await;
    assert_eq!(recovered.len(), 1, "of nothing written there is nothing to tell");
    assert_eq!((recovered[0].chapter, recovered[0].text.as_str()), (None, "again"));
    assert_eq!(body_of(&store, chapter).await, "A");
}

#[tokio::test]
async fn a_chapter_in_the_bin_gets_its_text_too() {
    let (shelf, store, chapter) = Shelf::with_text("A").await;
    start(&store, chapter, 1, " model").await;
    store.move_to_bin(LibraryItem::Chapter(chapter), NOW_MS).await.expect("thrown away");
    let (store, _) = reopen(&shelf, store).await;
    assert_eq!(body_of(&store, chapter).await, "A model");
}
