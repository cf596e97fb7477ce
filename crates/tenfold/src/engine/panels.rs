//! The engine's matrix: `[rows, columns]` floats in panels of 64 columns, each panel row by row.
//!
//! A kernel that works on up to 64 columns then walks through memory without gaps, whatever the matrix's width, and a
//! row of a panel is whole cache lines. Columns are padded with zeros to a multiple of 16.

use super::lanes::LANES;

/// Columns of a full panel: four vectors.
pub(crate) const PANEL: usize = 64;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([f32; LANES]);

/// A matrix in panels, aligned to cache lines.
pub(crate) struct Panels {
    rows: usize,
    columns: usize,
    lines: Vec<Line>,
}

/// `n` rounded up to whole vectors.
pub(crate) fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

impl Panels {
    /// Zeros `[rows, columns]`; the columns are padded to whole vectors.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        let columns = padded(columns);
        Self { rows, columns, lines: vec![Line([0.0; LANES]); rows * columns / LANES] }
    }

    /// Nothing, for a matrix that a plan does not need.
    pub(crate) fn none() -> Self {
        Self::zeros(0, 0)
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    /// Where row 0 of the vector of columns `16·vector..` begins, and the distance between its rows, in floats.
    pub(crate) fn place(&self, vector: usize) -> (usize, usize) {
        place(self.rows, self.columns, vector)
    }

    pub(crate) fn as_ptr(&self) -> *const f32 {
        self.lines.as_ptr().cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.lines.as_mut_ptr().cast()
    }

    fn index(&self, row: usize, column: usize) -> (usize, usize) {
        let (start, stride) = self.place(column / LANES);
        let at = start + row * stride;
        (at / LANES, column % LANES)
    }

    pub(crate) fn get(&self, row: usize, column: usize) -> f32 {
        let (line, lane) = self.index(row, column);
        self.lines[line].0[lane]
    }

    pub(crate) fn set(&mut self, row: usize, column: usize, value: f32) {
        let (line, lane) = self.index(row, column);
        self.lines[line].0[lane] = value;
    }

    /// Copies `values` `[count, columns]` (row by row, unpadded) into the rows from `first`.
    pub(crate) fn fill(&mut self, first: usize, columns: usize, values: &[f32]) {
        for (row, values) in values.chunks_exact(columns).enumerate() {
            for (column, &value) in values.iter().enumerate() {
                self.set(first + row, column, value);
            }
        }
    }

    /// The first `columns` columns of `rows`, row by row.
    pub(crate) fn read(&self, rows: std::ops::Range<usize>, columns: usize) -> Vec<f32> {
        rows.flat_map(|row| (0..columns).map(move |column| self.get(row, column))).collect()
    }
}

/// As [`Panels::place`], for a matrix of this size.
pub(crate) fn place(rows: usize, columns: usize, vector: usize) -> (usize, usize) {
    let first = vector * LANES / PANEL * PANEL;
    (first * rows + vector * LANES - first, PANEL.min(columns - first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_is_read_back_and_padding_stays_zero() {
        for (rows, columns) in [(1, 1), (3, 16), (5, 70), (2, 128), (4, 129)] {
            let mut panels = Panels::zeros(rows, columns);
            let values: Vec<f32> = (1..=rows * columns).map(|x| x as f32).collect();
            panels.fill(0, columns, &values);
            assert_eq!(panels.read(0..rows, columns), values);
            let all = panels.read(0..rows, panels.columns());
            assert_eq!(all.iter().sum::<f32>(), values.iter().sum::<f32>());
            let mut stored: Vec<f32> =
                panels.lines.iter().flat_map(|line| line.0).filter(|&x| x != 0.0).collect();
            stored.sort_by(f32::total_cmp);
            assert_eq!(stored, values, "{rows} × {columns}");
        }
    }
}
