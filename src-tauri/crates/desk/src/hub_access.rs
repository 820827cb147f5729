//! How the hub is reached: mirror, proxy, and the token, which is for the one hub that it was given for.
//!
//! **Invariant**: a token is kept by the hub's scheme, host and port, so that another mirror never gets it.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use bimo_hub::{Endpoint, Token};
use bimo_store::Store;
use serde::{Deserialize, Serialize};

use crate::Desk;
use crate::secrets::{Secrets, SystemKeyring, with_secrets};
use crate::wire::{ApiError, HubAccess, NetworkRequest, TokenFrom};

const KEY: &str = "hub";
/// Requests that the window lists.
const SHOWN_REQUESTS: usize = 1000;
/// Characters; real ones have fewer than 100.
const LONGEST_TOKEN: usize = 1000;

/// Where the network's usual tools look for a proxy.
const PROXY_VARIABLES: &[&str] =
    &["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// What the person chose, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct HubChoice {
    /// Empty for `HF_ENDPOINT` or the public hub.
    pub mirror: String,
    /// Empty for the system's.
    pub proxy: String,
    /// Hubs whose token is in the keyring, so that it is not opened for nothing.
    pub tokens: BTreeSet<String>,
}

impl HubChoice {
    /// What is kept; nothing where that cannot be understood.
    pub async fn load(store: &Store) -> Result<Option<Self>, ApiError> {
        let Some(value) = store.setting(KEY).await? else { return Ok(None) };
        Ok(serde_json::from_value(value).map_or_else(
            |error| {
                tracing::warn!(%error, "the way to the hub is not valid; the usual one is taken");
                None
            },
            Some,
        ))
    }
}

/// How the hub is reached now.
pub(crate) struct Access {
    choice: RwLock<HubChoice>,
    secrets: Arc<dyn Secrets>,
    /// Tokens that are known until the program is closed, by hub.
    known: Mutex<HashMap<String, Token>>,
}

impl Access {
    pub fn of_this_computer(mirror: Option<String>) -> Self {
        let choice = HubChoice { mirror: mirror.unwrap_or_default(), ..HubChoice::default() };
        let secrets = Arc::new(SystemKeyring);
        Self { choice: RwLock::new(choice), secrets, known: Mutex::default() }
    }

    /// The same way, with another place for secrets.
    pub fn with_secrets(&self, secrets: Arc<dyn Secrets>) -> Self {
        Self { choice: RwLock::new(self.choice()), secrets, known: Mutex::default() }
    }

    /// Where secrets are kept.
    pub fn secrets(&self) -> Arc<dyn Secrets> {
        self.secrets.clone()
    }

    fn choice(&self) -> HubChoice {
        self.choice.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn choose(&self, choice: HubChoice) {
        *self.choice.write().unwrap_or_else(PoisonError::into_inner) = choice;
    }

    /// Takes over what the window has kept, but for what was said otherwise by whoever runs this program: in the
    /// environment, or already.
    pub(crate) fn take_over(&self, kept: HubChoice) {
        let said = self.choice();
        let names_a_hub = !said.mirror.is_empty() || is_set(&["HF_ENDPOINT"]);
        let names_a_proxy = !said.proxy.is_empty() || is_set(PROXY_VARIABLES);
        self.choose(HubChoice {
            mirror: if names_a_hub { said.mirror } else { kept.mirror },
            proxy: if names_a_proxy { said.proxy } else { kept.proxy },
            tokens: kept.tokens,
        });
    }

    fn known(&self, origin: &str) -> Option<Token> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(origin).cloned()
    }

    fn know(&self, origin: &str, token: Option<Token>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match token {
            Some(token) => known.insert(origin.to_owned(), token),
            None => known.remove(origin),
        };
    }

    /// The hub with its token. Opens the keyring only where a token for that hub was put into it.
    pub async fn endpoint(&self) -> Result<Endpoint, ApiError> {
        let choice = self.choice();
        let endpoint = endpoint_of(&choice)?;
        if endpoint.has_token() {
            return Ok(endpoint);
        }
        let origin = endpoint.origin();
        let mut token = self.known(&origin);
        if token.is_none() && choice.tokens.contains(&origin) {
            let name = secret_name(&origin);
            let secret = with_secrets(&self.secrets, move |secrets| secrets.read(&name)).await?;
            token = secret.as_deref().and_then(Token::new);
            self.know(&origin, token.clone());
        }
        Ok(endpoint.with_token(token))
    }

