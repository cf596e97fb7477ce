//! From the ink of one digit to the network's input, as MNIST's makers placed theirs (LeCun, Bottou, Bengio & Haffner
//! 1998, section III-A): bright on dark, cut to the ink, longest side 20 of 28 pixels, centre of mass in the middle.

use super::ink::Ink;
use crate::model::Preprocessing;
use crate::read::segment::Part;
use crate::read::{Area, Picture};

/// Strokes thinner than this in the input, in pixels of 28, would be grey and beaded: they are made this wide.
const THINNEST: f32 = 1.6;
/// So many pixels are room enough to draw them wider.
const ROOM: usize = 80;
/// Pixels round a part that are still its soft edge.
const EDGE: usize = 1;

/// The input `[height, width]` (0 background, 255 ink) that shows `parts` and nothing else.
pub fn input(ink: &Ink, parts: &[&Part], size: [usize; 2]) -> Vec<u8> {
    let side = Preprocessing::for_input(size).longest_side;
    let cut = stretched(ink, parts);
    let Some(area) = bounds(&cut, 128) else { return vec![0; size[0] * size[1]] };
    let stroke = mean_stroke(parts) * side as f32 / area.longest() as f32;
    let thinnest = THINNEST * size[0].min(size[1]) as f32 / 28.0;
    let small = if stroke < thinnest {
        // There is room to draw a stroke wider by a part of a pixel at four times the size, or where many pixels are to be seen anyway.
        let times = (ROOM / side.max(1)).clamp(1, 4);
        let large = fitted(&cut.cropped(&area), times * side);
        fitted(&thickened(&large, (thinnest - stroke) * times as f32 / 2.0), side)
    } else {
        fitted(&cut.cropped(&area), side)
    };
    placed(&brightened(small), size)
}

/// The input `[height, width]` that shows the ink (0 to 255) in `area` as soft as it is, with `reach` pixels round it, `shape` times
/// as wide as it is; the longest side of the area is what becomes 20 of 28 pixels.
pub(super) fn softly(ink: &Picture, area: &Area, shape: f32, reach: usize, size: [usize; 2]) -> Vec<u8> {
    let room = size[0].min(size[1]);
    let longest = (area.height as f32).max(shape * area.width as f32);
    let factor = Preprocessing::for_input(size).longest_side as f32 / longest;
    let padded = padded(ink, reach);
    let wide = Area { width: area.width + 2 * reach, height: area.height + 2 * reach, ..*area };
    placed(&brightened(scaled(&padded.cropped(&wide), [factor, shape * factor], room)), size)
}

/// Whether the ink of an image `[height, width]` is where MNIST's makers would have put it, give or take a pixel or two.
/// (All of MNIST's test images pass but one, whose ink is only 14 pixels high.)
pub fn is_ready(ink: &Picture) -> bool {
    let (height, width) = (ink.height, ink.width);
    let side = Preprocessing::for_input([height, width]).longest_side as f32;
    let Some(cut) = bounds(ink, 64) else { return false };
    let longest = cut.longest() as f32;
    let centred = |middle: f32, room: usize| (-0.5..1.5).contains(&(middle - room as f32 / 2.0));
    let (y, x) = centre(ink);
    (side * 0.85..=side * 1.05).contains(&longest) && centred(y, height) && centred(x, width)
}

/// The parts alone, in their box: paper to 0, the mean of their ink to 255.
fn stretched(ink: &Ink, parts: &[&Part]) -> Picture {
    let all = parts.iter().map(|part| part.area).reduce(|all, area| all.with(&area));
    let Some(all) = all else { return Picture::filled(0, 0, 0) };
    let (top, left) = (all.y.saturating_sub(EDGE), all.x.saturating_sub(EDGE));
    let height = (all.bottom() + EDGE).min(ink.levels.height) - top;
    let width = (all.right() + EDGE).min(ink.levels.width) - left;
    let mut cut = Picture::filled(height, width, 0);
    let (mut pixels, mut sum) = (0u64, 0u64);
    for run in parts.iter().flat_map(|part| &part.runs) {
        for &level in &ink.levels.row(run.y)[run.start..run.end] {
            if level >= ink.threshold {
                pixels += 1;
                sum += u64::from(level);
            }
        }
        let (start, end) = (run.start.saturating_sub(EDGE).max(left), (run.end + EDGE).min(left + width));
        for y in run.y.saturating_sub(EDGE).max(top)..(run.y + EDGE + 1).min(top + height) {
            let row = &ink.levels.row(y)[start..end];
            cut.pixels[(y - top) * width + start - left..][..row.len()].copy_from_slice(row);
        }
    }
    let full = sum.checked_div(pixels).unwrap_or(255) as f32;
    let low = f32::from(ink.threshold) / 2.0;
    let scale = 255.0 / (full - low).max(1.0);
    let table: Vec<u8> =
        (0..=255u8).map(|level| ((f32::from(level) - low) * scale + 0.5).clamp(0.0, 255.0) as u8).collect();
    cut.pixels.iter_mut().for_each(|level| *level = table[usize::from(*level)]);
    cut
}

