//! Folders that cannot be written, disks without room, a second process.

use std::process::Command;

use bimo_store::{ChapterId, Store, StoreError, StoreOptions};

use crate::child::{Listener, command, say, text};
use crate::{NOW_MS, Shelf, body_of, typed};

#[tokio::test]
async fn a_second_process_is_refused_until_the_first_has_ended() {
    let (shelf, store, chapter) = Shelf::with_text("text").await;
    let again = Store::open(shelf.options.clone()).await.expect_err("it is open here");
    assert!(matches!(&again, StoreError::Locked { folder } if *folder == shelf.options.folder));
    assert!(again.retryable());
    drop(store);

    let mut holder = command("hold", &[text(&shelf.options.folder)]).spawn().expect("a process");
    assert_eq!(Listener::to(&mut holder).next().as_deref(), Some("ready"));
    let error = Store::open(shelf.options.clone()).await.expect_err("another process has it");
    assert_eq!(error.code(), "library_locked");
    holder.kill().expect("it is ended");
    holder.wait().expect("it has ended");
    assert_eq!(body_of(&shelf.open().await, chapter).await, "text");
}

/// The child's task: keeps the library open.
pub async fn hold(folder: &str) {
    let _store = Store::open(StoreOptions::new(folder, NOW_MS)).await.expect("the library opens");
    say("ready");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_place_that_is_no_folder_is_named() {
    let shelf = Shelf::new();
    std::fs::write(&shelf.options.folder, b"a file").expect("a file");
    let error = Store::open(shelf.options.clone()).await.expect_err("no folder");
    assert_eq!(error.code(), "library_not_writable");
    assert!(error.to_string().contains(text(&shelf.options.folder)), "{error}");
}

/// The child's task: opens the library, writes until it is told that it cannot go on, and says every answer.
pub async fn fill(folder: &str) {
    let store = match Store::open(StoreOptions::new(folder, NOW_MS)).await {
        Ok(store) => store,
        Err(error) => return say(error.code()),
    };
    say("open");
    let chapter = match store.create_work("a work", NOW_MS).await {
        Ok((_, chapter)) => chapter,
        Err(error) => return say(error.code()),
    };
    for version in 0..100u32 {
        let paragraph = format!("{version:04}{}\n", "雪".repeat(1000));
        let edits = [typed(version * 1005, version * 1005, &paragraph)];
        match store.apply_edits(chapter, version, &edits, NOW_MS).await {
            Ok(saved) => say(&saved.version.to_string()),
            Err(error) => return say(error.code()),
        }
    }
    say("all");
}

/// Runs a task on a shelf under a Unix shell's limits and answers what it said.
#[cfg(unix)]
fn said_with(limits: &str, task: &str, shelf: &Shelf) -> Vec<String> {
    let task = command(task, &[text(&shelf.options.folder)]);
    let mut limited = Command::new("sh");
    limited.arg("-c").arg(format!("{limits} exec \"$0\" \"$@\"")).arg(task.get_program());
    limited.args(task.get_args());
    for (name, value) in task.get_envs() {
        limited.env(name, value.expect("a value"));
    }
    let output = limited.output().expect("a shell");
    let said = String::from_utf8(output.stdout).expect("text");
    let said: Vec<String> =
        said.lines().filter_map(|line| line.strip_prefix("> ").map(str::to_owned)).collect();
    assert!(!said.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Every write past a file size limit fails, wherever it is: while the library is made, saved or checkpointed.
#[cfg(unix)]
#[tokio::test]
async fn a_write_that_fails_is_said_and_loses_nothing() {
    let mut stages = [0, 0, 0];
    for blocks in (0..40).map(|step| step * step * 4) {
        let shelf = Shelf::new();
        let said = said_with(&format!("trap '' XFSZ; ulimit -f {blocks};"), "fill", &shelf);
        let last = said.last().map(String::as_str);
        assert!(
            matches!(last, Some("library_not_writable" | "disk_full" | "all")),
            "{blocks} blocks: {said:?}"
        );
        let saved: u32 = said.iter().rev().find_map(|line| line.parse().ok()).unwrap_or(0);
        stages[if saved > 0 { 2 } else { usize::from(said[0] == "open") }] += 1;

        let store = shelf.open().await;
        if saved > 0 {
            let kept = store.chapter(ChapterId(1)).await.expect("the chapter");
            assert!(kept.version >= saved, "{blocks} blocks: {} of {saved}", kept.version);
            assert_eq!(kept.body.lines().count() as u32, kept.version);
        }
        store.create_work("there is room again", NOW_MS).await.expect("it can be written");
    }
    eprintln!("failed while opening, at the first work, while saving: {stages:?}");
    assert!(stages[0] > 0 && stages[2] > 5, "{stages:?}");
}

/// The child's task: writes while there is no room, and again when there is.
#[cfg(target_os = "linux")]
pub async fn make_room(folder: &str) {
    let store = Store::open(StoreOptions::new(folder, NOW_MS)).await.expect("the library opens");
    let (_, chapter) = store.create_work("a work", NOW_MS).await.expect("a work");
    for limit in ["0", "unlimited"] {
        let process = std::process::id().to_string();
        let limit = format!("--fsize={limit}:");
        let set = Command::new("prlimit").args(["--pid", &process, &limit]).status();
        assert!(set.expect("prlimit, which is part of util-linux").success());
        for word in ["one", "two"] {
            let version = store.chapter(chapter).await.expect("the chapter").version;
            match store.apply_edits(chapter, version, &[typed(0, 0, word)], NOW_MS).await {
                Ok(_) => say(word),
                Err(error) => say(error.code()),
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn as_soon_as_there_is_room_it_is_written_again() {
    let said = said_with("trap '' XFSZ;", "make-room", &Shelf::new());
    assert_eq!(said, ["library_not_writable", "library_not_writable", "one", "two"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_without_the_right_to_write_is_said() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    let (shelf, store, chapter) = Shelf::with_text("text").await;
    store.close().await;
    let folder = &shelf.options.folder;
    let above = folder.parent().expect("a folder above");
    // Root may write everywhere, so that another user has to try.
    let user = Command::new("id").arg("-u").output().expect("the user's number");
    let readable = |path: &std::path::Path, mode| {
        let permissions = PermissionsExt::from_mode(mode);
        std::fs::set_permissions(path, permissions).expect("permissions");
    };
    readable(above, 0o755);
    for entry in std::fs::read_dir(folder).expect("the folder") {
        readable(&entry.expect("an entry").path(), 0o444);
    }
    readable(folder, 0o555);
    let mut fill = command("fill", &[text(folder)]);
    if user.stdout == b"0\n" {
        // The program may lie where that user cannot go.
        let copy = above.join("program");
        std::fs::copy(fill.get_program(), &copy).expect("a copy");
        let arguments: Vec<_> = fill.get_args().map(ToOwned::to_owned).collect();
        let task: Vec<_> = fill
            .get_envs()
            .map(|(name, value)| (name.to_owned(), value.expect("a value").to_owned()))
            .collect();
        fill = Command::new(copy);
        fill.args(arguments).envs(task).uid(65534).gid(65534);
    }
    let output = fill.current_dir("/").output().expect("the child starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("> library_not_writable"), "{output:?}");
    readable(folder, 0o755);
    for entry in std::fs::read_dir(folder).expect("the folder") {
        readable(&entry.expect("an entry").path(), 0o644);
    }
    assert_eq!(body_of(&shelf.open().await, chapter).await, "text");
}
