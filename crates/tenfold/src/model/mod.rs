//! What a network is: a list of layers with their shapes, weights and names. Plain data; it cannot compute.

pub mod container;
mod error;
mod layer;
mod provenance;
mod sequential;

pub use error::ModelError;
pub use layer::{Activation, Dense, Layer};
pub use provenance::{DataInfo, Provenance, Recipe, TestFigures};
pub use sequential::Sequential;
