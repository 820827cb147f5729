//! How many cores a model computes on, and whose turn it is there.
//!
//! Threads that compute look out for each other. On every core they fight with whatever else runs,
//! the window among it: measured on two cores with one other busy process, a token of a small model took 140 ms on two
//! threads and 3 ms on one. So one core is left alone unless the person says otherwise.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bimo_kernels::Pool;

/// Where candle looks, once, when it first computes, and [`pool`] does.
const VARIABLE: &str = "CANDLE_NUM_THREADS";

/// Of 100, where 50 is an ordinary thread's: niceness 9 on Linux, below normal on Windows.
#[cfg(any(target_os = "linux", windows))]
const BACKGROUND: u8 = 25;

/// Set once by a program in whose window a person types.
static IN_THE_BACKGROUND: AtomicBool = AtomicBool::new(false);

/// Sets the number of threads for the whole process; 0 leaves one core free. A number in the environment wins.
///
/// For the first lines of `main`, before there is any other thread.
pub fn settle_threads(chosen: usize) {
    if std::env::var_os(VARIABLE).is_some() {
        return;
    }
    let threads = if chosen == 0 { free_cores(cores()) } else { chosen };
    #[expect(unsafe_code, reason = "the environment is changed before there is a second thread")]
    // SAFETY: the caller is the only thread, so nothing reads the environment meanwhile.
    unsafe {
        std::env::set_var(VARIABLE, threads.to_string());
    }
}

/// Lets all threads that compute give way to others, the window's among them: a key does not wait for a token. On a
/// computer that has nothing else to do they compute as fast as ever.
///
/// For the first lines of `main`: threads that compute already stay as they are.
pub fn compute_in_the_background() {
    IN_THE_BACKGROUND.store(true, Ordering::Relaxed);
}

/// The first thing that a thread does which computes: one that loads a model also computes with it.
pub(crate) fn begin_to_compute() {
    if IN_THE_BACKGROUND.load(Ordering::Relaxed) {
        give_way();
    }
}

/// Lets others go before this thread, and on Linux before the threads that it will begin.
#[cfg(any(target_os = "linux", windows))]
fn give_way() {
    use thread_priority::{ThreadPriority, set_current_thread_priority};

    let lowered = ThreadPriority::try_from(BACKGROUND).map(set_current_thread_priority);
    if !matches!(lowered, Ok(Ok(()))) {
        tracing::debug!("a thread that computes keeps its priority");
    }
}

/// Nothing needs to be done on macOS, where a window's thread is of a higher class than any that a program begins.
#[cfg(not(any(target_os = "linux", windows)))]
fn give_way() {}

/// The threads of everything that is computed on the processor.
pub(crate) fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let stated = std::env::var(VARIABLE).ok().and_then(|number| number.parse().ok());
        let threads = stated.unwrap_or_else(|| free_cores(cores()));
        Pool::beginning_with(threads, begin_to_compute)
    })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn free_cores(cores: usize) -> usize {
    cores.saturating_sub(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_left_for_everything_else() {
        assert_eq!([1, 2, 3, 8].map(free_cores), [1, 1, 2, 7]);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_thread_gives_way_alone() {
        let niceness = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let behind_the_name = stat.rsplit(") ").next().unwrap();
            behind_the_name.split(' ').nth(16).unwrap().parse::<i32>().unwrap()
        };
        let before = niceness();
        let computing = std::thread::spawn(move || {
            give_way();
            niceness()
        });
        assert!(computing.join().unwrap() >= 9);
        assert_eq!(niceness(), before);
    }
}
