//! One piece of a plane for [`winograd`](super::winograd), and its transforms: of its inputs and of its outputs.
//! [`winograd_piece_back`](super::winograd_piece_back) has the same transposed.
//!
//! With the points 0, ±1, ±2 and ∞ kernels of 3×3 and 5×5 share the input's transform. Where no more than two of a 3×3
//! kernel's outputs are left along an axis, a piece is narrow there: four inputs, and the points 0, ±1 and ∞, for which the
//! transformed kernels serve as they are.

use std::ops::Range;

use super::factors::join;
use crate::engine::lanes::{LANES, Lanes, Vector};

/// Side of a piece.
pub(crate) const SIDE: usize = 6;
/// The same where a piece is narrow.
pub(crate) const NARROW: usize = 4;
/// Products a piece, where it is narrow nowhere.
pub(crate) const PRODUCTS: usize = SIDE * SIDE;

/// One piece of a plane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    /// Its first input in an input plane, in floats.
    pub(crate) from: u32,
    /// Its first output in an output plane, in floats.
    pub(crate) to: u32,
    /// Rows and columns of outputs that lie inside the plane.
    pub(crate) inside: [u8; 2],
    /// What becomes of its inputs on the way back.
    pub(crate) back: Back,
    pub(crate) size: Size,
}

/// What becomes of a piece's inputs on the way back; of rows and columns each. Pieces go in an order in which each comes before
/// those below it and right of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Back {
    /// A piece before it has given to the first ones, those that the two share.
    pub(crate) begun: [bool; 2],
    /// A piece after it gives to the last ones.
    pub(crate) more: [bool; 2],
    /// The first that lies inside the plane, and the one after the last.
    pub(crate) inside: [[u8; 2]; 2],
}

/// Rows and columns of a piece's inputs, each [`SIDE`] or [`NARROW`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) [u8; 2]);

impl Size {
    /// The products that a piece of this size has, of all [`PRODUCTS`].
    pub(crate) fn products(self) -> impl Iterator<Item = usize> {
        let Self([rows, columns]) = self;
        points(rows).flat_map(move |row| points(columns).map(move |column| row * SIDE + column))
    }

    /// How many.
    pub(crate) fn count(self) -> usize {
        usize::from(self.0[0]) * usize::from(self.0[1])
    }
}

fn points(side: u8) -> impl Iterator<Item = usize> {
    (0..usize::from(side)).map(move |k| if side as usize == NARROW { place::<NARROW>(k) } else { k })
}

/// Which of the six points the k-th of `N` is: a narrow side goes without ±2.
const fn place<const N: usize>(k: usize) -> usize {
    if N == NARROW && k == NARROW - 1 { SIDE - 1 } else { k }
}

/// Pieces of one size.
pub(crate) fn alike(pieces: &[Piece]) -> impl Iterator<Item = &[Piece]> {
    pieces.chunk_by(|a, b| a.size == b.size)
}

/// Of some positions, which are pieces with one in each pack, each one's piece and pack.
pub(super) fn positions(
    pieces: &[Piece],
    packs: usize,
    range: Range<usize>,
) -> impl Iterator<Item = (&Piece, usize)> + Clone {
    range.map(move |number| position(pieces, packs, number))
}

/// The same of one.
pub(super) fn position(pieces: &[Piece], packs: usize, number: usize) -> (&Piece, usize) {
    (&pieces[number / packs], number % packs)
}

/// Row `y` of the products of a piece of `H` rows and `W` columns: product p at `from + p·stride`.
#[inline(always)]
pub(super) unsafe fn load_row<P: Vector, const H: usize, const W: usize>(
    from: *const f32,
    stride: usize,
    y: usize,
) -> [P; W] {
    // SAFETY: the caller's.
    std::array::from_fn(|x| unsafe { P::load(from.add((place::<H>(y) * SIDE + place::<W>(x)) * stride)) })
}

