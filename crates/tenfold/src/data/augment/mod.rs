//! Augmentation: every epoch sees each training image a little different, so that a network learns what a digit has in
//! common with itself when it is turned, moved, bent, or written with another pen.
//!
//! [`Augment`] is the settings; [`Augmenter`] is the settings made ready for images of one size, with the memory it
//! needs. What comes out is a function of the settings, the image and (seed, epoch, sample): the same bytes on every
//! machine and whichever thread asks. Only integers and exact square roots touch pixels. Nothing here knows labels or networks.
//!
//! `draw` decides what happens to one image; `thickness`, `affine`, `elastic`, `sample` and `erase` do it; `spoil` is what
//! happens to a picture after it was written. See `docs/augmentation.md`.

mod affine;
mod augmenter;
mod draw;
mod eights;
mod elastic;
mod erase;
mod error;
mod sample;
mod spec;
mod spoil;
mod thickness;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use augmenter::{Augmenter, MOST_PIXELS_A_SIDE};
pub use erase::Fill;
pub use error::AugmentError;
pub use spec::PRESETS;

/// How images are varied. The default is: not at all.
///
/// Each amount is the most that can happen; what happens to one image is drawn evenly between its negative and itself.
/// Text such as `rotate=15,scale=0.1` is read by [`Augment::parse`] and written by `Display`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Turning about the middle, in degrees, 0 to 180.
    pub rotate: f32,
    /// Width and height, each multiplied by its own factor from 1 − scale to 1 + scale, 0 to 0.5.
    pub scale: f32,
    /// Slant: the angle in degrees by which upright lines lean, 0 to 30.
    pub shear: f32,
    /// Moving by whole pixels, across and down, 0 to 16. The cheapest: pixels are copied.
    pub shift: u32,
    /// Moving by any distance, across and down, in pixels, 0 to 16.
    pub translate: f32,
    /// Bending: how far a point of the sheet is pulled at most, in pixels, 0 to 8 (Simard, Steinkraus and Platt 2003).
    pub elastic: f32,
    /// Over how many pixels bending changes, 4 to 32; the smaller, the more crumpled. About twice the σ of the paper.
    pub smoothness: f32,
    /// Pen: at 1 strokes grow by up to a pixel on each side, or shrink by up to half a pixel, 0 to 1.
    pub thickness: f32,
    /// How probable it is that a rectangle is erased, 0 to 1 (Zhong et al. 2017).
    pub erase: f32,
    /// The largest share of the image that is erased, 0.02 to 1.
    pub erase_area: f32,
    /// What stands where it was erased.
    pub erase_fill: Fill,
    /// How turning, scaling, slanting and moving are spread: 1 evenly up to their amounts; larger, more images lie near
    /// none of it (an even number in 0 to 1, to this power, times the amount), 1 to 8.
    pub focus: f32,
    /// How probable it is that only the strokes' outline is left, 0 to 1.
    pub outline: f32,
    /// How probable it is that the image is out of focus, smeared, or seen through rough glass, 0 to 1.
    pub blur: f32,
    /// How probable lines, dots or splashes over the digit are, 0 to 1.
    pub marks: f32,
    /// How probable it is that a part of the image, or all, is black for white, 0 to 1.
    pub invert: f32,
    /// How probable grey paper, haze and faint ink are, 0 to 1.
    pub light: f32,
    /// How probable noise is, 0 to 1.
    pub noise: f32,
    /// How probable it is that the image was seen by fewer pixels and enlarged again, 0 to 1.
    pub resample: f32,
}

impl Default for Augment {
    fn default() -> Self {
        Self {
            rotate: 0.0,
            scale: 0.0,
            shear: 0.0,
            shift: 0,
            translate: 0.0,
            elastic: 0.0,
            smoothness: 7.0,
            thickness: 0.0,
            erase: 0.0,
            erase_area: 0.2,
            erase_fill: Fill::Black,
            focus: 1.0,
            outline: 0.0,
            blur: 0.0,
            marks: 0.0,
            invert: 0.0,
            light: 0.0,
            noise: 0.0,
            resample: 0.0,
        }
    }
}

impl Augment {
    /// Whether images stay as they are.
    #[must_use]
    pub fn is_none(&self) -> bool {
        let Self { rotate, scale, shear, shift, translate, elastic, thickness, erase, resample, .. } = *self;
        shift == 0
            && [rotate, scale, shear, translate, elastic, thickness, erase, resample]
                .iter()
                .chain(&self.spoils())
                .all(|&amount| amount == 0.0)
    }

    /// How probable each kind of spoiling is, in the order in which they happen.
    fn spoils(&self) -> [f32; 6] {
        [self.outline, self.blur, self.marks, self.invert, self.light, self.noise]
    }

    /// Refuses amounts outside their limits.
    ///
    /// # Errors
    /// [`AugmentError::Value`] with the first of them.
    pub fn check(&self) -> Result<(), AugmentError> {
        for setting in &spec::SETTINGS {
            setting.check(self)?;
        }
        Ok(())
    }

    /// Whether pixels come from between pixels.
    fn interpolates(&self) -> bool {
        let Self { rotate, scale, shear, translate, elastic, .. } = *self;
        [rotate, scale, shear, translate, elastic].iter().any(|&amount| amount != 0.0)
    }
}
