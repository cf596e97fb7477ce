//! A run's folder: its name, what lies in it, and where the newest is.
//!
//! Names are a number and what was trained: `runs/007-mnist-tutorial`. The folder is made with one `mkdir`, so two
//! programs started at once never share one; where it is trained into, it is locked. Nothing in here trains or judges.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use tenfold::train::EpochFigures;

use crate::files::{file_name, read_text, write};
use crate::result::RunResult;
use crate::run_record::RunRecord;

/// Where runs go unless the user says otherwise.
pub const RUNS: &str = "runs";

/// Within a run's folder, where the run that it replaces waits until it is finished.
const REPLACED: &str = "replaced";

/// A run's folder, which exists.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Whether it was made for this run.
    made: bool,
    /// Keeps others from training into it, as long as a clone of this lives.
    _lock: Option<Arc<File>>,
}

/// A folder in which a run is about to be made. Where it is made for that and still empty at the end, it is removed.
pub struct Place(Option<PathBuf>);

impl Place {
    fn clear(&self) {
        if let Some(path) = &self.0 {
            // Only an empty folder can be removed, so nothing is lost.
            let _ = fs::remove_dir(path);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

impl RunFolder {
    /// The folder `path`, whatever is in it.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf(), made: false, _lock: None }
    }

    /// The same, locked against all others that train into it. The lock is on the folder itself: there is no file to remove,
    /// and it ends with the process, however that ends. Where a folder cannot be locked (Windows, some networks' file systems),
    /// it stays unlocked.
    ///
    /// # Errors
    /// Where another process holds the lock.
    fn locked(self) -> anyhow::Result<Self> {
        let Ok(folder) = File::open(&self.path) else { return Ok(self) };
        match folder.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(Arc::new(folder)), ..self }),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "{}: another tenfold is training into this folder; wait until it is done, or train into another folder",
                    self.path.display()
                )
            }
            Err(TryLockError::Error(_)) => Ok(self),
        }
    }

    /// Makes `runs/NNN-what`, with the next free number.
    pub fn create_numbered(what: &str) -> anyhow::Result<Self> {
        let runs = Path::new(RUNS);
        create_all(runs)?;
        let mut number = numbered(runs)?.last().map_or(1, |(number, _)| number.saturating_add(1));
        loop {
            let path = runs.join(format!("{number:03}-{what}"));
            match fs::create_dir(&path) {
                Ok(()) => return Self { made: true, ..Self::at(&path) }.locked(),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < u64::MAX => {
                    number += 1
                }
                // Another program had made the folder, came to nothing, and took it away again.
                Err(error) if error.kind() == io::ErrorKind::NotFound => create_all(runs)?,
                Err(error) => return Err(error).with_context(|| cannot_create(&path)),
            }
        }
    }

    /// Refuses a place where no run's folder could be made, before any work is done for it: `out`, which is one run's folder or,
    /// with `several`, holds theirs; without it, [`RUNS`], which programs that begin together share.
    pub fn check_place(out: Option<&Path>, several: bool, overwrite: bool) -> anyhow::Result<Place> {
        let Some(path) = out else {
            let runs = Path::new(RUNS);
            if let Err(error) = Self::at(runs).check_writable() {
                // Where it was not there, another program may have made it by now.
                let missing = error
                    .downcast_ref()
                    .is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::NotFound);
                if runs.exists() && !missing {
                    return Err(error);
                }
                Self::at(Path::new(".")).check_writable().with_context(|| cannot_create(runs))?;
            }
            return Ok(Place((!runs.exists()).then(|| runs.to_path_buf())));
        };
        let folder = Self::at(path);
        folder.check_free(overwrite)?;
        let place = Place((!path.exists()).then(|| path.to_path_buf()));
        create_all(path)?;
        folder.check_writable()?;
        if !several {
            // Let go of again: what takes time comes between this and the run.
            folder.locked()?;
        }
        // And, where it was made just now, not left behind should that be interrupted.
        place.clear();
        Ok(place)
    }

    /// Refuses a folder that holds a run, or anything else that [`create`](Self::create) would remove, unless it may be
    /// `overwrite`n.
    pub fn check_free(&self, overwrite: bool) -> anyhow::Result<()> {
        if !overwrite && let Some(found) = self.files().iter().find(|path| path.symlink_metadata().is_ok()) {
            bail!(
                "{}: the folder holds a file of a run already ({}); choose another --out, or add --overwrite to replace it",
                self.path.display(),
                file_name(found)
            );
        }
        Ok(())
    }

    /// Makes the folder `path`, or takes it where it exists and holds no run's files (or may be `overwrite`n). What was trained
    /// there before is kept aside until [`forget_replaced`](Self::forget_replaced) or [`abandon`](Self::abandon).
    pub fn create(path: &Path, overwrite: bool) -> anyhow::Result<Self> {
        let made = !path.exists();
        create_all(path)?;
        let folder = Self { made, ..Self::at(path) }.locked()?;
        folder.check_free(overwrite)?;
        folder.check_writable()?;
        if overwrite {
            folder.set_aside()?;
            folder.sweep();
        }
        Ok(folder)
    }

    /// Moves a trained model and what belongs to it out of the way of a new run. What came to no model is removed, and what was
    /// set aside for it stays.
    fn set_aside(&self) -> anyhow::Result<()> {
        if !self.model().exists() {
            return self.remove_files();
        }
        let aside = Self::at(&self.path.join(REPLACED));
        create_all(&aside.path)?;
        aside.remove_files()?;
        self.files().iter().zip(aside.files()).try_for_each(|(file, aside)| rename(file, &aside))
    }

    /// The run that this one is about to replace, where there is one.
    pub fn replaced(&self) -> Option<Self> {
        Some(Self::at(&self.path.join(REPLACED))).filter(|aside| aside.model().exists())
    }

    /// Removes the run that this one, now finished, replaces.
    pub fn forget_replaced(&self) -> anyhow::Result<()> {
        if let Some(replaced) = self.replaced() {
            replaced.remove_files()?;
            // Where somebody else keeps something in it, it stays.
            let _ = fs::remove_dir(replaced.path);
        }
        Ok(())
    }

    fn remove_files(&self) -> anyhow::Result<()> {
        self.files().iter().try_for_each(|file| remove(file))
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

    fn files(&self) -> [PathBuf; 6] {
        [self.record_path(), self.model(), self.checkpoint(), self.metrics(), self.report(), self.full()]
    }

    /// Refuses a folder in which no file can be made.
    pub fn check_writable(&self) -> anyhow::Result<()> {
        tenfold::atomic::check_writable(&self.path)
            .with_context(|| format!("{}: cannot write into this folder", self.path.display()))
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

    /// Takes back a run that came to nothing: its files, and the folder where it was made for it and nothing else is in it. The
    /// run that it was to replace is there again.
    pub fn abandon(&self) {
        // What cannot be removed stays; the user is being told about the failure that led here.
        let _ = fs::remove_file(self.record_path());
        let _ = fs::remove_file(self.metrics());
        if let Some(replaced) = self.replaced() {
            for (file, aside) in self.files().iter().zip(replaced.files()) {
                let _ = rename(&aside, file);
            }
            let _ = fs::remove_dir(replaced.path);
        }
        if self.made {
            let _ = fs::remove_dir(&self.path);
        }
    }
}

/// metrics.jsonl: a line an epoch, then the result where there is one.
pub fn metrics_text(epochs: &[EpochFigures], result: Option<&RunResult>) -> String {
    let lines = epochs.iter().filter_map(|epoch| serde_json::to_string(epoch).ok());
    lines
        .chain(result.and_then(|result| serde_json::to_string(result).ok()))
        .map(|line| line + "\n")
        .collect()
}

/// `text` as part of a folder's name: lower case letters, digits and single dashes.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(40);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "run".into() } else { slug.into() }
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

fn create_all(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| cannot_create(path))
}

