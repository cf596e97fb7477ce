//! How well a model tells digits from what is none: AUROC and FPR at 95 % TPR against each kind of drawn image, and the
//! risk of its answers by how many it gives. Digits are MNIST's last 10,000 training images, or strokes where MNIST is not there.
//!
//!     cargo run --release --example rejection -- models/digits.safetensors

use std::path::Path;

use tenfold::data::{mnist, others, strokes};
use tenfold::evaluate::rejection::{Rejection, risk_coverage};
use tenfold::evaluate::{Answers, Ensemble};
use tenfold::{Dataset, Sequential};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which model file?")?;
    let model = Sequential::load(Path::new(&path))?;
    let mut ensemble = Ensemble::new(&[&model], false, 1)?;
    let mut answers = |data: &Dataset| Answers::by(&mut ensemble, data);
    let strokes = strokes::any_hand(1, 2000, 77).1;
    let digits = match mnist::load() {
        Ok((train, _)) => train.slice(50_000..60_000),
        Err(_) => strokes.clone(),
    };
    let known = answers(&digits)?;
    for (name, digits) in [(digits.name(), &digits), ("hands", &strokes)] {
        let right = answers(digits)?;
        let accuracy = right.predictions.right(digits).iter().filter(|&&right| right).count();
        println!("{name}: {:.2} % right", accuracy as f64 * 100.0 / digits.len() as f64);
    }
    let mut all = Vec::new();
    for kind in others::Kind::all() {
        let images = others::load_kind(kind, 2000, 77);
        let found = answers(&images)?;
        println!("{:<18} {}", kind.name(), Rejection::of(&known.scores(), &found.scores()));
        all.extend(found.scores());
    }
    println!("{:<18} {}", "all", Rejection::of(&known.scores(), &all));
    for point in risk_coverage(&known.scores(), &known.predictions.right(&digits)) {
        println!("answers {:6.2} % of the digits: {:.3} % wrong", point.coverage * 100.0, point.risk * 100.0);
    }
    Ok(())
}
