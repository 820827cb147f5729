//! Threads that stay, for work of microseconds.
//!
//! The thread that asks works, too. Parts are taken one by one, so that a thread that the system holds up keeps nobody
//! waiting but for the part that it has. After its work a thread looks out for more for a short time, then it sleeps.
//!
//! **Invariant**: when [`Pool::run`] returns, no thread has the work any more, whatever happened to it.

use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread looks out for more work for so long: longer than what lies between two products of a layer.
const LOOKS_OUT: Duration = Duration::from_micros(60);
/// Looks between two glances at the clock.
const LOOKS: usize = 64;

/// In [`Shared::gate`]: how many workers are inside, whether more may enter, and the number of the work.
const INSIDE: u64 = 0xFFFF;
const OPEN: u64 = 1 << 16;
const NUMBER: u64 = 1 << 17;

type Work<'a> = dyn Fn(usize) + Sync + 'a;

/// Threads that work on parts of something together.
pub struct Pool {
    shared: Arc<Shared>,
    /// Held by the thread whose work is done.
    asking: Mutex<()>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    gate: AtomicU64,
    /// The next part that nobody has taken.
    next: AtomicUsize,
    work: UnsafeCell<Option<Task>>,
    failure: Mutex<Option<Box<dyn Any + Send>>>,
    /// How many sleep.
    sleepers: Mutex<usize>,
    bell: Condvar,
    ends: AtomicBool,
}

#[derive(Clone, Copy)]
struct Task {
    work: *const Work<'static>,
    parts: usize,
}

// SAFETY: `work` is written only while the gate is shut and nobody is inside, and read only inside.
unsafe impl Sync for Shared {}
// SAFETY: what the pointer leads to is `Sync`.
unsafe impl Send for Shared {}

impl Pool {
    /// So many threads, the one that asks among them.
    pub fn new(threads: usize) -> Self {
        Self::beginning_with(threads, || {})
    }

    /// The same; each of the others does `begin` first.
    pub fn beginning_with(threads: usize, begin: fn()) -> Self {
        let shared = Arc::new(Shared {
            gate: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            work: UnsafeCell::new(None),
            failure: Mutex::default(),
            sleepers: Mutex::default(),
            bell: Condvar::new(),
            ends: AtomicBool::new(false),
        });
        let worker = |number: usize| {
            let shared = Arc::clone(&shared);
            let named = thread::Builder::new().name(format!("kernels-{number}"));
            let serve = move || {
                begin();
                shared.serve();
            };
            // Where the system gives no thread, the others do its work.
            named.spawn(serve).ok()
        };
        let workers = (1..threads.min(INSIDE as usize)).filter_map(worker).collect();
        Self { shared, asking: Mutex::new(()), workers }
    }

