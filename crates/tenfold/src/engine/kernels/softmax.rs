//! The last layer's end: softmax, the loss against the labels, and the loss's gradient.
//!
//! Rows are independent; sums over classes run in order.

use super::math::{exp_nonpositive, ln_at_least_one};
use crate::engine::chain::masks;
use crate::engine::chain::panels::place;
use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on.
pub(crate) struct Softmax {
    pub(crate) rows: (usize, usize),
    /// Rows the matrices have.
    pub(crate) capacity: usize,
    pub(crate) classes: usize,
    /// `[rows, classes]` in panels.
    pub(crate) logits: *const f32,
    /// `[rows, classes]` in panels: probabilities, or with labels the gradient (p − [class = label])·`scale`.
    pub(crate) out: *mut f32,
    /// Of `out`: the words of row 0; null: nobody asks.
    pub(crate) masks: *mut u16,
    /// Row r's label is `labels[order[r]]`; null: no loss and no gradient.
    pub(crate) labels: *const u8,
    pub(crate) order: *const u32,
    pub(crate) scale: f32,
    /// `[rows]`: −ln p(label).
    pub(crate) losses: *mut f32,
    /// `[rows]`: 1 where the largest logit (the first of equals) is the label's.
    pub(crate) correct: *mut u8,
}

/// # Safety
/// The pointers hold what their comments say; labels are below `classes`; nobody else touches these rows meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(s: &Softmax) {
    let columns = s.classes.next_multiple_of(LANES);
    let at = |row: usize, class: usize| {
        let (start, stride) = place(s.capacity, columns, class / LANES);
        start + row * stride + class % LANES
    };
    // SAFETY: `at` is within the matrices for rows below `capacity` and classes below `columns`.
    unsafe {
        for row in s.rows.0..s.rows.1 {
            let (mut largest, mut winner) = (*s.logits.add(at(row, 0)), 0);
            for class in 1..s.classes {
                let logit = *s.logits.add(at(row, class));
                if logit > largest || logit.is_nan() {
                    (largest, winner) = (logit, class);
                }
            }
            for class in (0..columns).step_by(LANES) {
                let shifted = V::load(s.logits.add(at(row, class))).sub(V::splat(largest));
                exp_nonpositive(shifted).store(s.out.add(at(row, class)));
            }
            let mut sum = 0.0;
            for class in 0..s.classes {
                sum += *s.out.add(at(row, class));
            }
            for class in s.classes..columns {
                *s.out.add(at(row, class)) = 0.0;
            }
            let scale = if s.labels.is_null() { 1.0 } else { s.scale };
            for class in (0..columns).step_by(LANES) {
                let out = s.out.add(at(row, class));
                V::load(out).div(V::splat(sum)).mul(V::splat(scale)).store(out);
            }
            if !s.labels.is_null() {
                let label = usize::from(*s.labels.add(*s.order.add(row) as usize));
                *s.out.add(at(row, label)) -= scale;
                *s.losses.add(row) = ln_at_least_one(sum) - (*s.logits.add(at(row, label)) - largest);
                *s.correct.add(row) = u8::from(winner == label);
            }
            if !s.masks.is_null() {
                for vector in 0..columns / LANES {
                    let bits = V::load(s.out.add(at(row, vector * LANES))).nonzero();
                    *s.masks.add(masks::word(s.capacity, vector) + row * masks::ROW) = bits as u16;
                }
            }
        }
    }
}
