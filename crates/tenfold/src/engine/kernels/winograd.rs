//! A convolution with fewer multiplications (Winograd 1980; Lavin & Gray 2016, section 4): the kernel and 6×6 pieces of the
//! input are transformed so that their convolution becomes 36 products, each of which is a small dense layer; 5×5 kernels
//! give 2×2 outputs a piece, 3×3 kernels 4×4, or fewer at the edge of a plane. Here is the loop over the pieces of packs;
//! [`winograd_piece`](super::winograd_piece) has their transforms.
//!
//! Sums have one order, so the bits do not depend on threads or instruction set; they differ from a direct convolution's in
//! the last places.

use super::conv;
use super::factors::{PAIR, SINGLE, of_line};
use super::winograd_piece::{PRODUCTS, Piece, Size, Target, alike, gather_output, positions, spread_input};
use crate::engine::lanes::{LANES, Lanes};
use crate::engine::precision::Precision;

/// Pieces at a time: as many as [`conv`] computes positions together.
pub(crate) const GROUP: usize = conv::TILE;

/// What [`run`] works on: some packs. A line is what a lane's factors are joined of: a channel, or two.
pub(crate) struct Winograd<'a> {
    /// Those of one size side by side.
    pub(crate) pieces: &'a [Piece],
    pub(crate) packs: usize,
    /// `[packs][channels]` planes, and floats from pack to pack, from plane to plane and from row to row.
    pub(crate) input: *const f32,
    pub(crate) pack: usize,
    pub(crate) plane: usize,
    pub(crate) row: usize,
    pub(crate) channels: usize,
    /// `[products][block][lines][outputs of the block]`: the transformed kernels.
    pub(crate) weights: *const f32,
    /// Output channels.
    pub(crate) outs: usize,
    /// `[outs]`; null: zeros.
    pub(crate) bias: *const f32,
    pub(crate) to: Target,
    /// Floats from pack to pack and from plane to plane.
    pub(crate) out_pack: usize,
    pub(crate) out_plane: usize,
    /// `[products][lines][GROUP][16]`, then `[products][outs][GROUP][16]`: see [`room`].
    pub(crate) room: *mut f32,
    pub(crate) precision: Precision,
}

/// Floats from product to product of `lines` vectors: one vector more, since a power of two would put all products of a
/// place into the same few lines of the nearest cache.
pub(crate) const fn stride(lines: usize) -> usize {
    (lines | 1) * LANES
}

/// Floats of [`Winograd::room`].
pub(crate) fn room(channels: usize, outs: usize) -> usize {
    PRODUCTS * (stride(channels * GROUP) + stride(outs * GROUP))
}

const ZEROS: [f32; conv::BLOCK] = [0.0; conv::BLOCK];

/// [`winograd_back`](super::winograd_back) has the same loop with the transforms of the way back: passed as closures they would lose
/// the instruction set.
///
/// # Safety
/// The pointers hold what their comments say; every piece's inputs lie in the plane or its border.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &Winograd) {
    // SAFETY: handed on.
    unsafe {
        match work.precision {
            Precision::Float32 => of_factors::<V, SINGLE>(work),
            Precision::BFloat16 => of_factors::<V, PAIR>(work),
        }
    }
}

#[inline(always)]
unsafe fn of_factors<V: Lanes, const F: usize>(work: &Winograd) {
    // SAFETY: as `run` demands.
    unsafe {
        let inputs = work.room;
        let lines = work.channels.div_ceil(F);
        let (in_stride, out_stride) = (stride(lines * GROUP), stride(work.outs * GROUP));
        let products = inputs.add(PRODUCTS * in_stride);
        for pieces in alike(work.pieces) {
            for range in conv::tiles(pieces.len() * work.packs) {
                let count = range.len();
                let places = positions(pieces, work.packs, range);
                for line in 0..lines {
                    for (k, (piece, pack)) in places.clone().enumerate() {
                        let from = work.input.add(pack * work.pack + piece.from as usize);
                        let from = of_line(line, work.channels, |channel| from.add(channel * work.plane));
                        let to = inputs.add((line * GROUP + k) * LANES);
                        spread_input::<V, F>(piece.size, from, work.row, to, in_stride);
                    }
                }
                multiply::<V, F>(&Products {
                    count,
                    size: pieces[0].size,
                    inputs,
                    lines,
                    weights: work.weights,
                    products,
                    outs: work.outs,
                });
                for channel in 0..work.outs {
                    let bias = if work.bias.is_null() { 0.0 } else { *work.bias.add(channel) };
                    for (k, (piece, pack)) in places.clone().enumerate() {
                        let from = products.add((channel * GROUP + k) * LANES).cast_const();
                        let place = pack * work.out_pack + channel * work.out_plane + piece.to as usize;
                        gather_output::<V>(&work.to, piece, from, out_stride, &[bias; LANES], place);
                    }
                }
            }
        }
    }
}

/// What [`multiply`] works on: a group of pieces of one size.
pub(crate) struct Products {
    /// 1..=[`GROUP`].
    pub(crate) count: usize,
    pub(crate) size: Size,
    /// As in [`Winograd::room`].
    pub(crate) inputs: *const f32,
    pub(crate) lines: usize,
    /// As in [`Winograd`].
    pub(crate) weights: *const f32,
    pub(crate) products: *mut f32,
    pub(crate) outs: usize,
}

/// A group's products: of each the small dense layer.
///
/// # Safety
/// The pointers hold what their comments say.
#[inline(always)]
pub(crate) unsafe fn multiply<V: Lanes, const F: usize>(work: &Products) {
    const POSITION: usize = GROUP * LANES;
    let (in_stride, out_stride) = (stride(work.lines * GROUP), stride(work.outs * GROUP));
    // Of one alone the second is what was there before, and nobody reads what comes of it.
    let tile = conv::Tile {
        pair: work.count < GROUP,
        from: std::array::from_fn(|k| (k * LANES) as i32),
        to: std::array::from_fn(|k| (k * LANES) as u32),
        taps: [0, 1],
    };
    for product in work.size.products() {
        // SAFETY: as demanded.
        unsafe {
            let mut weights = work.weights.add(product * work.lines * work.outs);
            for first in (0..work.outs).step_by(conv::BLOCK) {
                let block = conv::BLOCK.min(work.outs - first);
                conv::of_factors::<V, F>(&conv::Conv {
                    tiles: &[tile],
                    taps: &[conv::Tap { offset: 0, weight: 0 }],
                    input: work.inputs.add(product * in_stride),
                    plane: POSITION,
                    channels: work.lines,
                    weights,
                    kernel: 1,
                    bias: ZEROS.as_ptr(),
                    block,
                    add: false,
                    relu: false,
                    gate: std::ptr::null(),
                    out: work.products.add(product * out_stride + first * POSITION),
                    out_plane: POSITION,
                });
                weights = weights.add(work.lines * block);
            }
        }
    }
}
