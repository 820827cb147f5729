//! Servers that write and translate in place of a model on this computer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ModelTask;

/// A server as a person adds it. One of the same name is replaced.
#[derive(Clone, Default, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct NewServer {
    /// What the person calls it.
    pub name: String,
    /// From `http://` or `https://` on.
    pub address: String,
    /// The model; empty for the only one that the server has.
    pub model: String,
    /// Empty for none, or for the one that is known already.
    pub key: String,
    /// The model is asked in a conversation, and does not simply go on with the text.
    pub converses: bool,
    /// Tokens of its context, where the person knows better than the server says.
    pub context_length: Option<u32>,
}

impl fmt::Debug for NewServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is left out.
        write!(formatter, "NewServer({:?}, {:?}, {:?})", self.name, self.address, self.model)
    }
}

/// Where the key of a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum KeyFrom {
    /// There is none.
    Nowhere,
    /// In the system's keyring.
    Keyring,
    /// Known until the program is closed.
    ThisRun,
}

/// A server that a person has added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct KnownServer {
    /// What the person calls it.
    pub name: String,
    /// Its address, up to and with `/v1`.
    pub address: String,
    /// The model; empty for the only one that the server has.
    pub model: String,
    /// See [`NewServer::converses`].
    pub converses: bool,
    /// See [`NewServer::context_length`].
    pub context_length: Option<u32>,
    /// Where its key is.
    pub key: KeyFrom,
    /// Who gets the text.
    pub goes_to: Destination,
    /// What it does in place of a model on this computer.
    pub used_for: Vec<ModelTask>,
}

/// Who gets what is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// Host, with the port where it is not the usual one.
    pub host: String,
    /// It is another program on this computer.
    pub this_computer: bool,
    /// Others on the way can read the text, and a key.
    pub open_line: bool,
}
