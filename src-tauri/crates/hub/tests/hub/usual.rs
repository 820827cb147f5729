//! Fetching when nothing goes wrong: one file, several files, a queue, a pause.

use bimo_hub::{CancellationToken, HubError, ModelAddress, Phase, Pickle};

use crate::server::{COMMIT, LocalHub, Misdeed};
use crate::{Desk, FILE, MILLION_A, REPO, SECRET, content};

#[tokio::test]
async fn a_file_comes_whole_and_is_recorded() {
    let letters = vec![b'a'; 1_000_000];
    let desk = Desk::with_file(&letters).await;
    let model = desk.pull_right(&letters).await;
    let record = &model.record;
    assert_eq!((record.commit.as_str(), record.licence.as_deref()), (COMMIT, Some("apache-2.0")));
    assert_eq!(record.files[0].sha256.as_deref(), Some(MILLION_A));
    assert_eq!((record.name(), record.bytes()), (format!("{REPO}:{FILE}"), 1_000_000));
    assert_eq!(record.fetched_at_ms, 1_795_585_530_000);
    assert!(model.path().ends_with(format!("owner--name/0123456789ab--story-Q8_0/{FILE}")));

    let seen = desk.server.seen_of_files();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    assert_eq!(seen[0].header("accept-encoding"), Some("identity"));
    let reports = desk.reports.lock().expect("a lock").clone();
    let last = reports.last().expect("a report");
    assert_eq!((&last.phase, last.bytes, last.total_bytes), (&Phase::Done, 1_000_000, 1_000_000));
}

#[tokio::test]
async fn what_is_here_is_found_without_a_request() {
    let desk = Desk::with_file(&content(1000)).await;
    let model = desk.pull_right(&content(1000)).await;
    let requests = desk.server.seen().len();
    let folder = desk.hub.folder();
    assert_eq!(folder.installed(), Ok(vec![model.clone()]));
    for name in [REPO, "Owner/Name", "owner/name:Q8_0", &format!("{REPO}:{FILE}")] {
        let address: ModelAddress = name.parse().expect("an address");
        assert_eq!(folder.find(&address), Ok(model.clone()), "{name}");
    }
    for name in ["owner/other", "owner/name:Q4_0"] {
        let address: ModelAddress = name.parse().expect("an address");
        assert_eq!(folder.find(&address).expect_err(name).code(), "model_not_installed");
    }
    let none = CancellationToken::new();
    let again = desk.hub.fetch(model.record.clone(), &none, |_| {}).await;
    assert_eq!(again, Ok(model));
    assert_eq!(desk.server.seen().len(), requests);
}

#[tokio::test]
async fn several_files_are_one_model() {
    let (first, second) = (content(3000), content(2000));
    let desk = Desk::with_files(&[
        ("config.json", b"{\"model_type\":\"llama\"}", false),
        ("README.md", b"# words", false),
        ("tokenizer.json", &content(500), true),
        ("model.safetensors.index.json", b"{}\n", false),
        ("model-00001-of-00002.safetensors", &first, true),
        ("model-00002-of-00002.safetensors", &second, true),
    ])
    .await;
    let model = desk.pull().await.expect("a model");
    // `printf '{}\n' | git hash-object --stdin`
    let index = &model.record.files[2];
    assert_eq!(index.git_sha1.as_deref(), Some("0967ef424bce6791893e9a57bb952f80fd536e93"));
    let read = |name: &str| std::fs::read(model.path().join(name)).expect(name);
    assert!(read("model-00001-of-00002.safetensors") == first);
    assert!(read("model-00002-of-00002.safetensors") == second);
    assert_eq!(read("config.json"), b"{\"model_type\":\"llama\"}");
    assert!(!model.path().join("README.md").exists());
    assert_eq!(model.record.name(), REPO);
    assert_eq!(model.verify(&CancellationToken::new()), Ok(Vec::new()));
}

#[tokio::test]
async fn one_missing_file_keeps_the_model_from_being_listed() {
    let desk = Desk::with_files(&[
        ("config.json", b"{}", false),
        ("tokenizer.json", &content(500), true),
        ("model.safetensors", &content(3000), true),
    ])
    .await;
    desk.server.next([Misdeed::Whole, Misdeed::Whole, Misdeed::Status(404, "", "gone")]);
    assert_eq!(desk.refused().await.code(), "model_not_found");
    let unfinished = desk.hub.folder().unfinished().expect("a list");
    assert_eq!((unfinished.len(), unfinished[0].bytes_here), (1, 502));
    desk.pull().await.expect("it goes on");
    // The two that had come were not asked for again, nor was the list.
    assert_eq!(desk.server.seen_of_files().len(), 4);
    assert_eq!(desk.server.seen().len(), 6);
}

#[tokio::test]
async fn a_pause_keeps_what_came() {
    let bytes = content(300_000);
    let desk = Desk::with_file(&bytes).await;
    desk.server.next([Misdeed::Stall(100_000)]);
    let cancel = CancellationToken::new();
    let pausing = cancel.clone();
    let server = desk.server.clone();
    tokio::spawn(async move {
        while server.seen_of_files().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        pausing.cancel();
    });
    assert_eq!(desk.pull_until(&cancel).await, Err(HubError::Cancelled));
    assert_eq!(desk.hub.folder().unfinished().expect("a list")[0].bytes_here, 100_000);
    desk.pull_right(&bytes).await;
    let seen = desk.server.seen_of_files();
    assert_eq!(seen[1].header("range"), Some("bytes=100000-"));
    assert!(seen[1].header("if-range").is_some());
}

#[tokio::test]
async fn one_download_at_a_time_the_others_wait() {
    let one = Desk::with_file(&content(200_000)).await;
    one.server.next([Misdeed::Stall(1000)]);
    let none = CancellationToken::new();
    let address: ModelAddress = REPO.parse().expect("an address");
    let record = one.hub.plan(&address, Pickle::Refused, &none).await.expect("a plan");
    let queued = std::sync::Mutex::new(Vec::new());
    let first = one.pull();
    let second = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let report = |progress: bimo_hub::Progress| {
            queued.lock().expect("a lock").push(progress.phase);
        };
        one.hub.fetch(record, &none, report).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.expect("a model"), second.expect("a model"));
    assert_eq!(*queued.lock().expect("a lock"), [Phase::Queued]);
    // The stalled try and the one after it; the one that waited had nothing left to ask for.
    assert_eq!(one.server.seen_of_files().len(), 2);
}

#[tokio::test]
async fn a_search_gives_what_can_be_fetched() {
    let server = LocalHub::start(REPO, &[]).await;
    let desk = Desk::new(server, u64::MAX);
    let found = desk.hub.search("qwen 猫", 5, &CancellationToken::new()).await.expect("a list");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id.to_string().as_str(), found[0].downloads), (REPO, 7));
    assert!(found[0].gated);
    assert_eq!(found[0].pipeline_tag.as_deref(), Some("text-generation"));
    let asked = &desk.server.seen()[0].path;
    assert!(asked.starts_with("/api/models?search=qwen+%E7%8C%AB&limit=5&"), "{asked}");
}
