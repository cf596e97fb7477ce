//! Chains of dense layers, computed so that zeros cost nothing: dark pixels and silent units are skipped.
//!
//! - `panels` and `masks` are how matrices lie in memory, `images` how the data set does; `elements` walks along what is not
//!   zero.
//! - `plan` reads the chain of layers off a model; `predictor` runs it forward, `learner` trains it, over `memory` and in the
//!   phases of `step`, with weights that `turn` turns; both by `outputs`.

pub(crate) mod elements;
pub(crate) mod images;
pub(crate) mod learner;
pub(crate) mod masks;
pub(crate) mod memory;
mod outputs;
pub(crate) mod panels;
pub(crate) mod plan;
pub(crate) mod predictor;
pub(crate) mod step;
mod turn;

use crate::model::{Dense, Layer, ModelError, Sequential};

/// The weights of a stage, checked to be there.
fn dense_of<'a>(model: &'a Sequential, stage: &plan::Stage) -> Result<&'a Dense, ModelError> {
    match model.layers.get(stage.layer) {
        Some(Layer::Dense(dense))
            if dense.weights.len() == stage.inputs * stage.units && dense.bias.len() == stage.units =>
        {
            Ok(dense)
        }
        _ => Err(ModelError::Unsupported {
            index: stage.layer,
            layer: "dense",
            why: "it has no weights yet: initialise the model, train it or load one",
        }),
    }
}
