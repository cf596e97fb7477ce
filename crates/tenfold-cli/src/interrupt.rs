//! Ctrl-C: the first asks training to stop at the next step, the second ends the program at once.
//! SIGTERM and SIGHUP count as Ctrl-C, so that a job that is told to go also leaves a checkpoint.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Exit status of an interrupted program, as shells have it: 128 + SIGINT.
pub const EXIT_STATUS: u8 = 130;

/// Training was stopped by the user; everything about it has been said already.
#[derive(Debug)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// From now on Ctrl-C is noted in [`asked`] instead of ending the program. Called again, does nothing.
pub fn watch() {
    // The only errors are that a handler is there already (ours) and that the system refuses one: then Ctrl-C keeps
    // its ordinary meaning, and the last epoch's checkpoint is what training can go on from.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(EXIT_STATUS));
        }
    });
}

/// Whether the user asked to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}
