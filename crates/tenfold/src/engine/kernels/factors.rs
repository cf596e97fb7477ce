//! What a lane of a product's factors holds: one `f32`, or, with half the memory and half the multiply-adds, two numbers of
//! eight significant bits (bfloat16). Sums are `f32` in either case.
//!
//! Two go into one sum at once where the processor can do that; elsewhere one after the other, by multiply-adds: what is
//! rounded is the same, since a product of two such numbers is exact.

use crate::engine::lanes::Vector;

/// Factors a lane: one, which is an `f32`, or a pair of bfloat16.
pub(crate) const SINGLE: usize = 1;
pub(crate) const PAIR: usize = 2;

/// The lanes of `F` vectors, joined.
#[inline(always)]
pub(super) unsafe fn join<P: Vector, const F: usize>(values: [P; F]) -> P {
    // SAFETY: as `Vector`.
    if F == PAIR { unsafe { values[0].pair(values[F - 1]) } } else { values[0] }
}

/// `sum` + the products of what is joined in `a` and in `b`: of a pair the second first, each rounded once.
#[inline(always)]
pub(super) unsafe fn add_products<P: Vector, const F: usize>(a: P, b: P, sum: P) -> P {
    // SAFETY: as `Vector`.
    unsafe { if F == PAIR { sum.add_pairs(a, b) } else { a.mul_add(b, sum) } }
}

/// Where the planes of line `line` begin, of `count` that `at` finds; null where none is left.
#[inline(always)]
pub(super) fn of_line<const F: usize>(
    line: usize,
    count: usize,
    at: impl Fn(usize) -> *const f32,
) -> [*const f32; F] {
    std::array::from_fn(|k| if line * F + k < count { at(line * F + k) } else { std::ptr::null() })
}
