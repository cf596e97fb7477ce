//! A model in training, by the engine that suits it: chains of dense layers skip what is zero (`chain/`), every other
//! network is computed in packs (`packs/`).

use super::chain::plan::Chain;
use super::kernels::update::Rule;
use super::{EngineError, Progress, Recipe, chain, packs};
use crate::data::Dataset;
use crate::model::Sequential;

/// The state that is the weights' average.
pub(crate) const AVERAGE: usize = 2;

/// A model in training: its weights and its optimiser's state in an engine's form.
pub(crate) enum Learner {
    Chain(Box<chain::learner::Learner>),
    Packs(Box<packs::learner::Learner>),
}

impl Learner {
    /// Prepares to train `model` on the images of `train`, of its size and with labels below its number of classes, in batches
    /// of `batch`, with `states` (0..=2) tensors of optimiser state for each of weights.
    ///
    /// # Errors
    /// Where the model cannot be computed, or threads cannot be had.
    pub(crate) fn new(
        model: &Sequential,
        train: &Dataset,
        batch: usize,
        states: usize,
        threads: usize,
        recipe: Recipe,
    ) -> Result<Self, EngineError> {
        if let Some(chain) = Chain::of(model).filter(|_| recipe.plain()) {
            let learner = chain::learner::Learner::new(chain, model, train, batch, states, threads)?;
            return Ok(Self::Chain(Box::new(learner)));
        }
        let learner = packs::learner::Learner::new(model, train, batch, states, threads, recipe)?;
        Ok(Self::Packs(Box::new(learner)))
    }

    /// Leaves out of later updates what `rule` keeps where no pixel is ever lit.
    pub(crate) fn skip_unlit_pixels(&mut self) {
        if let Self::Chain(learner) = self {
            learner.skip_unlit_pixels();
        }
    }

    /// One training step of epoch `epoch` for each rule: the images `order` in batches, the last of which may be smaller.
    /// `first` is the first one's number.
    pub(crate) fn steps(&mut self, order: &[u32], rules: &[Rule], epoch: u64, first: u64) -> Progress {
        match self {
            Self::Chain(learner) => learner.steps(order, rules),
            Self::Packs(learner) => learner.steps(order, rules, epoch, first),
        }
    }

    /// Copies the weights into `model`, which has the shapes this was made from.
    pub(crate) fn write_weights(&self, model: &mut Sequential) {
        match self {
            Self::Chain(learner) => learner.write_weights(model),
            Self::Packs(learner) => learner.write_weights(model),
        }
    }

    /// The state `which` (0 and 1: the optimiser's; 2: the weights' average): of each trainable tensor, in the model's order.
    pub(crate) fn state(&self, which: usize) -> Vec<Vec<f32>> {
        match self {
            Self::Chain(learner) => learner.state(which),
            Self::Packs(learner) => learner.state(which),
        }
    }

    /// Sets what [`state`](Learner::state) gives.
    pub(crate) fn set_state(&mut self, which: usize, state: &[Vec<f32>]) {
        match self {
            Self::Chain(learner) => learner.set_state(which, state),
            Self::Packs(learner) => learner.set_state(which, state),
        }
    }
}
