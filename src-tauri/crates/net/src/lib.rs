//! What every part of the program that uses the network has in common: the client, secrets, the log of requests.
//!
//! Start reading at [`RequestLog`].
//!
//! **Invariant**: nothing is requested here. A request is in the [`RequestLog`] before it is made, or it is not made.
//!
//! **Invariant**: a [`Secret`] is in no log and no message, and a [`client`] follows no redirect by itself, so that
//! nothing is sent on to a host that was not meant.

mod client;
mod request_log;
mod secret;

pub use client::{Route, client, words};
pub use request_log::{LogError, OpenRequest, RequestLog, RequestRecord, host_of};
pub use secret::Secret;
