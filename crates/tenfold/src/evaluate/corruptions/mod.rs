//! Test images made worse in fifteen ways, after MNIST-C (Mu & Gilmer 2019, "MNIST-C: a robustness benchmark for
//! computer vision", arXiv 1906.02337).
//!
//! These are Tenfold's own, written from the paper: the same fifteen kinds at about the same strength, but not the
//! published files. Figures on them are comparable in kind with published ones, not digit for digit.
//!
//! A corrupted image is a function of (corruption, position in the data set, image) and of nothing else. Lengths are in
//! pixels of a 28×28 image and grow with larger ones. One family is one file; `plane` is what they share.

mod affine;
mod blur;
mod canny;
mod noise;
mod overlay;
mod plane;
mod spatter;
mod weather;

use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::EvaluateError;
use crate::cores;
use crate::data::Dataset;
use crate::random::{Purpose, Stream};
pub(crate) use affine::affine;
pub(crate) use plane::Plane;

/// Whose corruptions these are; part of every output that shows figures on them.
pub const CORRUPTIONS_NOTE: &str = "Tenfold's own corruptions after MNIST-C (arXiv 1906.02337), not the published files: \
                                    comparable in kind, not digit for digit";

/// One way of making an image worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Corruption {
    /// Few photons: each pixel becomes a Poisson count with mean 3 at full ink.
    ShotNoise,
    /// 27 % of the pixels become black or white.
    ImpulseNoise,
    /// Seen through bathroom glass: blurred, neighbours exchanged, blurred again.
    GlassBlur,
    /// The camera moved along a line within 45° of level.
    MotionBlur,
    /// Slanted to the left or right by 0.6 of its height.
    Shear,
    /// Shrunk to 60 %.
    Scale,
    /// Turned 30° to the left or right.
    Rotate,
    /// 0.6 brighter everywhere.
    Brightness,
    /// Moved 6 pixels in any direction.
    Translate,
    /// The outer quarters inverted: a white stripe at the left and one at the right.
    Stripe,
    /// Veiled by a plasma fractal.
    Fog,
    /// Bright splashes.
    Spatter,
    /// A dotted white line across.
    DottedLine,
    /// A white zigzag line across.
    Zigzag,
    /// Only the outlines: Canny's edges.
    CannyEdges,
}

impl Corruption {
    /// All fifteen, in the paper's order.
    #[must_use]
    pub fn all() -> [Self; 15] {
        [
            Self::ShotNoise,
            Self::ImpulseNoise,
            Self::GlassBlur,
            Self::MotionBlur,
            Self::Shear,
            Self::Scale,
            Self::Rotate,
            Self::Brightness,
            Self::Translate,
            Self::Stripe,
            Self::Fog,
            Self::Spatter,
            Self::DottedLine,
            Self::Zigzag,
            Self::CannyEdges,
        ]
    }

