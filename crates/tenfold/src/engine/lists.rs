//! The nonzero elements of a batch of inputs, as lists: by row (for the forward pass) and by unit (for the gradient).
//!
//! 81 % of MNIST's pixels are zero, and about half of what a ReLU lets out. A zero adds nothing to any sum, so the
//! engine never multiplies by one. Lists have slots of fixed capacity, so that building them needs no counting first
//! and threads fill them side by side.

use super::panels::padded;

/// One nonzero element: which unit of the tile (or which row), and its value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub(crate) struct Entry {
    pub(crate) index: u32,
    pub(crate) value: f32,
}

/// Lists of a matrix of up to `rows` × `units` elements.
pub(crate) struct Lists {
    pub(crate) rows: usize,
    pub(crate) units: usize,
    /// Units a tile; the lists by row are kept tile by tile, so that a tile's weights stay in the nearest cache while
    /// all rows pass by.
    pub(crate) tile: usize,
    pub(crate) tiles: usize,
    /// `[tile][row][tile width]`, indices count from the tile's first unit.
    pub(crate) by_row: Vec<Entry>,
    /// `[tile][row]`.
    pub(crate) row_counts: Vec<u32>,
    /// `[unit][row]`; empty where no gradient is wanted.
    pub(crate) by_unit: Vec<Entry>,
    /// `[unit]`.
    pub(crate) unit_counts: Vec<u32>,
}

impl Lists {
    /// Room for `rows` × `units` elements, by row and, where `with_units` is set, by unit.
    ///
    /// The lists by unit have one more after the units and their padding: it is 1 in every row, and its weights are the
    /// bias.
    pub(crate) fn new(rows: usize, units: usize, tile: usize, with_units: bool) -> Self {
        let tiles = units.div_ceil(tile);
        let mut lists = Self {
            rows,
            units,
            tile,
            tiles,
            by_row: vec![Entry::default(); tiles * rows * tile],
            row_counts: vec![0; tiles * rows],
            by_unit: Vec::new(),
            unit_counts: Vec::new(),
        };
        if with_units {
            let bias = padded(units);
            lists.by_unit = vec![Entry::default(); (bias + 1) * rows];
            lists.unit_counts = vec![0; bias + 1];
            for (row, one) in lists.by_unit[bias * rows..].iter_mut().enumerate() {
                *one = Entry { index: row as u32, value: 1.0 };
            }
        }
        lists
    }

    /// Nothing, for lists that a plan does not need.
    pub(crate) fn none() -> Self {
        Self::new(0, 0, 1, false)
    }
}

/// Where the parts of [`Lists`] lie in memory, for threads that fill them side by side.
#[derive(Clone, Copy)]
pub(crate) struct ListsAt {
    pub(crate) rows: usize,
    pub(crate) units: usize,
    pub(crate) tile: usize,
    pub(crate) tiles: usize,
    pub(crate) by_row: *mut Entry,
    pub(crate) row_counts: *mut u32,
    pub(crate) with_units: bool,
    pub(crate) by_unit: *mut Entry,
    pub(crate) unit_counts: *mut u32,
}

impl Lists {
    /// The places of these lists.
    pub(crate) fn at(&mut self) -> ListsAt {
        ListsAt {
            rows: self.rows,
            units: self.units,
            tile: self.tile,
            tiles: self.tiles,
            by_row: self.by_row.as_mut_ptr(),
            row_counts: self.row_counts.as_mut_ptr(),
            with_units: !self.by_unit.is_empty(),
            by_unit: self.by_unit.as_mut_ptr(),
            unit_counts: self.unit_counts.as_mut_ptr(),
        }
    }
}
