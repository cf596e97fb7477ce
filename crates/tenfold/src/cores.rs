//! How many threads: as many as were asked for, or one per core; and jobs that they share.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Cores this process may use, at least 1.
#[must_use]
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// `asked` threads; one per core where that is 0.
#[must_use]
pub fn threads(asked: usize) -> usize {
    if asked == 0 { cores() } else { asked }
}

/// Does every job once, on `threads` threads, or on as many as the system starts; this is one of them.
pub(crate) fn share<J: Send>(threads: usize, jobs: impl Iterator<Item = J> + Send, work: impl Fn(J) + Sync) {
    let threads = jobs.size_hint().1.map_or(threads, |most| threads.min(most));
    let jobs = Mutex::new(jobs);
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(job) = next() {
            work(job);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once_by_any_number_of_threads() {
        for threads in [0, 1, 3, 50] {
            let mut done = [0u8; 20];
            share(threads, done.iter_mut().enumerate(), |(number, times)| *times += 1 + number as u8);
            assert_eq!(done, std::array::from_fn(|number| 1 + number as u8));
        }
    }
}
