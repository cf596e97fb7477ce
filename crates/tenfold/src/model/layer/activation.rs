//! Functions applied to a layer's outputs. They have no weights.

use super::{Layer, Misfit};

/// A function applied to a layer's outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// x where it is positive, `slope`·x elsewhere (Maas, Hannun & Ng 2013).
    LeakyRelu {
        /// Any finite number; Keras's layer has 0.3, PyTorch's 0.01.
        slope: f32,
    },
    /// x·Φ(x) with the normal distribution's Φ(x) = (1 + erf(x/√2))/2, exact as Keras's default is, not the
    /// approximation by tanh (Hendrycks & Gimpel 2016).
    Gelu,
    /// x / (1 + e⁻ˣ), also called swish (Ramachandran, Zoph & Le 2017).
    Silu,
    /// eˣⁱ / Σⱼ eˣʲ over the last axis.
    Softmax,
}

impl Activation {
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Relu => ("relu", "ReLU"),
            Self::LeakyRelu { .. } => ("leaky_relu", "LeakyReLU"),
            Self::Gelu => ("gelu", "GELU"),
            Self::Silu => ("silu", "SiLU"),
            Self::Softmax => ("softmax", "Softmax"),
        }
    }

    pub(super) fn check(self) -> Result<(), Misfit> {
        match self {
            Self::LeakyRelu { slope } if !slope.is_finite() => {
                Err(Misfit::setting("slope", slope, "a finite number"))
            }
            _ => Ok(()),
        }
    }
}

impl From<Activation> for Layer {
    fn from(activation: Activation) -> Self {
        Self::Activation(activation)
    }
}
