//! The desk itself.

use std::sync::Arc;

use bimo_models::{free_memory, gpu_of_this_build, own_memory};
use bimo_store::Store;

use crate::downloads::{DownloadList, keep_downloading};
use crate::folder::Folders;
use crate::model::ModelSlot;
use crate::open::{Opened, open_library};
use crate::options::{Clock, DeskOptions, SeedSource};
use crate::sentiment::Moods;
use crate::servers::{KeptServers, ServerAccess};
use crate::shelf::Shelf;
use crate::story::Turn;
use crate::summarize::Summaries;
use crate::translation::Translations;
use crate::wire::{ApiError, DeskState, MemoryUse, ModelStatus, ModelTask, Notice, Recovered};
use crate::{ModelSpec, Models, backup, samples};

/// A writer's desk: an open library and a model. A handle; clones are the same desk.
///
/// Every method is one thing that a person can do, and answers with [`ApiError`] where it cannot be done. They are in
/// the files of what they are about: `library`, `page`, `settings`, `history`, `folder`, `shelf`, `story`.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    model: ModelSlot,
    built_in: ModelSpec,
    models: Models,
    downloads: DownloadList,
    servers: ServerAccess,
    folders: Folders,
    clock: Clock,
    seeds: SeedSource,
    turn: Turn,
    translations: Translations,
    summaries: Summaries,
    moods: Moods,
    recovered: Vec<Recovered>,
    notices: Vec<Notice>,
    system_locale: String,
}

impl Desk {
    /// Opens the library, recovers what was interrupted, and begins to load the model, which nobody waits for.
    ///
    /// Must be called inside a tokio runtime. A library that is damaged is replaced by its newest backup, one whose
    /// folder is gone by the usual one; [`DeskState::notices`] says so.
    pub async fn open(options: DeskOptions) -> Result<Self, ApiError> {
        let DeskOptions {
            folders,
            model,
            translator,
            classifier,
            models,
            clock,
            seeds,
            system_locale,
        } = options;
        let Opened { store, notices } = open_library(&folders, clock()).await?;
        store.pause_interrupted_translations().await?;
        store.stop_interrupted_summaries(clock()).await?;
        let recovered = store.recover_interrupted(clock()).await?;
        let recovered = recovered.into_iter().map(Recovered::from).collect();
        samples::seed_first_run(&store, &system_locale, clock()).await?;
        let settings = crate::settings::load(&store).await?;
        let servers = ServerAccess::new(models.secrets(), models.request_log());
        let (shelf, kept) = (Shelf::load(&store).await?, KeptServers::load(&store).await?);
        let means = crate::settings::means(&settings);
        let chosen = servers.translator(&kept).or_else(|| shelf.translator());
        let translations = Translations::with(translator, chosen, means);
        let chosen = (shelf.summarizer(&servers, &kept), shelf.encoder());
        let summaries = Summaries::with(chosen, means);
        let moods = Moods::with(classifier, shelf.classifier(), means);
        let chosen = servers.story(&kept).or_else(|| shelf.story());
        let chosen = chosen.unwrap_or_else(|| model.clone());
        let desk = Self {
            inner: Arc::new(Inner {
                store,
                model: ModelSlot::load(ModelTask::Story, chosen, means),
                built_in: model,
                models,
                downloads: DownloadList::default(),
                servers,
                folders,
                clock,
                seeds,
                turn: Turn::default(),
                translations,
                summaries,
                moods,
                recovered,
                notices,
                system_locale,
            }),
        };
        desk.let_go_after(crate::settings::idle_time(&settings));
        desk.load_hub_choice().await?;
        desk.load_downloads().await?;
        keep_downloading(&desk);
        backup::keep_backing_up(&desk);
        Ok(desk)
    }

