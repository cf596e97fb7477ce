//! The built-in handwriting: digits drawn from parametric pen strokes, placed as MNIST places its digits.
//!
//! Any number of images, each a function of (seed, index) alone: the same bytes on every machine and for every number
//! of threads. The shapes are the project's own; no image is copied from anywhere. See `docs/strokes.md`.
//!
//! `glyphs` lists the ways of writing, `low_digits`, `high_digits` and `rare_digits` say where the pen goes, `path` makes curves of
//! that, `hand` deviates from it as hands do, `legible` sends back what nobody could read, and `ink` makes the pixels.

pub(super) mod glyphs;
pub(super) mod hand;
mod high_digits;
pub(super) mod ink;
mod legible;
mod low_digits;
pub(super) mod path;
mod rare_digits;

pub use super::drawn::PIXELS;
pub use glyphs::Style;
pub(crate) use hand::Hand;
pub(crate) use ink::Dab;

use super::Dataset;
use super::drawn::{TEST, drawn};
use crate::random::{Purpose, Stream};
use path::Path;

/// A digit that nobody could read is written at most so often.
const TRIES: usize = 12;

/// Image `index` of `seed`: pixels `[28, 28]` (0 background, 255 ink) and the digit it shows, 0 to 9.
///
/// Every ten images from a multiple of ten on show each digit once, in random order.
#[must_use]
pub fn image(seed: u64, index: u64) -> ([u8; PIXELS], u8) {
    written(seed, index, false, glyphs::write, Hand::new)
}

/// As [`image()`], by people and pens of all kinds: flagged 1s, crossed 7s and slashed 0s are much more common than in
/// MNIST, pens run from a hairline to a marker, and digits are slanted and stretched more.
#[must_use]
pub fn image_in_any_hand(seed: u64, index: u64) -> ([u8; PIXELS], u8) {
    written(seed, index, true, glyphs::write_rarely, Hand::any)
}

/// An image and its label, in a `hand` drawn for it; `rare`: ways of writing that MNIST hardly has, much more often.
fn written(
    seed: u64,
    index: u64,
    rare: bool,
    write: fn(Style, &mut Stream) -> Path,
    hand: fn(&mut Stream) -> Hand,
) -> ([u8; PIXELS], u8) {
    let label = label(seed, index);
    let r = &mut Stream::new(seed, Purpose::Strokes, index, if rare { 2 } else { 0 });
    let style = glyphs::choose(usize::from(label), rare, r);
    let (hand, mut strokes) = legibly(r, |r| {
        let mut path = write(style, r);
        let hand = hand(r);
        let strokes = hand.write(&mut path, r);
        (style, hand, strokes)
    });
    (finish(&hand, &mut strokes, r), label)
}

/// What `write` makes, written anew while nobody could read it: up to [`TRIES`] times.
fn legibly<H>(
    r: &mut Stream,
    write: impl Fn(&mut Stream) -> (Style, H, Vec<Vec<Dab>>),
) -> (H, Vec<Vec<Dab>>) {
    let (mut style, mut hand, mut strokes) = write(r);
    for _ in 1..TRIES {
        if legible::legible(style, &strokes) {
            break;
        }
        (style, hand, strokes) = write(r);
    }
    (hand, strokes)
}

/// What `hand` makes of `path`.
pub(super) fn draw(hand: &Hand, path: &mut Path, r: &mut Stream) -> [u8; PIXELS] {
    let mut strokes = hand.write(path, r);
    finish(hand, &mut strokes, r)
}

/// Strokes as an image: fitted, drawn and placed.
pub(super) fn finish(hand: &Hand, strokes: &mut [Vec<Dab>], r: &mut Stream) -> [u8; PIXELS] {
    let phase = r.unit() - 0.5;
    ink::draw(strokes, phase, hand.softness, || 2.0 * r.unit() - 1.0)
}

/// Strokes of `digit` (0 to 9) in `hand`: x and y in a digit's height, radii in pens of radius 1. A hand that leans so far
/// that its upstrokes are level writes a 1 as a stick.
pub(crate) fn write(digit: u8, hand: &Hand, r: &mut Stream) -> Vec<Vec<Dab>> {
    let ((), mut strokes) = legibly(r, |r| {
        let style = glyphs::choose(usize::from(digit.min(9)), false, r);
        (style, (), hand.write(&mut glyphs::write(style, r), r))
    });
    strokes.iter_mut().flatten().for_each(|dab| dab.radius /= hand.radius);
    strokes
}

/// The way in which image `index` of `seed` is written.
#[must_use]
pub fn style(seed: u64, index: u64) -> Style {
    let mut stream = Stream::new(seed, Purpose::Strokes, index, 0);
    glyphs::choose(usize::from(label(seed, index)), false, &mut stream)
}

