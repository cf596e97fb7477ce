//! The gradient of a convolution's weights where [`winograd`](super::winograd) computes it: of each product's factors
//! `[channels, outs]`, summed over the pieces and images of some packs, in order.

use super::dense_gradient;
use super::factors::{PAIR, SINGLE, of_line};
use super::winograd::{GROUP, stride};
use super::winograd_piece::{PRODUCTS, Piece, alike, position, spread_input};
use super::winograd_piece_back::spread_gradient;
use crate::engine::lanes::{LANES, Lanes};
use crate::engine::precision::Precision;

/// What [`run`] works on. A line is what a lane's factors are joined of: a position, which is a piece of a pack, or two.
pub(crate) struct WinogradGradient<'a> {
    /// Those of one size side by side.
    pub(crate) pieces: &'a [Piece],
    /// 2 or 4 outputs a side, where a piece is not narrow.
    pub(crate) outputs: usize,
    /// Input and outputs' gradient of each pack.
    pub(crate) packs: &'a [[*const f32; 2]],
    pub(crate) channels: usize,
    pub(crate) plane: usize,
    pub(crate) row: usize,
    pub(crate) outs: usize,
    pub(crate) out_plane: usize,
    pub(crate) out_row: usize,
    /// `[products][channels][outs, padded to 16]`.
    pub(crate) gradient: *mut f32,
    /// See [`room`].
    pub(crate) room: *mut f32,
    pub(crate) precision: Precision,
}

/// Floats of [`WinogradGradient::room`].
pub(crate) fn room(channels: usize, outs: usize) -> usize {
    let padded = outs.next_multiple_of(LANES);
    PRODUCTS * (stride(channels * GROUP) + stride(padded * GROUP) + stride(LANES))
}

/// # Safety
/// The pointers hold what their comments say; every piece's inputs and outputs lie in the planes or their borders.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &WinogradGradient) {
    // SAFETY: handed on.
    unsafe {
        match work.precision {
            Precision::Float32 => of_factors::<V, SINGLE>(work),
            Precision::BFloat16 => of_factors::<V, PAIR>(work),
        }
    }
}

#[inline(always)]
unsafe fn of_factors<V: Lanes, const F: usize>(work: &WinogradGradient) {
    // SAFETY: as `run` demands.
    unsafe {
        let padded = work.outs.next_multiple_of(LANES);
        // [products][GROUP][channels][16 images], [products][GROUP][16 images][outs], [products][16 outs][16 images].
        let inputs = work.room;
        let (in_stride, row_stride, turn_stride) =
            (stride(work.channels * GROUP), stride(padded * GROUP), stride(LANES));
        let rows = inputs.add(PRODUCTS * in_stride);
        let turning = rows.add(PRODUCTS * row_stride);
        // The first pieces are the largest. Nobody stores the products that even they lack, and the kernels' transform reads all.
        let has = |product| {
            work.pieces.first().is_some_and(|piece| piece.size.products().any(|other| other == product))
        };
        for product in (0..PRODUCTS).filter(|&product| !has(product)) {
            let to = work.gradient.add(product * work.channels * padded);
            to.write_bytes(0, work.channels * padded);
        }
        let mut add = false;
        for pieces in alike(work.pieces) {
            let size = pieces[0].size;
            let places = pieces.len() * work.packs.len();
            for first in (0..places).step_by(GROUP * F) {
                let count = (GROUP * F).min(places - first);
                let lines = count.div_ceil(F);
                for k in 0..lines {
                    let place = |number| position(pieces, work.packs.len(), first + number);
                    for channel in 0..work.channels {
                        let from = of_line(k, count, |number| {
                            let (piece, pack) = place(number);
                            work.packs[pack][0].add(channel * work.plane + piece.from as usize)
                        });
                        let to = inputs.add((k * work.channels + channel) * LANES);
                        spread_input::<V, F>(size, from, work.row, to, in_stride);
                    }
                    for first in (0..work.outs).step_by(LANES) {
                        let outs = LANES.min(work.outs - first);
                        for out in 0..outs {
                            let from = of_line(k, count, |number| {
                                let (piece, pack) = place(number);
                                work.packs[pack][1].add((first + out) * work.out_plane + piece.to as usize)
                            });
                            let to = turning.add(out * LANES);
                            spread_gradient::<V, F>(work.outputs, size, from, work.out_row, to, turn_stride);
                        }
                        for product in size.products() {
                            let from = turning.add(product * turn_stride);
                            let to = rows.add(product * row_stride + k * LANES * padded + first);
                            V::transpose(from, LANES, to, padded);
                        }
                    }
                }
                for product in size.products() {
                    dense_gradient::add::<V, F>(
                        inputs.add(product * in_stride),
                        work.channels,
                        lines,
                        rows.add(product * row_stride),
                        padded,
                        work.gradient.add(product * work.channels * padded),
                        add,
                    );
                }
                add = true;
            }
        }
    }
}
