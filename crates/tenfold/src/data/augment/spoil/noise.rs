//! Noise: broken pixels, grain in the ink, or unrest everywhere.

use super::between;
use crate::random::Stream;

/// Broken pixels at most, in 256ths.
const BROKEN: u32 = 90;
/// The most that unrest adds or takes.
const UNREST: i32 = 110;

pub(super) fn apply(stream: &mut Stream, image: &mut [u8]) {
    match stream.below(3) {
        0 => {
            let broken = between(stream, 5, BROKEN);
            each(
                stream,
                image,
                |pixel, [a, b]| {
                    if u32::from(a) < broken { if b < 128 { 0 } else { 255 } } else { pixel }
                },
            );
        }
        1 => {
            // Ink times a factor with a triangular distribution from 1 − strength to 1 + strength.
            let strength = between(stream, 64, 400) as i32;
            each(stream, image, |pixel, [a, b]| {
                let factor = 256 + (((i32::from(a) + i32::from(b) - 255) * strength) >> 8);
                ((i32::from(pixel) * factor) >> 8).clamp(0, 255) as u8
            });
        }
        _ => {
            let most = between(stream, 20, UNREST as u32) as i32;
            each(stream, image, |pixel, [a, b]| {
                let unrest = ((i32::from(a) + i32::from(b) - 255) * most) >> 8;
                (i32::from(pixel) + unrest).clamp(0, 255) as u8
            });
        }
    }
}

/// Each pixel from itself and two random bytes.
fn each(stream: &mut Stream, image: &mut [u8], new: impl Fn(u8, [u8; 2]) -> u8) {
    for pixels in image.chunks_mut(2) {
        let [a, b, c, d] = stream.bits().to_le_bytes();
        for (pixel, bytes) in pixels.iter_mut().zip([[a, b], [c, d]]) {
            *pixel = new(*pixel, bytes);
        }
    }
}
