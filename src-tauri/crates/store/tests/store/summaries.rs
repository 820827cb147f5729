//! Summaries, their sources and their parts.

use bimo_store::{
    SourceKind, Store, SummaryEnd, SummaryForm, SummaryId, SummaryMethod, SummaryPart,
    SummaryPlace, SummarySource, SummaryStatus, SummaryWish,
};

use crate::{NOW_MS, Shelf};

fn source(text: &str) -> SummarySource {
    SummarySource {
        kind: SourceKind::Page,
        title: "灯塔 Lamps".into(),
        byline: Some("Anna".into()),
        language: "en".into(),
        work: None,
        chapter: None,
        text: text.into(),
        layout: r#"{"sentences":[]}"#.into(),
    }
}

fn wish(method: SummaryMethod, language: Option<&str>) -> SummaryWish {
    SummaryWish {
        method,
        form: SummaryForm::OneLine,
        length: r#"{"kind":"sentences","count":3}"#.into(),
        language: language.map(str::to_owned),
    }
}

async fn begin(store: &Store) -> SummaryId {
    let (source, wish) = (source("A text."), wish(SummaryMethod::Rewritten, Some("zh-Hans")));
    let place = SummaryPlace::New(&source);
    store.write_summary(place, &wish, None, NOW_MS).await.expect("a summary")
}

#[tokio::test]
async fn a_summary_grows_and_ends_and_is_found_again() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let id = begin(&store).await;
    store.set_summary_model(id, "bart", "ab").await.expect("a model");
    store.append_summary(id, "灯坏了。").await.expect("text");
    store.append_summary(id, "没有船。").await.expect("more text");
    drop(store);
    let store = shelf.open().await;
    store.stop_interrupted_summaries(NOW_MS + 5).await.expect("at the start");
    let kept = store.summary(id).await.expect("it is there");
    assert_eq!((kept.entry.status, &kept.text[..]), (SummaryStatus::Stopped, "灯坏了。没有船。"));
    assert_eq!((&kept.entry.title[..], &kept.entry.model[..]), ("灯塔 Lamps", "bart"));
    assert_eq!(kept.entry.wish, wish(SummaryMethod::Rewritten, Some("zh-Hans")));
    assert_eq!(
        store.summary_source(kept.entry.source).await.expect("its source"),
        source("A text.")
    );
    let end = |status, text| SummaryEnd { status, text, evidence: Some("{}"), error: None };
    store
        .end_summary(id, &end(SummaryStatus::Complete, Some("灯坏了。")), NOW_MS)
        .await
        .expect("it");
    assert_eq!(store.summary(id).await.expect("it").text, "灯坏了。");
    store.end_summary(id, &end(SummaryStatus::Failed, None), NOW_MS).await.expect("it");
    assert_eq!(store.summary(id).await.expect("it").text, "灯坏了。", "as it was");
    assert_eq!(store.summaries().await.expect("the list")[0].preview, "灯坏了。");
}

#[tokio::test]
async fn a_source_goes_with_its_last_summary() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let first = begin(&store).await;
    let source = store.summary(first).await.expect("it").entry.source;
    let key = wish(SummaryMethod::Key, None);
    let beside = SummaryPlace::Beside(source);
    let second = store.write_summary(beside, &key, None, NOW_MS).await.expect("another");
    let of = async |language| store.key_summary_of(source, language).await.expect("an answer");
    assert_eq!(of(None).await, Some(second));
    assert_eq!(of(Some("en")).await, None);
    store.append_summary(second, "x").await.expect("text");
    let instead = SummaryPlace::Instead(second);
    let id = store.write_summary(instead, &key, None, NOW_MS).await.expect("once more");
    assert_eq!(id, second);
    let again = store.summary(second).await.expect("it");
    assert_eq!((again.entry.status, &again.text[..]), (SummaryStatus::Running, ""));
    let status = SummaryStatus::Complete;
    let end = SummaryEnd { status, text: Some("y"), evidence: Some("{}"), error: None };
    store.write_summary(instead, &key, Some(&end), NOW_MS).await.expect("it is made");
    let made = store.summary(second).await.expect("it");
    assert_eq!((made.entry.status, &made.text[..]), (SummaryStatus::Complete, "y"));
    store.delete_summary(first).await.expect("it goes");
    store.summary_source(source).await.expect("the other one has it");
    store.delete_summary(second).await.expect("it goes");
    assert_eq!(store.summary_source(source).await.unwrap_err().code(), "not_found");
    assert_eq!(store.delete_summary(second).await.unwrap_err().code(), "not_found");
}

#[tokio::test]
async fn parts_are_planned_written_and_go_with_their_summary() {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    let id = begin(&store).await;
    let part = SummaryPart {
        number: 1,
        level: 2,
        title: "Chapter 1".into(),
        source_from: 3,
        source_to: 7,
        made_from: "[0]".into(),
        text: String::new(),
        done: false,
    };
    let first = SummaryPart { number: 0, level: 1, made_from: "[]".into(), ..part.clone() };
    let done = SummaryPart { text: "灯坏了。".into(), done: true, ..part.clone() };
    for part in [&part, &first, &done] {
        store.keep_summary_part(id, part).await.expect("it is kept");
    }
    assert_eq!(store.summary_parts(id).await.expect("the parts"), [first, done]);
    store.delete_summary(id).await.expect("it goes");
    assert_eq!(store.summary_parts(id).await.expect("none"), []);
}
