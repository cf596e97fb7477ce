//! Random numbers that are a function of what they are for, never of when or on which thread they are drawn.
//!
//! A [`Stream`] is ChaCha8 (documented, portable, counter-based) keyed by a seed, a purpose and two indices, for
//! example (seed, shuffle, epoch) or (seed, strokes, image). The same key gives the same numbers on every machine.
//! Only exact arithmetic and portable functions are used, and no crate's `shuffle` or `gen_range`, since those may
//! change between versions.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream's numbers are for. Streams of different purposes are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Initial weights; index: the layer.
    Weights = 1,
    /// The order of samples; index: the epoch.
    Shuffle = 2,
    /// The built-in handwriting; index: the image.
    Strokes = 3,
    /// Images of what is no digit; index: the image.
    Others = 6,
    /// How a training image is spoiled after it was varied; indices: the epoch and the sample.
    Spoil = 5,
    /// How a training image is seen by fewer pixels; indices: the epoch and the sample.
    Resample = 8,
    /// What dropout forgets; index: the epoch.
    Dropout = 7,
    /// Corrupted test images; index: the image, sub-index: the corruption.
    Corruption = 16,
    /// Where an attack starts; index: the image.
    Attack = 17,
    /// A written page; index: the scene, sub-index: what of it.
    Scene = 32,
    /// A scan of few pixels for training; index: the image.
    Scan = 33,
    /// How an image is varied in training; indices: the epoch and the sample.
    Augment = 4,
}

/// A stream of random numbers keyed by (seed, purpose, index, sub-index).
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of this key, from its beginning.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, index: u64, sub_index: u64) -> Self {
        let mut key = [0u8; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..12].copy_from_slice(&(purpose as u32).to_le_bytes());
        key[16..24].copy_from_slice(&index.to_le_bytes());
        key[24..].copy_from_slice(&sub_index.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Fills `bytes` with random ones, four of each draw.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for bytes in bytes.chunks_mut(4) {
            bytes.copy_from_slice(&self.bits().to_le_bytes()[..bytes.len()]);
        }
    }

    /// A number in [0, 1), a multiple of 2⁻²⁴, so that it is exact in `f32`.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// A number from `low` up to `high`, which rounding may reach.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A whole number in 0..n, without bias (Lemire 2019, "Fast random integer generation in an interval").
    /// 0 where `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let mut product = u64::from(self.bits()) * u64::from(n);
        if (product as u32) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u32) < threshold {
                product = u64::from(self.bits()) * u64::from(n);
            }
        }
        (product >> 32) as u32
    }

    /// Whether something happens that happens in `percent` of 100 cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// A draw from the standard normal distribution (Box–Muller, one of the pair).
    pub fn normal(&mut self) -> f32 {
        let radius = libm::sqrtf(-2.0 * libm::logf(1.0 - self.unit()));
        radius * libm::cosf(core::f32::consts::TAU * self.unit())
    }

    /// A random order of 0..n (Fisher–Yates).
    pub fn permutation(&mut self, n: u32) -> Vec<u32> {
        let mut order: Vec<u32> = (0..n).collect();
        for last in (1..n).rev() {
            order.swap(last as usize, self.below(last + 1) as usize);
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ_by_every_part_of_the_key() {
        let draw = |mut s: Stream| (0..8).map(|_| s.bits()).collect::<Vec<_>>();
        let base = draw(Stream::new(1, Purpose::Shuffle, 2, 3));
        assert_eq!(base, draw(Stream::new(1, Purpose::Shuffle, 2, 3)));
        for other in [
            Stream::new(2, Purpose::Shuffle, 2, 3),
            Stream::new(1, Purpose::Weights, 2, 3),
            Stream::new(1, Purpose::Shuffle, 3, 3),
            Stream::new(1, Purpose::Shuffle, 2, 4),
        ] {
            assert_ne!(base, draw(other));
        }
    }

    #[test]
    fn permutation_holds_every_index_once_and_moves_them() {
        let mut order = Stream::new(7, Purpose::Shuffle, 0, 0).permutation(1000);
        assert!(order.iter().enumerate().filter(|&(i, &p)| i as u32 == p).count() < 20);
        order.sort_unstable();
        assert!(order.into_iter().eq(0..1000));
    }

    #[test]
    fn below_and_unit_stay_inside_and_reach_their_range() {
        let mut stream = Stream::new(3, Purpose::Strokes, 0, 0);
        let mut seen = [0; 10];
        for _ in 0..10_000 {
            seen[stream.below(10) as usize] += 1;
            assert!((0.0..1.0).contains(&stream.unit()));
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
        assert_eq!(stream.below(0), 0);
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut stream = Stream::new(5, Purpose::Strokes, 0, 0);
        let draws: Vec<f64> = (0..20_000).map(|_| f64::from(stream.normal())).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "{mean} {variance}");
    }
}
