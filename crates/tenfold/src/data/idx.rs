//! IDX, the format of MNIST and its relatives: a header of big-endian numbers, then one byte a pixel or a label.
//!
//! Images: magic 0x00000803, count, height, width, then `[count, height, width]` bytes. Labels: magic 0x00000801,
//! count, then `[count]` bytes. Plain or gzip, told apart by the first bytes, never by the name. (Format: the page of
//! the MNIST database, "File formats for the MNIST database".)
//!
//! A header is not believed: memory grows with the bytes that really arrive, never past what the header claims, and a
//! file that holds less, or one byte more, than its header claims is refused. Other element types and other numbers of
//! dimensions are refused too.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::DataError;

/// Magic number of a file of images: unsigned bytes, three dimensions.
pub const IMAGES_MAGIC: u32 = 0x0000_0803;
/// Magic number of a file of labels: unsigned bytes, one dimension.
pub const LABELS_MAGIC: u32 = 0x0000_0801;
/// The longest side of an image, in pixels.
pub const MAX_SIDE: u32 = 65_535;
/// The most bytes of pixels or labels that are read from one file: 8 GiB (the eight million images of infinite MNIST fit).
pub const MAX_BYTES: u64 = 1 << 33;

/// Memory for the first bytes of a file; after that it doubles as bytes arrive.
const FIRST_BYTES: usize = 64 * 1024;

/// The contents of an IDX file of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// `[height, width]` of each image, each 1 to [`MAX_SIDE`].
    pub shape: [usize; 2],
    /// `[count, height, width]`, one byte a pixel.
    pub pixels: Vec<u8>,
}

impl Images {
    /// Number of images.
    #[must_use]
    pub fn count(&self) -> usize {
        self.pixels.len() / (self.shape[0] * self.shape[1]).max(1)
    }
}

/// Reads the images of the file at `path`, plain or gzip.
///
/// # Errors
/// [`DataError::Io`] where the file cannot be read; otherwise as [`decode_images`].
pub fn read_images(path: &Path) -> Result<Images, DataError> {
    decode_images(path, open(path)?)
}

/// Reads the labels `[count]` of the file at `path`, plain or gzip.
///
/// # Errors
/// [`DataError::Io`] where the file cannot be read; otherwise as [`decode_labels`].
pub fn read_labels(path: &Path) -> Result<Vec<u8>, DataError> {
    decode_labels(path, open(path)?)
}

/// Reads images from `source`, plain or gzip, to its end. `path` is what errors call it.
///
/// # Errors
/// One variant of [`DataError`] for each way the bytes can lie: `WrongMagic`, `AbsurdSides`, `AbsurdSize`, `CutHeader`,
/// `Truncated`, `TrailingBytes`, `CutGzip`, `DamagedGzip`; and `Io`.
pub fn decode_images(path: &Path, source: impl Read) -> Result<Images, DataError> {
    let mut input = Input::new(path, "images", source)?;
    let [count, height, width] = input.header(IMAGES_MAGIC)?;
    if !(1..=MAX_SIDE).contains(&height) || !(1..=MAX_SIDE).contains(&width) {
        return Err(DataError::AbsurdSides { path: path.into(), height, width });
    }
    let claimed = u128::from(count) * u128::from(height) * u128::from(width);
    Ok(Images { shape: [height as usize, width as usize], pixels: input.body(claimed)? })
}

/// Reads labels `[count]` from `source`, plain or gzip, to its end. `path` is what errors call it.
///
/// # Errors
/// As [`decode_images`], except `AbsurdSides`.
pub fn decode_labels(path: &Path, source: impl Read) -> Result<Vec<u8>, DataError> {
    let mut input = Input::new(path, "labels", source)?;
    let [count] = input.header(LABELS_MAGIC)?;
    input.body(u128::from(count))
}

/// Writes images `[count, height, width]` as plain IDX.
///
/// # Errors
/// `InvalidInput` where `pixels` is not a whole number of images of `shape` or a number is beyond the format; and
/// errors of writing.
pub fn write_images(to: &mut impl Write, shape: [usize; 2], pixels: &[u8]) -> io::Result<()> {
    to.write_all(&images_header(shape, pixels.len())?)?;
    to.write_all(pixels)
}

/// Writes labels `[count]` as plain IDX.
///
/// # Errors
/// `InvalidInput` for more than 2³² − 1 labels; and errors of writing.
pub fn write_labels(to: &mut impl Write, labels: &[u8]) -> io::Result<()> {
    to.write_all(&labels_header(labels.len())?)?;
    to.write_all(labels)
}

/// The 16 bytes before `bytes` bytes of pixels.
pub(super) fn images_header(shape: [usize; 2], bytes: usize) -> io::Result<[u8; 16]> {
    let refuse = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why);
    let size = shape[0].checked_mul(shape[1]).filter(|&size| size > 0);
    let size = size.ok_or_else(|| refuse("an image must have a size that is not zero"))?;
    if shape.iter().any(|&side| side > MAX_SIDE as usize) {
        return Err(refuse("a side of an image is at most 65535 pixels"));
    }
    if !bytes.is_multiple_of(size) {
        return Err(refuse("the pixels are not a whole number of images"));
    }
    let count = u32::try_from(bytes / size).map_err(|_| refuse("IDX counts to 2^32 - 1"))?;
    let mut header = [0; 16];
    for (at, number) in
        header.chunks_exact_mut(4).zip([IMAGES_MAGIC, count, shape[0] as u32, shape[1] as u32])
    {
        at.copy_from_slice(&number.to_be_bytes());
    }
    Ok(header)
}