/// Stores column `x` of the products' factors of such a piece, those of `F` pieces joined.
#[inline(always)]
pub(super) unsafe fn store_column<P: Vector, const F: usize, const H: usize, const W: usize>(
    columns: [[P; H]; F],
    to: *mut f32,
    stride: usize,
    x: usize,
) {
    for y in 0..H {
        // SAFETY: the caller's.
        unsafe {
            join::<P, F>(columns.map(|column| column[y]))
                .store(to.add((place::<H>(y) * SIDE + place::<W>(x)) * stride))
        };
    }
}

/// Where what comes of a piece goes: its outputs, or on the way back the gradient of its inputs.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// A piece's outputs a side, where it is not narrow: 2 or 4.
    pub(crate) outputs: usize,
    pub(crate) out: *mut f32,
    /// Floats from row to row.
    pub(crate) row: usize,
    /// Adds to what is in `out`.
    pub(crate) add: bool,
    /// max(out, 0) at the end; of outputs alone.
    pub(crate) relu: bool,
    /// As `out`; not null: where the gate is not positive, out becomes 0.
    pub(crate) gate: *const f32,
}

/// One line of the input's transform Bᵀ.
#[inline(always)]
unsafe fn input_line<V: Vector, const N: usize>(d: [V; N]) -> [V; N] {
    // SAFETY: as `Vector`.
    unsafe {
        let mut out = d;
        if N == NARROW {
            // Scaled, so that the factors of the kernels are those of six points.
            let (four, three) = (V::splat(4.0), V::splat(3.0));
            out[0] = d[0].sub(d[2]).mul(four);
            out[1] = d[1].add(d[2]).mul(V::splat(-3.0));
            out[2] = d[1].sub(d[2]).mul(three);
            out[3] = d[3].sub(d[1]);
            return out;
        }
        let (four, five) = (V::splat(4.0), V::splat(5.0));
        let even = d[2].neg_mul_add(four, d[4]);
        let odd = d[1].neg_mul_add(four, d[3]);
        let far = d[4].sub(d[2]);
        let near = d[3].sub(d[1]);
        let two = V::splat(2.0);
        out[0] = d[0].mul_add(four, d[2].neg_mul_add(five, d[4]));
        out[1] = even.add(odd);
        out[2] = even.sub(odd);
        out[3] = near.mul_add(two, far);
        out[4] = near.neg_mul_add(two, far);
        out[5] = d[1].mul_add(four, d[3].neg_mul_add(five, d[5]));
        out
    }
}

/// Pieces of `F` inputs, transformed and joined: product p goes to `to + p·stride`. Where the second is null it is 0.
#[inline(always)]
pub(crate) unsafe fn spread_input<V: Lanes, const F: usize>(
    size: Size,
    from: [*const f32; F],
    row: usize,
    to: *mut f32,
    stride: usize,
) {
    for lane in (0..LANES).step_by(V::Part::WIDTH) {
        // SAFETY: the caller's.
        unsafe {
            match size.0.map(usize::from) {
                [SIDE, SIDE] => spread_part::<V::Part, F, SIDE, SIDE>(from, lane, row, to, stride),
                [SIDE, _] => spread_part::<V::Part, F, SIDE, NARROW>(from, lane, row, to, stride),
                [_, SIDE] => spread_part::<V::Part, F, NARROW, SIDE>(from, lane, row, to, stride),
                _ => spread_part::<V::Part, F, NARROW, NARROW>(from, lane, row, to, stride),
            }
        }
    }
}

/// The transform along the rows.
#[inline(always)]
unsafe fn input_lines<P: Vector, const H: usize, const W: usize>(
    from: *const f32,
    row: usize,
) -> [[P; W]; H] {
    // SAFETY: the caller's.
    unsafe {
        let mut lines = [[P::splat(0.0); W]; H];
        for (y, line) in lines.iter_mut().enumerate() {
            *line = input_line(std::array::from_fn(|x| P::load(from.add(y * row + x * LANES))));
        }
        lines
    }
}