/// The mean width of the parts' strokes, larger parts weighing more.
fn mean_stroke(parts: &[&Part]) -> f32 {
    let pixels: usize = parts.iter().map(|part| part.pixels).sum();
    parts.iter().map(|part| part.stroke() * part.pixels as f32).sum::<f32>() / pixels.max(1) as f32
}

/// The box of all pixels of at least `least` ink.
pub(super) fn bounds(picture: &Picture, least: u8) -> Option<Area> {
    let mut found: Option<Area> = None;
    for (y, row) in picture.rows().enumerate() {
        let first = row.iter().position(|&level| level >= least);
        let last = row.iter().rposition(|&level| level >= least);
        if let (Some(x), Some(last)) = (first, last) {
            let area = Area { x, y, width: last + 1 - x, height: 1 };
            found = Some(found.map_or(area, |all| all.with(&area)));
        }
    }
    found
}

/// The same so many times as high and as wide, each side 1 to `most` pixels long.
fn scaled(picture: &Picture, [taller, wider]: [f32; 2], most: usize) -> Picture {
    let length = |old: usize, factor: f32| ((old as f32 * factor).round() as usize).clamp(1, most);
    picture.resized(length(picture.height, taller), length(picture.width, wider))
}

/// The same with its longest side `side` pixels long.
fn fitted(picture: &Picture, side: usize) -> Picture {
    scaled(picture, [side as f32 / picture.height.max(picture.width).max(1) as f32; 2], side)
}

/// A hairline leaves grey where it covers a part of a pixel; the brightest becomes full ink again.
fn brightened(mut picture: Picture) -> Picture {
    let brightest = picture.pixels.iter().copied().max().unwrap_or(0).max(1);
    let scale = 255.0 / f32::from(brightest);
    picture.pixels.iter_mut().for_each(|level| *level = (f32::from(*level) * scale + 0.5) as u8);
    picture
}

/// The same with `by` pixels of paper on each side.
fn padded(picture: &Picture, by: usize) -> Picture {
    framed(picture, [by; 4])
}

/// The same with so many pixels of paper above, below, on the left and on the right.
pub(in crate::read) fn framed(picture: &Picture, [above, below, left, right]: [usize; 4]) -> Picture {
    let mut wide = Picture::filled(above + picture.height + below, left + picture.width + right, 0);
    for (y, row) in picture.rows().enumerate() {
        let at = (above + y) * wide.width + left;
        wide.pixels[at..at + row.len()].copy_from_slice(row);
    }
    wide
}

/// With wider strokes, in as much more room: each pixel the brightest within `reach` pixels, those at the rim of the circle by the part of them that lies inside.
fn thickened(picture: &Picture, reach: f32) -> Picture {
    let whole = reach.ceil() as isize;
    let picture = brightened(padded(picture, reach.ceil() as usize));
    let mut disc = Vec::new();
    for y in -whole..=whole {
        for x in -whole..=whole {
            let inside = (reach + 0.5 - ((y * y + x * x) as f32).sqrt()).clamp(0.0, 1.0);
            if inside > 0.0 && (y, x) != (0, 0) {
                disc.push((y, x, (inside * 256.0) as u32));
            }
        }
    }
    let mut wide = picture.clone();
    for (y, row) in picture.rows().enumerate() {
        for (x, &level) in row.iter().enumerate().filter(|&(_, &level)| level > 0) {
            for &(dy, dx, inside) in &disc {
                let (Some(y), Some(x)) = (y.checked_add_signed(dy), x.checked_add_signed(dx)) else {
                    continue;
                };
                if y < wide.height && x < wide.width {
                    let to = &mut wide.pixels[y * picture.width + x];
                    *to = (*to).max(((u32::from(level) * inside) >> 8) as u8);
                }
            }
        }
    }
    wide
}

/// The centre of mass (y, x), in pixels from the upper left corner.
fn centre(picture: &Picture) -> (f32, f32) {
    let (mut mass, mut y_sum, mut x_sum) = (0.0, 0.0, 0.0);
    for (y, row) in picture.rows().enumerate() {
        for (x, &level) in row.iter().enumerate() {
            let level = f32::from(level);
            mass += level;
            y_sum += level * (y as f32 + 0.5);
            x_sum += level * (x as f32 + 0.5);
        }
    }
    let mass = f32::max(mass, 1.0);
    (y_sum / mass, x_sum / mass)
}

/// The ink in an image `[height, width]`, its centre of mass in the middle; what would stick out is pushed in.
/// The centre comes to lie up to one pixel below and right of the exact middle, as it does in MNIST's own images.
fn placed(picture: &Picture, [height, width]: [usize; 2]) -> Vec<u8> {
    let start = |middle: f32, length: usize, room: usize| {
        let most = room.saturating_sub(length);
        ((room as f32 / 2.0 - middle).ceil().max(0.0) as usize).min(most)
    };
    let (y, x) = centre(picture);
    let (top, left) = (start(y, picture.height, height), start(x, picture.width, width));
    let mut image = vec![0; height * width];
    for (y, row) in picture.rows().enumerate().take(height - top) {
        let length = row.len().min(width - left);
        image[(top + y) * width + left..][..length].copy_from_slice(&row[..length]);
    }
    image
}
