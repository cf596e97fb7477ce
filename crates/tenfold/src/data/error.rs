//! Everything that can be wrong with data: one variant for each way a file, a folder or a mirror can lie.
//!
//! Every message names the file, says what was expected and what was found, and what to do. Nothing here reads files.

use std::io;
use std::path::PathBuf;

/// What can be wrong with data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refused.
    #[error("{}: cannot {action}: {reason}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: "open", "read", "list the folder".
        action: &'static str,
        /// The operating system's answer.
        reason: io::Error,
    },

    // ---- one IDX file ------------------------------------------------------------------------------------------
    /// The first four bytes are not those of the wanted kind of IDX file.
    #[error(
        "{}: not an IDX file of {kind}: expected magic {expected:#010x}, found {}; {}",
        path.display(), magic_text(found), magic_advice(found)
    )]
    WrongMagic {
        /// The file.
        path: PathBuf,
        /// What was wanted: "images" or "labels".
        kind: &'static str,
        /// 0x00000803 for images, 0x00000801 for labels.
        expected: u32,
        /// The bytes in its place.
        found: [u8; 4],
    },
    /// An image side of 0, or of more than 65,535.
    #[error(
        "{}: the header claims images of {height} × {width} pixels; expected sides of 1 to 65535; \
         the file is damaged: fetch or write it anew", path.display()
    )]
    AbsurdSides {
        /// The file.
        path: PathBuf,
        /// Claimed height.
        height: u32,
        /// Claimed width.
        width: u32,
    },
    /// More bytes than any set that fits a computer's memory.
    #[error(
        "{}: the header claims {claimed} bytes of {kind}; at most {limit} are read; \
         the file is damaged, or must be cut into smaller sets", path.display()
    )]
    AbsurdSize {
        /// The file.
        path: PathBuf,
        /// "images" or "labels".
        kind: &'static str,
        /// Claimed bytes.
        claimed: u128,
        /// The most that is read.
        limit: u64,
    },
    /// The file ends before its header does.
    #[error(
        "{}: ends inside its header: expected {expected} bytes of header, found {found}; \
         the file is cut off: fetch or write it anew", path.display()
    )]
    CutHeader {
        /// The file.
        path: PathBuf,
        /// Header bytes of this kind of file.
        expected: usize,
        /// Bytes there.
        found: usize,
    },
    /// The file holds less than its header claims.
    #[error(
        "{}: the header claims {expected} bytes of {kind}, found {found}; \
         the file is cut off: fetch or write it anew", path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// "images" or "labels".
        kind: &'static str,
        /// Bytes the header claims.
        expected: usize,
        /// Bytes there.
        found: usize,
    },
    /// The file holds more than its header claims.
    #[error(
        "{}: the header claims {expected} bytes of {kind}, but more follow; \
         the file is damaged or its header is wrong: fetch or write it anew", path.display()
    )]
    TrailingBytes {
        /// The file.
        path: PathBuf,
        /// "images" or "labels".
        kind: &'static str,
        /// Bytes the header claims.
        expected: usize,
    },
    /// A gzip file that ends too early.
    #[error(
        "{}: the gzip file ends in the middle, after {found} unpacked bytes; \
         it is cut off, or something was added to it: fetch it anew", path.display()
    )]
    CutGzip {
        /// The file.
        path: PathBuf,
        /// Bytes unpacked until then.
        found: usize,
    },
    /// A gzip file whose contents or checksum are wrong.
    #[error(
        "{}: the gzip file is damaged after {found} unpacked bytes ({reason}); fetch it anew", path.display()
    )]
    DamagedGzip {
        /// The file.
        path: PathBuf,
        /// Bytes unpacked until then.
        found: usize,
        /// What the unpacker found.
        reason: String,
    },

    // ---- images with their labels ------------------------------------------------------------------------------
    /// As many labels as images are needed.
    #[error("{name}: {images} images but {labels} labels: the two files do not belong together")]
    CountsDiffer {
        /// The data set.
        name: String,
        /// Images found.
        images: usize,
        /// Labels found.
        labels: usize,
    },
    /// No image at all.
    #[error("{name}: no images: nothing to train on or to judge")]
    Empty {
        /// The data set.
        name: String,
    },
    /// A label the model has no output for.
    #[error(
        "{name}: image {index} has label {label}, but the model has {classes} outputs (labels 0 to {}); \
         use a model with at least {} outputs, or other data", classes.saturating_sub(1), usize::from(*label) + 1
    )]
    LabelOutOfRange {
        /// The data set.
        name: String,
        /// The first image with such a label.
        index: usize,
        /// Its label.
        label: u8,
        /// Classes the model knows.
        classes: usize,
    },

    // ---- a folder of IDX files ---------------------------------------------------------------------------------
    /// There is no such folder.
    #[error("{}: no such folder; expected a folder of IDX files (train-images-idx3-ubyte, …)", path.display())]
    NoFolder {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file, where a folder is expected.
    #[error("{}: is a file; name the folder that holds the four IDX files (train-images-idx3-ubyte, …)", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// A file of the four is missing.
    #[error(
        "{}: no {role} found; expected a file named like {example} or {example}.gz{}",
        folder.display(), found_text(found)
    )]
    MissingFile {
        /// The folder.
        folder: PathBuf,
        /// "training images", "training labels", "test images" or "test labels".
        role: &'static str,
        /// The usual name.
        example: &'static str,
        /// IDX files that are there.
        found: Vec<String>,
    },
    /// More than one file could be meant.
    #[error(
        "{}: more than one file of {role}: {}; keep one data set a folder", folder.display(), candidates.join(", ")
    )]
    Ambiguous {
        /// The folder.
        folder: PathBuf,
        /// "training images", "training labels", "test images" or "test labels".
        role: &'static str,
        /// The files' names.
        candidates: Vec<String>,
    },
    /// The four files have names of different data sets.
    #[error(
        "{}: files of different data sets: {}; keep one data set a folder", folder.display(), files.join(", ")
    )]
    MixedSets {
        /// The folder.
        folder: PathBuf,
        /// The files' names.
        files: Vec<String>,
    },
    /// Training and test images differ in size.
    #[error(
        "{}: training images are {}×{} pixels, test images {}×{}: the files do not belong together",
        folder.display(), train[0], train[1], test[0], test[1]
    )]
    ShapesDiffer {
        /// The folder.
        folder: PathBuf,
        /// `[height, width]` of the training images.
        train: [usize; 2],
        /// `[height, width]` of the test images.
        test: [usize; 2],
    },

    // ---- MNIST, its cache and its mirrors ----------------------------------------------------------------------
    /// A file that should be MNIST's is another.
    #[error(
        "{}: not MNIST's: expected SHA-256 {expected}, found {found}; \
         name a folder that holds MNIST, leave out --dataset mnist to use this one as it is, or where it is the cache's remove \
         the file and run `tenfold data fetch`", path.display()
    )]
    NotMnist {
        /// The file.
        path: PathBuf,
        /// MNIST's SHA-256 of the unpacked file, hexadecimal.
        expected: &'static str,
        /// The SHA-256 of what is there.
        found: String,
    },
    /// The environment variable `TENFOLD_DATA` is set, and to nothing.
    #[error("TENFOLD_DATA is set but empty; set it to a folder of IDX files, or unset it to use the cache")]
    EmptyVariable,
    /// No place for a cache.
    #[error(
        "no cache folder: neither {variable} nor a home folder is set; set TENFOLD_DATA to a folder of IDX files"
    )]
    NoCacheFolder {
        /// The variable that names the cache folder on this system.
        variable: &'static str,
    },
    /// This build cannot fetch.
    #[error(
        "{}: MNIST is not there, and this build cannot fetch it (feature `fetch` is off); \
         put its four IDX files there, or set TENFOLD_DATA to a folder that has them", folder.display()
    )]
    FetchUnavailable {
        /// The cache folder.
        folder: PathBuf,
    },
    /// The folder that is fetched into cannot be written.
    #[error(
        "{}: MNIST cannot be kept there: {reason}; make the folder writable and its disk not full, \
         or set TENFOLD_DATA to a folder that has MNIST's four IDX files", folder.display()
    )]
    Unwritable {
        /// The folder.
        folder: PathBuf,
        /// The operating system's answer.
        reason: io::Error,
    },
    /// No mirror gave the file.
    #[error(
        "{file}: no mirror gave it:\n{}\ncheck the network and run `tenfold data fetch`, \
         or set TENFOLD_DATA to a folder that has MNIST's four IDX files",
        attempts_text(attempts)
    )]
    FetchFailed {
        /// The file.
        file: String,
        /// (mirror, what went wrong), in the order tried.
        attempts: Vec<(String, String)>,
    },
}

