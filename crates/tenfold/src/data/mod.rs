//! Where images come from: IDX files, folders of them, MNIST and its cache. Knows nothing of models.

pub mod augment;
mod dataset;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod folder;
pub mod idx;
pub mod mnist;
pub mod strokes;

pub use augment::{Augment, AugmentError, Augmenter};
pub use dataset::Dataset;
pub use error::DataError;
