//! Takes pixels from where they come from, between pixels: bilinear interpolation in three passes over the image, each
//! a plain loop: all coordinates, all loads, all arithmetic. Outside the image it is black.
//!
//! Each pass is a function that is never inlined: the compiler then knows that its lists do not overlap, and makes
//! vectors of the loop.

use super::affine::{Affine, FRACTION, ONE};
use super::eights::{each, eights};
use super::elastic::Elastic;

/// Bytes between two rows of a [`Sheet`]: as many as a coordinate has fractions of a pixel, so that a place in the sheet
/// is the coordinates' bits put together.
pub(super) const STRIDE: usize = ONE as usize;
/// Bytes in which a place can lie.
const PLACES: usize = STRIDE * STRIDE;
const _: () = assert!(PLACES.is_power_of_two());

/// A copy of an image with a black border: pixel (y, x) is at (y + 1, x + 1).
#[derive(Clone, Debug)]
pub(super) struct Sheet(Box<[u8; PLACES + 2 * STRIDE]>);

impl Sheet {
    pub(super) fn new() -> Self {
        Self(Box::new([0; PLACES + 2 * STRIDE]))
    }

    #[inline(always)]
    pub(super) fn pixels(&self) -> &[u8; PLACES + 2 * STRIDE] {
        &self.0
    }

    #[inline(always)]
    pub(super) fn pixels_mut(&mut self) -> &mut [u8; PLACES + 2 * STRIDE] {
        &mut self.0
    }

    /// Copies `image` `[height, width]` in. The border stays black.
    pub(super) fn set(&mut self, image: &[u8], width: usize) {
        for (row, target) in image.chunks_exact(width).zip(self.0[STRIDE..].chunks_exact_mut(STRIDE)) {
            target[1..=width].copy_from_slice(row);
        }
    }
}

/// Where each pixel of the result comes from. Lists are `[height, width]` and a little more.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// Coordinates in a sheet, across and down.
    x: Vec<u16>,
    y: Vec<u16>,
    /// The place of the upper left of the four pixels around.
    at: Vec<u16>,
    /// The four pixels: the upper two, and the lower two, left in the low byte.
    upper: Vec<u16>,
    lower: Vec<u16>,
    /// Pulls of one row, across and down; 0 without bending.
    pulls: [Vec<i16>; 2],
}

/// The bits of a coordinate that are a fraction of a pixel.
const PART: u16 = ONE as u16 - 1;

impl Places {
    pub(super) fn new([height, _]: [usize; 2], wide: usize) -> Self {
        let list = || vec![0; height * wide];
        let pulls = [vec![0; wide], vec![0; wide]];
        Self { x: list(), y: list(), at: list(), upper: list(), lower: list(), pulls }
    }

    /// `out` `[height, width]` from `sheet`.
    pub(super) fn warp(
        &mut self,
        sheet: &Sheet,
        affine: &Affine,
        elastic: Option<&Elastic>,
        [height, width]: [usize; 2],
        out: &mut [u8],
    ) {
        for row in 0..height {
            if let Some(elastic) = elastic {
                elastic.row(row, &mut self.pulls);
            }
            let [pulls_x, pulls_y] = &self.pulls;
            place(&affine.columns[0], affine.rows[0][row], pulls_x, width, &mut self.x[row * width..]);
            place(&affine.columns[1], affine.rows[1][row], pulls_y, height, &mut self.y[row * width..]);
        }
        find(&self.x, &self.y, &mut self.at);
        load(sheet, &self.at, &mut self.upper, &mut self.lower);
        blend(&self.x, &self.y, &self.upper, &self.lower, out);
    }
}

/// A row's coordinates in a sheet, in one direction in which the image has `side` pixels: columns' parts + the row's
/// part + pulls. Those outside are drawn in to one pixel outside: there it is black already. Columns are padded to whole
/// eights; what is written too much, the next row overwrites.
#[inline(never)]
fn place(columns: &[i16], row: i16, pulls: &[i16], side: usize, places: &mut [u16]) {
    let last = (side as i16 + 1) * (ONE / 2);
    let from = eights(columns).iter().zip(eights(pulls));
    for (places, (columns, pulls)) in places.as_chunks_mut().0.iter_mut().zip(from) {
        *places = each(|lane| {
            let place = columns[lane].saturating_add(row).saturating_add(pulls[lane]);
            // Not `clamp`, which has a branch for limits in the wrong order.
            (place.max(-last).min(last) + last) as u16
        });
    }
}

/// Places in the sheet.
#[inline(never)]
fn find(x: &[u16], y: &[u16], at: &mut [u16]) {
    for (at, (x, y)) in at.as_chunks_mut().0.iter_mut().zip(eights(x).iter().zip(eights(y))) {
        *at = each(|lane| (y[lane] & !PART) | (x[lane] >> FRACTION));
    }
}

/// The pixels there, to the right, below, and below to the right.
#[inline(never)]
fn load(sheet: &Sheet, at: &[u16], upper: &mut [u16], lower: &mut [u16]) {
    let sheet = sheet.pixels();
    for ((upper, lower), &at) in upper.iter_mut().zip(lower).zip(at) {
        let at = usize::from(at) & (PLACES - 1);
        *upper = u16::from_le_bytes([sheet[at], sheet[at + 1]]);
        *lower = u16::from_le_bytes([sheet[at + STRIDE], sheet[at + STRIDE + 1]]);
    }
}

/// Between the four pixels.
#[inline(never)]
fn blend(x: &[u16], y: &[u16], upper: &[u16], lower: &[u16], out: &mut [u8]) {
    let pixels = out.len();
    let (x, y, upper, lower) = (&x[..pixels], &y[..pixels], &upper[..pixels], &lower[..pixels]);
    for i in 0..pixels {
        let right = x[i] & PART;
        let upper = between(upper[i] & 255, upper[i] >> 8, right);
        let lower = between(lower[i] & 255, lower[i] >> 8, right);
        out[i] = between(upper, lower, y[i] & PART) as u8;
    }
}

/// The mean of `a` and `b` with `share` of `b`, in fractions of a pixel, rounded to the nearest.
#[inline(always)]
fn between(a: u16, b: u16, share: u16) -> u16 {
    (a * (ONE as u16 - share) + b * share + ONE as u16 / 2) >> FRACTION
}
