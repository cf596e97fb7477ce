//! The images a model is most sure about and wrong.

use super::{EvaluateError, Predictions};
use crate::data::Dataset;

/// One wrong answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// Position in the data set.
    pub index: usize,
    /// What it is.
    pub label: usize,
    /// What the model says it is.
    pub predicted: usize,
    /// The probability the model gives to that.
    pub confidence: f32,
}

/// The `n` wrong answers given with the most confidence, surest first; among equals in the data's order.
///
/// # Errors
/// Where the predictions are not of `data`.
pub fn most_confident_mistakes(
    predictions: &Predictions,
    data: &Dataset,
    n: usize,
) -> Result<Vec<Mistake>, EvaluateError> {
    predictions.check(data)?;
    let mistake = |(index, &label): (usize, &u8)| {
        let (label, predicted) = (usize::from(label), predictions.predicted(index));
        (label != predicted).then(|| Mistake {
            index,
            label,
            predicted,
            confidence: predictions.confidence(index),
        })
    };
    let mut mistakes: Vec<Mistake> = data.labels().iter().enumerate().filter_map(mistake).collect();
    mistakes.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    mistakes.truncate(n);
    Ok(mistakes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surest_first_and_equals_in_order() {
        let probabilities = vec![0.6, 0.4, 0.9, 0.1, 0.1, 0.9, 0.1, 0.9, f32::NAN, f32::NAN];
        let predictions = Predictions { classes: 2, probabilities };
        let data = Dataset::new("d", [1, 1], vec![0; 5], vec![1, 0, 0, 0, 1]).unwrap();
        let indices = |n| -> Vec<usize> {
            most_confident_mistakes(&predictions, &data, n).unwrap().iter().map(|m| m.index).collect()
        };
        assert_eq!(indices(9), [2, 3, 0, 4]);
        assert_eq!(indices(1), [2]);
        let other = data.slice(0..2);
        assert!(matches!(most_confident_mistakes(&predictions, &other, 1), Err(EvaluateError::Count { .. })));
    }
}
