//! How a network is computed.

use crate::model::{Activation, Layer, ModelError, Sequential};

/// Computes a model's answers.
pub struct Predictor {
    model: Sequential,
}

impl Predictor {
    /// A predictor for `model`, which must have weights. `threads` 0: one per core.
    ///
    /// # Errors
    /// Where the layers do not fit together.
    pub fn new(model: &Sequential, threads: usize) -> Result<Self, ModelError> {
        let _ = threads;
        model.shapes()?;
        Ok(Self { model: model.clone() })
    }

    /// The last layer's outputs `[images, classes]` for `pixels` `[images, height, width]` (0 background, 255 ink).
    /// A last piece that is no whole image is left out.
    pub fn predict(&mut self, pixels: &[u8]) -> Vec<f32> {
        let size = self.model.input[0] * self.model.input[1];
        let mut all = Vec::new();
        for image in pixels.chunks_exact(size) {
            let mut x: Vec<f32> = image.iter().map(|&p| f32::from(p) / 255.0).collect();
            for layer in &self.model.layers {
                match layer {
                    Layer::Flatten => {}
                    Layer::Dense(dense) => {
                        let mut y = dense.bias.clone();
                        for (row, &x) in dense.weights.chunks_exact(dense.units).zip(&x) {
                            if x != 0.0 {
                                y.iter_mut().zip(row).for_each(|(y, &w)| *y = x.mul_add(w, *y));
                            }
                        }
                        x = y;
                    }
                    Layer::Activation(Activation::Relu) => x.iter_mut().for_each(|x| *x = x.max(0.0)),
                    Layer::Activation(Activation::Softmax) => {
                        let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                        x.iter_mut().for_each(|x| *x = libm::expf(*x - max));
                        let sum: f32 = x.iter().sum();
                        x.iter_mut().for_each(|x| *x /= sum);
                    }
                }
            }
            all.extend(x);
        }
        all
    }
}
