//! The desk opens while the window is already on screen.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use bimo_desk::wire::ApiError;
use bimo_desk::{Desk, DeskOptions, ModelSpec};
use tokio::sync::OnceCell;

use crate::place;

/// The desk, open or about to be.
#[derive(Clone, Default)]
pub(crate) struct Opening(Arc<OnceCell<Desk>>);

impl Opening {
    /// Starts to open the desk and comes back at once.
    pub(crate) fn begin() -> Self {
        let opening = Self::default();
        let first = opening.clone();
        tauri::async_runtime::spawn(async move { first.desk().await });
        opening
    }

    /// Waits until the desk is open. After a failure the next request tries again: the person may have put right
    /// what was wrong.
    pub(crate) async fn desk(&self) -> Result<Desk, ApiError> {
        self.0.get_or_try_init(|| guarded(open())).await.cloned()
    }

    /// The desk, if it is open.
    pub(crate) fn desk_if_open(&self) -> Option<Desk> {
        self.0.get().cloned()
    }
}

async fn open() -> Result<Desk, ApiError> {
    let began = Instant::now();
    let (library, models) = (place::named_library(), place::named_models());
    let options = DeskOptions::of_this_computer(ModelSpec::starter(), library, models)?;
    match Desk::open(options).await {
        Ok(desk) => {
            tracing::info!(milliseconds = began.elapsed().as_millis(), "the desk is open");
            Ok(desk)
        }
        Err(error) => {
            tracing::error!(error.code, error.detail, "the desk could not be opened");
            Err(error)
        }
    }
}

/// Lets `request` answer `internal` where it panics: a command that panics would never answer, and the window would
/// wait for ever.
pub(crate) async fn guarded<T: Send + 'static>(
    request: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    let answer = tauri::async_runtime::spawn(request).await;
    // The panic's own words may quote the text at hand; its place is in the log.
    answer.unwrap_or_else(|_| Err(ApiError::internal("a panic; its place is in the log")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_answered_and_the_next_request_works() {
        tauri::async_runtime::block_on(async {
            let answer = guarded::<()>(async { panic!("a mistake of ours") }).await;
            assert_eq!(answer.unwrap_err().code, "internal");
            assert_eq!(guarded(async { Ok(7) }).await, Ok(7));
        });
    }
}
