//! The gradient of a dense layer's weights over a whole batch of packs: `g[i, o] = Σ x[i]·dy[o]` over the images, in order.
//!
//! Sixteen outputs lie in a vector's lanes, so that no sum goes across lanes; for that the outputs' gradients are turned
//! beforehand, to `[image][output]`.

use super::conv::BLOCK;
use super::factors::{SINGLE, add_products};
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
    unsafe {
        each::<V, SINGLE>(Terms { x, pack, packs, inputs, dy, row }, |input, sum| keep(work, input, sum))
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
        // Where there are no more than a block, nothing is there, and nothing is copied.
        let to = work.gradient.wrapping_add(work.second + input * high);
        std::ptr::copy_nonoverlapping(lanes.as_ptr().add(low), to, high);
    }
}

/// Σ x·dy over `packs` packs, of `F` factors a lane, to `gradient` `[inputs][row]`, whole rows of `row` outputs, a multiple of sixteen; with `add` added
/// to what is there.
///
/// # Safety
/// As [`run`].
#[inline(always)]
pub(super) unsafe fn add<V: Lanes, const F: usize>(
    x: *const f32,
    inputs: usize,
    packs: usize,
    dy: *const f32,
    row: usize,
    gradient: *mut f32,
    add: bool,
) {
    let terms = Terms { x, pack: inputs * LANES, packs, inputs, dy, row };
    // Outputs that go two vectors at a time, where their sums fit the registers: each x is spread over the lanes once for both.
    let pairs = if 2 * INPUTS * V::PARTS <= V::SUMS { row / (2 * LANES) * 2 * LANES } else { 0 };
    // SAFETY: handed on.
    unsafe {
        let keep = |to: *mut f32, sum: V| if add { sum.add(V::load(to)).store(to) } else { sum.store(to) };
        for first in (0..pairs).step_by(2 * LANES) {
            let terms = Terms { dy: dy.add(first), ..terms };
            grouped::<V, F, INPUTS, 2>(terms, |input, out, sum| {
                keep(gradient.add(input * row + first + out), sum)
            });
        }
        for first in (pairs..row).step_by(LANES) {
            let terms = Terms { dy: dy.add(first), ..terms };
            each::<V, F>(terms, |input, sum| keep(gradient.add(input * row + first), sum));
        }
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
unsafe fn each<V: Lanes, const F: usize>(terms: Terms, keep: impl Fn(usize, V)) {
    // SAFETY: handed on.
    unsafe {
        if INPUTS * V::PARTS <= V::SUMS {
            grouped::<V, F, INPUTS, 1>(terms, |input, _, sum| keep(input, sum));
        } else {
            grouped::<V, F, FEWER, 1>(terms, |input, _, sum| keep(input, sum));
        }
    }
}

/// Hands the sums of `N` inputs at a time and `W` vectors of outputs to `keep`: input, first output, sum.
#[inline(always)]
unsafe fn grouped<V: Lanes, const F: usize, const N: usize, const W: usize>(
    terms: Terms,
    keep: impl Fn(usize, usize, V),
) {
    let whole = terms.inputs / N * N;
    for first in (0..whole).step_by(N) {
        // SAFETY: handed on.
        let sums = unsafe { sums::<V, F, N, W>(terms, first) };
        for (k, sums) in sums.into_iter().enumerate() {
            for (w, sum) in sums.into_iter().enumerate() {
                keep(first + k, w * LANES, sum);
            }
        }
    }
    for input in whole..terms.inputs {
        // SAFETY: handed on.
        let [sums] = unsafe { sums::<V, F, 1, W>(terms, input) };
        for (w, sum) in sums.into_iter().enumerate() {
            keep(input, w * LANES, sum);
        }
    }
}

/// Σ x·dy of `N` inputs from `first` on and `W` vectors of outputs.
#[inline(always)]
unsafe fn sums<V: Lanes, const F: usize, const N: usize, const W: usize>(
    terms: Terms,
    first: usize,
) -> [[V; W]; N] {
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [[V::splat(0.0); W]; N];
        for number in 0..terms.packs {
            let x = terms.x.add(first * LANES + number * terms.pack);
            let dy = terms.dy.add(number * LANES * terms.row);
            for image in 0..LANES {
                let dy: [V; W] = std::array::from_fn(|w| V::load(dy.add(image * terms.row + w * LANES)));
                for (input, sums) in sums.iter_mut().enumerate() {
                    let x = V::splat(*x.add(input * LANES + image));
                    for (sum, &dy) in sums.iter_mut().zip(&dy) {
                        *sum = add_products::<V, F>(x, dy, *sum);
                    }
                }
            }
        }
        sums
    }
}
