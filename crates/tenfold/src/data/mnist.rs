//! MNIST.
use super::{DataError, Dataset};

/// (training, test).
///
/// # Errors
/// Where it cannot be had.
pub fn load() -> Result<(Dataset, Dataset), DataError> {
    Err(DataError::Empty { name: "MNIST".into() })
}
