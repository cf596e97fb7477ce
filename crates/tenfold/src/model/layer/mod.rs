//! The layers a network is made of, with their weights. A new layer is one file here, a variant below and a word in
//! `json/`; it is computed in one file of `engine/kernels/`. Nothing here computes.
//!
//! Shapes are channels-last: `[height, width, channels]`. An image `[height, width]` counts as
//! `[height, width, 1]` wherever a layer needs channels.

mod activation;
mod batch_norm;
mod conv2d;
mod dense;
mod dropout;
mod misfit;
mod pool;
mod residual;
mod window;

pub use activation::Activation;
pub use batch_norm::BatchNorm;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub(super) use misfit::Misfit;
pub use pool::Pool;
pub use residual::Residual;
pub use window::{MAX_WINDOW, Padding};

use crate::random::Stream;

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// `[height, width]` → `[height·width]`, row by row; `[height, width, channels]` → `[height·width·channels]`, the
    /// channels of a pixel side by side.
    Flatten,
    /// `[inputs]` → `[units]`: `y = xW + b`.
    Dense(Dense),
    /// An elementwise function, or softmax over the last axis.
    Activation(Activation),
    /// `[height, width, in]` → `[height', width', channels]`: a convolution.
    Conv2d(Conv2d),
    /// Normalises each entry of the last axis over the batch; the shape stays.
    BatchNorm(BatchNorm),
    /// `[height, width, channels]` → `[height', width', channels]`: the largest value of each window.
    MaxPool(Pool),
    /// `[height, width, channels]` → `[height', width', channels]`: the mean of each window. Padding is not counted.
    AveragePool(Pool),
    /// `[height, width, channels]` → `[channels]`: the mean over the image.
    GlobalAveragePool,
    /// `[height, width, channels]` → `[channels]`: the largest value of the image.
    GlobalMaxPool,
    /// Forgets values at random while training; the shape stays.
    Dropout(Dropout),
    /// `y = layers(x) + shortcut(x)`.
    Residual(Residual),
}

/// One tensor of a layer.
pub(super) struct Part {
    /// `weights`.
    pub name: &'static str,
    /// Length along each axis.
    pub shape: Vec<usize>,
    /// Whether training changes it by its gradient.
    pub trainable: bool,
}

impl Part {
    fn trainable(name: &'static str, shape: Vec<usize>) -> Self {
        Self { name, shape, trainable: true }
    }

    /// Number of its values, or the largest number there is.
    pub(super) fn values(&self) -> usize {
        product(&self.shape)
    }
}

/// The product of the axes, or the largest number there is.
pub(super) fn product(shape: &[usize]) -> usize {
    shape.iter().fold(1, |product: usize, &axis| product.saturating_mul(axis))
}

/// `[height, width, channels]` of a shape that is an image.
pub(super) fn image(shape: &[usize]) -> Option<[usize; 3]> {
    match *shape {
        [height, width] => Some([height, width, 1]),
        [height, width, channels] => Some([height, width, channels]),
        _ => None,
    }
}

impl Layer {
    /// A fully connected layer without weights yet.
    #[must_use]
    pub fn dense(units: usize) -> Self {
        Dense { units, ..Dense::default() }.into()
    }

