//! Data sets of images that are drawn, each a function of its index: on any number of threads, the same bytes.

use super::Dataset;
use super::strokes::PIXELS;

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
    let threads = match threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let mut pixels = vec![0u8; count * PIXELS];
    let mut labels = vec![0u8; count];
    let share = count.div_ceil(threads).max(1);
    let image = &image;
    std::thread::scope(|scope| {
        for (part, (pixels, labels)) in
            pixels.chunks_mut(share * PIXELS).zip(labels.chunks_mut(share)).enumerate()
        {
            let first = first + (part * share) as u64;
            scope.spawn(move || {
                for (i, (pixels, label)) in pixels.chunks_exact_mut(PIXELS).zip(labels).enumerate() {
                    let (drawn, class) = image(first + i as u64);
                    pixels.copy_from_slice(&drawn);
                    *label = class;
                }
            });
        }
    });
    Dataset::made(name, [28, 28], classes, pixels, labels)
}
