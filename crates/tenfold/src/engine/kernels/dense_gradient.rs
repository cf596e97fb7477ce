//! The gradient of a dense layer's weights over a whole batch of packs: `g[i, o] = Σ x[i]·dy[o]` over the images, in order.
//!
//! Sixteen outputs lie in a vector's lanes, so that no sum goes across lanes; for that the outputs' gradients are turned
//! beforehand, to `[image][output]`.

use super::conv::BLOCK;
use crate::engine::lanes::{LANES, Lanes};

/// Inputs at a time, where the registers allow, and where they don't.
const INPUTS: usize = 8;
const FEWER: usize = 6;

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
    unsafe { if INPUTS * V::PARTS <= V::SUMS { inputs::<V, INPUTS>(work) } else { inputs::<V, FEWER>(work) } }
}

#[inline(always)]
unsafe fn inputs<V: Lanes, const N: usize>(work: &DenseGradient) {
    // SAFETY: as `run` demands.
    unsafe {
        let whole = work.inputs / N * N;
        let of = |input: usize| work.x.add(input * LANES);
        for first in (0..whole).step_by(N) {
            let sums = sums::<V, N>(of(first), work.pack, work.packs, work.dy, work.row);
            for (k, &sum) in sums.iter().enumerate() {
                keep(work, first + k, sum);
            }
        }
        for input in whole..work.inputs {
            let [sum] = sums::<V, 1>(of(input), work.pack, work.packs, work.dy, work.row);
            keep(work, input, sum);
        }
    }
}

/// Stores an input's sums in its blocks.
#[inline(always)]
unsafe fn keep<V: Lanes>(work: &DenseGradient, input: usize, sum: V) {
    let mut lanes = [0.0; LANES];
    let low = work.outs.min(BLOCK);
    let high = work.outs - low;
    // SAFETY: as `run` demands.
    unsafe {
        sum.store(lanes.as_mut_ptr());
        std::ptr::copy_nonoverlapping(lanes.as_ptr(), work.gradient.add(input * low), low);
        let to = work.gradient.add(work.second + input * high);
        std::ptr::copy_nonoverlapping(lanes.as_ptr().add(low), to, high);
    }
}

/// Adds Σ x·dy over `packs` packs to `gradient` `[inputs]`, a row of sixteen outputs each, `row` floats apart.
///
/// # Safety
/// As [`run`].
#[inline(always)]
pub(crate) unsafe fn add<V: Lanes>(
    x: *const f32,
    inputs: usize,
    packs: usize,
    dy: *const f32,
    row: usize,
    gradient: *mut f32,
) {
    // SAFETY: handed on.
    unsafe {
        if INPUTS * V::PARTS <= V::SUMS {
            add_inputs::<V, INPUTS>(x, inputs, packs, dy, row, gradient);
        } else {
            add_inputs::<V, FEWER>(x, inputs, packs, dy, row, gradient);
        }
    }
}

#[inline(always)]
unsafe fn add_inputs<V: Lanes, const N: usize>(
    x: *const f32,
    inputs: usize,
    packs: usize,
    dy: *const f32,
    row: usize,
    gradient: *mut f32,
) {
    // SAFETY: as `add` demands.
    unsafe {
        let store = |first: usize, sums: &[V]| {
            for (k, &sum) in sums.iter().enumerate() {
                let to = gradient.add((first + k) * row);
                sum.add(V::load(to)).store(to);
            }
        };
        let (pack, whole) = (inputs * LANES, inputs / N * N);
        for first in (0..whole).step_by(N) {
            store(first, &sums::<V, N>(x.add(first * LANES), pack, packs, dy, row));
        }
        for input in whole..inputs {
            store(input, &sums::<V, 1>(x.add(input * LANES), pack, packs, dy, row));
        }
    }
}

/// Σ x·dy of `N` inputs.
#[inline(always)]
unsafe fn sums<V: Lanes, const N: usize>(
    x: *const f32,
    pack: usize,
    packs: usize,
    dy: *const f32,
    row: usize,
) -> [V; N] {
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [V::splat(0.0); N];
        for number in 0..packs {
            let x = x.add(number * pack);
            let dy = dy.add(number * LANES * row);
            for image in 0..LANES {
                let dy = V::load(dy.add(image * row));
                for (input, sum) in sums.iter_mut().enumerate() {
                    *sum = V::splat(*x.add(input * LANES + image)).mul_add(dy, *sum);
                }
            }
        }
        sums
    }
}
