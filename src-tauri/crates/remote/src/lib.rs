//! An OpenAI-compatible server as one more engine: vLLM, llama.cpp's server, Ollama, LM Studio and others.
//!
//! Start reading at [`RemoteGenerator`], which is a [`bimo_engine::TextGenerator`]; [`Server`] is what it asks.
//!
//! **Invariant**: nothing is requested before a method says that it asks, and every request is in the
//! [`bimo_net::RequestLog`] before it is made.
//!
//! **Invariant**: text and key go to the address that the person gave and nowhere else: no redirect is followed. The key
//! is in no log and no message.
//!
//! **Invariant**: what a server sends takes bounded time and memory, and text leaves in whole characters.
//!
//! **Invariant**: what a server cannot do is said, never silently left out.

mod address;
mod error;
mod events;
mod generator;
mod kind;
mod patience;
mod prompt;
mod reply;
mod server;
mod transport;
mod vocabulary;

pub use address::ServerAddress;
pub use error::RemoteError;
pub use generator::{RemoteGenerator, RemoteModel};
pub use kind::ServerKind;
pub use patience::{Patience, Sleep, Surroundings};
pub use server::{ServedModel, Server};
