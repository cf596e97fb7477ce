//! Where images come from.

mod dataset;
pub mod mnist;

pub use dataset::Dataset;

/// What can be wrong with data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// As many labels as images are needed.
    #[error("{name}: {images} images but {labels} labels: the two files do not belong together")]
    CountsDiffer {
        /// The data set.
        name: String,
        /// Images found.
        images: usize,
        /// Labels found.
        labels: usize,
    },
    /// No image at all.
    #[error("{name}: no images: nothing to train on or to judge")]
    Empty {
        /// The data set.
        name: String,
    },
}
