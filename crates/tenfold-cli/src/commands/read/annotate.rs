//! A picture with what was read drawn on it: a box round each digit with the reading above it, green where it is sure and
//! orange where it is not; grey boxes round what was not read.

use image::{Rgb, RgbImage};
use tenfold::read::{Area, Picture, Reading};

use crate::lettering::points;

const SURE: Rgb<u8> = Rgb([0, 150, 70]);
const UNSURE: Rgb<u8> = Rgb([230, 110, 0]);
const REFUSED: Rgb<u8> = Rgb([140, 140, 150]);
const MARK: Rgb<u8> = Rgb([40, 110, 220]);

/// The picture in grey, with boxes and readings.
pub fn annotated(picture: &Picture, reading: &Reading) -> RgbImage {
    let (width, height) = (picture.width as u32, picture.height as u32);
    let mut image = RgbImage::from_fn(width, height, |x, y| {
        let level = picture.pixels[y as usize * picture.width + x as usize];
        Rgb([level; 3])
    });
    let line = (picture.height.max(picture.width) / 500).max(1);
    for rejected in &reading.rejected {
        frame(&mut image, &rejected.area, line, REFUSED);
    }
    for separator in &reading.separators {
        frame(&mut image, &separator.area, line, MARK);
    }
    for digit in &reading.digits {
        let colour = if digit.confidence >= super::UNSURE { SURE } else { UNSURE };
        frame(&mut image, &digit.area, line, colour);
        label(&mut image, &digit.area, line, digit.digit, colour);
    }
    image
}

/// A box just outside an area.
fn frame(image: &mut RgbImage, area: &Area, line: usize, colour: Rgb<u8>) {
    let out = |at: usize| at as i64 - 2 * line as i64;
    let (left, top) = (out(area.x), out(area.y));
    let (right, bottom) = ((area.right() + line) as i64, (area.bottom() + line) as i64);
    let line = line as i64;
    fill(image, [left, right + line], [top, top + line], colour);
    fill(image, [left, right + line], [bottom, bottom + line], colour);
    fill(image, [left, left + line], [top, bottom + line], colour);
    fill(image, [right, right + line], [top, bottom + line], colour);
}

/// A digit on a patch of colour above the upper left corner of its box, or inside where there is no room above.
fn label(image: &mut RgbImage, area: &Area, line: usize, digit: u8, colour: Rgb<u8>) {
    let point = (area.height / 20).clamp(line, 12 * line).max(1) as i64;
    let (wide, high) = (5 * point, 7 * point);
    let left = area.x as i64 - 2 * line as i64;
    let above = area.y as i64 - 2 * line as i64 - high;
    let top = if above >= 0 { above } else { area.y as i64 - 2 * line as i64 };
    fill(image, [left, left + wide], [top, top + high], colour);
    for (y, x) in points(digit) {
        let (left, top) = (left + (x as i64 + 1) * point, top + (y as i64 + 1) * point);
        fill(image, [left, left + point], [top, top + point], Rgb([255; 3]));
    }
}

/// Colours columns and rows, as far as they lie in the image.
fn fill(image: &mut RgbImage, columns: [i64; 2], rows: [i64; 2], colour: Rgb<u8>) {
    let within = |[from, end]: [i64; 2], size: u32| {
        from.clamp(0, i64::from(size)) as u32..end.clamp(0, i64::from(size)) as u32
    };
    for y in within(rows, image.height()) {
        for x in within(columns, image.width()) {
            image.put_pixel(x, y, colour);
        }
    }
}
