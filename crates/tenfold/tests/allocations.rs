//! A training step allocates nothing: whatever the number of steps of an epoch, training asks for memory as often.
//! Without the test harness, whose own thread would ask for some too.
#![allow(clippy::unwrap_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use tenfold::model::BatchNorm;
use tenfold::random::{Purpose, Stream};
use tenfold::{Adam, Dataset, Fit, Sequential, SparseCategoricalCrossentropy};

/// The system's allocator, and how often it was asked.
struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: handed on to the system's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: handed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: handed on.
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: handed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn noise(images: usize) -> Dataset {
    let mut random = Stream::new(1, Purpose::Strokes, 0, 97);
    let pixels = (0..images * 100).map(|_| random.below(256) as u8).collect();
    let labels = (0..images).map(|_| random.below(4) as u8).collect();
    Dataset::new("noise", [10, 10], pixels, labels).unwrap()
}

/// How often training `model` on `images` images asks for memory.
fn calls(model: &Sequential, images: usize, fit: Fit) -> usize {
    let data = noise(images);
    let mut model = model.clone();
    model.initialise(2).unwrap();
    let mut trainer = model.compile(Adam::default(), SparseCategoricalCrossentropy).unwrap();
    let before = CALLS.load(Ordering::Relaxed);
    trainer.fit(&data, fit).unwrap();
    CALLS.load(Ordering::Relaxed) - before
}

/// How often an epoch of training `model` on `images` images asks for memory: its own figures, and the weights as they are
/// after it.
fn calls_an_epoch(model: &Sequential, images: usize, fit: &dyn Fn(usize) -> Fit) -> usize {
    // The first run fills what the standard library keeps for later.
    let [_, two, three] = [2, 2, 3].map(|epochs| calls(model, images, fit(epochs)));
    three - two
}

fn main() {
    // Norms before and after, both ways of a convolution, its pool with it and without, a residual block with a sum, a
    // pool that leaves out behind a ReLU, dropout, flattening, dense layers of more than one vector.
    let packs = Sequential::new([10, 10])
        .batch_norm()
        .conv2d_same(9, 3)
        .relu()
        .max_pool(2)
        .conv2d_same(16, 3)
        .layer(BatchNorm::default())
        .relu()
        .residual(|block| block.conv2d_same(16, 3).relu().dropout(0.2).conv2d_same(16, 3))
        .relu()
        .max_pool(2)
        .flatten()
        .dense(21)
        .silu()
        .dropout(0.3)
        .dense(4)
        .softmax();
    let chain = Sequential::new([10, 10]).flatten().dense(70).relu().dense(20).relu().dense(4).softmax();
    for (name, model) in [("packs", packs), ("a chain", chain)] {
        for threads in [1, 2] {
            let fit = |epochs| Fit { epochs, batch_size: 40, threads, ..Fit::default() };
            let [few, many] = [120, 600].map(|images| calls_an_epoch(&model, images, &fit));
            assert_eq!(few, many, "{name}, {threads} threads");
        }
    }
    let recipe = |epochs| Fit {
        epochs,
        batch_size: 150,
        threads: 2,
        label_smoothing: 0.1,
        clip_norm: Some(1.0),
        average: Some(0.9),
        ..Fit::default()
    };
    let model = Sequential::new([10, 10]).conv2d(8, 3).relu().max_pool(2).flatten().dense(4).softmax();
    let [few, many] = [300, 900].map(|images| calls_an_epoch(&model, images, &recipe));
    assert_eq!(few, many, "a recipe");
}
