//! A convolution and the 2×2 maximum pool after it in one pass: the four outputs of a window stay in registers, and only
//! the largest is written. The sums are those of [`conv`](super::conv), bit for bit.

use super::conv::Tap;
use crate::engine::lanes::{LANES, Lanes, Vector};

/// Output channels at a time.
const BLOCK: usize = 4;
/// Places of a window.
pub(crate) const WINDOW: usize = 4;

/// One window: four outputs of the convolution, one of the pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Where in an input plane the taps' offsets count from, row by row, in floats.
    pub(crate) from: [u32; WINDOW],
    /// Where in the pool's output plane it is, in floats.
    pub(crate) to: u32,
}

/// What [`run`] works on: one block of output channels of one pack.
pub(crate) struct ConvPool<'a> {
    pub(crate) windows: &'a [Window],
    /// All of the kernel's, in order.
    pub(crate) taps: &'a [Tap],
    /// `[channels]` planes, `plane` floats apart.
    pub(crate) input: *const f32,
    pub(crate) plane: usize,
    pub(crate) channels: usize,
    /// `[channels][taps][block]`.
    pub(crate) weights: *const f32,
    /// `[block]`.
    pub(crate) bias: *const f32,
    /// Output channels.
    pub(crate) block: usize,
    pub(crate) relu: bool,
    /// `[block]` planes, `out_plane` floats apart.
    pub(crate) out: *mut f32,
    pub(crate) out_plane: usize,
    /// `[block][windows][WINDOW]`: in which lanes the place held the largest value. Null: nobody asks.
    pub(crate) winners: *mut u16,
}

/// # Safety
/// The pointers hold what their comments say for all windows and taps, and nobody else writes there meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &ConvPool) {
    let most = if V::SUMS < BLOCK * WINDOW { BLOCK / 2 } else { BLOCK };
    // SAFETY: handed on.
    unsafe {
        for first in (0..work.block).step_by(most) {
            match most.min(work.block - first) {
                1 => outputs::<V, 1>(work, first),
                2 => outputs::<V, 2>(work, first),
                3 => outputs::<V, 3>(work, first),
                _ => outputs::<V, BLOCK>(work, first),
            }
        }
    }
}

#[inline(always)]
unsafe fn outputs<V: Lanes, const N: usize>(work: &ConvPool, first: usize) {
    for number in 0..work.windows.len() {
        for lane in (0..LANES).step_by(V::Part::WIDTH) {
            // SAFETY: handed on.
            unsafe { window::<V::Part, N>(work, first, number, lane) };
        }
    }
}

/// Of one window the lanes from `lane` on of `N` output channels.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // with iterators the compiler keeps the sums in memory: a third of the speed
unsafe fn window<P: Vector, const N: usize>(work: &ConvPool, first: usize, number: usize, lane: usize) {
    // SAFETY: as `run` demands.
    unsafe {
        let window = work.windows.get_unchecked(number);
        let mut sums: [[P; WINDOW]; N] =
            std::array::from_fn(|o| [P::splat(*work.bias.add(first + o)); WINDOW]);
        let [mut a, mut b, mut c, mut d] = window.from.map(|from| work.input.add(from as usize + lane));
        let mut weights = work.weights.add(first);
        for _ in 0..work.channels {
            for tap in work.taps {
                let offset = tap.offset as usize;
                let x = [
                    P::load(a.add(offset)),
                    P::load(b.add(offset)),
                    P::load(c.add(offset)),
                    P::load(d.add(offset)),
                ];
                for o in 0..N {
                    let w = P::splat(*weights.add(o));
                    for p in 0..WINDOW {
                        sums[o][p] = w.mul_add(x[p], sums[o][p]);
                    }
                }
                weights = weights.wrapping_add(work.block);
            }
            let next = |x: *const f32| x.wrapping_add(work.plane);
            (a, b, c, d) = (next(a), next(b), next(c), next(d));
        }
        for o in 0..N {
            let all = u16::MAX >> (LANES - P::WIDTH);
            let mut largest = sums[o][0];
            let mut won = [all, 0, 0, 0];
            for p in 1..WINDOW {
                let larger = sums[o][p].greater(largest) as u16;
                won[..p].iter_mut().for_each(|won| *won &= !larger);
                won[p] = larger;
                largest = sums[o][p].at_least(largest);
            }
            if !work.winners.is_null() {
                let place = ((first + o) * work.windows.len() + number) * WINDOW;
                let winners = work.winners.add(place).cast::<[u16; WINDOW]>();
                if lane > 0 {
                    let before = winners.read_unaligned();
                    won = std::array::from_fn(|p| before[p] | won[p] << lane);
                }
                winners.write_unaligned(won);
            }
            if work.relu {
                largest = largest.at_least(P::splat(0.0));
            }
            largest.store(work.out.add((first + o) * work.out_plane + window.to as usize + lane));
        }
    }
}
