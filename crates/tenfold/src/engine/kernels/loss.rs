//! The end of a network for a pack: softmax over the classes, lane by lane, and the gradient of the cross-entropy with
//! label smoothing (Szegedy et al. 2016, section 7): the target is 1 − s at the label and s / classes everywhere.

use super::math::{exp_nonpositive, ln_at_least_one};
use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on: one pack.
pub(crate) struct Loss {
    /// `[classes][16]`.
    pub(crate) logits: *const f32,
    pub(crate) classes: usize,
    /// `[classes][16]`: probabilities, or with labels the gradient (p − target)·`scale`.
    pub(crate) out: *mut f32,
    /// `[images]`, below `classes`; null: no loss and no gradient.
    pub(crate) labels: *const u8,
    /// Lanes that hold an image; the gradient of the others is 0.
    pub(crate) images: usize,
    pub(crate) smoothing: f32,
    pub(crate) scale: f32,
    /// `[images]`: the cross-entropy.
    pub(crate) losses: *mut f32,
    /// `[images]`: 1 where the largest logit (the first of equals) is the label's.
    pub(crate) correct: *mut u8,
}

/// # Safety
/// The pointers hold what their comments say.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(loss: &Loss) {
    // SAFETY: as above.
    unsafe {
        let logit = |class: usize| loss.logits.add(class * LANES);
        let (largest, sum) = softmax::<V>(loss.logits, loss.classes, loss.out);
        if loss.labels.is_null() {
            return;
        }
        let mut sums = [0.0; LANES];
        let mut peaks = [0.0; LANES];
        sum.store(sums.as_mut_ptr());
        largest.store(peaks.as_mut_ptr());
        let (at_label, everywhere) = (1.0 - loss.smoothing, loss.smoothing / loss.classes as f32);
        for image in 0..loss.images {
            let label = usize::from(*loss.labels.add(image));
            // −Σ target·(logit − largest − ln Σ): the targets sum to 1.
            let log_sum = ln_at_least_one(sums[image]);
            let mut expected = 0.0;
            let mut winner = usize::MAX;
            for class in 0..loss.classes {
                let logit = *logit(class).add(image);
                expected += logit - peaks[image];
                if winner == usize::MAX && logit == peaks[image] {
                    winner = class;
                }
            }
            let label_logit = *logit(label).add(image) - peaks[image];
            *loss.losses.add(image) = log_sum - at_label * label_logit - everywhere * expected;
            *loss.correct.add(image) = u8::from(winner == label);
            *loss.out.add(label * LANES + image) -= at_label;
        }
        let lanes = (1u32 << loss.images).wrapping_sub(1);
        for class in 0..loss.classes {
            let out = loss.out.add(class * LANES);
            let gradient = V::load(out).sub(V::splat(everywhere)).mul(V::splat(loss.scale));
            gradient.keep(lanes).store(out);
        }
    }
}

/// The softmax of a pack: `[classes][16]` to the same. (The largest logits, and the sums that powers were divided by.)
///
/// # Safety
/// Both hold `classes` vectors.
#[inline(always)]
pub(super) unsafe fn softmax<V: Lanes>(logits: *const f32, classes: usize, out: *mut f32) -> (V, V) {
    // SAFETY: as above.
    unsafe {
        let logit = |class: usize| V::load(logits.add(class * LANES));
        let mut largest = logit(0);
        for class in 1..classes {
            largest = logit(class).at_least(largest);
        }
        let mut sum = V::splat(0.0);
        for class in 0..classes {
            let power = exp_nonpositive(logit(class).sub(largest));
            power.store(out.add(class * LANES));
            sum = sum.add(power);
        }
        for class in 0..classes {
            let out = out.add(class * LANES);
            V::load(out).div(sum).store(out);
        }
        (largest, sum)
    }
}
