//! The layers a network is made of, with their weights. A new layer is added here, and computed in one file of
//! `engine/kernels/`.

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
}
