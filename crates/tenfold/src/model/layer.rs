//! The layers a network is made of, with their weights. A new layer is added here and gets its word in `json.rs`; it is
//! computed in one file of `engine/kernels/`.

use crate::random::Stream;

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// `[height, width]` → `[height·width]`, row by row.
    Flatten,
    /// `[inputs]` → `[units]`: `y = xW + b`.
    Dense(Dense),
    /// An elementwise function, or softmax over the last axis.
    Activation(Activation),
}

/// A fully connected layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dense {
    /// Number of outputs.
    pub units: usize,
    /// `[inputs, units]`, row by row; empty until [initialised](super::Sequential::initialise).
    pub weights: Vec<f32>,
    /// `[units]`; empty until initialised.
    pub bias: Vec<f32>,
}

/// A function applied to a layer's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// eˣⁱ / Σⱼ eˣʲ.
    Softmax,
}

impl Layer {
    /// A fully connected layer without weights yet.
    #[must_use]
    pub fn dense(units: usize) -> Self {
        Self::Dense(Dense { units, ..Dense::default() })
    }

    /// What users call it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flatten => "flatten",
            Self::Dense(_) => "dense",
            Self::Activation(Activation::Relu) => "relu",
            Self::Activation(Activation::Softmax) => "softmax",
        }
    }

    /// How the field writes it.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::Flatten => "Flatten",
            Self::Dense(_) => "Dense",
            Self::Activation(Activation::Relu) => "ReLU",
            Self::Activation(Activation::Softmax) => "Softmax",
        }
    }

    /// The shape of its output for one image.
    pub(super) fn output(&self, input: &[usize]) -> Result<Vec<usize>, Misfit> {
        match self {
            Self::Flatten => Ok(vec![input.iter().product()]),
            Self::Dense(Dense { units: 0, .. }) => {
                Err(Misfit { expected: "at least one unit", found: "0 units".into() })
            }
            Self::Dense(dense) if input.len() == 1 => Ok(vec![dense.units]),
            Self::Dense(_) => {
                Err(Misfit { expected: "one axis (put flatten before it)", found: format!("{input:?}") })
            }
            Self::Activation(_) => Ok(input.to_vec()),
        }
    }

    /// Names and shapes of its weights for an input of this shape.
    pub(super) fn tensor_shapes(&self, input: &[usize]) -> Vec<(&'static str, Vec<usize>)> {
        match (self, input) {
            (Self::Dense(dense), &[inputs]) => {
                vec![("weights", vec![inputs, dense.units]), ("bias", vec![dense.units])]
            }
            _ => Vec::new(),
        }
    }

    /// Its weights, in the order of [`tensor_shapes`](Layer::tensor_shapes).
    pub(super) fn tensors(&self) -> Vec<&Vec<f32>> {
        match self {
            Self::Dense(dense) => vec![&dense.weights, &dense.bias],
            Self::Flatten | Self::Activation(_) => Vec::new(),
        }
    }

    /// Its weights, to be filled or changed.
    pub(super) fn tensors_mut(&mut self) -> Vec<&mut Vec<f32>> {
        match self {
            Self::Dense(dense) => vec![&mut dense.weights, &mut dense.bias],
            Self::Flatten | Self::Activation(_) => Vec::new(),
        }
    }

    /// Gives it its first weights, where it has none: Glorot-uniform, and zero bias.
    pub(super) fn initialise(&mut self, input: &[usize], mut stream: Stream) {
        if let (Self::Dense(dense), &[inputs]) = (self, input)
            && dense.weights.is_empty()
        {
            let limit = libm::sqrtf(6.0 / (inputs + dense.units) as f32);
            dense.weights = (0..inputs * dense.units).map(|_| stream.range(-limit, limit)).collect();
            dense.bias = vec![0.0; dense.units];
        }
    }
}

/// Why a layer does not take its input.
pub(super) struct Misfit {
    /// What it needs.
    pub expected: &'static str,
    /// What comes in.
    pub found: String,
}
