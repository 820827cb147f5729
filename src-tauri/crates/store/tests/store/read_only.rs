//! Reading beside the process that writes.

use bimo_store::{Store, StoreOptions};

use crate::{NOW_MS, Shelf, body_of, typed};

#[tokio::test]
async fn what_another_has_open_can_be_read_and_not_changed() {
    let (shelf, store, chapter) = Shelf::with_text("first").await;
    let reading = Store::open_read_only(shelf.options.clone()).await.expect("it can be read");
    assert_eq!(body_of(&reading, chapter).await, "first");

    store.apply_edits(chapter, 1, &[typed(0, 5, "second")], NOW_MS).await.expect("an edit");
    assert_eq!(body_of(&reading, chapter).await, "second");
    assert!(reading.create_work("mine", NOW_MS).await.is_err(), "nothing can be changed");
    assert_eq!(store.library().await.expect("the library").works.len(), 1);
}

#[tokio::test]
async fn what_nobody_has_open_can_be_read_too() {
    let (shelf, store, chapter) = Shelf::with_text("text").await;
    store.close().await;
    let reading = Store::open_read_only(shelf.options.clone()).await.expect("it can be read");
    assert_eq!(body_of(&reading, chapter).await, "text");
    drop(reading);
    assert_eq!(body_of(&shelf.open().await, chapter).await, "text");
}

#[tokio::test]
async fn where_there_is_no_library_none_is_made() {
    let shelf = Shelf::new();
    let error = Store::open_read_only(shelf.options.clone()).await.expect_err("nothing there");
    assert_eq!(error.code(), "library_not_writable");
    assert!(!shelf.options.folder.exists());
    let empty = StoreOptions::new(shelf.options.folder.with_file_name("empty"), NOW_MS);
    std::fs::create_dir_all(&empty.folder).expect("a folder");
    std::fs::write(empty.database(), b"").expect("an empty file");
    let error = Store::open_read_only(empty).await.expect_err("no schema");
    assert_eq!(error.code(), "migration_failed");
}
