//! Each way in which a hub, its storage, the line or the disk can fail.

use bimo_hub::{CancellationToken, HubError};

use crate::server::{LocalHub, Misdeed};
use crate::{Desk, FILE, REPO, SECRET, content};

const SIZE: usize = 200_000;

async fn desk() -> (Desk, Vec<u8>) {
    let bytes = content(SIZE);
    (Desk::with_file(&bytes).await, bytes)
}

/// `Range` of each request of a file.
fn ranges(desk: &Desk) -> Vec<Option<String>> {
    let seen = desk.server.seen_of_files();
    seen.iter().map(|seen| seen.header("range").map(str::to_owned)).collect()
}

#[tokio::test]
async fn after_a_drop_it_goes_on_from_where_it_was() {
    let (desk, bytes) = desk().await;
    desk.server.next([Misdeed::Drop(70_000), Misdeed::Drop(50_000)]);
    desk.pull_right(&bytes).await;
    let expected = [None, Some("bytes=70000-".to_owned()), Some("bytes=120000-".to_owned())];
    assert_eq!(ranges(&desk), expected);
    assert_eq!(desk.pauses(), [1, 2]);
}

#[tokio::test]
async fn a_line_that_always_drops_is_given_up_and_what_came_is_kept() {
    let (desk, bytes) = desk().await;
    desk.server.next([Misdeed::Drop(1000)]);
    desk.server.always(Misdeed::Drop(0));
    assert_eq!(desk.refused().await.code(), "download_stalled");
    assert_eq!(desk.server.seen_of_files().len(), 5);
    assert_eq!(desk.pauses(), [1, 2, 4, 8]);
    assert_eq!(desk.hub.folder().unfinished().expect("a list")[0].bytes_here, 1000);
    desk.server.always(Misdeed::Whole);
    desk.pull_right(&bytes).await;
}

#[tokio::test]
async fn a_lying_length_is_refused() {
    for lie in [SIZE + 1, SIZE - 1, 0] {
        let (desk, _) = desk().await;
        desk.server.always(Misdeed::Length(lie));
        let (file, expected, found) = (FILE.to_owned(), SIZE as u64, lie as u64);
        assert_eq!(desk.refused().await, HubError::WrongSize { file, expected, found });
        assert_eq!(desk.server.seen_of_files().len(), 1);
    }
}

#[tokio::test]
async fn lying_ranges_are_not_believed() {
    for lie in [
        "bytes 0-9/200000",
        "bytes 70001-199999/200000",
        "bytes 70000-199999/200001",
        "bytes 70000-200000/*",
        "bytes 199999-70000/200000",
        "nonsense",
    ] {
        let (desk, bytes) = desk().await;
        desk.server.next([Misdeed::Drop(70_000), Misdeed::Range(lie)]);
        desk.pull_right(&bytes).await;
        assert_eq!(ranges(&desk)[2..], [None], "{lie}");
    }
}

#[tokio::test]
async fn ranges_that_always_lie_are_given_up() {
    let (desk, _) = desk().await;
    desk.server.next([Misdeed::Drop(70_000)]);
    desk.server.always(Misdeed::Range("bytes 5-14/200000"));
    assert_eq!(desk.refused().await.code(), "hub_unexpected_reply");
    assert_eq!(desk.server.seen_of_files().len(), 4);
}

#[tokio::test]
async fn other_bytes_under_the_right_range_are_found_by_the_hash() {
    let (desk, bytes) = desk().await;
    desk.server.next([Misdeed::Drop(70_000), Misdeed::OtherBytes]);
    desk.pull_right(&bytes).await;
    assert_eq!(ranges(&desk)[2..], [None]);
}

#[tokio::test]
async fn a_whole_file_instead_of_a_part_is_taken_from_its_beginning() {
    let (desk, bytes) = desk().await;
    desk.server.next([Misdeed::Drop(70_000), Misdeed::Whole]);
    desk.pull_right(&bytes).await;
    assert_eq!(desk.server.seen_of_files().len(), 2);
}

