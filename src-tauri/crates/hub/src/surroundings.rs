//! What fetching takes from the machine: the time, waiting, the free room on the disk. Given, so that tests are quick.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Waits for a while.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Tells how many bytes are free on the disk of a folder.
pub type FreeBytes = Arc<dyn Fn(&Path) -> std::io::Result<u64> + Send + Sync>;

/// The clock, waiting, and the disk.
#[derive(Clone)]
pub struct Surroundings {
    /// Tells the time, in milliseconds since 1970.
    pub now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Waits between two tries.
    pub sleep: Sleep,
    /// Tells how much room there is.
    pub free_bytes: FreeBytes,
}

impl Surroundings {
    /// Those of this computer.
    pub fn of_this_computer() -> Self {
        Self {
            now_ms: Arc::new(|| {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
            }),
            sleep: Arc::new(|duration| Box::pin(tokio::time::sleep(duration))),
            free_bytes: Arc::new(|folder| fs4::available_space(folder)),
        }
    }
}
