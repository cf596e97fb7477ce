//! Windows that slide over an image: what convolutions and pools have in common.

use serde::{Deserialize, Serialize};

use super::Misfit;

/// The longest side of a window, and its longest stride.
pub const MAX_WINDOW: usize = 64;

/// What happens at an image's border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Padding {
    /// Windows lie inside the image: ⌊(n − size)/stride⌋ + 1 of them along an axis of n pixels.
    #[default]
    Valid,
    /// ⌈n/stride⌉ windows along an axis of n pixels, over the edge on both sides; where they stand out by an odd number of
    /// pixels, the odd one is after the end, as in Keras.
    Same,
}

impl Padding {
    /// Number of windows along an axis of `n` pixels; 0 where none fits, or where `n`, `size` or `stride` is 0.
    ///
    /// ```
    /// use tenfold::model::Padding;
    /// assert_eq!(Padding::Valid.windows(28, 5, 1), 24);
    /// assert_eq!(Padding::Same.windows(7, 2, 2), 4);
    /// ```
    #[must_use]
    pub fn windows(self, n: usize, size: usize, stride: usize) -> usize {
        match self {
            _ if size == 0 || stride == 0 => 0,
            Self::Valid if n < size => 0,
            Self::Valid => (n - size) / stride + 1,
            Self::Same => n.div_ceil(stride),
        }
    }

    /// Pixels by which the first window stands out before the axis. The last may stand out after it by one more.
    ///
    /// ```
    /// use tenfold::model::Padding;
    /// assert_eq!(Padding::Same.before(28, 5, 1), 2);
    /// assert_eq!(Padding::Same.before(28, 2, 1), 0);
    /// ```
    #[must_use]
    pub fn before(self, n: usize, size: usize, stride: usize) -> usize {
        match self {
            Self::Valid => 0,
            Self::Same => {
                let last = self.windows(n, size, stride).saturating_sub(1).saturating_mul(stride);
                last.saturating_add(size).saturating_sub(n) / 2
            }
        }
    }

    /// Windows along both axes of an image, for a window called `name` in messages.
    pub(super) fn both(
        self,
        name: &'static str,
        [height, width]: [usize; 2],
        size: [usize; 2],
        stride: [usize; 2],
        input: &[usize],
    ) -> Result<[usize; 2], Misfit> {
        for (setting, sides) in [(name, size), ("stride", stride)] {
            if sides.iter().any(|side| !(1..=MAX_WINDOW).contains(side)) {
                let expected = format!("from 1 to {MAX_WINDOW} along each axis");
                return Err(Misfit::setting(setting, format_args!("{sides:?}"), expected));
            }
        }
        let windows = [self.windows(height, size[0], stride[0]), self.windows(width, size[1], stride[1])];
        if windows.contains(&0) {
            let [rows, columns] = size;
            let expected = format!("an image of at least {rows}×{columns} (or padding \"same\")");
            return Err(Misfit::input(expected, input));
        }
        Ok(windows)
    }
}
