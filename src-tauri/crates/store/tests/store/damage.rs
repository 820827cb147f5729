//! Files that changed on the disk: what was damaged is refused or does no harm, never a wrong page.

use bimo_store::{GenerationStatus, Store, StoreError, StoreOptions, restore_backup};
use bimo_text::{AuthorSpan, Authorship, Utf16Offset};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::{NOW_MS, Shelf, at, ended};

/// A page's text and its authors.
type Shown = (String, Authorship);

/// A library with some of everything, closed, with a backup.
async fn library() -> (Shelf, Vec<u8>, Vec<Shown>) {
    let shelf = Shelf::new();
    let store = shelf.open().await;
    for work in 0..3u32 {
        let (_, chapter) =
            store.create_work(&format!("Work {work}"), NOW_MS).await.expect("a work");
        let body = format!("第{work}本。雪下了一夜。The snow fell all night.\n").repeat(200);
        store.replace_page(chapter, &body, vec![], NOW_MS).await.expect("text");
        let span = AuthorSpan { from: Utf16Offset(5), to: Utf16Offset(900), generation: 1 };
        store.replace_page(chapter, &body[..3000], vec![span], NOW_MS).await.expect("a revision");
        let id = store.start_generation(&at(chapter, 0), NOW_MS).await.expect("a start");
        store.append_output(id, &"有一座山。".repeat(50), &[]).await.expect("text");
        let complete = ended(GenerationStatus::Complete);
        store.finish_generation(id, &complete, NOW_MS).await.expect("an end");
    }
    store.search("雪下", 10).await.expect("an index");
    store.back_up(NOW_MS).await.expect("a backup");
    store.close().await;
    let bytes = std::fs::read(shelf.options.database()).expect("the file");
    let store = shelf.open().await;
    let pages = pages(&store).await.expect("whole");
    store.close().await;
    (shelf, bytes, pages)
}

/// Reads all that a person would see; the pages come back.
async fn pages(store: &Store) -> Result<Vec<Shown>, StoreError> {
    let mut pages = Vec::new();
    for work in store.library().await?.works {
        for chapter in work.chapters {
            let page = store.chapter(chapter.id).await?;
            pages.push((page.body, page.authorship));
            store.revisions(chapter.id).await?;
        }
    }
    store.search("雪下", 100).await?;
    store.search("snow", 100).await?;
    for generation in store.history(&bimo_store::HistoryQuery::default()).await? {
        store.generation(generation.id).await?;
        store.token_choices(generation.id).await?;
    }
    Ok(pages)
}

fn damage(bytes: &[u8], random: &mut StdRng) -> (String, Vec<u8>) {
    let mut damaged = bytes.to_vec();
    let kind = random.random_range(0..5);
    let page = random.random_range(0..bytes.len() / 4096) * 4096;
    let what = match kind {
        0 | 1 => {
            let count = random.random_range(1..=if kind == 0 { 1 } else { 200 });
            for _ in 0..count {
                let at = random.random_range(0..bytes.len());
                damaged[at] ^= 1 << random.random_range(0..8);
            }
            format!("{count} flipped bits")
        }
        2 => {
            damaged.truncate(random.random_range(0..bytes.len()));
            format!("cut to {} bytes", damaged.len())
        }
        3 => {
            damaged[page..page + 4096].fill(0);
            format!("zeroed page at {page}")
        }
        _ => {
            let other = random.random_range(0..bytes.len() / 4096) * 4096;
            damaged.copy_within(page..page + 4096, other);
            format!("page {page} written over {other}")
        }
    };
    (what, damaged)
}

