//! The gradient of a convolution's weights where [`winograd`](super::winograd) computes it: of each product's factors
//! `[channels, outs]`, summed over the pieces and images of some packs, in order.

use super::dense_gradient;
use super::winograd::{GROUP, PRODUCTS, Piece, spread_gradient, spread_input, stride};
use crate::engine::lanes::{LANES, Lanes};

/// What [`run`] works on.
pub(crate) struct WinogradGradient<'a> {
    pub(crate) pieces: &'a [Piece],
    /// 2 or 4 outputs a side.
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
    unsafe { if work.outputs == 4 { pieces::<V, 4>(work) } else { pieces::<V, 2>(work) } }
}

#[inline(always)]
unsafe fn pieces<V: Lanes, const M: usize>(work: &WinogradGradient) {
    // SAFETY: as `run` demands.
    unsafe {
        let padded = work.outs.next_multiple_of(LANES);
        // [products][GROUP][channels][16 images], [products][GROUP][16 images][outs], [products][16 outs][16 images].
        let inputs = work.room;
        let (in_stride, row_stride, turn_stride) =
            (stride(work.channels * GROUP), stride(padded * GROUP), stride(LANES));
        let rows = inputs.add(PRODUCTS * in_stride);
        let turning = rows.add(PRODUCTS * row_stride);
        work.gradient.write_bytes(0, PRODUCTS * work.channels * padded);
        for &[input, dy] in work.packs {
            for group in work.pieces.chunks(GROUP) {
                for (k, piece) in group.iter().enumerate() {
                    for channel in 0..work.channels {
                        let from = input.add(channel * work.plane + piece.from as usize);
                        let to = inputs.add((k * work.channels + channel) * LANES);
                        spread_input::<V>(from, work.row, to, in_stride);
                    }
                    for first in (0..work.outs).step_by(LANES) {
                        let outs = LANES.min(work.outs - first);
                        for out in 0..outs {
                            let from = dy.add((first + out) * work.out_plane + piece.to as usize);
                            let to = turning.add(out * LANES);
                            spread_gradient::<V, M>(from, work.out_row, to, turn_stride);
                        }
                        for product in 0..PRODUCTS {
                            let from = turning.add(product * turn_stride);
                            let to = rows.add(product * row_stride + k * LANES * padded + first);
                            V::transpose(from, LANES, to, padded);
                        }
                    }
                }
                for product in 0..PRODUCTS {
                    for first in (0..padded).step_by(LANES) {
                        dense_gradient::add::<V>(
                            inputs.add(product * in_stride),
                            work.channels,
                            group.len(),
                            rows.add(product * row_stride + first),
                            padded,
                            work.gradient.add(product * work.channels * padded + first),
                        );
                    }
                }
            }
        }
    }
}
