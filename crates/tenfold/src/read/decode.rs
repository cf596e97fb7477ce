//! Decodes PNG and JPEG files into grey pixels, within limits that are checked before memory is taken. Does not look at
//! what is drawn.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits};

use super::{Picture, ReadError};

/// The longest side of a picture that is accepted, in pixels.
pub const MAX_SIDE: u32 = 16_384;
/// The largest file that is accepted, in bytes.
pub const MAX_BYTES: u64 = 256 << 20;
/// The most memory a decoder may take, in bytes.
const MAX_MEMORY: u64 = 512 << 20;

impl Picture {
    /// Decodes a file: turned as its EXIF says, transparent parts laid on white, colours to grey (Rec. 709 luma).
    ///
    /// # Errors
    /// [`ReadError::Io`], [`ReadError::TooLarge`], and those of [`decode`](Self::decode).
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let io = |source| ReadError::Io { file: path.into(), source };
        let file = File::open(path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let mut contents = Vec::new();
        // The size is asked for again while reading: a pipe has none, and a file can grow.
        file.take(MAX_BYTES + 1).read_to_end(&mut contents).map_err(io)?;
        if contents.len() as u64 > MAX_BYTES {
            let bytes = bytes.max(contents.len() as u64);
            return Err(ReadError::TooLarge { file: path.into(), bytes, most: MAX_BYTES });
        }
        Self::decode(&contents, path)
    }

    /// Decodes the bytes of a file. `name` is what messages call it.
    ///
    /// # Errors
    /// [`ReadError::UnknownFormat`]; [`ReadError::Decode`] for damaged or oversized pictures.
    pub fn decode(bytes: &[u8], name: &Path) -> Result<Self, ReadError> {
        let damaged = |error: ImageError| ReadError::Decode { file: name.into(), reason: reason(&error) };
        let unknown = || ReadError::UnknownFormat { file: name.into() };
        let format = image::guess_format(bytes).map_err(|_| unknown())?;
        if !format.reading_enabled() {
            return Err(unknown());
        }
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        limits.max_alloc = Some(MAX_MEMORY);
        reader.limits(limits);
        let mut decoder = reader.into_decoder().map_err(damaged)?;
        let orientation = decoder.orientation().map_err(damaged)?;
        let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
        image.apply_orientation(orientation);
        let (width, height) = (image.width() as usize, image.height() as usize);
        let pixels = if image.color().has_alpha() {
            let grey = image.into_luma_alpha8();
            grey.pixels().map(|pixel| on_white(pixel.0)).collect()
        } else {
            image.into_luma8().into_raw()
        };
        Ok(Self { height, width, pixels })
    }
}

/// Grey with alpha over white.
fn on_white([grey, alpha]: [u8; 2]) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

/// The decoder's reason in one line, without the advice it gives to programmers.
fn reason(error: &ImageError) -> String {
    match error {
        ImageError::Limits(_) => {
            format!("it is too large: at most {MAX_SIDE} pixels a side and {} MB in memory", MAX_MEMORY >> 20)
        }
        other => other.to_string().replace('\n', " "),
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayAlphaImage, ImageFormat, LumaA};

    use super::*;

    fn png(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn transparent_paper_is_white_whatever_colour_it_hides() {
        let mut image = GrayAlphaImage::from_pixel(3, 2, LumaA([0, 0]));
        image.put_pixel(1, 0, LumaA([10, 255]));
        image.put_pixel(2, 1, LumaA([0, 128]));
        let picture = Picture::decode(&png(&image.into()), Path::new("x.png")).unwrap();
        assert_eq!((picture.height, picture.width), (2, 3));
        assert_eq!(picture.pixels, [255, 10, 255, 255, 255, 127]);
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
        let whole = png(&image::GrayImage::from_fn(30, 20, |x, y| image::Luma([(x * y) as u8])).into());
        for end in 0..whole.len() - 12 {
            assert!(Picture::decode(&whole[..end], Path::new("x.png")).is_err(), "{end}");
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
