//! [`Lanes`] for x86-64 with AVX-512: one register.
//!
//! Comparisons and `max` are used in the operand order that keeps NaN, as the trait asks.
#![allow(clippy::undocumented_unsafe_blocks)] // every intrinsic below is covered by the trait's contract

use std::arch::x86_64::*;

use super::{Lanes, SECOND, TINY, Vector};

/// AVX-512 (F, BW, DQ, VL), and BF16 where `PAIRS` says so.
#[derive(Clone, Copy)]
pub(crate) struct Avx512<const PAIRS: bool>(__m512);

impl<const PAIRS: bool> Vector for Avx512<PAIRS> {
    const WIDTH: usize = 16;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        unsafe { Self(_mm512_set1_ps(x)) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        unsafe { Self(_mm512_loadu_ps(from)) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { _mm512_storeu_ps(to, self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        unsafe { Self(_mm512_add_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        unsafe { Self(_mm512_sub_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        unsafe { Self(_mm512_mul_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { Self(_mm512_fmadd_ps(self.0, factor.0, addend.0)) }
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, factor: Self, addend: Self) -> Self {
        unsafe { Self(_mm512_fnmadd_ps(self.0, factor.0, addend.0)) }
    }
    #[inline(always)]
    unsafe fn at_least(self, floor: Self) -> Self {
        unsafe { Self(_mm512_max_ps(floor.0, self.0)) }
    }
    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        unsafe {
            let positive = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(gate.0, _mm512_setzero_ps());
            Self(_mm512_maskz_mov_ps(positive, self.0))
        }
    }
    #[inline(always)]
    unsafe fn greater(self, other: Self) -> u32 {
        unsafe { u32::from(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn pair(self, second: Self) -> Self {
        unsafe {
            let half = _mm512_set1_epi32(1 << 15);
            let round = |x: __m512| {
                let keep = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(x), _mm512_set1_ps(TINY));
                _mm512_maskz_add_epi32(keep, _mm512_castps_si512(x), half)
            };
            let first = _mm512_srli_epi32::<16>(round(self.0));
            Self(_mm512_castsi512_ps(_mm512_mask_blend_epi16(0xaaaa_aaaa, first, round(second.0))))
        }
    }
    #[inline(always)]
    unsafe fn add_pairs(self, a: Self, b: Self) -> Self {
        unsafe {
            let (a, b) = (_mm512_castps_si512(a.0), _mm512_castps_si512(b.0));
            if PAIRS {
                // The same bits by another name.
                let [a, b] = [a, b].map(|x| std::mem::transmute::<__m512i, __m512bh>(x));
                return Self(_mm512_dpbf16_ps(self.0, a, b));
            }
            let first = |x| _mm512_castsi512_ps(_mm512_slli_epi32::<16>(x));
            let second =
                |x| _mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32(SECOND.cast_signed())));
            let sum = _mm512_fmadd_ps(second(a), second(b), self.0);
            Self(_mm512_fmadd_ps(first(a), first(b), sum))
        }
    }
}

impl<const PAIRS: bool> Lanes for Avx512<PAIRS> {
    type Part = Self;
    const SUMS: usize = 27;
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        unsafe { Self(_mm512_div_ps(self.0, other.0)) }
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        unsafe { Self(_mm512_sqrt_ps(self.0)) }
    }
    #[inline(always)]
    unsafe fn flush_below(self, tiny: Self) -> Self {
        unsafe {
            let keep = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(self.0), tiny.0);
            Self(_mm512_maskz_mov_ps(keep, self.0))
        }
    }
    #[inline(always)]
    unsafe fn scale_by_exponent_bits(self, exponent: Self) -> Self {
        unsafe {
            let shifted = _mm512_slli_epi32::<23>(_mm512_castps_si512(exponent.0));
            Self(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(self.0), shifted)))
        }
    }
    #[inline(always)]
    unsafe fn nonzero(self) -> u32 {
        unsafe { u32::from(_mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(self.0, _mm512_setzero_ps())) }
    }
    #[inline(always)]
    unsafe fn keep(self, bits: u32) -> Self {
        unsafe { Self(_mm512_maskz_mov_ps(bits as u16, self.0)) }
    }
    #[inline(always)]
    unsafe fn from_bytes(from: *const u8) -> Self {
        unsafe { Self(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.cast())))) }
    }
    #[inline(always)]
    unsafe fn prefetch(address: *const u8) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
    #[inline(always)]
    unsafe fn nonzero_bytes(from: *const u8) -> u64 {
        unsafe {
            let bytes = _mm512_loadu_si512(from.cast());
            _mm512_test_epi8_mask(bytes, bytes)
        }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
        unsafe {
            // Four rounds of interleaving: 32-bit pairs, 64-bit pairs, 128-bit quarters twice.
            let mut r = [_mm512_setzero_ps(); 16];
            for (k, row) in r.iter_mut().enumerate() {
                *row = _mm512_loadu_ps(from.add(k * from_stride));
            }
            let mut t = [_mm512_setzero_ps(); 16];
            for k in 0..8 {
                t[2 * k] = _mm512_unpacklo_ps(r[2 * k], r[2 * k + 1]);
                t[2 * k + 1] = _mm512_unpackhi_ps(r[2 * k], r[2 * k + 1]);
            }
            for k in 0..4 {
                let [a, b, c, d] =
                    [t[4 * k], t[4 * k + 1], t[4 * k + 2], t[4 * k + 3]].map(|x| _mm512_castps_pd(x));
                r[4 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
                r[4 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
                r[4 * k + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
                r[4 * k + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
            }
            for k in 0..4 {
                t[k] = _mm512_shuffle_f32x4::<0x88>(r[k], r[4 + k]);
                t[4 + k] = _mm512_shuffle_f32x4::<0xdd>(r[k], r[4 + k]);
                t[8 + k] = _mm512_shuffle_f32x4::<0x88>(r[8 + k], r[12 + k]);
                t[12 + k] = _mm512_shuffle_f32x4::<0xdd>(r[8 + k], r[12 + k]);
            }
            for k in 0..8 {
                let (low, high) = (t[k], t[8 + k]);
                let even = _mm512_shuffle_f32x4::<0x88>(low, high);
                let odd = _mm512_shuffle_f32x4::<0xdd>(low, high);
                _mm512_storeu_ps(to.add(k * to_stride), even);
                _mm512_storeu_ps(to.add((k + 8) * to_stride), odd);
            }
        }
    }
}
