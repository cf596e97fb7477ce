//! The 36 products' factors of 3×3 and 5×5 kernels (`winograd.rs`), for sixteen output channels at once. Sums have the order of
//! the plain version.

use super::factors::{PAIR, SINGLE, join};
use super::winograd_piece::SIDE;
use crate::engine::lanes::{LANES, Lanes};
use crate::engine::precision::Precision;

/// Taps of the largest kernel.
pub(crate) const MOST_TAPS: usize = 25;

/// What [`run`] works on.
pub(crate) struct WinogradKernel {
    /// Of the kernel: 3 or 5.
    pub(crate) side: usize,
    /// `[taps][16]`.
    pub(crate) weights: *const f32,
    /// `[products]` vectors, `product` floats apart; where factors are pairs, each the first of one whose second is 0.
    pub(crate) to: *mut f32,
    pub(crate) product: usize,
    pub(crate) precision: Precision,
}

/// # Safety
/// The pointers hold what their comments say.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &WinogradKernel) {
    // SAFETY: handed on.
    unsafe {
        match (work.side, work.precision) {
            (3, Precision::Float32) => transform::<V, SINGLE, 3>(work),
            (3, Precision::BFloat16) => transform::<V, PAIR, 3>(work),
            (_, Precision::Float32) => transform::<V, SINGLE, 5>(work),
            (_, Precision::BFloat16) => transform::<V, PAIR, 5>(work),
        }
    }
}

#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn transform<V: Lanes, const F: usize, const R: usize>(work: &WinogradKernel) {
    // SAFETY: as `run` demands.
    unsafe {
        let mut lines = [[V::splat(0.0); SIDE]; R];
        let mut row = [V::splat(0.0); R];
        for y in 0..R {
            for x in 0..R {
                row[x] = V::load(work.weights.add((y * R + x) * LANES));
            }
            lines[y] = line(row);
        }
        for x in 0..SIDE {
            for y in 0..R {
                row[y] = lines[y][x];
            }
            let column = line(row);
            for y in 0..SIDE {
                let mut values = [V::splat(0.0); F];
                values[0] = column[y];
                join::<V, F>(values).store(work.to.add((y * SIDE + x) * work.product));
            }
        }
    }
}

/// G: what a line of a kernel contributes to each product.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // as above
unsafe fn line<V: Lanes, const R: usize>(g: [V; R]) -> [V; SIDE] {
    // SAFETY: as `Lanes`.
    unsafe {
        // No closures: they do not have the instruction set of the function they are in.
        let mut out = [g[0].div(V::splat(4.0)); SIDE];
        for (place, point, divisor) in [(1, 1.0, -6.0), (2, -1.0, -6.0), (3, 2.0, 24.0), (4, -2.0, 24.0)] {
            let mut sum = V::splat(0.0);
            for k in (0..R).rev() {
                sum = sum.mul_add(V::splat(point), g[k]);
            }
            out[place] = sum.div(V::splat(divisor));
        }
        out[SIDE - 1] = g[R - 1];
        out
    }
}
