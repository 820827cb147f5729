//! What a server is asked, word for word.

use bimo_engine::{
    CancellationToken, DeviceReason, Flow, GenerationEvent, GeneratorWorker, SamplingParams,
};
use bimo_remote::RemoteModel;
use serde_json::json;

use crate::server::{ScriptedServer, Step, last, reply, say, stream_head, whole};
use crate::{Desk, Told, chat_request, generate, request};

async fn ask(worker: &GeneratorWorker, chat: bool) -> Told {
    let asked =
        if chat { chat_request(worker).await } else { request(worker, "夜里，Once").await };
    generate(worker, asked, &CancellationToken::new(), |_| Flow::Continue).await
}

fn chat_stream(text: &str) -> Vec<Step> {
    let role =
        json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": null } }] });
    let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": text } }] });
    vec![stream_head(), say(&format!("data: {role}\n\ndata: {chunk}\n\n")), say(&last("stop"))]
}

#[tokio::test]
async fn plain_text_is_sent_as_it_is_with_every_setting_that_the_server_knows() {
    let desk = Desk::new().await;
    desk.server.next(whole(&["."]));
    let told = desk
        .write_as(|request| {
            request.sampling = SamplingParams {
                temperature: 0.5,
                top_p: 0.75,
                top_k: 40,
                min_p: 0.25,
                presence_penalty: 0.5,
                frequency_penalty: 0.25,
                repetition_penalty: 1.5,
                repetition_range: 0,
                seed: 11,
                ..SamplingParams::default()
            };
            request.stop = vec!["\n\n".into()];
            request.min_tokens = 24;
        })
        .await;
    told.outcome.expect("it ends well");
    let seen = desk.server.seen();
    assert_eq!(seen[0].line, "POST /v1/completions HTTP/1.1");
    assert_eq!(
        seen[0].body,
        json!({
            "model": "story", "prompt": "Once upon", "max_tokens": 50, "min_tokens": 24, "stop": ["\n\n"],
            "stream": true, "stream_options": { "include_usage": true },
            "temperature": 0.5, "top_p": 0.75, "top_k": 40, "min_p": 0.25, "seed": 11,
            "presence_penalty": 0.5, "frequency_penalty": 0.25, "repetition_penalty": 1.5,
        })
    );
    let ignored = |event: &GenerationEvent| matches!(event, GenerationEvent::Ignored { .. });
    assert!(!told.events.iter().any(ignored));
}

#[tokio::test]
async fn settings_that_a_server_does_not_know_are_said_before_anything_is_written() {
    let desk = Desk::with(ScriptedServer::start("somebody").await);
    desk.server.next(whole(&["."]));
    let told = desk.write_as(|request| request.sampling.min_p = 0.1).await;
    assert_eq!(told.events[0], GenerationEvent::Ignored { settings: vec!["min_p"] });
    assert!(desk.server.seen()[0].body.get("min_p").is_none());
}

#[tokio::test]
async fn a_conversation_goes_on_where_the_reply_stops() {
    let desk = Desk::new().await;
    desk.server.next(chat_stream("，天亮了。"));
    let worker = desk.connect().await.expect("a model");
    assert_eq!(ask(&worker, true).await.text(), "，天亮了。");
    let seen = desk.server.seen();
    assert_eq!(seen[0].line, "POST /v1/chat/completions HTTP/1.1");
    let messages = json!([
        { "role": "system", "content": "You are a novelist." },
        { "role": "user", "content": "Go on." },
        { "role": "assistant", "content": "雪停了" },
    ]);
    assert_eq!(seen[0].body["messages"], messages);
    assert_eq!(seen[0].body["continue_final_message"], true);

    let desk = Desk::with(ScriptedServer::start("library").await);
    desk.server.next(chat_stream("，天亮了。"));
    let worker = desk.connect().await.expect("a model");
    ask(&worker, true).await;
    let seen = desk.server.seen();
    let last = json!({ "role": "user", "content": "Go on.\n\n雪停了" });
    assert_eq!(seen[0].body["messages"][1], last);
    assert!(seen[0].body.get("continue_final_message").is_none());
}

