//! Sixteen `f32` lanes, the engine's only vector type, in one implementation for each instruction set.
//!
//! Every kernel is written once over [`Lanes`] and compiled for each set. Bits never depend on the set: each method is
//! exactly rounded or moves bits about, lanes are independent outputs and are never summed across. Operations whose
//! result differs between makers (`rcp14`, `rsqrt14`) are refused a place here.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(super) mod avx512;

/// Lanes of a vector.
pub(crate) const LANES: usize = 16;

/// Some `f32` lanes and what can be done with each of them alike.
///
/// # Safety
/// The methods of an implementation may only run on a processor with its instruction set, inlined into a function that
/// enables it. Pointers must be valid for [`WIDTH`](Vector::WIDTH) floats; they need no alignment.
#[allow(clippy::missing_safety_doc)]
pub(crate) trait Vector: Copy {
    /// How many lanes.
    const WIDTH: usize;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    /// `self · factor + addend`, rounded once.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// `addend − self · factor`, rounded once.
    unsafe fn neg_mul_add(self, factor: Self, addend: Self) -> Self;
    /// `self` where `self` ≥ `floor` or is NaN, else `floor`.
    unsafe fn at_least(self, floor: Self) -> Self;
    /// `self` where `gate` > 0, else 0.
    unsafe fn where_positive(self, gate: Self) -> Self;
    /// Bit k is set where lane k of `self` is greater than `other`'s (never where one is NaN).
    unsafe fn greater(self, other: Self) -> u32;
    /// In each lane the upper halves of `self`'s and `second`'s, the second's above: each rounded to eight significant bits (halves
    /// away from 0), and 0 where it is nearer to 0 than [`TINY`]. NaN stays one where arithmetic made it. Pairs move about as
    /// floats, but are none.
    unsafe fn pair(self, second: Self) -> Self;
    /// `self` + the products of the pairs in `a` and `b`: of the seconds first, each rounded once.
    unsafe fn add_pairs(self, a: Self, b: Self) -> Self;
}

/// Sixteen `f32` lanes: a pack of images, or outputs side by side.
///
/// # Safety
/// As [`Vector`].
#[allow(clippy::missing_safety_doc)]
pub(crate) trait Lanes: Vector {
    /// As many of the lanes as one register holds. Kernels that keep many sums go over the parts one by one.
    type Part: Vector;
    /// Registers of the sixteen lanes.
    const PARTS: usize = LANES / Self::Part::WIDTH;
    /// Sums of a [`Part`](Lanes::Part) that stay in registers beside four others that they are summed from. More give the
    /// same bits, slower: the compiler puts some into memory, one where twelve of sixteen registers are sums.
    const SUMS: usize;
    unsafe fn div(self, other: Self) -> Self;
    unsafe fn sqrt(self) -> Self;
    /// `self` where |`self`| ≥ `tiny` or NaN, else 0.
    unsafe fn flush_below(self, tiny: Self) -> Self;
    /// The lanes' bits taken as whole numbers: `bits(self) + (bits(exponent) << 23)`, which is `self · 2^exponent` where
    /// the low bits of `exponent` hold a whole number.
    unsafe fn scale_by_exponent_bits(self, exponent: Self) -> Self;
    /// Bit k is set where lane k is not zero (NaN is not zero).
    unsafe fn nonzero(self) -> u32;
    /// `self` where bit k of `bits` is set, else 0.
    unsafe fn keep(self, bits: u32) -> Self;
    /// Sixteen bytes as numbers 0..=255.
    unsafe fn from_bytes(from: *const u8) -> Self;
    /// Asks for what lies at `address` to be brought nearer; any address will do.
    unsafe fn prefetch(address: *const u8);
    /// Bit k is set where byte k of the 64 at `from` is not zero.
    unsafe fn nonzero_bytes(from: *const u8) -> u64;
    /// `to[c, r] = from[r, c]` for a block of 16 × 16 floats with these strides.
    unsafe fn transpose(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize);
}

/// What is nearer to 0 than this becomes 0 in a pair: 2⁻⁵⁰. So sums of products are multiples of 2⁻¹¹⁴, and never among the numbers
/// below 2⁻¹²⁶ that only some instructions take for 0.
const TINY: f32 = f32::from_bits((127 - 50) << 23);
/// The second of a pair.
const SECOND: u32 = 0xffff_0000;

