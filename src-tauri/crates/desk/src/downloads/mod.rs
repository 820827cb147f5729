//! Models that are being fetched: one at a time, in an order that the person can change, over restarts.
//!
//! `queue` is the list itself; here are what a person does to it, and the task that works it off.
//!
//! **Invariant**: nothing is fetched that the person has not asked for in this run of the program. What an earlier run
//! has left is listed and waits for them.

mod queue;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::desk::WeakDesk;
use crate::wire::{ApiError, Downloads};
use crate::{Desk, Models, Pickle};
use queue::{Job, Kept, Queue};

const KEY: &str = "downloads";
/// Shortest time between two reports to the window.
const INTERVAL: Duration = Duration::from_millis(100);
/// How often the task that works the list off sees whether the desk is still open.
const LOOK_UP: Duration = Duration::from_secs(5);

/// The downloads of a desk. A handle; clones are the same list.
#[derive(Clone, Default)]
pub(crate) struct DownloadList(Arc<Inner>);

#[derive(Default)]
struct Inner {
    queue: Mutex<Queue>,
    changed: watch::Sender<()>,
    work: Notify,
    finished: AtomicU32,
}

impl DownloadList {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the list and tells whoever watches it.
    fn change<T>(&self, change: impl FnOnce(&mut Queue) -> T) -> T {
        let answer = change(&mut self.queue());
        self.tell();
        answer
    }

    /// Changes the list and tells only where something came of it.
    fn change_if<T>(&self, change: impl FnOnce(&mut Queue) -> Option<T>) -> Option<T> {
        let answer = change(&mut self.queue());
        if answer.is_some() {
            self.tell();
        }
        answer
    }

    /// Tells whoever watches that there is something new, a request for instance.
    pub fn tell(&self) {
        self.0.changed.send_replace(());
    }

    fn shown(&self, models: &Models) -> Downloads {
        Downloads {
            list: self.queue().list(),
            finished: self.0.finished.load(Ordering::Relaxed),
            requests: u32::try_from(models.request_log().count()).unwrap_or(u32::MAX),
        }
    }

    /// Does one. What is told on the way comes from the hub at most ten times a second.
    async fn fetch(&self, models: &Models, job: Job) {
        let Job { address, pickle, cancel } = job;
        let whole = Mutex::new(address.clone());
        let name = || whole.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let pickle = if pickle { Pickle::Accepted } else { Pickle::Refused };
        let fetching = async {
            let record = models.planned(&address, pickle, &cancel).await?;
            self.change(|queue| queue.rename(&address, &record.name()));
            *whole.lock().unwrap_or_else(PoisonError::into_inner) = record.name();
            let report =
                |progress: crate::Progress| self.change(|queue| queue.progress(&name(), &progress));
            models.fetch(record, &cancel, report).await
        };
        let ended = fetching.await.map(|model| model.path());
        if let Err(error) = &ended {
            tracing::warn!(error.code, "a download has not come to its end");
        } else {
            self.0.finished.fetch_add(1, Ordering::Relaxed);
        }
        self.change(|queue| queue.end(&name(), ended));
    }
}

impl Desk {
    /// Tells `sink` of all downloads, at once and whenever something changes, at most ten times a second.
    pub async fn watch_downloads(
        &self,
        sink: impl Fn(Downloads) + Send + 'static,
    ) -> Result<(), ApiError> {
        self.list_unfinished();
        let (list, models) = (self.downloads().clone(), self.fetched_models().clone());
        let mut changed = list.0.changed.subscribe();
        changed.mark_changed();
        let weak = self.downgrade();
        drop(list);
        tokio::spawn(async move {
            while changed.changed().await.is_ok() {
                let Some(desk) = weak.upgrade() else { return };
                let list = desk.downloads().clone();
                drop(desk);
                sink(list.shown(&models));
                drop(list);
                tokio::time::sleep(INTERVAL).await;
            }
        });
        Ok(())
    }

    /// Fetches a model after those that were asked for before, or goes on with one that rests.
    pub async fn download_model(&self, address: String, pickle: bool) -> Result<(), ApiError> {
        let address = self.fetched_models().whole_address(&address)?;
        self.downloads().change(|queue| queue.add(&address, pickle))?;
        self.keep_downloads().await?;
        self.downloads().0.work.notify_one();
        Ok(())
    }

