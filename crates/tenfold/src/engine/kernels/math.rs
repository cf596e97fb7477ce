//! exp and ln as the engine's own polynomials, built from exactly rounded operations, so that they give the same bits
//! everywhere.
//!
//! Range reduction as usual (Muller, "Elementary Functions", ch. 11); the polynomials' coefficients are the Taylor
//! series' where the reduced range makes that enough.

use crate::engine::lanes::Lanes;

/// 1.5·2²³: adding it to a small number leaves that number, rounded to a whole one, in the low bits.
const ROUNDER: f32 = 12_582_912.0;
/// ln 2 in two parts, the first exact in few bits.
const LN_2_HIGH: f32 = 355.0 / 512.0;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// eˣ for x ≤ 0, to about 1e-7 relative; below −87 it stays at e⁻⁸⁷. NaN stays NaN.
///
/// # Safety
/// As [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn exp_nonpositive<V: Lanes>(x: V) -> V {
    // SAFETY: handed on.
    unsafe {
        let x = x.at_least(V::splat(-87.0));
        let shifted = x.mul_add(V::splat(std::f32::consts::LOG2_E), V::splat(ROUNDER));
        let whole = shifted.sub(V::splat(ROUNDER));
        // r = x − whole·ln 2, in ±0.35.
        let r = whole.neg_mul_add(V::splat(LN_2_HIGH), x);
        let r = whole.neg_mul_add(V::splat(LN_2_LOW), r);
        let mut p = V::splat(1.0 / 5040.0);
        for coefficient in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            p = p.mul_add(r, V::splat(coefficient));
        }
        p.scale_by_exponent_bits(shifted)
    }
}

/// ln x for finite x ≥ 1, to about 1e-7; anything else gives NaN or infinity as it comes.
#[inline(always)]
pub(crate) fn ln_at_least_one(x: f32) -> f32 {
    if !x.is_finite() {
        return x;
    }
    let bits = x.to_bits();
    // x = m·2ᵉ with m in [√½, √2).
    let exponent = bits.wrapping_sub(0x3f35_04f3).cast_signed() >> 23;
    let m = f32::from_bits(bits.wrapping_sub((exponent << 23).cast_unsigned()));
    // ln m = 2·artanh(s) with s = (m − 1)/(m + 1), |s| < 0.172.
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut p = 2.0 / 9.0;
    for coefficient in [2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0, 2.0] {
        p = z.mul_add(p, coefficient);
    }
    let e = exponent as f32;
    e.mul_add(LN_2_HIGH, e.mul_add(LN_2_LOW, s * p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lanes::{LANES, Portable, Vector};

    fn exp(x: f32) -> f32 {
        let mut out = [0.0; LANES];
        // SAFETY: portable lanes run anywhere; `out` holds sixteen floats.
        unsafe { exp_nonpositive(Portable::<LANES>::splat(x)).store(out.as_mut_ptr()) };
        out[0]
    }

    #[test]
    fn exp_is_close_to_the_real_one() {
        for k in 0..87_000 {
            let x = -k as f32 / 1000.0;
            let real = f64::from(x).exp();
            assert!(((f64::from(exp(x)) - real) / real).abs() < 2.5e-7, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(f32::NEG_INFINITY) > 0.0 && exp(-1e9) < 2e-38);
    }

    #[test]
    fn ln_is_close_to_the_real_one() {
        for k in 0..100_000 {
            let x = 1.0 + k as f32 / 700.0;
            let real = f64::from(x).ln();
            assert!((f64::from(ln_at_least_one(x)) - real).abs() < 2e-7 * real.max(1.0), "{x}");
        }
        assert_eq!(ln_at_least_one(1.0), 0.0);
        assert!(ln_at_least_one(f32::NAN).is_nan());
    }
}
