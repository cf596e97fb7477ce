//! A convolution with fewer multiplications (Winograd 1980; Lavin & Gray 2016, section 4): the kernel and 6×6 pieces of the
//! input are transformed so that their convolution becomes 36 products, each of which is a small dense layer; 5×5 kernels
//! give 2×2 outputs a piece, 3×3 kernels 4×4. Here are the transforms of pieces of a pack, and the loop over them.
//!
//! With the points 0, ±1, ±2 and ∞ both sizes share the input's transform. Sums have one order, so the bits do not depend
//! on threads or instruction set; they differ from a direct convolution's in the last places.

use super::conv;
use crate::engine::lanes::{LANES, Lanes, Vector};

/// Side of a piece.
pub(crate) const SIDE: usize = 6;
/// Products a piece.
pub(crate) const PRODUCTS: usize = SIDE * SIDE;
/// Pieces at a time: as many as [`conv`] computes positions together.
pub(crate) const GROUP: usize = conv::TILE;

/// One piece of a plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// Its first input in an input plane, in floats.
    pub(crate) from: u32,
    /// Its first output in an output plane, in floats.
    pub(crate) to: u32,
    /// Rows and columns of outputs that lie inside the plane.
    pub(crate) inside: [u8; 2],
}

/// What [`run`] works on: one pack.
pub(crate) struct Winograd<'a> {
    pub(crate) pieces: &'a [Piece],
    /// 2 or 4 outputs a side.
    pub(crate) outputs: usize,
    /// `[channels]` planes, and floats from plane to plane and from row to row.
    pub(crate) input: *const f32,
    pub(crate) plane: usize,
    pub(crate) row: usize,
    pub(crate) channels: usize,
    /// `[products][block][channels][outputs of the block]`: the transformed kernels.
    pub(crate) weights: *const f32,
    /// Output channels.
    pub(crate) outs: usize,
    /// `[outs]`; null: zeros.
    pub(crate) bias: *const f32,
    /// Adds to what is in `out`.
    pub(crate) add: bool,
    pub(crate) relu: bool,
    /// As `out`; not null: where the gate is not positive, out becomes 0.
    pub(crate) gate: *const f32,
    pub(crate) out: *mut f32,
    pub(crate) out_plane: usize,
    pub(crate) out_row: usize,
    /// `[products][channels][GROUP][16]`, then `[products][outs][GROUP][16]`: see [`room`].
    pub(crate) room: *mut f32,
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

/// # Safety
/// The pointers hold what their comments say; every piece's inputs lie in the plane or its border.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &Winograd) {
    // SAFETY: handed on.
    unsafe { if work.outputs == 4 { pieces::<V, 4>(work) } else { pieces::<V, 2>(work) } }
}

