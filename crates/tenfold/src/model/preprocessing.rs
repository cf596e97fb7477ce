//! How a picture becomes what the network takes, written into every model file so that no reader has to guess. It only
//! says what is done; the doing is in [`read`](crate::read).

use serde::{Deserialize, Serialize};

/// The contract between a picture and a network, as MNIST's makers placed their digits (LeCun, Bottou, Bengio &
/// Haffner 1998, section III-A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocessing {
    /// From bytes to numbers.
    pub pixels: Scale,
    /// Which is which.
    pub ink: Ink,
    /// Length in pixels to which the longer side of the ink is brought: 20 of 28, and in proportion.
    pub longest_side: usize,
    /// What lies in the middle of the image.
    pub centre: Centre,
}

/// From a byte to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// 0 to 255 becomes 0 to 1.
    #[serde(rename = "divided by 255")]
    DividedBy255,
}

/// Ink and paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ink {
    /// Paper is 0, ink is 255.
    #[serde(rename = "white on black")]
    WhiteOnBlack,
}

/// What lies in the middle of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Centre {
    /// The mean position of the ink.
    #[serde(rename = "centre of mass")]
    Mass,
}

impl Preprocessing {
    /// The one contract there is, for images `[height, width]`.
    #[must_use]
    pub fn for_input([height, width]: [usize; 2]) -> Self {
        Self {
            pixels: Scale::DividedBy255,
            ink: Ink::WhiteOnBlack,
            longest_side: height.min(width).saturating_mul(20).div_ceil(28),
            centre: Centre::Mass,
        }
    }
}
