//! Out of focus, moved while the shutter was open, or seen through rough glass.

use super::{between, each, nearest};
use crate::random::Stream;

/// `before` is memory of the image's size; what is in it does not matter.
pub(super) fn apply(stream: &mut Stream, before: &mut [u8], image: &mut [u8], shape: [usize; 2]) {
    match stream.below(3) {
        0 => {
            for _ in 0..between(stream, 1, 3) {
                soften(before, image, shape);
            }
        }
        1 => smear(stream, before, image, shape),
        _ => {
            soften(before, image, shape);
            scatter(stream, before, image, shape);
            if stream.below(2) == 0 {
                soften(before, image, shape);
            }
        }
    }
}

/// One pass of the binomial filter 1 2 1 along both sides.
fn soften(before: &mut [u8], image: &mut [u8], shape: [usize; 2]) {
    for (dy, dx) in [(0, 1), (1, 0)] {
        before.copy_from_slice(image);
        each(image, shape[1], |y, x| {
            let at = |step: isize| u16::from(nearest(before, shape, y + step * dy, x + step * dx));
            ((at(-1) + 2 * at(0) + at(1) + 2) >> 2) as u8
        });
    }
}

/// The mean along a short line of any direction, which begins anywhere around the pixel; fading towards its end or not.
fn smear(stream: &mut Stream, before: &mut [u8], image: &mut [u8], shape: [usize; 2]) {
    const MOST: usize = 9;
    let count = between(stream, 3, MOST as u32) as usize;
    let angle = stream.range(0.0, core::f32::consts::PI);
    let (down, across) = (libm::sinf(angle), libm::cosf(angle));
    let first = stream.below(count as u32) as f32;
    let fades = stream.below(2) == 0;
    let mut samples = [(0isize, 0isize, 0u32); MOST];
    let mut whole = 0;
    for (index, sample) in samples[..count].iter_mut().enumerate() {
        let way = index as f32 - first;
        let weight = if fades { (count - index) as u32 } else { 1 };
        *sample = (libm::roundf(way * down) as isize, libm::roundf(way * across) as isize, weight);
        whole += weight;
    }
    before.copy_from_slice(image);
    each(image, shape[1], |y, x| {
        let seen = |&(dy, dx, weight): &(isize, isize, u32)| {
            weight * u32::from(nearest(before, shape, y + dy, x + dx))
        };
        (samples[..count].iter().map(seen).sum::<u32>() / whole) as u8
    });
}

/// Each pixel is seen where one of its neighbours was.
fn scatter(stream: &mut Stream, before: &mut [u8], image: &mut [u8], shape: [usize; 2]) {
    before.copy_from_slice(image);
    each(image, shape[1], |y, x| {
        let (dy, dx) = (stream.below(3) as isize - 1, stream.below(3) as isize - 1);
        nearest(before, shape, y + dy, x + dx)
    });
}
