//! Text that comes in every way that text can come.

use std::time::{Duration, Instant};

use bimo_engine::{CancellationToken, FinishReason, Flow, GenerationEvent};
use serde_json::json;

use crate::server::{Step, last, piece, reply, say, stream_head, whole};
use crate::{Desk, generate, request};

#[tokio::test]
async fn a_story_streams_and_says_how_it_ended() {
    let desk = Desk::new().await;
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 5,
        "prompt_tokens_details": { "cached_tokens": 4 } } });
    desk.server.next([
        stream_head(),
        say(": keep-alive\n\n"),
        say(&piece(" a time")),
        say(&piece("，雪停了。🐈")),
        say(&format!(
            "data: {}\n\n",
            json!({ "choices": [{ "index": 0, "text": "", "finish_reason": "length" }] })
        )),
        say(&format!("data: {usage}\n\ndata: [DONE]\n\n")),
    ]);
    let told = desk.write().await;
    assert_eq!(told.text(), " a time，雪停了。🐈");
    let outcome = told.outcome.as_ref().expect("it ends well");
    assert_eq!(outcome.choices[0].finish, FinishReason::Length);
    assert_eq!(
        (outcome.choices[0].tokens, outcome.prompt_tokens, outcome.reused_tokens),
        (5, 9, 4)
    );
    assert!(
        matches!(told.events[0], GenerationEvent::Prefill { done: 0, .. }),
        "waiting is never silent"
    );
    desk.keeps_the_key_to_itself(&told);
}

#[tokio::test]
async fn characters_and_json_may_be_cut_anywhere() {
    let stream = piece("雪停了。")
        + ": \r\n\r\n"
        + &piece("🐈 \\u4e00").replace("\\\\", "\\")
        + &last("stop");
    for size in [1, 2, 3, 7] {
        let desk = Desk::new().await;
        let pieces = stream.as_bytes().chunks(size).map(|bytes| Step::Send(bytes.to_vec()));
        desk.server.next(std::iter::once(stream_head()).chain(pieces));
        let told = desk.write().await;
        assert_eq!(told.text(), "雪停了。🐈 一", "{size}");
        assert!(told.texts[0].chars().all(|one| one != char::REPLACEMENT_CHARACTER));
    }
}

#[tokio::test]
async fn line_ends_of_windows_and_data_on_several_lines_are_understood() {
    let desk = Desk::new().await;
    desk.server.next([
        stream_head(),
        say("data: {\"choices\":\r\ndata: [{\"text\":\"one\"}]}\r\n\r\n"),
        say("data: {\"choices\":\ndata: [{\"text\":\" two\",\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\r\n\r\n"),
    ]);
    assert_eq!(desk.write().await.text(), "one two");
}