#[tokio::test]
async fn a_server_that_only_converses_is_asked_in_a_conversation_from_then_on() {
    let desk = Desk::new().await;
    desk.server.next([Step::Send(reply(404, "application/json", "", r#"{"detail":"Not Found"}"#))]);
    desk.server.next(chat_stream(" a time"));
    desk.server.next(chat_stream(" again"));
    let worker = desk.connect().await.expect("a model");
    assert_eq!(ask(&worker, false).await.text(), " a time");
    assert_eq!(ask(&worker, false).await.text(), " again");
    let seen = desk.server.seen();
    let paths: Vec<&str> = seen.iter().filter_map(|seen| seen.line.split(' ').nth(1)).collect();
    assert_eq!(paths, ["/v1/completions", "/v1/chat/completions", "/v1/chat/completions"]);
    assert_eq!(seen[1].body["messages"][1], json!({ "role": "user", "content": "夜里，Once" }));
}

#[tokio::test]
async fn the_model_is_one_that_the_server_has() {
    let two = r#"{"data":[{"id":"a","owned_by":"library"},{"id":"b:latest","owned_by":"library","extra":[1]}]}"#;
    for (list, wanted, expected) in [
        (None, "", Ok("story")),
        (None, "story", Ok("story")),
        (None, "tale", Err("server_model_not_found")),
        (Some(two), "b", Ok("b:latest")),
        (Some(two), "", Err("server_model_not_found")),
        (Some(r#"{"data":[]}"#), "anything", Ok("anything")),
        (Some(r#"{"data":[]}"#), "", Err("server_model_not_found")),
    ] {
        let mut desk = Desk::new().await;
        if let Some(list) = list {
            desk.server.list(list);
        }
        desk.model = RemoteModel { name: wanted.into(), ..RemoteModel::default() };
        let connected = desk.connect().await;
        let found = connected.as_ref().map(|worker| worker.card().name.as_str());
        assert_eq!(found.map_err(|error| error.code()), expected, "{wanted}");
    }
    let desk = Desk::new().await;
    let missing = r#"{"error":{"message":"The model `story` does not exist.","code":404}}"#;
    desk.server.next([Step::Send(reply(404, "application/json", "", missing))]);
    assert_eq!(desk.write().await.code(), "server_model_not_found");
    assert_eq!(desk.server.seen().len(), 1);
}

#[tokio::test]
async fn the_card_says_what_the_server_and_the_person_know() {
    let mut desk = Desk::new().await;
    let worker = desk.connect().await.expect("a model");
    let (card, sha256) = (worker.card().clone(), worker.sha256().await);
    assert_eq!((card.context_length, card.architecture.as_str()), (2048, "vLLM"));
    let host = desk.server.address.to_string();
    assert_eq!(card.device_reason, DeviceReason::ServerChosen { host });
    assert!(!card.instruct);
    desk.model.context_length = Some(1000);
    desk.model.converses = true;
    let other = desk.connect().await.expect("a model");
    assert_eq!(other.sha256().await, sha256, "the same model of the same server");
    assert_eq!(sha256.map(|sha256| sha256.len()), Ok(64));
    let other = other.card();
    assert_eq!((other.context_length, other.instruct), (1000, true));
    let error = worker.score(vec![1, 2], CancellationToken::new()).await.expect_err("it cannot");
    assert_eq!(error.code(), "server_unable");
}

#[tokio::test]
async fn every_request_is_in_the_list_with_what_came() {
    let desk = Desk::new().await;
    desk.server.next(whole(&["."]));
    desk.write().await;
    let records = desk.log().read().expect("a log");
    let told: Vec<_> = records
        .iter()
        .map(|record| (record.method.as_str(), record.path.as_str(), record.status))
        .collect();
    assert_eq!(told, [("GET", "/v1/models", Some(200)), ("POST", "/v1/completions", Some(200))]);
    assert!(records.iter().all(|record| record.host == desk.server.address.to_string()));
    assert!(records.iter().all(|record| record.bytes > 0));
}
