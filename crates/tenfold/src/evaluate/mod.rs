//! How good a network is.
//!
//! [`Predictions`] are a model's answers to a data set; [`Evaluation`] is what they are worth: accuracy with its
//! interval, loss, per-class figures, confusion matrix, calibration. Nothing here trains, draws or reads files.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let (model, test) = (tenfold::Sequential::new([28, 28]), tenfold::mnist::load()?.1);
//! use tenfold::evaluate::{Evaluation, Predictions, most_confident_mistakes};
//! let predictions = Predictions::of(&model, &test, 0)?;
//! println!("{}", Evaluation::of(&predictions, &test)?);
//! for mistake in most_confident_mistakes(&predictions, &test, 5)? {
//!     println!("image {}: {} read as {}", mistake.index, mistake.label, mistake.predicted);
//! }
//! # Ok(()) }
//! ```

mod answers;
pub mod attacks;
mod calibration;
mod contested;
pub mod corruptions;
mod ensemble;
mod evaluation;
mod full;
mod full_table;
mod mistakes;
mod per_class;
mod predictions;
pub mod rejection;
pub mod seeds;
mod table;
mod wilson;

pub use answers::Answers;
pub use calibration::{Bin, brier_score, expected_calibration_error, negative_log_likelihood, reliability};
pub use contested::{CONTESTED, WithoutContested, without_contested};
pub use ensemble::Ensemble;
pub use evaluation::Evaluation;
pub use full::{AttackFigures, CorruptionFigures, FullEvaluation, FullOptions, FullStep};
pub use mistakes::{Mistake, most_confident_mistakes};
pub use per_class::ClassFigures;
pub use predictions::Predictions;
pub use wilson::wilson_interval;

use crate::data::Dataset;
use crate::model::{ModelError, Sequential};
use crate::train::Trainer;

/// Why a model cannot be judged on a data set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The model does not fit together or has no weights.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The engine cannot compute the model.
    #[error(transparent)]
    Engine(#[from] crate::engine::EngineError),
    /// An ensemble of none.
    #[error("no model was given; at least one is needed")]
    NoModel,
    /// Models that cannot answer together.
    #[error(
        "model {number} takes {found}, but the first takes {expected}: only models for the same can answer together"
    )]
    Together {
        /// Which, from 1.
        number: usize,
        /// What it takes.
        found: String,
        /// What the first takes.
        expected: String,
    },
    /// The model's last layer gives no probabilities.
    #[error("the model ends in {last}: no probabilities to judge; end it with softmax")]
    NotProbabilities {
        /// The last layer.
        last: String,
    },
    /// Images of another size.
    #[error(
        "{data}: images of {}×{} pixels (height × width), but the model takes {}×{}; use data of the model's size",
        found[0], found[1], expected[0], expected[1]
    )]
    Shape {
        /// The data set.
        data: String,
        /// `[height, width]` of the model's input.
        expected: [usize; 2],
        /// `[height, width]` of the images.
        found: [usize; 2],
    },
    /// An image that is not of the size that is said.
    #[error(
        "an image of {found} bytes, but {}×{} pixels (height × width) need {}; hand over whole images",
        shape[0], shape[1], shape[0].saturating_mul(shape[1])
    )]
    ImageSize {
        /// `[height, width]` as said.
        shape: [usize; 2],
        /// Bytes found.
        found: usize,
    },
    /// Images that make no data set.
    #[error(transparent)]
    Data(#[from] crate::data::DataError),
    /// Labels the model has no output for.
    #[error("{data}: {found} classes, but the model knows {expected}; use the data it was trained on")]
    Classes {
        /// The data set.
        data: String,
        /// The model's outputs.
        expected: usize,
        /// Classes of the data.
        found: usize,
    },
    /// Nothing to judge on.
    #[error("{data}: no images to judge on")]
    Empty {
        /// The data set.
        data: String,
    },
    /// The predictions are not of this data set.
    #[error("{data}: {found} probabilities, but {images} images of {classes} classes need {}", images * classes)]
    Count {
        /// The data set.
        data: String,
        /// Its images.
        images: usize,
        /// Classes of the predictions.
        classes: usize,
        /// Probabilities found.
        found: usize,
    },
}

impl Sequential {
    /// Judges the model on `data`, one thread per core.
    ///
    /// # Errors
    /// As [`Predictions::of`].
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation, EvaluateError> {
        Evaluation::of(&Predictions::of(self, data, 0)?, data)
    }
}

impl Trainer {
    /// Judges the model as it stands on `data`, one thread per core.
    ///
    /// # Errors
    /// As [`Predictions::of`].
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation, EvaluateError> {
        self.model().evaluate(data)
    }
}
