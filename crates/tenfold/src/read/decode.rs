//! Decodes picture files into grey pixels, within limits that are checked before memory is taken. Does not look at what
//! is drawn.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::colour::{grey, on_paper};
use super::{Picture, ReadError};

/// The longest side of a picture that is accepted, in pixels.
pub const MAX_SIDE: u32 = 16_384;
/// The most pixels a picture may have; a JPEG [`MAX_JPEG_PIXELS`].
pub const MAX_PIXELS: u64 = 100_000_000;
/// The most pixels a JPEG may have: a progressive one takes nine bytes for each while it is decoded, asked for at once.
pub const MAX_JPEG_PIXELS: u64 = 70_000_000;
/// The largest file that is accepted, in bytes.
pub const MAX_BYTES: u64 = 256 << 20;
/// The most memory a decoder may take, in bytes.
const MAX_MEMORY: u64 = 400 << 20;
/// Bytes that all threads together take for decoding, about: a picture that does not fit beside the others waits. One of more is
/// decoded alone.
const TOGETHER: u64 = 500 << 20;
static TAKEN: Mutex<u64> = Mutex::new(0);
static FREED: Condvar = Condvar::new();
/// What decoding a JPEG that comes in several passes takes for each pixel, at most.
const PASSES_BYTES: u64 = 9;
/// Files of more bytes than this are not even read before nothing else is decoded.
const LARGE: u64 = 25_000_000;

impl Picture {
    /// Decodes a file: PNG, JPEG, WebP, BMP, TIFF or GIF (its first frame), turned as its EXIF says, transparent parts laid
    /// on paper, colours to the grey that shows the ink best.
    ///
    /// # Errors
    /// [`ReadError::Io`], [`ReadError::TooLarge`], and those of [`decode`](Self::decode).
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let io = |source| ReadError::Io { file: path.into(), source };
        let file = File::open(path).map_err(io)?;
        let large = file.metadata().map_err(io)?.len() > LARGE;
        let turn = large.then(|| Turn::of(TOGETHER));
        Self::decode_in_turn(&contents(file, path)?, path, turn)
    }

    /// Decodes what `source` holds, such as standard input. `name` is what messages call it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read_from(source: impl Read, name: &Path) -> Result<Self, ReadError> {
        Self::decode(&contents(source, name)?, name)
    }

    /// Decodes the bytes of a file. `name` is what messages call it.
    ///
    /// # Errors
    /// [`ReadError::UnknownFormat`]; [`ReadError::Decode`] for damaged or oversized pictures.
    pub fn decode(bytes: &[u8], name: &Path) -> Result<Self, ReadError> {
        Self::decode_in_turn(bytes, name, None)
    }

    /// `turn`: to decode, where it has come already.
    fn decode_in_turn(bytes: &[u8], name: &Path, turn: Option<Turn>) -> Result<Self, ReadError> {
        let refused = |reason: String| ReadError::Decode { file: name.into(), reason };
        let damaged = |error: ImageError| refused(reason(&error));
        let unknown = || ReadError::UnknownFormat { file: name.into() };
        let format = image::guess_format(bytes).map_err(|_| unknown())?;
        if !format.reading_enabled() {
            return Err(unknown());
        }
        if format == ImageFormat::Jpeg && is_cut_off(bytes) {
            return Err(refused("the file ends before the picture does: it is cut off".into()));
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_MEMORY);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(damaged)?;
        let (width, height) = decoder.dimensions();
        let size = u64::from(width) * u64::from(height);
        if size == 0 {
            return Err(refused(format!("it has no pixels ({width}×{height})")));
        }
        let most = if format == ImageFormat::Jpeg { MAX_JPEG_PIXELS } else { MAX_PIXELS };
        if size > most || decoder.total_bytes() > MAX_MEMORY {
            return Err(refused(too_large()));
        }
        let in_passes = format == ImageFormat::Jpeg && comes_in_passes(bytes);
        let taken = if in_passes { size * PASSES_BYTES } else { decoder.total_bytes() };
        let _turn = turn.unwrap_or_else(|| Turn::of(taken));
        let orientation = decoder.orientation().map_err(damaged)?;
        let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        image.apply_orientation(orientation);
        Ok(to_grey(image))
    }
}

/// What a JPEG's marks are: the begin of pixels, and the end of the picture.
const PIXELS: u8 = 0xda;
const END: u8 = 0xd9;

