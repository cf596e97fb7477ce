//! A run's folder: what lies in it, and where the newest is. Nothing in here trains or judges.
//!
//! `place` makes one, with a name that no other has; `replaced` keeps the run that was there before.

mod place;
mod replaced;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::files::{file_name, read_text, write};
use crate::run_record::RunRecord;

pub use place::slug;

/// Where runs go unless the user says otherwise.
pub const RUNS: &str = "runs";

/// A run's folder, which exists.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Whether it was made for this run.
    made: bool,
    /// Keeps others from training into it, as long as a clone of this lives.
    _lock: Option<Arc<File>>,
}

impl RunFolder {
    /// The folder `path`, whatever is in it.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf(), made: false, _lock: None }
    }

    /// Whether there is a run's record in it.
    pub fn has_record(&self) -> bool {
        self.record_path().exists()
    }

    /// The run in the folder `path`, and its record.
    pub fn open(path: &Path) -> anyhow::Result<(Self, RunRecord)> {
        let folder = Self::at(path);
        if path.is_file() {
            bail!("{}: is a file; name the run's folder, which holds it", path.display());
        }
        if !path.is_dir() {
            bail!("{}: no such folder; runs are the folders in {RUNS}/", path.display());
        }
        let record = folder.record_path();
        if !record.exists() {
            bail!("{}: holds no run (there is no run.json in it)", path.display());
        }
        let text = read_text(&record)?;
        let record = serde_json::from_str(&text)
            .with_context(|| format!("{}: is no run record", folder.record_path().display()))?;
        Ok((folder, record))
    }

    /// As [`open`](Self::open), to go on with its training.
    pub fn open_to_train(path: &Path) -> anyhow::Result<(Self, RunRecord)> {
        // Locked before the record is read: whoever trained into it until now may have finished the run.
        let folder = Self::at(path).locked()?;
        let (_, record) = Self::open(path)?;
        Ok((folder, record))
    }

    /// The newest finished run under `runs/`: that with the highest number.
    pub fn newest() -> anyhow::Result<Option<Self>> {
        Self::newest_in(Path::new(RUNS))
    }

    /// The same under another folder.
    pub fn newest_in(folder: &Path) -> anyhow::Result<Option<Self>> {
        let mut runs = numbered(folder)?;
        while let Some((_, path)) = runs.pop() {
            let folder = Self::at(&path);
            if folder.model().exists() {
                return Ok(Some(folder));
            }
        }
        Ok(None)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name, of `.` too.
    pub fn name(&self) -> String {
        let path = if self.path.as_os_str().is_empty() { Path::new(".") } else { &self.path };
        file_name(&path.canonicalize().unwrap_or_else(|_| path.to_path_buf()))
    }

    /// The trained model.
    pub fn model(&self) -> PathBuf {
        self.path.join("model.safetensors")
    }

    /// Where training can go on from; gone once it is finished.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// One JSON object an epoch, and a last one with the result.
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// The report.
    pub fn report(&self) -> PathBuf {
        self.path.join("report.html")
    }

    /// What `tenfold evaluate --full` found; the report shows it.
    pub fn full(&self) -> PathBuf {
        self.path.join("full.json")
    }

    fn record_path(&self) -> PathBuf {
        self.path.join("run.json")
    }

    /// All that a run may leave here, the model first.
    fn files(&self) -> [PathBuf; 6] {
        [self.model(), self.record_path(), self.checkpoint(), self.metrics(), self.report(), self.full()]
    }

    /// Removes what a killed program may have left: temporary files of unfinished writes.
    pub fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.path) else { return };
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(tenfold::atomic::PREFIX) {
                // What cannot be removed does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes run.json.
    pub fn save_record(&self, record: &RunRecord) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(record).context("cannot express the run as JSON")?;
        text.push('\n');
        write(&self.record_path(), text.as_bytes())
    }

    /// Removes the checkpoint of a finished run.
    pub fn remove_checkpoint(&self) -> anyhow::Result<()> {
        remove(&self.checkpoint())
    }
}

/// The folders `NNN-…` in `runs`, by number and then name. Without `runs`, none.
fn numbered(runs: &Path) -> anyhow::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read the folder {}", runs.display()));
        }
    };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let number = name.split('-').next()?.parse().ok()?;
            entry.path().is_dir().then(|| (number, entry.path()))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// Removes a file, where it is there.
fn remove(path: &Path) -> anyhow::Result<()> {
    where_there(fs::remove_file(path)).with_context(|| format!("cannot remove {}", path.display()))
}

/// What was done to a file; where there is none, nothing had to be.
fn where_there(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_ordered_by_number_not_by_letters() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9-a", "010-a", "002-z", "notes", "1000-b"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let numbers: Vec<u64> = numbered(folder.path()).unwrap().into_iter().map(|(n, _)| n).collect();
        assert_eq!(numbers, [2, 9, 10, 1000]);
    }
}
