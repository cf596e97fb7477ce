//! How often each grey level occurs, and the levels that shares of them reach.

use std::ops::Range;

/// Counts by level.
#[derive(Clone)]
pub struct Histogram(pub [usize; 256]);

impl Histogram {
    pub const fn new() -> Self {
        Self([0; 256])
    }

    /// Of all these levels.
    pub fn of(levels: &[u8]) -> Self {
        let mut counts = Self::new();
        levels.iter().for_each(|&level| counts.add(level));
        counts
    }

    pub fn add(&mut self, level: u8) {
        self.0[usize::from(level)] += 1;
    }

    /// All that was counted.
    pub fn count(&self) -> usize {
        self.0.iter().sum()
    }

    /// The largest level such that more than `count` levels are at least as large. `None` where there are not so many.
    pub fn exceeded_by(&self, count: usize) -> Option<u8> {
        let mut sum = 0;
        let level = (0..256).rev().find(|&level| {
            sum += self.0[level];
            sum > count
        });
        level.map(|level| level as u8)
    }

    /// The level that parts all others best into two kinds (Otsu 1979): halfway between the means, where the higher is at least
    /// half as much again as the lower.
    pub fn parted(&self) -> Option<u8> {
        let weighted = |(level, &count): (usize, &usize)| (level * count) as f64;
        let (all, sum) = (self.count() as f64, self.0.iter().enumerate().map(weighted).sum::<f64>());
        let (mut best, mut means) = (0.0, (0.0, 0.0));
        let (mut below, mut below_sum) = (0.0, 0.0);
        for (level, &count) in self.0.iter().enumerate() {
            below += count as f64;
            below_sum += weighted((level, &count));
            if below == 0.0 || below == all {
                continue;
            }
            let (low, high) = (below_sum / below, (sum - below_sum) / (all - below));
            let between = below * (all - below) * (high - low) * (high - low);
            if between > best {
                (best, means) = (between, (low, high));
            }
        }
        (means.1 >= 1.5 * means.0 && best > 0.0).then_some(((means.0 + means.1) / 2.0) as u8)
    }

    /// The mean of all levels below this one, that of the others, and which share of all variance lies between the two.
    pub fn kinds(&self, parted: u8) -> (f64, f64, f64) {
        // How many, their mean, and the sum of their squared distances from it.
        let kind = |levels: Range<usize>| {
            let [count, sum, squares] = levels.fold([0.0f64; 3], |[count, sum, squares], level| {
                let (here, level) = (self.0[level] as f64, level as f64);
                [count + here, sum + here * level, squares + here * level * level]
            });
            let mean = sum / count.max(1.0);
            (count, mean, squares - sum * mean)
        };
        let (below, low, low_within) = kind(0..usize::from(parted));
        let (above, high, high_within) = kind(usize::from(parted)..256);
        let between = below * above / (below + above).max(1.0) * (high - low).powi(2);
        (low, high, between / (between + low_within + high_within).max(f64::MIN_POSITIVE))
    }

    /// The smallest level such that more than this share of all levels are no larger; 0 where there are none.
    pub fn share(&self, share: f32) -> u8 {
        let rank = (self.count() as f32 * share) as usize;
        let mut sum = 0;
        let level = self.0.iter().position(|count| {
            sum += count;
            sum > rank
        });
        level.unwrap_or(0) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_found_from_both_ends() {
        let mut histogram = Histogram::new();
        [3, 3, 7, 200].into_iter().for_each(|level| histogram.add(level));
        assert_eq!([0, 1, 3].map(|count| histogram.exceeded_by(count)), [Some(200), Some(7), Some(3)]);
        assert_eq!((histogram.exceeded_by(4), Histogram::new().exceeded_by(0)), (None, None));
        assert_eq!([0.0, 0.5, 0.75].map(|share| histogram.share(share)), [3, 7, 200]);
        assert_eq!(Histogram::new().share(0.5), 0);
    }

    #[test]
    fn two_kinds_of_levels_are_parted_between_and_one_is_not() {
        let mut histogram = Histogram::new();
        assert_eq!(histogram.parted(), None);
        [90, 92, 94, 96].into_iter().for_each(|level| histogram.add(level));
        assert_eq!(histogram.parted(), None);
        [180, 190].into_iter().for_each(|level| histogram.add(level));
        assert_eq!(histogram.parted(), Some(139));
        let (low, high, between) = histogram.kinds(139);
        assert_eq!((low, high), (93.0, 185.0));
        // Of a variance of 11,355.3 the kinds' own are 20 and 50.
        assert!((between - (1.0 - 70.0 / 11_355.333)).abs() < 1e-6, "{between}");
        assert_eq!(Histogram::new().kinds(9), (0.0, 0.0, 0.0));
    }
}
