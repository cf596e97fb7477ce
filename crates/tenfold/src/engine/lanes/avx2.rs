//! [`Lanes`] for x86-64 with AVX2 and FMA: two registers.
//!
//! Comparisons and `max` are used in the operand order that keeps NaN, as the trait asks.
#![allow(clippy::undocumented_unsafe_blocks)] // every intrinsic below is covered by the trait's contract

use std::arch::x86_64::*;

use super::{Lanes, SECOND, TINY, Vector};

/// Eight lanes: one AVX register, with FMA.
#[derive(Clone, Copy)]
pub(crate) struct Half(__m256);

impl Vector for Half {
    const WIDTH: usize = 8;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        unsafe { Self(_mm256_set1_ps(x)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(_mm256_loadu_ps(from)) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm256_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { Self(_mm256_add_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { Self(_mm256_sub_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { Self(_mm256_mul_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { Self(_mm256_fmadd_ps(self.0, factor.0, addend.0)) }
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { Self(_mm256_fnmadd_ps(self.0, factor.0, addend.0)) }
    }
    #[inline(always)]
    unsafe fn at_least(self, floor: Self) -> Self {
        unsafe { Self(_mm256_max_ps(floor.0, self.0)) }
    }
    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        unsafe { Self(_mm256_and_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(gate.0, _mm256_setzero_ps()), self.0)) }
    }
    #[inline(always)]
    unsafe fn pair(self, second: Self) -> Self {
        unsafe {
            let half = _mm256_set1_epi32(1 << 15);
            let round = |x: __m256| {
                let size = _mm256_andnot_ps(_mm256_set1_ps(-0.0), x);
                let keep = _mm256_cmp_ps::<_CMP_NLT_UQ>(size, _mm256_set1_ps(TINY));
                let rounded = _mm256_add_epi32(_mm256_castps_si256(x), half);
                _mm256_and_si256(_mm256_castps_si256(keep), rounded)
            };
            let first = _mm256_srli_epi32::<16>(round(self.0));
            Self(_mm256_castsi256_ps(_mm256_blend_epi16::<0b1010_1010>(first, round(second.0))))
        }
    }
    #[inline(always)]
    unsafe fn add_pairs(self, a: Self, b: Self) -> Self {
        unsafe {
            let first = |x: __m256| _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_castps_si256(x)));
            let second = |x: __m256| _mm256_and_ps(x, _mm256_set1_ps(f32::from_bits(SECOND)));
            let sum = _mm256_fmadd_ps(second(a.0), second(b.0), self.0);
            Self(_mm256_fmadd_ps(first(a.0), first(b.0), sum))
        }
    }
    #[inline(always)]
    unsafe fn greater(self, other: Self) -> u32 {
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0)).cast_unsigned() }
    }
}

/// Sixteen lanes in two AVX registers.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(Half, Half);

