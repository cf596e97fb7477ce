//! Tenfold trains, judges and ships readers of handwritten digits.
//!
//! Data flows one way, and nothing on the left knows anything on its right:
//! [`data`] → [`model`] → [`engine`] → [`train`] → [`evaluate`] → [`read`].
//!
//! - [`data`]: where images come from: IDX files, MNIST, the built-in strokes.
//! - [`model`]: what a network *is*: layers, shapes, weights; plain data that can be saved.
//! - [`engine`]: how a network is *computed*: plan, memory, thread team, kernels.
//! - [`train`]: how a network *learns*: loss, optimiser, schedule, the fit loop, checkpoints.
//! - [`evaluate`]: how *good* it is: accuracy, confusion, calibration, intervals.
//! - [`read`]: from a picture to its digits.

pub mod atomic;
pub mod cores;
pub mod data;
pub mod engine;
pub mod evaluate;
pub mod model;
pub mod numbers;
pub mod random;
pub mod read;
pub mod train;

pub use data::{Dataset, mnist};
pub use evaluate::Evaluation;
pub use model::Sequential;
pub use train::{Adam, AdamW, Fit, Sgd, SparseCategoricalCrossentropy, Trainer};