#[inline(always)]
unsafe fn pieces<V: Lanes, const M: usize>(work: &Winograd) {
    const POSITION: usize = GROUP * LANES;
    // SAFETY: as `run` demands.
    unsafe {
        let inputs = work.room;
        let (in_stride, out_stride) = (stride(work.channels * GROUP), stride(work.outs * GROUP));
        let products = inputs.add(PRODUCTS * in_stride);
        let tile = |pieces: usize| conv::Tile {
            pair: pieces < GROUP,
            from: std::array::from_fn(|k| (k * LANES) as i32),
            to: std::array::from_fn(|k| (k * LANES) as u32),
            taps: [0, 1],
        };
        let tap = conv::Tap { offset: 0, weight: 0 };
        for group in conv::tiles(work.pieces) {
            for channel in 0..work.channels {
                for (k, piece) in group.iter().enumerate() {
                    let from = work.input.add(channel * work.plane + piece.from as usize);
                    let to = inputs.add((channel * GROUP + k) * LANES);
                    spread_input::<V>(from, work.row, to, in_stride);
                }
            }
            for product in 0..PRODUCTS {
                let mut weights = work.weights.add(product * work.channels * work.outs);
                for first in (0..work.outs).step_by(conv::BLOCK) {
                    let block = conv::BLOCK.min(work.outs - first);
                    conv::run::<V>(&conv::Conv {
                        tiles: &[tile(group.len())],
                        taps: &[tap],
                        input: inputs.add(product * in_stride),
                        plane: POSITION,
                        channels: work.channels,
                        weights,
                        kernel: 1,
                        bias: ZEROS.as_ptr(),
                        block,
                        add: false,
                        relu: false,
                        gate: std::ptr::null(),
                        out: products.add(product * out_stride + first * POSITION),
                        out_plane: POSITION,
                    });
                    weights = weights.add(work.channels * block);
                }
            }
            for channel in 0..work.outs {
                let bias = if work.bias.is_null() { 0.0 } else { *work.bias.add(channel) };
                for (k, piece) in group.iter().enumerate() {
                    let from = products.add((channel * GROUP + k) * LANES).cast_const();
                    let place = channel * work.out_plane + piece.to as usize;
                    gather_output::<V, M>(work, piece, from, out_stride, &[bias; LANES], place);
                }
            }
        }
    }
}

/// One line of the input's transform Bᵀ.
#[inline(always)]
unsafe fn input_line<V: Vector>(d: [V; SIDE]) -> [V; SIDE] {
    // SAFETY: as `Vector`.
    unsafe {
        let (four, five) = (V::splat(4.0), V::splat(5.0));
        let even = d[2].neg_mul_add(four, d[4]);
        let odd = d[1].neg_mul_add(four, d[3]);
        let far = d[4].sub(d[2]);
        let near = d[3].sub(d[1]);
        let two = V::splat(2.0);
        [
            d[0].mul_add(four, d[2].neg_mul_add(five, d[4])),
            even.add(odd),
            even.sub(odd),
            near.mul_add(two, far),
            near.neg_mul_add(two, far),
            d[1].mul_add(four, d[3].neg_mul_add(five, d[5])),
        ]
    }
}

/// A 6×6 piece of an input, transformed: product p goes to `to + p·stride`.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
pub(crate) unsafe fn spread_input<V: Lanes>(from: *const f32, row: usize, to: *mut f32, stride: usize) {
    for lane in (0..LANES).step_by(V::Part::WIDTH) {
        // SAFETY: the caller's.
        unsafe {
            let (from, to) = (from.add(lane), to.add(lane));
            let mut lines = [[V::Part::splat(0.0); SIDE]; SIDE];
            for (y, line) in lines.iter_mut().enumerate() {
                *line = input_line(std::array::from_fn(|x| V::Part::load(from.add(y * row + x * LANES))));
            }
            for x in 0..SIDE {
                let column = input_line(std::array::from_fn(|y| lines[y][x]));
                for (y, value) in column.into_iter().enumerate() {
                    value.store(to.add((y * SIDE + x) * stride));
                }
            }
        }
    }
}

/// One line of the outputs' transform Aᵀ.
#[inline(always)]
unsafe fn output_line<V: Vector, const M: usize>(m: [V; SIDE]) -> [V; M] {
    // SAFETY: as `Vector`.
    unsafe {
        let (one, two) = (m[1].add(m[2]), m[3].add(m[4]));
        let (one_odd, two_odd) = (m[1].sub(m[2]), m[3].sub(m[4]));
        let mut out = [m[0].add(one).add(two); M];
        let mut power = 2.0;
        for (k, out) in out.iter_mut().enumerate().skip(1) {
            *out = if k % 2 == 1 {
                two_odd.mul_add(V::splat(power), one_odd)
            } else {
                two.mul_add(V::splat(power), one)
            };
            power *= 2.0;
        }
        out[M - 1] = out[M - 1].add(m[5]);
        out
    }
}

