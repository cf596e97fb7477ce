//! What of a training recipe the engine must know beside the optimiser.

use super::Precision;
use crate::data::augment::Augment;

/// How a step treats targets, images, gradients and weights.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recipe {
    pub(crate) seed: u64,
    pub(crate) label_smoothing: f32,
    pub(crate) augment: Augment,
    pub(crate) precision: Precision,
    /// The gradient's largest norm; 0: any.
    pub(crate) clip_norm: f32,
    /// Decay of the weights' moving average; 0: none is kept.
    pub(crate) average: f32,
}

impl Recipe {
    /// Whether there is nothing in it.
    pub(crate) fn plain(&self) -> bool {
        self.label_smoothing == 0.0 && self.augment.is_none() && self.clip_norm == 0.0 && self.average == 0.0
    }
}
