//! Searching the library in both languages.

use bimo_store::{LibraryItem, SearchHit, Store};
use bimo_text::TextEdit;

use crate::{NOW_MS, Shelf, body_of, typed};

async fn hits(store: &Store, query: &str) -> Vec<SearchHit> {
    store.search(query, 100).await.expect("a search")
}

/// What was found, after checking that the offsets of each hit are where it stands.
async fn found(store: &Store, query: &str) -> Vec<String> {
    let mut found = Vec::new();
    for hit in hits(store, query).await {
        let units: Vec<u16> = body_of(store, hit.chapter).await.encode_utf16().collect();
        let (from, to) = (hit.from.0 as usize, hit.to.0 as usize);
        assert_eq!(String::from_utf16_lossy(&units[from..to]), hit.matched, "{query:?}");
        let before: Vec<u16> = hit.before.encode_utf16().collect();
        assert_eq!(units[from - before.len()..from], before, "{query:?}");
        found.push(hit.matched);
    }
    found
}

#[tokio::test]
async fn both_languages_are_found_with_their_places() {
    let body =
        "😀𠮷野家的春天来了。\nThe Red Dragon flew; dragons don’t walk.\n用Rust写小说，Café 里。\n";
    let (_shelf, store, _) = Shelf::with_text(body).await;
    for (query, expected) in [
        ("春天", &["春天"][..]),
        ("春", &["春"]),
        ("天来了", &["天来了"]),
        ("春来", &[]),
        ("𠮷野", &["𠮷野"]),
        ("dragon", &["Dragon", "dragons"]),
        ("DRAG", &["Dragon", "dragons"]),
        ("ragon", &[]),
        ("\"red dragon\"", &["Red Dragon"]),
        ("“red dragon”", &["Red Dragon"]),
        ("\"dragon red\"", &[]),
        ("walk red", &["walk"]),
        ("Rust写", &["Rust写"]),
        ("用rust", &["用Rust"]),
        ("小说 春天", &["春天"]),
        ("don't", &["don’t"]),
        ("CAFÉ", &["Café"]),
        ("OR", &[]),
        ("\"", &[]),
        ("NEAR(", &[]),
        ("", &[]),
    ] {
        assert_eq!(found(&store, query).await, expected, "{query:?}");
    }
    let hit = hits(&store, "春天").await.remove(0);
    assert_eq!((hit.before.as_str(), hit.after.as_str()), ("😀𠮷野家的", "来了。"));
    assert_eq!((hit.from.0, hit.to.0), (7, 9), "the emoji and 𠮷 are two units each");
    assert_eq!((hit.work_title.as_str(), hit.chapter_title.as_str()), ("A work", ""));
}

#[tokio::test]
async fn the_index_follows_every_change() {
    let (shelf, store, chapter) = Shelf::with_text("雪下了一夜。").await;
    assert_eq!(found(&store, "雪下").await, ["雪下"]);
    store.apply_edits(chapter, 1, &[typed(0, 1, "雨")], NOW_MS).await.expect("a save");
    assert!(found(&store, "雪下").await.is_empty());
    assert_eq!(found(&store, "雨下").await, ["雨下"]);
    let item = LibraryItem::Chapter(chapter);
    store.move_to_bin(item, NOW_MS).await.expect("thrown away");
    assert!(found(&store, "雨下").await.is_empty(), "the bin is not searched");
    store.restore(item, NOW_MS).await.expect("back");
    assert_eq!(found(&store, "雨下").await, ["雨下"]);
    drop(store);
    let store = shelf.open().await;
    assert_eq!(found(&store, "雨下").await, ["雨下"]);
    store.move_to_bin(item, NOW_MS).await.expect("thrown away");
    store.delete_forever(item).await.expect("gone");
    assert!(found(&store, "雨下").await.is_empty());
    store.create_work("another", NOW_MS).await.expect("a work");
    assert!(found(&store, "雨下").await.is_empty(), "its index went with it");
}

#[tokio::test]
async fn hits_come_in_the_librarys_order_and_not_too_many() {
    let (_shelf, store, first) = Shelf::with_text("one fox.\ntwo fox.").await;
    let (work, second) = store.create_work("B", NOW_MS).await.expect("a work");
    store.apply_edits(second, 0, &[typed(0, 0, "three fox")], NOW_MS).await.expect("text");
    let order = async |limit| {
        let hits = store.search("fox", limit).await.expect("a search");
        hits.iter().map(|hit| (hit.chapter, hit.from.0)).collect::<Vec<_>>()
    };
    assert_eq!(order(100).await, [(first, 4), (first, 13), (second, 6)]);
    assert_eq!(order(2).await, [(first, 4), (first, 13)]);
    store.move_work(work, 0, NOW_MS).await.expect("to the front");
    assert_eq!(order(100).await, [(second, 6), (first, 4), (first, 13)]);
}

/// The index is kept up to date passage by passage; in the end it must find what a plain scan finds.
#[tokio::test]
async fn edits_all_over_a_long_chapter_keep_the_index_right() {
    let lines = (0..3000).map(|line| format!("第{line}行，雪还在下，没有人说话。\n"));
    let (_shelf, store, chapter) = Shelf::with_text(&lines.collect::<String>()).await;
    let mut state = 12345u32;
    for version in 1..=60 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let length = body_of(&store, chapter).await.encode_utf16().count() as u32;
        let place = state % length;
        let edit: TextEdit = match version % 4 {
            0 => typed(place, (place + 400).min(length), ""),
            1 => typed(place, place, "\n梅花开了。\n"),
            _ => typed(place, place, "梅花"),
        };
        store.apply_edits(chapter, version, &[edit], NOW_MS).await.expect("a save");
        if version % 10 == 0 {
            let body = body_of(&store, chapter).await;
            let scan = body.matches("梅花").count();
            assert_eq!(found(&store, "梅花").await.len(), scan, "after {version} edits");
        }
    }
}
