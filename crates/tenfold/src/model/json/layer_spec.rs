//! One layer as JSON describes it: a layer without weights, where the data may still decide how many outputs it has.

use super::super::{
    Activation, BatchNorm, Conv2d, Dense, Dropout, Layer, ModelError, Padding, Pool, Residual,
};

/// One layer.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerSpec {
    /// [`Layer::Flatten`].
    Flatten,
    /// [`Layer::Dense`].
    Dense {
        /// Number of outputs.
        units: Units,
    },
    /// [`Layer::Activation`].
    Activation(Activation),
    /// [`Layer::Conv2d`].
    Conv2d {
        /// Number of outputs at each place.
        channels: Units,
        /// `[height, width]`.
        kernel: [usize; 2],
        /// Rows and columns.
        stride: [usize; 2],
        /// What happens at the border.
        padding: Padding,
        /// Whether it has one.
        bias: bool,
    },
    /// [`Layer::BatchNorm`].
    BatchNorm {
        /// See [`BatchNorm`].
        momentum: f32,
        /// See [`BatchNorm`].
        epsilon: f32,
    },
    /// [`Layer::MaxPool`].
    MaxPool(Pool),
    /// [`Layer::AveragePool`].
    AveragePool(Pool),
    /// [`Layer::GlobalAveragePool`].
    GlobalAveragePool,
    /// [`Layer::GlobalMaxPool`].
    GlobalMaxPool,
    /// [`Layer::Dropout`].
    Dropout(Dropout),
    /// [`Layer::Residual`].
    Residual {
        /// In order.
        layers: Vec<LayerSpec>,
        /// In order; none: the input itself.
        shortcut: Vec<LayerSpec>,
    },
}

/// A number of outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// This many.
    Number(usize),
    /// One for each class in the data; `"classes"` in JSON.
    Classes,
}

impl Units {
    fn number(
        self,
        field: &'static str,
        classes: &dyn Fn(&'static str) -> Result<usize, ModelError>,
    ) -> Result<usize, ModelError> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Classes => classes(field),
        }
    }
}

impl LayerSpec {
    /// The layer without weights; `classes` says what `"classes"` stands for in this field.
    pub(super) fn layer(
        &self,
        classes: &dyn Fn(&'static str) -> Result<usize, ModelError>,
    ) -> Result<Layer, ModelError> {
        let all = |layers: &[Self]| layers.iter().map(|layer| layer.layer(classes)).collect::<Result<_, _>>();
        Ok(match self {
            Self::Flatten => Layer::Flatten,
            Self::Dense { units } => {
                Dense { units: units.number("units", classes)?, ..Dense::default() }.into()
            }
            Self::Activation(activation) => (*activation).into(),
            &Self::Conv2d { channels, kernel, stride, padding, bias } => {
                let channels = channels.number("channels", classes)?;
                Conv2d { kernel, stride, padding, use_bias: bias, ..Conv2d::new(channels, 1) }.into()
            }
            &Self::BatchNorm { momentum, epsilon } => {
                BatchNorm { momentum, epsilon, ..BatchNorm::default() }.into()
            }
            Self::MaxPool(pool) => Layer::MaxPool(*pool),
            Self::AveragePool(pool) => Layer::AveragePool(*pool),
            Self::GlobalAveragePool => Layer::GlobalAveragePool,
            Self::GlobalMaxPool => Layer::GlobalMaxPool,
            Self::Dropout(dropout) => (*dropout).into(),
            Self::Residual { layers, shortcut } => {
                Residual { layers: all(layers)?, shortcut: all(shortcut)? }.into()
            }
        })
    }
}

impl From<&Layer> for LayerSpec {
    fn from(layer: &Layer) -> Self {
        let all = |layers: &[Layer]| layers.iter().map(Self::from).collect();
        match layer {
            Layer::Flatten => Self::Flatten,
            Layer::Dense(dense) => Self::Dense { units: Units::Number(dense.units) },
            Layer::Activation(activation) => Self::Activation(*activation),
            Layer::Conv2d(conv) => Self::Conv2d {
                channels: Units::Number(conv.channels),
                kernel: conv.kernel,
                stride: conv.stride,
                padding: conv.padding,
                bias: conv.use_bias,
            },
            Layer::BatchNorm(norm) => Self::BatchNorm { momentum: norm.momentum, epsilon: norm.epsilon },
            Layer::MaxPool(pool) => Self::MaxPool(*pool),
            Layer::AveragePool(pool) => Self::AveragePool(*pool),
            Layer::GlobalAveragePool => Self::GlobalAveragePool,
            Layer::GlobalMaxPool => Self::GlobalMaxPool,
            Layer::Dropout(dropout) => Self::Dropout(*dropout),
            Layer::Residual(Residual { layers, shortcut }) => {
                Self::Residual { layers: all(layers), shortcut: all(shortcut) }
            }
        }
    }
}
