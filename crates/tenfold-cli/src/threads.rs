//! How many threads a command uses: what the user asks for, within reason.

use anyhow::ensure;
use tenfold::cores;

/// More than this is a slip of the finger.
const MOST: usize = 1024;

/// One thread a core unless the user says otherwise.
pub fn threads(asked: Option<usize>) -> anyhow::Result<usize> {
    let asked = asked.unwrap_or(0);
    ensure!(asked <= MOST, "--threads is {asked}; at most {MOST} is possible");
    Ok(cores::threads(asked).min(MOST))
}
