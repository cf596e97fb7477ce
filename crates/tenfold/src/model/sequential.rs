//! A network as a list of layers, one after the other. Holds weights; does not compute.

use std::collections::HashMap;

use super::{Activation, Layer, ModelError, Provenance};
use crate::random::{Purpose, Stream};

/// The longest side of an image a network takes.
pub const MAX_SIDE: usize = 4096;
/// The most parameters of a network: a checkpoint holds up to five times as many values and stays under
/// [`MAX_FILE`](super::container::MAX_FILE).
pub const MAX_PARAMETERS: usize = 50_000_000;

/// Weights of one layer with their name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor<Values> {
    /// The layer's name and the part: `dense_1.weights`.
    pub name: String,
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// The values, row by row.
    pub values: Values,
}

impl NamedTensor<()> {
    fn holding<Values>(self, values: Values) -> NamedTensor<Values> {
        NamedTensor { name: self.name, shape: self.shape, values }
    }
}

/// A network: what comes in, and a list of layers with their weights.
///
/// ```
/// use tenfold::Sequential;
/// let model = Sequential::new([28, 28]).flatten().dense(128).relu().dense(128).relu().dense(10).softmax();
/// assert_eq!(model.parameters(), 118_282);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Sequential {
    /// `[height, width]` of the images that come in.
    pub input: [usize; 2],
    /// The layers in order.
    pub layers: Vec<Layer>,
    /// Where it comes from.
    pub provenance: Provenance,
}

impl Sequential {
    /// A network without layers for images `[height, width]`.
    #[must_use]
    pub fn new(input: [usize; 2]) -> Self {
        Self { input, layers: Vec::new(), provenance: Provenance::default() }
    }

    /// Appends a layer.
    #[must_use]
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// Appends `[height, width]` → `[height·width]`.
    #[must_use]
    pub fn flatten(self) -> Self {
        self.layer(Layer::Flatten)
    }

    /// Appends a fully connected layer with `units` outputs.
    #[must_use]
    pub fn dense(self, units: usize) -> Self {
        self.layer(Layer::dense(units))
    }

    /// Appends max(x, 0).
    #[must_use]
    pub fn relu(self) -> Self {
        self.layer(Layer::Activation(Activation::Relu))
    }

    /// Appends softmax.
    #[must_use]
    pub fn softmax(self) -> Self {
        self.layer(Layer::Activation(Activation::Softmax))
    }

    /// The shape after each layer. Refuses what can never be computed; what training needs beyond that (softmax at
    /// the end, as many outputs as classes) is the trainer's to check.
    ///
    /// # Errors
    /// [`ModelError::Input`] and [`ModelError::TooManyParameters`] for sizes out of bounds, [`ModelError::Shape`] for
    /// the first layer that does not fit.
    pub fn shapes(&self) -> Result<Vec<Vec<usize>>, ModelError> {
        let mut shapes = Vec::with_capacity(self.layers.len());
        self.walk(|shape, _| shapes.push(shape.to_vec()))?;
        Ok(shapes)
    }

    /// Calls `visit` with each layer's output shape and number of parameters, up to the first that does not fit.
    pub(super) fn walk(&self, mut visit: impl FnMut(&[usize], usize)) -> Result<(), ModelError> {
        let [height, width] = self.input;
        if !(1..=MAX_SIDE).contains(&height) || !(1..=MAX_SIDE).contains(&width) {
            return Err(ModelError::Input { height, width, limit: MAX_SIDE });
        }
        let mut shape = self.input.to_vec();
        let mut total = 0usize;
        for (index, layer) in self.layers.iter().enumerate() {
            let refuse = |expected: &str, found: String| {
                Err(ModelError::Shape { index, layer: layer.kind(), expected: expected.into(), found })
            };
            let mut parameters = 0;
            match layer {
                Layer::Flatten => shape = vec![shape.iter().product()],
                Layer::Dense(dense) if dense.units == 0 => {
                    return refuse("at least one unit", "0 units".into());
                }
                Layer::Dense(dense) => {
                    let [inputs] = shape[..] else {
                        return refuse("one axis (put flatten before it)", format!("{shape:?}"));
                    };
                    parameters = dense.units.saturating_mul(inputs + 1);
                    shape = vec![dense.units];
                }
                Layer::Activation(_) => {}
            }
            total = parameters.saturating_add(total);
            if total > MAX_PARAMETERS {
                let layer = layer.kind();
                return Err(ModelError::TooManyParameters { index, layer, limit: MAX_PARAMETERS });
            }
            visit(&shape, parameters);
        }
        Ok(())
    }

