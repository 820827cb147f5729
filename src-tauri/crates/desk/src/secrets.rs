//! Secrets of the person, in the system's own keyring and nowhere else.
//!
//! **Invariant**: a secret is in no file of the program, no log and no message.

use std::sync::Arc;

use crate::wire::ApiError;

/// The name that the keyring shows a person.
const SERVICE: &str = "Bimo";

/// Keeps secrets by name. Every call may take as long as a person needs to unlock the keyring.
pub trait Secrets: Send + Sync {
    /// The secret of that name, if one is kept.
    fn read(&self, name: &str) -> Result<Option<String>, SecretsError>;
    /// Keeps a secret in place of the one before.
    fn keep(&self, name: &str, secret: &str) -> Result<(), SecretsError>;
    /// Forgets a secret; one that is not kept is forgotten already.
    fn forget(&self, name: &str) -> Result<(), SecretsError>;
}

/// Why a secret cannot be kept or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretsError {
    /// The system has no keyring.
    NoKeyring,
    /// It has one that does not open.
    Failed(String),
}

impl From<SecretsError> for ApiError {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::NoKeyring => Self::new(
                "no_keyring",
                "This computer has no keyring that can keep a token: give it in HF_TOKEN.",
            ),
            SecretsError::Failed(reason) => Self::new(
                "keyring_failed",
                "The keyring could not be opened: unlock it, then try again.",
            )
            .with_detail(reason)
            .worth_retrying(),
        }
    }
}

/// The keyring of this computer: Secret Service, Keychain or Credential Manager.
pub(crate) struct SystemKeyring;

impl SystemKeyring {
    fn entry(name: &str) -> Result<keyring::Entry, SecretsError> {
        // On Linux a keyring that nobody offers is a failure like any other, so where it comes from decides.
        if keyring::Entry::store_status().is_err() {
            return Err(SecretsError::NoKeyring);
        }
        keyring::Entry::new(SERVICE, name).map_err(|error| failed(&error))
    }
}

impl Secrets for SystemKeyring {
    fn read(&self, name: &str) -> Result<Option<String>, SecretsError> {
        match Self::entry(name)?.get_password() {
            Ok(secret) => Ok(Some(secret)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    fn keep(&self, name: &str, secret: &str) -> Result<(), SecretsError> {
        Self::entry(name)?.set_password(secret).map_err(|error| failed(&error))
    }

    fn forget(&self, name: &str) -> Result<(), SecretsError> {
        match Self::entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn failed(error: &keyring::Error) -> SecretsError {
    match error {
        keyring::Error::NoDefaultStore => SecretsError::NoKeyring,
        error => SecretsError::Failed(error.to_string()),
    }
}

/// Asks the keyring on a thread that may wait for a person.
pub(crate) async fn with_secrets<T: Send + 'static>(
    secrets: &Arc<dyn Secrets>,
    ask: impl FnOnce(&dyn Secrets) -> Result<T, SecretsError> + Send + 'static,
) -> Result<T, ApiError> {
    let secrets = secrets.clone();
    let answer = tokio::task::spawn_blocking(move || ask(&*secrets)).await;
    Ok(answer.map_err(ApiError::internal)??)
}
