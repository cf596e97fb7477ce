//! Two ways from one input, added at their ends (He, Zhang, Ren & Sun 2015).

use super::Layer;

/// `y = layers(x) + shortcut(x)`. Both ways must give the same shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Residual {
    /// In order; at least one.
    pub layers: Vec<Layer>,
    /// In order; none: x itself.
    pub shortcut: Vec<Layer>,
}

impl From<Residual> for Layer {
    fn from(residual: Residual) -> Self {
        Self::Residual(residual)
    }
}
