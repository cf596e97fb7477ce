//! Whether confidence means what it says: of the answers given at 90 %, are 90 % right? And what its probabilities cost:
//! NLL and the Brier score.

use serde::{Deserialize, Serialize};

use super::{EvaluateError, Predictions};
use crate::data::Dataset;

/// Equal-width bins over the confidence, as in Guo et al. 2017.
const BINS: usize = 15;

/// The answers whose confidence lies in (low, high].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Lower end, exclusive (the first bin has 0 too).
    pub low: f64,
    /// Upper end, inclusive.
    pub high: f64,
    /// Answers in it.
    pub count: usize,
    /// Their mean confidence; 0 where there are none.
    pub confidence: f64,
    /// Fraction of them that is right; 0 where there are none.
    pub accuracy: f64,
}

/// The reliability diagram's bins: 15 of equal width over the probability of the predicted class (Guo et al. 2017, "On
/// calibration of modern neural networks", section 2).
///
/// # Errors
/// Where the predictions are not of `data`.
pub fn reliability(predictions: &Predictions, data: &Dataset) -> Result<Vec<Bin>, EvaluateError> {
    predictions.check(data)?;
    let edge = |index: usize| index as f64 / BINS as f64;
    let mut bins: Vec<Bin> =
        (0..BINS).map(|i| Bin { low: edge(i), high: edge(i + 1), ..Bin::default() }).collect();
    for (index, &label) in data.labels().iter().enumerate() {
        let confidence = f64::from(predictions.confidence(index)).clamp(0.0, 1.0);
        let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        let bin = &mut bins[bin];
        bin.count += 1;
        bin.confidence += confidence;
        bin.accuracy += f64::from(u8::from(predictions.predicted(index) == usize::from(label)));
    }
    for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
        bin.confidence /= bin.count as f64;
        bin.accuracy /= bin.count as f64;
    }
    Ok(bins)
}

/// Expected calibration error: mean |accuracy − confidence| over the bins, weighted by their counts (Guo et al. 2017,
/// eq. 3). 0 without answers.
#[must_use]
pub fn expected_calibration_error(bins: &[Bin]) -> f64 {
    let total = bins.iter().map(|bin| bin.count).sum::<usize>().max(1) as f64;
    bins.iter().map(|bin| bin.count as f64 / total * (bin.accuracy - bin.confidence).abs()).sum()
}

/// Probabilities are clipped to this at the low end before the logarithm, as Keras does, so that one certain mistake
/// does not make the mean infinite.
const SMALLEST: f64 = 1e-7;

/// Negative log-likelihood: mean of −ln of the probability given to the right class, in nats; the cross-entropy loss
/// under its other name. NaN where one of them is NaN.
///
/// # Errors
/// Where the predictions are not of `data`.
pub fn negative_log_likelihood(predictions: &Predictions, data: &Dataset) -> Result<f64, EvaluateError> {
    mean(predictions, data, |row, label| -f64::from(row[label]).clamp(SMALLEST, 1.0 - SMALLEST).ln())
}

/// Brier score for several classes: mean over the images of Σₖ (pₖ − [k is the right class])², from 0 to 2 (Brier 1950,
/// "Verification of forecasts expressed in terms of probability", eq. 2). NaN where a probability is NaN.
///
/// # Errors
/// Where the predictions are not of `data`.
pub fn brier_score(predictions: &Predictions, data: &Dataset) -> Result<f64, EvaluateError> {
    mean(predictions, data, |row, label| {
        let off = |(class, &p): (usize, &f32)| f64::from(p) - f64::from(u8::from(class == label));
        row.iter().enumerate().map(|probability| off(probability).powi(2)).sum()
    })
}

/// Mean of `cost` of (an image's probabilities, its label).
fn mean(
    predictions: &Predictions,
    data: &Dataset,
    cost: impl Fn(&[f32], usize) -> f64,
) -> Result<f64, EvaluateError> {
    predictions.check(data)?;
    let costs = data.labels().iter().enumerate();
    let sum: f64 = costs.map(|(index, &label)| cost(predictions.row(index), usize::from(label))).sum();
    Ok(sum / data.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_computed_bins_and_error() {
        // Confidences 0.9 right, 0.9 wrong (bin 14: 13/15 < 0.9 ≤ 14/15), 0.6 right (bin 9: 8/15 < 0.6 ≤ 9/15), 1.0 right.
        let probabilities = vec![0.9, 0.1, 0.9, 0.1, 0.4, 0.6, 0.0, 1.0];
        let predictions = Predictions { classes: 2, probabilities };
        let data = Dataset::new("d", [1, 1], vec![0; 4], vec![0, 1, 1, 1]).unwrap();
        let bins = reliability(&predictions, &data).unwrap();
        assert_eq!(bins.len(), 15);
        assert_eq!((bins[13].count, bins[14].count), (2, 1));
        assert!((bins[13].confidence - 0.9).abs() < 1e-6 && (bins[13].accuracy - 0.5).abs() < 1e-12);
        // 2/4·|0.5 − 0.9| + 1/4·|1 − 0.6| + 1/4·0
        assert!((expected_calibration_error(&bins) - 0.3).abs() < 1e-6);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }

    #[test]
    fn hand_computed_likelihood_and_brier_score() {
        let probabilities = vec![0.5, 0.25, 0.25, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0];
        let predictions = Predictions { classes: 3, probabilities };
        let data = Dataset::new("d", [1, 1], vec![0; 3], vec![0, 1, 2]).unwrap();
        // 0.25 + 0.0625 + 0.0625; 0; 1 + 1.
        assert!((brier_score(&predictions, &data).unwrap() - 2.375 / 3.0).abs() < 1e-12);
        let nll = -(0.5_f64.ln() + (1.0 - 1e-7_f64).ln() + 1e-7_f64.ln()) / 3.0;
        assert!((negative_log_likelihood(&predictions, &data).unwrap() - nll).abs() < 1e-12);
        assert!(brier_score(&predictions, &data.slice(0..2)).is_err());
        let nan = Predictions { classes: 3, probabilities: vec![f32::NAN; 9] };
        assert!(brier_score(&nan, &data).unwrap().is_nan());
    }

    #[test]
    fn nan_and_out_of_range_stay_inside_the_bins() {
        let predictions = Predictions { classes: 1, probabilities: vec![f32::NAN, 7.0, -3.0, f32::INFINITY] };
        let data = Dataset::new("d", [1, 1], vec![0; 4], vec![0; 4]).unwrap();
        let bins = reliability(&predictions, &data).unwrap();
        assert_eq!((bins[0].count, bins[14].count), (2, 2));
    }
}
