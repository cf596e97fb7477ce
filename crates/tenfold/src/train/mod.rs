//! How a network learns.

mod callback;
mod history;
mod optimizer;
mod schedule;
mod trainer;

pub use callback::{Callback, EpochEnd, Signal, Step};
pub use history::{EpochFigures, History, StopReason};
pub use optimizer::{Adam, AdamW, Optimizer, Sgd};
pub use schedule::Schedule;
pub use trainer::{EarlyStopping, Fit, SparseCategoricalCrossentropy, Trainer};

use crate::model::ModelError;

/// What can go wrong in training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The model does not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A setting that cannot work.
    #[error("{setting} is {found}; {expected}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// Its value.
        found: String,
        /// What is possible.
        expected: String,
    },
    /// The data does not fit the model.
    #[error("{data}: {found}, but the model takes {expected}")]
    Data {
        /// Name of the data set.
        data: String,
        /// What the model takes.
        expected: String,
        /// What the data has.
        found: String,
    },
    /// The loss is no longer a finite number.
    #[error(
        "the loss is {loss} in epoch {epoch} at step {step}: training diverged; try a learning rate below {learning_rate}"
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// NaN or infinite.
        loss: f32,
        /// The learning rate of that step.
        learning_rate: f32,
    },
}
