//! Erasing a rectangle (Zhong, Zheng, Kang, Li and Yang, "Random erasing data augmentation", arXiv 1708.04896).
//!
//! As there: an area between 2 % and the largest, proportions between 0.3 and 1/0.3, anywhere. Where the paper draws
//! again when the rectangle does not fit, its sides are cut to the image's.

use serde::{Deserialize, Serialize};

use super::Augment;
use super::draw::Draw;
use crate::random::Stream;

/// What stands where it was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fill {
    /// Nothing: 0.
    #[default]
    Black,
    /// Random pixels.
    Noise,
}

const LEAST_AREA: f32 = 0.02;
const PROPORTION: f32 = 0.3;

pub(super) fn apply(
    augment: &Augment,
    draw: &Draw,
    stream: &mut Stream,
    image: &mut [u8],
    [height, width]: [usize; 2],
) {
    let [area, proportion, across, down] = draw.rectangle;
    let area = LEAST_AREA + (augment.erase_area - LEAST_AREA).max(0.0) * area;
    let area = area * (height * width) as f32;
    let proportion = PROPORTION + (1.0 / PROPORTION - PROPORTION) * proportion;
    let side = |square: f32, side: usize| ((libm::sqrtf(square) + 0.5) as usize).clamp(1, side);
    let (rows, columns) = (side(area * proportion, height), side(area / proportion, width));
    let place = |share: f32, free: usize| ((share * (free + 1) as f32) as usize).min(free);
    let (top, left) = (place(down, height - rows), place(across, width - columns));
    for row in image.chunks_exact_mut(width).skip(top).take(rows) {
        let erased = &mut row[left..left + columns];
        match augment.erase_fill {
            Fill::Black => erased.fill(0),
            Fill::Noise => stream.fill(erased),
        }
    }
}
