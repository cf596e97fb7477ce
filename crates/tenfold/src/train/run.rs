//! A fit in progress: what must be known, beside weights and optimiser state, to go on with it.

use serde::{Deserialize, Serialize};

use super::EpochFigures;
use crate::model::{ModelError, Sequential};

/// Where a fit is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// Epochs done.
    pub(crate) epochs: Vec<EpochFigures>,
    /// Images of the current epoch done.
    pub(crate) images: usize,
    /// Their summed loss.
    pub(crate) loss: f64,
    /// How many of them were right.
    pub(crate) correct: u64,
    /// Seconds spent on them.
    pub(crate) seconds: f64,
    /// The best epoch so far, where early stopping asks for it.
    pub(crate) best: Option<Best>,
}

/// The epoch of the lowest validation loss.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    /// From 1.
    pub(crate) epoch: usize,
    pub(crate) validation_loss: f64,
    /// Kept as tensors, not in the JSON.
    #[serde(skip)]
    pub(crate) parameters: Parameters,
}

/// The values of all of a model's tensors, in the order of [`Sequential::tensors`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parameters(pub(crate) Vec<Vec<f32>>);

impl Parameters {
    pub(crate) fn read(model: &Sequential) -> Result<Self, ModelError> {
        Ok(Self(model.tensors()?.into_iter().map(|tensor| tensor.values.to_vec()).collect()))
    }

    pub(crate) fn write(self, model: &mut Sequential) -> Result<(), ModelError> {
        for (tensor, values) in model.tensors_mut()?.into_iter().zip(self.0) {
            *tensor.values = values;
        }
        Ok(())
    }
}

impl Run {
    /// Keeps the model of the epoch that has just ended where its validation loss is the lowest so far.
    pub(crate) fn note_best(&mut self, validation_loss: f64, model: &Sequential) -> Result<(), ModelError> {
        if self.best.as_ref().is_none_or(|best| validation_loss < best.validation_loss) {
            let (epoch, parameters) = (self.epochs.len() + 1, Parameters::read(model)?);
            self.best = Some(Best { epoch, validation_loss, parameters });
        }
        Ok(())
    }

    /// Whether the best epoch is one of those that are done.
    pub(crate) fn holds_together(&self) -> bool {
        self.best.as_ref().is_none_or(|best| best.epoch <= self.epochs.len())
    }

    /// Epochs since the best.
    pub(crate) fn waited(&self) -> usize {
        self.best.as_ref().map_or(0, |best| self.epochs.len() - best.epoch)
    }
}
