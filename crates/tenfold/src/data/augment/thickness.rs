//! Thicker and thinner strokes: a blend of the image with its grey dilation or erosion (Serra 1982) by a plus of 3×3.
//!
//! Thinner goes half as far as thicker: many strokes are two pixels wide, and a whole pixel from each side would leave
//! nothing.

use super::sample::{STRIDE, Sheet};

/// Columns worked on at once.
const LANES: usize = 16;

/// `to` becomes `from` with thicker (`amount` 0 to 1) or thinner (−1 to 0) strokes.
pub(super) fn apply(amount: f32, from: &Sheet, to: &mut Sheet, [height, width]: [usize; 2]) {
    if amount < 0.0 {
        let share = (-amount * 128.0) as u16;
        each(from, to, height, width, |pixel, around| {
            let least = around.into_iter().fold(pixel, u8::min);
            pixel - ((u16::from(pixel - least) * share) >> 8) as u8
        });
    } else {
        let share = (amount * 256.0) as u16;
        each(from, to, height, width, |pixel, around| {
            let most = around.into_iter().fold(pixel, u8::max);
            pixel + ((u16::from(most - pixel) * share) >> 8) as u8
        });
    }
}

/// Each pixel of `to` from a pixel of `from` and its four neighbours.
#[inline(always)]
fn each(from: &Sheet, to: &mut Sheet, height: usize, width: usize, new: impl Fn(u8, [u8; 4]) -> u8) {
    for y in 1..=height {
        for x in (1..=width).step_by(LANES) {
            let at = y * STRIDE + x;
            let lanes = |at: usize| &from.pixels()[at..at + LANES];
            let (up, left, middle, right, down) =
                (lanes(at - STRIDE), lanes(at - 1), lanes(at), lanes(at + 1), lanes(at + STRIDE));
            let target = &mut to.pixels_mut()[at..at + LANES];
            for lane in 0..LANES {
                target[lane] = new(middle[lane], [up[lane], left[lane], right[lane], down[lane]]);
            }
        }
        // What was written beyond the last column.
        to.pixels_mut()[y * STRIDE + width + 1..][..LANES].fill(0);
    }
}
