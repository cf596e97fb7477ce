//! A network as a list of layers, one after the other. Holds weights; does not compute.

use super::layer::Part;
use super::walk::{Names, Place, each, each_mut};
use super::{Layer, ModelError, Provenance};
use crate::random::{Purpose, Stream};

/// One tensor of a layer with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor<Values> {
    /// The layer's name and the part: `dense_1.weights`.
    pub name: String,
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// Whether training changes it by its gradient. A norm's running mean and variance follow the batches instead.
    pub trainable: bool,
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
    /// Whether the last of the classes means "none of the others": such a model can say that an image shows no digit.
    pub rejects: bool,
    /// Where it comes from.
    pub provenance: Provenance,
}

impl Sequential {
    /// A network without layers for images `[height, width]`.
    #[must_use]
    pub fn new(input: [usize; 2]) -> Self {
        Self { input, layers: Vec::new(), rejects: false, provenance: Provenance::default() }
    }

    /// The shape after each layer. Refuses what can never be computed; what training needs beyond that (softmax at
    /// the end, as many outputs as classes) is the trainer's to check.
    ///
    /// # Errors
    /// [`ModelError::Input`], [`ModelError::TooManyParameters`], [`ModelError::TooManyActivations`] and
    /// [`ModelError::TooDeep`] for sizes out of bounds; [`ModelError::Setting`], [`ModelError::Shape`] and
    /// [`ModelError::TwoShapes`] for the first layer that makes no sense or does not fit.
    pub fn shapes(&self) -> Result<Vec<Vec<usize>>, ModelError> {
        let mut shapes = Vec::with_capacity(self.layers.len());
        self.walk(|place| {
            if place.within == 0 {
                shapes.push(place.output.to_vec());
            }
        })?;
        Ok(shapes)
    }

    /// A name for each layer, as Keras gives them: `flatten`, `dense`, `relu`, `dense_1`, `relu_1`, …
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names = Names::default();
        self.layers.iter().map(|layer| names.next(layer)).collect()
    }

    /// All tensors in order: `conv2d.weights`, `conv2d.bias`, `dense.weights` `[inputs, units]`, `dense.bias` `[units]`,
    /// `dense_1.weights`, … Those in a residual layer are called after it: `residual.conv2d.weights`,
    /// `residual.shortcut.conv2d.weights`. A layer without values yet has its tensors here too, with no values.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes).
    pub fn tensors(&self) -> Result<Vec<NamedTensor<&[f32]>>, ModelError> {
        let named = self.named_parts()?;
        let mut values = Vec::with_capacity(named.len());
        each(&self.layers, &mut |layer| values.extend(layer.values()));
        Ok(zip(named, values.into_iter().map(Vec::as_slice)))
    }

    /// As [`tensors`](Sequential::tensors), to be filled or changed.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes).
    pub fn tensors_mut(&mut self) -> Result<Vec<NamedTensor<&mut Vec<f32>>>, ModelError> {
        let named = self.named_parts()?;
        let mut values = Vec::with_capacity(named.len());
        each_mut(&mut self.layers, &mut |layer| values.extend(layer.values_mut()));
        Ok(zip(named, values))
    }

    /// Names and shapes of all tensors in order.
    fn named_parts(&self) -> Result<Vec<(String, Part)>, ModelError> {
        let mut parts = Vec::new();
        self.walk(|Place { name, layer, input, .. }| {
            let named = layer.parts(input).into_iter();
            parts.extend(named.map(|part| (format!("{name}.{}", part.name), part)));
        })?;
        Ok(parts)
    }

    /// Checks that every layer has all its values, so that the network can be computed.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes); [`ModelError::Weights`] names the first tensor with a wrong number of values.
    pub fn check_weights(&self) -> Result<(), ModelError> {
        for NamedTensor { name, shape, values, .. } in self.tensors()? {
            if values.len() != shape.iter().product::<usize>() {
                return Err(ModelError::Weights { tensor: name, shape, found: values.len() });
            }
        }
        Ok(())
    }

    /// Checks that a model whose last class means "none of the others" has others.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes); [`ModelError::NothingButRejects`].
    pub(crate) fn check_rejects(&self, file: &str) -> Result<(), ModelError> {
        match self.shapes()?.last().and_then(|shape| shape.last()) {
            Some(&classes) if self.rejects && classes < 2 => {
                Err(ModelError::NothingButRejects { file: file.into(), classes })
            }
            _ => Ok(()),
        }
    }

    /// Number of trainable parameters; 0 where the layers do not fit together. A norm's running mean and variance are
    /// not trainable.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let mut total = 0;
        self.walk(|place| total += place.parameters()).map_or(0, |()| total)
    }

    /// Multiplications, each with an addition, for one image: those of convolutions and dense layers, a convolution's over
    /// its padding counted too. Biases, norms (which fold into the layer before them), activations, pools and the sum of a
    /// residual layer count 0. 0 where the layers do not fit together.
    ///
    /// ```
    /// assert_eq!(tenfold::Sequential::new([28, 28]).conv2d(8, 3).relu().multiply_adds(), 26 * 26 * 3 * 3 * 8);
    /// ```
    #[must_use]
    pub fn multiply_adds(&self) -> u64 {
        let mut total = 0u64;
        let add = |place: Place<'_>| total = total.saturating_add(place.multiply_adds());
        self.walk(add).map_or(0, |()| total)
    }

    /// Gives every layer without values its initial ones: Glorot-uniform weights (Glorot & Bengio 2010, eq. 16; Keras's
    /// default) and zero bias; scale 1, offset 0, mean 0 and variance 1. A function of (seed, place of the layer) alone.
    ///
    /// # Errors
    /// As [`shapes`](Sequential::shapes).
    pub fn initialise(&mut self, seed: u64) -> Result<(), ModelError> {
        let mut places = Vec::new();
        self.walk(|Place { layer, index, within, input, .. }| {
            if !matches!(layer, Layer::Residual(_)) {
                places.push((index as u64, within, input.to_vec()));
            }
        })?;
        let mut places = places.into_iter();
        each_mut(&mut self.layers, &mut |layer| {
            if let Some((index, within, input)) = places.next() {
                layer.initialise(&input, Stream::new(seed, Purpose::Weights, index, within));
            }
        });
        Ok(())
    }
}

/// Names and shapes with their values.
fn zip<Values>(
    parts: Vec<(String, Part)>,
    values: impl IntoIterator<Item = Values>,
) -> Vec<NamedTensor<Values>> {
    let named =
        |((name, Part { shape, trainable, .. }), values)| NamedTensor { name, shape, trainable, values };
    parts.into_iter().zip(values).map(named).collect()
}
