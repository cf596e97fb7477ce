//! How a network learns.

mod callback;
mod checkpoint;
mod fit;
mod history;
mod optimizer;
mod recipe;
mod run;
mod schedule;
mod trainer;

pub use crate::engine::Precision;
pub use callback::{Callback, EpochEnd, Signal, Step};
pub use checkpoint::Checkpoint;
pub use fit::{EarlyStopping, Fit};
pub use history::{EpochFigures, History, StopReason};
pub use optimizer::{Adam, AdamW, Optimizer, Sgd};
pub use recipe::Recipe;
pub use schedule::Schedule;
pub use trainer::{SparseCategoricalCrossentropy, Trainer};

use crate::data::DataError;
use crate::engine::EngineError;
use crate::model::ModelError;

/// What can go wrong in training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The model does not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engine cannot compute the model.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The labels do not fit the model.
    #[error(transparent)]
    Labels(#[from] DataError),
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
        "the loss is {loss} in epoch {epoch} at step {step}: training diverged; try a learning rate below {learning_rate:?}"
    )]
    Diverged {
        /// Epoch, from 1.
        epoch: usize,
        /// Step within the epoch, from 1.
        step: usize,
        /// NaN or infinite.
        loss: f32,
        /// The learning rate that was set, before the schedule's factor.
        learning_rate: f64,
    },
}
