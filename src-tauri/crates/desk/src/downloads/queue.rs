//! The downloads in their order: plain data, and what can happen to it.

use std::path::PathBuf;

use bimo_engine::CancellationToken;
use bimo_hub::{LocalModel, Phase, Progress};
use serde::{Deserialize, Serialize};

use crate::wire::{ApiError, Download, DownloadState};

/// More would only be a list that nobody reads.
const MOST_DOWNLOADS: usize = 50;

/// A download as it is kept over a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// `owner/name[:file]`.
    pub address: String,
    /// The person agreed to weights in Python's pickle format.
    pub pickle: bool,
}

/// A download that is to be done now.
pub(crate) struct Job {
    pub address: String,
    pub pickle: bool,
    pub cancel: CancellationToken,
}

/// All downloads in their order. At most one of them is under way.
#[derive(Default)]
pub(crate) struct Queue {
    items: Vec<Item>,
}

struct Item {
    kept: Kept,
    state: DownloadState,
    bytes: u64,
    total_bytes: u64,
    bytes_per_second: f64,
    seconds_left: Option<f64>,
    problem: Option<ApiError>,
    path: Option<PathBuf>,
    /// Of the one that is under way.
    cancel: Option<CancellationToken>,
}

impl Item {
    fn new(kept: Kept, state: DownloadState) -> Self {
        Self {
            kept,
            state,
            bytes: 0,
            total_bytes: 0,
            bytes_per_second: 0.0,
            seconds_left: None,
            problem: None,
            path: None,
            cancel: None,
        }
    }

    fn rest(&mut self, state: DownloadState, problem: Option<ApiError>) {
        self.state = state;
        self.problem = problem;
        (self.bytes_per_second, self.seconds_left) = (0.0, None);
        self.cancel = None;
    }
}

impl Queue {
    /// Puts a download at the end, or lets one that rests go on.
    pub fn add(&mut self, address: &str, pickle: bool) -> Result<(), ApiError> {
        if let Some(item) = self.find(address) {
            return match item.state {
                DownloadState::Paused | DownloadState::Failed => {
                    item.kept.pickle |= pickle;
                    item.rest(DownloadState::Waiting, None);
                    Ok(())
                }
                DownloadState::Done => {
                    self.remove(address);
                    self.add(address, pickle)
                }
                _ => Err(ApiError::new(
                    "model_queued",
                    "This model is in the list of downloads already.",
                )),
            };
        }
        if self.items.len() >= MOST_DOWNLOADS {
            let message = "The list of downloads is full: take one away first.";
            return Err(ApiError::new("downloads_full", message));
        }
        let kept = Kept { address: address.to_owned(), pickle };
        self.items.push(Item::new(kept, DownloadState::Waiting));
        Ok(())
    }

    /// Lists what an earlier run has left, without beginning it.
    pub fn add_resting(&mut self, kept: Kept, model: Option<&LocalModel>) {
        let known = self.find(&kept.address).is_some();
        if !known {
            self.items.push(Item::new(kept.clone(), DownloadState::Paused));
        }
        let Some(item) = self.find(&kept.address).filter(|item| item.cancel.is_none()) else {
            return;
        };
        if let Some(model) = model {
            (item.bytes, item.total_bytes) = (model.bytes_here, model.record.bytes());
        }
    }

    /// The next one to be done, if none is under way.
    pub fn next(&mut self) -> Option<Job> {
        if self.items.iter().any(|item| item.cancel.is_some()) {
            return None;
        }
        let item = self.items.iter_mut().find(|item| item.state == DownloadState::Waiting)?;
        let cancel = CancellationToken::new();
        item.cancel = Some(cancel.clone());
        item.state = DownloadState::Asking;
        Some(Job { address: item.kept.address.clone(), pickle: item.kept.pickle, cancel })
    }

    /// Stops one for a while; one that waits is left out.
    pub fn pause(&mut self, address: &str) {
        let Some(item) = self.find(address) else { return };
        match &item.cancel {
            Some(cancel) => cancel.cancel(),
            None if item.state == DownloadState::Waiting => item.rest(DownloadState::Paused, None),
            None => {}
        }
    }

    /// Moves one to another place in the list.
    pub fn move_to(&mut self, address: &str, position: usize) {
        if let Some(at) = self.items.iter().position(|item| item.kept.address == address) {
            let item = self.items.remove(at);
            self.items.insert(position.min(self.items.len()), item);
        }
    }

    /// Takes one off the list. Answers with what stops it, where it is under way.
    pub fn remove(&mut self, address: &str) -> Option<CancellationToken> {
        let at = self.items.iter().position(|item| item.kept.address == address)?;
        self.items.remove(at).cancel
    }

    /// The one under way is known by its whole name from now on.
    pub fn rename(&mut self, address: &str, whole: &str) {
        if address != whole {
            self.items.retain(|item| item.kept.address != whole);
        }
        if let Some(item) = self.find(address) {
            whole.clone_into(&mut item.kept.address);
        }
    }

