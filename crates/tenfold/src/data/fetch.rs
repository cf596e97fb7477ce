//! Fetches MNIST from its mirrors into a folder, unpacked.
//!
//! Mirrors are asked in order, file by file. What comes is kept in a `.part` file, so that a fetch that was broken off
//! goes on where it ended; is unpacked; and takes its place in the folder only when its SHA-256 is right, at once and
//! whole. A mirror that is down, slow, or sends anything else (an error page, half a file, another file, bytes without
//! end) is named with its reason, and the next one is asked. Several processes may fetch into one folder at once.

mod part;
mod transfer;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use self::part::Part;
use self::transfer::{Failure, Patience, transfer};
use super::{DataError, mnist_files};
use crate::atomic;

/// How often a mirror is asked for one file where its connection breaks.
const REQUESTS: usize = 3;

/// Where MNIST is mirrored, in the order tried. A file's name and `.gz` follow.
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
    /// Addresses of folders, in the order tried.
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
        let file = |file: &mnist_files::MnistFile| RemoteFile {
            name: file.name.into(),
            sha256: file.sha256.into(),
            bytes: file.bytes,
        };
        Self {
            folder: folder.into(),
            mirrors: MIRRORS.map(String::from).to_vec(),
            files: mnist_files::FILES.iter().map(file).collect(),
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
/// [`DataError::FetchFailed`] with each mirror's reason; [`DataError::Unwritable`] where the folder cannot be written.
pub fn fetch(options: &FetchOptions, progress: &mut dyn FnMut(FetchEvent)) -> Result<PathBuf, DataError> {
    let folder = &options.folder;
    let unwritable = |reason| DataError::Unwritable { folder: folder.clone(), reason };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let mut patience = Patience::new(options.give_up);
    // Why a mirror is not asked any more.
    let mut unusable = vec![None::<String>; options.mirrors.len()];
    for file in &options.files {
        let name = file.name.as_str();
        if is_present(folder, file) {
            progress(FetchEvent::Present { file: name });
            continue;
        }
        let mut part = Part::open(&folder.join(name)).map_err(unwritable)?;
        let mut attempts = Vec::new();
        // An earlier fetch may have been ended between its last byte and the check.
        let mut fetched = part.is_complete() && unpack(&part, folder, file).map_err(unwritable)?.is_ok();
        // Unpacking and checking took their time, which is no mirror's.
        patience.renew();
        for (mirror, unusable) in options.mirrors.iter().zip(&mut unusable) {
            if fetched {
                break;
            }
            if let Some(reason) = unusable {
                attempts.push((mirror.clone(), reason.clone()));
                continue;
            }
            let reason = match ask_mirror(options, file, mirror, &mut part, &mut patience, progress) {
                Ok(()) => {
                    fetched = true;
                    continue;
                }
                Err(Failure::Here(reason)) => {
                    // A full disk, most likely: give back what this file has taken of it.
                    let _ = part.clear();
                    return Err(unwritable(reason));
                }
                Err(Failure::Unusable(reason)) => {
                    *unusable = Some(reason.clone());
                    reason
                }
                Err(Failure::Refused(reason) | Failure::Cut(reason)) => reason,
                Err(Failure::Stale) => "keeps changing its file".into(),
            };
            progress(FetchEvent::MirrorFailed { file: name, mirror, reason: &reason });
            attempts.push((mirror.clone(), reason));
        }
        if !fetched {
            return Err(DataError::FetchFailed { file: name.into(), attempts });
        }
        let _ = part.clear();
        progress(FetchEvent::Finished { file: name });
    }
    Ok(folder.clone())
}

/// Brings `file` from one mirror into the folder; asks again for the rest where the connection breaks.
fn ask_mirror(
    options: &FetchOptions,
    file: &RemoteFile,
    mirror: &str,
    part: &mut Part,
    patience: &mut Patience,
    progress: &mut dyn FnMut(FetchEvent),
) -> Result<(), Failure> {
    let url = format!("{}/{}.gz", mirror.trim_end_matches('/'), file.name);
    let mut report = |bytes, total| progress(FetchEvent::Progress { file: &file.name, mirror, bytes, total });
    let mut last = Failure::Stale;
    for _ in 0..REQUESTS {
        last = match transfer(options, file, &url, part, patience, &mut report) {
            Ok(resumed) => match unpack(part, &options.folder, file).map_err(Failure::Here)? {
                Ok(()) => return Ok(()),
                Err(reason) => {
                    part.clear().map_err(Failure::Here)?;
                    if !resumed {
                        return Err(Failure::Refused(reason));
                    }
                    Failure::Refused(reason) // The kept beginning may be to blame: once more from the first byte.
                }
            },
            Err(Failure::Stale) => {
                part.clear().map_err(Failure::Here)?;
                Failure::Stale
            }
            Err(Failure::Cut(reason)) => Failure::Cut(reason),
            Err(other) => return Err(other),
        };
    }
    Err(last)
}

/// Unpacks the part into its place if it is the right file; otherwise says what it is instead. Errors are the disk's.
fn unpack(part: &Part, folder: &Path, file: &RemoteFile) -> io::Result<Result<(), String>> {
    let mut wrong = None;
    let written = atomic::write_with(&place(folder, file), |out| {
        let checked = unpacked(part.contents()?, file, out)?;
        checked.map_err(|reason| {
            wrong = Some(reason);
            io::ErrorKind::InvalidData.into()
        })
    });
    match (written, wrong) {
        (_, Some(reason)) => Ok(Err(reason)),
        (written, None) => written.map(Ok),
    }
}

/// Where the file goes: in the place of a wrong one, so that no two could be meant.
fn place(folder: &Path, file: &RemoteFile) -> PathBuf {
    let [own, dotted, _] = mnist_files::names(&file.name).map(|name| folder.join(name));
    if dotted.is_file() && !own.exists() { dotted } else { own }
}

/// Whether the file is in the folder, plain or gzip, and right. Of both the plain one counts, with the dot or without: it is the one
/// that is read.
fn is_present(folder: &Path, file: &RemoteFile) -> bool {
    let found = mnist_files::names(&file.name).iter().find_map(|name| File::open(folder.join(name)).ok());
    found.is_some_and(|opened| matches!(unpacked(opened, file, &mut io::sink()), Ok(Ok(()))))
}

/// Copies `packed` to `out`, unpacked if it is gzip, and checks size and SHA-256. The outer error is that of writing;
/// the inner one says how the contents are wrong. Stops one byte past the right size.
fn unpacked(
    mut packed: impl Read,
    file: &RemoteFile,
    out: &mut impl Write,
) -> io::Result<Result<(), String>> {
    let mut first = Vec::new();
    if let Err(error) = packed.by_ref().take(2).read_to_end(&mut first) {
        return Ok(Err(error.to_string()));
    }
    let gzip = first == [0x1f, 0x8b];
    let whole = io::Cursor::new(first).chain(packed);
    let bytes: Box<dyn Read + '_> = if gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
    let mut bytes = bytes.take(file.bytes + 1);
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let got = match bytes.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => &buffer[..got],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(format!("sent a damaged or cut-off gzip file ({error})"))),
        };
        size += got.len() as u64;
        hash.update(got);
        out.write_all(got)?;
    }
    let found = mnist_files::hex(&hash.finalize());
    Ok(if size > file.bytes {
        Err(format!("sent another file: more than {} bytes unpacked", file.bytes))
    } else if found == file.sha256 {
        Ok(())
    } else {
        Err(format!("sent another file: expected SHA-256 {}, found {found}", file.sha256))
    })
}