fn label(seed: u64, index: u64) -> u8 {
    let order = Stream::new(seed, Purpose::Strokes, index / 10, 1).permutation(10);
    order[(index % 10) as usize] as u8
}

/// `train` and `test` images of `seed` as data sets named "strokes", drawn on all cores.
#[must_use]
pub fn load(train: usize, test: usize, seed: u64) -> (Dataset, Dataset) {
    (dataset(seed, 0, train, 0), dataset(seed, TEST, test, 0))
}

/// As [`load`], in hands of all kinds ([`image_in_any_hand`]), named "hands".
#[must_use]
pub fn any_hand(train: usize, test: usize, seed: u64) -> (Dataset, Dataset) {
    let image = |index| image_in_any_hand(seed, index);
    (drawn("hands", 10, 0, train, 0, image), drawn("hands", 10, TEST, test, 0, image))
}

fn dataset(seed: u64, first: u64, count: usize, threads: usize) -> Dataset {
    drawn("strokes", 10, first, count, threads, |index| image(seed, index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// SHA-256 of shape, pixels and labels of the first 1,000 images of seed 1. Another hash means that networks are
    /// trained on other images than before. Where that is meant, put the hash that the failing test prints as `left`
    /// here, and measure the figures of `docs/strokes.md` again.
    const GOLDEN: &str = "eb5e30ad5b22c5aa98b20d87e400cfe4fd019d5432fa685a5da1d93e96b2f4c7";

    #[test]
    fn the_first_thousand_images_are_what_they_were() {
        let hash = dataset(1, 0, 1000, 1).sha256();
        assert_eq!(hash, GOLDEN);
    }

    #[test]
    fn any_number_of_threads_draws_the_same() {
        let one = dataset(7, 3, 203, 1).sha256();
        for threads in [0, 2, 7, 500] {
            assert_eq!(dataset(7, 3, 203, threads).sha256(), one, "{threads} threads");
        }
    }

    #[test]
    fn every_image_is_ink_placed_as_mnist_places_it() {
        let mut seen = HashSet::new();
        for index in 0..5000 {
            let (pixels, label) = image(3, index);
            assert!(label < 10);
            assert!(seen.insert(pixels), "image {index} is there twice");
            let ink: Vec<(f64, f64, f64)> = (0..PIXELS)
                .filter(|&i| pixels[i] > 0)
                .map(|i| ((i % 28) as f64, (i / 28) as f64, f64::from(pixels[i])))
                .collect();
            let side = |of: fn(&(f64, f64, f64)) -> f64| {
                let (low, high) =
                    ink.iter().map(of).fold((99.0f64, -1.0f64), |(l, h), v| (l.min(v), h.max(v)));
                high - low + 1.0
            };
            let longest = side(|p| p.0).max(side(|p| p.1));
            assert!((19.0..=21.0).contains(&longest), "image {index}, digit {label}: longest side {longest}");
            let mass: f64 = ink.iter().map(|p| p.2).sum();
            let x = ink.iter().map(|p| p.0 * p.2).sum::<f64>() / mass;
            let y = ink.iter().map(|p| p.1 * p.2).sum::<f64>() / mass;
            assert!((x - 13.75).abs() < 1.0 && (y - 13.75).abs() < 1.0, "image {index}: centre {x}, {y}");
        }
    }

    #[test]
    fn every_ten_images_show_each_digit_and_all_styles_occur() {
        let mut styles = HashSet::new();
        for ten in 0..500 {
            let mut digits: Vec<u8> = (ten * 10..ten * 10 + 10).map(|index| image(5, index).1).collect();
            digits.sort_unstable();
            assert!(digits.iter().copied().eq(0..10));
            styles.extend((ten * 10..ten * 10 + 10).map(|index| style(5, index)));
        }
        for wanted in [Style::OneFlagged, Style::OneStick, Style::OneWithBase, Style::SevenCrossed] {
            assert!(styles.contains(&wanted), "{wanted:?}");
        }
        assert_eq!(styles.len(), glyphs::count());
    }

    #[test]
    fn training_and_test_images_are_different_and_the_sets_are_named() {
        let (train, test) = load(50, 20, 9);
        assert_eq!((train.len(), test.len(), train.shape(), train.classes()), (50, 20, [28, 28], 10));
        assert_eq!((train.name(), test.name()), ("strokes", "strokes"));
        assert!((0..20).all(|i| (0..50).all(|j| test.image(i) != train.image(j))));
        assert!(load(0, 0, 9).0.is_empty());
        assert_eq!(
            load(10, 20, 9).1.sha256(),
            test.sha256(),
            "the test set depends on the training set's size"
        );
    }
}
