//! How a value lies in memory: `[channels][rows][columns][16 images]`, with a border of zeros around each plane where a
//! kernel reaches over the edge. The border is never written.

use crate::engine::lanes::LANES;

/// `[channels, height, width]`, and the border's rows and columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Planes {
    pub(crate) channels: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) border: Border,
}

/// Rows above and below, columns left and right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Border {
    pub(crate) top: usize,
    pub(crate) bottom: usize,
    pub(crate) left: usize,
    pub(crate) right: usize,
}

impl Border {
    /// The larger of both on every side.
    pub(crate) fn grow(&mut self, other: Self) {
        self.top = self.top.max(other.top);
        self.bottom = self.bottom.max(other.bottom);
        self.left = self.left.max(other.left);
        self.right = self.right.max(other.right);
    }
}

impl Planes {
    pub(crate) fn new(channels: usize, height: usize, width: usize) -> Self {
        Self { channels, height, width, border: Border::default() }
    }

    /// Numbers an image has, without borders.
    pub(crate) fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Floats from row to row.
    pub(crate) fn row(&self) -> usize {
        (self.border.left + self.width + self.border.right) * LANES
    }

    /// Floats from channel to channel.
    pub(crate) fn plane(&self) -> usize {
        (self.border.top + self.height + self.border.bottom) * self.row()
    }

    /// Floats from pack to pack.
    pub(crate) fn pack(&self) -> usize {
        self.channels * self.plane()
    }

    /// Where row `y`, column `x` is in a plane, in floats; both may lie in the border.
    pub(crate) fn at(&self, y: isize, x: isize) -> usize {
        let row = y + self.border.top as isize;
        let column = x + self.border.left as isize;
        debug_assert!(row >= 0 && column >= 0 && row * (self.row() as isize) < self.plane() as isize);
        row as usize * self.row() + column as usize * LANES
    }
}
