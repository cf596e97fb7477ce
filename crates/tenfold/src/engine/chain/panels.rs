//! The engine's matrix: `[rows, columns]` floats in panels of 64 columns, each panel row by row.
//!
//! A kernel that works on up to 64 columns then walks through memory without gaps, whatever the matrix's width, and a
//! row of a panel is whole cache lines. Columns are padded with zeros to a multiple of 16.

use crate::engine::lanes::LANES;

/// Columns of a full panel: four vectors.
pub(crate) const PANEL: usize = 64;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([f32; LANES]);

/// A matrix in panels, aligned to cache lines.
pub(crate) struct Panels {
    rows: usize,
    columns: usize,
    memory: Vec<Line>,
    /// Where in the memory it begins.
    first: usize,
}

/// Lines a page of memory has.
const PAGE: usize = 64;
/// Lines by which matrices that are walked through together begin apart within a page. Large allocations all begin at a page's
/// start, and the nearest cache has the same few places for addresses that are whole pages apart: there, the same row of w, m and v
/// would be in each other's way.
const APART: usize = 13;

/// `n` rounded up to whole vectors.
pub(crate) fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

impl Panels {
    /// Zeros `[rows, columns]`; the columns are padded to whole vectors.
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        let columns = padded(columns);
        Self { rows, columns, memory: vec![Line([0.0; LANES]); rows * columns / LANES], first: 0 }
    }

    /// The same, as the `number`th of matrices that are walked through together.
    pub(crate) fn zeros_apart(rows: usize, columns: usize, number: usize) -> Self {
        let columns = padded(columns);
        let memory = vec![Line([0.0; LANES]); rows * columns / LANES + PAGE - 1];
        let begins = memory.as_ptr() as usize / size_of::<Line>() % PAGE;
        let first = (number * APART % PAGE + PAGE - begins) % PAGE;
        Self { rows, columns, memory, first }
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

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(self.memory.as_slice())
    }

    pub(crate) fn as_ptr(&self) -> *const f32 {
        self.memory[self.first..].as_ptr().cast()
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.memory[self.first..].as_mut_ptr().cast()
    }

    pub(crate) fn is_finite(&self) -> bool {
        self.memory.iter().flat_map(|line| line.0).all(f32::is_finite)
    }

    /// The line of memory that an element lies in, and where in it.
    fn index(&self, row: usize, column: usize) -> (usize, usize) {
        let (start, stride) = self.place(column / LANES);
        let at = start + row * stride;
        (self.first + at / LANES, column % LANES)
    }

    pub(crate) fn get(&self, row: usize, column: usize) -> f32 {
        let (line, lane) = self.index(row, column);
        self.memory[line].0[lane]
    }

    /// Copies `values` `[count, columns]` (row by row, unpadded) into the rows from `first`.
    pub(crate) fn fill(&mut self, first: usize, columns: usize, values: &[f32]) {
        for (row, values) in values.chunks_exact(columns).enumerate() {
            for (vector, values) in values.chunks(LANES).enumerate() {
                let (line, _) = self.index(first + row, vector * LANES);
                self.memory[line].0[..values.len()].copy_from_slice(values);
            }
        }
    }

    /// The first `columns` columns of the first rows, row by row, as many rows as `to` has room for.
    pub(crate) fn read_into(&self, columns: usize, to: &mut [f32]) {
        for (row, to) in to.chunks_exact_mut(columns).enumerate() {
            for (vector, to) in to.chunks_mut(LANES).enumerate() {
                let (line, _) = self.index(row, vector * LANES);
                to.copy_from_slice(&self.memory[line].0[..to.len()]);
            }
        }
    }

    /// The first `columns` columns of `rows`, row by row.
    pub(crate) fn read(&self, rows: std::ops::Range<usize>, columns: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(rows.len() * columns);
        for row in rows {
            for first in (0..columns).step_by(LANES) {
                let (line, _) = self.index(row, first);
                values.extend_from_slice(&self.memory[line].0[..LANES.min(columns - first)]);
            }
        }
        values
    }
}

/// As [`Panels::place`], for a matrix of this size.
pub(crate) fn place(rows: usize, columns: usize, vector: usize) -> (usize, usize) {
    let first = vector * LANES / PANEL * PANEL;
    (first * rows + vector * LANES - first, PANEL.min(columns - first))
}

/// The vectors `from..to` in runs within one panel: (first, count).
pub(crate) fn runs((from, to): (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let mut next = from;
    std::iter::from_fn(move || {
        let first = next;
        next = ((first / (PANEL / LANES) + 1) * (PANEL / LANES)).min(to);
        (first < to).then(|| (first, next - first))
    })
}

/// As [`runs`], but two whole panels at once where there are two.
pub(crate) fn wide_runs((from, to): (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    const VECTORS: usize = PANEL / LANES;
    let mut next = from;
    std::iter::from_fn(move || {
        let first = next;
        let panels = if first % VECTORS == 0 && first + 2 * VECTORS <= to { 2 } else { 1 };
        next = ((first / VECTORS + panels) * VECTORS).min(to);
        (first < to).then(|| (first, next - first))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_is_read_back_and_padding_stays_zero() {
        for (rows, columns) in [(1, 1), (3, 16), (5, 70), (2, 128), (4, 129)] {
            for mut panels in [Panels::zeros(rows, columns), Panels::zeros_apart(rows, columns, 2)] {
                let values: Vec<f32> = (1..=rows * columns).map(|x| x as f32).collect();
                panels.fill(0, columns, &values);
                assert_eq!(panels.read(0..rows, columns), values);
                let all = panels.read(0..rows, panels.columns());
                assert_eq!(all.iter().sum::<f32>(), values.iter().sum::<f32>());
                let mut stored: Vec<f32> =
                    panels.memory.iter().flat_map(|line| line.0).filter(|&x| x != 0.0).collect();
                stored.sort_by(f32::total_cmp);
                assert_eq!(stored, values, "{rows} × {columns}");
            }
        }
    }

    #[test]
    fn matrices_that_are_walked_through_together_begin_apart_within_a_page() {
        let line = |panels: &Panels| panels.as_ptr() as usize / size_of::<Line>() % PAGE;
        for rows in [1, 100, 785] {
            let places: Vec<usize> =
                (0..4).map(|number| line(&Panels::zeros_apart(rows, 128, number))).collect();
            // A row of a panel is four lines.
            let apart = |a: usize, b: usize| (places[a] + PAGE - places[b]) % PAGE;
            let near =
                (0..4).flat_map(|a| (0..4).map(move |b| (a, b))).find(|&(a, b)| a != b && apart(a, b) < 4);
            assert_eq!(near, None, "{rows}: {places:?}");
        }
    }
}
