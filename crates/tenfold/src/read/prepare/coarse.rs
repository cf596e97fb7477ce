//! A picture seen by few pixels, as scanners of the 1990s left them: one digit that fills it. No stroke has an edge there, and
//! hardly any paper is left to find, so its levels are kept as they are: grey pixels say where strokes run.
//!
//! It may have been enlarged since, pixel by pixel or smoothly. Whether it shows a digit at all is not asked here.

use std::borrow::Cow;

use super::place;
use super::polarity::polarity;
use crate::read::{Area, Picture};

/// Most pixels along the longest side, before it was enlarged; a digit in a network's input has as many.
const MOST: f32 = 20.0;
/// Nobody draws a digit with fewer: what has none is a box, or light that fades.
const FEWEST: f32 = 5.0;
/// Larger pictures are not looked at: nobody enlarges so few pixels so much.
const LARGEST: usize = 640;
/// Darkest and brightest are at least so far apart.
const FAINTEST: u8 = 32;
/// The digit's box holds what is this much ink, of 255.
const INK: u8 = 64;
/// Ink that is wider than this many of its heights is more than a digit.
const WIDEST: f32 = 1.25;
/// Hardly any digit is this much as wide as high by itself. One that is may have been stretched to fill a square, as in some sets of
/// scans: then nobody knows how wide it was, and it is seen in each of these shares of its width.
const SQUARE: f32 = 0.85;
const SHAPES: [f32; 3] = [0.62, 1.0, 0.38];
/// By how much the contrast is higher than the highest step over two pixels where a picture was enlarged smoothly, at least; the
/// enlargement is so many times as much, between straight lines (2) and curves (2.5).
const SOFTER: f32 = 1.5;
const SMOOTH: f32 = 2.2;

/// A picture of one digit as a network's inputs.
pub struct Coarse {
    /// `[height, width]` each, 0 background, 255 ink: one or, where the digit's shape may be lost, one for each that is likely, the
    /// likeliest first.
    pub inputs: Vec<Vec<u8>>,
    /// Where the ink is.
    pub area: Area,
}

/// The picture's ink as inputs; where it is not plain which is the ink, once for the dark and once for the bright, the likelier
/// first. None where the picture has more pixels, or its ink is wider than one digit's.
pub fn coarse(picture: &Picture, size: [usize; 2]) -> Vec<Coarse> {
    let longest = picture.height.max(picture.width);
    if longest > LARGEST {
        return Vec::new();
    }
    let cell = repeats(picture);
    let small = if cell > 1 { Cow::Owned(every(picture, cell)) } else { Cow::Borrowed(picture) };
    let least = small.pixels.iter().fold(255, |least: u8, &level| least.min(level));
    let most = small.pixels.iter().fold(0, |most: u8, &level| most.max(level));
    if most.saturating_sub(least) < FAINTEST {
        return Vec::new();
    }
    let side = small.height.max(small.width) as f32;
    let times = if side > MOST { smoothed(&small, most - least) } else { 1.0 };
    if !(FEWEST * times..=MOST * times).contains(&side) {
        return Vec::new();
    }
    let way = |bright_ink: bool| {
        let ink = stretched(&small, [least, most], bright_ink);
        let area = one(&ink)?;
        let square = area.width as f32 >= SQUARE * area.height as f32;
        let shapes: &[f32] = if square { &SHAPES } else { &[1.0] };
        let inputs = shapes.iter().map(|&shape| placed(&ink, &area, shape, times, size)).collect();
        let area =
            Area { x: area.x * cell, y: area.y * cell, width: area.width * cell, height: area.height * cell };
        Some(Coarse { inputs, area })
    };
    let plain = polarity(&small);
    let Some(likelier) = way(plain.bright_ink) else { return Vec::new() };
    let other = if plain.sure { None } else { way(!plain.bright_ink) };
    [likelier].into_iter().chain(other).collect()
}

/// The box of all ink, where that is at most one digit.
fn one(ink: &Picture) -> Option<Area> {
    place::bounds(ink, INK).filter(|area| area.width as f32 <= WIDEST * area.height as f32)
}

/// Ink of full contrast, 0 to 255, in `area`, made `shape` times as wide; the picture was enlarged so many times.
fn placed(ink: &Picture, area: &Area, shape: f32, times: f32, size: [usize; 2]) -> Vec<u8> {
    // A stroke's soft edge reaches one pixel further, of those that were seen.
    place::softly(ink, area, shape, times.round().max(1.0) as usize, size)
}

/// As [`coarse`], the input of a picture whose ink is bright and which was not enlarged, in the shape that it has.
pub fn scanned(picture: &Picture, size: [usize; 2]) -> Option<Vec<u8>> {
    let most = picture.pixels.iter().copied().max().filter(|&most| most >= FAINTEST)?;
    let ink = stretched(picture, [0, most], true);
    let area = one(&ink)?;
    Some(placed(&ink, &area, 1.0, 1.0, size))
}

/// The ink of a picture whose levels run from `least` to `most`, at full contrast.
fn stretched(picture: &Picture, [least, most]: [u8; 2], bright_ink: bool) -> Picture {
    let scale = 255.0 / f32::from(most - least);
    let ink = |level: u8| f32::from(if bright_ink { level - least } else { most - level });
    let levels = picture.pixels.iter().map(|&level| (ink(level) * scale + 0.5) as u8);
    Picture { pixels: levels.collect(), ..*picture }
}

