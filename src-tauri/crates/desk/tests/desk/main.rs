//! What the desk promises, seen from outside: one binary, one module for each promise.

mod context;
mod devices;
mod digests;
mod downloads;
#[cfg(target_os = "linux")]
mod full_disk;
mod hub_access;
mod mood_files;
mod moods;
mod opening;
mod recovery;
// The one of the hub's own tests: it misbehaves in every way that is known of, more than is asked of it here.
#[expect(dead_code, reason = "these tests ask less of it than the hub's own")]
#[path = "../../../hub/tests/hub/server.rs"]
mod server;
mod servers;
mod shelf;
mod starter;
mod summarizing;
mod tasks;
mod thinking;
mod translating;
mod translation_documents;
mod translation_memory;
mod tries;
mod troubled;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bimo_desk::wire::{
    ApiError, ChapterId, ContinueRequest, Edit, GenerationId, Saved, StoryEvent, WritingParams,
};
use bimo_desk::{ClassifierSpec, Desk, DeskOptions, Folders, ModelSpec, Models, TranslatorSpec};
use bimo_engine::TextGenerator;
use bimo_engine::scripted::{ScriptedGenerator, ScriptedRewriter};
use tempfile::TempDir;
use tokio::sync::mpsc::{self, UnboundedReceiver};

/// 2026-11-25, 05:45:30 UTC.
const NOW_MS: i64 = 1_795_585_530_000;

/// A place for one desk at a time, which goes away with it. Its clock goes on by a second each time it is asked.
struct Place {
    folder: TempDir,
    clock: Arc<AtomicI64>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, clock: Arc::new(AtomicI64::new(NOW_MS)) }
    }

    fn folders(&self) -> Folders {
        Folders {
            configuration: self.folder.path().join("configuration"),
            usual: self.folder.path().join("library"),
            named: None,
        }
    }

    /// Where fetched models lie.
    fn models(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    fn options(&self, model: impl TextGenerator + 'static) -> DeskOptions {
        let (clock, seeds) = (self.clock.clone(), AtomicU32::new(100));
        DeskOptions {
            folders: self.folders(),
            model: spec(move || Ok(Box::new(model))),
            translator: TranslatorSpec::translator_starter(),
            classifier: ClassifierSpec::classifier_starter(),
            models: Models::of_this_computer(Some(self.models()), None).expect("a folder"),
            clock: Arc::new(move || clock.fetch_add(1000, Ordering::SeqCst)),
            seeds: Arc::new(move || seeds.fetch_add(100, Ordering::SeqCst)),
            system_locale: "en-GB".into(),
        }
    }

    async fn open(&self, model: impl TextGenerator + 'static) -> Desk {
        self.closed().await;
        Desk::open(self.options(model)).await.expect("the desk opens")
    }

    /// Waits until the last task of a desk that was dropped has let go of its library, wherever that is.
    async fn closed(&self) {
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                if entry.file_type().expect("its type").is_dir() {
                    folders.push(entry.path());
                } else if entry.file_name() == "library.lock" {
                    unlocked(&entry.path()).await;
                }
            }
        }
    }

    /// A desk with one work more, whose only chapter has this text.
    async fn with_text(text: &str, model: impl TextGenerator + 'static) -> (Self, Desk, ChapterId) {
        let place = Self::new();
        let desk = place.open(model).await;
        let chapter = desk.create_work("A work".into()).await.expect("a work").chapter;
        edit(&desk, chapter, 0, 0, text, None).await;
        (place, desk, chapter)
    }
}

async fn unlocked(path: &Path) {
    let lock = std::fs::File::open(path).expect("the lock");
    for _ in 0..500 {
        if lock.try_lock().is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} stays locked", path.display());
}

