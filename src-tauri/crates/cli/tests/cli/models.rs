//! `models`, against a hub on this machine.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::hub::{COMMIT, LocalHub, Misdeed};

const REPO: &str = "owner/name";
const FILE: &str = "story-Q8_0.gguf";
const SECRET: &str = "hf_s3cretToken";
/// The model that is part of the program, which is a file like any other.
const STARTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../starter/story/story.gguf");

/// A script on a machine with one hub.
struct Script {
    hub: LocalHub,
    folder: TempDir,
}

impl Script {
    async fn with_file(bytes: &[u8]) -> Self {
        let hub = LocalHub::start(REPO, &[(FILE, bytes, true)]).await;
        Self { hub, folder: tempfile::tempdir().expect("a folder") }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bimo"));
        command
            .args(arguments)
            .env("BIMO_MODELS", self.folder.path())
            .env("HF_ENDPOINT", self.hub.base())
            .env("HF_TOKEN", SECRET)
            .env("NO_PROXY", "127.0.0.1")
            .env("BIMO_LIBRARY", self.folder.path().join("no-library"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = tokio::task::block_in_place(|| self.command(arguments).output());
        let output = output.expect("bimo runs");
        for said in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(said).contains(SECRET), "{arguments:?}");
        }
        output
    }

    fn printed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    fn object(&self, arguments: &[&str]) -> Value {
        let text = self.printed(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).expect("one JSON object")
    }

