//! How far a download is, how fast it goes, and how long it will take.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

/// The speed is that of the last so many seconds.
const WINDOW: Duration = Duration::from_secs(5);
/// Shortest time between two reports.
const INTERVAL: Duration = Duration::from_millis(100);

/// What is being done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Another download is under way.
    Queued,
    /// What is here already is read.
    Checking,
    /// Bytes are coming.
    Fetching,
    /// There was a failure with this code; there will be another try.
    Retrying(String),
    /// All of it is here.
    Done,
}

/// How far a download is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Progress {
    /// What is being done.
    pub phase: Phase,
    /// The file that is being fetched.
    pub file: String,
    /// Bytes that are here, of all files.
    pub bytes: u64,
    /// Bytes of all files.
    pub total_bytes: u64,
    /// Bytes that came in a second, lately.
    pub bytes_per_second: f64,
    /// Seconds until the end at this speed; none where nothing comes.
    pub seconds_left: Option<f64>,
}

/// Turns what happens into reports, few enough to be read.
pub(crate) struct Meter<'a> {
    report: &'a (dyn Fn(Progress) + Send + Sync),
    total_bytes: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    file: String,
    /// Bytes of the files before this one.
    before: u64,
    here: u64,
    reported: Option<Instant>,
    /// When so many bytes were here; only what came over the line.
    recent: VecDeque<(Instant, u64)>,
}

impl<'a> Meter<'a> {
    pub fn new(report: &'a (dyn Fn(Progress) + Send + Sync), total_bytes: u64) -> Self {
        Self { report, total_bytes, state: Mutex::default() }
    }

    /// Another file is begun, after `before` bytes of others.
    pub fn begin(&self, file: &str, before: u64) {
        self.change(|state| {
            state.file = file.to_owned();
            (state.before, state.here) = (before, 0);
            state.recent.clear();
        });
    }

    /// So many bytes of the file are here.
    pub fn bytes(&self, here: u64) {
        let now = Instant::now();
        let mut is_due = false;
        self.change(|state| {
            state.here = here;
            state.recent.push_back((now, here));
            while state.recent.front().is_some_and(|(at, _)| now - *at > WINDOW) {
                state.recent.pop_front();
            }
            is_due = state.reported.is_none_or(|at| now - at >= INTERVAL);
            if is_due {
                state.reported = Some(now);
            }
        });
        if is_due {
            self.tell(Phase::Fetching);
        }
    }

    /// Reports at once.
    pub fn tell(&self, phase: Phase) {
        let mut progress = None;
        self.change(|state| progress = Some(state.progress(phase, self.total_bytes)));
        if let Some(progress) = progress {
            (self.report)(progress);
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl State {
    fn progress(&self, phase: Phase, total_bytes: u64) -> Progress {
        let bytes = self.before + self.here;
        let bytes_per_second = match (self.recent.front(), self.recent.back()) {
            (Some((first, from)), Some((last, to))) if last > first => {
                to.saturating_sub(*from) as f64 / (*last - *first).as_secs_f64()
            }
            _ => 0.0,
        };
        let left = total_bytes.saturating_sub(bytes) as f64;
        let seconds_left = (bytes_per_second > 0.0).then(|| left / bytes_per_second);
        let file = self.file.clone();
        Progress { phase, file, bytes, total_bytes, bytes_per_second, seconds_left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_and_time_left_are_of_what_came_lately() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let state = State {
            before: 100,
            here: 300,
            recent: [(at(0), 100), (at(1), 150), (at(2), 300)].into(),
            ..State::default()
        };
        let progress = state.progress(Phase::Fetching, 1000);
        assert_eq!((progress.bytes, progress.bytes_per_second), (400, 100.0));
        assert_eq!(progress.seconds_left, Some(6.0));
        let nothing_yet = State::default().progress(Phase::Queued, 1000);
        assert_eq!((nothing_yet.bytes_per_second, nothing_yet.seconds_left), (0.0, None));
    }
}
