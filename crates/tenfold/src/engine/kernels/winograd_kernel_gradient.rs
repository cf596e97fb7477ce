//! The gradient of 3×3 and 5×5 kernels from that of their 36 products' factors, for sixteen output channels at once: the way
//! back through `winograd_kernel.rs`. Sums have the order of the plain version.

use super::winograd_piece::SIDE;
use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on.
pub(crate) struct WinogradKernelGradient {
    /// Of the kernel: 3 or 5.
    pub(crate) side: usize,
    /// `[products]` vectors, `product` floats apart.
    pub(crate) products: *const f32,
    pub(crate) product: usize,
    /// `[taps][16]`.
    pub(crate) to: *mut f32,
}

/// # Safety
/// The pointers hold what their comments say.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &WinogradKernelGradient) {
    // SAFETY: handed on.
    unsafe { if work.side == 3 { transform::<V, 3>(work) } else { transform::<V, 5>(work) } }
}

#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn transform<V: Lanes, const R: usize>(work: &WinogradKernelGradient) {
    // SAFETY: as `run` demands.
    unsafe {
        let mut lines = [[V::splat(0.0); R]; SIDE];
        let mut row = [V::splat(0.0); SIDE];
        for y in 0..SIDE {
            for x in 0..SIDE {
                row[x] = V::load(work.products.add((y * SIDE + x) * work.product));
            }
            lines[y] = line(row);
        }
        for x in 0..R {
            for y in 0..SIDE {
                row[y] = lines[y][x];
            }
            let column: [V; R] = line(row);
            for y in 0..R {
                column[y].store(work.to.add((y * R + x) * LANES));
            }
        }
    }
}

/// Gᵀ: the gradient of a line of a kernel from its products'.
#[inline(always)]
unsafe fn line<V: Lanes, const R: usize>(u: [V; SIDE]) -> [V; R] {
    // SAFETY: as `Lanes`.
    unsafe {
        // No closures: they do not have the instruction set of the function they are in.
        let mut out = [V::splat(0.0); R];
        let mut powers = [1.0f32; 4];
        for (k, out) in out.iter_mut().enumerate() {
            let [one, minus_one, two, minus_two] = powers;
            powers = [one, -minus_one, two * 2.0, minus_two * -2.0];
            let ones = V::splat(one).mul_add(u[1], V::splat(minus_one).mul(u[2])).div(V::splat(-6.0));
            let twos = V::splat(two).mul_add(u[3], V::splat(minus_two).mul(u[4])).div(V::splat(24.0));
            let mut sum = ones.add(twos);
            if k == 0 {
                sum = sum.add(u[0].div(V::splat(4.0)));
            }
            if k == R - 1 {
                sum = sum.add(u[5]);
            }
            *out = sum;
        }
        out
    }
}
