//! A process that is killed while it fetches.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use bimo_hub::{CancellationToken, Endpoint, Hub, ModelsFolder, Patience, Pickle, Surroundings};

use crate::server::Misdeed;
use crate::{Desk, FILE, REPO, all_files, content};

const HUB: &str = "BIMO_TEST_HUB";
const FOLDER: &str = "BIMO_TEST_FOLDER";
const KILLS: u64 = 12;

/// Runs in the child only, and is killed there.
#[tokio::test]
#[ignore = "the child of the test below"]
async fn child() {
    let (Ok(base), Ok(folder)) = (std::env::var(HUB), std::env::var(FOLDER)) else { return };
    let endpoint = Endpoint::new(&base, None).expect("an endpoint");
    let folder = ModelsFolder::new(PathBuf::from(folder));
    let hub = Hub::new(endpoint, folder, Patience::default(), Surroundings::of_this_computer());
    let address = REPO.parse().expect("an address");
    let none = CancellationToken::new();
    hub.expect("a hub").pull(&address, Pickle::Refused, &none, |_| {}).await.expect("a model");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_leaves_a_part_or_the_whole() {
    let bytes = content(500_000);
    let desk = Desk::with_file(&bytes).await;
    desk.server.always(Misdeed::Slow);
    let models = desk.hub.folder();
    let mut parts = 0;
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["killed::child", "--exact", "--ignored"])
            .env(HUB, desk.server.base())
            .env(FOLDER, models.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        tokio::time::sleep(Duration::from_millis(20 + kill * 15)).await;
        child.kill().expect("it is killed");
        child.wait().expect("it has ended");

        for name in all_files(models.path()) {
            if name.ends_with(".gguf") {
                assert!(std::fs::read(&name).expect("a file") == bytes, "half a file has its name");
            } else if name.ends_with(".gguf.partial") {
                let part = std::fs::read(&name).expect("a part");
                parts += u32::from(!part.is_empty());
                assert!(bytes.starts_with(&part), "{name} is not the beginning");
            }
        }
        for model in models.installed().expect("a list") {
            assert_eq!(model.verify(&CancellationToken::new()), Ok(Vec::new()));
        }
    }
    assert!(parts > 0, "no kill met a download");
    desk.pull_right(&bytes).await;
    let asked = desk.server.seen_of_files();
    let resumed = asked.iter().filter(|seen| seen.header("range").is_some()).count();
    assert!(resumed > 0, "it began anew each time");
}

#[tokio::test]
async fn a_kill_when_the_file_has_just_got_its_name_leaves_nothing_beside_it() {
    let bytes = content(500_000);
    let desk = Desk::with_file(&bytes).await;
    let folder = desk.hub.folder().path().join("owner--name/0123456789ab--story-Q8_0");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(FILE), &bytes).expect("a file");
    std::fs::write(folder.join(format!("{FILE}.partial-tag")), "\"a tag\"").expect("a file");
    desk.pull_right(&bytes).await;
    assert!(desk.server.seen_of_files().is_empty(), "it was whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_another_process_fetches_is_left_to_it() {
    let bytes = content(500_000);
    let desk = Desk::with_file(&bytes).await;
    desk.server.next([Misdeed::Stall(1000)]);
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["killed::child", "--exact", "--ignored"])
        .env(HUB, desk.server.base())
        .env(FOLDER, desk.hub.folder().path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a child");
    while desk.server.seen_of_files().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(desk.refused().await.code(), "model_in_use");
    child.kill().expect("it is killed");
    child.wait().expect("it has ended");
    desk.pull_right(&bytes).await;
}