    /// What the paper calls it, in words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ShotNoise => "shot noise",
            Self::ImpulseNoise => "impulse noise",
            Self::GlassBlur => "glass blur",
            Self::MotionBlur => "motion blur",
            Self::Shear => "shear",
            Self::Scale => "scale",
            Self::Rotate => "rotate",
            Self::Brightness => "brightness",
            Self::Translate => "translate",
            Self::Stripe => "stripe",
            Self::Fog => "fog",
            Self::Spatter => "spatter",
            Self::DottedLine => "dotted line",
            Self::Zigzag => "zigzag",
            Self::CannyEdges => "Canny edges",
        }
    }

    /// Writes the corrupted `image` `[height, width]` (0 background, 255 ink), which is number `index` of its data set,
    /// to `out` of the same shape.
    ///
    /// # Errors
    /// [`EvaluateError::ImageSize`] where `image` or `out` is not height × width bytes.
    pub fn apply(
        self,
        image: &[u8],
        shape: [usize; 2],
        index: u64,
        out: &mut [u8],
    ) -> Result<(), EvaluateError> {
        let size = shape[0].checked_mul(shape[1]);
        for bytes in [image.len(), out.len()] {
            if size != Some(bytes) {
                return Err(EvaluateError::ImageSize { shape, found: bytes });
            }
        }
        if out.is_empty() {
            return Ok(());
        }
        let mut random = Stream::new(0, Purpose::Corruption, index, self as u64);
        let plane = Plane::new(image, shape);
        self.corrupted(&plane, &mut random).write(out);
        Ok(())
    }

    fn corrupted(self, plane: &Plane, random: &mut Stream) -> Plane {
        match self {
            Self::ShotNoise => noise::shot(plane, random),
            Self::ImpulseNoise => noise::impulse(plane, random),
            Self::GlassBlur => blur::glass(plane, random),
            Self::MotionBlur => blur::motion(plane, random),
            Self::Shear => affine::shear(plane, random),
            Self::Scale => affine::scale(plane),
            Self::Rotate => affine::rotate(plane, random),
            Self::Translate => affine::translate(plane, random),
            Self::Brightness => weather::brightness(plane),
            Self::Fog => weather::fog(plane, random),
            Self::Stripe => overlay::stripe(plane),
            Self::DottedLine => overlay::dotted_line(plane, random),
            Self::Zigzag => overlay::zigzag(plane, random),
            Self::Spatter => spatter::spatter(plane, random),
            Self::CannyEdges => canny::edges(plane),
        }
    }

    /// Every image of `data` corrupted. `threads` 0: one per core; they change nothing but the time.
    ///
    /// # Errors
    /// [`EvaluateError::Empty`] where there is no image.
    pub fn dataset(self, data: &Dataset, threads: usize) -> Result<Dataset, EvaluateError> {
        let (size, shape) = (data.pixels_per_image(), data.shape());
        if data.is_empty() {
            return Err(EvaluateError::Empty { data: data.name().into() });
        }
        let mut pixels = vec![0; data.pixels().len()];
        let failed = OnceLock::new();
        let images = pixels.chunks_exact_mut(size).enumerate();
        cores::share(cores::threads(threads), images, |(index, out)| {
            if let Err(error) = self.apply(data.image(index), shape, index as u64, out) {
                let _ = failed.set(error);
            }
        });
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        let name = format!("{}, {self}", data.name());
        Ok(Dataset::new(name, shape, pixels, data.labels().to_vec())?.with_classes(data.classes()))
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::strokes;

    #[test]
    fn each_is_a_function_of_image_and_index_and_changes_the_image() {
        let digits = strokes::load(1, 20, 3).1;
        for corruption in Corruption::all() {
            let one = corruption.dataset(&digits, 1).unwrap();
            assert_eq!(one.pixels(), corruption.dataset(&digits, 3).unwrap().pixels(), "{corruption}");
            assert_eq!((one.shape(), one.labels()), (digits.shape(), digits.labels()));
            for index in 0..digits.len() {
                assert_ne!(one.image(index), digits.image(index), "{corruption} {index}");
            }
        }
    }

    #[test]
    fn no_two_corruptions_are_the_same_and_their_names_are_their_own() {
        let digits = strokes::load(1, 1, 3).1;
        let pictures: Vec<_> =
            Corruption::all().iter().map(|c| c.dataset(&digits, 1).unwrap().pixels().to_vec()).collect();
        for (place, picture) in pictures.iter().enumerate() {
            assert!(!pictures[..place].contains(picture), "{}", Corruption::all()[place]);
        }
        let names: std::collections::HashSet<_> = Corruption::all().iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), 15);
    }

    #[test]
    fn any_shape_is_taken_and_a_wrong_length_refused() {
        for shape in
            [[1, 1], [1, 2], [2, 1], [1, 40], [3, 2], [5, 5], [28, 1], [7, 100], [64, 48], [130, 130]]
        {
            let size = shape[0] * shape[1];
            let image: Vec<u8> = (0..size).map(|i| (i * 37 % 256) as u8).collect();
            let mut out = vec![0; size];
            for corruption in Corruption::all() {
                corruption.apply(&image, shape, 5, &mut out).unwrap();
                corruption.apply(&vec![0; size], shape, u64::MAX, &mut out).unwrap();
                corruption.apply(&vec![255; size], shape, 0, &mut out).unwrap();
                let refused = corruption.apply(&image, [shape[0], shape[1] + 1], 5, &mut out);
                assert!(matches!(refused, Err(EvaluateError::ImageSize { .. })));
                assert!(corruption.apply(&image, [usize::MAX, 2], 5, &mut out).is_err());
                assert!(corruption.apply(&[], [0, 0], 5, &mut []).is_ok());
            }
        }
    }
}
