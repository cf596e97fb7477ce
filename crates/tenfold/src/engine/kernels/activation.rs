//! Elementwise functions and their derivatives, each from the function's input.

use super::math::exp_nonpositive;
use crate::engine::lanes::{LANES, Lanes};
use crate::engine::packs::planes::Planes;

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Function {
    Relu,
    LeakyRelu { slope: f32 },
    Gelu,
    Silu,
}

/// What [`run`] works on: one pack.
pub(crate) struct Activation<'a> {
    pub(crate) function: Function,
    /// The function's input.
    pub(crate) x: (*const f32, &'a Planes),
    /// Null: forward. Else out = derivative(x) · dy.
    pub(crate) dy: (*const f32, &'a Planes),
    pub(crate) out: (*mut f32, &'a Planes),
    /// As `out`; not null: where the gate is not positive, out becomes 0.
    pub(crate) gate: *const f32,
    /// Adds to what is in `out`.
    pub(crate) add: bool,
}

/// # Safety
/// The pointers hold planes as said, all of the same channels, height and width.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &Activation) {
    // SAFETY: handed on.
    unsafe {
        match work.function {
            Function::Relu => {
                each::<V>(work, |x| (x.at_least(V::splat(0.0)), V::splat(1.0).where_positive(x)))
            }
            Function::LeakyRelu { slope } => each::<V>(work, |x| {
                let one = V::splat(1.0);
                let positive = one.where_positive(x);
                let derivative = V::splat(slope).mul_add(one.sub(positive), positive);
                (x.mul(derivative), derivative)
            }),
            Function::Silu => each::<V>(work, |x| {
                let one = V::splat(1.0);
                let power = exp_nonpositive(minus_magnitude(x));
                let share = one.div(one.add(power));
                let small = power.mul(share);
                let sigmoid = small.add(share.sub(small).where_positive(x));
                (x.mul(sigmoid), x.mul(one.sub(sigmoid)).mul_add(sigmoid, sigmoid))
            }),
            Function::Gelu => each::<V>(work, |x| {
                let normal = normal_below(x);
                let density = exp_nonpositive(x.mul(x).mul(V::splat(-0.5))).mul(V::splat(0.398_942_3));
                (x.mul(normal), x.mul_add(density, normal))
            }),
        }
    }
}

/// −|x|.
#[inline(always)]
unsafe fn minus_magnitude<V: Lanes>(x: V) -> V {
    // SAFETY: as `Lanes`.
    unsafe {
        let zero = V::splat(0.0);
        zero.sub(x.at_least(zero.sub(x)))
    }
}

/// The chance that a standard normal is below x, to 1e-7 (Abramowitz & Stegun 1964, 7.1.26).
#[inline(always)]
unsafe fn normal_below<V: Lanes>(x: V) -> V {
    // SAFETY: as `Lanes`.
    unsafe {
        let one = V::splat(1.0);
        let z = minus_magnitude(x).mul(V::splat(std::f32::consts::FRAC_1_SQRT_2));
        let t = one.div(z.neg_mul_add(V::splat(0.327_591_1), one));
        let mut p = V::splat(1.061_405_4);
        for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
            p = p.mul_add(t, V::splat(coefficient));
        }
        let tail = p.mul(t).mul(exp_nonpositive(V::splat(0.0).sub(z.mul(z)))).mul(V::splat(0.5));
        tail.add(one.sub(tail.add(tail)).where_positive(x))
    }
}

/// `f` gives (value, derivative).
#[inline(always)]
unsafe fn each<V: Lanes>(work: &Activation, f: impl Fn(V) -> (V, V)) {
    let (out, to) = work.out;
    // SAFETY: as `run` demands.
    unsafe {
        for channel in 0..to.channels {
            for y in 0..to.height {
                let at = |planes: &Planes| channel * planes.plane() + planes.at(y as isize, 0);
                let x = work.x.0.add(at(work.x.1));
                let dy = work.dy.0;
                let dy = if dy.is_null() { dy } else { dy.add(at(work.dy.1)) };
                let start = at(to);
                for k in (0..to.width * LANES).step_by(LANES) {
                    let (value, derivative) = f(V::load(x.add(k)));
                    let out = out.add(start + k);
                    if dy.is_null() {
                        value.store(out);
                        continue;
                    }
                    let mut sum = derivative.mul(V::load(dy.add(k)));
                    if work.add {
                        sum = sum.add(V::load(out));
                    }
                    if !work.gate.is_null() {
                        sum = sum.where_positive(V::load(work.gate.add(start + k)));
                    }
                    sum.store(out);
                }
            }
        }
    }
}
