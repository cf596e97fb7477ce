//! Positions times weights for one image: `out[p, o] = bias[o] + Σ w[c, t, o] · in[p + t, c]` over channels c and taps t,
//! sixteen output channels in the lanes of a vector. It is a convolution, a dense layer (one position, one tap), or one of
//! Winograd's products.
//!
//! A sum runs over channels, and within a channel over taps, as in [`conv`](super::conv): an image's numbers are the same
//! bits whether it is computed alone or in a pack.

use crate::engine::lanes::{LANES, Lanes, Vector};

/// Positions side by side: their inputs are [`LANES`] floats apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Where the taps' offsets count from at the first, in floats.
    pub(crate) from: u32,
    /// Its number among all positions, and how many there are.
    pub(crate) first: u32,
    pub(crate) count: u32,
}

/// What [`run`] works on.
pub(crate) struct Product<'a> {
    pub(crate) runs: &'a [Run],
    /// Where in an output plane each position is, in floats.
    pub(crate) to: &'a [u32],
    /// `[channels / 16]` planes of sixteen channels, `plane` floats apart.
    pub(crate) input: *const f32,
    pub(crate) plane: usize,
    pub(crate) channels: usize,
    /// Floats from a position to the inputs it meets.
    pub(crate) taps: &'a [u32],
    /// For each of [`blocks`]: `[channels][taps][vectors of the block][16]`.
    pub(crate) weights: *const f32,
    /// `[outs][16]`; null: zeros.
    pub(crate) bias: *const f32,
    /// Vectors of output channels.
    pub(crate) outs: usize,
    /// max(out, 0) at the end.
    pub(crate) relu: bool,
    /// `[outs]` planes, `out_plane` floats apart.
    pub(crate) out: *mut f32,
    pub(crate) out_plane: usize,
}

/// (first vector, vectors) of each block of output vectors that are summed together: three, two or one.
pub(crate) fn blocks(outs: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let count = match outs - first {
            0 => return None,
            4 => 2,
            left => left.min(3),
        };
        first += count;
        Some((first - count, count))
    })
}

/// # Safety
/// The pointers hold what their comments say for all runs and taps, and nobody else writes there meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &Product) {
    // SAFETY: handed on; a block's weights follow those of the one before.
    unsafe {
        let mut weights = work.weights;
        for (first, count) in blocks(work.outs) {
            match count {
                1 => block::<V, 1>(work, first, weights),
                2 => block::<V, 2>(work, first, weights),
                _ => block::<V, 3>(work, first, weights),
            }
            weights = weights.add(work.channels * work.taps.len() * count * LANES);
        }
    }
}

/// All positions for `N` output vectors, in tiles as large as the registers allow.
#[inline(always)]
unsafe fn block<V: Lanes, const N: usize>(work: &Product, first: usize, weights: *const f32) {
    for run in work.runs {
        let mut done = 0;
        let count = run.count as usize;
        macro_rules! tiles {
            ($($size:literal)*) => {$(
                while $size * N <= V::SUMS && count - done >= $size {
                    for lane in (0..LANES).step_by(V::Part::WIDTH) {
                        // SAFETY: these positions are the run's, these lanes are among the sixteen.
                        unsafe { tile::<V::Part, N, $size>(work, first, weights, run, done, lane) };
                    }
                    done += $size;
                }
            )*};
        }
        tiles!(12 9 8 6 4 3 2 1);
    }
}

/// The lanes from `lane` on of `P` positions and `N` output vectors.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // with iterators the compiler keeps the sums in memory
unsafe fn tile<V: Vector, const N: usize, const P: usize>(
    work: &Product,
    first: usize,
    weights: *const f32,
    run: &Run,
    done: usize,
    lane: usize,
) {
    // SAFETY: as `run` demands.
    unsafe {
        let mut sums = [[V::splat(0.0); N]; P];
        if !work.bias.is_null() {
            sums = [std::array::from_fn(|n| V::load(work.bias.add((first + n) * LANES + lane))); P];
        }
        let mut weights = weights.add(lane);
        let mut input = work.input.add(run.from as usize + done * LANES);
        let mut left = work.channels;
        while left > 0 {
            for channel in 0..left.min(LANES) {
                let x = input.add(channel);
                for &tap in work.taps {
                    let x = x.add(tap as usize);
                    let w: [V; N] = std::array::from_fn(|n| V::load(weights.add(n * LANES)));
                    for p in 0..P {
                        let x = V::splat(*x.add(p * LANES));
                        for n in 0..N {
                            sums[p][n] = w[n].mul_add(x, sums[p][n]);
                        }
                    }
                    weights = weights.wrapping_add(N * LANES);
                }
            }
            left = left.saturating_sub(LANES);
            input = input.wrapping_add(work.plane);
        }
        let to = work.to.as_ptr().add(run.first as usize + done);
        for p in 0..P {
            let out = work.out.add(*to.add(p) as usize + lane);
            for n in 0..N {
                let mut sum = sums[p][n];
                if work.relu {
                    sum = sum.at_least(V::splat(0.0));
                }
                sum.store(out.add((first + n) * work.out_plane));
            }
        }
    }
}
