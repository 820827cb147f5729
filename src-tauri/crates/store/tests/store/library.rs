//! The tree: works, chapters, their order, the bin.

use bimo_store::{ChapterId, Guidance, LibraryItem, Store, StoreError, WorkId};
use bimo_text::Counts;

use crate::{NOW_MS, Shelf, body_of, typed};

/// `Work: Chapter Chapter | Work:`, then the bin behind a slash.
async fn shown(store: &Store) -> String {
    let library = store.library().await.expect("the library");
    let works = library.works.iter().map(|work| {
        let chapters = work.chapters.iter().map(|chapter| format!(" {}", chapter.title));
        format!("{}:{}", work.title, chapters.collect::<String>())
    });
    let bin = library.bin.iter().map(|entry| format!(" {}", entry.title)).collect::<String>();
    format!("{} /{bin}", works.collect::<Vec<_>>().join(" | "))
}

/// Works A (chapters 1 2 3) and B (chapter 4).
async fn two_works(store: &Store) -> ([WorkId; 2], [ChapterId; 4]) {
    let (a, one) = store.create_work("A", NOW_MS).await.expect("a work");
    let (b, four) = store.create_work("B", NOW_MS).await.expect("a work");
    store.rename_chapter(one, "1", NOW_MS).await.expect("a title");
    store.rename_chapter(four, "4", NOW_MS).await.expect("a title");
    let three = store.create_chapter(a, "3", None, NOW_MS).await.expect("a chapter");
    let two = store.create_chapter(a, "2", Some(1), NOW_MS).await.expect("a chapter");
    ([a, b], [one, two, three, four])
}

#[tokio::test]
async fn works_and_chapters_keep_the_order_they_are_given() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    assert_eq!(shown(&store).await, " /");
    let ([a, b], [one, two, three, four]) = two_works(&store).await;
    assert_eq!(shown(&store).await, "A: 1 2 3 | B: 4 /");

    store.move_chapter(three, a, 0, NOW_MS).await.expect("to the front");
    assert_eq!(shown(&store).await, "A: 3 1 2 | B: 4 /");
    store.move_chapter(one, a, 99, NOW_MS).await.expect("to the end");
    assert_eq!(shown(&store).await, "A: 3 2 1 | B: 4 /");
    store.move_chapter(two, b, 0, NOW_MS).await.expect("to the other work");
    assert_eq!(shown(&store).await, "A: 3 1 | B: 2 4 /");
    store.move_chapter(four, a, 1, NOW_MS).await.expect("and back");
    assert_eq!(shown(&store).await, "A: 3 4 1 | B: 2 /");
    store.move_work(b, 0, NOW_MS).await.expect("a work to the front");
    store.rename_work(a, "春", NOW_MS).await.expect("a title");
    assert_eq!(shown(&store).await, "B: 2 | 春: 3 4 1 /");
    store.create_work("C", NOW_MS).await.expect("a third work is the last");
    assert_eq!(shown(&store).await, "B: 2 | 春: 3 4 1 | C:  /");

    drop(store);
    assert_eq!(shown(&shelf.open().await).await, "B: 2 | 春: 3 4 1 | C:  /");
}

#[tokio::test]
async fn what_is_thrown_away_comes_back_to_its_place() {
    use LibraryItem::{Chapter, Work};
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let ([a, b], [one, two, three, _]) = two_works(&store).await;

    store.move_to_bin(Chapter(two), NOW_MS + 1).await.expect("thrown away");
    store.move_to_bin(Chapter(one), NOW_MS + 2).await.expect("thrown away");
    assert_eq!(shown(&store).await, "A: 3 | B: 4 / 1 2");
    store.restore(Chapter(two), NOW_MS).await.expect("back at the nearest place");
    assert_eq!(shown(&store).await, "A: 3 2 | B: 4 / 1");
    store.restore(Chapter(one), NOW_MS).await.expect("back at its place");
    assert_eq!(shown(&store).await, "A: 1 3 2 | B: 4 /");

    store.move_to_bin(Chapter(three), NOW_MS + 3).await.expect("thrown away");
    store.move_to_bin(Work(a), NOW_MS + 4).await.expect("its work too");
    assert_eq!(shown(&store).await, "B: 4 / A", "a chapter is not listed beside its work");
    store.restore(Work(a), NOW_MS).await.expect("the work comes back first");
    assert_eq!(shown(&store).await, "A: 1 2 | B: 4 / 3");

    store.move_to_bin(Work(a), NOW_MS + 5).await.expect("the work again");
    store.restore(Chapter(three), NOW_MS).await.expect("a chapter brings its work back");
    assert_eq!(shown(&store).await, "A: 1 3 2 | B: 4 /");
    store.move_to_bin(Work(a), NOW_MS).await.expect("thrown away");
    store.move_to_bin(Work(b), NOW_MS).await.expect("thrown away");
    store.restore(Work(b), NOW_MS).await.expect("back");
    store.restore(Work(a), NOW_MS).await.expect("back");
    assert_eq!(shown(&store).await, "A: 1 3 2 | B: 4 /");
}

