//! `out[r] = bias + Σ x·w[i]` over all inputs x (number i) of row r, for a last layer of at most sixteen units that ends in a
//! softmax: one vector of sums a row.
//!
//! One sum at a time would wait for itself at every input. So rows go together, zeros included. Sums run over the inputs in
//! order, as in `gather.rs`, and differ from what that gives in a zero's sign at most, which a softmax does not see, as long
//! as the weights are finite.

use crate::engine::chain::panels::{PANEL, place};
use crate::engine::lanes::{LANES, Lanes, Vector};

/// Rows that go together: enough that no sum waits.
pub(crate) const ROWS: usize = 8;

/// What [`run`] works on.
pub(crate) struct Logits {
    /// First row and the row after the last, at least [`ROWS`].
    pub(crate) rows: (usize, usize),
    /// Rows the matrices have.
    pub(crate) capacity: usize,
    /// Inputs, padded.
    pub(crate) inputs: usize,
    /// `[capacity, inputs]` in panels.
    pub(crate) values: *const f32,
    /// `[inputs + 1][16]`; the last row is the bias.
    pub(crate) weights: *const f32,
    /// `[capacity][16]`.
    pub(crate) out: *mut f32,
}

/// # Safety
/// The pointers hold what their comments say, and nobody else touches these rows of `out` meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(logits: &Logits) {
    let (begin, end) = logits.rows;
    for row in (begin..end).step_by(ROWS) {
        // What is left at the end goes with rows that have been, to the same sums.
        let row = row.min(end - ROWS);
        for lane in (0..LANES).step_by(V::Part::WIDTH) {
            // SAFETY: handed on.
            unsafe { rows::<V::Part>(logits, row, lane) }
        }
    }
}

/// The lanes from `lane` on of the rows from `row` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // as in `conv.rs`: the sums stay in registers
unsafe fn rows<P: Vector>(logits: &Logits, row: usize, lane: usize) {
    // SAFETY: as `run` demands.
    unsafe {
        let mut weights = logits.weights.add(lane);
        let mut sums = [P::load(weights.add(logits.inputs * LANES)); ROWS];
        for first in (0..logits.inputs).step_by(PANEL) {
            let (start, stride) = place(logits.capacity, logits.inputs, first / LANES);
            let values = logits.values.add(start + row * stride);
            for input in 0..stride {
                let w = P::load(weights);
                for r in 0..ROWS {
                    sums[r] = P::splat(*values.add(r * stride + input)).mul_add(w, sums[r]);
                }
                weights = weights.add(LANES);
            }
        }
        for r in 0..ROWS {
            sums[r].store(logits.out.add((row + r) * LANES + lane));
        }
    }
}
