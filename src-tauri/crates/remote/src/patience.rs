//! How long to wait, how often to try again, and what that takes from the machine.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Most that a server can make the program wait with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// How long to wait for a server, and how often to ask it again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the first bytes: a long prompt takes a server minutes to read.
    pub first: Duration,
    /// For the next bytes.
    pub idle: Duration,
    /// For a whole answer.
    pub total: Duration,
    /// Tries of one request, the first included.
    pub tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first: Duration::from_secs(300),
            idle: Duration::from_secs(60),
            total: Duration::from_secs(1800),
            tries: 4,
        }
    }
}

/// Waits for a while.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// The clock, waiting, and chance. Given, so that tests are quick and always the same.
#[derive(Clone)]
pub struct Surroundings {
    /// Tells the time, in milliseconds since 1970.
    pub now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Waits between two tries.
    pub sleep: Sleep,
    /// A number from 0 up to but not with 1, another each time.
    pub chance: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl Surroundings {
    /// Those of this computer. `chance` gives numbers from 0 up to 1.
    pub fn of_this_computer(chance: Arc<dyn Fn() -> f64 + Send + Sync>) -> Self {
        Self {
            now_ms: Arc::new(|| {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
            }),
            sleep: Arc::new(|duration| Box::pin(tokio::time::sleep(duration))),
            chance,
        }
    }
}

/// The pause before another try, after `failures` of them: twice as long each time, of which `chance` takes up to half,
/// so that many who were sent away do not come back together. Where the server named a time it is that, and up to a
/// tenth more.
pub(crate) fn pause(failures: u32, asked: Option<Duration>, chance: f64) -> Duration {
    match asked {
        Some(asked) => asked.min(LONGEST_WAIT).mul_f64(1.0 + chance / 10.0),
        None => {
            let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10));
            doubled.min(LONGEST_PAUSE).mul_f64(1.0 - chance / 2.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_chance_spreads_them() {
        let ms = |failures, asked: Option<u64>, chance| {
            pause(failures, asked.map(Duration::from_secs), chance).as_millis()
        };
        let growing: Vec<u128> = (1..8).map(|failures| ms(failures, None, 0.0)).collect();
        assert_eq!(growing, [1000, 2000, 4000, 8000, 16000, 20000, 20000]);
        assert_eq!((ms(1, None, 0.5), ms(3, None, 1.0)), (750, 2000));
        assert_eq!((ms(9, Some(7), 0.0), ms(1, Some(7), 1.0)), (7000, 7700));
        assert_eq!((ms(1, Some(0), 0.9), ms(1, Some(9999), 0.0)), (0, 60000));
    }
}
