//! [`winograd`] for one image: the lanes of a vector are sixteen channels, and the positions of a plane go through the 36
//! products together. The sums are those of packs, bit for bit.

use super::factors::SINGLE;
use super::product::{self, Product, Run};
use super::winograd::{Winograd, stride};
use super::winograd_piece::{PRODUCTS, alike, gather_output, spread_input};
use crate::engine::lanes::{LANES, Lanes};

/// Pieces at a time, at most: what is kept of them between the three steps shall stay in a core's second cache.
pub(crate) const GROUP: usize = 18;

/// What [`run`] works on.
pub(crate) struct WinogradImage<'a> {
    /// As for a pack, but that `channels` and `outs` count vectors, that the weights of each product are as in
    /// [`Product`], and that the bias is `[outs][16]`.
    pub(crate) pieces: Winograd<'a>,
    /// Input channels.
    pub(crate) inputs: usize,
    /// Floats from product to product of the weights.
    pub(crate) product: usize,
}

/// Floats of [`Winograd::room`] for so many pieces, vectors of inputs and of outputs.
pub(crate) fn room(pieces: usize, inputs: usize, outputs: usize) -> usize {
    let group = GROUP.min(pieces);
    PRODUCTS * (stride(inputs * group) + stride(outputs * group))
}

/// # Safety
/// As [`winograd::run`](super::winograd::run).
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &WinogradImage) {
    let pieces = &work.pieces;
    let to: [u32; GROUP] = std::array::from_fn(|k| (k * LANES) as u32);
    let group = GROUP.min(pieces.pieces.len());
    let (in_stride, out_stride) = (stride(pieces.channels * group), stride(pieces.outs * group));
    // SAFETY: as demanded.
    unsafe {
        let products = pieces.room.add(PRODUCTS * in_stride);
        for group in alike(pieces.pieces).flat_map(|pieces| pieces.chunks(GROUP)) {
            let size = group[0].size;
            let plane = group.len() * LANES;
            for vector in 0..pieces.channels {
                for (k, piece) in group.iter().enumerate() {
                    let from = pieces.input.add(vector * pieces.plane + piece.from as usize);
                    let to = pieces.room.add(vector * plane + k * LANES);
                    spread_input::<V, SINGLE>(size, [from], pieces.row, to, in_stride);
                }
            }
            for number in size.products() {
                product::run::<V>(&Product {
                    runs: &[Run { from: 0, first: 0, count: group.len() as u32 }],
                    to: &to,
                    input: pieces.room.add(number * in_stride),
                    plane,
                    channels: work.inputs,
                    taps: &[0],
                    weights: pieces.weights.add(number * work.product),
                    bias: std::ptr::null(),
                    outs: pieces.outs,
                    relu: false,
                    out: products.add(number * out_stride),
                    out_plane: plane,
                });
            }
            for vector in 0..pieces.outs {
                let bias = if pieces.bias.is_null() {
                    [0.0; LANES]
                } else {
                    *pieces.bias.add(vector * LANES).cast()
                };
                for (k, piece) in group.iter().enumerate() {
                    let from = products.add(vector * plane + k * LANES).cast_const();
                    let to = vector * pieces.out_plane + piece.to as usize;
                    gather_output::<V>(&pieces.to, piece, from, out_stride, &bias, to);
                }
            }
        }
    }
}
