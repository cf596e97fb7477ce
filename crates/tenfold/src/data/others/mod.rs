//! What is no digit: letters, signs, scribbles, noise, textures, pieces of digits and several digits at once.
//!
//! A network that has only seen digits calls everything a digit. Trained with these as a class of their own it can say
//! that an image shows none. Any number of images, each a function of (seed, index) alone, as [strokes] are,
//! and drawn by the same hands: what tells them from digits is their shape, not their ink. See `docs/others.md`.
//!
//! `letters` and `signs` are tables of pen strokes, `scribbles` are paths that mean nothing, `pieces` cuts digits and puts
//! them side by side, `textures` fills the whole image.

mod letters;
mod pieces;
mod scribbles;
mod signs;
mod textures;

use super::Dataset;
use super::drawn::{TEST, drawn};
use super::strokes::hand::Hand;
use super::strokes::path::Path;
use super::strokes::{self, PIXELS};
use crate::random::{Purpose, Stream};

/// The label of what is no digit: the class after the ten.
pub const LABEL: u8 = 10;

/// A kind of image that shows no digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Handwritten letters, without those that are digits in some hands (O, l, S, Z, g, b, …).
    Letter,
    /// Punctuation, signs of arithmetic, ticks, arrows. A lone level stroke is a dash; a lone upright one is a 1, so not here.
    Sign,
    /// Curves, zigzags, hatching, coils.
    Scribble,
    /// Specks and single broken pixels.
    Noise,
    /// Blank paper, grey, gradients, stripes, checks, blobs, filled silhouettes.
    Texture,
    /// Part of a digit, cut where what is left is no other digit, or a digit lying on its side.
    Piece,
    /// Two or three digits in one image.
    Several,
}

/// The kinds with how many of every twenty images are of each.
const KINDS: [(Kind, usize); 7] = [
    (Kind::Letter, 6),
    (Kind::Sign, 2),
    (Kind::Scribble, 2),
    (Kind::Noise, 1),
    (Kind::Texture, 2),
    (Kind::Piece, 3),
    (Kind::Several, 4),
];
const PERIOD: u64 = 20;

impl Kind {
    /// All of them.
    #[must_use]
    pub fn all() -> [Self; KINDS.len()] {
        KINDS.map(|(kind, _)| kind)
    }

    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Letter => "letters",
            Self::Sign => "signs",
            Self::Scribble => "scribbles",
            Self::Noise => "noise",
            Self::Texture => "textures",
            Self::Piece => "pieces of digits",
            Self::Several => "several digits",
        }
    }
}

/// Image `index` of `seed`, `[28, 28]`: 0 background, 255 ink.
#[must_use]
pub fn image(seed: u64, index: u64) -> [u8; PIXELS] {
    image_of(kind(seed, index), seed, index)
}

/// The kind of image `index` of `seed`. Every twenty images from a multiple of twenty on show each kind by its share.
#[must_use]
pub fn kind(seed: u64, index: u64) -> Kind {
    let order = Stream::new(seed, Purpose::Others, index / PERIOD, 1).permutation(PERIOD as u32);
    let mut place = order[(index % PERIOD) as usize] as usize;
    for (kind, share) in KINDS {
        if place < share {
            return kind;
        }
        place -= share;
    }
    Kind::Letter
}

/// What image `index` of `seed` would be if it were of this kind.
#[must_use]
pub fn image_of(kind: Kind, seed: u64, index: u64) -> [u8; PIXELS] {
    let r = &mut Stream::new(seed, Purpose::Others, index, 0);
    match kind {
        Kind::Letter => write(&mut letters::letter(r), r),
        Kind::Sign => write(&mut signs::sign(r), r),
        Kind::Scribble => write(&mut scribbles::scribble(r), r),
        Kind::Noise => textures::noise(r),
        Kind::Texture => textures::texture(r),
        Kind::Piece => pieces::piece(r),
        Kind::Several => pieces::several(r),
    }
}

/// A hand of the common or of any kind.
fn hand(r: &mut Stream) -> Hand {
    if r.chance(50) { Hand::new(r) } else { Hand::any(r) }
}

fn write(path: &mut Path, r: &mut Stream) -> [u8; PIXELS] {
    strokes::draw(&hand(r), path, r)
}

/// `train` and `test` images of `seed` as data sets named "others", every label [`LABEL`], in 11 classes.
#[must_use]
pub fn load(train: usize, test: usize, seed: u64) -> (Dataset, Dataset) {
    let image = |index| (image(seed, index), LABEL);
    (drawn("others", 11, 0, train, 0, image), drawn("others", 11, TEST, test, 0, image))
}

/// `images` test images of one kind, named after it.
#[must_use]
pub fn load_kind(kind: Kind, images: usize, seed: u64) -> Dataset {
    drawn(kind.name(), 11, TEST, images, 0, |index| (image_of(kind, seed, index), LABEL))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// SHA-256 of the first 1,000 images of seed 1. Another hash means that networks are trained on other images than
    /// before; where that is meant, put the hash that the failing test prints as `left` here.
    const GOLDEN: &str = "0b8306b8de89307ba9e77f97578baa86dba4b7961b3176a05067d0e4b6c4ea58";

    #[test]
    fn the_first_thousand_images_are_what_they_were() {
        assert_eq!(load(1000, 0, 1).0.sha256(), GOLDEN);
    }

    #[test]
    fn every_twenty_images_show_each_kind_by_its_share() {
        for first in (0..400).step_by(20) {
            let kinds: Vec<_> = (first..first + 20).map(|index| kind(3, index)).collect();
            for (kind, share) in KINDS {
                assert_eq!(kinds.iter().filter(|&&found| found == kind).count(), share, "{kind:?}");
            }
        }
        assert_eq!(KINDS.iter().map(|(_, share)| *share as u64).sum::<u64>(), PERIOD);
    }

    #[test]
    fn images_differ_and_what_is_drawn_with_a_pen_is_placed_as_digits_are() {
        for kind in Kind::all() {
            let images: HashSet<_> = (0..300).map(|index| image_of(kind, 5, index)).collect();
            assert!(images.len() >= 270, "{kind:?}: {}", images.len());
            if matches!(kind, Kind::Noise | Kind::Texture) {
                continue;
            }
            for image in images {
                let mass: f64 = image.iter().map(|&pixel| f64::from(pixel)).sum();
                let mean = |at: fn(usize) -> usize| {
                    image.iter().enumerate().map(|(i, &p)| at(i) as f64 * f64::from(p)).sum::<f64>() / mass
                };
                let (x, y) = (mean(|i| i % 28), mean(|i| i / 28));
                // A piece whose ink lies at one end reaches over the edge there, and loses what is outside.
                assert!((x - 13.75).abs() < 4.0 && (y - 13.75).abs() < 4.0, "{kind:?}: centre {x}, {y}");
            }
        }
    }

    #[test]
    fn training_and_test_images_are_different_sets_of_the_eleventh_class() {
        let (train, test) = load(40, 20, 9);
        assert_eq!((train.len(), test.len(), train.classes(), train.name()), (40, 20, 11, "others"));
        assert!(train.labels().iter().chain(test.labels()).all(|&label| label == LABEL));
        assert_ne!(train.slice(0..20).sha256(), test.sha256());
        assert_eq!(load_kind(Kind::Letter, 5, 9).name(), "letters");
    }
}
