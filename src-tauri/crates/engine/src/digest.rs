//! SHA-256 of a model's files, by which a text remembers who wrote it.
//!
//! To read gigabytes once more takes about as long as to load them, and nobody needs the digest before the first text is
//! kept. So it is computed afterwards and piece by piece: by the thread that owns the model, while nobody asks anything
//! of it, and to the end when somebody must know.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::EngineError;

/// Computes a digest.
///
/// **Invariant**: it is of the bytes that were loaded. Where they have changed since, there is none.
pub trait Digesting: Send {
    /// Reads on, for a millisecond or so. Answers the digest in hex once all is read.
    fn read_on(&mut self) -> Result<Option<String>, EngineError>;
}

/// A model's digest, known or not yet. Clones are the same one.
#[derive(Clone)]
pub struct ModelDigest(Arc<Shared>);

struct Shared {
    /// Which files it is of.
    files: String,
    state: Mutex<State>,
}

enum State {
    Reading(Box<dyn Digesting>),
    Settled(Result<String, EngineError>),
}

impl ModelDigest {
    /// One that is still to be computed. `files` says which they are and when they were written: where it is the same, they
    /// are.
    pub fn computed_by(files: String, digesting: impl Digesting + 'static) -> Self {
        let state = Mutex::new(State::Reading(Box::new(digesting)));
        Self(Arc::new(Shared { files, state }))
    }

    /// Need not be computed where an earlier one is known that is of the same files.
    pub fn learn_from(&self, earlier: &Self) {
        if let (true, Some(Ok(known))) = (self.0.files == earlier.0.files, earlier.settled()) {
            *self.state() = State::Settled(Ok(known));
        }
    }

    /// Reads a piece more. Answers whether anything is left to be read.
    pub fn read_on(&self) -> bool {
        let mut state = self.state();
        let State::Reading(digesting) = &mut *state else { return false };
        let Some(settled) = digesting.read_on().transpose() else { return true };
        *state = State::Settled(settled);
        false
    }

    /// What has come of it; nothing while it is being computed.
    pub fn settled(&self) -> Option<Result<String, EngineError>> {
        match &*self.state() {
            State::Reading(_) => None,
            State::Settled(settled) => Some(settled.clone()),
        }
    }

    /// The digest in hex. Reads all that is left.
    pub fn sha256(&self) -> Result<String, EngineError> {
        loop {
            if let Some(settled) = self.settled() {
                return settled;
            }
            self.read_on();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<String> for ModelDigest {
    /// One that is known, in hex.
    fn from(sha256: String) -> Self {
        let state = Mutex::new(State::Settled(Ok(sha256)));
        Self(Arc::new(Shared { files: String::new(), state }))
    }
}

impl fmt::Debug for ModelDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ModelDigest").field(&self.settled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;
    use crate::GeneratorWorker;
    use crate::scripted::ScriptedGenerator;

    /// Settles after so many pieces; says when it is let go of.
    struct Pieces {
        left: usize,
        read: Arc<AtomicUsize>,
        settled: Result<String, EngineError>,
        _dropped: mpsc::Sender<()>,
    }

    impl Digesting for Pieces {
        fn read_on(&mut self) -> Result<Option<String>, EngineError> {
            if self.left == 0 {
                return self.settled.clone().map(Some);
            }
            self.left -= 1;
            self.read.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(1));
            Ok(None)
        }
    }

    /// A model with such a digest, how many pieces were read, and what hears that it was let go of.
    async fn loaded(
        left: usize,
        settled: Result<String, EngineError>,
    ) -> (GeneratorWorker, Arc<AtomicUsize>, mpsc::Receiver<()>) {
        let (dropped, is_dropped) = mpsc::channel();
        let read = Arc::new(AtomicUsize::new(0));
        let pieces = Pieces { left, read: read.clone(), settled, _dropped: dropped };
        let digest = ModelDigest::computed_by("model.gguf".into(), pieces);
        let model = ScriptedGenerator::writing(["."]).with_digest(digest);
        let worker = GeneratorWorker::spawn(move || Ok(Box::new(model))).await.unwrap();
        (worker, read, is_dropped)
    }

    fn unreadable() -> EngineError {
        EngineError::Unreadable { path: "model.gguf".into(), reason: "it is gone".into() }
    }

    #[tokio::test]
    async fn a_model_that_has_nothing_to_do_computes_its_digest() {
        let (worker, read, _) = loaded(20, Ok("abc".into())).await;
        while worker.card().digest.settled().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(read.load(Ordering::Relaxed), 20);
        assert_eq!(worker.sha256().await.as_deref(), Ok("abc"));
    }

    #[tokio::test]
    async fn whoever_must_know_has_it_read_to_the_end_and_a_failure_is_told_each_time() {
        let (worker, read, _) = loaded(50, Ok("abc".into())).await;
        assert_eq!(worker.sha256().await.as_deref(), Ok("abc"));
        assert_eq!(read.load(Ordering::Relaxed), 50);
        let (worker, ..) = loaded(3, Err(unreadable())).await;
        assert_eq!(worker.sha256().await, Err(unreadable()));
        assert_eq!(worker.sha256().await, Err(unreadable()));
        assert_eq!(worker.tokenize("ab".into()).await.map(|tokens| tokens.len()), Ok(2));
    }

    #[tokio::test]
    async fn a_request_comes_before_the_digest_and_a_model_that_goes_takes_it_along() {
        let (worker, read, is_dropped) = loaded(usize::MAX, Ok("abc".into())).await;
        assert_eq!(worker.tokenize("ab".into()).await.map(|tokens| tokens.len()), Ok(2));
        while read.load(Ordering::Relaxed) < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(worker.tokenize("abc".into()).await.map(|tokens| tokens.len()), Ok(3));
        assert!(worker.card().digest.settled().is_none());
        drop(worker);
        let gone =
            tokio::task::spawn_blocking(move || is_dropped.recv_timeout(Duration::from_secs(10)));
        assert_eq!(gone.await.unwrap(), Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn what_is_known_of_the_same_files_is_known() {
        let never = || {
            let (dropped, _) = mpsc::channel();
            let read = Arc::new(AtomicUsize::new(0));
            Pieces { left: usize::MAX, read, settled: Err(unreadable()), _dropped: dropped }
        };
        let at_once = |settled| Pieces { left: 0, settled, ..never() };
        let earlier = ModelDigest::computed_by("one".into(), at_once(Ok("abc".into())));
        let [same, other] =
            ["one", "two"].map(|files| ModelDigest::computed_by(files.into(), never()));
        same.learn_from(&earlier);
        assert_eq!(same.settled(), None, "it is not known yet");
        earlier.read_on();
        same.learn_from(&earlier);
        other.learn_from(&earlier);
        assert_eq!((same.settled(), other.settled()), (Some(Ok("abc".into())), None));
        let failed = ModelDigest::computed_by("two".into(), at_once(Err(unreadable())));
        failed.read_on();
        other.learn_from(&failed);
        assert_eq!(other.settled(), None);
    }
}
