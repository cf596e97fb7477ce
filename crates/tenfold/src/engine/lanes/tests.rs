//! Pairs and their products: by their values, and on each instruction set as by portable code.
#![allow(clippy::undocumented_unsafe_blocks)] // each runs what the processor was asked for

use super::{Portable, TINY, Vector as _};

#[test]
fn pairs_are_rounded_and_their_second_products_come_first() {
    let one = |x: f32| Portable([x]);
    let bits = |first: f32, second: f32| unsafe { one(first).pair(one(second)).0[0].to_bits() };
    let halfway = 1.0 + 1.0 / 256.0;
    assert_eq!(bits(1.0, -2.0), 0xc000_3f80);
    assert_eq!(bits(halfway, -halfway), 0xbf81_3f81, "halves go away from 0");
    assert_eq!(bits(halfway - f32::EPSILON, 0.0), 0x3f80);
    assert_eq!(bits(TINY.next_down(), -TINY), 0xa680_0000, "what is less than the least is 0");
    assert_eq!(bits(-TINY.next_down(), TINY.next_up()), 0x2680_0000);
    let sum = |[a, b]: [f32; 2], [c, d]: [f32; 2], sum: f32| unsafe {
        one(sum).add_pairs(one(a).pair(one(b)), one(c).pair(one(d))).0[0]
    };
    // 2²⁴ + 1 is rounded to 2²⁴, and so twice: where both came at once it would be 2²⁴ + 2; 2²⁴ − 1 + 1 where the first came first.
    let large = (1 << 24) as f32;
    assert_eq!(sum([1.0, 1.0], [1.0, 1.0], large), large);
    assert_eq!(sum([-1.0, 1.0], [1.0, 1.0], large), large - 1.0);
    assert_eq!(sum([1.0, -1.0], [1.0, 1.0], large), large);
    // The smallest difference of two products of the smallest that stay is no number below 2⁻¹²⁶.
    let (a, b) = (TINY * (1.0 + 1.0 / 128.0), TINY * (1.0 + 1.0 / 64.0));
    assert_eq!(sum([a, -b], [a, TINY], 0.0), (-114.0f32).exp2());
}

#[cfg(target_arch = "x86_64")]
mod sets {
    use crate::engine::lanes::avx2::Avx2;
    use crate::engine::lanes::avx512::Avx512;
    use crate::engine::lanes::{LANES, Lanes, Portable};
    use crate::random::{Purpose, Stream};

    /// Pairs of random numbers of all sizes, and sums of their products with others.
    #[inline(always)]
    unsafe fn results<V: Lanes>(numbers: &[[[f32; LANES]; 5]]) -> Vec<u32> {
        let mut bits = Vec::new();
        for numbers in numbers {
            let mut lanes = [[0.0f32; LANES]; 2];
            unsafe {
                let [a, b, c, d, sum] = [0, 1, 2, 3, 4].map(|k| V::load(numbers[k].as_ptr()));
                a.pair(b).store(lanes[0].as_mut_ptr());
                sum.add_pairs(a.pair(b), c.pair(d)).store(lanes[1].as_mut_ptr());
            }
            bits.extend(lanes.as_flattened().iter().map(|x| x.to_bits()));
        }
        bits
    }

    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2(numbers: &[[[f32; LANES]; 5]]) -> Vec<u32> {
        unsafe { results::<Avx2>(numbers) }
    }
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
    unsafe fn avx512(numbers: &[[[f32; LANES]; 5]]) -> Vec<u32> {
        unsafe { results::<Avx512<false>>(numbers) }
    }
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")]
    unsafe fn avx512bf16(numbers: &[[[f32; LANES]; 5]]) -> Vec<u32> {
        unsafe { results::<Avx512<true>>(numbers) }
    }

    #[test]
    fn pairs_are_those_of_portable_code_whatever_their_size() {
        use crate::engine::simd::Simd;
        let mut random = Stream::new(7, Purpose::Strokes, 0, 96);
        let mut number = |exponents: [f32; 2]| {
            let size = random.range(exponents[0], exponents[1]).floor();
            random.range(-2.0, 2.0) * size.exp2()
        };
        let numbers: Vec<[[f32; LANES]; 5]> = (0..20_000)
            .map(|round| {
                // Around the smallest that stay and so small that sums would be numbers some instructions take for 0; of all sizes; and
                // ordinary ones.
                let exponents = [[-66.0, -46.0], [-60.0, 60.0], [-4.0, 4.0]][round % 3];
                let sums = [[-120.0, -90.0], [-60.0, 60.0], [-4.0, 4.0]][round % 3];
                let mut all = [[0.0; LANES]; 5];
                all[..4].as_flattened_mut().iter_mut().for_each(|x| *x = number(exponents));
                // What sums can be: no other than multiples of 2⁻¹¹⁴.
                let unit = (-114.0f32).exp2();
                all[4].iter_mut().for_each(|x| *x = (number(sums) / unit).trunc() * unit);
                all
            })
            .collect();
        let portable = unsafe { results::<Portable<LANES>>(&numbers) };
        for simd in Simd::available() {
            let bits = match simd {
                Simd::Portable => continue,
                Simd::Avx2 => unsafe { avx2(&numbers) },
                Simd::Avx512 => unsafe { avx512(&numbers) },
                Simd::Avx512Bf16 => unsafe { avx512bf16(&numbers) },
            };
            assert!(bits == portable, "{}", simd.name());
        }
    }
}