/// Of `H` rows and `W` columns, the lanes from `lane` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn spread_part<P: Vector, const F: usize, const H: usize, const W: usize>(
    from: [*const f32; F],
    lane: usize,
    row: usize,
    to: *mut f32,
    stride: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut lines = [[[P::splat(0.0); W]; H]; F];
        for (k, lines) in lines.iter_mut().enumerate() {
            *lines = if k > 0 && from[k].is_null() {
                [[P::splat(0.0); W]; H]
            } else {
                input_lines(from[k].add(lane), row)
            };
        }
        for x in 0..W {
            let mut columns = [[P::splat(0.0); H]; F];
            for (column, lines) in columns.iter_mut().zip(&lines) {
                *column = input_line(std::array::from_fn(|y| lines[y][x]));
            }
            store_column::<P, F, H, W>(columns, to.add(lane), stride, x);
        }
    }
}

/// One line of the outputs' transform Aᵀ.
#[inline(always)]
unsafe fn output_line<V: Vector, const N: usize, const M: usize>(m: [V; N]) -> [V; M] {
    // SAFETY: as `Vector`.
    unsafe {
        let (one, one_odd) = (m[1].add(m[2]), m[1].sub(m[2]));
        let mut out = [m[0].add(one); M];
        if N == NARROW {
            out[1] = one_odd.add(m[3]);
            return out;
        }
        let (two, two_odd) = (m[3].add(m[4]), m[3].sub(m[4]));
        out[0] = out[0].add(two);
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
pub(crate) unsafe fn gather_output<V: Lanes>(
    target: &Target,
    piece: &Piece,
    from: *const f32,
    stride: usize,
    bias: &[f32; LANES],
    to: usize,
) {
    for lane in (0..LANES).step_by(V::Part::WIDTH) {
        // SAFETY: the caller's.
        unsafe {
            let bias = V::Part::load(bias.as_ptr().add(lane));
            let (from, to) = (from.add(lane), to + lane);
            match (target.outputs, piece.size.0.map(usize::from)) {
                (2, _) => gather_part::<V::Part, SIDE, SIDE, 2, 2>(target, piece, from, stride, bias, to),
                (_, [SIDE, SIDE]) => {
                    gather_part::<V::Part, SIDE, SIDE, 4, 4>(target, piece, from, stride, bias, to);
                }
                (_, [SIDE, _]) => {
                    gather_part::<V::Part, SIDE, NARROW, 4, 2>(target, piece, from, stride, bias, to);
                }
                (_, [_, SIDE]) => {
                    gather_part::<V::Part, NARROW, SIDE, 2, 4>(target, piece, from, stride, bias, to);
                }
                _ => gather_part::<V::Part, NARROW, NARROW, 2, 2>(target, piece, from, stride, bias, to),
            }
        }
    }
}

/// Of `H` rows and `W` columns, `A` rows and `B` columns of outputs.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn gather_part<P: Vector, const H: usize, const W: usize, const A: usize, const B: usize>(
    target: &Target,
    piece: &Piece,
    from: *const f32,
    stride: usize,
    bias: P,
    to: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut lines = [[P::splat(0.0); B]; H];
        for (y, line) in lines.iter_mut().enumerate() {
            *line = output_line(load_row::<P, H, W>(from, stride, y));
        }
        let [rows, columns] = piece.inside.map(usize::from);
        for x in 0..columns.min(B) {
            let column: [P; A] = output_line::<P, H, A>(std::array::from_fn(|y| lines[y][x]));
            for (y, value) in column.into_iter().enumerate().take(rows) {
                let to = to + y * target.row + x * LANES;
                let out = target.out.add(to);
                let mut sum = value.add(bias);
                if target.add {
                    sum = sum.add(P::load(out));
                }
                if target.relu {
                    sum = sum.at_least(P::splat(0.0));
                }
                if !target.gate.is_null() {
                    sum = sum.where_positive(P::load(target.gate.add(to)));
                }
                sum.store(out);
            }
        }
    }
}
