//! Dated copies of the library, made while the program runs.

use std::time::Duration;

use crate::Desk;

/// How often the program looks whether a copy is due. The store makes one a day at most.
const EVERY: Duration = Duration::from_secs(2 * 60 * 60);

/// Backs up now and then if something has changed, for as long as the desk is open.
pub(crate) fn keep_backing_up(desk: &Desk) {
    let desk = desk.downgrade();
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(EVERY);
        loop {
            interval.tick().await;
            let Some(desk) = desk.upgrade() else {
                return;
            };
            match desk.store().back_up_if_due(desk.now_ms()).await {
                Ok(Some(path)) => tracing::info!(path = %path.display(), "backed up the library"),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "the library could not be backed up"),
            }
        }
    });
}