fn cannot_create(path: &Path) -> String {
    format!("cannot make the folder {}", path.display())
}

fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Moves a file, where it is there.
fn rename(from: &Path, to: &Path) -> anyhow::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot move {} to {}", from.display(), to.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_safe_folder_names() {
        assert_eq!(slug("MNIST"), "mnist");
        assert_eq!(slug("Fashion MNIST (mine)/../x"), "fashion-mnist-mine-x");
        assert_eq!(slug("数字"), "run");
    }

    #[test]
    fn runs_are_ordered_by_number_not_by_letters() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9-a", "010-a", "002-z", "notes", "1000-b"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let numbers: Vec<u64> = numbered(folder.path()).unwrap().into_iter().map(|(n, _)| n).collect();
        assert_eq!(numbers, [2, 9, 10, 1000]);
    }

    #[test]
    fn a_folder_that_holds_a_run_is_refused_unless_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("model.safetensors"), b"precious").unwrap();
        fs::write(folder.path().join("notes.txt"), b"mine").unwrap();
        fs::write(folder.path().join(".tenfold-x1"), b"half of a checkpoint").unwrap();
        let refused = RunFolder::create(folder.path(), false).unwrap_err().to_string();
        assert!(refused.contains("--overwrite"), "{refused}");
        assert_eq!(fs::read(folder.path().join("model.safetensors")).unwrap(), b"precious");
        let taken = RunFolder::create(folder.path(), true).unwrap();
        assert!(!taken.model().exists() && !folder.path().join(".tenfold-x1").exists());
        assert!(folder.path().join("notes.txt").exists());
    }

    #[test]
    fn a_place_that_was_tried_is_not_there_until_the_run_begins() {
        let temporary = tempfile::tempdir().unwrap();
        let out = temporary.path().join("out");
        let place = RunFolder::check_place(Some(&out), false, false).unwrap();
        assert!(!out.exists());
        RunFolder::create(&out, false).unwrap();
        drop(place);
        assert!(!out.exists(), "empty at the end");
        fs::create_dir(&out).unwrap();
        drop(RunFolder::check_place(Some(&out), false, false).unwrap());
        assert!(out.exists(), "it was there before");
    }

    #[test]
    fn a_run_that_is_replaced_is_kept_until_the_new_one_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("model.safetensors"), b"old").unwrap();
        fs::write(at("full.json"), b"old").unwrap();
        // Taken back: all is as it was.
        let new = RunFolder::create(folder.path(), true).unwrap();
        assert_eq!(fs::read(at("replaced/model.safetensors")).unwrap(), b"old");
        fs::write(at("run.json"), b"new").unwrap();
        new.abandon();
        assert_eq!(
            [at("model.safetensors"), at("full.json")].map(|f| fs::read(f).unwrap()),
            [b"old", b"old"]
        );
        assert!(!at("run.json").exists() && !at("replaced").exists());
        drop(new);
        // Killed, and begun anew: what was never finished replaces nothing.
        drop(RunFolder::create(folder.path(), true).unwrap());
        fs::write(at("run.json"), b"unfinished").unwrap();
        fs::write(at("checkpoint.safetensors"), b"unfinished").unwrap();
        let new = RunFolder::create(folder.path(), true).unwrap();
        assert_eq!(fs::read(at("replaced/model.safetensors")).unwrap(), b"old");
        assert!(!at("run.json").exists() && !at("checkpoint.safetensors").exists());
        // Finished.
        fs::write(at("model.safetensors"), b"new").unwrap();
        new.forget_replaced().unwrap();
        assert!(!at("replaced").exists());
        drop(new);
        // The next is replaced as a whole: of the one before nothing comes back.
        RunFolder::create(folder.path(), true).unwrap().abandon();
        assert_eq!(fs::read(at("model.safetensors")).unwrap(), b"new");
        assert!(!at("full.json").exists());
    }

    #[test]
    fn what_only_is_called_as_a_runs_file_is_not_removed_either() {
        for name in ["checkpoint.safetensors", "metrics.jsonl", "report.html", "full.json"] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(name);
            fs::write(&file, b"somebody's").unwrap();
            let refused = RunFolder::create(folder.path(), false).unwrap_err().to_string();
            assert!(refused.contains(name) && refused.contains("--overwrite"), "{refused}");
            assert_eq!(fs::read(&file).unwrap(), b"somebody's");
        }
    }
}
