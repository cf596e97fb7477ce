//! Black for white: in a band between two cuts, outside of it, or everywhere.

use crate::random::Stream;

pub(super) fn apply(stream: &mut Stream, image: &mut [u8], [height, width]: [usize; 2]) {
    let (upright, outside, everywhere) = (stream.below(2) == 0, stream.below(2) == 0, stream.below(4) == 0);
    let side = if upright { width } else { height };
    let mut cut = || stream.below(side as u32 + 1) as usize;
    let (a, b) = (cut(), cut());
    let band = a.min(b)..a.max(b);
    for (place, pixel) in image.iter_mut().enumerate() {
        let along = if upright { place % width } else { place / width };
        if everywhere || band.contains(&along) != outside {
            *pixel = 255 - *pixel;
        }
    }
}
