//! The end of a training step for a range of weights: adds up the gradient's parts in order, and applies the optimiser.

use super::update::{AdamLanes, MomentumLanes, Rule, SgdLanes, Update};
use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on. Pointers point at the range's first weight.
pub(crate) struct Adapt {
    /// A multiple of sixteen.
    pub(crate) count: usize,
    /// `[parts]` gradients, `stride` floats apart.
    pub(crate) gradient: *const f32,
    pub(crate) parts: usize,
    pub(crate) stride: usize,
    /// Of the gradient.
    pub(crate) scale: f32,
    pub(crate) w: *mut f32,
    /// Where the rule has them.
    pub(crate) m: *mut f32,
    pub(crate) v: *mut f32,
    /// The weights' average; null: none is kept.
    pub(crate) average: *mut f32,
    /// By how much of the way it follows the weights.
    pub(crate) rest: f32,
    pub(crate) rule: Rule,
}

/// # Safety
/// The pointers hold `count` floats, and nobody else touches them meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &Adapt) {
    // SAFETY: handed on.
    unsafe {
        match work.rule {
            Rule::Sgd { learning_rate } => with(work, SgdLanes::<V>::new(learning_rate)),
            Rule::Momentum { learning_rate, momentum, nesterov: false } => {
                with(work, MomentumLanes::<V, false>::new(learning_rate, momentum));
            }
            Rule::Momentum { learning_rate, momentum, nesterov: true } => {
                with(work, MomentumLanes::<V, true>::new(learning_rate, momentum));
            }
            Rule::Adam { alpha, rest_1, rest_2, epsilon } => {
                with(work, AdamLanes::<V, false>::new(alpha, rest_1, rest_2, epsilon, 0.0));
            }
            Rule::AdamW { alpha, rest_1, rest_2, epsilon, shrink } => {
                with(work, AdamLanes::<V, true>::new(alpha, rest_1, rest_2, epsilon, shrink));
            }
        }
    }
}

#[inline(always)]
unsafe fn with<V: Lanes>(work: &Adapt, update: impl Update<V>) {
    // SAFETY: as `run` demands.
    unsafe {
        for k in (0..work.count).step_by(LANES) {
            let mut gradient = V::load(work.gradient.add(k));
            for part in 1..work.parts {
                gradient = gradient.add(V::load(work.gradient.add(part * work.stride + k)));
            }
            let gradient = gradient.mul(V::splat(work.scale));
            update.apply(gradient, work.w.add(k), work.m.wrapping_add(k), work.v.wrapping_add(k));
            if !work.average.is_null() {
                let average = V::load(work.average.add(k));
                let way = V::load(work.w.add(k)).sub(average);
                way.mul_add(V::splat(work.rest), average).store(work.average.add(k));
            }
        }
    }
}
