//! Dropout (Srivastava et al. 2014). It acts in training only.

use super::{Layer, Misfit};

/// In training, each value is 0 with probability `rate`, and divided by 1 − `rate` otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Share of the values that is forgotten, from 0 to below 1.
    pub rate: f32,
}

impl Dropout {
    pub(super) fn check(self) -> Result<(), Misfit> {
        if (0.0..1.0).contains(&self.rate) {
            return Ok(());
        }
        Err(Misfit::setting("rate", self.rate, "from 0 to below 1"))
    }
}

impl From<Dropout> for Layer {
    fn from(dropout: Dropout) -> Self {
        Self::Dropout(dropout)
    }
}