#[tokio::test]
async fn an_end_without_its_mark_is_an_end_where_the_server_said_why_it_ended() {
    let desk = Desk::new().await;
    desk.server.next([
        stream_head(),
        say(&piece("The end.")),
        // Not even its last empty line.
        say("data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"stop\"}]}"),
    ]);
    let told = desk.write().await;
    assert_eq!(told.text(), "The end.");
    assert_eq!(told.outcome.expect("it ends well").choices[0].finish, FinishReason::EndOfText);
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood_too() {
    let desk = Desk::new().await;
    let body = json!({ "choices": [{ "index": 0, "text": " a time.", "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7 } });
    desk.server.next([Step::Send(reply(200, "application/json", "", &body.to_string()))]);
    let told = desk.write().await;
    assert_eq!(told.text(), " a time.");
    assert_eq!(told.outcome.expect("it ends well").choices[0].tokens, 4);
}

#[tokio::test]
async fn probabilities_and_what_else_could_stand_there_are_told() {
    let desk = Desk::new().await;
    let logprobs = json!({ "tokens": [" understanding"], "token_logprobs": [-0.5],
        "top_logprobs": [{ " understanding": -0.5, "雪": -2.0 }] });
    let chunk = json!({ "choices": [{ "text": " understanding", "logprobs": logprobs }] });
    desk.server.next([stream_head(), say(&format!("data: {chunk}\n\n")), say(&last("stop"))]);
    let worker = desk.connect().await.expect("a model");
    let mut asked = request(&worker, "Once").await;
    asked.top_logprobs = 5;
    let told = generate(&worker, asked, &CancellationToken::new(), |_| Flow::Continue).await;
    let token = told.events.iter().find_map(|event| match event {
        GenerationEvent::Token { token, logprob, alternatives, .. } => {
            Some((*token, *logprob, alternatives.clone()))
        }
        _ => None,
    });
    let (token, logprob, alternatives) = token.expect("a token");
    assert_eq!(logprob, Some(-0.5));
    assert_eq!(worker.detokenize(vec![token]).await.expect("its text"), " understanding");
    assert_eq!(alternatives.len(), 2);
    assert_eq!((alternatives[0].token, alternatives[0].text.as_str()), (token, " understanding"));
    assert_eq!((alternatives[1].text.as_str(), alternatives[1].logprob), ("雪", -2.0));
    assert_eq!(desk.server.seen()[0].body["logprobs"], 5);
}

#[tokio::test]
async fn without_probabilities_the_text_comes_all_the_same() {
    let desk = Desk::new().await;
    let refusal = r#"{"error":{"message":"logprobs is not supported for this model"}}"#;
    desk.server.next([Step::Send(reply(400, "application/json", "", refusal))]);
    desk.server.next(whole(&[" a time."]));
    let told = desk.write_as(|request| request.top_logprobs = 5).await;
    assert_eq!(told.text(), " a time.");
    let unknown =
        |event: &GenerationEvent| matches!(event, GenerationEvent::Token { logprob: None, .. });
    assert!(told.events.iter().any(unknown));
    assert!(desk.server.seen()[1].body.get("logprobs").is_none());
}

/// A server that says two sentences eight times, with a pause between them.
async fn two_sentences_for_eight() -> Desk {
    let desk = Desk::new().await;
    for _ in 0..8 {
        let pause = Step::Wait(Duration::from_millis(30));
        let (one, two) = (say(&piece("One.")), say(&piece(" Two.")));
        desk.server.next([stream_head(), one, pause, two, say(&last("stop"))]);
    }
    desk
}

#[tokio::test]
async fn each_choice_has_its_own_seed_and_few_are_asked_at_once() {
    let desk = two_sentences_for_eight().await;
    let told = desk.write_as(|request| request.choices = 8).await;
    let mut seeds: Vec<_> =
        desk.server.seen().iter().map(|seen| seen.body["seed"].as_u64()).collect();
    seeds.sort_unstable();
    assert_eq!(seeds, (7..15).map(Some).collect::<Vec<_>>());
    assert_eq!(desk.server.most_at_once(), 4);
    assert_eq!(told.texts, ["One. Two."; 8]);
}

#[tokio::test]
async fn a_choice_that_is_enough_ends_by_itself_and_the_others_go_on() {
    let desk = two_sentences_for_eight().await;
    let worker = desk.connect().await.expect("a model");
    let mut asked = request(&worker, "Once").await;
    asked.choices = 8;
    let told = generate(&worker, asked, &CancellationToken::new(), |event| match event {
        GenerationEvent::Token { choice: 3, .. } => Flow::Finish(FinishReason::SentenceEnd),
        _ => Flow::Continue,
    })
    .await;
    let outcome = told.outcome.expect("all end");
    for (choice, text) in told.texts.iter().enumerate() {
        let (expected, finish) = match choice {
            3 => ("One.", FinishReason::SentenceEnd),
            _ => ("One. Two.", FinishReason::EndOfText),
        };
        assert_eq!((text.as_str(), outcome.choices[choice].finish), (expected, finish), "{choice}");
    }
}

#[tokio::test]
async fn cancelling_closes_the_connection_within_a_tenth_of_a_second() {
    let desk = Desk::new().await;
    desk.server.next([stream_head(), say(&piece("One.")), Step::Watch]);
    desk.server.next(whole(&["Two."]));
    let worker = desk.connect().await.expect("a model");
    let cancel = CancellationToken::new();
    let (canceller, cancelled) = (cancel.clone(), std::sync::Arc::new(std::sync::OnceLock::new()));
    let at = cancelled.clone();
    let asked = request(&worker, "Once").await;
    let told = generate(&worker, asked.clone(), &cancel, move |event| {
        if matches!(event, GenerationEvent::Token { .. }) {
            let _ = at.set(Instant::now());
            canceller.cancel();
        }
        Flow::Continue
    })
    .await;
    let ended = Instant::now();
    let began = *cancelled.get().expect("it was cancelled");
    assert!(ended - began < Duration::from_millis(100), "{:?}", ended - began);
    let left = desk.server.left_at().await;
    assert!(left - began < Duration::from_millis(100), "{:?}", left - began);
    assert_eq!(told.text(), "One.");
    assert_eq!(told.outcome.expect("no error").choices[0].finish, FinishReason::Cancelled);
    let next = generate(&worker, asked, &CancellationToken::new(), |_| Flow::Continue).await;
    assert_eq!(next.text(), "Two.");
}

#[tokio::test]
async fn waiting_for_the_first_word_can_be_cancelled_too() {
    let desk = Desk::new().await;
    desk.server.next([Step::Watch]);
    let worker = desk.connect().await.expect("a model");
    let cancel = CancellationToken::new();
    let canceller = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        canceller.cancel();
    });
    let asked = request(&worker, "Once").await;
    let began = Instant::now();
    let told = generate(&worker, asked, &cancel, |_| Flow::Continue).await;
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    assert_eq!(told.outcome.expect("no error").choices[0].finish, FinishReason::Cancelled);
    desk.server.left_at().await;
}

#[tokio::test]
async fn a_server_that_does_not_heed_the_length_is_left() {
    let desk = Desk::new().await;
    let endless: String = (0..5000).map(|_| piece("x")).collect();
    desk.server.next([stream_head(), say(&endless), Step::Watch]);
    let told = desk.write_as(|request| request.max_tokens = 10).await;
    assert_eq!(told.text(), "x".repeat(10));
    assert_eq!(told.outcome.expect("it ends well").choices[0].finish, FinishReason::Length);
    desk.server.left_at().await;
}
