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
    let &DenseGradient { x, pack, packs, inputs, dy, row, .. } = work;
    // SAFETY: handed on.
    unsafe { each::<V>(Terms { x, pack, packs, inputs, dy, row }, |input, sum| keep(work, input, sum)) }
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
        // Where there are no more than a block, nothing is there, and nothing is copied.
        let to = work.gradient.wrapping_add(work.second + input * high);
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
        each::<V>(Terms { x, pack: inputs * LANES, packs, inputs, dy, row }, |input, sum| {
            let to = gradient.add(input * row);
            sum.add(V::load(to)).store(to);
        });
    }
}

/// What is summed; each as in [`DenseGradient`].
#[derive(Clone, Copy)]
struct Terms {
    x: *const f32,
    pack: usize,
    packs: usize,
    inputs: usize,
    dy: *const f32,
    row: usize,
}

/// Hands Σ x·dy of each input to `keep`, as many inputs at a time as the registers allow.
#[inline(always)]
unsafe fn each<V: Lanes>(terms: Terms, keep: impl Fn(usize, V)) {
    // SAFETY: handed on.
    unsafe {
        if INPUTS * V::PARTS <= V::SUMS {
            grouped::<V, INPUTS>(terms, keep);
        } else {
            grouped::<V, FEWER>(terms, keep);
        }
    }
}

#[inline(always)]
unsafe fn grouped<V: Lanes, const N: usize>(terms: Terms, keep: impl Fn(usize, V)) {
    let whole = terms.inputs / N * N;
    for first in (0..whole).step_by(N) {
        // SAFETY: handed on.
        let sums = unsafe { sums::<V, N>(terms, first) };
        for (k, sum) in sums.into_iter().enumerate() {
            keep(first + k, sum);
        }
    }
    for input in whole..terms.inputs {
        // SAFETY: handed on.
        let [sum] = unsafe { sums::<V, 1>(terms, input) };
        keep(input, sum);
    }
}

/// Σ x·dy of `N` inputs from `first` on.
#[inline(always)]
unsafe fn sums<V: Lanes, const N: usize>(terms: Terms, first: usize) -> [V; N] {
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [V::splat(0.0); N];
        for number in 0..terms.packs {
            let x = terms.x.add(first * LANES + number * terms.pack);
            let dy = terms.dy.add(number * LANES * terms.row);
            for image in 0..LANES {
                let dy = V::load(dy.add(image * terms.row));
                for (input, sum) in sums.iter_mut().enumerate() {
                    *sum = V::splat(*x.add(input * LANES + image)).mul_add(dy, *sum);
                }
            }
        }
        sums
    }
}
