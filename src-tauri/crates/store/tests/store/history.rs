//! Searching what models have written.

use bimo_store::{GenerationId, HistoryQuery, NewGeneration, Store};

use crate::{NOW_MS, Shelf, at};

async fn found(store: &Store, text: &str) -> Vec<u32> {
    let query = HistoryQuery { text: text.to_owned(), limit: 50, ..HistoryQuery::default() };
    let found = store.history(&query).await.expect("the history");
    found.iter().map(|one| one.id.0).collect()
}

#[tokio::test]
async fn words_are_found_in_output_version_and_prompt() {
    let (_shelf, store, chapter) = Shelf::with_text("").await;
    let write = async |prompt: &str, output: &str| {
        let context = serde_json::json!([{"kind": "memory", "text": prompt, "tokens": 3}]);
        let new = NewGeneration { context: context.to_string(), ..at(chapter, 0) };
        let id = store.start_generation(&new, NOW_MS).await.expect("a start");
        store.append_output(id, output, &[]).await.expect("text");
        id
    };
    let snow = write("Once upon a time", "雪下了一夜，春天还没有来。").await.0;
    let fox = write("她说：“走吧。”\nShe said \"go\"", "The Fox ran 100% faster_").await.0;
    store.keep_edited_try(GenerationId(fox), "A hare ran").await.expect("a version");

    for (text, expected) in [
        ("春天", &[snow][..]),
        ("雪", &[snow]),
        ("雪 春天", &[snow]),
        ("雪 fox", &[]),
        ("ONCE", &[snow]),
        ("fox ran", &[fox]),
        ("hare", &[fox]),
        ("走吧", &[fox]),
        ("\"go\"", &[fox]),
        ("100%", &[fox]),
        ("1_0%", &[]),
        ("faster_", &[fox]),
        ("~", &[]),
        ("r", &[fox]),
        ("", &[fox, snow]),
        // Names and kinds inside the JSON are not text.
        ("memory", &[]),
        ("tokens", &[]),
        ("kind", &[]),
    ] {
        assert_eq!(found(&store, text).await, expected, "{text:?}");
    }
}

#[tokio::test]
async fn the_history_comes_in_pages_newest_first() {
    let (_shelf, store, chapter) = Shelf::with_text("").await;
    let (_, other) = store.create_work("", NOW_MS).await.expect("a work");
    for _ in 0..5 {
        store.start_generation(&at(chapter, 0), NOW_MS).await.expect("a start");
        store.start_generation(&at(other, 0), NOW_MS).await.expect("a start");
    }
    let page = async |before: Option<u32>| {
        let before = before.map(GenerationId);
        let query =
            HistoryQuery { chapter: Some(chapter), before, limit: 2, ..HistoryQuery::default() };
        let found = store.history(&query).await.expect("the history");
        found.iter().map(|one| one.id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, [9, 7]);
    assert_eq!(page(Some(7)).await, [5, 3]);
    assert_eq!(page(Some(3)).await, [1]);
    assert!(page(Some(1)).await.is_empty());
    assert_eq!(found(&store, "").await.len(), 10);
}
