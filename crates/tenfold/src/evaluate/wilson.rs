//! How far a measured fraction can be from the true one.

/// 97.5 % quantile of the standard normal distribution: 95 % lie within ±Z.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % interval `[low, high]` of a fraction measured as `successes` of `trials` (Wilson 1927, "Probable inference,
/// the law of succession, and statistical inference"). Unlike p ± z·√(p(1−p)/n) it stays within 0..1 and keeps its
/// width where everything is right. `[0, 1]` without trials.
#[must_use]
pub fn wilson_interval(successes: usize, trials: usize) -> [f64; 2] {
    if trials == 0 {
        return [0.0, 1.0];
    }
    let n = trials as f64;
    let p = (successes as f64 / n).min(1.0);
    let shrink = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / shrink;
    let half = Z / shrink * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (successes, trials, low, high) in [
            (95, 100, 0.8882, 0.9785),
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
            (1, 1, 0.2065, 1.0),
            (5, 10, 0.2366, 0.7634),
        ] {
            let [l, h] = wilson_interval(successes, trials);
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{successes}/{trials}: {l} {h}");
        }
        assert_eq!(wilson_interval(0, 0), [0.0, 1.0]);
    }
}