    /// A name for each layer, as Keras gives them: `flatten`, `dense`, `relu`, `dense_1`, `relu_1`, …
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut seen = HashMap::new();
        let name = |layer: &Layer| {
            let count = seen.entry(layer.kind()).or_insert(0usize);
            *count += 1;
            if *count == 1 { layer.kind().into() } else { format!("{}_{}", layer.kind(), *count - 1) }
        };
        self.layers.iter().map(name).collect()
    }

    /// The weights in order: `dense.weights` `[inputs, units]`, `dense.bias` `[units]`, `dense_1.weights`, … A layer
    /// without weights yet has its tensors here too, with no values.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes).
    pub fn tensors(&self) -> Result<Vec<NamedTensor<&[f32]>>, ModelError> {
        let mut tensors = Vec::new();
        for (layer, [weights, bias]) in self.layers.iter().zip(self.tensor_shapes()?) {
            if let Layer::Dense(dense) = layer {
                tensors.extend([weights.holding(&dense.weights[..]), bias.holding(&dense.bias[..])]);
            }
        }
        Ok(tensors)
    }

    /// As [`tensors`](Sequential::tensors), to be filled or changed.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes).
    pub fn tensors_mut(&mut self) -> Result<Vec<NamedTensor<&mut Vec<f32>>>, ModelError> {
        let shapes = self.tensor_shapes()?;
        let mut tensors = Vec::new();
        for (layer, [weights, bias]) in self.layers.iter_mut().zip(shapes) {
            if let Layer::Dense(dense) = layer {
                tensors.extend([weights.holding(&mut dense.weights), bias.holding(&mut dense.bias)]);
            }
        }
        Ok(tensors)
    }

    /// Checks that every layer has all its weights, so that the network can be computed.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes); [`ModelError::Weights`] names the first tensor with a wrong number of values.
    pub fn check_weights(&self) -> Result<(), ModelError> {
        for NamedTensor { name, shape, values } in self.tensors()? {
            if values.len() != shape.iter().product::<usize>() {
                return Err(ModelError::Weights { tensor: name, shape, found: values.len() });
            }
        }
        Ok(())
    }

    /// For each layer the names and shapes its weights and bias would have; they mean nothing for a layer without.
    fn tensor_shapes(&self) -> Result<Vec<[NamedTensor<()>; 2]>, ModelError> {
        let shapes = self.shapes()?;
        let mut inputs = self.input.iter().product();
        let tensors = self.names().into_iter().zip(shapes).map(|(layer, shape)| {
            let outputs = shape.iter().product();
            let named = |part, shape| NamedTensor { name: format!("{layer}.{part}"), shape, values: () };
            let tensors = [named("weights", vec![inputs, outputs]), named("bias", vec![outputs])];
            inputs = outputs;
            tensors
        });
        Ok(tensors.collect())
    }

    /// Number of trainable parameters; 0 where the layers do not fit together.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let mut total = 0;
        self.walk(|_, parameters| total += parameters).map_or(0, |()| total)
    }

    /// Gives every layer without weights its initial ones: Glorot-uniform (Glorot & Bengio 2010, eq. 16; Keras's
    /// default) and zero bias, a function of (seed, layer) alone.
    ///
    /// # Errors
    /// [`ModelError::Shape`] where the layers do not fit.
    pub fn initialise(&mut self, seed: u64) -> Result<(), ModelError> {
        let shapes = self.shapes()?;
        let mut inputs = self.input.iter().product::<usize>();
        for (index, (layer, shape)) in self.layers.iter_mut().zip(shapes).enumerate() {
            let outputs: usize = shape.iter().product();
            if let Layer::Dense(dense) = layer
                && dense.weights.is_empty()
            {
                let mut stream = Stream::new(seed, Purpose::Weights, index as u64, 0);
                let limit = libm::sqrtf(6.0 / (inputs + outputs) as f32);
                dense.weights = (0..inputs * outputs).map(|_| stream.range(-limit, limit)).collect();
                dense.bias = vec![0.0; outputs];
            }
            inputs = outputs;
        }
        Ok(())
    }
}