    /// What was said on standard error by a command that failed and printed nothing.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_fetched_listed_used_verified_and_removed() {
    let script = Script::with_file(&std::fs::read(STARTER).expect("the starter")).await;
    assert_eq!(script.printed(&["models", "list"]), "");
    let output = script.run(&["models", "pull", REPO]);
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(FILE) && said.contains(" MB"), "{said}");
    let path = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(Path::new(path.trim_end()).is_file(), "{path}");

    let requests = script.hub.seen().len();
    let name = format!("{REPO}:{FILE}");
    assert!(script.printed(&["models", "list"]).starts_with(&format!("{name}\t")));
    let listed = script.object(&["models", "list"]);
    assert_eq!(listed["models"][0]["name"], name);
    assert_eq!(listed["models"][0]["path"], path.trim_end());
    assert_eq!(listed["models"][0]["licence"], "apache-2.0");
    let info = script.object(&["models", "info", REPO]);
    assert_eq!((&info["commit"], &info["path"]), (&COMMIT.into(), &path.trim_end().into()));

    for model in [REPO, "owner/name:Q8_0"] {
        let arguments = ["continue", "--model", model, "--prompt", "Once upon a time"];
        let text = script.printed(&[&arguments[..], &["--max-tokens", "5"]].concat());
        assert!(!text.trim().is_empty());
    }
    assert!(script.printed(&["models", "verify", REPO]).contains("is what the hub says"));
    // Only fetching asks the hub.
    assert_eq!(script.hub.seen().len(), requests);
    assert_eq!(script.object(&["models", "requests"])["requests"][2]["status"], 200);

    std::fs::write(path.trim_end(), b"GGUF").expect("it is written");
    assert!(script.refused(&["models", "verify", REPO]).contains(FILE));
    assert_eq!(script.object(&["models", "remove", REPO])["removed"]["name"], name);
    assert_eq!(script.printed(&["models", "list"]), "");
    let said = script.refused(&["continue", "--model", REPO, "--prompt", "a"]);
    assert!(said.contains("not on this machine"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hub_is_searched_and_a_model_is_shown_before_it_is_fetched() {
    let script = Script::with_file(b"abc").await;
    let found = script.printed(&["models", "search", "qwen", "gguf", "--limit", "3"]);
    let expected = "owner/name\ttext-generation\t7 downloads\t3 likes\tlicence to accept\n";
    assert_eq!(found, expected);
    assert!(script.hub.seen()[0].path.contains("search=qwen+gguf&limit=3"));
    let info = script.object(&["models", "info", REPO]);
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!((&info["files"][0]["sha256"], &info["bytes"]), (&abc.into(), &3.into()));
    assert_eq!(info["path"], Value::Null);
    assert_eq!(script.hub.seen_of_files().len(), 0);
    assert_eq!(script.object(&["models", "list"])["models"], Value::Array(Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_fetched_is_said_and_fails() {
    let script = Script::with_file(b"abc").await;
    for (arguments, words) in [
        (&["models", "pull", "../x"][..], "names no model"),
        (&["models", "pull", "owner/other"], "no such model"),
        (&["models", "pull", "owner/name:Q4_0"], "no such model"),
        (&["models", "verify", "owner/name"], "not on this machine"),
        (&["models", "remove", "owner/name"], "not on this machine"),
        (&["models", "search", "x", "--mirror", "file:///x"], "hub's address"),
        (&["models", "search", "x", "--mirror", "http://127.0.0.1:1"], "cannot be reached"),
    ] {
        let said = script.refused(arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    script.hub.always(Misdeed::Status(403, "X-Error-Code: GatedRepo\r\n", "{}"));
    let said = script.refused(&["models", "pull", REPO]);
    assert!(said.contains("accept its licence") && said.contains("/owner/name"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_pauses_and_the_next_pull_goes_on() {
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    let script = Script::with_file(&bytes).await;
    script.hub.next([Misdeed::Stall(100_000)]);
    let mut child =
        script.command(&["models", "pull", REPO]).stdout(Stdio::null()).spawn().expect("bimo runs");
    while script.hub.seen_of_files().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill runs").success());
    assert_eq!(tokio::task::block_in_place(|| child.wait()).expect("it ends").code(), Some(130));

    let listed = script.object(&["models", "list"]);
    assert_eq!(listed["unfinished"][0]["bytes_here"], 100_000);
    let pulled = script.object(&["models", "pull", REPO]);
    let path = pulled["path"].as_str().expect("a path");
    assert!(std::fs::read(path).expect("a file") == bytes);
    assert_eq!(script.hub.seen_of_files()[1].header("range"), Some("bytes=100000-"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_of_ones_own_is_imported_or_refused_in_a_sentence() {
    let script = Script::with_file(b"abc").await;
    for copy in [false, true] {
        let arguments: &[&str] = if copy {
            &["models", "import", STARTER, "--copy"]
        } else {
            &["models", "import", STARTER]
        };
        let imported = script.object(arguments);
        assert_eq!(imported["name"], "imported/story:story.gguf");
        let path = imported["path"].as_str().expect("a path");
        assert_eq!(Path::new(path).starts_with(script.folder.path()), copy, "{path}");
        let written =
            ["continue", "--model", "imported/story", "--prompt", "Once", "--max-tokens", "3"];
        assert_eq!(script.object(&written)["tokens"], 3);
        script.printed(&["models", "remove", "imported/story"]);
        assert!(Path::new(STARTER).exists());
    }
    let broken = script.folder.path().join("broken.gguf");
    std::fs::write(&broken, b"GGUF").expect("a file");
    let said = script.refused(&["models", "import", &broken.display().to_string()]);
    assert!(said.contains("damaged") && said.contains("version"), "{said}");
    assert_eq!(script.hub.seen_of_files().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_asks_the_mirror_that_was_set_in_the_window() {
    let script = Script::with_file(b"GGUF").await;
    let library = tempfile::tempdir().expect("a folder");
    let desk = crate::library::desk_on(&library).await;
    desk.set_hub(script.hub.base(), String::new()).await.expect("a mirror");
    let search = |environment: Option<&str>| {
        let mut command = script.command(&["models", "search", "name"]);
        command.env("BIMO_LIBRARY", library.path().join("library")).env_remove("HF_ENDPOINT");
        if let Some(mirror) = environment {
            command.env("HF_ENDPOINT", mirror);
        }
        tokio::task::block_in_place(|| command.output()).expect("bimo runs")
    };
    let found = search(None);
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    assert!(String::from_utf8_lossy(&found.stdout).contains(REPO));
    let asked = script.hub.seen().len();
    // Nobody listens there: it is asked all the same, since the environment wins.
    assert!(!search(Some("http://127.0.0.1:9")).status.success());
    assert_eq!(script.hub.seen().len(), asked);
}
