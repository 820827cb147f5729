//! Dated copies: made when due, thinned, restored; and a library that moves to another folder.

use std::path::PathBuf;

use bimo_store::{LibraryItem, Store, StoreError, StoreOptions, copy_library, restore_backup};

use crate::{DAY_MS, NOW_MS, Shelf, body_of, typed};

fn copies(shelf: &Shelf) -> Vec<String> {
    let entries = std::fs::read_dir(&shelf.options.backups).expect("the backups");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_copy_is_made_beside_the_folder_and_can_be_restored() {
    let (shelf, store, chapter) = Shelf::with_text("before").await;
    let path = store.back_up(NOW_MS).await.expect("a backup");
    assert_eq!(copies(&shelf), ["library-20261125-054530-000.sqlite"]);
    assert!(!path.starts_with(&shelf.options.folder), "{}", path.display());
    store.apply_edits(chapter, 1, &[typed(0, 6, "after")], NOW_MS).await.expect("a save");

    let open = restore_backup(&shelf.options, &path).await.expect_err("it is open");
    assert!(matches!(open, StoreError::Locked { .. }), "{open}");
    drop(store);
    let aside = restore_backup(&shelf.options, &path).await.expect("restored");
    let aside = aside.expect("what was there is kept");
    assert_eq!(body_of(&shelf.open().await, chapter).await, "before");

    // What was put aside, with its log beside it, is a whole library.
    let kept = Shelf::new();
    std::fs::create_dir_all(&kept.options.folder).expect("a folder");
    for suffix in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{suffix}", aside.display()));
        let to = format!("{}{suffix}", kept.options.database().display());
        if from.exists() {
            std::fs::copy(from, to).expect("copied");
        }
    }
    assert_eq!(body_of(&kept.open().await, chapter).await, "after");
}

#[tokio::test]
async fn a_copy_is_due_after_a_day_and_a_change() {
    let (shelf, store, chapter) = Shelf::with_text("x").await;
    let due = async |now| store.back_up_if_due(now).await.expect("looked").is_some();
    assert!(due(NOW_MS + 1).await, "the first");
    assert!(!due(NOW_MS + 3 * DAY_MS).await, "nothing has changed");
    store.apply_edits(chapter, 1, &[typed(0, 0, "y")], NOW_MS + 10).await.expect("a save");
    assert!(!due(NOW_MS + DAY_MS).await, "a day has not gone by");
    assert!(due(NOW_MS + DAY_MS + 1).await);

    let work = store.library().await.expect("the library").works[0].id;
    let changed_at = NOW_MS + DAY_MS + 2;
    for (day, change) in (2..).zip(["rename", "goal", "bin", "restore"]) {
        assert!(!due(NOW_MS + day * DAY_MS + 1).await, "before {change}");
        let at = changed_at + (day - 2) * DAY_MS;
        match change {
            "rename" => store.rename_chapter(chapter, "z", at).await,
            "goal" => store.set_goal(work, Some(5), at).await,
            "bin" => store.move_to_bin(LibraryItem::Chapter(chapter), at).await,
            _ => store.restore(LibraryItem::Chapter(chapter), at).await,
        }
        .expect(change);
        assert!(due(NOW_MS + day * DAY_MS + 1).await, "after {change}");
    }
    assert_eq!(copies(&shelf).len(), 6);
}

#[tokio::test]
async fn copies_thin_out_with_age() {
    let (shelf, store, _) = Shelf::with_text("x").await;
    for day in 0..40 {
        store.back_up(NOW_MS + day * DAY_MS).await.expect("a backup");
    }
    // 40 days from Wednesday 2026-11-25 to Sunday 2027-01-03: the last seven days, the last four Sundays before them,
    // and the last day of each month.
    let expected = [
        "20261130", "20261206", "20261213", "20261220", "20261227", "20261228", "20261229",
        "20261230", "20261231", "20270101", "20270102", "20270103",
    ];
    let days: Vec<String> = copies(&shelf).iter().map(|name| name[8..16].to_owned()).collect();
    assert_eq!(days, expected);
}

#[tokio::test]
async fn a_copy_made_when_the_clock_was_turned_back_stays() {
    let (shelf, store, _) = Shelf::with_text("x").await;
    for day in (0..8).rev() {
        let path = store.back_up(NOW_MS + day * DAY_MS).await.expect("a backup");
        assert!(path.exists(), "{}", path.display());
    }
    assert!(copies(&shelf).len() >= 7);
}

#[tokio::test]
async fn a_damaged_backup_is_not_restored() {
    let (shelf, store, chapter) = Shelf::with_text("the text").await;
    let path = store.back_up(NOW_MS).await.expect("a backup");
    store.close().await;
    let whole = std::fs::read(&path).expect("the backup");
    let mut damaged = whole.clone();
    damaged[4096..8192].fill(0xAA);
    for bytes in [&whole[..whole.len() / 2], &[], &damaged] {
        std::fs::write(&path, bytes).expect("damage");
        let error = restore_backup(&shelf.options, &path).await.expect_err("damaged");
        assert_eq!(error.code(), "library_corrupted", "{error}");
    }
    assert_eq!(body_of(&shelf.open().await, chapter).await, "the text");
}

#[tokio::test]
async fn a_library_moves_to_another_folder_whole() {
    let (from, store, chapter) = Shelf::with_text("雪").await;
    let to = Shelf::new();
    let open = copy_library(&from.options, &to.options).await.expect_err("it is open");
    assert_eq!(open.code(), "library_locked");
    // Not closed, so that the text is still in the log.
    drop(store);
    assert!(copy_library(&from.options, &to.options).await.expect("copied"));
    let moved = to.open().await;
    assert_eq!(body_of(&moved, chapter).await, "雪");
    moved.apply_edits(chapter, 1, &[typed(1, 1, "花")], NOW_MS).await.expect("a save");
    moved.close().await;
    assert!(!copy_library(&from.options, &to.options).await.expect("one is there already"));
    assert_eq!(body_of(&to.open().await, chapter).await, "雪花");
    assert_eq!(body_of(&from.open().await, chapter).await, "雪", "the old one stays");
    let nothing = copy_library(&Shelf::new().options, &Shelf::new().options).await;
    assert!(!nothing.expect("there is nothing to copy"));
}

#[tokio::test]
async fn a_backup_is_a_library_that_opens_anywhere() {
    let (_shelf, store, chapter) = Shelf::with_text("text").await;
    let path = store.back_up(NOW_MS).await.expect("a backup");
    let other = Shelf::new();
    let nothing_there = restore_backup(&other.options, &path).await.expect("restored");
    assert_eq!(nothing_there, None);
    let options = StoreOptions { now_ms: NOW_MS, ..other.options.clone() };
    let opened = Store::open(options).await.expect("it opens");
    assert_eq!(body_of(&opened, chapter).await, "text");
}
