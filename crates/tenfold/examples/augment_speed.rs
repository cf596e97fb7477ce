//! How long varying one image takes, on one thread: the presets, what costs most alone, and the parts together.
//! MNIST's training images (`TENFOLD_DATA`, or the user's cache).
//!
//!     cargo run --release -p tenfold --example augment_speed

use std::time::Instant;

use tenfold::data::{Augment, Augmenter};
use tenfold::mnist;

const SPECS: [&str; 23] = [
    "none",
    "shift=2",
    "rotate=15",
    "translate=2",
    "rotate=15,scale=0.1",
    "rotate=15,scale=0.1,shear=10,translate=2",
    "elastic=2",
    "rotate=15,scale=0.1,shear=10,translate=2,elastic=2",
    "thickness=0.4",
    "erase=1",
    "erase=1,erase-fill=noise",
    "shift",
    "light",
    "full",
    "outline=1",
    "blur=1",
    "marks=1",
    "invert=1",
    "light=1",
    "noise=1",
    "resample=1",
    "rough",
    "world",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (train, _) = mnist::load()?;
    let mut out = [0u8; 784];
    for spec in SPECS {
        let mut augmenter = Augmenter::new(&Augment::parse(spec)?, train.shape())?;
        // The median over rounds, each long enough for the clock.
        let mut rounds = Vec::new();
        let mut sum = 0u64;
        for round in 0..15 {
            let begun = Instant::now();
            for (sample, image) in train.pixels().chunks_exact(784).take(10_000).enumerate() {
                augmenter.apply(image, 1, round, sample as u64, &mut out);
                sum += u64::from(out[392]);
            }
            rounds.push(begun.elapsed().as_secs_f64() / 10_000.0 * 1e6);
        }
        rounds.sort_by(f64::total_cmp);
        println!("{:6.3} µs an image  {spec}  ({})", rounds[7], sum % 10);
    }
    Ok(())
}
