//! The transforms of [`winograd_piece`](super::winograd_piece), transposed: from the gradient of a piece's outputs to that of
//! its products, and from there to that of its inputs.

use super::winograd_piece::{Back, NARROW, Piece, SIDE, Size, Target, load_row, store_column};
use crate::engine::lanes::{LANES, Lanes, Vector};

/// One line of A, the way back of `output_line`.
#[inline(always)]
unsafe fn gradient_line<V: Vector, const M: usize, const N: usize>(y: [V; M]) -> [V; N] {
    // SAFETY: as `Vector`.
    unsafe {
        let mut out = [y[0]; N];
        out[N - 1] = y[M - 1];
        if N == NARROW {
            out[1] = y[0].add(y[1]);
            out[2] = y[0].sub(y[1]);
            return out;
        }
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
        out[1] = even_1.add(odd_1);
        out[2] = even_1.sub(odd_1);
        out[3] = even_2.add(odd_2);
        out[4] = even_2.sub(odd_2);
        out
    }
}

/// The gradient of `F` pieces' outputs, `outputs` a side where one is not narrow, transformed and joined: product p goes to
/// `to + p·stride`. Where the second is null it is 0.
#[inline(always)]
pub(crate) unsafe fn spread_gradient<V: Lanes, const F: usize>(
    outputs: usize,
    size: Size,
    from: [*const f32; F],
    row: usize,
    to: *mut f32,
    stride: usize,
) {
    for lane in (0..LANES).step_by(V::Part::WIDTH) {
        // SAFETY: the caller's; outputs outside of the plane lie in its border, and are 0.
        unsafe {
            match (outputs, size.0.map(usize::from)) {
                (2, _) => gradient_part::<V::Part, F, 2, 2, SIDE, SIDE>(from, lane, row, to, stride),
                (_, [SIDE, SIDE]) => {
                    gradient_part::<V::Part, F, 4, 4, SIDE, SIDE>(from, lane, row, to, stride);
                }
                (_, [SIDE, _]) => {
                    gradient_part::<V::Part, F, 4, 2, SIDE, NARROW>(from, lane, row, to, stride);
                }
                (_, [_, SIDE]) => {
                    gradient_part::<V::Part, F, 2, 4, NARROW, SIDE>(from, lane, row, to, stride);
                }
                _ => gradient_part::<V::Part, F, 2, 2, NARROW, NARROW>(from, lane, row, to, stride),
            }
        }
    }
}

/// The transform along the rows.
#[inline(always)]
unsafe fn gradient_lines<P: Vector, const A: usize, const B: usize, const W: usize>(
    from: *const f32,
    row: usize,
) -> [[P; W]; A] {
    // SAFETY: the caller's.
    unsafe {
        let mut lines = [[P::splat(0.0); W]; A];
        for (y, line) in lines.iter_mut().enumerate() {
            *line = gradient_line::<P, B, W>(std::array::from_fn(|x| P::load(from.add(y * row + x * LANES))));
        }
        lines
    }
}

/// Of `A` rows and `B` columns of outputs, `H` and `W` of products, the lanes from `lane` on.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn gradient_part<
    P: Vector,
    const F: usize,
    const A: usize,
    const B: usize,
    const H: usize,
    const W: usize,
>(
    from: [*const f32; F],
    lane: usize,
    row: usize,
    to: *mut f32,
    stride: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        let mut lines = [[[P::splat(0.0); W]; A]; F];
        for (k, lines) in lines.iter_mut().enumerate() {
            *lines = if k > 0 && from[k].is_null() {
                [[P::splat(0.0); W]; A]
            } else {
                gradient_lines::<P, A, B, W>(from[k].add(lane), row)
            };
        }
        for x in 0..W {
            let mut columns = [[P::splat(0.0); H]; F];
            for (column, lines) in columns.iter_mut().zip(&lines) {
                *column = gradient_line::<P, A, H>(std::array::from_fn(|y| lines[y][x]));
            }
            store_column::<P, F, H, W>(columns, to.add(lane), stride, x);
        }
    }
}

