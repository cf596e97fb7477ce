//! Copies a layer's weights into their transpose, 16 × 16 floats at a time, for the next step's backward pass.

use crate::engine::chain::panels::place;
use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on: of a matrix in panels, the vectors of columns `vectors.0..vectors.1` of the blocks of sixteen
/// rows `blocks.0..blocks.1`.
pub(crate) struct Transpose {
    /// Rows that have a place in the transpose, a multiple of 16.
    pub(crate) rows: usize,
    pub(crate) blocks: (usize, usize),
    /// Rows the source has (a bias row may follow the others).
    pub(crate) source_rows: usize,
    /// Padded columns of the source.
    pub(crate) columns: usize,
    pub(crate) vectors: (usize, usize),
    pub(crate) from: *const f32,
    /// `[columns, rows]` in panels.
    pub(crate) to: *mut f32,
}

/// # Safety
/// The pointers hold matrices of these sizes; nobody else touches these blocks meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(t: &Transpose) {
    // SAFETY: blocks lie within both matrices, whose rows and columns here are multiples of 16.
    unsafe {
        for vector in t.vectors.0..t.vectors.1 {
            let (from, from_stride) = place(t.source_rows, t.columns, vector);
            for block in t.blocks.0..t.blocks.1 {
                let (to, to_stride) = place(t.columns, t.rows, block);
                V::transpose(
                    t.from.add(from + block * LANES * from_stride),
                    from_stride,
                    t.to.add(to + vector * LANES * to_stride),
                    to_stride,
                );
            }
        }
    }
}
