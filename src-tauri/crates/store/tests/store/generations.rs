//! Generations: written down before the first token, appended while they stream, ended once.

use bimo_store::{
    Candidate, ChapterId, GenerationId, GenerationStatus, Growth, HistoryQuery, LibraryItem,
    NewGeneration, TokenChoice,
};

use crate::{NOW_MS, Shelf, at, ended};

#[tokio::test]
async fn a_generation_is_kept_with_all_that_made_it() {
    let (shelf, store, chapter) = Shelf::with_text("从前").await;
    store.rename_chapter(chapter, "第一章", NOW_MS).await.expect("a title");
    let new = at(chapter, 2);
    let id = store.start_generation(&new, NOW_MS + 1).await.expect("a start");
    let begun = store.generation(id).await.expect("it is there before its first token");
    assert_eq!(
        (begun.summary.status, begun.summary.output.as_str()),
        (GenerationStatus::Running, "")
    );

    let candidate = |token, logprob| Candidate { token, logprob };
    let choice = |token| TokenChoice {
        chosen: candidate(token, -0.5),
        alternatives: vec![candidate(token, -0.5), candidate(9, -2.0)],
    };
    store.append_output(id, "有一座", &[choice(1), choice(2)]).await.expect("text");
    store.append_output(id, "山。", &[choice(3)]).await.expect("more text");
    store
        .finish_generation(id, &ended(GenerationStatus::Complete), NOW_MS + 900)
        .await
        .expect("an end");
    drop(store);

    let store = shelf.open().await;
    let kept = store.generation(id).await.expect("the generation");
    let summary = &kept.summary;
    assert_eq!((summary.id, summary.chapter), (id, Some(chapter)));
    assert_eq!(summary.chapter_title.as_deref(), Some("第一章"));
    assert_eq!((summary.created_at_ms, summary.status), (NOW_MS + 1, GenerationStatus::Complete));
    assert_eq!((summary.output.as_str(), summary.tokens), ("有一座山。", 3));
    assert_eq!((summary.model.as_str(), summary.seed), ("starter", 7));
    assert_eq!(summary.finish.as_deref(), Some("length"));
    assert_eq!((kept.context, kept.sampling), (new.context, new.sampling));
    assert_eq!((kept.max_tokens, kept.model_sha256), (120, new.model_sha256));
    assert_eq!((kept.prompt_tokens, kept.reused_tokens, kept.choices), (20, 12, 1));
    assert_eq!((kept.prefill_seconds, summary.decode_seconds), (0.25, 1.5));
    let tokens = store.token_choices(id).await.expect("its tokens");
    assert_eq!(tokens, [choice(1), choice(2), choice(3)]);
}

#[tokio::test]
async fn thoughts_are_kept_beside_the_output_and_are_not_searched() {
    let (_shelf, store, chapter) = Shelf::with_text("从前").await;
    let id = store.start_generation(&at(chapter, 2), NOW_MS).await.expect("a start");
    for (thoughts, text) in [("Two roads. ", ""), ("Neither.", "有一座山。")] {
        let growth = Growth { text, thoughts, tokens: &[] };
        store.grow(id, growth).await.expect("it is running");
    }
    let kept = store.generation(id).await.expect("the generation");
    assert_eq!(kept.thoughts, "Two roads. Neither.");
    assert_eq!(kept.summary.output, "有一座山。");
    for (words, found) in [("roads", 0), ("一座山", 1)] {
        let query = HistoryQuery { text: words.into(), limit: 9, ..HistoryQuery::default() };
        assert_eq!(store.history(&query).await.expect("a page").len(), found, "{words}");
    }
}

#[tokio::test]
async fn nothing_is_added_after_the_end() {
    let (_shelf, store, chapter) = Shelf::with_text("").await;
    let id = store.start_generation(&at(chapter, 0), NOW_MS).await.expect("a start");
    store.append_output(id, "a", &[]).await.expect("text");
    let stopped = ended(GenerationStatus::Stopped);
    store.finish_generation(id, &stopped, NOW_MS).await.expect("an end");
    let late = store.append_output(id, "b", &[]).await.expect_err("too late");
    assert_eq!(late.code(), "invalid_value");
    assert!(store.finish_generation(id, &stopped, NOW_MS).await.is_err());
    assert!(store.append_output(GenerationId(99), "b", &[]).await.is_err());
    assert_eq!(store.generation(id).await.expect("it").summary.output, "a");
}

#[tokio::test]
async fn a_start_that_makes_no_sense_is_refused() {
    let (_shelf, store, chapter) = Shelf::with_text("").await;
    let refused = async |new: NewGeneration| {
        store.start_generation(&new, NOW_MS).await.expect_err("refused").code()
    };
    assert_eq!(refused(at(ChapterId(99), 0)).await, "not_found");
    let no_json = NewGeneration { context: "{".to_owned(), ..at(chapter, 0) };
    assert_eq!(refused(no_json).await, "invalid_value");
    let no_try = NewGeneration { try_of: Some(GenerationId(99)), ..at(chapter, 0) };
    assert_eq!(refused(no_try).await, "not_found");
}

#[tokio::test]
async fn tries_at_one_place_belong_together() {
    let (_shelf, store, chapter) = Shelf::with_text("").await;
    let start = async |try_of| {
        let new = NewGeneration { try_of, ..at(chapter, 0) };
        store.start_generation(&new, NOW_MS).await.expect("a start")
    };
    let first = start(None).await;
    let elsewhere = start(None).await;
    let second = start(Some(first)).await;
    let third = start(Some(second)).await;
    store.append_output(second, "第二", &[]).await.expect("text");
    store.keep_edited_try(second, "第二次").await.expect("the author's version");
    for member in [first, second, third] {
        let tries = store.tries(member).await.expect("the tries");
        let ids: Vec<_> = tries.iter().map(|one| one.id).collect();
        assert_eq!(ids, [first, second, third]);
        assert_eq!(tries[1].output, "第二", "the model's own text stays");
        assert_eq!(tries[1].edited_output.as_deref(), Some("第二次"));
    }
    assert_eq!(store.tries(elsewhere).await.expect("one try").len(), 1);
    assert!(store.tries(GenerationId(99)).await.is_err());
    assert!(store.keep_edited_try(GenerationId(99), "").await.is_err());
}

#[tokio::test]
async fn the_history_outlives_its_chapter() {
    let (_shelf, store, chapter) = Shelf::with_text("").await;
    let id = store.start_generation(&at(chapter, 0), NOW_MS).await.expect("a start");
    store.append_output(id, "留下", &[]).await.expect("text");
    store.move_to_bin(LibraryItem::Chapter(chapter), NOW_MS).await.expect("thrown away");
    store.delete_forever(LibraryItem::Chapter(chapter)).await.expect("gone");
    let kept = store.generation(id).await.expect("the generation");
    assert_eq!((kept.summary.output.as_str(), kept.summary.chapter), ("留下", None));
    let recovered = store.recover_interrupted(NOW_MS).await.expect("recovery");
    assert_eq!(recovered[0].chapter, None);
}
