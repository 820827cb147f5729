//! How many cores a model computes on.
//!
//! Threads that compute look out for each other. On every core they fight with whatever else runs,
//! the window among it: measured on two cores with one other busy process, a token of a small model took 140 ms on two
//! threads and 3 ms on one. So one core is left alone unless the person says otherwise.

use std::sync::OnceLock;

use bimo_kernels::Pool;

/// Where candle looks, once, when it first computes, and [`pool`] does.
const VARIABLE: &str = "CANDLE_NUM_THREADS";

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

/// The threads of everything that is computed on the processor.
pub(crate) fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let stated = std::env::var(VARIABLE).ok().and_then(|number| number.parse().ok());
        Pool::new(stated.unwrap_or_else(|| free_cores(cores())))
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
}
