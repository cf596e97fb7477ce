//! Can a model tell what it knows from what it does not? AUROC and FPR at 95 % TPR (Hendrycks and Gimpel 2017, "A baseline
//! for detecting misclassified and out-of-distribution examples"), and risk against coverage (El-Yaniv and Wiener 2010,
//! "On the foundations of noise-free selective classification"). Scores are any numbers that are larger for what is known.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How well scores tell known from unknown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Known images.
    pub known: usize,
    /// Unknown images.
    pub unknown: usize,
    /// Area under the receiver operating characteristic: how probable it is that a known image scores higher than an
    /// unknown one, equals counted half. NaN where there are none of either.
    pub auroc: f64,
    /// Fraction of the unknown taken for known where the threshold lets 95 % of the known pass. NaN as `auroc`.
    pub fpr_at_95_tpr: f64,
}

impl Rejection {
    /// From the scores of known and of unknown images, in any order. NaN counts as the lowest score.
    #[must_use]
    pub fn of(known: &[f32], unknown: &[f32]) -> Self {
        let (mut known, mut unknown) = (sorted(known), sorted(unknown));
        let pairs = known.len() as f64 * unknown.len() as f64;
        let (mut below, mut equal, mut wins) = (0, 0, 0.0);
        for &score in &known {
            below += unknown[below..].iter().take_while(|&&other| other < score).count();
            if equal < below || unknown.get(below).is_some_and(|&other| other == score) {
                equal = below + unknown[below..].iter().take_while(|&&other| other == score).count();
            }
            wins += below as f64 + 0.5 * equal.saturating_sub(below) as f64;
        }
        known.reverse();
        unknown.reverse();
        // The lowest score among the best 95 %.
        let passing = (0.95 * known.len() as f64).ceil() as usize;
        let fpr = match known.get(passing.saturating_sub(1)) {
            Some(&threshold) if !unknown.is_empty() => {
                unknown.iter().take_while(|&&score| score >= threshold).count() as f64 / unknown.len() as f64
            }
            _ => f64::NAN,
        };
        Self { known: known.len(), unknown: unknown.len(), auroc: wins / pairs, fpr_at_95_tpr: fpr }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AUROC {:.4}, FPR at 95 % TPR {:.2} %", self.auroc, self.fpr_at_95_tpr * 100.0)
    }
}

/// Where the surest answers are given and the others kept back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// Fraction of the images that get an answer.
    pub coverage: f64,
    /// Fraction of those answers that is wrong.
    pub risk: f64,
    /// The lowest score that is answered.
    pub threshold: f32,
}

/// Fractions at which [`risk_coverage`] looks.
pub const COVERAGES: [f64; 10] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0];

/// The risk at each of [`COVERAGES`], for images whose answers have these scores and are right or not. Empty where there is
/// no image or the lists differ in length.
#[must_use]
pub fn risk_coverage(scores: &[f32], right: &[bool]) -> Vec<RiskPoint> {
    if scores.is_empty() || scores.len() != right.len() {
        return Vec::new();
    }
    let mut answers: Vec<_> = scores.iter().map(|&score| lowest(score)).zip(right.iter().copied()).collect();
    // Among equals the wrong ones first: a tie is not told apart in the model's favour.
    answers.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let point = |coverage: f64| {
        let given = ((answers.len() as f64 * coverage).round() as usize).clamp(1, answers.len());
        let wrong = answers[..given].iter().filter(|(_, right)| !right).count();
        RiskPoint {
            coverage: given as f64 / answers.len() as f64,
            risk: wrong as f64 / given as f64,
            threshold: answers[given - 1].0,
        }
    };
    COVERAGES.map(point).to_vec()
}

fn lowest(score: f32) -> f32 {
    if score.is_nan() { f32::NEG_INFINITY } else { score }
}

/// Ascending.
fn sorted(scores: &[f32]) -> Vec<f32> {
    let mut scores: Vec<f32> = scores.iter().map(|&score| lowest(score)).collect();
    scores.sort_by(f32::total_cmp);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed_areas() {
        let area = |known: &[f32], unknown: &[f32]| Rejection::of(known, unknown).auroc;
        assert_eq!(area(&[0.9, 0.8], &[0.1, 0.7]), 1.0);
        assert_eq!(area(&[0.1], &[0.9]), 0.0);
        assert_eq!(area(&[0.5, 0.5], &[0.5, 0.5, 0.5]), 0.5);
        // Pairs won: 0.4 > 0.1; 0.6 > 0.1, 0.4 (equal to none), 0.5; 0.4 = 0.4 is half.
        assert_eq!(area(&[0.4, 0.6], &[0.1, 0.4, 0.5]), 4.5 / 6.0);
        assert_eq!(area(&[f32::NAN, 1.0], &[0.5]), 0.5);
        assert!(area(&[], &[0.5]).is_nan() && area(&[0.5], &[]).is_nan());
    }

    #[test]
    fn the_area_is_that_of_all_pairs() {
        let score = |k: usize, of: usize| ((k * 7919) % of) as f32;
        let known: Vec<f32> = (0..150).map(|k| score(k, 31) + 5.0).collect();
        let unknown: Vec<f32> = (0..90).map(|k| score(k, 29)).collect();
        let mut wins = 0.0;
        for a in &known {
            wins += unknown
                .iter()
                .map(|b| {
                    if a > b {
                        1.0
                    } else if a == b {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum::<f64>();
        }
        assert!((Rejection::of(&known, &unknown).auroc - wins / 13_500.0).abs() < 1e-12);
    }

    #[test]
    fn the_rate_at_95_percent_counts_what_passes_the_threshold() {
        let known: Vec<f32> = (1..=100).map(|k| k as f32).collect();
        // 95 of 100 are at least 6.
        let found = Rejection::of(&known, &[5.0, 6.0, 7.0, 200.0]);
        assert_eq!((found.fpr_at_95_tpr, found.known, found.unknown), (0.75, 100, 4));
        assert!(Rejection::of(&known, &[]).fpr_at_95_tpr.is_nan());
        assert!(found.to_string().starts_with("AUROC 0.7"));
    }

    #[test]
    fn the_surest_are_answered_first_and_ties_count_against_the_model() {
        let points = risk_coverage(&[0.9, 0.2, 0.8, 0.8], &[true, false, true, false]);
        let at = |coverage: f64| points.iter().find(|point| point.coverage == coverage).copied().unwrap();
        assert_eq!((at(0.5).risk, at(0.5).threshold), (0.5, 0.8));
        assert_eq!(at(1.0), RiskPoint { coverage: 1.0, risk: 0.5, threshold: 0.2 });
        assert!(risk_coverage(&[], &[]).is_empty() && risk_coverage(&[0.1], &[]).is_empty());
    }
}
