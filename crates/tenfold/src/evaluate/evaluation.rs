//! A model's figures on a data set.

use serde::{Deserialize, Serialize};

use super::{
    Bin, ClassFigures, EvaluateError, Predictions, brier_score, expected_calibration_error,
    negative_log_likelihood, reliability, wilson_interval,
};
use crate::data::Dataset;

/// How good a model is on a data set. [Displayed](std::fmt::Display) as a table for a terminal; serialised with the
/// names `test_accuracy` and `test_loss`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The data set's name.
    pub dataset: String,
    /// Its images.
    pub images: usize,
    /// How many were read right.
    pub correct: usize,
    /// `correct / images`.
    #[serde(rename = "test_accuracy")]
    pub accuracy: f64,
    /// 95 % interval `[low, high]` of the accuracy ([`wilson_interval`]).
    pub interval: [f64; 2],
    /// [`negative_log_likelihood`], in nats an image.
    #[serde(rename = "test_loss")]
    pub loss: f64,
    /// Precision, recall, F1 and support of each class.
    pub per_class: Vec<ClassFigures>,
    /// Images `[true class][predicted class]`.
    pub confusion: Vec<Vec<usize>>,
    /// [`expected_calibration_error`] of `reliability`.
    pub expected_calibration_error: f64,
    /// [`brier_score`], from 0 to 2.
    #[serde(default)]
    pub brier_score: f64,
    /// The reliability diagram ([`reliability`]).
    pub reliability: Vec<Bin>,
}

impl Evaluation {
    /// What `predictions` are worth on `data`.
    ///
    /// # Errors
    /// Where they are not predictions of `data`, or there is nothing to judge on.
    pub fn of(predictions: &Predictions, data: &Dataset) -> Result<Self, EvaluateError> {
        predictions.check(data)?;
        let images = data.len();
        let mut confusion = vec![vec![0; predictions.classes]; predictions.classes];
        let mut correct = 0;
        for (index, &label) in data.labels().iter().enumerate() {
            let (label, predicted) = (usize::from(label), predictions.predicted(index));
            confusion[label][predicted] += 1;
            correct += usize::from(label == predicted);
        }
        let reliability = reliability(predictions, data)?;
        Ok(Self {
            dataset: data.name().into(),
            images,
            correct,
            accuracy: correct as f64 / images as f64,
            interval: wilson_interval(correct, images),
            loss: negative_log_likelihood(predictions, data)?,
            per_class: ClassFigures::of(&confusion),
            confusion,
            expected_calibration_error: expected_calibration_error(&reliability),
            brier_score: brier_score(predictions, data)?,
            reliability,
        })
    }

    /// The most frequent mistakes: (true class, predicted class, images), most frequent first.
    #[must_use]
    pub fn confusions(&self) -> Vec<(usize, usize, usize)> {
        let cell = |row: usize| move |(column, &count): (usize, &usize)| (row, column, count);
        let cells =
            self.confusion.iter().enumerate().flat_map(|(row, r)| r.iter().enumerate().map(cell(row)));
        let mut mistakes: Vec<_> = cells.filter(|&(row, column, count)| row != column && count > 0).collect();
        mistakes.sort_by_key(|&(.., count)| std::cmp::Reverse(count));
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(classes: usize, probabilities: Vec<f32>, labels: Vec<u8>) -> Evaluation {
        let data = Dataset::new("d", [1, 1], vec![0; labels.len()], labels).unwrap().with_classes(classes);
        Evaluation::of(&Predictions { classes, probabilities }, &data).unwrap()
    }

    #[test]
    fn hand_computed_three_classes() {
        // True 0, 0, 1, 1, 2 read as 0, 1, 1, 1, 0.
        let probabilities = vec![0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.2, 0.7, 0.1, 0.0, 1.0, 0.0, 0.5, 0.25, 0.25];
        let e = judge(3, probabilities, vec![0, 0, 1, 1, 2]);
        assert_eq!(e.confusion, [[1, 1, 0], [0, 2, 0], [1, 0, 0]]);
        assert_eq!((e.correct, e.accuracy), (3, 0.6));
        let p = [0.8_f32, 0.3, 0.7, 1.0, 0.25].map(f64::from);
        let loss = -(p[0].ln() + p[1].ln() + p[2].ln() + (1.0 - 1e-7_f64).ln() + p[4].ln()) / 5.0;
        assert!((e.loss - loss).abs() < 1e-12);
        let figures: Vec<_> = e.per_class.iter().map(|c| (c.precision, c.recall, c.f1, c.support)).collect();
        assert_eq!(figures, [(0.5, 0.5, 0.5, 2), (2.0 / 3.0, 1.0, 0.8, 2), (0.0, 0.0, 0.0, 1)]);
        assert_eq!(e.confusions(), [(0, 1, 1), (2, 0, 1)]);
        assert_eq!(e.interval, wilson_interval(3, 5));
    }

    #[test]
    fn all_right_one_image_and_an_empty_class() {
        let e = judge(3, vec![0.0, 1.0, 0.0], vec![1]);
        assert_eq!((e.accuracy, e.interval[1]), (1.0, 1.0));
        assert!(
            (e.interval[0] - 0.2065).abs() < 5e-5 && e.loss < 2e-7 && e.expected_calibration_error == 0.0
        );
        assert_eq!(e.per_class[2], ClassFigures { class: 2, ..ClassFigures::default() });
        assert!(e.confusions().is_empty());
    }

    #[test]
    fn a_certain_mistake_costs_what_keras_counts_and_nan_does_not_panic() {
        let e = judge(2, vec![1.0, 0.0], vec![1]);
        assert!((e.loss + 1e-7_f64.ln()).abs() < 1e-9);
        let e = judge(2, vec![f32::NAN; 4], vec![0, 1]);
        assert!(e.loss.is_nan() && e.accuracy == 0.5);
        assert!(e.to_string().contains("loss"));
    }

    #[test]
    fn serialises_with_the_names_of_the_program() {
        let json = serde_json::to_value(judge(2, vec![0.9, 0.1], vec![0])).unwrap();
        for name in ["dataset", "images", "test_accuracy", "test_loss", "interval", "confusion", "per_class"]
        {
            assert!(json.get(name).is_some(), "{name}");
        }
        assert!(json.get("expected_calibration_error").is_some() && json["confusion"][0][0] == 1);
    }
}
