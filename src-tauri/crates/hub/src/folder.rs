//! The folder of models: what is on this machine. No network is needed for any of it.

use std::fs::File;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use crate::digest::Hasher;
use crate::durable::{self, length_of, partial_of};
use crate::plan::is_named;
use crate::{HubError, ModelAddress, ModelRecord, RepoFile, RequestLog};

/// The record of a model that is whole.
const RECORD: &str = "model.json";
/// The record of one that is being fetched.
const PLAN: &str = "download.json";
const LOCKS: &str = ".locks";

/// A folder with models, each in a folder of its own: `<owner>--<name>/<commit>[--<file>]`.
#[derive(Debug, Clone)]
pub struct ModelsFolder {
    path: PathBuf,
    /// One for all clones, so that its count is of all requests.
    log: RequestLog,
}

/// A model on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalModel {
    /// What it is.
    pub record: ModelRecord,
    /// Its folder.
    pub folder: PathBuf,
    /// Bytes that are here; fewer than the record's where it is still being fetched.
    pub bytes_here: u64,
}

/// A file that is not as it was when it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// Missing, of another size, or of another hash.
    pub error: HubError,
}

/// Nobody else fetches or removes the model while this lives.
pub(crate) struct ModelLock {
    _file: File,
}

impl LocalModel {
    /// What is opened: a GGUF file, or the folder.
    pub fn path(&self) -> PathBuf {
        match &self.record.entry {
            Some(entry) => self.files_folder().join(entry),
            None => self.files_folder().to_owned(),
        }
    }

    /// Where its files lie: in its own folder, unless the person keeps them elsewhere.
    fn files_folder(&self) -> &Path {
        self.record.elsewhere.as_deref().unwrap_or(&self.folder)
    }

    /// Where one of its files lies.
    pub(crate) fn path_of(&self, file: &RepoFile) -> PathBuf {
        self.files_folder().join(self.record.place_of(file))
    }

    /// Bytes of a file that are here.
    pub(crate) fn bytes_of(&self, file: &RepoFile) -> u64 {
        let path = self.path_of(file);
        length_of(&path).max(length_of(&partial_of(&path))).min(file.bytes)
    }

    /// Reads every byte and compares it with the hub's hashes. Answers with what is wrong.
    pub fn verify(&self, cancel: &CancellationToken) -> Result<Vec<Fault>, HubError> {
        let mut faults = Vec::new();
        for file in &self.record.files {
            let path = self.path_of(file);
            match check_file(file, &path, cancel) {
                Ok(()) => {}
                Err(HubError::Cancelled) => return Err(HubError::Cancelled),
                Err(error) => faults.push(Fault { path, error }),
            }
        }
        Ok(faults)
    }
}

impl ModelsFolder {
    /// The folder at `path`, which need not exist before something is fetched.
    pub fn new(path: PathBuf) -> Self {
        let log = RequestLog::in_folder(&path);
        Self { path, log }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The log of the requests that were made to fill it.
    pub fn request_log(&self) -> RequestLog {
        self.log.clone()
    }

    /// The models that are whole, by name.
    pub fn installed(&self) -> Result<Vec<LocalModel>, HubError> {
        self.with_record(RECORD)
    }

    /// The models of which a part is here.
    pub fn unfinished(&self) -> Result<Vec<LocalModel>, HubError> {
        let mut models = self.with_record(PLAN)?;
        models.retain(|model| !model.folder.join(RECORD).exists());
        Ok(models)
    }

    /// The model that an address names: of several editions the one that was fetched last.
    pub fn find(&self, address: &ModelAddress) -> Result<LocalModel, HubError> {
        let models = self.installed()?;
        let mut found: Vec<_> =
            models.into_iter().filter(|model| is_meant(&model.record, address)).collect();
        found.sort_by_key(|model| model.record.fetched_at_ms);
        let newest = found.pop().ok_or_else(|| not_installed(address))?;
        if found.iter().any(|other| other.record.entry != newest.record.entry) {
            let files = found.iter().chain([&newest]).map(|model| model.record.name()).collect();
            return Err(HubError::SeveralModels { repo: address.repo.to_string(), files });
        }
        Ok(newest)
    }

    /// The model that an address names and of which a part is here.
    pub fn find_unfinished(&self, address: &ModelAddress) -> Result<LocalModel, HubError> {
        let models = self.unfinished()?;
        let mut found = models.into_iter().filter(|model| is_meant(&model.record, address));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(not_installed(address)),
        }
    }

