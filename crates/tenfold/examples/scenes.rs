//! Writes generated scenes as PNGs, their text as the file's name, to look at.
//!
//!     cargo run --release -p tenfold --features pictures --example scenes -- FOLDER [easy|medium|hard] [COUNT] [mnist]

use std::path::PathBuf;

use image::{GrayImage, ImageFormat};
use tenfold::mnist;
use tenfold::read::scene::{Difficulty, Source, scene};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = PathBuf::from(arguments.first().ok_or("which folder?")?);
    let difficulty = match arguments.get(1).map(String::as_str) {
        Some("easy") => Difficulty::Easy,
        Some("hard") => Difficulty::Hard,
        _ => Difficulty::Medium,
    };
    let count = arguments.get(2).map_or(Ok(40), |count| count.parse::<u64>())?;
    let images = match arguments.get(3) {
        Some(_) => Some(mnist::load()?.1),
        None => None,
    };
    let source = images.as_ref().map_or(Source::Strokes, Source::Images);
    std::fs::create_dir_all(&folder)?;
    for index in 0..count {
        let scene = scene(1, index, difficulty, source);
        let name = folder.join(format!("{index:04} {}.png", scene.text().replace('\n', "_")));
        let (width, height) = (scene.picture.width as u32, scene.picture.height as u32);
        let image = GrayImage::from_raw(width, height, scene.picture.pixels).ok_or("no picture")?;
        image.save_with_format(name, ImageFormat::Png)?;
    }
    Ok(())
}