/// Plain Rust: right everywhere, fast where the compiler makes vectors of it.
#[derive(Clone, Copy)]
pub(crate) struct Portable<const N: usize>([f32; N]);

impl<const N: usize> Portable<N> {
    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|k| f(self.0[k], other.0[k])))
    }
}

#[allow(clippy::undocumented_unsafe_blocks)] // every pointer access below is covered by the trait's contract
impl<const N: usize> Vector for Portable<N> {
    const WIDTH: usize = N;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        Self(unsafe { from.cast::<[f32; N]>().read_unaligned() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        unsafe { to.cast::<[f32; N]>().write_unaligned(self.0) }
    }
    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|k| self.0[k].mul_add(factor.0[k], addend.0[k])))
    }
    #[inline(always)]
    unsafe fn neg_mul_add(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|k| (-self.0[k]).mul_add(factor.0[k], addend.0[k])))
    }
    #[inline(always)]
    unsafe fn at_least(self, floor: Self) -> Self {
        self.zip(floor, |x, floor| if floor > x { floor } else { x })
    }
    #[inline(always)]
    unsafe fn where_positive(self, gate: Self) -> Self {
        self.zip(gate, |x, gate| if gate > 0.0 { x } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn pair(self, second: Self) -> Self {
        self.zip(second, |first, second| {
            let round = |x: f32| if x.abs() < TINY { 0 } else { x.to_bits().wrapping_add(1 << 15) };
            f32::from_bits(round(first) >> 16 | round(second) & SECOND)
        })
    }
    #[inline(always)]
    unsafe fn add_pairs(self, a: Self, b: Self) -> Self {
        let first = |x: f32| f32::from_bits(x.to_bits() << 16);
        let second = |x: f32| f32::from_bits(x.to_bits() & SECOND);
        Self(std::array::from_fn(|k| {
            let (a, b) = (a.0[k], b.0[k]);
            first(a).mul_add(first(b), second(a).mul_add(second(b), self.0[k]))
        }))
    }
    #[inline(always)]
    unsafe fn greater(self, other: Self) -> u32 {
        (0..N).fold(0, |mask, k| mask | u32::from(self.0[k] > other.0[k]) << k)
    }
}

#[allow(clippy::undocumented_unsafe_blocks)] // as above
impl Lanes for Portable<LANES> {
    type Part = Portable<4>;
    const SUMS: usize = 24;
    #[inline(always)]
    unsafe fn div(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    unsafe fn sqrt(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }
    #[inline(always)]
    unsafe fn flush_below(self, tiny: Self) -> Self {
        self.zip(tiny, |x, tiny| if x.abs() < tiny { 0.0 } else { x })
    }
    #[inline(always)]
    unsafe fn scale_by_exponent_bits(self, exponent: Self) -> Self {
        self.zip(exponent, |x, e| f32::from_bits(x.to_bits().wrapping_add(e.to_bits() << 23)))
    }
    #[inline(always)]
    unsafe fn nonzero(self) -> u32 {
        self.0.iter().enumerate().fold(0, |mask, (k, &x)| mask | u32::from(x != 0.0) << k)
    }
    #[inline(always)]
    unsafe fn keep(self, bits: u32) -> Self {
        Self(std::array::from_fn(|k| if bits >> k & 1 == 1 { self.0[k] } else { 0.0 }))
    }
    #[inline(always)]
    unsafe fn from_bytes(from: *const u8) -> Self {
        Self(unsafe { from.cast::<[u8; LANES]>().read_unaligned() }.map(f32::from))
    }
    #[inline(always)]
    unsafe fn prefetch(_address: *const u8) {}
    #[inline(always)]
    unsafe fn nonzero_bytes(from: *const u8) -> u64 {
        let words = unsafe { from.cast::<[[u8; 8]; 8]>().read() }.map(u64::from_le_bytes);
        words.iter().rev().fold(0, |mask, &word| {
            // One in each byte that is not zero; the product brings these together in its top byte.
            let low = word & 0x7f7f_7f7f_7f7f_7f7f;
            let ones = (((low + 0x7f7f_7f7f_7f7f_7f7f) | word) >> 7) & 0x0101_0101_0101_0101;
            (mask << 8) | (ones.wrapping_mul(0x0102_0408_1020_4080) >> 56)
        })
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
        for r in 0..LANES {
            for c in 0..LANES {
                unsafe { *to.add(c * to_stride + r) = *from.add(r * from_stride + c) };
            }
        }
    }
}

#[cfg(test)]
mod tests;
