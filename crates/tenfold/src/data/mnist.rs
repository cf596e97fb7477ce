//! MNIST: where its files are kept, and how they come there.
//!
//! [`load`] takes the folder that `TENFOLD_DATA` names, or else the user's cache, which it fills from a mirror where
//! it is empty (feature `fetch`). In the cache the files are kept unpacked: 55 MB, and every later start is faster by
//! the time that unpacking takes. What is in the cache is MNIST, byte for byte, or is refused.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::mnist_files::{check_images, check_labels, names};
use super::{DataError, Dataset, folder, idx};

#[cfg(feature = "fetch")]
pub use super::fetch::{FetchEvent, FetchOptions, RemoteFile, fetch};
pub use super::mnist_files::{FILES, MnistFile, NAME};

/// MNIST: (training, test), 60,000 and 10,000 images `[28, 28]` in ten classes.
///
/// `TENFOLD_DATA`, where it is set, names the folder that is read, whatever IDX set is in it; it is used or refused,
/// never passed over. Otherwise the files come from [`cache_folder`], and are fetched into it first where they are
/// missing (feature `fetch`).
///
/// # Errors
/// Those of [`folder::load`] for `TENFOLD_DATA`, or [`DataError::EmptyVariable`]; for the cache those of [`load_from`];
/// those of fetching, or [`DataError::FetchUnavailable`].
pub fn load() -> Result<(Dataset, Dataset), DataError> {
    #[cfg(feature = "fetch")]
    return load_or_fetch(&mut |_| {});
    #[cfg(not(feature = "fetch"))]
    match env::var_os("TENFOLD_DATA") {
        Some(named) => load_named(named),
        None => {
            let folder = cache_folder()?;
            if is_missing(&folder) { Err(DataError::FetchUnavailable { folder }) } else { load_from(&folder) }
        }
    }
}

/// As [`load`], telling `progress` what is being fetched.
///
/// # Errors
/// As [`load`].
#[cfg(feature = "fetch")]
pub fn load_or_fetch(progress: &mut dyn FnMut(FetchEvent)) -> Result<(Dataset, Dataset), DataError> {
    if let Some(named) = env::var_os("TENFOLD_DATA") {
        return load_named(named);
    }
    let folder = cache_folder()?;
    if is_missing(&folder) {
        fetch(&FetchOptions::new(&folder), progress)?;
    }
    load_from(&folder)
}

/// MNIST from `folder`, plain or gzip: (training, test).
///
/// # Errors
/// [`DataError::NotMnist`] where a file's SHA-256 is not MNIST's; otherwise those of [`folder::load`].
pub fn load_from(folder: &Path) -> Result<(Dataset, Dataset), DataError> {
    let mut contents = folder::read(folder)?;
    match contents.not_mnist.take() {
        Some(error) => Err(error),
        None => contents.into_datasets(folder, NAME),
    }
}

/// What [`verify`] found out about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileCheck {
    /// The file.
    pub path: PathBuf,
    /// Whether it is what it should be.
    pub status: FileStatus,
}

/// Whether a file is MNIST's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileStatus {
    /// It is, byte for byte.
    Ok,
    /// It is not there.
    Missing,
    /// It is there and another.
    Wrong {
        /// MNIST's SHA-256 of the unpacked file, hexadecimal.
        expected: &'static str,
        /// The SHA-256 of what is there.
        found: String,
    },
    /// It cannot be read or unpacked.
    Unreadable {
        /// Why not.
        reason: String,
    },
}

/// Checks the four files in `folder`, in the order of [`FILES`]: those that [`load_from`] would read, or where not all four
/// are there, those with MNIST's own names.
#[must_use]
pub fn verify(folder: &Path) -> Vec<FileCheck> {
    let read = folder::find(folder).ok();
    let own = |which: usize| read.as_ref().map(|paths| paths[which].clone());
    FILES.iter().enumerate().map(|(which, file)| check_file(folder, own(which), which, file)).collect()
}

fn check_file(folder: &Path, read: Option<PathBuf>, which: usize, file: &MnistFile) -> FileCheck {
    let paths = names(file.name).map(|name| folder.join(name));
    let Some(path) = read.iter().chain(&paths).find(|path| path.is_file()) else {
        return FileCheck { path: folder.join(file.name), status: FileStatus::Missing };
    };
    let checked = if file.name.contains("images") {
        idx::read_images(path).and_then(|images| check_images(path, which, &images))
    } else {
        idx::read_labels(path).and_then(|labels| check_labels(path, which, &labels))
    };
    let status = match checked {
        Ok(()) => FileStatus::Ok,
        Err(DataError::NotMnist { expected, found, .. }) => FileStatus::Wrong { expected, found },
        Err(error) => FileStatus::Unreadable { reason: error.to_string() },
    };
    FileCheck { path: path.clone(), status }
}

/// The user's folder for MNIST: `tenfold/mnist` in `$XDG_CACHE_HOME` or `~/.cache`; on macOS in `~/Library/Caches`, on
/// Windows in `%LOCALAPPDATA%`. It need not exist.
///
/// # Errors
/// [`DataError::NoCacheFolder`] where none of these is known.
pub fn cache_folder() -> Result<PathBuf, DataError> {
    cache_folder_of(|variable| env::var_os(variable), env::home_dir())
}

fn cache_folder_of(
    variable: impl Fn(&str) -> Option<OsString>,
    home: Option<PathBuf>,
) -> Result<PathBuf, DataError> {
    let (name, below_home) = if cfg!(windows) {
        ("LOCALAPPDATA", "AppData/Local")
    } else if cfg!(target_os = "macos") {
        ("XDG_CACHE_HOME", "Library/Caches")
    } else {
        ("XDG_CACHE_HOME", ".cache")
    };
    // Relative paths are ignored, as the XDG Base Directory Specification asks.
    let named = variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    named
        .or_else(|| home.filter(|home| home.is_absolute()).map(|home| home.join(below_home)))
        .map(|caches| caches.join("tenfold").join("mnist"))
        .ok_or(DataError::NoCacheFolder { variable: name })
}

fn load_named(named: OsString) -> Result<(Dataset, Dataset), DataError> {
    if named.is_empty() { Err(DataError::EmptyVariable) } else { folder::load(Path::new(&named)) }
}

/// Whether a file of the four is not there, or the folder is not.
fn is_missing(folder: &Path) -> bool {
    matches!(folder::find(folder), Err(DataError::NoFolder { .. } | DataError::MissingFile { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_cache_folder_follows_the_xdg_specification() {
        let home = || Some(PathBuf::from("/home/me"));
        let with = |value: &'static str| cache_folder_of(|_| Some(value.into()), home()).unwrap();
        assert_eq!(with("/var/caches"), Path::new("/var/caches/tenfold/mnist"));
        assert_eq!(with("relative"), Path::new("/home/me/.cache/tenfold/mnist"));
        assert_eq!(with(""), Path::new("/home/me/.cache/tenfold/mnist"));
        assert_eq!(cache_folder_of(|_| None, home()).unwrap(), Path::new("/home/me/.cache/tenfold/mnist"));
        assert!(matches!(cache_folder_of(|_| None, None), Err(DataError::NoCacheFolder { .. })));
    }
}
