//! What a network is: a list of layers with their shapes, weights and names. Plain data; it cannot compute.

pub mod container;
mod error;
mod file;
mod json;
mod layer;
mod preprocessing;
pub mod presets;
mod provenance;
mod sequential;
mod summary;

pub use error::ModelError;
pub use json::{Architecture, LayerSpec, Units};
pub use layer::{Activation, Dense, Layer};
pub use preprocessing::{Centre, Ink, Preprocessing, Scale};
pub use provenance::{DataInfo, Provenance, Recipe, TestFigures};
pub use sequential::{MAX_PARAMETERS, MAX_SIDE, NamedTensor, Sequential};
pub use summary::{Summary, SummaryRow};
