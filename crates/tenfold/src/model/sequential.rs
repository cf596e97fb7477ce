//! A network as a list of layers, one after the other. Holds weights; does not compute.

use std::collections::HashMap;

use super::layer::Misfit;
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
        self.walk(|_, _, output| shapes.push(output.to_vec()))?;
        Ok(shapes)
    }

    /// Calls `visit` with each layer, its input's and its output's shape, up to the first that does not fit.
    pub(super) fn walk(&self, mut visit: impl FnMut(&Layer, &[usize], &[usize])) -> Result<(), ModelError> {
        let [height, width] = self.input;
        if !(1..=MAX_SIDE).contains(&height) || !(1..=MAX_SIDE).contains(&width) {
            return Err(ModelError::Input { height, width, limit: MAX_SIDE });
        }
        let mut shape = self.input.to_vec();
        let mut parameters = 0usize;
        for (index, layer) in self.layers.iter().enumerate() {
            let output = layer.output(&shape).map_err(|Misfit { expected, found }| ModelError::Shape {
                index,
                layer: layer.kind(),
                expected: expected.into(),
                found,
            })?;
            parameters = parameters.saturating_add(parameters_of(layer, &shape));
            if parameters > MAX_PARAMETERS {
                let layer = layer.kind();
                return Err(ModelError::TooManyParameters { index, layer, limit: MAX_PARAMETERS });
            }
            visit(layer, &shape, &output);
            shape = output;
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
        let values = self.layers.iter().flat_map(Layer::tensors).map(Vec::as_slice);
        let named = |((name, shape), values)| NamedTensor { name, shape, values };
        Ok(self.tensor_shapes()?.into_iter().zip(values).map(named).collect())
    }

    /// As [`tensors`](Sequential::tensors), to be filled or changed.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes).
    pub fn tensors_mut(&mut self) -> Result<Vec<NamedTensor<&mut Vec<f32>>>, ModelError> {
        let shapes = self.tensor_shapes()?;
        let values = self.layers.iter_mut().flat_map(Layer::tensors_mut);
        let named = |((name, shape), values)| NamedTensor { name, shape, values };
        Ok(shapes.into_iter().zip(values).map(named).collect())
    }

    /// Names and shapes of all weights in order.
    fn tensor_shapes(&self) -> Result<Vec<(String, Vec<usize>)>, ModelError> {
        let mut tensors = Vec::new();
        let mut names = self.names().into_iter();
        self.walk(|layer, input, _| {
            let name = names.next().unwrap_or_default();
            let named = layer.tensor_shapes(input).into_iter();
            tensors.extend(named.map(|(part, shape)| (format!("{name}.{part}"), shape)));
        })?;
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

    /// Number of trainable parameters; 0 where the layers do not fit together.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let mut total = 0;
        self.walk(|layer, input, _| total += parameters_of(layer, input)).map_or(0, |()| total)
    }

    /// Gives every layer without weights its initial ones: Glorot-uniform (Glorot & Bengio 2010, eq. 16; Keras's
    /// default) and zero bias, a function of (seed, layer) alone.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes).
    pub fn initialise(&mut self, seed: u64) -> Result<(), ModelError> {
        let mut inputs = vec![self.input.to_vec()];
        inputs.extend(self.shapes()?);
        for (index, (layer, input)) in self.layers.iter_mut().zip(inputs).enumerate() {
            layer.initialise(&input, Stream::new(seed, Purpose::Weights, index as u64, 0));
        }
        Ok(())
    }
}

/// A layer's trainable parameters for an input of this shape, or the largest number there is.
pub(super) fn parameters_of(layer: &Layer, input: &[usize]) -> usize {
    let count =
        |shape: &Vec<usize>| shape.iter().fold(1, |product: usize, &axis| product.saturating_mul(axis));
    layer.tensor_shapes(input).iter().fold(0, |total: usize, (_, shape)| total.saturating_add(count(shape)))
}
