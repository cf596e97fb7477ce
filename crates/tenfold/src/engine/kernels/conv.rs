//! Convolution of packs: `out[o, p] = bias[o] + Σ w[c, t, o] · in[c, p + t]` over channels c and taps t. A pack is sixteen
//! images, one in each lane, so that every output of every image is a sum of its own.
//!
//! Which outputs there are and which taps reach into the image is decided beforehand (see `packs/stencil.rs`): a list of
//! tiles of two or three positions each, with the taps that at least one of them needs. So one loop serves every kernel size,
//! stride and padding, the way back to the inputs, and dense layers (one tap, one position a pack).
//!
//! A sum runs over channels, and within a channel over taps, in order, whatever the tile. The taps left out would only add
//! zeros.
//!
//! Nothing behind the loop may write to its sums: the compiler would then store them at every multiply-add.

use std::ops::Range;

use super::factors::{SINGLE, add_products};
use crate::engine::lanes::{LANES, Lanes, Vector};

/// Positions a tile, at most.
pub(crate) const TILE: usize = 3;
/// Output channels at a time, at most: with three positions 24 sums, which leaves a few of 32 registers.
pub(crate) const BLOCK: usize = 8;
/// The same where there are 16 registers: with three positions, and with two.
const FEWER: usize = 3;
const FEWER_OF_PAIRS: usize = 4;

/// Output positions that are computed together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile {
    /// Two of them, not three. One alone stands there twice.
    pub(crate) pair: bool,
    /// Where in an input plane the taps' offsets count from, in floats.
    pub(crate) from: [i32; TILE],
    /// Where in an output plane they are, in floats.
    pub(crate) to: [u32; TILE],
    /// First tap and the one after the last.
    pub(crate) taps: [u32; 2],
}

/// So many positions in tiles: threes, and one or two pairs where threes would leave one or two over. A single one stays
/// alone.
pub(crate) fn tiles(positions: usize) -> impl Iterator<Item = Range<usize>> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let left = positions - first;
        let count = if left == 4 { 2 } else { left.min(TILE) };
        let tile = first..first + count;
        first = tile.end;
        (count > 0).then_some(tile)
    })
}

/// One element of the kernel as a tile uses it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tap {
    /// Floats from a position to the input it meets.
    pub(crate) offset: i32,
    /// Its number among the taps of the weights.
    pub(crate) weight: u32,
}

/// What [`run`] works on: one block of output channels of one pack.
pub(crate) struct Conv<'a> {
    pub(crate) tiles: &'a [Tile],
    pub(crate) taps: &'a [Tap],
    /// `[channels]` planes of the first input, `plane` floats apart.
    pub(crate) input: *const f32,
    pub(crate) plane: usize,
    pub(crate) channels: usize,
    /// `[channels][kernel taps][block]`.
    pub(crate) weights: *const f32,
    pub(crate) kernel: usize,
    /// `[block]`.
    pub(crate) bias: *const f32,
    /// 1..=[`BLOCK`] output channels.
    pub(crate) block: usize,
    /// Adds to what is in `out`.
    pub(crate) add: bool,
    /// max(out, 0) at the end.
    pub(crate) relu: bool,
    /// As `out`; not null: where the gate is not positive, out becomes 0 (the way back through a ReLU).
    pub(crate) gate: *const f32,
    /// `[block]` planes, `out_plane` floats apart.
    pub(crate) out: *mut f32,
    pub(crate) out_plane: usize,
}

/// # Safety
/// The pointers hold what their comments say for all tiles and taps, and nobody else writes there meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(conv: &Conv) {
    // SAFETY: handed on.
    unsafe { of_factors::<V, SINGLE>(conv) }
}

/// The same with `F` factors a lane, of the input and of the weights: `channels` are lines of so many channels.
///
/// # Safety
/// As [`run`].
#[inline(always)]
pub(super) unsafe fn of_factors<V: Lanes, const F: usize>(conv: &Conv) {
    // SAFETY: handed on.
    unsafe {
        match conv.block {
            1 => block::<V, F, 1>(conv),
            2 => block::<V, F, 2>(conv),
            3 => block::<V, F, 3>(conv),
            4 => block::<V, F, 4>(conv),
            5 => block::<V, F, 5>(conv),
            6 => block::<V, F, 6>(conv),
            7 => block::<V, F, 7>(conv),
            _ => block::<V, F, BLOCK>(conv),
        }
    }
}

