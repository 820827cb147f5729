//! Servers that write in place of a model on this computer: added by the person, never asked before one is chosen.
//!
//! **Invariant**: a key is in the system's keyring or in memory, and in no setting, file, log or message.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bimo_engine::{CancellationToken, EngineError, TextGenerator};
use bimo_net::{RequestLog, Secret};
use bimo_remote::{
    Patience, RemoteError, RemoteGenerator, RemoteModel, Server, ServerAddress, Surroundings,
};
use bimo_store::Store;
use serde::{Deserialize, Serialize};

use crate::secrets::{Secrets, SecretsError, with_secrets};
use crate::tasks::{ASKED, not_for};
use crate::wire::{ApiError, Destination, KeyFrom, KnownServer, ModelTask, NewServer};
use crate::{Desk, ModelSpec, TranslatorSpec};

const KEY: &str = "servers";
/// More would only be a list that nobody reads.
const MOST_SERVERS: usize = 50;
const LONGEST_NAME: usize = 80;

/// What the person added and chose, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct KeptServers {
    servers: Vec<KeptServer>,
    /// The names of those that do a task; none for a model on this computer.
    used: BTreeMap<ModelTask, String>,
}

/// A server without its key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct KeptServer {
    name: String,
    address: String,
    model: String,
    converses: bool,
    context_length: Option<u32>,
    /// Its key is in the keyring, which is not opened for nothing.
    has_kept_key: bool,
}

/// What it takes to use a server: its key, and the list of requests.
#[derive(Clone)]
pub(crate) struct ServerAccess {
    secrets: Arc<dyn Secrets>,
    /// Keys that are known until the program is closed, by the server's name.
    known: Arc<Mutex<HashMap<String, Secret>>>,
    log: RequestLog,
}

impl KeptServers {
    /// What is kept; none where that cannot be understood.
    pub async fn load(store: &Store) -> Result<Self, ApiError> {
        let value = store.setting(KEY).await?.unwrap_or_default();
        Ok(serde_json::from_value(value).unwrap_or_default())
    }

    async fn keep(&self, store: &Store) -> Result<(), ApiError> {
        let value = serde_json::to_value(self).map_err(ApiError::internal)?;
        Ok(store.set_setting(KEY, &value).await?)
    }

    /// The name of the server that does a task, where no model on this computer does.
    pub fn name_for(&self, task: ModelTask) -> Option<&str> {
        self.doing(task).map(|server| server.name.as_str())
    }

    fn doing(&self, task: ModelTask) -> Option<&KeptServer> {
        self.find(self.used.get(&task)?)
    }

    /// What a server does.
    fn uses(&self, name: &str) -> Vec<ModelTask> {
        self.used.iter().filter(|(_, used)| *used == name).map(|(task, _)| *task).collect()
    }

    fn find(&self, name: &str) -> Option<&KeptServer> {
        self.servers.iter().find(|server| server.name == name)
    }
}

impl ServerAccess {
    pub fn new(secrets: Arc<dyn Secrets>, log: RequestLog) -> Self {
        Self { secrets, known: Arc::default(), log }
    }

    /// The model of the server that writes, if one does.
    pub fn story(&self, kept: &KeptServers) -> Option<ModelSpec> {
        kept.doing(ModelTask::Story).map(|server| self.spec(server))
    }

    /// The model of the server that translates, if one does. It is always asked in a conversation.
    pub fn translator(&self, kept: &KeptServers) -> Option<TranslatorSpec> {
        let server = kept.doing(ModelTask::Translate)?;
        let conversing = KeptServer { converses: true, ..server.clone() };
        Some(TranslatorSpec::asking(self.spec(&conversing)))
    }

    /// The model of the server that summarises, if one does. It is always asked in a conversation.
    pub fn summarizer(&self, kept: &KeptServers) -> Option<ModelSpec> {
        let server = kept.doing(ModelTask::Summarize)?;
        Some(self.spec(&KeptServer { converses: true, ..server.clone() }))
    }

    /// A model whose loading asks the keyring for the key, and the server for its models.
    fn spec(&self, kept: &KeptServer) -> ModelSpec {
        let (access, server) = (self.clone(), kept.clone());
        let goes_to = ServerAddress::parse(&kept.address).ok().as_ref().map(destination);
        ModelSpec {
            name: kept.name.clone(),
            starter: false,
            bytes: 0,
            card: String::new(),
            goes_to,
            load: Arc::new(move |_| {
                let key = access.key(&server).map_err(locked)?;
                connected(&server, key, access.log.clone())
            }),
        }
    }

