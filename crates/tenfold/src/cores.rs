//! How many threads: as many as were asked for, or one per core. Starts none.

use std::num::NonZero;

/// Cores this process may use, at least 1.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

/// `asked` threads; one per core where that is 0.
#[must_use]
pub fn threads(asked: usize) -> usize {
    if asked == 0 { cores() } else { asked }
}
