//! Writes in the background, so that training does not wait for the disk. The newest job wins: one that has not begun
//! when the next comes is dropped, since the next writes the same files with later contents.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() -> anyhow::Result<()> + Send>;

#[derive(Default)]
struct State {
    job: Option<Job>,
    closed: bool,
    error: Option<anyhow::Error>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that writes. Dropping it waits until everything is written.
pub struct Saver {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// A thread without work.
    ///
    /// # Errors
    /// Where the system starts none.
    pub fn new() -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().spawn({
            let shared = Arc::clone(&shared);
            move || work(&shared)
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands over the next job; one that still waits is dropped.
    pub fn put(&self, job: impl FnOnce() -> anyhow::Result<()> + Send + 'static) {
        self.shared.lock().job = Some(Box::new(job));
        self.shared.changed.notify_all();
    }

    /// The error of the last job that was done, where it failed, once.
    pub fn take_error(&self) -> Option<anyhow::Error> {
        self.shared.lock().error.take()
    }

    fn close(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic over there has printed itself; nothing of it is left to pass on.
            let _ = thread.join();
        }
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.close();
    }
}

fn work(shared: &Shared) {
    let mut state = shared.lock();
    loop {
        if let Some(job) = state.job.take() {
            drop(state);
            let result = job();
            state = shared.lock();
            state.error = result.err();
        } else if state.closed {
            return;
        } else {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_newest_job_is_always_done_and_a_waiting_one_is_dropped() {
        let done = Arc::new(Mutex::new(Vec::new()));
        let (begun, wait_begun) = mpsc::channel();
        let (go, wait_go) = mpsc::channel::<()>();
        let saver = Saver::new().unwrap();
        let job = |n: i32| {
            let done = Arc::clone(&done);
            move || {
                done.lock().unwrap().push(n);
                Ok(())
            }
        };
        saver.put(move || {
            begun.send(()).unwrap();
            wait_go.recv().unwrap();
            Ok(())
        });
        wait_begun.recv().unwrap();
        saver.put(job(1));
        saver.put(job(2));
        go.send(()).unwrap();
        drop(saver);
        assert_eq!(*done.lock().unwrap(), [2]);
    }

    #[test]
    fn an_error_is_told_once() {
        let mut saver = Saver::new().unwrap();
        saver.put(|| anyhow::bail!("disk full"));
        saver.close();
        assert_eq!(saver.take_error().unwrap().to_string(), "disk full");
        assert!(saver.take_error().is_none());
    }
}
