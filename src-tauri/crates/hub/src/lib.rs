//! Models from a Hugging Face hub: search, download, integrity.
//!
//! Start reading at [`Hub`], which asks a hub and fetches from it, and at [`ModelsFolder`], which knows what is on this
//! machine and needs no network.
//!
//! **Invariant**: nothing is requested unless a method of [`Hub`] is called, and every request is in the
//! [`RequestLog`] before it is made.
//!
//! **Invariant**: a file has its name only once all of it is on the disk and its hash is the hub's; a model is listed
//! only once all of its files are. Whatever ends the process leaves a `.partial` file or a whole one.
//!
//! **Invariant**: the token goes to the hub's own host and nowhere else, and is in no log and no message.
//!
//! **Invariant**: this crate knows no window, no library and no tensor; what a model's files mean is for others.

mod address;
mod catalogue;
mod digest;
mod durable;
mod endpoint;
mod error;
mod fetch;
mod folder;
mod hub;
mod import;
mod listing;
mod offer;
mod patience;
mod plan;
mod progress;
mod range;
mod record;
mod retry;
mod surroundings;
mod transport;

pub use address::{ModelAddress, RepoId};
pub use bimo_net::{RequestLog, RequestRecord, Secret as Token};
pub use catalogue::{Bilingual, CatalogueEntry, CatalogueShape, catalogue};
pub use endpoint::Endpoint;
pub use error::HubError;
pub use folder::{Fault, LocalModel, ModelsFolder};
pub use hub::Hub;
pub use import::Placing;
pub use listing::{FoundRepo, RepoFile, RepoRevision};
pub use offer::{OfferedModel, RepoOffer};
pub use patience::Patience;
pub use plan::Pickle;
pub use progress::{Phase, Progress};
pub use record::ModelRecord;
pub use tokio_util::sync::CancellationToken;

pub use surroundings::{Sleep, Surroundings};
