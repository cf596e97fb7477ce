//! Compiles a model into what the kernels compute: a chain of dense layers, each with an optional ReLU, the last with a
//! softmax or without. Only says whether a model is one; computes nothing.

use crate::engine::lanes::LANES;
use crate::model::{Activation, Layer, Sequential};

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
    /// Reads the chain off `model`; `None` where it is none, or its layers do not fit together.
    pub(crate) fn of(model: &Sequential) -> Option<Self> {
        let shapes = model.shapes().ok()?;
        let pixels: usize = model.input.iter().product();
        let mut chain = Self { pixels, stages: Vec::new(), softmax: false };
        let mut inputs = pixels;
        for (index, (layer, shape)) in model.layers.iter().zip(&shapes).enumerate() {
            match layer {
                _ if chain.softmax => return None,
                Layer::Flatten => {}
                Layer::Dense(dense) => {
                    chain.stages.push(Stage { layer: index, inputs, units: dense.units, relu: false });
                    inputs = shape.iter().product();
                }
                Layer::Activation(activation) => {
                    let stage = chain.stages.last_mut()?;
                    match activation {
                        Activation::Relu => stage.relu = true,
                        Activation::Softmax if !stage.relu => chain.softmax = true,
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
        if chain.stages.is_empty() { None } else { Some(chain) }
    }

    /// Whether stage `at` is a head: what a softmax follows, of one vector of units, after another stage.
    pub(crate) fn is_head(&self, at: usize) -> bool {
        self.softmax && at > 0 && at + 1 == self.stages.len() && self.stages[at].units <= LANES
    }

    /// Outputs of the last stage.
    pub(crate) fn classes(&self) -> usize {
        self.stages.last().map_or(0, |stage| stage.units)
    }
}
