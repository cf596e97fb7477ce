//! Whole-file writes that either happen or do not: temporary file in the same folder, fsync, rename.
//!
//! A reader never sees half a file, and a full disk or a killed process leaves what was there before. Symbolic links are
//! followed. What is no regular file (a pipe, a device) cannot be replaced and is written into, as it comes. This file does
//! not create folders and does not append.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// How the names of temporary files begin.
pub const PREFIX: &str = ".tenfold-";

/// Replaces the file at `path` with `bytes`, or leaves it as it was and returns the error.
///
/// # Errors
/// Any error of creating, writing, syncing or renaming the temporary file; it is removed again.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write()`], for contents that are produced piece by piece.
///
/// # Errors
/// As [`write()`], and whatever `fill` returns.
pub fn write_with(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return fill(&mut File::options().write(true).open(path)?),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let path = end_of_links(path);
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    {
        // Temporary files are private to their owner; what we ship is as readable as the umask allows.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder).map_err(bare)?;
    fill(temporary.as_file_mut())?;
    temporary.as_file().sync_all()?;
    temporary.persist(&path).map_err(|error| error.error)?;
    #[cfg(unix)]
    {
        // The file is in its place; a folder that may be written but not read cannot be synced, and need not be.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}

/// Whether a file can be made in `folder`.
///
/// # Errors
/// Why it cannot.
pub fn check_writable(folder: &Path) -> io::Result<()> {
    tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder).map(drop).map_err(bare)
}

/// The error without the name of the temporary file, of which no user has heard.
fn bare(error: io::Error) -> io::Error {
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}

/// Where symbolic links at `path` lead, whether a file is there already or not.
fn end_of_links(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    while let Ok(next) = fs::read_link(&path) {
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.bin");
        write(&path, b"old").unwrap();
        let failed = write_with(&path, |file| {
            file.write_all(b"half")?;
            Err(io::Error::other("disk full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_to_files_that_are_there_and_to_those_that_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let [file, near, far] = ["models/file", "near", "far"].map(|name| folder.path().join(name));
        fs::create_dir(folder.path().join("models")).unwrap();
        std::os::unix::fs::symlink("models/file", &near).unwrap();
        std::os::unix::fs::symlink(&near, &far).unwrap();
        for bytes in [b"first", b"later"] {
            write(&far, bytes).unwrap();
            assert_eq!(fs::read(&file).unwrap(), bytes);
            assert!(near.is_symlink() && far.is_symlink() && !file.is_symlink());
        }
        std::os::unix::fs::symlink("round", folder.path().join("round")).unwrap();
        assert!(write(&folder.path().join("round"), b"and round").is_err());
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_written_into_and_stays_a_pipe() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let [pipe, link] = ["pipe", "link"].map(|name| folder.path().join(name));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [&pipe, &link] {
            let reader = std::thread::spawn({
                let pipe = pipe.clone();
                move || fs::read(pipe).unwrap()
            });
            write(path, b"flows").unwrap();
            assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
            assert_eq!(reader.join().unwrap(), b"flows");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(write(folder.path(), b"a folder").is_err());
    }
}