#[tokio::test]
async fn a_range_that_is_refused_begins_the_file_anew() {
    let (desk, bytes) = desk().await;
    desk.server.next([Misdeed::Drop(70_000), Misdeed::Status(416, "", "")]);
    desk.pull_right(&bytes).await;
    assert_eq!(ranges(&desk)[2..], [None]);
}

#[tokio::test]
async fn too_many_requests_are_answered_with_the_pause_that_was_asked_for() {
    let (desk, bytes) = desk().await;
    desk.server.next([
        Misdeed::Status(429, "Retry-After: 7\r\n", ""),
        Misdeed::Status(429, "Retry-After: 9999\r\n", ""),
        Misdeed::Status(503, "Retry-After: 3\r\n", ""),
        Misdeed::Status(429, "", ""),
    ]);
    desk.pull_right(&bytes).await;
    assert_eq!(desk.pauses(), [7, 120, 3, 8]);
}

#[tokio::test]
async fn too_many_requests_for_ever_are_given_up_with_the_time() {
    let (desk, _) = desk().await;
    desk.server.always(Misdeed::Status(429, "Retry-After: 60\r\n", ""));
    let host = desk.server.address.to_string();
    assert_eq!(desk.refused().await, HubError::RateLimited { host, wait_s: Some(60) });
}

#[tokio::test]
async fn a_server_that_fails_once_is_asked_again() {
    let (desk, bytes) = desk().await;
    desk.server.next([Misdeed::Status(500, "", ""), Misdeed::Status(502, "", "")]);
    desk.pull_right(&bytes).await;
    assert_eq!(desk.pauses(), [1, 2]);
}

#[tokio::test]
async fn a_server_that_always_fails_is_given_up() {
    let (desk, _) = desk().await;
    desk.server.always(Misdeed::Status(500, "", ""));
    let host = desk.server.address.to_string();
    assert_eq!(desk.refused().await, HubError::ServerFailed { host, status: 500 });
    assert_eq!(desk.server.seen_of_files().len(), 5);
}

#[tokio::test]
async fn silence_is_not_waited_for() {
    let (desk, bytes) = desk().await;
    desk.server.next([Misdeed::Stall(70_000)]);
    desk.pull_right(&bytes).await;
    assert_eq!(ranges(&desk), [None, Some("bytes=70000-".to_owned())]);
}

#[tokio::test]
async fn a_redirect_to_another_host_gives_the_file_and_takes_no_token() {
    let bytes = content(SIZE);
    let storage = LocalHub::start(REPO, &[(FILE, &bytes, true)]).await;
    let desk = Desk::with_file(&bytes).await;
    desk.server.next([Misdeed::Redirect(storage.base())]);
    desk.pull_right(&bytes).await;
    assert!(desk.server.seen().iter().all(|seen| seen.header("authorization").is_some()));
    let seen = storage.seen();
    assert_eq!(seen.len(), 1);
    assert!(seen[0].path.contains("Signature=s3cret"));
    assert!(!seen[0].headers.contains(SECRET), "{}", seen[0].headers);
    assert_eq!(seen[0].header("authorization"), None);
}

#[tokio::test]
async fn a_redirect_without_end_or_to_something_unsafe_is_refused() {
    for target in ["self", "file:///etc/passwd?", "ftp://127.0.0.1/x"] {
        let (desk, _) = desk().await;
        let base = if target == "self" { desk.server.base() } else { target.to_owned() };
        desk.server.always(Misdeed::Redirect(base));
        let error = desk.refused().await;
        assert!(
            matches!(error, HubError::UnexpectedReply { .. } | HubError::Unreachable { .. }),
            "{target}: {error}"
        );
    }
}

