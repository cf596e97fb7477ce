//! The MNIST tutorial, with the names people know: load, compile, fit, evaluate.
//!
//!     TENFOLD_DATA=DIR cargo run --release -p tenfold --example tutorial
//!
//! With `--features fetch` it gets MNIST by itself.

use tenfold::{Adam, Fit, Sequential, SparseCategoricalCrossentropy, mnist};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (train, test) = mnist::load()?;
    let model = Sequential::new([28, 28]).flatten().dense(128).relu().dense(128).relu().dense(10).softmax();
    let mut trainer = model.compile(Adam::default(), SparseCategoricalCrossentropy)?;
    let history = trainer.fit(&train, Fit { epochs: 10, ..Fit::default() })?;
    println!("{:.2?} s an epoch", history.epochs.iter().map(|epoch| epoch.seconds).collect::<Vec<_>>());
    println!("{}", trainer.evaluate(&test)?);
    Ok(())
}
