//! The run that a new one replaces: kept aside until that is finished, and put back where it comes to nothing.
//!
//! The model goes last, and comes back first: wherever it is, what lies beside it is its run's, whenever the program is killed.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::place::create_all;
use super::{RunFolder, remove, where_there};

/// Within a run's folder, where the run that it replaces waits until it is finished.
const REPLACED: &str = "replaced";

impl RunFolder {
    /// Moves a trained model and what belongs to it out of the way of a new run. What came to no model is removed, and what was
    /// set aside for it stays.
    pub(super) fn set_aside(&self) -> anyhow::Result<()> {
        if !self.model().exists() {
            return self.remove_files();
        }
        let aside = Self::at(&self.path.join(REPLACED));
        create_all(&aside.path)?;
        // Without a model, what is there belongs to this run: a program was killed while it moved it.
        if aside.model().exists() {
            aside.remove_files()?;
        }
        self.files().iter().zip(aside.files()).rev().try_for_each(|(file, aside)| rename(file, &aside))
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
        self.files().iter().rev().try_for_each(|file| remove(file))
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

/// Moves a file, where it is there.
fn rename(from: &Path, to: &Path) -> anyhow::Result<()> {
    where_there(fs::rename(from, to))
        .with_context(|| format!("cannot move {} to {}", from.display(), to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_run_that_was_being_moved_when_the_program_was_killed_is_whole_again() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("replaced")).unwrap();
        fs::write(at("replaced/run.json"), b"old").unwrap();
        fs::write(at("model.safetensors"), b"old").unwrap();
        RunFolder::create(folder.path(), true).unwrap().abandon();
        let found = ["model.safetensors", "run.json"].map(|file| fs::read(at(file)).unwrap());
        assert_eq!(found, [b"old", b"old"]);
    }
}