    /// What users call it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.words().0
    }

    /// How the field writes it.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.words().1
    }

    fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Flatten => ("flatten", "Flatten"),
            Self::Dense(_) => ("dense", "Dense"),
            Self::Activation(activation) => activation.words(),
            Self::Conv2d(_) => ("conv2d", "Conv2D"),
            Self::BatchNorm(_) => ("batch_norm", "BatchNorm"),
            Self::MaxPool(_) => ("max_pool", "MaxPool"),
            Self::AveragePool(_) => ("average_pool", "AveragePool"),
            Self::GlobalAveragePool => ("global_average_pool", "GlobalAveragePool"),
            Self::GlobalMaxPool => ("global_max_pool", "GlobalMaxPool"),
            Self::Dropout(_) => ("dropout", "Dropout"),
            Self::Residual(_) => ("residual", "Residual"),
        }
    }

    /// The shape of its output for one image. That of a [residual](Layer::Residual) layer depends on the layers in it:
    /// `model/walk.rs` knows it.
    pub(super) fn output(&self, input: &[usize]) -> Result<Vec<usize>, Misfit> {
        match self {
            Self::Flatten => Ok(vec![product(input)]),
            Self::Dense(dense) => dense.output(input),
            Self::Activation(activation) => activation.check().map(|()| input.to_vec()),
            Self::Conv2d(conv) => conv.output(input),
            Self::BatchNorm(norm) => norm.output(input),
            Self::MaxPool(pool) | Self::AveragePool(pool) => pool.output(input),
            Self::GlobalAveragePool | Self::GlobalMaxPool => {
                image(input).map(|[_, _, channels]| vec![channels]).ok_or_else(|| Misfit::no_image(input))
            }
            Self::Dropout(dropout) => dropout.check().map(|()| input.to_vec()),
            Self::Residual(_) => Ok(input.to_vec()),
        }
    }

    /// Names and shapes of its own tensors for an input of this shape, without those of the layers in it.
    pub(super) fn parts(&self, input: &[usize]) -> Vec<Part> {
        match self {
            Self::Dense(dense) => dense.parts(input),
            Self::Conv2d(conv) => conv.parts(input),
            Self::BatchNorm(norm) => norm.parts(input),
            _ => Vec::new(),
        }
    }

    /// Its own tensors, in the order of [`parts`](Layer::parts).
    pub(super) fn values(&self) -> Vec<&Vec<f32>> {
        match self {
            Self::Dense(dense) => vec![&dense.weights, &dense.bias],
            Self::Conv2d(conv) if conv.use_bias => vec![&conv.weights, &conv.bias],
            Self::Conv2d(conv) => vec![&conv.weights],
            Self::BatchNorm(norm) => vec![&norm.scale, &norm.offset, &norm.mean, &norm.variance],
            _ => Vec::new(),
        }
    }

    /// Its own tensors, to be filled or changed.
    pub(super) fn values_mut(&mut self) -> Vec<&mut Vec<f32>> {
        match self {
            Self::Dense(dense) => vec![&mut dense.weights, &mut dense.bias],
            Self::Conv2d(Conv2d { weights, bias, use_bias, .. }) => {
                if *use_bias {
                    vec![weights, bias]
                } else {
                    vec![weights]
                }
            }
            Self::BatchNorm(norm) => {
                vec![&mut norm.scale, &mut norm.offset, &mut norm.mean, &mut norm.variance]
            }
            _ => Vec::new(),
        }
    }

    /// Gives it its first values, where it has none.
    pub(super) fn initialise(&mut self, input: &[usize], stream: Stream) {
        match self {
            Self::Dense(dense) => dense.initialise(input, stream),
            Self::Conv2d(conv) => conv.initialise(input, stream),
            Self::BatchNorm(norm) => norm.initialise(input),
            _ => {}
        }
    }

    /// Multiplications, each with an addition, for one image: those of convolutions and dense layers. Biases, norms
    /// (which fold into the convolution before them), activations and pools are not counted, as is the custom.
    pub(super) fn multiply_adds(&self, input: &[usize], output: &[usize]) -> u64 {
        let work = match (self, image(input)) {
            (Self::Dense(dense), _) => product(input).saturating_mul(dense.units),
            (Self::Conv2d(conv), Some([_, _, channels])) => {
                product(output).saturating_mul(channels).saturating_mul(product(&conv.kernel))
            }
            _ => 0,
        };
        work as u64
    }
}

/// Glorot-uniform weights (Glorot & Bengio 2010, eq. 16): uniform within ±√(6 / (fan in + fan out)).
fn glorot_uniform(fan_in: usize, fan_out: usize, values: usize, mut stream: Stream) -> Vec<f32> {
    let limit = libm::sqrtf(6.0 / (fan_in + fan_out) as f32);
    (0..values).map(|_| stream.range(-limit, limit)).collect()
}
