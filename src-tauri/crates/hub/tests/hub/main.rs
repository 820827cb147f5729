//! Fetching from a hub on this machine that misbehaves in every way that is known of.

mod folder;
mod killed;
mod misbehaving;
mod offers;
mod requests;
mod server;
mod usual;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bimo_hub::{
    CancellationToken, Endpoint, Hub, HubError, LocalModel, ModelsFolder, Patience, Pickle,
    Progress, Surroundings, Token,
};
use server::LocalHub;
use tempfile::TempDir;

const SECRET: &str = "hf_s3cretToken";
const REPO: &str = "owner/name";
const FILE: &str = "story-Q8_0.gguf";

/// A million letters `a`: FIPS 180-2 has their SHA-256 in its appendix B.3.
const MILLION_A: &str = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

/// Bytes of which no two stretches are alike.
fn content(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = |_| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..length).map(next).collect()
}

fn patience() -> Patience {
    Patience { stall: Duration::from_millis(300), ..Patience::default() }
}

/// Time stands still, and pauses are only written down.
fn surroundings(pauses: Arc<Mutex<Vec<u64>>>, free_bytes: u64) -> Surroundings {
    Surroundings {
        now_ms: Arc::new(|| 1_795_585_530_000),
        sleep: Arc::new(move |pause| {
            pauses.lock().expect("a lock").push(pause.as_secs());
            Box::pin(async {})
        }),
        free_bytes: Arc::new(move |_| Ok(free_bytes)),
    }
}

/// A desk that fetches from a local hub; pauses take no time and are written down.
struct Desk {
    server: LocalHub,
    hub: Hub,
    folder: TempDir,
    pauses: Arc<Mutex<Vec<u64>>>,
    reports: Arc<Mutex<Vec<Progress>>>,
}

impl Desk {
    async fn with_files(files: &[(&str, &[u8], bool)]) -> Self {
        Self::new(LocalHub::start(REPO, files).await, u64::MAX)
    }

    async fn with_file(bytes: &[u8]) -> Self {
        Self::with_files(&[("README.md", b"# words", false), (FILE, bytes, true)]).await
    }

    fn new(server: LocalHub, free_bytes: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pauses = Arc::new(Mutex::new(Vec::new()));
        let surroundings = surroundings(pauses.clone(), free_bytes);
        let models = ModelsFolder::new(folder.path().join("models"));
        let endpoint = Endpoint::new(&server.base(), Token::new(SECRET)).expect("an endpoint");
        let hub = Hub::new(endpoint, models, patience(), surroundings).expect("a hub");
        Self { server, hub, folder, pauses, reports: Arc::default() }
    }

    /// Another hub for the same folder.
    fn hub_at(&self, endpoint: Endpoint, folder: ModelsFolder) -> Hub {
        let surroundings = surroundings(self.pauses.clone(), u64::MAX);
        Hub::new(endpoint, folder, patience(), surroundings).expect("a hub")
    }

    async fn pull(&self) -> Result<LocalModel, HubError> {
        self.pull_until(&CancellationToken::new()).await
    }

    async fn pull_until(&self, cancel: &CancellationToken) -> Result<LocalModel, HubError> {
        let address = REPO.parse().expect("an address");
        let reports = self.reports.clone();
        let report = move |progress| reports.lock().expect("a lock").push(progress);
        self.hub.pull(&address, Pickle::Refused, cancel, report).await
    }

    /// Pulls, and compares what came with what it should be.
    async fn pull_right(&self, expected: &[u8]) -> LocalModel {
        let model = self.pull().await.expect("it is fetched");
        assert!(std::fs::read(model.path()).expect("a file") == expected, "other bytes came");
        assert_eq!(self.partials(), Vec::<String>::new());
        model
    }

    /// Pulls, and sees that nothing is listed.
    async fn refused(&self) -> HubError {
        let error = self.pull().await.expect_err("it is refused");
        assert_eq!(self.hub.folder().installed(), Ok(Vec::new()));
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
        error
    }

    fn pauses(&self) -> Vec<u64> {
        self.pauses.lock().expect("a lock").clone()
    }

    /// What is not whole in the folder of models.
    fn partials(&self) -> Vec<String> {
        let names = all_files(&self.folder.path().join("models"));
        names.into_iter().filter(|name| name.contains("partial")).collect()
    }
}

/// Names of all files below a folder.
fn all_files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.flat_map(|entry| {
        let path = entry.path();
        if path.is_dir() { all_files(&path) } else { vec![path.display().to_string()] }
    });
    files.collect()
}