/// Ways to say no to four bytes.
fn magic_text(found: &[u8; 4]) -> String {
    let hex = format!("{:#010x}", u32::from_be_bytes(*found));
    match std::str::from_utf8(found) {
        Ok(text) if found.iter().all(|byte| matches!(byte, 0x20..=0x7e)) => format!("{hex} ({text:?})"),
        _ => hex,
    }
}

fn magic_advice(found: &[u8; 4]) -> &'static str {
    match found {
        [0, 0, 8, 1] => "these are labels: the files are mixed up",
        [0, 0, 8, 3] => "these are images: the files are mixed up",
        [0, 0, 0x08..=0x0e, _] => {
            "this is IDX, but of another element type or number of dimensions: convert it"
        }
        [b'<', ..] => "this looks like a web page saved in the file's place: fetch it anew",
        [b'P', b'K', ..] => "this is a zip archive: unpack it",
        [b'B', b'Z', b'h', _] | [0xfd, b'7', b'z', b'X'] => {
            "this is packed by another program than gzip: unpack it"
        }
        _ => "this is another kind of file, or damaged",
    }
}

fn found_text(found: &[String]) -> String {
    if found.is_empty() { String::new() } else { format!("; found only {}", found.join(", ")) }
}

fn attempts_text(attempts: &[(String, String)]) -> String {
    attempts.iter().map(|(mirror, reason)| format!("  {mirror}: {reason}")).collect::<Vec<_>>().join("\n")
}