/// A JPEG's marks with what belongs to them passed over; and so is what stands between them, pixels or what is none of its business,
/// as its decoder does. They end where the file does.
fn marks(jpeg: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = 2;
    std::iter::from_fn(move || {
        loop {
            at += jpeg.get(at..)?.iter().position(|&byte| byte == 0xff)?;
            let kind = *jpeg.get(at + 1)?;
            let (bytes, mark) = match kind {
                // Fill, a byte of pixels that looks like a mark, and marks that stand alone.
                0xff => (1, None),
                0x00 | 0x01 | 0xd0..=0xd7 => (2, None),
                END => (2, Some(END)),
                kind => {
                    let &[high, low] = jpeg.get(at + 2..at + 4)? else { return None };
                    (2 + usize::from(u16::from_be_bytes([high, low])), Some(kind))
                }
            };
            at += bytes;
            if mark.is_some() {
                return mark;
            }
        }
    })
}

/// Whether a JPEG ends among its pixels: the decoder would fill what is missing with grey. What follows its end, such as the film of a
/// phone's moving photo, is not looked at.
fn is_cut_off(jpeg: &[u8]) -> bool {
    let mut in_pixels = false;
    for mark in marks(jpeg) {
        match mark {
            END => return false,
            mark => in_pixels |= mark == PIXELS,
        }
    }
    in_pixels
}

/// Whether a JPEG comes in several passes over all pixels (progressive), which its decoder keeps until the last. What is said of them
/// comes before them.
fn comes_in_passes(jpeg: &[u8]) -> bool {
    let mut before = marks(jpeg).take_while(|&mark| mark != PIXELS);
    before.any(|mark| matches!(mark, 0xc2 | 0xc6 | 0xca | 0xce))
}

/// Held while a picture is decoded: so many of the bytes that there are for all.
struct Turn(u64);

impl Turn {
    /// Waits until so many bytes are free, or all are.
    fn of(bytes: u64) -> Self {
        let bytes = bytes.min(TOGETHER);
        // A poisoned lock guards nothing but a number.
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken + bytes > TOGETHER {
            taken = FREED.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken += bytes;
        Self(bytes)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
        FREED.notify_all();
    }
}

/// All bytes, if they are not too many. The number is counted while reading: a pipe has none, and a file can grow.
fn contents(source: impl Read, name: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let io = |source| ReadError::Io { file: name.into(), source };
    source.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ReadError::TooLarge { file: name.into(), most: MAX_BYTES });
    }
    Ok(bytes)
}

fn to_grey(image: DynamicImage) -> Picture {
    let (height, width) = (image.height() as usize, image.width() as usize);
    let pixels = match image.color() {
        ColorType::L8 | ColorType::L16 => image.into_luma8().into_raw(),
        color if color.has_alpha() => grey(&on_paper(&image.into_rgba8().into_raw()), width),
        _ => grey(&image.into_rgb8().into_raw(), width),
    };
    Picture { height, width, pixels }
}

/// The decoder's reason in one line, without the advice it gives to programmers.
fn reason(error: &ImageError) -> String {
    match error {
        ImageError::Limits(_) => too_large(),
        other => format!("it is damaged or cut off ({})", other.to_string().replace('\n', " ").trim_end()),
    }
}

fn too_large() -> String {
    format!(
        "it is too large: at most {MAX_SIDE} pixels a side, {} million in all ({} in a JPEG) and {} MB in memory are accepted",
        MAX_PIXELS / 1_000_000,
        MAX_JPEG_PIXELS / 1_000_000,
        MAX_MEMORY >> 20
    )
}

#[cfg(test)]
mod tests {
    use image::{GrayAlphaImage, GrayImage, LumaA};

    use super::*;

    fn png(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn a_jpeg_that_claims_more_than_its_decoder_should_take_is_refused() {
        let mut bytes = Vec::new();
        GrayImage::new(8, 8).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
        let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].copy_from_slice(&[0x21, 0x00, 0x21, 0x00]); // 8448 × 8448
        let error = Picture::decode(&bytes, Path::new("large.jpg")).unwrap_err().to_string();
        assert!(error.contains("too large") && error.contains("70 in a JPEG"), "{error}");
    }

    #[test]
    fn a_jpeg_tells_by_its_frame_whether_it_comes_in_passes() {
        let mut bytes = Vec::new();
        GrayImage::new(8, 8).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
        assert!(!comes_in_passes(&bytes));
        let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        bytes[frame + 1] = 0xc2;
        assert!(comes_in_passes(&bytes));
        // Cut anywhere, and no picture at all.
        assert!((0..bytes.len()).all(|end| end > frame + 3 || !comes_in_passes(&bytes[..end])));
        // A byte that belongs to nothing is passed over by decoders, too.
        bytes.insert(2, 0);
        assert!(comes_in_passes(&bytes));
    }