/// All tiles of a block of `N` output channels.
#[inline(always)]
unsafe fn block<V: Lanes, const F: usize, const N: usize>(conv: &Conv) {
    for tile in conv.tiles {
        for lane in (0..LANES).step_by(V::Part::WIDTH) {
            // SAFETY: as `run` demands.
            unsafe {
                if tile.pair {
                    channels::<V, F, N, 2>(conv, tile, lane);
                } else {
                    channels::<V, F, N, TILE>(conv, tile, lane);
                }
            }
        }
    }
}

/// Of one tile of `T` positions the lanes from `lane` on, as many of the `N` channels at a time as the registers allow.
#[inline(always)]
unsafe fn channels<V: Lanes, const F: usize, const N: usize, const T: usize>(
    conv: &Conv,
    tile: &Tile,
    lane: usize,
) {
    let fewer = if T == TILE { FEWER } else { FEWER_OF_PAIRS };
    // SAFETY: as `run` demands.
    unsafe {
        // Two calls, not one with the smaller number: where all fit, the compiler then keeps all in registers.
        if N * TILE <= V::SUMS {
            outputs::<V::Part, F, N, N, T>(conv, tile, lane, 0);
            return;
        }
        for first in (0..N).step_by(fewer) {
            match fewer.min(N - first) {
                1 => outputs::<V::Part, F, N, 1, T>(conv, tile, lane, first),
                2 => outputs::<V::Part, F, N, 2, T>(conv, tile, lane, first),
                3 => outputs::<V::Part, F, N, 3, T>(conv, tile, lane, first),
                _ => outputs::<V::Part, F, N, FEWER_OF_PAIRS, T>(conv, tile, lane, first),
            }
        }
    }
}

/// Of one tile of `T` positions the lanes from `lane` on of `M` output channels, from channel `first` of the block's `N` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // with iterators the compiler keeps the sums in memory: a third of the speed
unsafe fn outputs<P: Vector, const F: usize, const N: usize, const M: usize, const T: usize>(
    conv: &Conv,
    tile: &Tile,
    lane: usize,
    first: usize,
) {
    // SAFETY: as `run` demands.
    unsafe {
        let taps = conv.taps.get_unchecked(tile.taps[0] as usize..tile.taps[1] as usize);
        let mut sums: [[P; T]; M] = std::array::from_fn(|o| [P::splat(*conv.bias.add(first + o)); T]);
        let mut at: [*const f32; T] =
            std::array::from_fn(|p| conv.input.wrapping_offset(tile.from[p] as isize).wrapping_add(lane));
        let mut weights = conv.weights.wrapping_add(first);
        for _ in 0..conv.channels {
            for tap in taps {
                let offset = tap.offset as isize;
                let x: [P; T] = std::array::from_fn(|p| P::load(at[p].wrapping_offset(offset)));
                let weights = weights.wrapping_add(tap.weight as usize * N);
                for o in 0..M {
                    let w = P::splat(*weights.add(o));
                    for p in 0..T {
                        sums[o][p] = add_products::<P, F>(w, x[p], sums[o][p]);
                    }
                }
            }
            for at in &mut at {
                *at = at.wrapping_add(conv.plane);
            }
            weights = weights.wrapping_add(conv.kernel * N);
        }
        for o in 0..M {
            let places: [usize; T] =
                std::array::from_fn(|p| (first + o) * conv.out_plane + lane + tile.to[p] as usize);
            // All before the first is stored: one position alone is named twice.
            let before =
                if conv.add { places.map(|place| P::load(conv.out.add(place))) } else { [P::splat(0.0); T] };
            for p in 0..T {
                let place = places[p];
                let mut sum = sums[o][p];
                if conv.add {
                    sum = sum.add(before[p]);
                }
                if conv.relu {
                    sum = sum.at_least(P::splat(0.0));
                }
                if !conv.gate.is_null() {
                    sum = sum.where_positive(P::load(conv.gate.add(place)));
                }
                sum.store(conv.out.add(place));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_threes_and_pairs_in_order_and_one_alone_only_where_there_is_no_other() {
        for count in 0..20 {
            assert!(tiles(count).flatten().eq(0..count));
            let sizes: Vec<usize> = tiles(count).map(|tile| tile.len()).collect();
            assert!(sizes.iter().all(|&size| size == TILE || size == 2 || count == 1), "{count}: {sizes:?}");
            assert_eq!(sizes.len(), count.div_ceil(TILE), "{sizes:?}");
        }
    }
}