#[tokio::test]
async fn only_the_bin_is_emptied() {
    use LibraryItem::{Chapter, Work};
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let ([a, _], [one, two, ..]) = two_works(&store).await;
    let refused = store.delete_forever(Chapter(one)).await.expect_err("it is not in the bin");
    assert_eq!(refused.code(), "not_found");
    assert_eq!(shown(&store).await, "A: 1 2 3 | B: 4 /");

    store.apply_edits(one, 0, &[typed(0, 0, "墨")], NOW_MS).await.expect("text");
    store.move_to_bin(Chapter(one), NOW_MS).await.expect("thrown away");
    assert_eq!(body_of(&store, one).await, "墨", "it can still be read");
    store.apply_edits(one, 1, &[typed(1, 1, "水")], NOW_MS).await.expect("a late save is kept");
    store.delete_forever(Chapter(one)).await.expect("gone");
    assert!(matches!(store.chapter(one).await, Err(StoreError::NotFound { .. })));
    store.move_to_bin(Work(a), NOW_MS).await.expect("thrown away");
    store.delete_forever(Work(a)).await.expect("gone with its chapters");
    assert!(matches!(store.chapter(two).await, Err(StoreError::NotFound { .. })));
    assert_eq!(shown(&store).await, "B: 4 /");
    let (next, _) = store.create_work("D", NOW_MS).await.expect("a work");
    assert!(next.0 > 2, "a number is never used twice");
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let ([a, _], [one, ..]) = two_works(&store).await;
    store.move_to_bin(LibraryItem::Chapter(one), NOW_MS).await.expect("thrown away");
    let (nowhere, no_work) = (ChapterId(99), WorkId(99));
    let errors = [
        store.rename_work(no_work, "", NOW_MS).await.err(),
        store.rename_chapter(nowhere, "", NOW_MS).await.err(),
        store.move_work(no_work, 0, NOW_MS).await.err(),
        store.move_chapter(nowhere, a, 0, NOW_MS).await.err(),
        store.move_chapter(one, a, 0, NOW_MS).await.err(),
        store.move_to_bin(LibraryItem::Chapter(one), NOW_MS).await.err(),
        store.restore(LibraryItem::Work(a), NOW_MS).await.err(),
        store.create_chapter(no_work, "", None, NOW_MS).await.err(),
        store.set_goal(no_work, None, NOW_MS).await.err(),
        store.guidance(no_work).await.err(),
        store.apply_edits(nowhere, 0, &[], NOW_MS).await.err(),
        store.replace_page(nowhere, "", Vec::new(), NOW_MS).await.err(),
    ];
    for (index, error) in errors.into_iter().enumerate() {
        assert_eq!(error.map(|error| error.code()), Some("not_found"), "number {index}");
    }
}

#[tokio::test]
async fn counts_goals_and_guidance_are_kept() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let ([a, _], [one, two, ..]) = two_works(&store).await;
    store.apply_edits(one, 0, &[typed(0, 0, "他有3只猫。")], NOW_MS).await.expect("text");
    store.apply_edits(two, 0, &[typed(0, 0, "Don’t go")], NOW_MS).await.expect("text");
    store.set_goal(a, Some(50_000), NOW_MS).await.expect("a goal");
    let guidance = Guidance { memory: "雪".to_owned(), note: "slowly".to_owned(), note_depth: 4 };
    store.set_guidance(a, &guidance, NOW_MS).await.expect("guidance");
    drop(store);

    let store = shelf.open().await;
    let work = store.library().await.expect("the library").works.remove(0);
    assert_eq!(work.goal, Some(50_000));
    assert_eq!(work.chapters[0].counts, Counts { han: 4, words: 1, characters: 6 });
    assert_eq!(work.counts, Counts { han: 4, words: 3, characters: 13 });
    assert_eq!(store.guidance(a).await.expect("guidance"), guidance);
    assert_eq!(store.chapter(two).await.expect("the chapter").guidance, guidance);
    store.set_goal(a, None, NOW_MS).await.expect("no goal");
    assert_eq!(store.library().await.expect("the library").works[0].goal, None);
}

#[tokio::test]
async fn settings_are_json_values_by_name() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    assert_eq!(store.setting("window").await.expect("read"), None);
    let value = serde_json::json!({"theme": "dark", "font": "宋体", "size": 19.5});
    store.set_setting("window", &serde_json::json!(1)).await.expect("set");
    store.set_setting("window", &value).await.expect("set again");
    drop(store);
    assert_eq!(shelf.open().await.setting("window").await.expect("read"), Some(value));
}
