//! From a picture to a network's input. Says nothing about which digit it is.

#[cfg(feature = "pictures")]
mod decode;
mod error;
mod prepare;

#[cfg(feature = "pictures")]
pub use decode::{MAX_BYTES, MAX_SIDE, Picture};
pub use error::ReadError;
pub use prepare::prepare;
