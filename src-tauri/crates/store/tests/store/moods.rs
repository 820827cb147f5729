//! What classifiers said of sentences is there again, and does not grow without end.

use bimo_store::{LabelScore, LibraryItem, Store};

use crate::{NOW_MS, Shelf};

fn scores(score: f32) -> Vec<LabelScore> {
    vec![LabelScore { label: 2, score }, LabelScore { label: 0, score: 1.0 - score }]
}

async fn known(store: &Store, model: &str, sentences: &[&str]) -> Vec<Option<f32>> {
    let known = store.known_moods(model, sentences, NOW_MS).await.expect("an answer");
    known.into_iter().map(|scores| scores.map(|scores| scores[0].score)).collect()
}

#[tokio::test]
async fn a_sentence_is_known_to_the_model_that_read_it() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let read = [("雪停了。", scores(0.75)), ("It rained.", scores(0.5))];
    store.keep_moods("aa", &read, NOW_MS).await.expect("kept");
    let sentences = ["It rained.", "It snowed.", "雪停了。", "It rained."];
    assert_eq!(known(&store, "aa", &sentences).await, [Some(0.5), None, Some(0.75), Some(0.5)]);
    assert_eq!(known(&store, "bb", &sentences).await, [None; 4]);
    store.keep_moods("aa", &[("It rained.", scores(0.25))], NOW_MS).await.expect("kept");
    assert_eq!(known(&store, "aa", &["It rained."]).await, [Some(0.25)]);
}

#[tokio::test]
async fn a_works_characters_are_kept_and_go_with_it() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let (work, _) = store.create_work("红楼梦", NOW_MS).await.expect("a work");
    let daiyu = vec!["林黛玉".to_owned(), "黛玉".to_owned()];
    let baoyu = vec!["宝玉".to_owned()];
    store.keep_characters(work, &[daiyu.clone(), baoyu.clone()]).await.expect("kept");
    assert_eq!(store.characters(work).await.expect("characters"), [daiyu, baoyu.clone()]);
    store.keep_characters(work, std::slice::from_ref(&baoyu)).await.expect("kept");
    assert_eq!(store.characters(work).await.expect("characters"), [baoyu]);
    store.move_to_bin(LibraryItem::Work(work), NOW_MS).await.expect("thrown away");
    store.delete_forever(LibraryItem::Work(work)).await.expect("gone");
    assert_eq!(store.characters(work).await.expect("characters"), Vec::<Vec<String>>::new());
    let error = store.keep_characters(work, &[]).await.expect_err("there is no such work");
    assert_eq!(error.code(), "not_found");
}