    /// Removes a model, or the part of it that is here. Files that the person keeps elsewhere stay.
    pub fn remove(&self, model: &LocalModel) -> Result<(), HubError> {
        let _lock = self.lock(&model.record)?;
        let failed = |error: std::io::Error| HubError::from_io(&model.folder, &error);
        // The record goes first: what is left of a removal that was cut short is no model.
        durable::remove(&model.folder.join(RECORD))?;
        std::fs::remove_dir_all(&model.folder).map_err(failed)?;
        if let Some(repo) = model.folder.parent() {
            // It stays where another model is in it.
            let _ = std::fs::remove_dir(repo);
        }
        Ok(())
    }

    /// The place of a model.
    pub(crate) fn place(&self, record: ModelRecord) -> LocalModel {
        let [repo, edition] = record.folder_names();
        LocalModel { record, folder: self.path.join(repo).join(edition), bytes_here: 0 }
    }

    /// Makes the folder of a model that is to be fetched, and writes down what it is to be.
    pub(crate) fn begin(&self, model: &LocalModel) -> Result<(), HubError> {
        std::fs::create_dir_all(&model.folder)
            .map_err(|error| HubError::from_io(&model.folder, &error))?;
        write_record(&model.folder.join(PLAN), &model.record)
    }

    /// Lists a model whose files are all there.
    pub(crate) fn finish(&self, model: &LocalModel) -> Result<(), HubError> {
        write_record(&model.folder.join(RECORD), &model.record)?;
        durable::remove(&model.folder.join(PLAN))
    }

    /// Takes a model for this process alone. The system lets go of it, however the process ends.
    pub(crate) fn lock(&self, record: &ModelRecord) -> Result<ModelLock, HubError> {
        let folder = self.path.join(LOCKS);
        let path = folder.join(record.folder_names().join("--"));
        let failed = |error: std::io::Error| HubError::from_io(&path, &error);
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(ModelLock { _file: file }),
            Err(std::fs::TryLockError::WouldBlock) => Err(HubError::InUse { model: record.name() }),
            Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn with_record(&self, name: &str) -> Result<Vec<LocalModel>, HubError> {
        let mut models = Vec::new();
        for repo in folders_in(&self.path)? {
            for folder in folders_in(&repo)? {
                let Ok(text) = std::fs::read_to_string(folder.join(name)) else { continue };
                match serde_json::from_str::<ModelRecord>(&text) {
                    Ok(record) if record.is_sound() => {
                        let mut model = LocalModel { record, folder, bytes_here: 0 };
                        let files = model.record.files.iter();
                        model.bytes_here = files.map(|file| model.bytes_of(file)).sum();
                        models.push(model);
                    }
                    _ => tracing::warn!(folder = %folder.display(), "its record is not valid"),
                }
            }
        }
        models.sort_by_key(|model| model.record.name());
        Ok(models)
    }
}

fn check_file(file: &RepoFile, path: &Path, cancel: &CancellationToken) -> Result<(), HubError> {
    let mut hasher = Hasher::of(file);
    let found = hasher.read(path, cancel)?;
    if found != file.bytes {
        let (file, expected) = (file.path.clone(), file.bytes);
        return Err(HubError::WrongSize { file, expected, found });
    }
    hasher.check(file)
}

fn is_meant(record: &ModelRecord, address: &ModelAddress) -> bool {
    let same_repo = record.repo.to_string().eq_ignore_ascii_case(&address.repo.to_string());
    let same_file = match (&address.file, &record.entry) {
        (None, _) => true,
        (Some(asked), Some(entry)) => {
            record.files.iter().any(|file| file.path == *asked) || is_named(entry, asked)
        }
        (Some(asked), None) => record.files.iter().any(|file| file.path == *asked),
    };
    let is_commit = |revision: &String| {
        revision.len() < 7
            || !revision.bytes().all(|byte| byte.is_ascii_hexdigit())
            || record.commit.starts_with(revision.as_str())
    };
    same_repo && same_file && address.revision.as_ref().is_none_or(is_commit)
}

fn not_installed(address: &ModelAddress) -> HubError {
    HubError::NotInstalled { model: address.to_string() }
}

fn write_record(path: &Path, record: &ModelRecord) -> Result<(), HubError> {
    let bytes = serde_json::to_vec_pretty(record)
        .map_err(|error| HubError::from_io(path, &error.into()))?;
    durable::write(path, &bytes)
}

/// Folders in a folder; none where it is not there.
fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, HubError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| HubError::from_io(folder, &error))?,
    };
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}