/// A piece's outputs from its products: product p comes from `from + p·stride`. `bias` holds sixteen lanes.
#[inline(always)]
pub(crate) unsafe fn gather_output<V: Lanes, const M: usize>(
    work: &Winograd,
    piece: &Piece,
    from: *const f32,
    stride: usize,
    bias: &[f32; LANES],
    place: usize,
) {
    for lane in (0..LANES).step_by(V::Part::WIDTH) {
        // SAFETY: as `run` demands.
        unsafe {
            let bias = V::Part::load(bias.as_ptr().add(lane));
            gather_part::<V::Part, M>(work, piece, from.add(lane), stride, bias, place + lane);
        }
    }
}

#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn gather_part<P: Vector, const M: usize>(
    work: &Winograd,
    piece: &Piece,
    from: *const f32,
    stride: usize,
    bias: P,
    place: usize,
) {
    // SAFETY: as `run` demands.
    unsafe {
        let mut lines = [[P::splat(0.0); M]; SIDE];
        for (y, line) in lines.iter_mut().enumerate() {
            *line = output_line(std::array::from_fn(|x| P::load(from.add((y * SIDE + x) * stride))));
        }
        let [rows, columns] = piece.inside.map(usize::from);
        for x in 0..columns.min(M) {
            let column: [P; M] = output_line(std::array::from_fn(|y| lines[y][x]));
            for (y, value) in column.into_iter().enumerate().take(rows) {
                let place = place + y * work.out_row + x * LANES;
                let out = work.out.add(place);
                let mut sum = value.add(bias);
                if work.add {
                    sum = sum.add(P::load(out));
                }
                if work.relu {
                    sum = sum.at_least(P::splat(0.0));
                }
                if !work.gate.is_null() {
                    sum = sum.where_positive(P::load(work.gate.add(place)));
                }
                sum.store(out);
            }
        }
    }
}

/// One line of A, the way back of [`output_line`].
#[inline(always)]
unsafe fn gradient_line<V: Vector, const M: usize>(y: [V; M]) -> [V; SIDE] {
    // SAFETY: as `Vector`.
    unsafe {
        let (mut even_1, mut odd_1) = (y[0], y[1]);
        let (mut even_2, mut odd_2) = (y[0], y[1].mul(V::splat(2.0)));
        let mut power = 4.0;
        for (k, &y) in y.iter().enumerate().skip(2) {
            if k % 2 == 0 {
                even_1 = even_1.add(y);
                even_2 = y.mul_add(V::splat(power), even_2);
            } else {
                odd_1 = odd_1.add(y);
                odd_2 = y.mul_add(V::splat(power), odd_2);
            }
            power *= 2.0;
        }
        [y[0], even_1.add(odd_1), even_1.sub(odd_1), even_2.add(odd_2), even_2.sub(odd_2), y[M - 1]]
    }
}

/// The gradient of a piece's outputs, transformed: product p goes to `to + p·stride`.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
pub(crate) unsafe fn spread_gradient<V: Lanes, const M: usize>(
    from: *const f32,
    row: usize,
    to: *mut f32,
    stride: usize,
) {
    for lane in (0..LANES).step_by(V::Part::WIDTH) {
        // SAFETY: the caller's; outputs outside of the plane lie in its border, and are 0.
        unsafe {
            let (from, to) = (from.add(lane), to.add(lane));
            let mut lines = [[V::Part::splat(0.0); SIDE]; M];
            for (y, line) in lines.iter_mut().enumerate() {
                *line = gradient_line::<V::Part, M>(std::array::from_fn(|x| {
                    V::Part::load(from.add(y * row + x * LANES))
                }));
            }
            for x in 0..SIDE {
                let column = gradient_line::<V::Part, M>(std::array::from_fn(|y| lines[y][x]));
                for (y, value) in column.into_iter().enumerate() {
                    value.store(to.add((y * SIDE + x) * stride));
                }
            }
        }
    }
}