    /// All that the window needs to open.
    pub async fn desk_state(&self) -> Result<DeskState, ApiError> {
        Ok(DeskState {
            library: self.store().library().await?.into(),
            settings: crate::settings::load(self.store()).await?,
            model: self.model().status(),
            recovered: self.inner.recovered.clone(),
            notices: self.inner.notices.clone(),
            library_folder: self.store().folder().display().to_string(),
            network_requests: self.request_count(),
            gpu: gpu_of_this_build().map(str::to_owned),
            system_locale: self.inner.system_locale.clone(),
        })
    }

    /// Tells `sink` where the model is, at once and whenever that changes.
    pub fn watch_model(&self, sink: impl Fn(ModelStatus) + Send + 'static) {
        self.model().watch(sink);
    }

    /// Lets go of the models that write, translate, summarise and read moods, and of their memory. The next request calls
    /// them back.
    pub async fn unload_model(&self) {
        self.stop_writing().await;
        self.model().unload();
        self.translations_at_work().unload().await;
        self.summaries_at_work().unload().await;
        self.moods().unload().await;
    }

    /// Loads the model that writes once more, after a failure.
    pub async fn reload_model(&self) {
        self.stop_writing().await;
        self.model().again();
    }

    /// The memory that the model that writes and the program take, and what is left.
    pub fn memory_use(&self) -> MemoryUse {
        let (model, cache) = self.model().memory();
        MemoryUse {
            model_bytes: model as f64,
            cache_bytes: cache as f64,
            program_bytes: own_memory().map(|bytes| bytes as f64),
            free_bytes: free_memory() as f64,
        }
    }

    /// The card of the model that writes, in Markdown.
    pub fn model_card(&self) -> String {
        self.model().card()
    }

    /// Stops what is being written and leaves the library tidy. For the end of the program; nothing is lost without it.
    pub async fn close(&self) -> Result<(), ApiError> {
        // In this order: what is stopped now has not been saved by the window, and is put into its page at the next start.
        self.stop_downloads();
        self.translations_at_work().stop_all();
        self.summaries_at_work().stop_all();
        self.moods().stop_all();
        let settled = self.store().settle_ended().await;
        self.stop_writing().await;
        Ok(settled?)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn model(&self) -> &ModelSlot {
        &self.inner.model
    }

    /// Sets after how long without work the models are let go of.
    pub(crate) fn let_go_after(&self, idle: std::time::Duration) {
        self.model().let_go_after(idle);
        self.translations_at_work().let_go_after(idle);
        self.summaries_at_work().let_go_after(idle);
        self.moods().let_go_after(idle);
    }

    pub(crate) fn translations_at_work(&self) -> &Translations {
        &self.inner.translations
    }

    pub(crate) fn summaries_at_work(&self) -> &Summaries {
        &self.inner.summaries
    }

    pub(crate) fn moods(&self) -> &Moods {
        &self.inner.moods
    }

    pub(crate) fn built_in(&self) -> &ModelSpec {
        &self.inner.built_in
    }

    pub(crate) fn fetched_models(&self) -> &Models {
        &self.inner.models
    }

    pub(crate) fn downloads(&self) -> &DownloadList {
        &self.inner.downloads
    }

    /// Network requests since the program began.
    fn request_count(&self) -> u32 {
        u32::try_from(self.fetched_models().request_log().count()).unwrap_or(u32::MAX)
    }

    pub(crate) fn server_access(&self) -> &ServerAccess {
        &self.inner.servers
    }

    pub(crate) fn folders(&self) -> &Folders {
        &self.inner.folders
    }

    pub(crate) fn turn(&self) -> &Turn {
        &self.inner.turn
    }

    /// The time, in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.inner.clock)()
    }

    pub(crate) fn new_seed(&self) -> u32 {
        (self.inner.seeds)()
    }

    /// A handle that does not keep the library open.
    pub(crate) fn downgrade(&self) -> WeakDesk {
        WeakDesk(Arc::downgrade(&self.inner))
    }
}

/// See [`Desk::downgrade`].
pub(crate) struct WeakDesk(std::sync::Weak<Inner>);

impl WeakDesk {
    /// The desk, if it is still open.
    pub fn upgrade(&self) -> Option<Desk> {
        self.0.upgrade().map(|inner| Desk { inner })
    }
}
