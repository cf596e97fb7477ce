//! What a network is: a list of layers with their shapes, weights and names. Plain data; it cannot compute.

mod builder;
pub mod container;
mod error;
mod file;
mod fold;
mod json;
mod layer;
mod preprocessing;
pub mod presets;
mod provenance;
mod sequential;
mod summary;
mod walk;

pub use error::ModelError;
pub(crate) use file::check_values;
pub use json::{Architecture, LayerSpec, Units};
pub use layer::{Activation, BatchNorm, Conv2d, Dense, Dropout, Layer, MAX_WINDOW, Padding, Pool, Residual};
pub use preprocessing::{Centre, Ink, Preprocessing, Scale};
pub use provenance::{DataInfo, Provenance, Recipe, TestFigures};
pub use sequential::{NamedTensor, Sequential};
pub use summary::{Summary, SummaryRow};
pub use walk::{MAX_ACTIVATIONS, MAX_DEPTH, MAX_PARAMETERS, MAX_SIDE};
