//! The way back through [`winograd`](super::winograd) itself, to a convolution's inputs: each step transposed, in reverse. It
//! takes as many products as the way forward, where a convolution of the outputs' gradient with the turned kernel takes as
//! many as the inputs have pieces; but pieces overlap here, so what they give is added up.

use super::conv;
use super::winograd::{GROUP, Products, multiply, stride};
use super::winograd_piece::{PRODUCTS, Piece, Target, alike, positions};
use super::winograd_piece_back::{scatter_input, spread_gradient};
use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on: some packs.
pub(crate) struct WinogradBack<'a> {
    /// Those of one size side by side.
    pub(crate) pieces: &'a [Piece],
    pub(crate) packs: usize,
    /// The outputs' gradient: `[packs][channels]` planes, and floats from pack to pack, from plane to plane and from row to
    /// row.
    pub(crate) dy: *const f32,
    pub(crate) dy_pack: usize,
    pub(crate) dy_plane: usize,
    pub(crate) dy_row: usize,
    pub(crate) channels: usize,
    /// `[products][block][channels][inputs of the block]`: the transformed kernels.
    pub(crate) weights: *const f32,
    /// Input channels.
    pub(crate) inputs: usize,
    /// Their gradient, and floats from pack to pack and from plane to plane.
    pub(crate) dx: Target,
    pub(crate) dx_pack: usize,
    pub(crate) dx_plane: usize,
    /// See [`room`](super::winograd::room).
    pub(crate) room: *mut f32,
}

/// # Safety
/// The pointers hold what their comments say; every piece's outputs lie in the plane or its border, which is 0, and pieces are in
/// the order that `Back` demands.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &WinogradBack) {
    // SAFETY: as demanded.
    unsafe {
        let outputs = work.room;
        let (out_stride, in_stride) = (stride(work.channels * GROUP), stride(work.inputs * GROUP));
        let products = outputs.add(PRODUCTS * out_stride);
        for pieces in alike(work.pieces) {
            let size = pieces[0].size;
            for range in conv::tiles(pieces.len() * work.packs) {
                let count = range.len();
                let places = positions(pieces, work.packs, range);
                for channel in 0..work.channels {
                    for (k, (piece, pack)) in places.clone().enumerate() {
                        let from = pack * work.dy_pack + channel * work.dy_plane + piece.to as usize;
                        let to = outputs.add((channel * GROUP + k) * LANES);
                        spread_gradient::<V>(
                            work.dx.outputs,
                            size,
                            work.dy.add(from),
                            work.dy_row,
                            to,
                            out_stride,
                        );
                    }
                }
                multiply::<V>(&Products {
                    count,
                    size,
                    inputs: outputs,
                    channels: work.channels,
                    weights: work.weights,
                    products,
                    outs: work.inputs,
                });
                for channel in 0..work.inputs {
                    for (k, (piece, pack)) in places.clone().enumerate() {
                        let from = products.add((channel * GROUP + k) * LANES).cast_const();
                        let to = pack * work.dx_pack + channel * work.dx_plane + piece.from as usize;
                        scatter_input::<V>(&work.dx, piece, from, in_stride, to);
                    }
                }
            }
        }
    }
}
