//! What an optimiser does to a vector of weights once their gradient is known, in Keras's form and with its meaning.
//!
//! - SGD: `w −= lr·g`; with momentum μ: `m = μ·m − lr·g`, then `w += m`, or with Nesterov `w += μ·m − lr·g`.
//! - Adam (Kingma & Ba 2015, end of section 2): `m += (g − m)(1 − β₁)`, `v += (g² − v)(1 − β₂)`,
//!   `w −= α·m / (√v + ε)` with `α = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)`.
//! - AdamW (Loshchilov & Hutter 2019): `w −= lr·decay·w` first.

use crate::engine::lanes::Lanes;

/// One step's update rule with its numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    Sgd { learning_rate: f32 },
    Momentum { learning_rate: f32, momentum: f32, nesterov: bool },
    Adam { alpha: f32, rest_1: f32, rest_2: f32, epsilon: f32 },
    AdamW { alpha: f32, rest_1: f32, rest_2: f32, epsilon: f32, shrink: f32 },
}

impl Rule {
    /// Whether weights whose gradient is zero, and always was, stay as they are.
    pub(crate) fn keeps_untouched_weights(&self) -> bool {
        !matches!(self, Self::AdamW { .. })
    }
}

/// Below this the mean gradient becomes zero: it can no longer move any weight, and numbers so small that they lose
/// their leading bit (below 1e-38) are slow on many processors.
const FORGOTTEN: f32 = 1e-30;

/// Applies a rule to sixteen weights at a time.
pub(crate) trait Update<V: Lanes>: Copy {
    /// # Safety
    /// As [`Lanes`]; `w`, and `m` and `v` where the rule has such a state, point at sixteen floats.
    unsafe fn apply(&self, gradient: V, w: *mut f32, m: *mut f32, v: *mut f32);

    /// The same for a gradient of zero.
    ///
    /// # Safety
    /// As [`apply`](Update::apply).
    #[inline(always)]
    unsafe fn apply_zero(&self, w: *mut f32, m: *mut f32, v: *mut f32) {
        // SAFETY: handed on.
        unsafe { self.apply(V::splat(0.0), w, m, v) }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct SgdLanes<V> {
    learning_rate: V,
}

#[derive(Clone, Copy)]
pub(crate) struct MomentumLanes<V, const NESTEROV: bool> {
    learning_rate: V,
    momentum: V,
}

#[derive(Clone, Copy)]
pub(crate) struct AdamLanes<V, const DECAY: bool> {
    alpha: V,
    rest_1: V,
    rest_2: V,
    epsilon: V,
    shrink: V,
}

impl<V: Lanes> SgdLanes<V> {
    #[inline(always)]
    pub(crate) unsafe fn new(learning_rate: f32) -> Self {
        // SAFETY: as `Lanes`.
        Self { learning_rate: unsafe { V::splat(learning_rate) } }
    }
}

impl<V: Lanes, const NESTEROV: bool> MomentumLanes<V, NESTEROV> {
    #[inline(always)]
    pub(crate) unsafe fn new(learning_rate: f32, momentum: f32) -> Self {
        // SAFETY: as `Lanes`.
        unsafe { Self { learning_rate: V::splat(learning_rate), momentum: V::splat(momentum) } }
    }
}

impl<V: Lanes, const DECAY: bool> AdamLanes<V, DECAY> {
    #[inline(always)]
    pub(crate) unsafe fn new(alpha: f32, rest_1: f32, rest_2: f32, epsilon: f32, shrink: f32) -> Self {
        // SAFETY: as `Lanes`.
        unsafe {
            Self {
                alpha: V::splat(alpha),
                rest_1: V::splat(rest_1),
                rest_2: V::splat(rest_2),
                epsilon: V::splat(epsilon),
                shrink: V::splat(shrink),
            }
        }
    }
}

impl<V: Lanes, const DECAY: bool> AdamLanes<V, DECAY> {
    /// Moves the mean square of the gradient, and returns it.
    #[inline(always)]
    unsafe fn square(&self, gradient: V, v: *mut f32) -> V {
        // SAFETY: as `Update::apply`.
        unsafe {
            let square = V::load(v);
            let square = gradient.mul_add(gradient, V::splat(0.0).sub(square)).mul_add(self.rest_2, square);
            square.store(v);
            square
        }
    }
}

impl<V: Lanes> Update<V> for SgdLanes<V> {
    #[inline(always)]
    unsafe fn apply(&self, gradient: V, w: *mut f32, _m: *mut f32, _v: *mut f32) {
        // SAFETY: handed on.
        unsafe { gradient.neg_mul_add(self.learning_rate, V::load(w)).store(w) }
    }
}

impl<V: Lanes, const NESTEROV: bool> Update<V> for MomentumLanes<V, NESTEROV> {
    #[inline(always)]
    unsafe fn apply(&self, gradient: V, w: *mut f32, m: *mut f32, _v: *mut f32) {
        // SAFETY: handed on.
        unsafe {
            let velocity = gradient.neg_mul_add(self.learning_rate, V::load(m).mul(self.momentum));
            velocity.store(m);
            let change = if NESTEROV {
                gradient.neg_mul_add(self.learning_rate, velocity.mul(self.momentum))
            } else {
                velocity
            };
            V::load(w).add(change).store(w);
        }
    }
}

impl<V: Lanes, const DECAY: bool> Update<V> for AdamLanes<V, DECAY> {
    #[inline(always)]
    unsafe fn apply(&self, gradient: V, w: *mut f32, m: *mut f32, v: *mut f32) {
        // SAFETY: handed on.
        unsafe {
            let mean = V::load(m);
            let mean = gradient.sub(mean).mul_add(self.rest_1, mean).flush_below(V::splat(FORGOTTEN));
            mean.store(m);
            let root = self.square(gradient, v).sqrt().add(self.epsilon);
            let mut weights = V::load(w);
            if DECAY {
                weights = weights.neg_mul_add(self.shrink, weights);
            }
            weights.sub(mean.mul(self.alpha).div(root)).store(w);
        }
    }

    /// Without a mean gradient either the weights stay, to the same bits, and need not be read.
    #[inline(always)]
    unsafe fn apply_zero(&self, w: *mut f32, m: *mut f32, v: *mut f32) {
        // SAFETY: handed on.
        unsafe {
            if DECAY || V::load(m).nonzero() != 0 {
                return self.apply(V::splat(0.0), w, m, v);
            }
            self.square(V::splat(0.0), v);
        }
    }
}
