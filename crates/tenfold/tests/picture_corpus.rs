//! Small pictures in every format and in unusual kinds: each is decoded to its size. Where `TENFOLD_CORPUS` names a folder,
//! they are written there; the fuzz target `read` starts from them.

#![cfg(feature = "pictures")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use tenfold::read::Picture;
use tenfold::read::scene::{Difficulty, Source, scene};

#[test]
fn every_format_and_kind_is_decoded() {
    let folder = std::env::var_os("TENFOLD_CORPUS").map(PathBuf::from);
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder).unwrap();
    }
    let mut images: Vec<GrayImage> = [(1, 1), (1, 40), (40, 1), (28, 28)]
        .map(|(width, height)| GrayImage::from_fn(width, height, |x, y| Luma([(7 * x + 13 * y) as u8])))
        .into();
    let scenes = (0..40).map(|index| scene(3, index, Difficulty::Medium, Source::Strokes).picture);
    let small = scenes.filter(|picture| picture.pixels.len() < 20_000).take(4);
    images.extend(small.map(|picture| {
        GrayImage::from_raw(picture.width as u32, picture.height as u32, picture.pixels).unwrap()
    }));
    assert_eq!(images.len(), 8);
    for (number, image) in images.into_iter().enumerate() {
        let size = (image.height() as usize, image.width() as usize);
        let grey = DynamicImage::from(image);
        let kinds = [
            (ImageFormat::Png, grey.clone()),
            (ImageFormat::Png, grey.to_luma_alpha8().into()),
            (ImageFormat::Png, grey.to_rgba16().into()),
            (ImageFormat::Jpeg, grey.clone()),
            (ImageFormat::Jpeg, grey.to_rgb8().into()),
            (ImageFormat::WebP, grey.to_rgba8().into()),
            (ImageFormat::Bmp, grey.to_rgb8().into()),
            (ImageFormat::Tiff, grey.to_luma16().into()),
            (ImageFormat::Gif, grey.to_rgba8().into()),
        ];
        for (kind, (format, image)) in kinds.into_iter().enumerate() {
            let mut bytes = Vec::new();
            image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
            let picture = Picture::decode(&bytes, Path::new("corpus")).unwrap();
            assert_eq!((picture.height, picture.width), size, "{format:?} {number}");
            if let Some(folder) = &folder {
                let ending = format.extensions_str()[0];
                std::fs::write(folder.join(format!("{number}-{kind}.{ending}")), bytes).unwrap();
            }
        }
    }
}
