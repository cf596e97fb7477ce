//! Networks and recipes that need more memory than there is, or more than 32-bit offsets reach, are refused before
//! anything is allocated for them.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use tenfold::engine::{EngineError, Predictor, input_gradients};
use tenfold::model::{Conv2d, Layer, ModelError, Padding, Pool};
use tenfold::{Adam, Dataset, Fit, Sequential, SparseCategoricalCrossentropy};

/// Why nothing can compute `model`, which is said quickly.
fn refused(mut model: Sequential) -> EngineError {
    model.initialise(1).unwrap();
    let begun = Instant::now();
    let error = Predictor::new(&model, 1).err().unwrap();
    assert!(matches!(input_gradients(&model), Err(EngineError::TooLarge { .. })));
    let [height, width] = model.input;
    let image = Dataset::new("black", [height, width], vec![0; height * width], vec![0]).unwrap();
    let mut trainer = model.compile(Adam::default(), SparseCategoricalCrossentropy).unwrap();
    let fit = Fit { batch_size: 1, threads: 1, epochs: 1, ..Fit::default() };
    assert!(trainer.fit(&image, fit).is_err());
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    error
}

#[test]
fn lists_of_taps_that_are_too_long() {
    let conv = Conv2d { padding: Padding::Same, ..Conv2d::new(1, 64) };
    let model = Sequential::new([4096, 4096]).layer(conv).global_average_pool().dense(2).softmax();
    let error = refused(model);
    assert!(matches!(error, EngineError::TooLarge { index: 0, layer: "conv2d", .. }), "{error}");
    assert!(error.to_string().contains("layer 0 (conv2d) is too large to compute"), "{error}");
}

#[test]
fn windows_of_pools_that_are_too_many() {
    let pool = Layer::MaxPool(Pool { size: [64, 64], stride: [1, 1], padding: Padding::Valid });
    let model = Sequential::new([4096, 4096]).layer(pool).global_average_pool().dense(2).softmax();
    assert!(matches!(refused(model), EngineError::TooLarge { index: 0, layer: "max_pool", .. }));
}

#[test]
fn planes_that_are_too_large() {
    // Few values, but with a border of up to 63 rows above and below each of very many channels.
    let conv = Conv2d { padding: Padding::Same, kernel: [64, 1], ..Conv2d::new(1, 1) };
    let model = Sequential::new([1, 1]).conv2d(60_000, 1).layer(conv).flatten().dense(2).softmax();
    assert!(matches!(refused(model), EngineError::TooLarge { index: 1, layer: "conv2d", .. }));
}

#[test]
fn what_a_model_itself_refuses() {
    let mut model = Sequential::new([1000, 1000]).conv2d(100_000, 3).global_average_pool().dense(2);
    assert!(matches!(model.initialise(1), Err(ModelError::TooManyActivations { .. })));
    assert!(matches!(Predictor::new(&model, 1), Err(EngineError::Model(_))));
}

/// A batch so large that it does not fit this machine, whichever it is; where the system says what is free.
#[test]
#[cfg(target_os = "linux")]
fn batches_that_need_more_memory_than_there_is() {
    let free = std::fs::read_to_string("/proc/meminfo").unwrap();
    let free = free.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let free: u64 = free.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024;
    // 100 channels of 900 · 900 values for sixteen images, each with its gradient: 10 GB.
    let batch = 16 * (free / 10_000_000_000 + 1) as usize;
    if batch > 3000 {
        return;
    }
    let images = Dataset::new("black", [900, 900], vec![0; batch * 810_000], vec![0; batch]).unwrap();
    let model = Sequential::new([900, 900]).conv2d(100, 1).global_average_pool().dense(2).softmax();
    let mut trainer = model.compile(Adam::default(), SparseCategoricalCrossentropy).unwrap();
    let fit = Fit { batch_size: batch, threads: 1, epochs: 1, ..Fit::default() };
    let error = trainer.fit(&images, fit).err().unwrap().to_string();
    assert!(error.contains(" of it for values between the layers, and "), "{error}");
    assert!(error.contains(" are free: "), "{error}");
}