/// One line of B, the way back of `input_line`.
#[inline(always)]
unsafe fn back_line<V: Vector, const N: usize>(v: [V; N]) -> [V; N] {
    // SAFETY: as `Vector`.
    unsafe {
        let (two, four) = (V::splat(2.0), V::splat(4.0));
        let (minus_three, minus_four, minus_five) = (V::splat(-3.0), V::splat(-4.0), V::splat(-5.0));
        let mut out = v;
        out[0] = v[0].mul(four);
        let (one, one_odd) = (v[1].add(v[2]), v[1].sub(v[2]));
        if N == NARROW {
            out[1] = one_odd.mul(minus_three).sub(v[3]);
            out[2] = one.mul(minus_three).sub(out[0]);
            return out;
        }
        let (far, far_odd) = (v[3].add(v[4]), v[3].sub(v[4]));
        out[1] = v[5].mul_add(four, far_odd.neg_mul_add(two, one_odd.mul(minus_four)));
        out[2] = one.neg_mul_add(four, v[0].mul(minus_five)).sub(far);
        out[3] = v[5].mul_add(minus_five, far_odd.mul_add(two, one_odd));
        out[4] = v[0].add(one).add(far);
        out
    }
}

/// The gradient of a piece's inputs from that of its products, given to `target` at `to`: product p comes from
/// `from + p·stride`.
#[inline(always)]
pub(crate) unsafe fn scatter_input<V: Lanes>(
    target: &Target,
    piece: &Piece,
    from: *const f32,
    stride: usize,
    to: usize,
) {
    for lane in (0..LANES).step_by(V::Part::WIDTH) {
        // SAFETY: the caller's.
        unsafe {
            let (from, to) = (from.add(lane), to + lane);
            match (target.outputs, piece.size.0.map(usize::from)) {
                (2, _) => scatter_part::<V::Part, SIDE, SIDE, 2, 2>(target, piece.back, from, stride, to),
                (_, [SIDE, SIDE]) => {
                    scatter_part::<V::Part, SIDE, SIDE, 4, 4>(target, piece.back, from, stride, to);
                }
                (_, [SIDE, _]) => {
                    scatter_part::<V::Part, SIDE, NARROW, 4, 2>(target, piece.back, from, stride, to);
                }
                (_, [_, SIDE]) => {
                    scatter_part::<V::Part, NARROW, SIDE, 2, 4>(target, piece.back, from, stride, to);
                }
                _ => scatter_part::<V::Part, NARROW, NARROW, 2, 2>(target, piece.back, from, stride, to),
            }
        }
    }
}

/// Of `H` rows and `W` columns, `A` rows and `B` columns of outputs.
#[inline(always)]
unsafe fn scatter_part<P: Vector, const H: usize, const W: usize, const A: usize, const B: usize>(
    target: &Target,
    back: Back,
    from: *const f32,
    stride: usize,
    to: usize,
) {
    let whole = back.inside == [[0, H as u8], [0, W as u8]] && !target.add;
    // SAFETY: handed on.
    unsafe {
        match (whole, target.gate.is_null()) {
            (false, _) => scatter_each::<P, H, W, A, B, false, true>(target, back, from, stride, to),
            (true, false) => scatter_each::<P, H, W, A, B, true, true>(target, back, from, stride, to),
            (true, true) => scatter_each::<P, H, W, A, B, true, false>(target, back, from, stride, to),
        }
    }
}

/// With `WHOLE` all of them lie inside the plane and nothing else gives to them, without `GATED` there is no gate: what is
/// known beforehand is not asked of each.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // columns of an array of rows
unsafe fn scatter_each<
    P: Vector,
    const H: usize,
    const W: usize,
    const A: usize,
    const B: usize,
    const WHOLE: bool,
    const GATED: bool,
>(
    target: &Target,
    back: Back,
    from: *const f32,
    stride: usize,
    to: usize,
) {
    let outside =
        |k: usize, [first, end]: [u8; 2]| !WHOLE && (k < usize::from(first) || k >= usize::from(end));
    let ([above, left], [below, right]) = (back.begun, back.more);
    // SAFETY: the caller's.
    unsafe {
        let mut lines = [[P::splat(0.0); W]; H];
        for (y, line) in lines.iter_mut().enumerate() {
            *line = back_line(load_row::<P, H, W>(from, stride, y));
        }
        for x in 0..W {
            let column: [P; H] = back_line(std::array::from_fn(|y| lines[y][x]));
            if outside(x, back.inside[1]) {
                continue;
            }
            for (y, mut value) in column.into_iter().enumerate() {
                if outside(y, back.inside[0]) {
                    continue;
                }
                let to = to + y * target.row + x * LANES;
                let out = target.out.add(to);
                // What pieces share are the kernel's side less one, H − A = W − B.
                if (!WHOLE && target.add) || (above && y < H - A) || (left && x < W - B) {
                    value = value.add(P::load(out));
                }
                let last = (y < A || !below) && (x < B || !right);
                if GATED && last && (WHOLE || !target.gate.is_null()) {
                    value = value.where_positive(P::load(target.gate.add(to)));
                }
                value.store(out);
            }
        }
    }
}
