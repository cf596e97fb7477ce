//! A convolution, as the field means it: the kernel is not flipped.

use super::{Layer, Misfit, Padding, Part, glorot_uniform, image, product};
use crate::random::Stream;

/// A convolution over an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv2d {
    /// Number of outputs at each place.
    pub channels: usize,
    /// `[height, width]` of the kernel, at most [`MAX_WINDOW`](super::MAX_WINDOW).
    pub kernel: [usize; 2],
    /// Rows and columns from one place to the next.
    pub stride: [usize; 2],
    /// What happens at the border. Padding is zeros.
    pub padding: Padding,
    /// Whether a bias is added.
    pub use_bias: bool,
    /// `[kernel height, kernel width, in, channels]`, row by row, as in Keras; empty until
    /// [initialised](crate::Sequential::initialise).
    pub weights: Vec<f32>,
    /// `[channels]`; empty until initialised, and where there is no bias.
    pub bias: Vec<f32>,
}

impl Conv2d {
    /// A square kernel with `size` pixels a side that moves pixel by pixel inside the image, with a bias. Other fields
    /// are set by name:
    ///
    /// ```
    /// use tenfold::model::{Conv2d, Padding};
    /// let halving = Conv2d { stride: [2, 2], padding: Padding::Same, use_bias: false, ..Conv2d::new(16, 3) };
    /// assert_eq!(halving.kernel, [3, 3]);
    /// ```
    #[must_use]
    pub fn new(channels: usize, size: usize) -> Self {
        Self {
            channels,
            kernel: [size, size],
            stride: [1, 1],
            padding: Padding::Valid,
            use_bias: true,
            weights: Vec::new(),
            bias: Vec::new(),
        }
    }

    pub(super) fn output(&self, input: &[usize]) -> Result<Vec<usize>, Misfit> {
        if self.channels == 0 {
            return Err(Misfit::setting("channels", 0, "at least 1"));
        }
        let [height, width, _] = image(input).ok_or_else(|| Misfit::no_image(input))?;
        let [rows, columns] =
            self.padding.both("kernel", [height, width], self.kernel, self.stride, input)?;
        Ok(vec![rows, columns, self.channels])
    }

    pub(super) fn parts(&self, input: &[usize]) -> Vec<Part> {
        let Some([_, _, channels]) = image(input) else { return Vec::new() };
        let [height, width] = self.kernel;
        let mut parts = vec![Part::trainable("weights", vec![height, width, channels, self.channels])];
        if self.use_bias {
            parts.push(Part::trainable("bias", vec![self.channels]));
        }
        parts
    }

    /// Glorot-uniform weights, where each weight's fan is the kernel's pixels times the channels; zero bias.
    pub(super) fn initialise(&mut self, input: &[usize], stream: Stream) {
        let Some([_, _, channels]) = image(input) else { return };
        if self.weights.is_empty() {
            let [fan_in, fan_out] = [channels, self.channels].map(|n| product(&self.kernel) * n);
            self.weights = glorot_uniform(fan_in, fan_out, fan_in * self.channels, stream);
            self.bias = vec![0.0; if self.use_bias { self.channels } else { 0 }];
        }
    }
}

impl From<Conv2d> for Layer {
    fn from(conv: Conv2d) -> Self {
        Self::Conv2d(conv)
    }
}
