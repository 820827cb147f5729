//! Asking a hub, and fetching models from it, one at a time.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::fetch::{FileEvent, FileFetch};
use crate::folder::{LocalModel, ModelsFolder};
use crate::offer::RepoOffer;
use crate::plan::{Pickle, plan};
use crate::progress::{Meter, Phase, Progress};
use crate::retry::until_cancelled;
use crate::transport::Transport;
use crate::{
    Endpoint, FoundRepo, HubError, ModelAddress, ModelRecord, Patience, RepoFile, RepoId,
    RepoRevision, RequestLog, Surroundings,
};

/// Room that is left on the disk for everything else: a library that cannot be written is worse than no model.
const RESERVE_BYTES: u64 = 64 << 20;
const MAIN: &str = "main";

/// A hub, and the folder that models are fetched into. Its clones wait for one another's downloads.
#[derive(Clone)]
pub struct Hub {
    transport: Transport,
    folder: ModelsFolder,
    /// Held by the download that is under way; the others wait in the order in which they came.
    turn: Arc<Mutex<()>>,
}

impl Hub {
    /// Makes no request.
    pub fn new(
        endpoint: Endpoint,
        folder: ModelsFolder,
        patience: Patience,
        surroundings: Surroundings,
    ) -> Result<Self, HubError> {
        let transport = Transport::new(endpoint, folder.request_log(), patience, surroundings)?;
        Ok(Self { transport, folder, turn: Arc::default() })
    }

    /// Which hub it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.transport.endpoint
    }

    /// Where models are fetched into.
    pub fn folder(&self) -> &ModelsFolder {
        &self.folder
    }

    /// Every request that was made.
    pub fn request_log(&self) -> &RequestLog {
        &self.transport.log
    }

    /// Repositories whose name has these words, the most used first; at most 100.
    pub async fn search(
        &self,
        words: &str,
        limit: u32,
        cancel: &CancellationToken,
    ) -> Result<Vec<FoundRepo>, HubError> {
        self.transport.search(words, limit, cancel).await
    }

    /// What a branch, tag or commit is now.
    pub async fn revision(
        &self,
        repo: &RepoId,
        revision: &str,
        cancel: &CancellationToken,
    ) -> Result<RepoRevision, HubError> {
        self.transport.revision(repo, revision, cancel).await
    }

    /// All files of a revision.
    pub async fn files(
        &self,
        repo: &RepoId,
        revision: &str,
        cancel: &CancellationToken,
    ) -> Result<Vec<RepoFile>, HubError> {
        self.transport.files(repo, revision, cancel).await
    }

    /// Asks which commit an address means, and which of its files make the model.
    pub async fn plan(
        &self,
        address: &ModelAddress,
        pickle: Pickle,
        cancel: &CancellationToken,
    ) -> Result<ModelRecord, HubError> {
        let (revision, files) = self.look(address, cancel).await?;
        plan(address, revision, &files, pickle)
    }

    /// Asks what an address means, and for all models that can be taken from there.
    pub async fn offer(
        &self,
        address: &ModelAddress,
        cancel: &CancellationToken,
    ) -> Result<RepoOffer, HubError> {
        let (revision, files) = self.look(address, cancel).await?;
        let page = self.endpoint().url([address.repo.owner(), address.repo.name()]).into();
        RepoOffer::of(address, revision, &files, page)
    }

    /// What a commit is, and its files.
    async fn look(
        &self,
        address: &ModelAddress,
        cancel: &CancellationToken,
    ) -> Result<(RepoRevision, Vec<RepoFile>), HubError> {
        let home = self.endpoint().origin();
        if let Some(origin) = address.origin.as_ref().filter(|origin| **origin != home) {
            return Err(HubError::InvalidAddress {
                address: address.to_string(),
                reason: format!("it is on {origin}, and models are fetched from {home}"),
            });
        }
        let name = address.revision.as_deref().unwrap_or(MAIN);
        let revision = self.revision(&address.repo, name, cancel).await?;
        // The files of that commit: a branch may move between two questions.
        let files = self.files(&address.repo, &revision.commit, cancel).await?;
        Ok((revision, files))
    }

    /// Goes on with a model of which a part is here, or plans it and begins.
    pub async fn pull(
        &self,
        address: &ModelAddress,
        pickle: Pickle,
        cancel: &CancellationToken,
        report: impl Fn(Progress) + Send + Sync,
    ) -> Result<LocalModel, HubError> {
        let record = match self.folder.find_unfinished(address) {
            Ok(model) => model.record,
            Err(_) => self.plan(address, pickle, cancel).await?,
        };
        self.fetch(record, cancel, report).await
    }

    /// Fetches what is missing of a model, after the downloads that were asked for before. A model that is here already
    /// is answered without a request.
    ///
    /// To pause, cancel; to go on, fetch again.
    pub async fn fetch(
        &self,
        record: ModelRecord,
        cancel: &CancellationToken,
        report: impl Fn(Progress) + Send + Sync,
    ) -> Result<LocalModel, HubError> {
        let meter = Meter::new(&report, record.bytes());
        let _turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => {
                meter.tell(Phase::Queued);
                until_cancelled(cancel, self.turn.lock()).await?
            }
        };
        let mut model = self.folder.place(record);
        let _lock = self.folder.lock(&model.record)?;
        let is_same = |installed: &LocalModel| installed.folder == model.folder;
        if let Some(installed) = self.folder.installed()?.into_iter().find(is_same) {
            return Ok(installed);
        }
        self.folder.begin(&model)?;
        self.check_room(&model)?;
        let mut before = 0;
        for file in &model.record.files {
            meter.begin(&file.path, before);
            self.fetch_file(&model, file, &meter, cancel).await?;
            before += file.bytes;
        }
        model.record.fetched_at_ms = (self.transport.surroundings.now_ms)();
        model.bytes_here = model.record.bytes();
        self.folder.finish(&model)?;
        meter.tell(Phase::Done);
        Ok(model)
    }

    async fn fetch_file(
        &self,
        model: &LocalModel,
        file: &RepoFile,
        meter: &Meter<'_>,
        cancel: &CancellationToken,
    ) -> Result<(), HubError> {
        let path = model.path_of(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| HubError::from_io(folder, &error))?;
        }
        let ModelRecord { repo, commit, .. } = &model.record;
        let start = [repo.owner(), repo.name(), "resolve", commit];
        let url = self.endpoint().url(start.into_iter().chain(file.path.split('/')));
        let tell = |event: FileEvent| match event {
            FileEvent::Bytes(here) => meter.bytes(here),
            FileEvent::Checking => meter.tell(Phase::Checking),
            FileEvent::Waiting(code) => meter.tell(Phase::Retrying(code.to_owned())),
        };
        let transport = &self.transport;
        FileFetch { transport, repo, url, file, path: &path, cancel, tell: &tell }.run().await
    }

    fn check_room(&self, model: &LocalModel) -> Result<(), HubError> {
        let files = model.record.files.iter();
        let here = files.map(|file| model.bytes_of(file)).fold(0, u64::saturating_add);
        let missing = model.record.bytes().saturating_sub(here);
        let have_bytes = (self.transport.surroundings.free_bytes)(&model.folder)
            .map_err(|error| HubError::from_io(&model.folder, &error))?;
        let need_bytes = missing.saturating_add(RESERVE_BYTES);
        if missing > 0 && need_bytes > have_bytes {
            return Err(HubError::DiskFull { need_bytes, have_bytes });
        }
        Ok(())
    }
}
