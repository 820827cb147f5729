//! How long to wait, and how often to try again.

use std::time::Duration;

/// Most that a server can make the program wait with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How long to wait for a server, and how often to ask it again.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// For the next bytes.
    pub stall: Duration,
    /// Tries of one request that bring nothing, the first included.
    pub tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(20), stall: Duration::from_secs(30), tries: 5 }
    }
}

/// The pause before another try, after `failures` of them: twice as long each time, unless the server named one.
pub(crate) fn pause(failures: u32, asked: Option<Duration>) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(10));
    asked.map_or(doubled.min(LONGEST_PAUSE), |asked| asked.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_the_server_is_heeded_to_a_limit() {
        let seconds = |failures, asked: Option<u64>| {
            pause(failures, asked.map(Duration::from_secs)).as_secs()
        };
        let growing: Vec<u64> = (1..8).map(|failures| seconds(failures, None)).collect();
        assert_eq!(growing, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!((seconds(u32::MAX, None), seconds(1, Some(7))), (30, 7));
        assert_eq!((seconds(1, Some(0)), seconds(1, Some(120))), (0, 120));
        assert_eq!(seconds(1, Some(121)), 120);
    }
}
