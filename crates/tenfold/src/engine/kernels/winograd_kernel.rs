//! The 36 products' factors of 3×3 and 5×5 kernels, for sixteen output channels at once. Each is the bits of
//! [`winograd::kernel`](super::winograd::kernel).

use super::winograd::SIDE;
use crate::engine::lanes::{LANES, Lanes};

/// Taps of the largest kernel.
pub(crate) const MOST_TAPS: usize = 25;

/// What [`run`] works on.
pub(crate) struct WinogradKernel {
    /// Of the kernel: 3 or 5.
    pub(crate) side: usize,
    /// `[taps][16]`.
    pub(crate) weights: *const f32,
    /// `[products]` vectors, `product` floats apart.
    pub(crate) to: *mut f32,
    pub(crate) product: usize,
}

/// # Safety
/// The pointers hold what their comments say.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &WinogradKernel) {
    // SAFETY: handed on.
    unsafe { if work.side == 3 { transform::<V, 3>(work) } else { transform::<V, 5>(work) } }
}

#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn transform<V: Lanes, const R: usize>(work: &WinogradKernel) {
    // SAFETY: as `run` demands.
    unsafe {
        let weight = |y: usize, x: usize| V::load(work.weights.add((y * R + x) * LANES));
        let lines: [[V; SIDE]; R] =
            std::array::from_fn(|y| line::<V, R>(std::array::from_fn(|x| weight(y, x))));
        for x in 0..SIDE {
            let column: [V; SIDE] = line::<V, R>(std::array::from_fn(|y| lines[y][x]));
            for (y, value) in column.into_iter().enumerate() {
                value.store(work.to.add((y * SIDE + x) * work.product));
            }
        }
    }
}

/// As [`kernel_line`](super::winograd::kernel_line).
#[inline(always)]
unsafe fn line<V: Lanes, const R: usize>(g: [V; R]) -> [V; SIDE] {
    // SAFETY: as `Lanes`.
    unsafe {
        let at = |point: f32| {
            let mut sum = V::splat(0.0);
            for k in (0..R).rev() {
                sum = sum.mul_add(V::splat(point), g[k]);
            }
            sum
        };
        let by = |value: V, divisor: f32| value.div(V::splat(divisor));
        let twos = [by(at(2.0), 24.0), by(at(-2.0), 24.0)];
        [by(g[0], 4.0), by(at(1.0), -6.0), by(at(-1.0), -6.0), twos[0], twos[1], g[R - 1]]
    }
}
