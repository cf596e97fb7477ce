//! How the learning rate moves during training.

use serde::{Deserialize, Serialize};

/// The factor on the optimiser's learning rate, as a function of the step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// 1 throughout.
    #[default]
    Constant,
    /// From 1 down to 0 along half a cosine (Loshchilov & Hutter 2017, eq. 5, without restarts).
    Cosine,
    /// Up from 1/25 to 1 over the first `warmup` fraction of the steps, then down to 1e-4/25, both along half a cosine
    /// (Smith & Topin 2018, in PyTorch's form).
    OneCycle {
        /// Fraction of all steps spent going up; 0.3 is usual.
        warmup: f32,
    },
}
