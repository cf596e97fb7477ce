//! The gradient of a convolution's weights: `g[c, t, o] = Σ in[c, p + t] · dy[o, p]` over positions p, packs and lanes.
//!
//! Works on a few output channels and a few (channel, tap) pairs at a time: their products stay in registers while all
//! positions of all packs of a slice pass by. A lane's sum runs over packs, and within a pack over positions, in order;
//! then the sixteen lanes are added in one fixed tree.

use crate::engine::lanes::{LANES, Lanes};

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
    // SAFETY: handed on.
    unsafe {
        match work.outs {
            1 => outs::<V, 1>(work),
            2 => outs::<V, 2>(work),
            3 => outs::<V, 3>(work),
            _ => outs::<V, OUTS>(work),
        }
    }
}

#[inline(always)]
unsafe fn outs<V: Lanes, const O: usize>(work: &ConvGradient) {
    // SAFETY: handed on.
    unsafe {
        match work.inputs.len() {
            1 => sums::<V, O, 1>(work),
            2 => sums::<V, O, 2>(work),
            3 => sums::<V, O, 3>(work),
            4 => sums::<V, O, 4>(work),
            5 => sums::<V, O, 5>(work),
            _ => sums::<V, O, INS>(work),
        }
    }
}

#[inline(always)]
unsafe fn sums<V: Lanes, const O: usize, const I: usize>(work: &ConvGradient) {
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [[V::splat(0.0); O]; I];
        let offsets: [isize; I] = std::array::from_fn(|k| *work.inputs.get_unchecked(k) as isize);
        for &[input, dy] in work.packs {
            for &[from, to] in work.positions {
                let x = input.add(from as usize);
                let dy = dy.add(to as usize);
                let dy: [V; O] = std::array::from_fn(|o| V::load(dy.add(o * work.plane)));
                for (sums, offset) in sums.iter_mut().zip(offsets) {
                    let x = V::load(x.offset(offset));
                    for (sum, dy) in sums.iter_mut().zip(dy) {
                        *sum = x.mul_add(dy, *sum);
                    }
                }
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            for (o, sum) in sums.iter().enumerate() {
                *work.gradient.add(i * work.stride + o) = across(*sum);
            }
        }
    }
}

/// The sum of all lanes, in a fixed tree: k and k + 8, then k + 4, k + 2, k + 1.
#[inline(always)]
unsafe fn across<V: Lanes>(x: V) -> f32 {
    let mut lanes = [0.0; LANES];
    // SAFETY: `lanes` holds sixteen floats.
    unsafe { x.store(lanes.as_mut_ptr()) };
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            lanes[k] += lanes[k + width];
        }
        width /= 2;
    }
    lanes[0]
}
