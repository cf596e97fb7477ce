//! Small data sets made of random numbers.

use tenfold::random::{Purpose, Stream};
use tenfold::{Dataset, Sequential};

/// Random numbers for a test.
pub fn stream(seed: u64) -> Stream {
    Stream::new(seed, Purpose::Strokes, 0, 99)
}

/// `count` images of noise with random labels below `classes`; `lit` of 100 pixels are not zero.
pub fn noise(seed: u64, count: usize, shape: [usize; 2], classes: u32, lit: u32) -> Dataset {
    let mut random = stream(seed);
    let pixels = (0..count * shape[0] * shape[1])
        .map(|_| if random.below(100) < lit { 1 + random.below(255) as u8 } else { 0 })
        .collect();
    let labels = (0..count).map(|_| random.below(classes) as u8).collect();
    Dataset::new("noise", shape, pixels, labels).unwrap().with_classes(classes as usize)
}

/// `count` images that can be learnt: each class has its own picture, under noise of up to `noise`.
pub fn patterns(seed: u64, count: usize, shape: [usize; 2], classes: u32, noise: u32) -> Dataset {
    let size = shape[0] * shape[1];
    let mut random = stream(1);
    let pictures: Vec<u8> = (0..classes as usize * size).map(|_| 120 * random.below(2) as u8).collect();
    let mut random = stream(seed + 2);
    let mut pixels = Vec::new();
    let labels: Vec<u8> = (0..count).map(|_| random.below(classes) as u8).collect();
    for &label in &labels {
        let picture = &pictures[usize::from(label) * size..][..size];
        pixels.extend(picture.iter().map(|&pixel| pixel + random.below(noise + 1) as u8));
    }
    Dataset::new("patterns", shape, pixels, labels).unwrap().with_classes(classes as usize)
}

/// A network with ReLUs after its hidden layers, and weights. Biases are not zero, so that they count from the start.
pub fn network(seed: u64, shape: [usize; 2], hidden: &[usize], classes: usize) -> Sequential {
    let mut model = Sequential::new(shape).flatten();
    for &units in hidden {
        model = model.dense(units).relu();
    }
    let mut model = model.dense(classes).softmax();
    model.initialise(seed).unwrap();
    let mut random = stream(seed);
    for tensor in model.tensors_mut().unwrap().into_iter().filter(|tensor| tensor.shape.len() == 1) {
        tensor.values.iter_mut().for_each(|bias| *bias = random.range(-0.1, 0.1));
    }
    model
}
