//! What a network is: a list of layers with their shapes, weights and names. Plain data; it cannot compute.

mod layer;
mod provenance;
mod sequential;

pub use layer::{Activation, Dense, Layer};
pub use provenance::{DataInfo, Provenance, Recipe, TestFigures};
pub use sequential::Sequential;

/// What can be wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A layer does not fit what comes in.
    #[error("layer {index} ({layer}): {found} comes in, {expected} is needed")]
    Shape {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind.
        layer: &'static str,
        /// What it needs.
        expected: String,
        /// What comes in.
        found: String,
    },
    /// A list of layers that the engine cannot compute.
    #[error("layer {index} ({layer}): {why}")]
    Unsupported {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind.
        layer: &'static str,
        /// What is wrong, and what to do.
        why: &'static str,
    },
}
