//! How fast training is: images a second of `784 → hidden → hidden → 10` with Adam, on MNIST (`TENFOLD_DATA`, or the
//! user's cache).
//!
//!     cargo run --release -p tenfold --example training_speed -- --batch 32 --hidden 128 --threads 2 --epochs 3 --json

use tenfold::engine::Simd;
use tenfold::{Adam, Fit, Sequential, SparseCategoricalCrossentropy, mnist};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let (batch_size, hidden) = (number("--batch", 32), number("--hidden", 128));
    let (threads, epochs) = (number("--threads", 0), number("--epochs", 3));
    let (train, test) = mnist::load()?;
    let train = train.slice(0..number("--images", train.len()));
    let model =
        Sequential::new([28, 28]).flatten().dense(hidden).relu().dense(hidden).relu().dense(10).softmax();
    let mut trainer = model.compile(Adam::default(), SparseCategoricalCrossentropy)?;
    let history = trainer.fit(&train, Fit { epochs, batch_size, threads, ..Fit::default() })?;
    let mut seconds: Vec<f64> = history.epochs.iter().map(|epoch| epoch.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    let images_per_s = train.len() as f64 / median;
    if arguments.iter().any(|argument| argument == "--json") {
        let simd = Simd::detect()?.name();
        println!(r#"{{"images_per_s": {images_per_s:.0}, "epoch_seconds": {median:.5}, "simd": "{simd}"}}"#);
    } else {
        for epoch in &history.epochs {
            println!(
                "epoch {}: {:.4} s, loss {:.4}, accuracy {:.4}",
                epoch.epoch, epoch.seconds, epoch.loss, epoch.accuracy
            );
        }
        println!("{images_per_s:.0} images/s, test accuracy {:.4}", trainer.evaluate(&test)?.accuracy);
    }
    Ok(())
}
