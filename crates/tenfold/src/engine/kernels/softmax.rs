//! The last layer's end: softmax, the loss against the labels, and the loss's gradient.
//!
//! Rows are independent; sums over classes run in order. Where a row is one vector, sixteen rows are turned, so that a lane is a
//! row, and back: the same bits with a sixteenth of the instructions.

use super::loss;
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
    let (mut row, end) = s.rows;
    // SAFETY: handed on.
    unsafe {
        if s.classes <= LANES {
            while row + LANES <= end {
                sixteen::<V>(s, row);
                row += LANES;
            }
        }
        for row in row..end {
            one::<V>(s, row);
        }
    }
}

impl Softmax {
    /// Where an element of the matrices is.
    #[inline(always)]
    fn at(&self, row: usize, class: usize) -> usize {
        let (start, stride) = place(self.capacity, self.classes.next_multiple_of(LANES), class / LANES);
        start + row * stride + class % LANES
    }

    /// What probabilities are multiplied by.
    fn scale(&self) -> f32 {
        if self.labels.is_null() { 1.0 } else { self.scale }
    }
}

/// Sixteen rows, of one vector each.
#[inline(always)]
unsafe fn sixteen<V: Lanes>(s: &Softmax, row: usize) {
    // SAFETY: as `run` demands.
    unsafe {
        // `[class][row]`.
        let (mut logits, mut shares) = ([[0.0; LANES]; LANES], [[0.0; LANES]; LANES]);
        V::transpose(s.logits.add(row * LANES), LANES, logits.as_mut_ptr().cast(), LANES);
        let (largest, sum) =
            loss::softmax::<V>(logits.as_ptr().cast(), s.classes, shares.as_mut_ptr().cast());
        // Of each class the rows in which it is the first with the largest logit.
        let mut winners = [0; LANES];
        let mut won = 0;
        let scale = V::splat(s.scale());
        for class in 0..s.classes {
            winners[class] = !V::load(logits[class].as_ptr()).sub(largest).nonzero() & !won;
            won |= winners[class];
            V::load(shares[class].as_ptr()).mul(scale).store(shares[class].as_mut_ptr());
        }
        V::transpose(shares.as_ptr().cast(), LANES, s.out.add(row * LANES), LANES);
        let (mut peaks, mut sums) = ([0.0; LANES], [0.0; LANES]);
        largest.store(peaks.as_mut_ptr());
        sum.store(sums.as_mut_ptr());
        for k in 0..LANES {
            finish::<V>(s, row + k, peaks[k], sums[k], |label| winners[label] >> k & 1 == 1);
        }
    }
}

/// One row of any number of classes.
#[inline(always)]
unsafe fn one<V: Lanes>(s: &Softmax, row: usize) {
    let columns = s.classes.next_multiple_of(LANES);
    // SAFETY: `at` is within the matrices for rows below `capacity` and classes below `columns`.
    unsafe {
        let (mut largest, mut winner) = (*s.logits.add(s.at(row, 0)), 0);
        for class in 1..s.classes {
            let logit = *s.logits.add(s.at(row, class));
            if logit > largest || logit.is_nan() {
                (largest, winner) = (logit, class);
            }
        }
        for class in (0..columns).step_by(LANES) {
            let shifted = V::load(s.logits.add(s.at(row, class))).sub(V::splat(largest));
            exp_nonpositive(shifted).store(s.out.add(s.at(row, class)));
        }
        let mut sum = 0.0;
        for class in 0..s.classes {
            sum += *s.out.add(s.at(row, class));
        }
        for class in s.classes..columns {
            *s.out.add(s.at(row, class)) = 0.0;
        }
        for class in (0..columns).step_by(LANES) {
            let out = s.out.add(s.at(row, class));
            V::load(out).div(V::splat(sum)).mul(V::splat(s.scale())).store(out);
        }
        finish::<V>(s, row, largest, sum, |label| winner == label);
    }
}

/// What follows a row's probabilities: loss and gradient against its label, and masks. `largest` is its largest logit, `sum` what
/// the powers were divided by, and `wins` says whether a class is the answer.
#[inline(always)]
unsafe fn finish<V: Lanes>(s: &Softmax, row: usize, largest: f32, sum: f32, wins: impl Fn(usize) -> bool) {
    // SAFETY: as `run` demands.
    unsafe {
        if !s.labels.is_null() {
            let label = usize::from(*s.labels.add(*s.order.add(row) as usize));
            *s.out.add(s.at(row, label)) -= s.scale;
            *s.losses.add(row) = ln_at_least_one(sum) - (*s.logits.add(s.at(row, label)) - largest);
            *s.correct.add(row) = u8::from(wins(label));
        }
        if !s.masks.is_null() {
            for vector in 0..s.classes.div_ceil(LANES) {
                let bits = V::load(s.out.add(s.at(row, vector * LANES))).nonzero();
                *s.masks.add(masks::word(s.capacity, vector) + row * masks::ROW) = bits as u16;
            }
        }
    }
}
