//! What goes wrong, and what is said then. Text that had come stays.

use std::sync::Arc;
use std::time::Duration;

use bimo_engine::EngineError;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::server::{ScriptedServer, Step, piece, reply, say, stream_head, whole};
use crate::{Desk, SECRET};

fn error(status: u16, headers: &str, message: &str) -> Vec<Step> {
    let body = serde_json::json!({ "error": { "message": message, "type": "x", "code": status } });
    vec![Step::Send(reply(status, "application/json", headers, &body.to_string()))]
}

#[tokio::test]
async fn a_line_that_breaks_keeps_the_text_and_is_said() {
    let cut = piece(" never").into_bytes();
    for end in [vec![], vec![Step::Send(cut[..cut.len() / 2].to_vec())]] {
        let desk = Desk::new().await;
        let begin = vec![stream_head(), say(&piece(" a time")), say(&piece(" there"))];
        desk.server.next(begin.into_iter().chain(end));
        let told = desk.write().await;
        assert_eq!(told.text(), " a time there");
        assert_eq!(told.code(), "server_stalled");
        assert_eq!(desk.server.seen().len(), 1, "nothing is written twice");
        desk.keeps_the_key_to_itself(&told);
    }
    let desk = Desk::new().await;
    desk.server.next([
        say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"),
        say(&piece(" a time")),
    ]);
    let told = desk.write().await;
    assert_eq!((told.text().as_str(), told.code()), (" a time", "server_stalled"));
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left() {
    let desk = Desk::new().await;
    desk.server.next([stream_head(), say(&piece(" a time")), Step::Watch]);
    let told = desk.write().await;
    assert_eq!((told.text().as_str(), told.code()), (" a time", "server_stalled"));
    desk.server.left_at().await;

    let desk = Desk::new().await;
    desk.server.next([Step::Watch]);
    assert_eq!(desk.write().await.code(), "server_stalled");
}

#[tokio::test]
async fn comments_that_keep_a_line_open_are_no_silence_but_do_not_last_for_ever() {
    let mut desk = Desk::new().await;
    let comments = |times: usize| {
        (0..times).flat_map(|_| [say(": keep-alive\n\n"), Step::Wait(Duration::from_millis(150))])
    };
    desk.server.next(
        std::iter::once(stream_head())
            .chain(comments(5))
            .chain(whole(&["Once."]).into_iter().skip(1)),
    );
    assert_eq!(desk.write().await.text(), "Once.");

    desk.patience.total = Duration::from_millis(700);
    desk.server.next(std::iter::once(stream_head()).chain(comments(50)));
    let told = desk.write().await;
    assert_eq!(told.code(), "server_stalled");
    assert!(told.reason().contains("longer than"), "{}", told.reason());
}

#[tokio::test]
async fn a_line_of_ten_megabytes_is_refused_in_little_memory() {
    let desk = Desk::new().await;
    desk.server.next([stream_head(), say("data: "), Step::Flood(10 << 20)]);
    let told = desk.write().await;
    assert_eq!(told.code(), "server_unexpected_reply");
    let read = desk.log().read().expect("a log").last().expect("a request").bytes;
    assert!(read < 3 << 20, "{read} bytes were read");
}

#[tokio::test]
async fn a_wrong_key_is_said_and_not_repeated() {
    for status in [401, 403] {
        let desk = Desk::new().await;
        desk.server.next(error(status, "", &format!("Incorrect API key provided: {SECRET}")));
        let told = desk.write().await;
        assert_eq!(told.code(), "server_unauthorised");
        desk.keeps_the_key_to_itself(&told);
        let sent = desk.server.seen();
        assert_eq!(sent.len(), 1, "it is not tried again");
        assert_eq!(sent[0].header("authorization"), Some("Bearer sk-s3cretKey"));
    }
}

#[tokio::test]
async fn a_busy_server_is_asked_again_after_the_time_that_it_names() {
    let desk = Desk::new().await;
    desk.server.next(error(429, "Retry-After: 7\r\n", "slow down"));
    desk.server.next(error(503, "", "loading the model"));
    desk.server.next(whole(&[" a time."]));
    let told = desk.write().await;
    assert_eq!(told.text(), " a time.");
    assert_eq!(desk.pauses(), [7000, 2000]);

    let desk = Desk::new().await;
    for _ in 0..10 {
        desk.server.next(error(429, "", &format!("slow down, {SECRET}")));
    }
    let told = desk.write().await;
    assert_eq!((told.code(), desk.server.seen().len()), ("server_busy", 4));
    assert_eq!(desk.pauses(), [1000, 2000, 4000]);
    desk.keeps_the_key_to_itself(&told);
}

#[tokio::test]
async fn a_server_that_fails_is_said_to_fail() {
    let desk = Desk::new().await;
    desk.server.next(error(500, "", &format!("CUDA out of memory {SECRET}")));
    let told = desk.write().await;
    assert_eq!(told.code(), "server_failed");
    assert!(told.reason().contains("CUDA out of memory"), "{}", told.reason());
    assert!(desk.pauses().is_empty());
    desk.keeps_the_key_to_itself(&told);

    let desk = Desk::new().await;
    let fault = "data: {\"error\":{\"message\":\"the engine died\"}}\n\n";
    desk.server.next([stream_head(), say(&piece(" a time")), say(fault)]);
    let told = desk.write().await;
    assert_eq!((told.text().as_str(), told.code()), (" a time", "server_failed"));
    assert!(told.reason().contains("the engine died"), "{}", told.reason());

    let desk = Desk::new().await;
    desk.server.next([stream_head(), say("event: error\ndata: {\"message\":\"no\"}\n\n")]);
    assert_eq!(desk.write().await.code(), "server_failed");
}

#[tokio::test]
async fn a_text_that_is_too_long_for_the_server_is_said_to_be() {
    let desk = Desk::new().await;
    desk.server.next(error(400, "", "This model's maximum context length is 2048 tokens."));
    assert_eq!(desk.write().await.code(), "context_exceeded");
    let desk = Desk::new().await;
    desk.server.next(error(400, "", "top_k must be positive"));
    let told = desk.write().await;
    assert_eq!(told.code(), "server_refused");
    assert!(told.reason().contains("top_k must be positive"), "{}", told.reason());
}

#[tokio::test]
async fn what_is_no_such_server_is_said_to_be_none() {
    for answer in [
        reply(200, "text/html; charset=utf-8", "", "<html>Sign in</html>"),
        reply(200, "text/event-stream", "", "data: <html>\n\n"),
        reply(200, "application/json", "", "{\"choices\":"),
        reply(404, "text/html", "", "<html>nothing here</html>"),
    ] {
        let desk = Desk::new().await;
        desk.server.next([Step::Send(answer.clone())]);
        // In case that it is asked for conversations too.
        desk.server.next([Step::Send(answer.clone())]);
        let told = desk.write().await;
        assert_eq!(told.code(), "server_unexpected_reply", "{}", String::from_utf8_lossy(&answer));
        assert_eq!(told.text(), "");
    }
    let desk = Desk::new().await;
    desk.server.answer_list(reply(200, "text/html", "", "<html>Sign in</html>"));
    let error = desk.connect().await.err().expect("it is no such server");
    assert_eq!(error.code(), "server_unexpected_reply");
}

#[tokio::test]
async fn no_redirect_is_followed_and_the_key_stays() {
    let elsewhere = ScriptedServer::start("vllm").await;
    let desk = Desk::new().await;
    for status in [301, 302, 307, 308] {
        let location = format!("Location: {}/v1/completions\r\n", elsewhere.base());
        desk.server.next([Step::Send(reply(status, "text/plain", &location, ""))]);
        let told = desk.write().await;
        assert_eq!(told.code(), "server_unexpected_reply");
        assert!(told.reason().contains(&elsewhere.address.to_string()), "{}", told.reason());
        desk.keeps_the_key_to_itself(&told);
    }
    assert!(elsewhere.seen_in_all().is_empty(), "nothing went there");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_soon_and_the_tries_are_in_the_list() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let desk = Desk::new().await;
    let error = desk.connect_to(&format!("http://{address}")).await.err().expect("nobody is there");
    assert_eq!((error.code(), error.retryable()), ("server_unreachable", true));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let tried = desk.log().read().expect("a log");
    assert_eq!(tried.len(), 2);
    assert_eq!((tried[0].path.as_str(), tried[0].status), ("/v1/models", None));
    assert_eq!(desk.pauses(), [1000]);
}

#[tokio::test]
async fn a_line_that_is_not_safe_is_no_line() {
    let certified =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = ScriptedServer::start_on("vllm", move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await.ok() }
    })
    .await;
    let desk = Desk::with(server);
    let error = desk
        .connect_to(&format!("https://localhost:{}", desk.server.address.port()))
        .await
        .err()
        .expect("nobody vouches for it");
    assert_eq!(error.code(), "server_unreachable");
    assert!(error.to_string().to_lowercase().contains("certificate"), "{error}");
    assert!(desk.server.seen_in_all().is_empty(), "the key was not sent");

    let desk = Desk::new().await;
    let plain = format!("https://127.0.0.1:{}", desk.server.address.port());
    let error = desk.connect_to(&plain).await.err().expect("it speaks no TLS");
    assert_eq!(error.code(), "server_unreachable", "{error}");
}

#[tokio::test]
async fn a_server_may_withhold_its_text_and_that_is_said() {
    let desk = Desk::new().await;
    let end = "data: {\"choices\":[{\"text\":\"\",\"finish_reason\":\"content_filter\"}]}\n\n";
    desk.server.next([stream_head(), say(&piece("He took the")), say(end)]);
    let told = desk.write().await;
    assert_eq!((told.text().as_str(), told.code()), ("He took the", "server_withheld"));
    let Err(EngineError::Server { advice, .. }) = &told.outcome else { panic!("{told:?}") };
    assert!(!advice.is_empty());
}
