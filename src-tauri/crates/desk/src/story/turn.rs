//! Whose turn it is: one request writes at a time, and can be stopped.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bimo_engine::CancellationToken;
use tokio::sync::OwnedMutexGuard;

use crate::wire::ApiError;

/// How long a stop waits for what it has stopped.
const PATIENCE: Duration = Duration::from_secs(5);

/// The turn to write.
#[derive(Default)]
pub(crate) struct Turn {
    writing: Arc<tokio::sync::Mutex<()>>,
    cancel: Mutex<CancellationToken>,
    /// Of what the model reads before anybody has asked for it.
    ahead: Mutex<CancellationToken>,
}

/// The turn, taken; it is given back when this is dropped.
pub(crate) struct Taken {
    /// Cancelled when the person wants it to stop.
    pub cancel: CancellationToken,
    _writing: OwnedMutexGuard<()>,
}

impl Turn {
    /// Takes the turn, if nobody has it.
    pub fn take(&self) -> Result<Taken, ApiError> {
        // Held until the new token is in its place, so that a stop never cancels an old one in vain.
        let mut current = self.current();
        let writing = self.writing.clone().try_lock_owned().map_err(|_| ApiError::busy())?;
        self.read_ahead();
        let cancel = CancellationToken::new();
        current.clone_from(&cancel);
        Ok(Taken { cancel, _writing: writing })
    }

    /// Ends what is read ahead, and answers the flag for what is read ahead instead.
    pub fn read_ahead(&self) -> CancellationToken {
        let next = CancellationToken::new();
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *ahead, next.clone()).cancel();
        next
    }

    /// True while somebody has it.
    pub fn is_taken(&self) -> bool {
        self.writing.try_lock().is_err()
    }

    /// Cancels what has the turn and waits until it is given back.
    pub async fn stop(&self) {
        self.current().cancel();
        if tokio::time::timeout(PATIENCE, self.writing.lock()).await.is_err() {
            tracing::warn!("what was stopped is still writing");
        }
    }

    fn current(&self) -> MutexGuard<'_, CancellationToken> {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