/// The 8 bytes before `count` labels.
pub(super) fn labels_header(count: usize) -> io::Result<[u8; 8]> {
    let count = u32::try_from(count)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "IDX counts to 2^32 - 1"))?;
    let mut header = [0; 8];
    header[..4].copy_from_slice(&LABELS_MAGIC.to_be_bytes());
    header[4..].copy_from_slice(&count.to_be_bytes());
    Ok(header)
}

fn open(path: &Path) -> Result<File, DataError> {
    let io = |reason| DataError::Io { path: path.into(), action: "open", reason };
    // Whoever opened a pipe would wait for someone to write to it.
    if !path.metadata().map_err(io)?.is_file() {
        return Err(io(io::Error::other("it is no ordinary file")));
    }
    File::open(path).map_err(io)
}

/// The unpacked bytes of one file, and what is needed to report what is wrong with them.
struct Input<'a> {
    path: &'a Path,
    kind: &'static str,
    gzip: bool,
    bytes: Box<dyn Read + 'a>,
}

impl<'a> Input<'a> {
    fn new(path: &'a Path, kind: &'static str, mut source: impl Read + 'a) -> Result<Self, DataError> {
        let mut first = Vec::with_capacity(2);
        let begun = source.by_ref().take(2).read_to_end(&mut first);
        begun.map_err(|reason| DataError::Io { path: path.into(), action: "read", reason })?;
        let gzip = first == [0x1f, 0x8b];
        let whole = io::Cursor::new(first).chain(source);
        let bytes: Box<dyn Read + 'a> =
            if gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Self { path, kind, gzip, bytes })
    }

    /// The magic number, checked, then `N` dimensions.
    fn header<const N: usize>(&mut self, magic: u32) -> Result<[u32; N], DataError> {
        let expected = 4 * (N + 1);
        let mut header = Vec::new();
        self.grow(&mut header, expected)?;
        if let Some(&found) = header.first_chunk::<4>()
            && found != magic.to_be_bytes()
        {
            return Err(DataError::WrongMagic {
                path: self.path.into(),
                kind: self.kind,
                expected: magic,
                found,
            });
        }
        if header.len() < expected {
            return Err(DataError::CutHeader { path: self.path.into(), expected, found: header.len() });
        }
        let mut dimensions = [0; N];
        for (dimension, bytes) in dimensions.iter_mut().zip(header[4..].chunks_exact(4)) {
            *dimension = bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
        }
        Ok(dimensions)
    }

    /// The `claimed` bytes after the header, and no more.
    fn body(&mut self, claimed: u128) -> Result<Vec<u8>, DataError> {
        let (path, kind) = (self.path, self.kind);
        let expected = match usize::try_from(claimed) {
            Ok(bytes) if claimed <= u128::from(MAX_BYTES) => bytes,
            _ => return Err(DataError::AbsurdSize { path: path.into(), kind, claimed, limit: MAX_BYTES }),
        };
        let mut body = Vec::new();
        self.grow(&mut body, expected)?;
        if body.len() < expected {
            return Err(DataError::Truncated { path: path.into(), kind, expected, found: body.len() });
        }
        // One byte past the claim: there must be none. For gzip this is also what checks its checksum.
        let mut beyond = Vec::new();
        let end = self.bytes.by_ref().take(1).read_to_end(&mut beyond);
        end.map_err(|error| self.failed(error, expected))?;
        if beyond.is_empty() {
            Ok(body)
        } else {
            Err(DataError::TrailingBytes { path: path.into(), kind, expected })
        }
    }

    /// Reads until `into` holds `expected` bytes or the file ends; memory doubles as bytes arrive.
    fn grow(&mut self, into: &mut Vec<u8>, expected: usize) -> Result<(), DataError> {
        while into.len() < expected {
            let step = (expected - into.len()).min(into.len().max(FIRST_BYTES));
            let done = match into.try_reserve_exact(step) {
                Ok(()) => self.bytes.by_ref().take(step as u64).read_to_end(into),
                Err(_) => Err(io::ErrorKind::OutOfMemory.into()),
            };
            if done.map_err(|error| self.failed(error, into.len()))? < step {
                break;
            }
        }
        Ok(())
    }

    fn failed(&self, reason: io::Error, found: usize) -> DataError {
        let path = self.path.into();
        match reason.kind() {
            io::ErrorKind::UnexpectedEof if self.gzip => DataError::CutGzip { path, found },
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if self.gzip => {
                DataError::DamagedGzip { path, found, reason: reason.to_string() }
            }
            _ => DataError::Io { path, action: "read", reason },
        }
    }
}
