//! Where images come from: IDX files, folders of them, MNIST and its cache. Knows nothing of models.

pub mod augment;
mod dataset;
pub(crate) mod drawn;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod folder;
pub mod idx;
mod mix;
pub mod mnist;
mod mnist_files;
pub mod others;
pub mod strokes;

pub use augment::{Augment, AugmentError, Augmenter};
pub use dataset::Dataset;
pub use error::DataError;
pub use mix::{Lesson, Lessons, MOST as MOST_MIXED, Mix, MixError};
pub(crate) use mnist_files::SETS;
