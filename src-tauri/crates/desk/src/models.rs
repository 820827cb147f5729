//! Models beyond the starter: those on this machine, and those that a hub has.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bimo_engine::CancellationToken;
use bimo_hub::{
    FoundRepo, Hub, HubError, LocalModel, ModelAddress, ModelRecord, ModelsFolder, Patience,
    Pickle, Placing, Progress, RepoOffer, RequestLog, RequestRecord, Surroundings,
};

use crate::hub_access::Access;
use crate::options::system_time_ms;
use crate::secrets::Secrets;
use crate::wire::ApiError;
use crate::{Folders, LibraryReader};

/// The folder of models, and the hub that they come from. Nothing is requested before a method says that it asks.
#[derive(Clone)]
pub struct Models {
    folder: ModelsFolder,
    access: Arc<Access>,
    patience: Patience,
    surroundings: Surroundings,
}

impl Models {
    /// The models in `named`, else in the program's own folder for data. `mirror` is a hub that is asked in place of
    /// the one in `HF_ENDPOINT`, or of the public one.
    pub fn of_this_computer(
        named: Option<PathBuf>,
        mirror: Option<String>,
    ) -> Result<Self, ApiError> {
        let folder = match named {
            Some(folder) => folder,
            None => Folders::of_this_computer(None)?.models(),
        };
        Ok(Self {
            folder: ModelsFolder::new(folder),
            access: Arc::new(Access::of_this_computer(mirror)),
            patience: Patience::default(),
            surroundings: Surroundings::of_this_computer(),
        })
    }

    /// The same, with another place for secrets.
    #[must_use]
    pub fn with_secrets(self, secrets: Arc<dyn Secrets>) -> Self {
        Self { access: Arc::new(self.access.with_secrets(secrets)), ..self }
    }

    /// The same, with the hub reached as the window reaches it. What this program was told otherwise wins: the mirror
    /// that it was opened with, and the environment.
    pub async fn as_chosen_in(self, library: &LibraryReader) -> Result<Self, ApiError> {
        self.access.take_over(library.hub_choice().await?);
        Ok(self)
    }

    pub(crate) fn secrets(&self) -> Arc<dyn Secrets> {
        self.access.secrets()
    }

    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every request that was made for them.
    pub fn request_log(&self) -> RequestLog {
        self.folder.request_log()
    }

    /// The newest of these requests, oldest first.
    pub fn requests(&self) -> Result<Vec<RequestRecord>, ApiError> {
        Ok(self.request_log().read().map_err(HubError::from)?)
    }

    /// The models that are whole.
    pub fn installed(&self) -> Result<Vec<LocalModel>, ApiError> {
        Ok(self.folder.installed()?)
    }

    /// The models of which a part is here.
    pub fn unfinished(&self) -> Result<Vec<LocalModel>, ApiError> {
        Ok(self.folder.unfinished()?)
    }

    /// A model on this machine by `owner/name[:file]`.
    pub fn find(&self, name: &str) -> Result<LocalModel, ApiError> {
        Ok(self.folder.find(&name.parse()?)?)
    }

    /// The file or folder that a person means: a path where there is something, else a model on this machine.
    pub fn locate(&self, name: &Path) -> Result<PathBuf, ApiError> {
        let address = name.to_str().and_then(|name| name.parse::<ModelAddress>().ok());
        match address {
            Some(address) if !name.exists() => Ok(self.folder.find(&address)?.path()),
            _ => Ok(name.to_owned()),
        }
    }

    /// A model of which a part is here, by `owner/name[:file]`.
    pub fn find_unfinished(&self, name: &str) -> Result<LocalModel, ApiError> {
        Ok(self.folder.find_unfinished(&name.parse()?)?)
    }

    /// A model's name without what is only a way of writing it.
    pub(crate) fn whole_address(&self, name: &str) -> Result<String, ApiError> {
        let address: ModelAddress = name.parse()?;
        let is_plain = address.revision.is_none() && address.origin.is_none();
        Ok(if is_plain { address.to_string() } else { name.trim().to_owned() })
    }

    /// Bytes that are free where models lie, or would lie.
    pub(crate) fn free_disk(&self) -> u64 {
        let exists = |path: &&Path| path.is_dir();
        let folder = self.folder.path().ancestors().find(exists).unwrap_or(Path::new("/"));
        (self.surroundings.free_bytes)(folder).unwrap_or(u64::MAX)
    }

    /// Lists a GGUF file or a folder in Hugging Face layout among the models on this machine: where it lies, or as a
    /// copy. Refused, with the reason, where it is no model that can run here.
    pub fn import(
        &self,
        path: &Path,
        placing: Placing,
        cancel: &CancellationToken,
    ) -> Result<LocalModel, ApiError> {
        bimo_models::describe(path)?;
        Ok(self.folder.import(path, placing, system_time_ms(), cancel)?)
    }

    /// Asks the hub for repositories by name.
    pub async fn search(
        &self,
        words: &str,
        limit: u32,
        cancel: &CancellationToken,
    ) -> Result<Vec<FoundRepo>, ApiError> {
        Ok(self.hub().await?.search(words, limit, cancel).await?)
    }

