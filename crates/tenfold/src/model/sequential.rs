//! A network as a list of layers, one after the other. Holds weights; does not compute.

use super::{Activation, Dense, Layer, ModelError, Provenance};
use crate::random::{Purpose, Stream};

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
        self.layer(Layer::Dense(Dense { units, ..Dense::default() }))
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

    /// The shape after each layer.
    ///
    /// # Errors
    /// [`ModelError::Shape`] names the first layer that does not fit.
    pub fn shapes(&self) -> Result<Vec<Vec<usize>>, ModelError> {
        let mut shape = self.input.to_vec();
        let mut shapes = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers.iter().enumerate() {
            match layer {
                Layer::Flatten => shape = vec![shape.iter().product()],
                Layer::Dense(dense) if shape.len() == 1 && dense.units > 0 => shape = vec![dense.units],
                Layer::Dense(dense) => {
                    let (expected, found) = if dense.units == 0 {
                        ("at least one unit".into(), "0 units".into())
                    } else {
                        ("one axis (put flatten before it)".into(), format!("{shape:?}"))
                    };
                    return Err(ModelError::Shape { index, layer: layer.kind(), expected, found });
                }
                Layer::Activation(_) => {}
            }
            shapes.push(shape.clone());
        }
        Ok(shapes)
    }

    /// Number of trainable parameters; 0 where the shapes do not fit.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let Ok(shapes) = self.shapes() else { return 0 };
        let mut inputs = self.input.iter().product::<usize>();
        let mut total = 0;
        for (layer, shape) in self.layers.iter().zip(shapes) {
            let outputs = shape.iter().product();
            if let Layer::Dense(_) = layer {
                total += (inputs + 1) * outputs;
            }
            inputs = outputs;
        }
        total
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
