//! Where a run's folder comes to be: a free place, a name, a lock. What a former run left there is `replaced`'s matter.
//!
//! Names are a number and what was trained: `runs/007-mnist-tutorial`. The folder is made with one `mkdir`, so two
//! programs started at once never share one; where it is trained into, it is locked.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};

use super::{RUNS, RunFolder, numbered};
use crate::files::file_name;

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
    /// The same, locked against all others that train into it. The lock is on the folder itself: there is no file to remove,
    /// and it ends with the process, however that ends. Where a folder cannot be locked (Windows, some networks' file systems),
    /// it stays unlocked.
    ///
    /// # Errors
    /// Where another process holds the lock.
    pub(super) fn locked(self) -> anyhow::Result<Self> {
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

    /// Refuses a folder in which no file can be made.
    pub fn check_writable(&self) -> anyhow::Result<()> {
        tenfold::atomic::check_writable(&self.path)
            .with_context(|| format!("{}: cannot write into this folder", self.path.display()))
    }
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

pub(super) fn create_all(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| cannot_create(path))
}

fn cannot_create(path: &Path) -> String {
    format!("cannot make the folder {}", path.display())
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