    #[test]
    fn transparent_paper_is_white_under_dark_ink_and_black_under_bright() {
        for (ink, paper) in [(10, 255), (240, 0)] {
            let mut image = GrayAlphaImage::from_pixel(3, 2, LumaA([ink, 0]));
            image.put_pixel(1, 0, LumaA([ink, 255]));
            let picture = Picture::decode(&png(&image.into()), Path::new("x.png")).unwrap();
            assert_eq!((picture.height, picture.width), (2, 3));
            assert_eq!(picture.pixels, [paper, ink, paper, paper, paper, paper]);
        }
    }

    #[test]
    fn a_photo_is_turned_as_its_exif_says() {
        // Dark on the left.
        let image = image::GrayImage::from_fn(16, 8, |x, _| image::Luma([if x < 8 { 20 } else { 230 }]));
        let mut jpeg = Vec::new();
        DynamicImage::from(image).write_to(&mut Cursor::new(&mut jpeg), ImageFormat::Jpeg).unwrap();
        for (orientation, size, dark) in
            [(1, (8, 16), (4, 2)), (3, (8, 16), (4, 13)), (6, (16, 8), (2, 4)), (8, (16, 8), (13, 4))]
        {
            // One big-endian TIFF entry: tag 0x0112, one SHORT.
            let entry = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
            let exif = [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".as_slice(), &entry, &[0; 4]].concat();
            let length = (exif.len() as u16 + 2).to_be_bytes();
            let turned = [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat();
            let picture = Picture::decode(&turned, Path::new("x.jpg")).unwrap();
            assert_eq!((picture.height, picture.width), size, "orientation {orientation}");
            assert!(picture.row(dark.0)[dark.1] < 60, "orientation {orientation}");
            let opposite = picture.row(size.0 - 1 - dark.0)[size.1 - 1 - dark.1];
            assert!(opposite > 190, "orientation {orientation}: {opposite}");
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
        let whole = png(&image::GrayImage::from_fn(30, 20, |x, y| image::Luma([(x * y) as u8])).into());
        for end in 0..whole.len() - 12 {
            assert!(Picture::decode(&whole[..end], Path::new("x.png")).is_err(), "{end}");
        }
        let image = image::GrayImage::from_fn(30, 20, |x, y| image::Luma([(x * y) as u8]));
        let mut jpeg = Vec::new();
        DynamicImage::from(image).write_to(&mut Cursor::new(&mut jpeg), ImageFormat::Jpeg).unwrap();
        // With a small one among its notes, as cameras leave it, and with something of another kind behind.
        let length = (jpeg.len() as u16 + 2).to_be_bytes();
        let noted = [&jpeg[..2], &[0xff, 0xe1], &length, &jpeg, &jpeg[2..]].concat();
        // And with a byte that belongs to nothing, behind its first segment.
        let first = 4 + usize::from(u16::from_be_bytes([jpeg[4], jpeg[5]]));
        let strayed = [&jpeg[..first], &[0], &jpeg[first..]].concat();
        assert!(Picture::decode(&strayed, Path::new("x.jpg")).is_ok());
        for whole in [&noted, &strayed] {
            for end in 0..whole.len() {
                assert!(Picture::decode(&whole[..end], Path::new("x.jpg")).is_err(), "{end}");
            }
        }
        for behind in [&b""[..], b"film \xff\xda\0\x08", &jpeg[..jpeg.len() / 2]] {
            let whole = [&noted, behind].concat();
            assert!(Picture::decode(&whole, Path::new("x.jpg")).is_ok());
        }
        let text = Picture::decode(b"not a picture at all", Path::new("x.png")).unwrap_err();
        assert!(matches!(text, ReadError::UnknownFormat { .. }));
    }

    #[test]
    fn a_header_that_claims_a_huge_picture_is_refused_before_memory_is_taken() {
        let mut bytes = png(&image::GrayImage::new(1, 1).into());
        bytes[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        // The header's checksum, so that the size is what is refused.
        let mut crc = flate2::Crc::new();
        crc.update(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = Picture::decode(&bytes, Path::new("bomb.png")).unwrap_err().to_string();
        assert!(error.contains("too large"), "{error}");
    }
}
