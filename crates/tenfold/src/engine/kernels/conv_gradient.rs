//! The gradient of a convolution's weights: `g[c, t, o] = Σ in[c, p + t] · dy[o, p]` over positions p, packs and lanes.
//!
//! Works on a few output channels and a few (channel, tap) pairs at a time: their products stay in registers while all
//! positions of all packs of a slice pass by. A lane's sum runs over packs, and within a pack over positions, in order;
//! then the sixteen lanes are added in one fixed tree.

use super::sums::across;
use crate::engine::lanes::{LANES, Lanes, Vector};

/// Output channels at a time, at most.
pub(crate) const OUTS: usize = 4;
/// (channel, tap) pairs at a time, at most.
pub(crate) const INS: usize = 6;

/// What [`run`] works on.
pub(crate) struct ConvGradient<'a> {
    /// (offset in an input plane, offset in an output plane) of every position, in floats.
    pub(crate) positions: &'a [[u32; 2]],
    /// Floats from the input's position to each (channel, tap)'s: 1..=[`INS`] of them.
    pub(crate) inputs: &'a [i32],
    /// One for each pack.
    pub(crate) packs: &'a [[*const f32; 2]],
    /// 1..=[`OUTS`] output channels, `plane` floats apart.
    pub(crate) outs: usize,
    pub(crate) plane: usize,
    /// `[inputs][outs]`, `stride` floats from input to input.
    pub(crate) gradient: *mut f32,
    pub(crate) stride: usize,
}

/// # Safety
/// The pointers hold what their comments say, and nobody else writes the gradient meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &ConvGradient) {
    let most = if V::SUMS < OUTS * INS { OUTS / 2 } else { OUTS };
    // SAFETY: handed on.
    unsafe {
        for first in (0..work.outs).step_by(most) {
            match most.min(work.outs - first) {
                1 => outs::<V, 1>(work, first),
                2 => outs::<V, 2>(work, first),
                3 => outs::<V, 3>(work, first),
                _ => outs::<V, OUTS>(work, first),
            }
        }
    }
}

/// All inputs' for `O` output channels.
#[inline(always)]
unsafe fn outs<V: Lanes, const O: usize>(work: &ConvGradient, first: usize) {
    // SAFETY: handed on.
    unsafe {
        match work.inputs.len() {
            1 => inputs::<V, O, 1>(work, first),
            2 => inputs::<V, O, 2>(work, first),
            3 => inputs::<V, O, 3>(work, first),
            4 => inputs::<V, O, 4>(work, first),
            5 => inputs::<V, O, 5>(work, first),
            _ => inputs::<V, O, INS>(work, first),
        }
    }
}

#[inline(always)]
unsafe fn inputs<V: Lanes, const O: usize, const I: usize>(work: &ConvGradient, first: usize) {
    let mut lanes = [[[0.0; LANES]; O]; I];
    // SAFETY: handed on; a part's lanes lie within the sixteen.
    unsafe {
        for lane in (0..LANES).step_by(V::Part::WIDTH) {
            let sums = sums::<V::Part, O, I>(work, first, lane);
            for (lanes, sums) in lanes.iter_mut().zip(sums) {
                for (lanes, sum) in lanes.iter_mut().zip(sums) {
                    sum.store(lanes.as_mut_ptr().add(lane));
                }
            }
        }
        for (i, lanes) in lanes.into_iter().enumerate() {
            for (o, lanes) in lanes.into_iter().enumerate() {
                *work.gradient.add(i * work.stride + first + o) = across(&lanes);
            }
        }
    }
}

/// Of `I` inputs and `O` output channels the sums in the lanes from `lane` on.
#[inline(always)]
unsafe fn sums<P: Vector, const O: usize, const I: usize>(
    work: &ConvGradient,
    first: usize,
    lane: usize,
) -> [[P; O]; I] {
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [[P::splat(0.0); O]; I];
        let offsets: [isize; I] = std::array::from_fn(|k| *work.inputs.get_unchecked(k) as isize);
        let skip = first * work.plane + lane;
        for &[input, dy] in work.packs {
            for &[from, to] in work.positions {
                let x = input.add(from as usize + lane);
                let dy = dy.add(to as usize + skip);
                let dy: [P; O] = std::array::from_fn(|o| P::load(dy.add(o * work.plane)));
                for (sums, offset) in sums.iter_mut().zip(offsets) {
                    let x = P::load(x.offset(offset));
                    for (sum, dy) in sums.iter_mut().zip(dy) {
                        *sum = x.mul_add(dy, *sum);
                    }
                }
            }
        }
        sums
    }
}
