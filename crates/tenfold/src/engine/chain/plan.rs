//! Compiles a model into what the kernels compute: a chain of dense layers, each with an optional ReLU, the last with a
//! softmax or without. Checks that the model is such a chain; allocates nothing and computes nothing.

use crate::model::{Activation, Layer, ModelError, Sequential};

/// One dense layer of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    /// Its place in `Sequential::layers`.
    pub(crate) layer: usize,
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) relu: bool,
}

/// The chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Pixels that come in.
    pub(crate) pixels: usize,
    /// At least one.
    pub(crate) stages: Vec<Stage>,
    /// The last stage's outputs go through a softmax.
    pub(crate) softmax: bool,
}

impl Chain {
    /// Reads the chain off `model`.
    ///
    /// # Errors
    /// [`ModelError::Shape`] where the layers do not fit; [`ModelError::Unsupported`] where they are no such chain.
    pub(crate) fn new(model: &Sequential) -> Result<Self, ModelError> {
        let shapes = model.shapes()?;
        let pixels: usize = model.input.iter().product();
        let mut chain = Self { pixels, stages: Vec::new(), softmax: false };
        let mut inputs = pixels;
        for (index, (layer, shape)) in model.layers.iter().zip(&shapes).enumerate() {
            let unsupported = |why| Err(ModelError::Unsupported { index, layer: layer.kind(), why });
            if chain.softmax {
                return unsupported("nothing can follow a softmax");
            }
            match layer {
                Layer::Flatten => {}
                Layer::Dense(dense) => {
                    chain.stages.push(Stage { layer: index, inputs, units: dense.units, relu: false });
                    inputs = shape.iter().product();
                }
                Layer::Activation(activation) => {
                    let Some(stage) = chain.stages.last_mut() else {
                        return unsupported("an activation needs a dense layer before it");
                    };
                    match activation {
                        Activation::Relu => stage.relu = true,
                        Activation::Softmax if stage.relu => {
                            return unsupported("a softmax needs a dense layer without relu before it");
                        }
                        Activation::Softmax => chain.softmax = true,
                        _ => return unsupported("the engine cannot compute it yet; use relu"),
                    }
                }
                _ => return unsupported("the engine cannot compute it yet; use flatten, dense and relu"),
            }
        }
        if chain.stages.is_empty() {
            return Err(ModelError::Unsupported {
                index: 0,
                layer: "model",
                why: "it has no dense layer, so there is nothing to compute",
            });
        }
        Ok(chain)
    }

    /// Outputs of the last stage.
    pub(crate) fn classes(&self) -> usize {
        self.stages.last().map_or(0, |stage| stage.units)
    }
}