    /// What the one under way tells.
    pub fn progress(&mut self, address: &str, progress: &Progress) {
        let Some(item) = self.find(address) else { return };
        item.problem = None;
        item.state = match &progress.phase {
            Phase::Queued => DownloadState::Waiting,
            Phase::Checking => DownloadState::Checking,
            Phase::Fetching | Phase::Done => DownloadState::Fetching,
            Phase::Retrying(code) => {
                item.problem = Some(ApiError::new(code, "It is tried again.").worth_retrying());
                DownloadState::Retrying
            }
        };
        // What is here is only counted once it has been read; until then the last count is better.
        item.bytes = if progress.bytes > 0 { progress.bytes } else { item.bytes };
        item.total_bytes = progress.total_bytes;
        item.bytes_per_second = progress.bytes_per_second;
        item.seconds_left = progress.seconds_left;
    }

    /// How the one under way ended.
    pub fn end(&mut self, address: &str, ended: Result<PathBuf, ApiError>) {
        let Some(item) = self.find(address) else { return };
        match ended {
            Ok(path) => {
                item.rest(DownloadState::Done, None);
                item.bytes = item.total_bytes;
                item.path = Some(path);
            }
            Err(error) if error.code == "cancelled" => item.rest(DownloadState::Paused, None),
            Err(error) => item.rest(DownloadState::Failed, Some(error)),
        }
    }

    /// What is kept over a restart.
    pub fn kept(&self) -> Vec<Kept> {
        let lasting = self.items.iter().filter(|item| item.state != DownloadState::Done);
        lasting.map(|item| item.kept.clone()).collect()
    }

    /// What is shown.
    pub fn list(&self) -> Vec<Download> {
        let shown = |item: &Item| Download {
            address: item.kept.address.clone(),
            state: item.state,
            bytes: item.bytes as f64,
            total_bytes: item.total_bytes as f64,
            bytes_per_second: item.bytes_per_second,
            seconds_left: item.seconds_left,
            problem: item.problem.clone(),
            path: item.path.as_ref().map(|path| path.display().to_string()),
        };
        self.items.iter().map(shown).collect()
    }

    /// Stops the one under way.
    pub fn stop(&self) {
        for cancel in self.items.iter().filter_map(|item| item.cancel.as_ref()) {
            cancel.cancel();
        }
    }

    fn find(&mut self, address: &str) -> Option<&mut Item> {
        self.items.iter_mut().find(|item| item.kept.address == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(addresses: &[&str]) -> Queue {
        let mut queue = Queue::default();
        for address in addresses {
            queue.add(address, false).expect("it is new");
        }
        queue
    }

    fn states(queue: &Queue) -> Vec<(String, DownloadState)> {
        queue.list().into_iter().map(|item| (item.address, item.state)).collect()
    }

    #[test]
    fn one_at_a_time_in_an_order_that_can_be_changed() {
        let mut queue = queue(&["a/1", "a/2", "a/3"]);
        assert_eq!(queue.next().expect("the first").address, "a/1");
        assert!(queue.next().is_none(), "one is under way");
        queue.move_to("a/3", 0);
        queue.end("a/1", Ok("/models/1".into()));
        assert_eq!(queue.next().expect("the one that was moved").address, "a/3");
        queue.pause("a/2");
        queue.end("a/3", Err(ApiError::new("hub_failed", "")));
        assert!(queue.next().is_none(), "the other one rests");
        use DownloadState::{Done, Failed, Paused};
        let expected = [("a/3", Failed), ("a/1", Done), ("a/2", Paused)];
        assert_eq!(states(&queue), expected.map(|(name, state)| (name.to_owned(), state)));
        let kept: Vec<_> = queue.kept().into_iter().map(|kept| kept.address).collect();
        assert_eq!(kept, ["a/3", "a/2"]);
    }

    #[test]
    fn one_that_rests_goes_on_and_one_that_waits_is_not_added_twice() {
        let mut queue = queue(&["a/1"]);
        assert_eq!(queue.add("a/1", false).expect_err("it waits").code, "model_queued");
        let job = queue.next().expect("it is begun");
        queue.pause("a/1");
        assert!(job.cancel.is_cancelled());
        queue.end("a/1", Err(ApiError::new("cancelled", "")));
        assert_eq!(states(&queue), [("a/1".to_owned(), DownloadState::Paused)]);
        queue.add("a/1", false).expect("it goes on");
        queue.rename("a/1", "a/1:b.gguf");
        assert_eq!(states(&queue), [("a/1:b.gguf".to_owned(), DownloadState::Waiting)]);
    }

    #[test]
    fn a_list_that_nobody_reads_is_not_begun() {
        let names: Vec<String> = (0..MOST_DOWNLOADS).map(|number| format!("a/{number}")).collect();
        let mut queue = queue(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(queue.add("b/1", false).expect_err("it is full").code, "downloads_full");
    }
}