/// A model that can be loaded once.
fn spec(
    load: impl FnOnce() -> Result<Box<dyn TextGenerator>, bimo_engine::EngineError> + Send + 'static,
) -> ModelSpec {
    let load = Mutex::new(Some(load));
    ModelSpec {
        name: "Scripted".into(),
        starter: true,
        bytes: 12,
        card: "# Scripted".into(),
        goes_to: None,
        load: Arc::new(move |_| {
            let load = load.lock().expect("no panic").take().expect("it is loaded once");
            load()
        }),
    }
}

/// A translator that can be loaded again and again.
fn translating(rewriter: ScriptedRewriter) -> TranslatorSpec {
    TranslatorSpec {
        name: "Scripted".into(),
        starter: true,
        bytes: 12,
        card: "# Scripted".into(),
        goes_to: None,
        load: Arc::new(move |_| Ok(Box::new(rewriter.clone()))),
    }
}

fn slowly<const N: usize>(texts: [&str; N]) -> ScriptedGenerator {
    ScriptedGenerator::writing(texts).with_delay(Duration::from_millis(5))
}

/// All files below a folder.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.flat_map(|entry| {
        let path = entry.path();
        if path.is_dir() { all_files(&path) } else { vec![path] }
    });
    files.collect()
}

/// One edit on the version that is stored.
async fn edit(
    desk: &Desk,
    chapter: ChapterId,
    from: u32,
    to: u32,
    insert: &str,
    generation: Option<GenerationId>,
) -> Saved {
    let version = desk.open_chapter(chapter).await.expect("the page").version;
    let edit = Edit { from, to, insert: insert.into(), generation };
    desk.save_edits(chapter, version, vec![edit]).await.expect("it is saved")
}

async fn body(desk: &Desk, chapter: ChapterId) -> String {
    desk.open_chapter(chapter).await.expect("the page").body
}

/// A request to write on at the end of the chapter: 100 tokens, not on to the end of the sentence.
async fn at_end(desk: &Desk, chapter: ChapterId) -> ContinueRequest {
    let page = desk.open_chapter(chapter).await.expect("the page");
    ContinueRequest {
        chapter,
        version: page.version,
        caret: page.body.encode_utf16().count() as u32,
        choices: 1,
        try_of: None,
        writing: WritingParams { length: 100, finish_sentence: false, ..WritingParams::default() },
    }
}

/// What a request tells.
struct Story(UnboundedReceiver<StoryEvent>);

impl Story {
    async fn begin(desk: &Desk, request: ContinueRequest) -> Result<Self, ApiError> {
        let (told, events) = mpsc::unbounded_channel();
        desk.continue_story(request, move |event| drop(told.send(event))).await?;
        Ok(Self(events))
    }

    async fn again(desk: &Desk, generation: GenerationId) -> Result<Self, ApiError> {
        let (told, events) = mpsc::unbounded_channel();
        desk.write_again(generation, move |event| drop(told.send(event))).await?;
        Ok(Self(events))
    }

    /// The next event; nothing once all is told.
    async fn next(&mut self) -> Option<StoryEvent> {
        tokio::time::timeout(Duration::from_secs(20), self.0.recv()).await.expect("it goes on")
    }

    /// Waits for the first text.
    async fn first_text(&mut self) -> String {
        loop {
            match self.next().await.expect("text comes") {
                StoryEvent::Text { text, .. } => return text,
                StoryEvent::Failed { error } => panic!("{error}"),
                _ => {}
            }
        }
    }

    /// All that is still to be told.
    async fn rest(mut self) -> Vec<StoryEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// All that is told of a request that is accepted.
async fn story(desk: &Desk, request: ContinueRequest) -> Vec<StoryEvent> {
    Story::begin(desk, request).await.expect("it is accepted").rest().await
}

/// The generations that were begun.
fn begun(events: &[StoryEvent]) -> Vec<GenerationId> {
    match &events[0] {
        StoryEvent::Started { generations, .. } => {
            generations.iter().map(|start| start.id).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// The text that was told of a generation.
fn told(events: &[StoryEvent], of: GenerationId) -> String {
    let text = |event: &StoryEvent| match event {
        StoryEvent::Text { generation, text, .. } if *generation == of => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}
