//! Spoiling: what cameras, scanners and other people's pens do to a digit after it was written. Each kind happens to an
//! image with its own probability, in this order: resample, outline, blur, marks, invert, light, noise.
//!
//! Each is a family with its amounts drawn widely, not a copy of one test's damage: the corruptions under `evaluate/` are
//! another code with other shapes, and are only measured with.

mod blur;
mod field;
mod invert;
mod light;
mod marks;
mod noise;
mod outline;
mod resample;

use super::Augment;
use crate::random::{Purpose, Stream};
use field::Field;
use resample::Resampler;

/// Spoils images of one shape. Nothing is allocated later.
#[derive(Clone, Debug)]
pub(super) struct Spoiler {
    shape: [usize; 2],
    chances: [f32; 6],
    /// A copy of the image, for what looks at neighbours.
    before: Vec<u8>,
    field: Field,
    /// How probable resampling is, and its memory.
    resample: f32,
    resampler: Resampler,
}

impl Spoiler {
    pub(super) fn new(augment: &Augment, shape: [usize; 2]) -> Self {
        Self {
            shape,
            chances: augment.spoils(),
            before: vec![0; shape[0] * shape[1]],
            field: Field::new(shape),
            resample: augment.resample,
            resampler: Resampler::new(shape),
        }
    }

    /// Whether anything can happen to an image.
    pub(super) fn spoils(&self) -> bool {
        self.resample > 0.0 || self.chances.iter().any(|&chance| chance > 0.0)
    }

    /// Spoils `image` `[height, width]`, in a way that depends on the key alone.
    pub(super) fn apply(&mut self, image: &mut [u8], seed: u64, epoch: u64, sample: u64) {
        if self.resample > 0.0 {
            // A stream of its own leaves the other kinds' draws as they are without it.
            let stream = &mut Stream::new(seed, Purpose::Resample, epoch, sample);
            if stream.unit() < self.resample {
                self.resampler.apply(stream, image, self.shape);
            }
        }
        let stream = &mut Stream::new(seed, Purpose::Spoil, epoch, sample);
        let happens = self.chances.map(|chance| stream.unit() < chance);
        let [outline, blur, marks, invert, light, noise] = happens;
        if outline {
            self.before.copy_from_slice(image);
            outline::apply(stream, &self.before, image, self.shape);
        }
        if blur {
            blur::apply(stream, &mut self.before, image, self.shape);
        }
        if marks {
            marks::apply(stream, &mut self.field, image, self.shape);
        }
        if invert {
            invert::apply(stream, image, self.shape);
        }
        if light {
            light::apply(stream, &mut self.field, image);
        }
        if noise {
            noise::apply(stream, image);
        }
    }
}

/// Makes every pixel anew from its (row, column).
fn each(image: &mut [u8], width: usize, mut new: impl FnMut(isize, isize) -> u8) {
    for (y, row) in image.chunks_exact_mut(width).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = new(y as isize, x as isize);
        }
    }
}

/// The pixel at (row, column); outside, the nearest one inside.
fn nearest(image: &[u8], [height, width]: [usize; 2], y: isize, x: isize) -> u8 {
    let inside = |place: isize, side: usize| place.clamp(0, side as isize - 1) as usize;
    image[inside(y, height) * width + inside(x, width)]
}

/// A whole number from `low` to `high`, both included.
fn between(stream: &mut Stream, low: u32, high: u32) -> u32 {
    low + stream.below(high - low + 1)
}