    fn key(&self, server: &KeptServer) -> Result<Option<Secret>, SecretsError> {
        if let Some(key) = self.known(&server.name) {
            return Ok(Some(key));
        }
        if !server.has_kept_key {
            return Ok(None);
        }
        let key = self.secrets.read(&secret_name(&server.name))?.as_deref().and_then(Secret::new);
        self.know(&server.name, key.clone());
        Ok(key)
    }

    fn known(&self, name: &str) -> Option<Secret> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn know(&self, name: &str, key: Option<Secret>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match key {
            Some(key) => known.insert(name.to_owned(), key),
            None => known.remove(name),
        };
    }

    fn describe(&self, kept: &KeptServers, server: &KeptServer) -> Option<KnownServer> {
        let address = ServerAddress::parse(&server.address).ok()?;
        let key = match (server.has_kept_key, self.known(&server.name)) {
            (true, _) => KeyFrom::Keyring,
            (false, Some(_)) => KeyFrom::ThisRun,
            (false, None) => KeyFrom::Nowhere,
        };
        let KeptServer { name, model, converses, context_length, .. } = server.clone();
        Some(KnownServer {
            used_for: kept.uses(&name),
            name,
            address: address.to_string(),
            model,
            converses,
            context_length,
            key,
            goes_to: destination(&address),
        })
    }
}

impl KeptServer {
    fn remote_model(&self) -> RemoteModel {
        RemoteModel {
            name: self.model.clone(),
            converses: self.converses,
            context_length: self.context_length.map(|tokens| tokens as usize),
        }
    }
}

impl ModelSpec {
    /// A model of a server that was not added anywhere, for one use.
    pub fn on_server(server: NewServer, log: RequestLog) -> Result<Self, ApiError> {
        let address = ServerAddress::parse(&server.address)?;
        let key = key_in(&server.key)?;
        let kept = checked(server)?;
        Ok(Self {
            name: kept.model.clone(),
            starter: false,
            bytes: 0,
            card: String::new(),
            goes_to: Some(destination(&address)),
            load: Arc::new(move |_| connected(&kept, key.clone(), log.clone())),
        })
    }
}

impl Desk {
    /// The servers that were added. None of them is asked anything.
    pub async fn servers(&self) -> Result<Vec<KnownServer>, ApiError> {
        let kept = KeptServers::load(self.store()).await?;
        let described =
            kept.servers.iter().filter_map(|one| self.server_access().describe(&kept, one));
        Ok(described.collect())
    }

    /// Adds a server, or changes the one of that name. Its key is kept in the system's keyring, or where `keep_key` is
    /// false known until the program is closed. It is asked nothing before it is used.
    pub async fn add_server(
        &self,
        server: NewServer,
        keep_key: bool,
    ) -> Result<Vec<KnownServer>, ApiError> {
        let key = key_in(&server.key)?;
        let mut new = checked(server)?;
        let mut kept = KeptServers::load(self.store()).await?;
        let before = kept.find(&new.name).cloned();
        if before.is_none() && kept.servers.len() >= MOST_SERVERS {
            let message = "The list of servers is full: take one away first.";
            return Err(ApiError::new("too_many_servers", message));
        }
        // A key is for the address that it was given with.
        let same_place = before.as_ref().is_some_and(|before| before.address == new.address);
        let had_kept_key = before.is_some_and(|before| before.has_kept_key);
        if let Some(key) = key {
            if keep_key {
                let (name, secret) = (secret_name(&new.name), key.clone());
                let keep = move |secrets: &dyn Secrets| secrets.keep(&name, secret.reveal());
                with_secrets(&self.server_access().secrets, keep).await?;
            } else if had_kept_key {
                self.forget_key(&new.name).await?;
            }
            new.has_kept_key = keep_key;
            self.server_access().know(&new.name, Some(key));
        } else if same_place {
            new.has_kept_key = had_kept_key;
        } else {
            if had_kept_key {
                self.forget_key(&new.name).await?;
            }
            self.server_access().know(&new.name, None);
        }
        let uses = kept.uses(&new.name);
        match kept.servers.iter_mut().find(|one| one.name == new.name) {
            Some(place) => *place = new,
            None => kept.servers.push(new),
        }
        kept.keep(self.store()).await?;
        self.take_up(uses).await?;
        self.servers().await
    }

    /// Takes a server off the list, with its key. What it did a model on this computer does again.
    pub async fn forget_server(&self, name: String) -> Result<Vec<KnownServer>, ApiError> {
        let mut kept = KeptServers::load(self.store()).await?;
        if kept.find(&name).is_some_and(|server| server.has_kept_key) {
            self.forget_key(&name).await?;
        }
        self.server_access().know(&name, None);
        kept.servers.retain(|server| server.name != name);
        let uses = kept.uses(&name);
        kept.used.retain(|_, used| *used != name);
        kept.keep(self.store()).await?;
        self.take_up(uses).await?;
        self.servers().await
    }

