//! Only the stroke's rim is left, as when a picture was run through an edge filter: dilation less erosion (Serra 1982), of
//! which the inner half, the outer half or both, made bolder.

use super::{between, each, nearest};
use crate::random::Stream;

pub(super) fn apply(stream: &mut Stream, before: &[u8], image: &mut [u8], shape: [usize; 2]) {
    let rim = stream.below(3);
    let bolder = between(stream, 256, 768);
    // Edge filters answer yes or no; half of the images do.
    let sharp = stream.below(2) == 0;
    each(image, shape[1], |y, x| {
        let at = |(dy, dx)| nearest(before, shape, y + dy, x + dx);
        let here = at((0, 0));
        let around = [(-1, 0), (1, 0), (0, -1), (0, 1)].map(at);
        let most = around.into_iter().fold(here, u8::max);
        let least = around.into_iter().fold(here, u8::min);
        let edge = match rim {
            0 => here - least,
            1 => most - here,
            _ => most - least,
        };
        let edge = (u32::from(edge) * bolder) >> 8;
        if sharp { u8::from(edge >= 128) * 255 } else { edge.min(255) as u8 }
    });
}
