//! Data sets of images that are drawn, each a function of its index: on any number of threads, the same bytes.

use super::Dataset;
use crate::cores;

/// Pixels an image: 28 × 28.
pub const PIXELS: usize = 28 * 28;

/// Test images have indices from here on, so that no training set reaches them.
pub(super) const TEST: u64 = 1 << 40;

/// `count` images 28×28 from index `first` on, with labels below `classes`. `threads` 0: one per core.
pub(super) fn drawn(
    name: &str,
    classes: usize,
    first: u64,
    count: usize,
    threads: usize,
    image: impl Fn(u64) -> ([u8; PIXELS], u8) + Sync,
) -> Dataset {
    drawn_together(name, classes, first, count, threads, |index| [image(index)])
}

/// The same for images that are made `N` at a time: the first `N` from index `first`, the next from the index after it.
pub(crate) fn drawn_together<const N: usize>(
    name: &str,
    classes: usize,
    first: u64,
    count: usize,
    threads: usize,
    images: impl Fn(u64) -> [([u8; PIXELS], u8); N] + Sync,
) -> Dataset {
    let mut pixels = vec![0u8; count * PIXELS];
    let mut labels = vec![0u8; count];
    let groups = pixels.chunks_mut(N * PIXELS).zip(labels.chunks_mut(N));
    cores::share(cores::threads(threads), (first..).zip(groups), |(index, (pixels, labels))| {
        let places = pixels.chunks_exact_mut(PIXELS).zip(labels);
        for ((pixels, label), (drawn, class)) in places.zip(images(index)) {
            pixels.copy_from_slice(&drawn);
            *label = class;
        }
    });
    Dataset::made(name, [28, 28], classes, pixels, labels)
}
