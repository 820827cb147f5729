//! Trying again, in one place.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::patience::pause;
use crate::transport::Transport;
use crate::{HubError, Patience};

/// Tries of a host that nobody answers at: whoever is offline should know at once.
const TRIES_WITHOUT_CONNECTION: u32 = 2;

/// Counts the failures of one thing that is asked for.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    count: u32,
    has_connected: bool,
}

impl Failures {
    /// Something came: what fails from now on is counted anew.
    pub fn forget(&mut self) {
        *self = Self { count: 0, has_connected: true };
    }

    /// The pause before the next try; the error itself where there is to be none.
    pub fn pause_after(
        &mut self,
        error: HubError,
        patience: &Patience,
    ) -> Result<Duration, HubError> {
        self.count += 1;
        self.has_connected |= !matches!(error, HubError::Unreachable { .. });
        let (tries, asked) = match &error {
            HubError::Unreachable { .. } if !self.has_connected => {
                (TRIES_WITHOUT_CONNECTION.min(patience.tries), None)
            }
            HubError::RateLimited { wait_s, .. } => {
                (patience.tries, wait_s.map(Duration::from_secs))
            }
            HubError::Unreachable { .. }
            | HubError::ServerFailed { .. }
            | HubError::Stalled { .. } => (patience.tries, None),
            _ => return Err(error),
        };
        if self.count >= tries { Err(error) } else { Ok(pause(self.count, asked)) }
    }
}

impl Transport {
    /// Does something until it succeeds, fails for good, or is cancelled.
    pub async fn persist<T, F: Future<Output = Result<T, HubError>>>(
        &self,
        cancel: &CancellationToken,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, HubError> {
        let mut failures = Failures::default();
        loop {
            let error = match until_cancelled(cancel, attempt()).await? {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let pause = failures.pause_after(error, &self.patience)?;
            until_cancelled(cancel, (self.surroundings.sleep)(pause)).await?;
        }
    }
}

/// Waits for something, or says that it was cancelled.
pub(crate) async fn until_cancelled<T>(
    cancel: &CancellationToken,
    future: impl Future<Output = T>,
) -> Result<T, HubError> {
    tokio::select! {
        biased;
        () = cancel.cancelled() => Err(HubError::Cancelled),
        done = future => Ok(done),
    }
}
