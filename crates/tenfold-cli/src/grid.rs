//! Many pictures side by side: in the terminal, or as one PNG. Chooses none and changes none.

use anyhow::ensure;
use image::{GrayImage, Luma};
use tenfold::Dataset;

use crate::files::png;
use crate::format::count;
use crate::lettering::points;
use crate::terminal::Screen;

/// Columns between two pictures in the terminal.
pub const GAP: usize = 2;

/// Times that a PNG is larger than the images, and the line between two of them.
const SCALE: usize = 2;
const LINE: usize = 2;
/// The longest side of a PNG.
const LONGEST: usize = 16_384;

/// Pictures of `width` that a row of the screen holds.
pub fn fitting(screen: &Screen, width: usize) -> usize {
    ((screen.width() + GAP) / (width + GAP)).max(1)
}

/// Pictures of one height, line by line, beside each other.
pub fn print_row(pictures: &[Vec<String>], screen: &Screen) {
    for line in 0..pictures.first().map_or(0, Vec::len) {
        let lines: Vec<&str> = pictures.iter().map(|picture| picture[line].as_str()).collect();
        screen.line(lines.join(&" ".repeat(GAP)).trim_end());
    }
}

/// A PNG of `images`, `columns` in a row: dark, each twice as large with its label in the corner, a thin line between two.
pub fn sheet(images: &Dataset, columns: usize) -> anyhow::Result<Vec<u8>> {
    let [height, width] = images.shape();
    let [total_height, total_width] = sheet_size(images.len(), columns, images.shape())?;
    let mut picture = GrayImage::from_pixel(total_width as u32, total_height as u32, Luma([64]));
    for index in 0..images.len() {
        let top = index / columns * (height * SCALE + LINE) + LINE;
        let left = index % columns * (width * SCALE + LINE) + LINE;
        let image = images.image(index);
        for y in 0..height * SCALE {
            for x in 0..width * SCALE {
                let pixel = Luma([image[y / SCALE * width + x / SCALE]]);
                picture.put_pixel((left + x) as u32, (top + y) as u32, pixel);
            }
        }
        write_label(&mut picture, images.labels()[index], top + 1, left + 1);
    }
    png(picture)
}

/// Height and width of the [`sheet`] of so many images of this shape; refused where it would be too large.
pub fn sheet_size(images: usize, columns: usize, shape: [usize; 2]) -> anyhow::Result<[usize; 2]> {
    let [height, width] = shape;
    let cells = [images.div_ceil(columns), columns];
    let size = [0, 1].map(|side| cells[side].saturating_mul(shape[side] * SCALE + LINE).saturating_add(LINE));
    ensure!(
        size.iter().all(|&side| side <= LONGEST),
        "{} images of {height}×{width} make a picture larger than {LONGEST} pixels; choose a smaller --count",
        count(images)
    );
    Ok(size)
}

/// Writes a label in small grey digits; what would lie outside the picture is left out.
fn write_label(picture: &mut GrayImage, label: u8, top: usize, left: usize) {
    for (place, digit) in label.to_string().bytes().enumerate() {
        for (y, x) in points(digit.saturating_sub(b'0')) {
            if let Some(pixel) =
                picture.get_pixel_mut_checked((left + 4 * place + x) as u32, (top + y) as u32)
            {
                *pixel = Luma([160]);
            }
        }
    }
}