    /// Asks the hub which files make a model, without fetching any.
    pub async fn plan(
        &self,
        name: &str,
        pickle: Pickle,
        cancel: &CancellationToken,
    ) -> Result<ModelRecord, ApiError> {
        Ok(self.hub().await?.plan(&name.parse()?, pickle, cancel).await?)
    }

    /// Asks the hub for all models that a name can mean, without fetching any.
    pub async fn offer(
        &self,
        name: &str,
        cancel: &CancellationToken,
    ) -> Result<RepoOffer, ApiError> {
        Ok(self.hub().await?.offer(&name.parse()?, cancel).await?)
    }

    /// Fetches a model, or what is missing of it. To pause, cancel.
    pub async fn pull(
        &self,
        name: &str,
        pickle: Pickle,
        cancel: &CancellationToken,
        report: impl Fn(Progress) + Send + Sync,
    ) -> Result<LocalModel, ApiError> {
        Ok(self.hub().await?.pull(&name.parse()?, pickle, cancel, report).await?)
    }

    /// Fetches what is missing of a model that was planned. To pause, cancel.
    pub(crate) async fn fetch(
        &self,
        record: ModelRecord,
        cancel: &CancellationToken,
        report: impl Fn(Progress) + Send + Sync,
    ) -> Result<LocalModel, ApiError> {
        Ok(self.hub().await?.fetch(record, cancel, report).await?)
    }

    /// Removes a model, or the part of it that is here. Answers what it was.
    pub fn remove(&self, name: &str) -> Result<LocalModel, ApiError> {
        let address = name.parse()?;
        let model = match self.folder.find(&address) {
            Err(HubError::NotInstalled { .. }) => self.folder.find_unfinished(&address)?,
            found => found?,
        };
        self.folder.remove(&model)?;
        Ok(model)
    }

    pub(crate) fn remove_local(&self, model: &LocalModel) -> Result<(), ApiError> {
        Ok(self.folder.remove(model)?)
    }

    async fn hub(&self) -> Result<Hub, ApiError> {
        let endpoint = self.access.endpoint().await?;
        Ok(Hub::new(endpoint, self.folder.clone(), self.patience, self.surroundings.clone())?)
    }
}

impl From<HubError> for ApiError {
    fn from(error: HubError) -> Self {
        let advice = match &error {
            HubError::InvalidAddress { .. } => {
                "Give a model as owner/name, as owner/name:file, or by the address of its page."
            }
            HubError::InvalidEndpoint { .. } => {
                "Give the hub's address from https:// to its host, in HF_ENDPOINT or as the mirror."
            }
            HubError::InvalidProxy { .. } => {
                "Give the proxy's address as http://host:port, or none for the system's."
            }
            HubError::Unreachable { .. } => {
                "The hub cannot be reached: see whether this computer is online, or choose a mirror."
            }
            HubError::NotFound { .. } => "There is no such model: see how its name is written.",
            HubError::NotInstalled { .. } => {
                "The model is not on this machine: fetch it first, or see how its name is written."
            }
            HubError::Gated { .. } => "The model is given only to those who accept its licence.",
            HubError::RateLimited { .. } => "The hub wants a pause: try again later.",
            HubError::ServerFailed { .. } => "The hub fails at the moment: try again later.",
            HubError::UnexpectedReply { .. } => {
                "The answer is not that of a hub: see the address of the mirror, and whether the network wants you to sign in."
            }
            HubError::Stalled { .. } => {
                "The line broke. What has come is kept: try again, and it goes on from there."
            }
            HubError::WrongHash { .. } | HubError::WrongSize { .. } => {
                "What came is not what the hub says, and was thrown away: try again, or choose another mirror."
            }
            HubError::NotAFile { .. } => {
                "A web page came instead of the model: see whether the network wants you to sign in."
            }
            HubError::DiskFull { .. } => "The disk has too little room: make some, then try again.",
            HubError::NoModel { .. } => "There is nothing in it that can run here: choose another.",
            HubError::SeveralModels { .. } => {
                "There are several models in it: name one as owner/name:file."
            }
            HubError::InUse { .. } => {
                "The model is being fetched already: wait until that has ended."
            }
            HubError::Cancelled => "It was stopped. What has come is kept for the next time.",
            HubError::Io { .. } => {
                "The folder of models cannot be read or written: see whether the disk is there and whether you may write."
            }
        };
        let retryable = error.retryable();
        let said = Self { retryable, ..Self::new(error.code(), advice) };
        // That it was stopped is all there is to say.
        if error == HubError::Cancelled { said } else { said.with_detail(&error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_wins_and_a_model_that_is_not_here_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let named = Some(folder.path().join("models"));
        let models = Models::of_this_computer(named, None).expect("a folder of models");
        for path in [folder.path(), Path::new("/nowhere/model.gguf"), Path::new("model.gguf")] {
            assert_eq!(models.locate(path), Ok(path.to_owned()));
        }
        let error = models.locate(Path::new("Qwen/Qwen3-0.6B-GGUF")).expect_err("it is not here");
        assert_eq!(error.code, "model_not_installed");
        assert_eq!(models.remove("a/b").expect_err("it is not here").code, "model_not_installed");
        assert_eq!(models.installed(), Ok(Vec::new()));
        assert!(!models.folder().exists());
    }
}
