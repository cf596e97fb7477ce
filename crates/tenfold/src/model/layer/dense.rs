//! A fully connected layer: `y = xW + b`.

use super::{Layer, Misfit, Part, glorot_uniform};
use crate::random::Stream;

/// A fully connected layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dense {
    /// Number of outputs.
    pub units: usize,
    /// `[inputs, units]`, row by row; empty until [initialised](crate::Sequential::initialise).
    pub weights: Vec<f32>,
    /// `[units]`; empty until initialised.
    pub bias: Vec<f32>,
}

impl Dense {
    pub(super) fn output(&self, input: &[usize]) -> Result<Vec<usize>, Misfit> {
        match input {
            _ if self.units == 0 => Err(Misfit::setting("units", 0, "at least 1")),
            [_] => Ok(vec![self.units]),
            _ => Err(Misfit::input("one axis (put flatten before it)", input)),
        }
    }

    pub(super) fn parts(&self, input: &[usize]) -> Vec<Part> {
        match *input {
            [inputs] => vec![
                Part::trainable("weights", vec![inputs, self.units]),
                Part::trainable("bias", vec![self.units]),
            ],
            _ => Vec::new(),
        }
    }

    /// Glorot-uniform weights, zero bias.
    pub(super) fn initialise(&mut self, input: &[usize], stream: Stream) {
        if let &[inputs] = input
            && self.weights.is_empty()
        {
            self.weights = glorot_uniform(inputs, self.units, inputs * self.units, stream);
            self.bias = vec![0.0; self.units];
        }
    }
}

impl From<Dense> for Layer {
    fn from(dense: Dense) -> Self {
        Self::Dense(dense)
    }
}
