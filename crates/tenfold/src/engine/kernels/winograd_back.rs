//! The way back through [`winograd`](super::winograd) itself, to a convolution's inputs: each step transposed, in reverse. It
//! takes as many products as the way forward, where a convolution of the outputs' gradient with the turned kernel takes as
//! many as the inputs have pieces; but pieces overlap here, so what they give is added up.

use super::conv;
use super::factors::{PAIR, SINGLE, of_line};
use super::winograd::{GROUP, Products, multiply, stride};
use super::winograd_piece::{PRODUCTS, Piece, Target, alike, positions};
use super::winograd_piece_back::{scatter_input, spread_gradient};
use crate::engine::lanes::{LANES, Lanes};
use crate::engine::precision::Precision;

/// What [`run`] works on: some packs. A line is what a lane's factors are joined of: a channel, or two.
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
    /// `[products][block][lines][inputs of the block]`: the transformed kernels.
    pub(crate) weights: *const f32,
    /// Input channels.
    pub(crate) inputs: usize,
    /// Their gradient, and floats from pack to pack and from plane to plane.
    pub(crate) dx: Target,
    pub(crate) dx_pack: usize,
    pub(crate) dx_plane: usize,
    /// See [`room`](super::winograd::room).
    pub(crate) room: *mut f32,
    pub(crate) precision: Precision,
}

/// # Safety
/// The pointers hold what their comments say; every piece's outputs lie in the plane or its border, which is 0, and pieces are in
/// the order that `Back` demands.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &WinogradBack) {
    // SAFETY: handed on.
    unsafe {
        match work.precision {
            Precision::Float32 => of_factors::<V, SINGLE>(work),
            Precision::BFloat16 => of_factors::<V, PAIR>(work),
        }
    }
}

#[inline(always)]
unsafe fn of_factors<V: Lanes, const F: usize>(work: &WinogradBack) {
    // SAFETY: as `run` demands.
    unsafe {
        let outputs = work.room;
        let lines = work.channels.div_ceil(F);
        let (out_stride, in_stride) = (stride(lines * GROUP), stride(work.inputs * GROUP));
        let products = outputs.add(PRODUCTS * out_stride);
        for pieces in alike(work.pieces) {
            let size = pieces[0].size;
            for range in conv::tiles(pieces.len() * work.packs) {
                let count = range.len();
                let places = positions(pieces, work.packs, range);
                for line in 0..lines {
                    for (k, (piece, pack)) in places.clone().enumerate() {
                        let from = work.dy.add(pack * work.dy_pack + piece.to as usize);
                        let from = of_line(line, work.channels, |channel| from.add(channel * work.dy_plane));
                        let to = outputs.add((line * GROUP + k) * LANES);
                        spread_gradient::<V, F>(work.dx.outputs, size, from, work.dy_row, to, out_stride);
                    }
                }
                multiply::<V, F>(&Products {
                    count,
                    size,
                    inputs: outputs,
                    lines,
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
