//! Fetches MNIST from its mirrors into a folder.

use std::path::PathBuf;
use std::time::Duration;

use super::{DataError, mnist};

/// Where MNIST is mirrored, in the order tried. Each ends in a slash; a file's name and `.gz` follow.
pub const MIRRORS: [&str; 2] =
    ["https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"];

/// A file to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its name in the folder; mirrors keep it as `name.gz`.
    pub name: String,
    /// SHA-256 of the unpacked file, hexadecimal, small letters.
    pub sha256: String,
    /// Its size unpacked, in bytes.
    pub bytes: u64,
}

/// What to fetch, whence, whither, and how patiently.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Where the files go; created where it is missing.
    pub folder: PathBuf,
    /// Addresses ending in a slash, in the order tried.
    pub mirrors: Vec<String>,
    /// The files.
    pub files: Vec<RemoteFile>,
    /// The longest that finding a host, and then connecting to it, may take each.
    pub connect_timeout: Duration,
    /// The longest a connection may go without a useful amount of bytes.
    pub stall_timeout: Duration,
    /// The longest that all mirrors together may go without giving a single byte of a file.
    pub give_up: Duration,
}

impl FetchOptions {
    /// MNIST's four files into `folder` from [`MIRRORS`].
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let file = |file: &mnist::MnistFile| RemoteFile {
            name: file.name.into(),
            sha256: file.sha256.into(),
            bytes: file.bytes,
        };
        Self {
            folder: folder.into(),
            mirrors: MIRRORS.map(String::from).to_vec(),
            files: mnist::FILES.iter().map(file).collect(),
            connect_timeout: Duration::from_secs(3),
            stall_timeout: Duration::from_secs(6),
            give_up: Duration::from_secs(15),
        }
    }
}

/// What happens during [`fetch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchEvent<'a> {
    /// The file is in the folder already, and right.
    Present {
        /// The file's name.
        file: &'a str,
    },
    /// Bytes of a file have come (packed bytes, those of an earlier, broken-off fetch included).
    Progress {
        /// The file's name.
        file: &'a str,
        /// The mirror's address.
        mirror: &'a str,
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all, where the mirror says.
        total: Option<u64>,
    },
    /// A mirror did not give the file; the next one is tried.
    MirrorFailed {
        /// The file's name.
        file: &'a str,
        /// The mirror's address.
        mirror: &'a str,
        /// Why not.
        reason: &'a str,
    },
    /// A file is in the folder, unpacked and checked.
    Finished {
        /// The file's name.
        file: &'a str,
    },
}

/// Fetches the files that are missing or wrong in `options.folder`, checks them, and returns the folder.
///
/// # Errors
/// [`DataError::FetchFailed`] with each mirror's reason; [`DataError::Io`] where the folder cannot be written.
pub fn fetch(options: &FetchOptions, progress: &mut dyn FnMut(FetchEvent)) -> Result<PathBuf, DataError> {
    let _ = (options, progress);
    todo!()
}