#[tokio::test]
async fn an_expired_address_of_the_storage_is_asked_for_again() {
    let bytes = content(SIZE);
    let storage = LocalHub::start(REPO, &[(FILE, &bytes, true)]).await;
    storage.next([Misdeed::Status(403, "", "<Error>expired</Error>")]);
    let desk = Desk::with_file(&bytes).await;
    desk.server.always(Misdeed::Redirect(storage.base()));
    desk.pull_right(&bytes).await;
    assert_eq!((desk.server.seen_of_files().len(), storage.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_wrong_hash_is_thrown_away() {
    let (desk, _) = desk().await;
    desk.server.always(Misdeed::Corrupt);
    let HubError::WrongHash { file, expected, found } = desk.refused().await else {
        panic!("another error");
    };
    assert_eq!(file, FILE);
    assert!(expected != found && expected.len() == 64);
    assert_eq!(desk.hub.folder().unfinished().expect("a list")[0].bytes_here, 0);
}

#[tokio::test]
async fn a_wrong_hash_of_a_small_file_is_found_too() {
    let files = [("config.json", &b"{}"[..], false), ("model.safetensors", b"abc", true)];
    let desk = Desk::with_files(&files).await;
    desk.server.always(Misdeed::Corrupt);
    let HubError::WrongHash { file, expected, .. } = desk.refused().await else {
        panic!("another error");
    };
    // `printf '{}' | git hash-object --stdin`
    assert_eq!(
        (file.as_str(), expected.as_str()),
        ("config.json", "9e26dfeeb6e641a33dae4961196235bdb965b21b")
    );
}

#[tokio::test]
async fn a_web_page_is_no_file() {
    let page = "<!DOCTYPE html><html><body>Please sign in to the network</body></html>";
    for kind in ["Content-Type: text/html; charset=utf-8\r\n", ""] {
        // As long as the file, so that only its content tells.
        let desk = Desk::with_file(&content(page.len())).await;
        desk.server.always(Misdeed::Status(200, kind, page));
        let (file, host) = (FILE.to_owned(), desk.server.address.to_string());
        assert_eq!(desk.refused().await, HubError::NotAFile { file, host });
        assert_eq!(desk.server.seen_of_files().len(), 1);

        desk.server.answer_api(Misdeed::Status(200, kind, page));
        let found = desk.hub.search("x", 1, &CancellationToken::new()).await;
        assert_eq!(found.expect_err("no list").code(), "hub_unexpected_reply");
    }
}

#[tokio::test]
async fn a_gated_model_is_refused_with_what_to_do() {
    for status in [401, 403] {
        let (desk, _) = desk().await;
        desk.server.always(Misdeed::Status(status, "X-Error-Code: GatedRepo\r\n", "{}"));
        let error = desk.refused().await;
        let page = format!("{}/{REPO}", desk.server.base());
        assert_eq!(error.code(), "model_gated");
        let words = error.to_string();
        assert!(words.contains(&page) && words.contains("licence"), "{words}");
        assert_eq!(desk.server.seen_of_files().len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for (status, headers) in [(404, ""), (401, "X-Error-Code: RepoNotFound\r\n")] {
        let (desk, _) = desk().await;
        desk.server.answer_api(Misdeed::Status(status, headers, "{}"));
        assert_eq!(desk.refused().await, HubError::NotFound { what: REPO.to_owned() });
        assert_eq!(desk.server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_full_disk_is_said_before_the_first_byte() {
    let bytes = content(SIZE);
    let server = LocalHub::start(REPO, &[(FILE, &bytes, true)]).await;
    let have_bytes = SIZE as u64 + (64 << 20) - 1;
    let desk = Desk::new(server, have_bytes);
    let need_bytes = have_bytes + 1;
    assert_eq!(desk.refused().await, HubError::DiskFull { need_bytes, have_bytes });
    assert_eq!(desk.server.seen_of_files().len(), 0);

    let desk = Desk::new(desk.server, need_bytes);
    desk.pull_right(&bytes).await;
}

#[tokio::test]
async fn nobody_answering_is_said_soon() {
    let (desk, _) = desk().await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    desk.server.next([Misdeed::Redirect(base)]);
    desk.server.always(Misdeed::Status(404, "", ""));
    assert_eq!(desk.refused().await.code(), "model_not_found");
    assert_eq!(desk.pauses(), [1]);
}
