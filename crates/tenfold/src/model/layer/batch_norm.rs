//! Batch normalisation (Ioffe & Szegedy 2015), over the last axis: channels after a convolution, units after a dense layer.

use super::{Layer, Misfit, Part, image};

/// `y = scale · (x − mean) / √(variance + epsilon) + offset`, each `[channels]`.
///
/// In training, mean and variance are those of the batch (over batch, height and width; the variance is divided by the
/// number of values, as in Keras), and the running ones kept here become `momentum · running + (1 − momentum) · batch`.
/// Otherwise the running ones are used.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// How slowly the running mean and variance move, 0 to 1; Keras's default is 0.99.
    pub momentum: f32,
    /// Keeps the root away from 0; Keras's default is 0.001.
    pub epsilon: f32,
    /// `[channels]`, 1 at first; empty until [initialised](crate::Sequential::initialise).
    pub scale: Vec<f32>,
    /// `[channels]`, 0 at first.
    pub offset: Vec<f32>,
    /// `[channels]`, running, 0 at first; not trainable.
    pub mean: Vec<f32>,
    /// `[channels]`, running, 1 at first; not trainable.
    pub variance: Vec<f32>,
}

/// Keras's settings, without values yet.
impl Default for BatchNorm {
    fn default() -> Self {
        let [scale, offset, mean, variance] = Default::default();
        Self { momentum: 0.99, epsilon: 1e-3, scale, offset, mean, variance }
    }
}

impl BatchNorm {
    pub(super) fn output(&self, input: &[usize]) -> Result<Vec<usize>, Misfit> {
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(Misfit::setting("momentum", self.momentum, "from 0 to 1"));
        }
        if !(self.epsilon.is_finite() && self.epsilon > 0.0) {
            return Err(Misfit::setting("epsilon", self.epsilon, "a finite number above 0"));
        }
        Ok(image(input).map_or_else(|| input.to_vec(), Vec::from))
    }

    pub(super) fn parts(&self, input: &[usize]) -> Vec<Part> {
        let shape = vec![channels(input)];
        let [scale, offset] = ["scale", "offset"].map(|name| Part::trainable(name, shape.clone()));
        let [mean, variance] =
            ["mean", "variance"].map(|name| Part { name, shape: shape.clone(), trainable: false });
        vec![scale, offset, mean, variance]
    }

    /// The identity, but for epsilon.
    pub(super) fn initialise(&mut self, input: &[usize]) {
        if self.scale.is_empty() {
            let channels = channels(input);
            (self.scale, self.offset) = (vec![1.0; channels], vec![0.0; channels]);
            (self.mean, self.variance) = (vec![0.0; channels], vec![1.0; channels]);
        }
    }
}

/// Length of the axis that is normalised.
fn channels(input: &[usize]) -> usize {
    match *input {
        [_, _] => 1,
        _ => input.last().copied().unwrap_or(0),
    }
}

impl From<BatchNorm> for Layer {
    fn from(norm: BatchNorm) -> Self {
        Self::BatchNorm(norm)
    }
}
