//! The recipe on the real MNIST, which `TENFOLD_DATA` names.

use std::path::{Path, PathBuf};

use tenfold::train::{Optimizer, Schedule};
use tenfold::{Adam, Dataset, Fit, SparseCategoricalCrossentropy, mnist};

use crate::arithmetic::{Case, distance};
use crate::images::network;
use crate::network::Rule;

/// Training and test set from the folder `TENFOLD_DATA` names, from here or from the root of the workspace.
fn load() -> (Dataset, Dataset) {
    let named = PathBuf::from(std::env::var_os("TENFOLD_DATA").expect("TENFOLD_DATA names MNIST's folder"));
    let from_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&named);
    mnist::load_from(if named.is_dir() { &named } else { &from_root }).unwrap()
}

/// Test accuracy of the tutorial's network after so many epochs.
fn accuracy(epochs: usize) -> f64 {
    let (train, test) = load();
    let model = tenfold::model::presets::by_name("tutorial", [28, 28], 10).unwrap();
    let mut trainer = model.compile(Adam::default(), SparseCategoricalCrossentropy).unwrap();
    trainer.fit(&train, Fit { epochs, ..Fit::default() }).unwrap();
    trainer.evaluate(&test).unwrap().accuracy
}

#[test]
#[ignore = "needs TENFOLD_DATA"]
fn one_epoch_reaches_95_percent() {
    let accuracy = accuracy(1);
    assert!(accuracy >= 0.95, "{accuracy}");
}

#[test]
#[ignore = "needs TENFOLD_DATA"]
fn ten_epochs_reach_97_percent() {
    let accuracy = accuracy(10);
    assert!(accuracy >= 0.97, "{accuracy}");
}

/// A hundred steps of the recipe. Of the 800,000 sums that meet a ReLU some come near its corner, hence the tolerance.
#[test]
#[ignore = "needs TENFOLD_DATA"]
fn a_hundred_steps_are_those_in_f64() {
    let data = load().0.slice(0..3200);
    let model = network(1, [28, 28], &[128, 128], 10);
    let case = Case { model: &model, data: &data, epochs: 1, batch_size: 32, schedule: Schedule::Constant };
    let rule = Rule::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, decay: 0.0 };
    let (distance, _) = distance(&case, Optimizer::from(Adam::default()), rule);
    assert!(distance < 1e-2, "{distance:e}");
}
