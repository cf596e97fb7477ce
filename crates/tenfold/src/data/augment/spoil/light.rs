//! Light that is not the digit's: grey paper, haze, shadows; and ink with less contrast.

use super::between;
use super::field::Field;
use crate::random::Stream;

/// The brightest that the paper becomes.
const MOST: u32 = 170;
/// The least that is left of the ink, in 256ths.
const FAINTEST: u32 = 90;

pub(super) fn apply(stream: &mut Stream, field: &mut Field, image: &mut [u8]) {
    let veil = stream.below(MOST + 1);
    let ink = between(stream, FAINTEST, 256);
    if stream.below(2) == 0 {
        // The same everywhere.
        image.iter_mut().for_each(|pixel| *pixel = lit(*pixel, ink, veil));
        return;
    }
    // Coarse and fine together, the fine half as strong.
    let (coarse, fine) = (between(stream, 8, 28), between(stream, 3, 7));
    field.draw(stream, coarse);
    for (pixel, &thick) in image.iter_mut().zip(field.values()) {
        *pixel = lit(*pixel, ink, veil * u32::from(thick) * 2 / (3 * 255));
    }
    for (pixel, &thick) in image.iter_mut().zip(field.draw(stream, fine)) {
        *pixel = lit(*pixel, 256, veil * u32::from(thick) / (3 * 255));
    }
}

/// A pixel whose ink is weaker, behind a veil.
fn lit(pixel: u8, ink: u32, veil: u32) -> u8 {
    (((u32::from(pixel) * ink) >> 8) + veil).min(255) as u8
}
