//! A stage's outputs from its inputs: which kernel works on which of its columns. Training and answers go the same way.

use super::masks;
use super::panels::{padded, place, wide_runs};
use super::plan::Stage;
use crate::engine::kernels::gather::{Gather, Source};
use crate::engine::kernels::logits::{Logits, ROWS};
use crate::engine::simd::Kernels;

/// What [`run`](Outputs::run) works on.
pub(crate) struct Outputs<'a> {
    pub(crate) stage: &'a Stage,
    /// First row and the row after the last.
    pub(crate) rows: (usize, usize),
    /// Vectors of columns, first and the one after the last.
    pub(crate) vectors: (usize, usize),
    pub(crate) source: Source,
    /// `[padded inputs + 1, units]` in panels; the last row is the bias.
    pub(crate) weights: *const f32,
    /// A softmax follows one vector of units, and the weights are finite (`kernels/logits.rs`).
    pub(crate) head: bool,
    /// Rows of `out`, and of the source where it is a matrix.
    pub(crate) capacity: usize,
    /// `[capacity, units]` in panels, and its masks, which nobody asks of a head.
    pub(crate) out: *mut f32,
    pub(crate) masks: *mut u16,
}

impl Outputs<'_> {
    /// # Safety
    /// The pointers hold what their comments say, nobody else touches these rows and vectors meanwhile, and the kernels fit the
    /// processor.
    pub(crate) unsafe fn run(&self, kernels: &Kernels) {
        let (bias, columns) = (padded(self.stage.inputs), padded(self.stage.units));
        let (rows, capacity) = (self.rows, self.capacity);
        if let Source::Units { values, .. } = self.source
            && self.head
            && rows.0 + ROWS <= rows.1
        {
            let logits =
                Logits { rows, capacity, inputs: bias, values, weights: self.weights, out: self.out };
            // SAFETY: handed on.
            return unsafe { (kernels.logits)(&logits) };
        }
        let mut source = self.source;
        for (first, vectors) in wide_runs(self.vectors) {
            let (weights, stride) = place(bias + 1, columns, first);
            let (start, out_stride) = place(capacity, columns, first);
            // SAFETY: handed on; the places are within the matrices.
            unsafe {
                let weights = self.weights.add(weights);
                (kernels.gather)(&Gather {
                    rows,
                    source,
                    weights,
                    stride,
                    weight_rows: bias + 1,
                    vectors,
                    start: weights.add(bias * stride),
                    relu: self.stage.relu,
                    gate: std::ptr::null(),
                    out: self.out.add(start),
                    out_stride,
                    out_rows: capacity,
                    masks: self.masks.add(masks::word(capacity, first)),
                });
            }
            source = source.noted();
        }
    }
}
