//! Figures over several seeds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Mean and sample standard deviation of a figure over several runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MeanSd {
    /// The mean; 0 without figures.
    pub mean: f64,
    /// Sample standard deviation (divided by count − 1); `None` where fewer than two figures are there.
    pub sd: Option<f64>,
    /// How many.
    pub count: usize,
}

impl MeanSd {
    /// Of these figures.
    #[must_use]
    pub fn of(figures: &[f64]) -> Self {
        let count = figures.len();
        let mean = figures.iter().sum::<f64>() / count.max(1) as f64;
        let squares = figures.iter().map(|figure| (figure - mean) * (figure - mean)).sum::<f64>();
        let sd = (count > 1).then(|| (squares / (count - 1) as f64).sqrt());
        Self { mean, sd, count }
    }

    /// The same in another unit: 100 for per cent.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { mean: self.mean * factor, sd: self.sd.map(|sd| sd * factor.abs()), ..self }
    }
}

/// `97.81 ± 0.12 (10 seeds)`; `{:.3}` sets the decimals (2 without).
impl fmt::Display for MeanSd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = f.precision().unwrap_or(2);
        match self.sd {
            Some(sd) => write!(f, "{:.decimals$} ± {sd:.decimals$} ({} seeds)", self.mean, self.count),
            None if self.count == 1 => write!(f, "{:.decimals$} (1 seed)", self.mean),
            None => write!(f, "no figure (0 seeds)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed() {
        let figures = MeanSd::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!(figures.mean, 5.0);
        assert!((figures.sd.unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        assert_eq!(MeanSd::of(&[0.9, 0.8]).times(100.0).to_string(), "85.00 ± 7.07 (2 seeds)");
        assert_eq!(format!("{:.1}", MeanSd::of(&[3.0])), "3.0 (1 seed)");
        assert_eq!(MeanSd::of(&[]), MeanSd::default());
    }
}
