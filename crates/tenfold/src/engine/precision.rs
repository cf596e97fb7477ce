//! How finely a network multiplies while it learns.

use serde::{Deserialize, Serialize};

use super::kernels::factors::{PAIR, SINGLE};

/// How finely a network multiplies while it learns. Weights, sums and all else are `f32` in either case, and what has learnt answers
/// in `f32`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Every product in `f32`.
    #[default]
    Float32,
    /// Those of 3×3 and 5×5 convolutions that are computed in pieces (Winograd) with factors of eight significant bits: twice as many at
    /// a time where the processor has instructions for it, and the same bits where it has none. Networks without such
    /// convolutions learn as with [`Float32`](Precision::Float32).
    BFloat16,
}

impl Precision {
    /// Factors in a lane.
    pub(crate) fn factors(self) -> usize {
        match self {
            Self::Float32 => SINGLE,
            Self::BFloat16 => PAIR,
        }
    }

    /// `float32` or `bfloat16`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::BFloat16 => "bfloat16",
        }
    }
}
