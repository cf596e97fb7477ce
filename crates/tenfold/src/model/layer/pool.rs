//! Pooling: one value for each window of each channel. No weights.

use super::{Misfit, Padding, image};

/// The windows of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// `[height, width]` of a window, at most [`MAX_WINDOW`](super::MAX_WINDOW).
    pub size: [usize; 2],
    /// Rows and columns from one window to the next.
    pub stride: [usize; 2],
    /// What happens at the border. Padding is left out of maximum and mean.
    pub padding: Padding,
}

impl Pool {
    /// Square windows with `size` pixels a side, one beside the other.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size: [size, size], stride: [size, size], padding: Padding::Valid }
    }

    pub(super) fn output(self, input: &[usize]) -> Result<Vec<usize>, Misfit> {
        let [height, width, channels] = image(input).ok_or_else(|| Misfit::no_image(input))?;
        let [rows, columns] = self.padding.both("size", [height, width], self.size, self.stride, input)?;
        Ok(vec![rows, columns, channels])
    }
}
