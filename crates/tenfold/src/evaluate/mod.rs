//! How good a network is.

/// Figures of a model on a data set.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {}
