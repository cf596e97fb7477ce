//! How fast the tutorial's network answers in process, on one thread: one image at a time, and in batches of 256. MNIST's
//! test images (`TENFOLD_DATA`, or the user's cache).
//!
//!     cargo run --release -p tenfold --example inference_speed -- --json

use std::time::Instant;

use tenfold::engine::{Predictor, Simd};
use tenfold::{Sequential, mnist};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (_, test) = mnist::load()?;
    let mut model =
        Sequential::new([28, 28]).flatten().dense(128).relu().dense(128).relu().dense(10).softmax();
    model.initialise(1)?;
    let mut predictor = Predictor::new(&model, 1)?;
    let mut out = vec![0.0; 10 * test.len()];
    // Medians over rounds, each long enough for the clock.
    let mut single = Vec::new();
    let mut batches = Vec::new();
    for _ in 0..21 {
        let begun = Instant::now();
        for (image, out) in test.pixels().chunks_exact(784).zip(out.chunks_exact_mut(10)) {
            predictor.predict_into(image, out);
        }
        single.push(begun.elapsed().as_secs_f64() / test.len() as f64 * 1e6);
        let begun = Instant::now();
        for (images, out) in test.pixels().chunks(256 * 784).zip(out.chunks_mut(256 * 10)) {
            predictor.predict_into(images, out);
        }
        batches.push(test.len() as f64 / begun.elapsed().as_secs_f64());
    }
    single.sort_by(f64::total_cmp);
    batches.sort_by(f64::total_cmp);
    let (single, batches, simd) = (single[10], batches[10], Simd::detect()?.name());
    if std::env::args().any(|argument| argument == "--json") {
        println!(r#"{{"single_us": {single:.3}, "batch256_images_per_s": {batches:.0}, "simd": "{simd}"}}"#);
    } else {
        println!(
            "{single:.2} µs an image alone, {batches:.0} images/s in batches of 256 ({simd}, one thread)"
        );
    }
    Ok(())
}
