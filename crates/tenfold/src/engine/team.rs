//! A team of threads that work in step: all run the same function, and meet at barriers inside it.
//!
//! A training step lasts some 40 µs and has four barriers, so waiting means spinning, for a short while; a thread that
//! waits longer gives its core away, and between two jobs it sleeps. With more threads than cores nobody spins.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::cores::{self, cores};

/// How often a waiting thread looks before it gives its core away: some 50 µs.
const LOOKS: u32 = 4000;

/// A place where all threads of a team wait for each other.
pub(crate) struct Barrier {
    /// Each thread's own, which it alone writes: how often it has come.
    came: Vec<Came>,
    looks: u32,
}

/// Alone in its lines of memory, so that a thread that says it has come waits for nobody who looks at another's.
#[repr(align(128))]
struct Came(AtomicU32);

impl Barrier {
    pub(crate) fn new(threads: usize) -> Self {
        let looks = if threads > cores() { 0 } else { LOOKS };
        Self { came: (0..threads).map(|_| Came(AtomicU32::new(0))).collect(), looks }
    }

    /// Returns once all threads of the team are here, of which this is number `thread`. What they wrote before, all may
    /// read after.
    pub(crate) fn wait(&self, thread: usize) {
        self.wait_after(thread, || {});
    }

    /// The same, and does `work` while the others are on their way: it touches nothing of theirs.
    pub(crate) fn wait_after(&self, thread: usize, work: impl FnOnce()) {
        let own = &self.came[thread].0;
        let round = own.load(Ordering::Relaxed).wrapping_add(1);
        own.store(round, Ordering::Release);
        work();
        let mut looks = self.looks;
        for came in &self.came {
            // Here, or one barrier further already: none is two before this thread leaves.
            while came.0.load(Ordering::Acquire).wrapping_sub(round) > 1 {
                if looks > 0 {
                    looks -= 1;
                    std::hint::spin_loop();
                } else {
                    std::thread::yield_now();
                }
            }
        }
    }
}

type Job = *const (dyn Fn(usize) + Sync);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Counts jobs; a worker that still spins sees it change.
    posted: AtomicU32,
    failed: AtomicBool,
}

struct State {
    job: Option<Job>,
    number: u32,
    running: usize,
    closing: bool,
}

// SAFETY: the job pointer is only used while `Team::run`, which holds the reference, waits for all workers.
unsafe impl Send for State {}

/// Threads that wait for jobs.
pub(crate) struct Team {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    looks: u32,
}

impl Team {
    /// A team of `threads`, one per core where that is 0: the calling thread, and the others newly started.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub(crate) fn new(threads: usize) -> std::io::Result<Self> {
        let threads = cores::threads(threads);
        let looks = if threads > cores() { 0 } else { LOOKS };
        let shared = Arc::new(Shared {
            state: Mutex::new(State { job: None, number: 0, running: 0, closing: false }),
            changed: Condvar::new(),
            posted: AtomicU32::new(0),
            failed: AtomicBool::new(false),
        });
        let mut team = Self { shared, workers: Vec::new(), looks };
        for index in 1..threads {
            let shared = Arc::clone(&team.shared);
            let worker = std::thread::Builder::new()
                .name(format!("tenfold-{index}"))
                .spawn(move || work(&shared, index, looks))?;
            team.workers.push(worker);
        }
        Ok(team)
    }

    pub(crate) fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `job(index)` on every thread of the team and returns when all are done.
    pub(crate) fn run(&mut self, job: &(dyn Fn(usize) + Sync)) {
        if self.workers.is_empty() {
            job(0);
            return;
        }
        // SAFETY: only the lifetime is forgotten; this function does not return (or unwind: see `Waiting`) before every
        // worker is done with the job.
        let forgotten: Job = unsafe { std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), Job>(job) };
        {
            let mut state = lock(&self.shared.state);
            state.job = Some(forgotten);
            state.number = state.number.wrapping_add(1);
            state.running = self.workers.len();
            self.shared.posted.store(state.number, Ordering::Release);
        }
        self.shared.changed.notify_all();
        let waiting = Waiting(self);
        job(0);
        drop(waiting);
        assert!(!self.shared.failed.load(Ordering::Acquire), "a worker thread panicked");
    }
}

/// Waits for the workers when dropped, also where the caller's own part of the job panics.
struct Waiting<'a>(&'a Team);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut looks = self.0.looks;
        let mut state = lock(&self.0.shared.state);
        while state.running > 0 {
            if looks > 0 {
                drop(state);
                for _ in 0..20 {
                    std::hint::spin_loop();
                }
                looks = looks.saturating_sub(20);
                state = lock(&self.0.shared.state);
            } else {
                state = self.0.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
        state.job = None;
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.shared.state);
            state.closing = true;
            state.number = state.number.wrapping_add(1);
            self.shared.posted.store(state.number, Ordering::Release);
        }
        self.shared.changed.notify_all();
        for worker in self.workers.drain(..) {
            // A worker that panicked has been reported by `run`.
            let _ = worker.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn work(shared: &Shared, index: usize, looks: u32) {
    let mut seen = 0;
    loop {
        let mut left = looks;
        while left > 0 && shared.posted.load(Ordering::Acquire) == seen {
            std::hint::spin_loop();
            left -= 1;
        }
        let mut state = lock(&shared.state);
        while state.number == seen {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        seen = state.number;
        if state.closing {
            return;
        }
        let Some(job) = state.job else { continue };
        drop(state);
        // SAFETY: `run` keeps the job alive until `running` is 0.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| unsafe { (*job)(index) }));
        if result.is_err() {
            shared.failed.store(true, Ordering::Release);
        }
        lock(&shared.state).running -= 1;
        shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn all_threads_pass_every_barrier_together() {
        for threads in [1, 2, 7] {
            let mut team = Team::new(threads).unwrap();
            assert_eq!(team.threads(), threads);
            let barrier = Barrier::new(threads);
            let counter = AtomicUsize::new(0);
            for _ in 0..20 {
                counter.store(0, Ordering::SeqCst);
                team.run(&|thread| {
                    for round in 1..=50 {
                        counter.fetch_add(1, Ordering::Relaxed);
                        barrier.wait(thread);
                        assert_eq!(counter.load(Ordering::Relaxed), round * threads);
                        barrier.wait(thread);
                    }
                });
            }
        }
    }
}
