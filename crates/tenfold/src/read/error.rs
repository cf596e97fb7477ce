//! Each way a picture can fail to be one.

use std::path::PathBuf;

/// Why a picture cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("{}: cannot be read: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is larger than any picture that is accepted.
    #[error("{}: is larger than {} MB, the most that is accepted", file.display(), most >> 20)]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The limit, in bytes.
        most: u64,
    },
    /// The contents are not of a known format.
    #[error("{}: is no picture in a format that is read (PNG, JPEG, WebP, BMP, TIFF, GIF)", file.display())]
    UnknownFormat {
        /// The file.
        file: PathBuf,
    },
    /// The contents are damaged, or the picture is beyond the limits.
    #[error("{}: cannot be decoded: {reason}", file.display())]
    Decode {
        /// The file.
        file: PathBuf,
        /// What the decoder says.
        reason: String,
    },
    /// Nothing is drawn on the picture.
    #[error("{}: the picture is blank: there is no ink on it", file.display())]
    Blank {
        /// The file.
        file: PathBuf,
    },
    /// A network that does not know the digits.
    #[error(
        "the model has {found} outputs; a reader's has 10, one a digit, or 11 where it can say \"no digit\" (see docs/others.md)"
    )]
    Classes {
        /// Its outputs.
        found: usize,
    },
    /// A network that cannot be computed.
    #[error(transparent)]
    Model(#[from] crate::evaluate::EvaluateError),
}
