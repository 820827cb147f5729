//! The log of requests, and the token that must not be in it.

use bimo_hub::{CancellationToken, Endpoint, RequestRecord, Token};

use crate::server::{COMMIT, LocalHub, Misdeed};
use crate::{Desk, FILE, REPO, SECRET, all_files, content};

fn lines(records: &[RequestRecord]) -> Vec<String> {
    let line = |record: &RequestRecord| {
        let status = record.status.map_or("-".to_owned(), |status| status.to_string());
        format!("{} {} {status} {}", record.host, record.path, record.bytes)
    };
    records.iter().map(line).collect()
}

#[tokio::test]
async fn every_request_is_in_the_log_with_what_came() {
    let bytes = content(200_000);
    let storage = LocalHub::start(REPO, &[(FILE, &bytes, true)]).await;
    let desk = Desk::with_file(&bytes).await;
    assert_eq!(desk.hub.request_log().read(), Ok(Vec::new()));
    desk.server.next([
        Misdeed::Drop(70_000),
        Misdeed::Status(500, "", "sorry"),
        Misdeed::Redirect(storage.base()),
    ]);
    desk.hub.search("猫", 5, &CancellationToken::new()).await.expect("a list");
    desk.pull_right(&bytes).await;

    let records = desk.hub.request_log().read().expect("a log");
    assert_eq!(records.len(), desk.server.seen().len() + storage.seen().len());
    assert_eq!(records.len() as u64, desk.hub.request_log().count());
    assert!(records.iter().all(|record| record.at_ms == 1_795_585_530_000));
    assert!(records.iter().all(|record| record.method == "GET"));
    let (home, away) = (desk.server.address, storage.address);
    let file = format!("/{REPO}/resolve/{COMMIT}/{FILE}");
    let told = lines(&records);
    assert!(told[0].starts_with(&format!("{home} /api/models?search=猫&limit=5 200 ")), "{told:?}");
    assert!(told[1].starts_with(&format!("{home} /api/models/{REPO}/revision/main 200 ")));
    assert!(told[2].starts_with(&format!("{home} /api/models/{REPO}/tree/{COMMIT} 200 ")));
    let of_the_file = [
        format!("{home} {file} 200 70000"),
        format!("{home} {file} 500 0"),
        format!("{home} {file} 302 0"),
        format!("{away} {file} 206 130000"),
    ];
    assert_eq!(told[3..], of_the_file);
}

#[tokio::test]
async fn no_file_on_the_disk_and_no_message_has_the_token_or_a_signature() {
    let bytes = content(20_000);
    let storage = LocalHub::start(REPO, &[(FILE, &bytes, true)]).await;
    let desk = Desk::with_file(&bytes).await;
    storage.next([Misdeed::Drop(100), Misdeed::Status(500, "", "")]);
    desk.server.always(Misdeed::Redirect(storage.base()));
    desk.pull_right(&bytes).await;
    let files = all_files(desk.folder.path());
    assert!(files.iter().any(|name| name.ends_with("requests.jsonl")), "{files:?}");
    for name in files {
        let text = std::fs::read(&name).expect("a file");
        let text = String::from_utf8_lossy(&text);
        assert!(!text.contains(SECRET) && !text.contains("s3cret"), "{name}");
    }
    let shown = format!("{:?} {:?}", desk.hub.endpoint(), Token::new(SECRET));
    assert!(!shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn a_hub_that_is_not_there_is_said_at_once_and_the_try_is_in_the_log() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let desk = Desk::with_file(b"abc").await;
    let endpoint = Endpoint::new(&format!("http://{address}"), None).expect("an endpoint");
    let folder = desk.hub.folder().clone();
    let hub = desk.hub_at(endpoint, folder);
    let error = hub.search("x", 1, &CancellationToken::new()).await.expect_err("nobody is there");
    assert_eq!((error.code(), error.retryable()), ("hub_unreachable", true));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let told = lines(&hub.request_log().read().expect("a log"));
    let try_ = format!("{address} /api/models?search=x&limit=1 - 0");
    assert_eq!(told, [try_.clone(), try_]);
    assert_eq!(desk.pauses(), [1]);
}

#[tokio::test]
async fn a_page_of_another_hub_is_not_asked_for() {
    let desk = Desk::with_file(b"abc").await;
    let address = "https://elsewhere.example/owner/name".parse().expect("an address");
    let none = CancellationToken::new();
    let error = desk.hub.plan(&address, Default::default(), &none).await.expect_err("elsewhere");
    assert_eq!(error.code(), "invalid_address");
    assert!(desk.server.seen().is_empty());
    let address = format!("{}/{REPO}", desk.server.base()).parse().expect("an address");
    desk.hub.plan(&address, Default::default(), &none).await.expect("a plan");
}