#[tokio::test]
async fn damage_is_found_or_does_no_harm() {
    let (shelf, bytes, expected) = library().await;
    let backup = std::fs::read_dir(&shelf.options.backups).expect("the backups").next();
    let backup = backup.expect("a backup").expect("an entry").path();
    let mut random = StdRng::seed_from_u64(3);
    let (mut refused, mut found_later, mut harmless) = (0, 0, 0);
    for round in 0..200 {
        let (what, damaged) = damage(&bytes, &mut random);
        for suffix in ["-wal", "-shm"] {
            let log = format!("{}{suffix}", shelf.options.database().display());
            // A connection that is just being closed takes its log away itself.
            match std::fs::remove_file(log) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
                _ => {}
            }
        }
        std::fs::write(shelf.options.database(), &damaged).expect("damage");
        match Store::open(shelf.options.clone()).await {
            Err(StoreError::Corrupted { newest_backup, .. }) => {
                refused += 1;
                assert_eq!(newest_backup.as_deref(), Some(backup.as_path()), "{round}: {what}");
            }
            // A changed number in the header reads as a newer schema, or as a file that cannot be written.
            Err(StoreError::NewerSchema { .. } | StoreError::NotWritable { .. }) => refused += 1,
            Err(error) => panic!("{round}: {what}: {error}"),
            Ok(store) => {
                match pages(&store).await {
                    Ok(pages) => {
                        harmless += 1;
                        assert_eq!(pages, expected, "{round}: {what}");
                    }
                    Err(StoreError::Corrupted { .. }) => found_later += 1,
                    Err(error) => panic!("{round}: {what}: {error}"),
                }
                store.close().await;
            }
        }
    }
    eprintln!(
        "200 damaged files: {refused} refused, {found_later} found later, {harmless} harmless"
    );
}

#[tokio::test]
async fn a_damaged_file_stays_as_it_is() {
    let (shelf, bytes, _) = library().await;
    let header = [&[0; 100], &bytes[100..]].concat();
    let half = bytes[..bytes.len() / 2].to_vec();
    let no_database = "From here on, nothing is a database.\n".repeat(1000).into_bytes();
    for damaged in [header, half, no_database] {
        std::fs::write(shelf.options.database(), &damaged).expect("damage");
        let error = Store::open(shelf.options.clone()).await.expect_err("it is damaged");
        assert_eq!(error.code(), "library_corrupted", "{error}");
        let kept = std::fs::read(shelf.options.database()).expect("the file");
        assert!(kept == damaged, "the file was changed");
    }
}

#[tokio::test]
async fn a_damaged_library_goes_on_from_its_backup() {
    let (shelf, bytes, expected) = library().await;
    for round in 0..5 {
        let mut damaged = bytes.clone();
        damaged[4096 * (round + 1)..][..4096].fill(0xAA);
        if round % 2 == 0 {
            damaged[..100].fill(0);
        }
        std::fs::write(shelf.options.database(), &damaged).expect("damage");
        let error = Store::open(shelf.options.clone()).await.expect_err("it is damaged");
        let StoreError::Corrupted { newest_backup: Some(backup), .. } = error else {
            panic!("{round}: {error}");
        };
        let options = StoreOptions { now_ms: NOW_MS + round as i64, ..shelf.options.clone() };
        let kept = restore_backup(&options, &backup).await.expect("restored").expect("kept");
        assert!(std::fs::read(kept).expect("the damaged file") == damaged);
        for _ in 0..2 {
            let store = shelf.open().await;
            assert_eq!(pages(&store).await.expect("whole"), expected, "{round}");
            store.set_setting("round", &round.into()).await.expect("it can be written");
            store.close().await;
        }
    }
}

#[tokio::test]
async fn a_library_that_is_gone_is_not_started_anew_over_its_backups() {
    let (shelf, _, _) = library().await;
    std::fs::write(shelf.options.database(), b"").expect("emptied");
    for _ in 0..2 {
        let error = Store::open(shelf.options.clone()).await.expect_err("it is empty");
        assert!(matches!(error, StoreError::Corrupted { newest_backup: Some(_), .. }), "{error}");
        let _ = std::fs::remove_file(shelf.options.database());
    }
}
