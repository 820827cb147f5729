//! What the store promises, seen from outside: one binary, one module for each promise.

mod backups;
mod child;
mod damage;
mod editing;
mod generations;
mod history;
mod kill;
mod library;
mod model;
mod moods;
mod read_only;
mod recovery;
mod schema;
mod search;
mod speed;
mod summaries;
mod translations;
mod trouble;

use bimo_store::{
    ChapterId, GenerationEnd, GenerationId, GenerationStatus, NewGeneration, Place, Store,
    StoreOptions,
};
use bimo_text::{TextEdit, Utf16Offset};
use tempfile::TempDir;

/// 2026-11-25, 05:45:30.000 UTC.
const NOW_MS: i64 = 1_795_585_530_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A folder for one library, which goes away with it.
struct Shelf {
    _folder: TempDir,
    options: StoreOptions,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions::new(folder.path().join("library"), NOW_MS);
        Self { _folder: folder, options }
    }

    async fn open(&self) -> Store {
        Store::open(self.options.clone()).await.expect("the library opens")
    }

    /// An open library with one work and its chapter, which holds `body`.
    async fn with_text(body: &str) -> (Self, Store, ChapterId) {
        let shelf = Self::new();
        let store = shelf.open().await;
        let (_, chapter) = store.create_work("A work", NOW_MS).await.expect("a work");
        let edits = [typed(0, 0, body)];
        store.apply_edits(chapter, 0, &edits, NOW_MS).await.expect("its text");
        (shelf, store, chapter)
    }
}

/// An edit by the person.
fn typed(from: u32, to: u32, insert: &str) -> TextEdit {
    TextEdit {
        from: Utf16Offset(from),
        to: Utf16Offset(to),
        insert: insert.to_owned(),
        generation: None,
    }
}

/// An insertion of what a model wrote.
fn written(at: u32, insert: &str, generation: GenerationId) -> TextEdit {
    TextEdit { generation: Some(generation.0), ..typed(at, at, insert) }
}

/// A generation that goes on from `anchor`.
fn at(chapter: ChapterId, anchor: u32) -> NewGeneration {
    NewGeneration {
        place: Some(Place { chapter, anchor: Utf16Offset(anchor) }),
        try_of: None,
        choices: 1,
        context: r#"[{"kind":"chapter","text":"从前"}]"#.to_owned(),
        sampling: r#"{"temperature":0.8}"#.to_owned(),
        seed: 7,
        max_tokens: 120,
        model: "starter".to_owned(),
        model_sha256: "00".repeat(32),
    }
}

fn ended(status: GenerationStatus) -> GenerationEnd {
    GenerationEnd {
        status,
        finish: Some("length".to_owned()),
        prompt_tokens: 20,
        reused_tokens: 12,
        tokens: 3,
        prefill_seconds: 0.25,
        decode_seconds: 1.5,
        error: None,
    }
}

async fn body_of(store: &Store, chapter: ChapterId) -> String {
    store.chapter(chapter).await.expect("the chapter").body
}

/// The model-written stretches of a chapter: from, to, generation.
async fn spans_of(store: &Store, chapter: ChapterId) -> Vec<(u32, u32, u32)> {
    let chapter = store.chapter(chapter).await.expect("the chapter");
    let spans = chapter.authorship.spans().iter();
    spans.map(|span| (span.from.0, span.to.0, span.generation)).collect()
}