    fn describe(&self) -> Result<HubAccess, ApiError> {
        let choice = self.choice();
        let endpoint = endpoint_of(&choice)?;
        let origin = endpoint.origin();
        let token = if endpoint.has_token() {
            TokenFrom::Environment
        } else if choice.tokens.contains(&origin) {
            TokenFrom::Keyring
        } else if self.known(&origin).is_some() {
            TokenFrom::ThisRun
        } else {
            TokenFrom::Nowhere
        };
        let HubChoice { mirror, proxy, .. } = choice;
        let environment_mirror = variable("HF_ENDPOINT").filter(|value| !value.trim().is_empty());
        Ok(HubAccess { mirror, environment_mirror, origin, proxy, token })
    }
}

impl Desk {
    /// How the hub is reached.
    pub fn hub_access(&self) -> Result<HubAccess, ApiError> {
        self.access().describe()
    }

    /// Asks another hub, through another proxy. Empty for the usual ones.
    pub async fn set_hub(&self, mirror: String, proxy: String) -> Result<HubAccess, ApiError> {
        let choice = HubChoice {
            mirror: mirror.trim().to_owned(),
            proxy: proxy.trim().to_owned(),
            ..self.access().choice()
        };
        endpoint_of(&choice)?;
        self.keep_hub_choice(choice).await?;
        self.hub_access()
    }

    /// Takes a token for the hub that is asked now. It is kept in the system's keyring, or where the person says so
    /// until the program is closed. An empty one takes it away.
    pub async fn set_hub_token(&self, token: String, keep: bool) -> Result<HubAccess, ApiError> {
        let mut choice = self.access().choice();
        let origin = endpoint_of(&choice)?.origin();
        let token = token.trim().to_owned();
        let is_plain = token.chars().all(|c| c.is_ascii_graphic());
        if !is_plain || token.len() > LONGEST_TOKEN {
            let message = "This is no token: copy it from your account's page on the hub.";
            return Err(ApiError::new("invalid_token", message));
        }
        let name = secret_name(&origin);
        if keep && !token.is_empty() {
            let secret = token.clone();
            let keep = move |secrets: &dyn Secrets| secrets.keep(&name, &secret);
            with_secrets(&self.access().secrets, keep).await?;
            choice.tokens.insert(origin.clone());
        } else if choice.tokens.remove(&origin) {
            let forget = move |secrets: &dyn Secrets| secrets.forget(&name);
            with_secrets(&self.access().secrets, forget).await?;
        }
        self.access().know(&origin, Token::new(&token));
        self.keep_hub_choice(choice).await?;
        self.hub_access()
    }

    /// Every request that was made, the newest first.
    pub async fn network_requests(&self) -> Result<Vec<NetworkRequest>, ApiError> {
        let models = self.fetched_models().clone();
        let read = tokio::task::spawn_blocking(move || models.requests()).await;
        let records = read.map_err(ApiError::internal)??;
        let shown = records.into_iter().rev().take(SHOWN_REQUESTS);
        Ok(shown
            .map(|record| NetworkRequest {
                at_ms: record.at_ms as f64,
                method: record.method,
                host: record.host,
                path: record.path,
                status: record.status.map(u32::from),
                bytes: record.bytes as f64,
            })
            .collect())
    }

    /// Takes over what was kept.
    pub(crate) async fn load_hub_choice(&self) -> Result<(), ApiError> {
        if let Some(choice) = HubChoice::load(self.store()).await? {
            self.access().choose(choice);
        }
        Ok(())
    }

    async fn keep_hub_choice(&self, choice: HubChoice) -> Result<(), ApiError> {
        let value = serde_json::to_value(&choice).map_err(ApiError::internal)?;
        keep(self.store(), &value).await?;
        self.access().choose(choice);
        Ok(())
    }

    fn access(&self) -> &Access {
        self.fetched_models().access()
    }
}

async fn keep(store: &Store, value: &serde_json::Value) -> Result<(), ApiError> {
    Ok(store.set_setting(KEY, value).await?)
}

fn endpoint_of(choice: &HubChoice) -> Result<Endpoint, ApiError> {
    Ok(Endpoint::choose(Some(&choice.mirror), variable)?.through(&choice.proxy)?)
}

fn secret_name(origin: &str) -> String {
    format!("token for {origin}")
}

/// True where one of these is in the environment and not empty.
fn is_set(names: &[&str]) -> bool {
    names.iter().filter_map(|name| variable(name)).any(|value| !value.trim().is_empty())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