    /// Lets a server do a task, from now on and after the next start. What is being written is stopped and kept. Answers at
    /// once; [`Desk::watch_model`], [`Desk::watch_translator`] and [`Desk::watch_summarizer`] tell when the server has answered.
    pub async fn use_server(&self, task: ModelTask, name: String) -> Result<(), ApiError> {
        if !ASKED.contains(&task) {
            return Err(not_for(task, &name));
        }
        let mut kept = KeptServers::load(self.store()).await?;
        if kept.find(&name).is_none() {
            let message = "This server is not in the list: add it first.";
            return Err(ApiError::new("server_not_listed", message).with_detail(name));
        }
        kept.used.insert(task, name);
        kept.keep(self.store()).await?;
        self.take_up([task]).await
    }

    /// Asks a server, added or not, for the names of its models.
    pub async fn server_models(&self, server: NewServer) -> Result<Vec<String>, ApiError> {
        let kept = KeptServers::load(self.store()).await?;
        let access = self.server_access().clone();
        let known = kept.find(&server.name).cloned();
        let known = known.filter(|known| known.address == whole_address(&server.address));
        let key = match (key_in(&server.key)?, known) {
            (None, Some(known)) => {
                let access = access.clone();
                let key = tokio::task::spawn_blocking(move || access.key(&known)).await;
                key.map_err(ApiError::internal)??
            }
            (key, _) => key,
        };
        let server = connection(&server.address, key, access.log.clone())?;
        let models = server.models(&CancellationToken::new()).await?;
        Ok(models.into_iter().map(|model| model.name).collect())
    }

    /// A model on this computer does a task from now on.
    pub(crate) async fn leave_server(&self, task: ModelTask) -> Result<(), ApiError> {
        let mut kept = KeptServers::load(self.store()).await?;
        if kept.used.remove(&task).is_some() {
            kept.keep(self.store()).await?;
        }
        Ok(())
    }

    async fn forget_key(&self, name: &str) -> Result<(), ApiError> {
        let name = secret_name(name);
        let forget = move |secrets: &dyn Secrets| secrets.forget(&name);
        with_secrets(&self.server_access().secrets, forget).await
    }
}

/// What is kept of a server that a person adds.
fn checked(server: NewServer) -> Result<KeptServer, ApiError> {
    let address = ServerAddress::parse(&server.address)?;
    let name: String = server.name.trim().chars().take(LONGEST_NAME).collect();
    Ok(KeptServer {
        name: if name.is_empty() { address.host() } else { name },
        address: address.to_string(),
        model: server.model.trim().to_owned(),
        converses: server.converses,
        context_length: server.context_length.filter(|tokens| *tokens > 0),
        has_kept_key: false,
    })
}

fn key_in(text: &str) -> Result<Option<Secret>, ApiError> {
    let key = Secret::new(text);
    if key.as_ref().is_some_and(|key| key.bearer().is_none()) {
        let message = "This is no key: copy it once more, without line ends in it.";
        return Err(ApiError::new("invalid_key", message));
    }
    Ok(key)
}

fn whole_address(text: &str) -> String {
    ServerAddress::parse(text).map_or_else(|_| String::new(), |address| address.to_string())
}

fn connected(
    server: &KeptServer,
    key: Option<Secret>,
    log: RequestLog,
) -> Result<Box<dyn TextGenerator>, EngineError> {
    let remote = connection(&server.address, key, log)?;
    Ok(Box::new(RemoteGenerator::connect(remote, &server.remote_model())?))
}

fn connection(address: &str, key: Option<Secret>, log: RequestLog) -> Result<Server, EngineError> {
    let address = ServerAddress::parse(address)?;
    let surroundings = Surroundings::of_this_computer(Arc::new(rand::random::<f64>));
    Ok(Server::new(address, key, log, Patience::default(), surroundings)?)
}

fn destination(address: &ServerAddress) -> Destination {
    Destination {
        host: address.host(),
        this_computer: address.is_this_computer(),
        open_line: address.is_open_line(),
    }
}

fn secret_name(name: &str) -> String {
    format!("key for {name}")
}

fn locked(error: SecretsError) -> EngineError {
    let (code, reason) = match error {
        SecretsError::NoKeyring => ("no_keyring", "there is no keyring".to_owned()),
        SecretsError::Failed(reason) => ("keyring_failed", reason),
    };
    let advice = "The key of the server is in the keyring, which does not open: unlock it, or give the key once more.";
    EngineError::Server { code, advice, reason, retryable: true }
}

impl From<RemoteError> for ApiError {
    fn from(error: RemoteError) -> Self {
        EngineError::from(error).into()
    }
}
