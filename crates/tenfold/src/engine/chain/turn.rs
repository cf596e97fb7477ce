//! Weights turned for the way back, by each thread for itself, and taken back from the others' caches before their update.
//!
//! A line of memory that another core has read lies in the caches of both, and a store to it waits until the other has given
//! it up. Stores happen in order, so an update, which computes between its stores, waits line by line: for 5 % of a step where
//! cores share a cache, for a quarter where they do not. So a thread touches all those lines one after the other, while it
//! would wait for the others anyway. No value changes.

use super::memory::Desk;
use super::panels::{padded, place, runs};
use super::step::{Work, share};
use crate::engine::kernels::transpose::Transpose;
use crate::engine::lanes::LANES;

impl Work<'_> {
    /// Turns all weights that this thread goes back through.
    ///
    /// # Safety
    /// As [`Work::run`]; all threads have moved their weights.
    pub(super) unsafe fn turn(&self, thread: usize, desk: &mut Desk) {
        let last = self.stages.len() - 1;
        for at in 1..=last {
            let stage = &self.chain.stages[at];
            let (rows, columns) = (padded(stage.inputs), padded(stage.units));
            // The last layer's way back is shared by rows, the others' by units.
            let blocks = if at == last { (0, rows / LANES) } else { self.back_to(thread, at) };
            // SAFETY: `w` is [rows + 1, columns], the transpose [columns, rows] and this thread's own.
            unsafe {
                (self.kernels.transpose)(&Transpose {
                    rows,
                    blocks,
                    source_rows: rows + 1,
                    columns,
                    vectors: (0, columns / LANES),
                    from: self.stages[at].w,
                    to: desk.transposes[at].as_mut_ptr(),
                });
            }
        }
    }

    /// The vectors of inputs of hidden stage `at` that are this thread's on the way back.
    pub(super) fn back_to(&self, thread: usize, at: usize) -> (usize, usize) {
        share(padded(self.chain.stages[at].inputs) / LANES, thread, self.threads, 1)
    }

    /// Takes back this thread's weights of the hidden stages, but those that it alone has turned.
    ///
    /// # Safety
    /// As [`Work::run`]; all threads have turned their weights, and none reads these before the next step.
    pub(super) unsafe fn take_back(&self, thread: usize) {
        for at in 1..self.stages.len() - 1 {
            let stage = &self.chain.stages[at];
            let size = (padded(stage.inputs) + 1, padded(stage.units));
            let (vectors, inputs) = self.owned(thread, at);
            let alone = self.back_to(thread, at);
            let [from, to] = [alone.0, alone.1].map(|vector| (vector * LANES).clamp(inputs.0, inputs.1));
            for rows in [(inputs.0, from), (to, inputs.1)] {
                // SAFETY: a matrix of that size, of which these rows and vectors are this thread's.
                unsafe { touch(self.stages[at].w, size, rows, vectors) }
            }
        }
    }
}

/// Of a matrix `[rows, columns]` in panels the lines of the rows and vectors given.
unsafe fn touch(
    matrix: *mut f32,
    (rows, columns): (usize, usize),
    range: (usize, usize),
    vectors: (usize, usize),
) {
    for (first, vectors) in runs(vectors) {
        let (start, stride) = place(rows, columns, first);
        for row in range.0..range.1 {
            for vector in 0..vectors {
                // SAFETY: within the matrix. Volatile, so that it happens.
                unsafe {
                    let line = matrix.add(start + row * stride + vector * LANES);
                    line.write_volatile(line.read_volatile());
                }
            }
        }
    }
}
