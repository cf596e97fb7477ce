//! A model being trained: its weights, its optimiser's state, and where it is.

use std::borrow::Cow;

use super::run::Run;
use super::{EpochFigures, Optimizer, TrainError};
use crate::engine::{AVERAGE, Learner};
use crate::model::{Activation, Layer, ModelError, Sequential};

/// The loss: −ln of the probability given to the right class, for labels that are class numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SparseCategoricalCrossentropy;

/// A model being trained.
#[derive(Clone)]
pub struct Trainer {
    pub(super) model: Sequential,
    pub(super) optimizer: Optimizer,
    /// The optimiser's state, as many times as it has one: of each trainable tensor, in the order of
    /// [`Sequential::tensors`].
    pub(super) state: Vec<Vec<Vec<f32>>>,
    /// The weights' moving average, where the current fit keeps one: of each trainable tensor.
    pub(super) average: Option<Vec<Vec<f32>>>,
    /// Training steps done.
    pub(super) steps: u64,
    /// Training steps done when the current fit began.
    pub(super) steps_before: u64,
    /// Fits finished.
    pub(super) fits: u64,
    /// The fit that was stopped, or is in progress.
    pub(super) run: Option<Run>,
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
        if !matches!(self.layers.last(), Some(Layer::Activation(Activation::Softmax))) {
            return Err(TrainError::Model(ModelError::Unsupported {
                index: self.layers.len().saturating_sub(1),
                layer: self.layers.last().map_or("model", Layer::kind),
                why: "sparse categorical cross-entropy needs a softmax at the end: add one",
            }));
        }
        self.initialise(0)?;
        self.check_weights()?;
        let optimizer = optimizer.into();
        let tensors = self.tensors()?;
        let trainable = tensors.iter().filter(|tensor| tensor.trainable);
        let zeros = trainable.map(|tensor| vec![0.0; tensor.values.len()]).collect();
        let state = vec![zeros; optimizer.states()];
        Ok(Trainer {
            model: self,
            optimizer,
            state,
            average: None,
            steps: 0,
            steps_before: 0,
            fits: 0,
            run: None,
        })
    }

    /// Outputs of the last layer; 0 where the shapes do not fit.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.shapes().ok().and_then(|shapes| shapes.last()?.iter().copied().reduce(|a, b| a * b)).unwrap_or(0)
    }
}

impl Trainer {
    /// The model as it stands: after the last whole epoch, or where a fit was stopped.
    #[must_use]
    pub fn model(&self) -> &Sequential {
        &self.model
    }

    /// The trained model.
    #[must_use]
    pub fn into_model(self) -> Sequential {
        self.model
    }

    /// The epochs so far of a fit that is under way or was stopped; none after a whole one.
    #[must_use]
    pub fn epochs(&self) -> &[EpochFigures] {
        self.run.as_ref().map_or(&[], |run| &run.epochs)
    }

    /// Seconds of the steps so far of a fit that is under way or was stopped, also of the epoch it is in (validation not
    /// counted); 0 after a whole one.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        let whole: f64 = self.epochs().iter().map(|epoch| epoch.seconds).sum();
        whole + self.run.as_ref().map_or(0.0, |run| run.seconds)
    }

    /// The optimiser.
    #[must_use]
    pub fn optimizer(&self) -> &Optimizer {
        &self.optimizer
    }

    /// The model with the weights' average, where one is kept.
    pub(super) fn averaged(&self) -> Result<Cow<'_, Sequential>, ModelError> {
        let Some(average) = &self.average else { return Ok(Cow::Borrowed(&self.model)) };
        let mut model = self.model.clone();
        let trainable = model.tensors_mut()?.into_iter().filter(|tensor| tensor.trainable);
        for (tensor, values) in trainable.zip(average) {
            tensor.values.clone_from(values);
        }
        Ok(Cow::Owned(model))
    }

    pub(super) fn take_from(&mut self, learner: &Learner) {
        learner.write_weights(&mut self.model);
        for (which, state) in self.state.iter_mut().enumerate() {
            *state = learner.state(which);
        }
        if let Some(average) = &mut self.average {
            *average = learner.state(AVERAGE);
        }
    }
}
