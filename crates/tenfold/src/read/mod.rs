//! From a picture to the digits on it: `prepare` finds the ink and places a digit's as MNIST's makers did, `segment` finds
//! where digits could be, the network says what they are, and `choose` takes the likeliest way to part a line.

mod answer;
mod area;
mod belief;
mod choose;
#[cfg(feature = "pictures")]
mod colour;
mod company;
#[cfg(feature = "pictures")]
mod decode;
mod draft;
mod error;
mod histogram;
mod judge;
pub mod lessons;
mod page;
mod picture;
mod prepare;
mod reader;
mod reading;
mod runs;
pub mod scene;
mod segment;
mod words;

pub use area::Area;
#[cfg(feature = "pictures")]
pub use decode::{MAX_BYTES, MAX_JPEG_PIXELS, MAX_PIXELS, MAX_SIDE};
pub use error::ReadError;
pub use picture::Picture;
pub use prepare::prepare;
pub use reader::{ReadOptions, Reader};
pub use reading::{Alternative, Digit, Mark, Reading, Reason, Rejected, Separator};
