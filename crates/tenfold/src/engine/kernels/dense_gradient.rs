//! The gradient of a dense layer's weights over a whole batch of packs: `g[i, o] = Σ x[i]·dy[o]` over the images, in order.
//!
//! Sixteen outputs lie in a vector's lanes, so that no sum goes across lanes; for that the outputs' gradients are turned
//! beforehand, to `[image][output]`.

use super::conv::BLOCK;
use crate::engine::lanes::{LANES, Lanes};

/// Inputs at a time.
const INPUTS: usize = 8;

/// What [`run`] works on: a range of inputs, sixteen outputs.
pub(crate) struct DenseGradient {
    /// `[packs]` of `[inputs][16 images]`, `pack` floats apart.
    pub(crate) x: *const f32,
    pub(crate) pack: usize,
    pub(crate) packs: usize,
    pub(crate) inputs: usize,
    /// `[packs][16 images]` rows of outputs, `row` floats apart.
    pub(crate) dy: *const f32,
    pub(crate) row: usize,
    /// 1..=16 outputs, in blocks of [`BLOCK`]: of the first block `[inputs][BLOCK]`, `second` floats on the next.
    pub(crate) outs: usize,
    pub(crate) gradient: *mut f32,
    pub(crate) second: usize,
}

/// # Safety
/// The pointers hold what their comments say, and nobody else writes the gradient meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &DenseGradient) {
    // SAFETY: handed on.
    unsafe {
        for first in (0..work.inputs).step_by(INPUTS) {
            if work.inputs - first >= INPUTS {
                sums::<V, INPUTS>(work, first);
            } else {
                for input in first..work.inputs {
                    sums::<V, 1>(work, input);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn sums<V: Lanes, const N: usize>(work: &DenseGradient, first: usize) {
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [V::splat(0.0); N];
        for pack in 0..work.packs {
            let x = work.x.add(pack * work.pack + first * LANES);
            let dy = work.dy.add(pack * LANES * work.row);
            for image in 0..LANES {
                let dy = V::load(dy.add(image * work.row));
                for (input, sum) in sums.iter_mut().enumerate() {
                    *sum = V::splat(*x.add(input * LANES + image)).mul_add(dy, *sum);
                }
            }
        }
        for (k, sum) in sums.iter().enumerate() {
            let mut lanes = [0.0; LANES];
            sum.store(lanes.as_mut_ptr());
            let low = work.outs.min(BLOCK);
            let input = first + k;
            let to = work.gradient.add(input * low);
            std::ptr::copy_nonoverlapping(lanes.as_ptr(), to, low);
            let high = work.outs - low;
            let to = work.gradient.add(work.second + input * high);
            std::ptr::copy_nonoverlapping(lanes.as_ptr().add(low), to, high);
        }
    }
}
