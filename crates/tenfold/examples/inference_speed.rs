//! How fast a network answers in process, on one thread: one image at a time, and in batches of 256. MNIST's test images
//! (`TENFOLD_DATA`, or the user's cache). The tutorial's network with fresh weights, or a trained model's file.
//!
//!     cargo run --release -p tenfold --example inference_speed -- --json
//!     cargo run --release -p tenfold --example inference_speed -- models/digits.safetensors

use std::time::Instant;

use tenfold::engine::{Predictor, Simd};
use tenfold::{Sequential, mnist};

/// Rounds; their medians are told.
const ROUNDS: usize = 21;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (_, test) = mnist::load()?;
    let mut model =
        Sequential::new([28, 28]).flatten().dense(128).relu().dense(128).relu().dense(10).softmax();
    model.initialise(1)?;
    if let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        model = Sequential::load(std::path::Path::new(&path))?;
    }
    let mut predictor = Predictor::new(&model, 1)?;
    let classes = predictor.classes();
    let mut out = vec![0.0; classes * test.len()];
    // Medians over rounds, each long enough for the clock.
    let mut single = Vec::new();
    let mut batches = Vec::new();
    let images = if model.multiply_adds() > 1_000_000 { 1024 } else { test.len() };
    let pixels = &test.pixels()[..images * 784];
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for (image, out) in pixels.chunks_exact(784).zip(out.chunks_exact_mut(classes)) {
            predictor.predict_into(image, out);
        }
        single.push(begun.elapsed().as_secs_f64() / images as f64 * 1e6);
        let begun = Instant::now();
        for (images, out) in pixels.chunks(256 * 784).zip(out.chunks_mut(256 * classes)) {
            predictor.predict_into(images, out);
        }
        batches.push(images as f64 / begun.elapsed().as_secs_f64());
    }
    single.sort_by(f64::total_cmp);
    batches.sort_by(f64::total_cmp);
    let (single, batches, simd) = (single[ROUNDS / 2], batches[ROUNDS / 2], Simd::detect()?.name());
    if std::env::args().any(|argument| argument == "--json") {
        println!(r#"{{"single_us": {single:.3}, "batch256_images_per_s": {batches:.0}, "simd": "{simd}"}}"#);
    } else {
        println!(
            "{single:.2} µs an image alone, {batches:.0} images/s in batches of 256 ({simd}, one thread)"
        );
    }
    Ok(())
}