    /// How many, the one that asks among them.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Does the parts `0..parts`, each once. Where the pool works for another thread, this one works alone.
    ///
    /// # Panics
    /// If a part does; the others may not have been done then.
    pub fn run(&self, parts: usize, work: &Work<'_>) {
        let asking = match self.asking.try_lock() {
            Ok(asking) => Some(asking),
            Err(TryLockError::Poisoned(asking)) => Some(asking.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        match asking {
            Some(asking) if parts > 1 && !self.workers.is_empty() => {
                self.share(parts, work, &asking);
            }
            _ => (0..parts).for_each(work),
        }
    }

    fn share(&self, parts: usize, work: &Work<'_>, _asking: &MutexGuard<'_, ()>) {
        let shared = &*self.shared;
        // SAFETY: only the lifetime changes; `Shut` ends every use of the work before this function is left.
        let work: *const Work<'static> = unsafe { std::mem::transmute(std::ptr::from_ref(work)) };
        // SAFETY: the gate is shut and nobody is inside: the last `Shut` has seen to it, and this thread alone asks.
        unsafe { *shared.work.get() = Some(Task { work, parts }) };
        shared.next.store(0, Ordering::Relaxed);
        let number = shared.gate.load(Ordering::Relaxed) / NUMBER + 1;
        let shut = Shut(shared);
        shared.gate.store((number * NUMBER) | OPEN, Ordering::SeqCst);
        if *lock(&shared.sleepers) > 0 {
            shared.bell.notify_all();
        }
        let own = catch_unwind(AssertUnwindSafe(|| shared.take_parts(Task { work, parts })));
        drop(shut);
        let failure = lock(&shared.failure).take();
        if let Some(failure) = own.err().or(failure) {
            resume_unwind(failure);
        }
    }
}

/// Lets nobody in any more, and waits until those inside have gone.
struct Shut<'a>(&'a Shared);

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        self.0.gate.fetch_and(!OPEN, Ordering::AcqRel);
        let mut looks = 0;
        while self.0.gate.load(Ordering::Acquire) & INSIDE != 0 {
            looks += 1;
            match looks % LOOKS {
                0 => thread::yield_now(),
                _ => std::hint::spin_loop(),
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::SeqCst);
        drop(lock(&self.shared.sleepers));
        self.shared.bell.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches what its work throws, so there is nothing to learn.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// A worker's life.
    fn serve(&self) {
        let mut seen = 0;
        while let Some(number) = self.wait(seen) {
            seen = number;
            if let Some(task) = self.enter(number) {
                if let Err(failure) = catch_unwind(AssertUnwindSafe(|| self.take_parts(task))) {
                    lock(&self.failure).get_or_insert(failure);
                }
                self.gate.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// The number of work that is newer than what was seen; nothing at the end.
    fn wait(&self, seen: u64) -> Option<u64> {
        let newer = || {
            let number = self.gate.load(Ordering::SeqCst) / NUMBER;
            (number != seen).then_some(number)
        };
        let began = Instant::now();
        while began.elapsed() < LOOKS_OUT {
            for _ in 0..LOOKS {
                if let Some(number) = newer() {
                    return Some(number);
                }
                std::hint::spin_loop();
            }
        }
        let mut sleepers = lock(&self.sleepers);
        *sleepers += 1;
        let found = loop {
            match newer() {
                _ if self.ends.load(Ordering::SeqCst) => break None,
                None => sleepers = self.bell.wait(sleepers).unwrap_or_else(PoisonError::into_inner),
                number => break number,
            }
        };
        *sleepers -= 1;
        found
    }

    /// The work of this number, unless it is over.
    fn enter(&self, number: u64) -> Option<Task> {
        let may_enter =
            |gate: u64| (gate / NUMBER == number && gate & OPEN != 0).then_some(gate + 1);
        self.gate.fetch_update(Ordering::AcqRel, Ordering::Relaxed, may_enter).ok()?;
        // SAFETY: this thread is inside, so the work stays as it was written before the gate was opened.
        unsafe { *self.work.get() }
    }

    fn take_parts(&self, task: Task) {
        // SAFETY: this thread is inside, or it is the one that asks: the work lives until all have gone.
        let work = unsafe { &*task.work };
        loop {
            let part = self.next.fetch_add(1, Ordering::Relaxed);
            if part >= task.parts {
                return;
            }
            work(part);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Miri is slow.
    const ROUNDS: usize = if cfg!(miri) { 20 } else { 2_000 };

    #[test]
    fn every_part_is_done_once_whether_threads_sleep_or_not() {
        let pool = Pool::new(3);
        for round in 0..ROUNDS {
            let done: Vec<AtomicUsize> = (0..round % 17).map(|_| AtomicUsize::new(0)).collect();
            pool.run(done.len(), &|part| {
                done[part].fetch_add(1, Ordering::Relaxed);
            });
            assert!(done.iter().all(|times| times.load(Ordering::Relaxed) == 1), "{round}");
            if round % 500 == 9 {
                thread::sleep(3 * LOOKS_OUT);
            }
        }
    }

    #[test]
    fn several_may_ask_at_once() {
        let pool = Pool::new(2);
        let sum = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..ROUNDS / 10 {
                        pool.run(5, &|part| {
                            sum.fetch_add(part, Ordering::Relaxed);
                        });
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), 3 * (ROUNDS / 10) * (1 + 2 + 3 + 4));
    }

    #[test]
    fn a_part_that_panics_is_told_of_and_the_pool_goes_on() {
        let pool = Pool::new(2);
        for bad in [0, 7] {
            let asked = AssertUnwindSafe(|| {
                pool.run(8, &|part| assert_ne!(part, bad, "the bad one"));
            });
            assert!(catch_unwind(asked).is_err());
        }
        let sum = AtomicUsize::new(0);
        pool.run(4, &|part| {
            sum.fetch_add(part, Ordering::Relaxed);
        });
        assert_eq!(sum.into_inner(), 6);
    }
}
