//! A chapter of a million characters.

use std::time::{Duration, Instant};

use bimo_store::{ChapterId, Store};

use crate::{NOW_MS, Shelf, typed};

const CHARACTERS: usize = 1_000_000;

async fn long_chapter() -> (Shelf, Store, ChapterId) {
    let paragraph = "他推开门，外面的雪还没有停。风从山上下来，院子里没有人，只有那棵老梅树。\n";
    let lines = CHARACTERS / paragraph.chars().count();
    let body: String = (0..lines).map(|line| format!("{line}{paragraph}")).collect();
    Shelf::with_text(&body).await
}

/// The time that 99 of a hundred stay below, and half of them.
fn percentiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() * 99 / 100], times[times.len() / 2])
}

async fn times_of_saves(store: &Store, chapter: ChapterId, saves: u32) -> Vec<Duration> {
    let mut times = Vec::new();
    for version in 1..=saves {
        let at = version.wrapping_mul(7919 * 31) % CHARACTERS as u32;
        let edits = [typed(at, at + 1, "雪"), typed(at + 1, at + 1, " snow")];
        let started = Instant::now();
        store.apply_edits(chapter, version, &edits, NOW_MS).await.expect("a save");
        times.push(started.elapsed());
    }
    times
}

async fn times_of_searches(store: &Store, chapter: ChapterId, from: u32) -> Vec<Duration> {
    let mut times = Vec::new();
    for (version, query) in
        (from..).zip(["雪还", "雪", "snow", "老梅树 风从", "1234", "没有停。风"].repeat(5))
    {
        let edits = [typed(500_000, 500_000, "新的一行。\n")];
        store.apply_edits(chapter, version, &edits, NOW_MS).await.expect("a save");
        let started = Instant::now();
        let hits = store.search(query, 200).await.expect("a search");
        times.push(started.elapsed());
        assert!(!hits.is_empty(), "{query}");
    }
    times
}

/// Saves while others read: what is written ahead must not pile up.
#[tokio::test]
async fn the_log_stays_small() {
    let (shelf, store, chapter) = Shelf::with_text(&"雪下了一夜。\n".repeat(4000)).await;
    let log = format!("{}-wal", shelf.options.database().display());
    let mut longest = 0;
    for version in 1..=1000 {
        let edits = [typed(version % 20_000, version % 20_000, "雪")];
        let (saved, read) = tokio::join!(
            store.apply_edits(chapter, version, &edits, NOW_MS),
            store.chapter(chapter)
        );
        assert_eq!(saved.expect("a save").version, version + 1);
        assert!(read.expect("a page").version >= version);
        longest = longest.max(std::fs::metadata(&log).expect("the log").len());
    }
    eprintln!("the log grew to {} KiB in 1000 saves", longest >> 10);
    assert!(longest < 64 << 20, "{longest} bytes");
}

/// The bounds leave room for a busy machine: alone, a save takes a fifth and a search a quarter of them.
#[tokio::test]
async fn a_million_characters_are_saved_and_searched_in_time() {
    let (shelf, store, chapter) = long_chapter().await;
    let (worst, median) = percentiles(times_of_saves(&store, chapter, 100).await);
    eprintln!("saving: p99 {worst:?}, median {median:?}");
    let started = Instant::now();
    store.search("雪", 1).await.expect("a search");
    eprintln!("first index: {:?}", started.elapsed());
    let (slowest, usual) = percentiles(times_of_searches(&store, chapter, 101).await);
    eprintln!("searching right after a save: p99 {slowest:?}, median {usual:?}");
    drop(store);
    let started = Instant::now();
    let store = shelf.open().await;
    store.chapter(chapter).await.expect("the chapter");
    let opened = started.elapsed();
    eprintln!("opening: {opened:?}");
    assert!(median < Duration::from_millis(150), "{median:?}");
    assert!(usual < Duration::from_millis(150), "{usual:?}");
    assert!(opened < Duration::from_secs(1), "{opened:?}");
}
