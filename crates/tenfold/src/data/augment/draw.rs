//! What happens to one image: everything that chance decides, in a fixed order.
//!
//! Every draw is made whether or not its setting is on, so that turning one setting on leaves the others' draws as they
//! were. What is drawn after these (the pulls of bending, noise) comes from the same stream, in that order.

use super::Augment;
use crate::random::{Purpose, Stream};

/// What happens to one image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draw {
    /// Radians.
    pub(super) angle: f32,
    /// Factors of width and height.
    pub(super) scale: [f32; 2],
    /// Radians.
    pub(super) slant: f32,
    /// Whole pixels, across and down.
    pub(super) shift: [i32; 2],
    /// Pixels, across and down.
    pub(super) translation: [f32; 2],
    /// −1 (thinner) to 1 (thicker).
    pub(super) thickness: f32,
    /// Whether a rectangle is erased.
    pub(super) erases: bool,
    /// In [0, 1): area, proportions, place across and place down of that rectangle.
    pub(super) rectangle: [f32; 4],
}

impl Draw {
    /// What happens to `sample` in `epoch`, and the stream to go on with.
    pub(super) fn new(augment: &Augment, seed: u64, epoch: u64, sample: u64) -> (Self, Stream) {
        let mut stream = Stream::new(seed, Purpose::Augment, epoch, sample);
        let r = &mut stream;
        let mut even = || r.range(-1.0, 1.0);
        let mut within = |most: f32| {
            let part = even();
            if augment.focus == 1.0 {
                part * most
            } else {
                part * libm::powf(part.abs(), augment.focus - 1.0) * most
            }
        };
        let angle = within(augment.rotate).to_radians();
        let scale = [1.0 + within(augment.scale), 1.0 + within(augment.scale)];
        let slant = within(augment.shear).to_radians();
        let translation = [within(augment.translate), within(augment.translate)];
        let thickness = even() * augment.thickness;
        let mut whole = || r.below(2 * augment.shift + 1) as i32 - augment.shift as i32;
        let shift = [whole(), whole()];
        let erases = r.unit() < augment.erase;
        let rectangle = [r.unit(), r.unit(), r.unit(), r.unit()];
        (Self { angle, scale, slant, shift, translation, thickness, erases, rectangle }, stream)
    }
}