impl Vector for Avx2 {
    const WIDTH: usize = 16;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        unsafe { Self(Half::splat(x), Half::splat(x)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(Half::load(from), Half::load(from.add(8))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe {
            self.0.store(to);
            self.1.store(to.add(8));
        }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { Self(self.0.add(other.0), self.1.add(other.1)) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { Self(self.0.sub(other.0), self.1.sub(other.1)) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { Self(self.0.mul(other.0), self.1.mul(other.1)) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { Self(self.0.mul_add(factor.0, addend.0), self.1.mul_add(factor.1, addend.1)) }
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { Self(self.0.neg_mul_add(factor.0, addend.0), self.1.neg_mul_add(factor.1, addend.1)) }
    }
    #[inline(always)]
    unsafe fn at_least(self, floor: Self) -> Self {
        unsafe { Self(self.0.at_least(floor.0), self.1.at_least(floor.1)) }
    }
    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        unsafe { Self(self.0.where_positive(gate.0), self.1.where_positive(gate.1)) }
    }
    #[inline(always)]
    unsafe fn pair(self, second: Self) -> Self {
        unsafe { Self(self.0.pair(second.0), self.1.pair(second.1)) }
    }
    #[inline(always)]
    unsafe fn add_pairs(self, a: Self, b: Self) -> Self {
        unsafe { Self(self.0.add_pairs(a.0, b.0), self.1.add_pairs(a.1, b.1)) }
    }
    #[inline(always)]
    unsafe fn greater(self, other: Self) -> u32 {
        unsafe { self.0.greater(other.0) | self.1.greater(other.1) << 8 }
    }
}

impl Lanes for Avx2 {
    type Part = Half;
    const SUMS: usize = 10;
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        unsafe { Self(Half(_mm256_div_ps(self.0.0, other.0.0)), Half(_mm256_div_ps(self.1.0, other.1.0))) }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        unsafe { Self(Half(_mm256_sqrt_ps(self.0.0)), Half(_mm256_sqrt_ps(self.1.0))) }
    }
    #[inline(always)]
    unsafe fn flush_below(self, tiny: Self) -> Self {
        unsafe {
            let sign = _mm256_set1_ps(-0.0);
            let low = _mm256_cmp_ps::<_CMP_NLT_UQ>(_mm256_andnot_ps(sign, self.0.0), tiny.0.0);
            let high = _mm256_cmp_ps::<_CMP_NLT_UQ>(_mm256_andnot_ps(sign, self.1.0), tiny.1.0);
            Self(Half(_mm256_and_ps(low, self.0.0)), Half(_mm256_and_ps(high, self.1.0)))
        }
    }
    #[inline(always)]
    unsafe fn scale_by_exponent_bits(self, exponent: Self) -> Self {
        unsafe {
            let low = _mm256_slli_epi32::<23>(_mm256_castps_si256(exponent.0.0));
            let high = _mm256_slli_epi32::<23>(_mm256_castps_si256(exponent.1.0));
            Self(
                Half(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self.0.0), low))),
                Half(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(self.1.0), high))),
            )
        }
    }
    #[inline(always)]
    unsafe fn nonzero(self) -> u32 {
        unsafe {
            let zero = _mm256_setzero_ps();
            let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(self.0.0, zero));
            let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(self.1.0, zero));
            (low | high << 8).cast_unsigned()
        }
    }
    #[inline(always)]
    unsafe fn keep(self, bits: u32) -> Self {
        unsafe {
            let lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            let spread = |bits: u32| {
                let set = _mm256_and_si256(_mm256_set1_epi32(bits.cast_signed()), lane);
                _mm256_castsi256_ps(_mm256_cmpeq_epi32(set, lane))
            };
            Self(
                Half(_mm256_and_ps(spread(bits), self.0.0)),
                Half(_mm256_and_ps(spread(bits >> 8), self.1.0)),
            )
        }
    }
    #[inline(always)]
    unsafe fn from_bytes(from: *const u8) -> Self {
        unsafe {
            let bytes = _mm_loadu_si128(from.cast());
            let low = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
            let high = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128::<8>(bytes)));
            Self(Half(low), Half(high))
        }
    }
    #[inline(always)]
    unsafe fn prefetch(address: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
    #[inline(always)]
    unsafe fn nonzero_bytes(from: *const u8) -> u64 {
        unsafe {
            let zeros = |from: *const u8| {
                let zero = _mm256_cmpeq_epi8(_mm256_loadu_si256(from.cast()), _mm256_setzero_si256());
                u64::from(_mm256_movemask_epi8(zero).cast_unsigned())
            };
            !(zeros(from) | zeros(from.add(32)) << 32)
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
        for (row, column) in [(0, 0), (0, 8), (8, 0), (8, 8)] {
            unsafe {
                let from = from.add(row * from_stride + column);
                let to = to.add(column * to_stride + row);
                let mut r = [_mm256_setzero_ps(); 8];
                for (k, row) in r.iter_mut().enumerate() {
                    *row = _mm256_loadu_ps(from.add(k * from_stride));
                }
                let mut t = [_mm256_setzero_ps(); 8];
                for k in 0..4 {
                    t[2 * k] = _mm256_unpacklo_ps(r[2 * k], r[2 * k + 1]);
                    t[2 * k + 1] = _mm256_unpackhi_ps(r[2 * k], r[2 * k + 1]);
                }
                for k in 0..2 {
                    r[4 * k] = _mm256_shuffle_ps::<0x44>(t[4 * k], t[4 * k + 2]);
                    r[4 * k + 1] = _mm256_shuffle_ps::<0xee>(t[4 * k], t[4 * k + 2]);
                    r[4 * k + 2] = _mm256_shuffle_ps::<0x44>(t[4 * k + 1], t[4 * k + 3]);
                    r[4 * k + 3] = _mm256_shuffle_ps::<0xee>(t[4 * k + 1], t[4 * k + 3]);
                }
                for k in 0..4 {
                    let low = _mm256_permute2f128_ps::<0x20>(r[k], r[4 + k]);
                    let high = _mm256_permute2f128_ps::<0x31>(r[k], r[4 + k]);
                    _mm256_storeu_ps(to.add(k * to_stride), low);
                    _mm256_storeu_ps(to.add((k + 4) * to_stride), high);
                }
            }
        }
    }
}
