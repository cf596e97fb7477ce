//! How a network is computed: the model compiled into kernel calls over memory that is allocated once.
//!
//! - `simd` picks the instruction set when the program runs; `lanes` is the vector type, one implementation each.
//! - `chain` computes chains of dense layers, skipping what is zero; `packs` every other network, sixteen images at a
//!   time, and `image` one image alone; `learn` and `answer` choose.
//! - `input_gradient` says how the loss changes with the pixels, for attacks.
//! - `team` is the threads; `kernels` the loops.
//!
//! All of the library's `unsafe` code is in this folder.

mod answer;
mod chain;
mod image;
mod input_gradient;
mod kernels;
mod lanes;
mod learn;
mod packs;
mod precision;
mod progress;
mod recipe;
mod simd;
mod team;

pub use answer::Predictor;
pub use input_gradient::{InputGradients, input_gradients};
pub(crate) use kernels::update::Rule;
pub(crate) use learn::{AVERAGE, Learner};
pub use precision::Precision;
pub(crate) use progress::Progress;
pub(crate) use recipe::Recipe;
pub use simd::{Simd, UnknownSimd};

use crate::data::augment::AugmentError;
use crate::model::ModelError;

/// What can keep a model from being computed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The layers do not fit together, or the engine cannot compute them.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// `TENFOLD_SIMD` names what cannot be had.
    #[error(transparent)]
    Simd(#[from] UnknownSimd),
    /// No more threads.
    #[error("the system gives no more threads ({0}): ask for fewer with --threads")]
    Threads(#[from] std::io::Error),
    /// Images cannot be varied so.
    #[error(transparent)]
    Augment(AugmentError),
    /// More values or taps than 32-bit offsets reach.
    #[error(
        "layer {index} ({layer}) is too large to compute: {what} {found}, at most {limit} are possible; use fewer channels, smaller windows or smaller images"
    )]
    TooLarge {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind.
        layer: &'static str,
        /// Of what there are too many.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// The most there may be.
        limit: u64,
    },
    /// More memory than the machine has.
    #[error(
        "{work} needs {} of memory, {} of it {purpose}, and {} are free: {advice}",
        gigabytes(*needed), gigabytes(*most), gigabytes(*available)
    )]
    Memory {
        /// What needs it.
        work: String,
        /// Bytes it needs.
        needed: u64,
        /// The largest part of them.
        most: u64,
        /// What that is for.
        purpose: &'static str,
        /// Bytes there are.
        available: u64,
        /// What to do.
        advice: &'static str,
    },
    /// More lit pixels than 32 bits count.
    #[error("the training images have more than 4,294,967,295 lit pixels: train on fewer or smaller images")]
    TooManyPixels,
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}