    /// Stops a download for a while. What has come is kept.
    pub async fn pause_download(&self, address: String) {
        self.downloads().change(|queue| queue.pause(&address));
    }

    /// Moves a download to another place in the list.
    pub async fn move_download(&self, address: String, position: u32) -> Result<(), ApiError> {
        self.downloads().change(|queue| queue.move_to(&address, position as usize));
        self.keep_downloads().await
    }

    /// Takes a download off the list, and what has come off the disk; or keeps that, and puts it last.
    pub async fn cancel_download(
        &self,
        address: String,
        delete_part: bool,
    ) -> Result<(), ApiError> {
        if !delete_part {
            self.pause_download(address.clone()).await;
            return self.move_download(address, u32::MAX).await;
        }
        let running = self.downloads().change(|queue| queue.remove(&address));
        self.keep_downloads().await?;
        if let Some(running) = running {
            running.cancel();
        }
        let removed = self.fetched_models().remove_unfinished(&address).await;
        // It may have been listed once more before it was gone.
        self.downloads().change(|queue| queue.remove(&address));
        removed
    }

    /// Lists what an earlier run has left, in the order that it had.
    pub(crate) async fn load_downloads(&self) -> Result<(), ApiError> {
        let value = self.store().setting(KEY).await?.unwrap_or_default();
        let kept: Vec<Kept> = serde_json::from_value(value).unwrap_or_default();
        let models = self.fetched_models();
        for kept in kept.into_iter().filter(|kept| models.find(&kept.address).is_err()) {
            self.downloads().change(|queue| queue.add_resting(kept, None));
        }
        self.list_unfinished();
        Ok(())
    }

    /// Lists the models of which a part is here. A folder that cannot be read is told of by the shelf.
    fn list_unfinished(&self) {
        for model in self.fetched_models().unfinished().unwrap_or_default() {
            // Weights that were agreed to once are agreed to: they are planned already.
            let kept = Kept { address: model.record.name(), pickle: true };
            self.downloads().change(|queue| queue.add_resting(kept, Some(&model)));
        }
    }

    async fn keep_downloads(&self) -> Result<(), ApiError> {
        let kept = self.downloads().queue().kept();
        let value = serde_json::to_value(kept).map_err(ApiError::internal)?;
        Ok(self.store().set_setting(KEY, &value).await?)
    }

    /// Stops what is being fetched. What has come is kept.
    pub(crate) fn stop_downloads(&self) {
        self.downloads().queue().stop();
    }
}

/// Works the list off for as long as the desk is open, without keeping the library open for it.
pub(crate) fn keep_downloading(desk: &Desk) {
    let weak: WeakDesk = desk.downgrade();
    let (list, models) = (desk.downloads().clone(), desk.fetched_models().clone());
    tokio::spawn(async move {
        loop {
            // Looks up now and then, so that it ends with the desk. Whoever asks in the meantime leaves a permit.
            let asked = tokio::time::timeout(LOOK_UP, list.0.work.notified()).await;
            tracing::trace!(asked = asked.is_ok(), "looking for downloads");
            loop {
                if weak.upgrade().is_none() {
                    return;
                }
                let job = list.change_if(|queue| queue.next());
                let Some(job) = job else { break };
                list.fetch(&models, job).await;
                if let Some(desk) = weak.upgrade()
                    && let Err(error) = desk.keep_downloads().await
                {
                    tracing::warn!(error.code, "the list of downloads was not kept");
                }
            }
        }
    });
}

impl Models {
    /// A model of which a part is here as it was planned, else as the hub has it now.
    async fn planned(
        &self,
        address: &str,
        pickle: Pickle,
        cancel: &crate::CancellationToken,
    ) -> Result<crate::ModelRecord, ApiError> {
        match self.find_unfinished(address) {
            Ok(model) => Ok(model.record),
            Err(_) => self.plan(address, pickle, cancel).await,
        }
    }

    /// Removes what is here of a model, as soon as nobody fetches it any more.
    async fn remove_unfinished(&self, address: &str) -> Result<(), ApiError> {
        const TRIES: u32 = 100;
        for _ in 0..TRIES {
            match self.find_unfinished(address).and_then(|model| self.remove_local(&model)) {
                Err(error) if error.code == "model_in_use" => {}
                Err(error) if error.code == "model_not_installed" => return Ok(()),
                answer => return answer,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(bimo_hub::HubError::InUse { model: address.to_owned() }.into())
    }
}