/// The side of the squares of one grey that the whole picture is made of; 1 where it is made of pixels.
fn repeats(picture: &Picture) -> usize {
    let mut side = common(picture.height, picture.width);
    for row in picture.rows() {
        let changes = row.windows(2).enumerate().filter(|(_, pair)| pair[0] != pair[1]);
        for (x, _) in changes {
            side = common(side, x + 1);
            if side == 1 {
                return 1;
            }
        }
    }
    let rows: Vec<&[u8]> = picture.rows().collect();
    rows.windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] != pair[1])
        .fold(side, |side, (y, _)| common(side, y + 1))
}

/// The greatest number that divides both.
fn common(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common(b, a % b) }
}

/// One pixel of each square.
fn every(picture: &Picture, side: usize) -> Picture {
    let pixels = picture.rows().step_by(side).flat_map(|row| row.iter().step_by(side).copied()).collect();
    Picture { height: picture.height / side, width: picture.width / side, pixels }
}

/// How many times as large as it was a picture of this contrast was made by drawing lines or curves between pixels; about 1 where
/// it was not.
fn smoothed(picture: &Picture, contrast: u8) -> f32 {
    let lower = f32::from(contrast) / f32::from(steepest(picture).max(1));
    if lower < SOFTER { 1.0 } else { SMOOTH * lower }
}

/// The highest step over two pixels, across or down.
fn steepest(picture: &Picture) -> u8 {
    let highest = |a: &[u8], b: &[u8]| a.iter().zip(b).fold(0, |most, (a, b)| a.abs_diff(*b).max(most));
    let across = picture.rows().map(|row| highest(row, row.get(2..).unwrap_or(&[])));
    let down = (2..picture.height).map(|y| highest(picture.row(y - 2), picture.row(y)));
    across.chain(down).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: [usize; 2] = [28, 28];

    /// A 7 of 8×8 pixels, ink bright, that leaves no paper round it.
    fn seven() -> Picture {
        const ROWS: [&[u8; 8]; 8] = [
            b"99999999",
            b"59999999",
            b"00000596",
            b"00002980",
            b"00006940",
            b"00019900",
            b"00059500",
            b"00089200",
        ];
        let pixels = ROWS.iter().flat_map(|row| row.iter().map(|&digit| (digit - b'0') * 28)).collect();
        Picture { height: 8, width: 8, pixels }
    }

    fn enlarged(picture: &Picture, times: usize) -> Picture {
        let row = |y: usize| picture.row(y).iter().flat_map(|&level| vec![level; times]).collect::<Vec<u8>>();
        let pixels = (0..picture.height * times).flat_map(|y| row(y / times)).collect();
        Picture { height: picture.height * times, width: picture.width * times, pixels }
    }

    #[test]
    fn what_is_hardly_there_is_no_ink_on_bright_paper_nor_on_dark() {
        for (paper, ink) in [(255, 224), (240, 255), (0, 31), (31, 0)] {
            let mut pixels = vec![paper; 64];
            (1..7).for_each(|y| pixels[y * 8 + 4] = ink);
            assert!(coarse(&Picture { height: 8, width: 8, pixels }, INPUT).is_empty(), "{ink} on {paper}");
        }
    }

    #[test]
    fn however_much_enlarged_the_input_is_about_the_same() {
        let plain = coarse(&seven(), INPUT);
        assert!(!plain.is_empty());
        for times in [4, 7, 40] {
            let blocks = enlarged(&seven(), times);
            assert_eq!(repeats(&blocks), times);
            let smooth = seven().resized(8 * times, 8 * times);
            assert_eq!(repeats(&smooth), 1);
            // Sixteen levels a pixel.
            for (picture, most) in [(blocks, 0), (smooth, 16 * 784)] {
                let found = coarse(&picture, INPUT);
                assert_eq!(found.len(), plain.len());
                let inputs =
                    |all: &[Coarse]| all.iter().flat_map(|way| way.inputs.clone()).collect::<Vec<_>>();
                for (found, plain) in inputs(&found).iter().zip(&inputs(&plain)) {
                    let pairs = found.iter().zip(plain);
                    let far: usize = pairs.map(|(a, b)| usize::from(a.abs_diff(*b))).sum();
                    assert!(far <= most, "{times}: {far}");
                }
            }
        }
    }

    #[test]
    fn what_may_have_been_stretched_to_a_square_is_seen_in_other_shapes_too() {
        let widths = |picture: &Picture| -> Vec<usize> {
            let ways = coarse(picture, INPUT);
            let inked = |input: &[u8], x: usize| input.iter().skip(x).step_by(28).any(|&level| level > 127);
            ways[0].inputs.iter().map(|input| (0..28).filter(|&x| inked(input, x)).count()).collect()
        };
        assert_eq!(widths(&seven().resized(16, 16)), [12, 21, 9]);
        // As wide as people write it, on a square of paper.
        let narrow = place::framed(&seven().resized(16, 10), [0, 0, 3, 3]);
        assert_eq!(widths(&narrow), [13]);
    }

    #[test]
    fn sharp_large_flat_and_wide_pictures_are_left_to_others() {
        let mut sharp = Picture::filled(60, 60, 220);
        (10..50).for_each(|y| sharp.pixels[y * 60 + 31] = 20);
        assert!(coarse(&sharp, INPUT).is_empty());
        assert!(coarse(&seven().resized(700, 700), INPUT).is_empty());
        assert!(coarse(&Picture::filled(8, 8, 90), INPUT).is_empty());
        assert!(coarse(&Picture::filled(0, 0, 0), INPUT).is_empty());
        let mut wide = Picture::filled(8, 16, 255);
        (0..16).step_by(3).for_each(|x| (0..8).for_each(|y| wide.pixels[y * 16 + x] = 0));
        assert!(coarse(&wide, INPUT).is_empty());
    }
}
