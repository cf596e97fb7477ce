//! Ctrl-C: the first asks training to stop at the next step, or reading after the pictures it is at; the second ends the program
//! at once.
//! SIGTERM and SIGHUP count as Ctrl-C, so that a job that is told to go also leaves a checkpoint. What was ignored when the
//! program began, such as SIGHUP under `nohup`, stays ignored, where the system tells (Linux).

use std::fmt;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

const SIGNALS: &[i32] = &[
    SIGINT,
    SIGTERM,
    #[cfg(unix)]
    signal_hook::consts::SIGHUP,
];

static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Exit status of an interrupted program, as shells have it: 128 + SIGINT.
pub const EXIT_STATUS: u8 = 130;

/// Training or reading was stopped by the user; everything about it has been said already.
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
    let asked = Arc::new(AtomicBool::new(false));
    if ASKED.set(Arc::clone(&asked)).is_err() {
        return;
    }
    let ignored = ignored();
    for &signal in SIGNALS.iter().filter(|&signal| ignored >> (signal - 1) & 1 == 0) {
        // Where the system refuses a handler, Ctrl-C keeps its ordinary meaning: the last epoch's checkpoint is what training can
        // go on from.
        let _ = flag::register_conditional_shutdown(signal, i32::from(EXIT_STATUS), Arc::clone(&asked))
            .and_then(|_| flag::register(signal, Arc::clone(&asked)));
    }
}

/// Signals that are ignored: bit n - 1 is signal n's.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Whether the user asked to stop.
pub fn asked() -> bool {
    ASKED.get().is_some_and(|asked| asked.load(Ordering::SeqCst))
}
