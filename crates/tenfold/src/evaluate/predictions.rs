//! A model's answers to every image of a data set. Says nothing about how good they are.

use super::{Answers, Ensemble, EvaluateError};
use crate::data::Dataset;
use crate::model::Sequential;

/// Class probabilities for every image of a data set, in its order. Those of a model that can say "none of these" are given
/// that it is one of them: they say which ([`Answers`] has the rest).
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// The model's classes, without the one for "none of these".
    pub classes: usize,
    /// `[images, classes]`, row by row.
    pub probabilities: Vec<f32>,
}

impl Predictions {
    /// What `model` says about every image of `data`. `threads` 0: one per core.
    ///
    /// # Errors
    /// [`EvaluateError`]: a model that does not fit together or gives no probabilities, no images, images of another
    /// size, more classes than the model knows.
    pub fn of(model: &Sequential, data: &Dataset, threads: usize) -> Result<Self, EvaluateError> {
        Self::by(&mut Ensemble::new(&[model], false, threads)?, data)
    }

    /// What an ensemble says about every image of `data`.
    ///
    /// # Errors
    /// [`EvaluateError`]: no images, images of another size, more classes than the models know.
    pub fn by(ensemble: &mut Ensemble, data: &Dataset) -> Result<Self, EvaluateError> {
        let Answers { predictions, .. } = Answers::by(ensemble, data)?;
        predictions.check(data)?;
        Ok(predictions)
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.probabilities.len().checked_div(self.classes).unwrap_or(0)
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The probabilities `[classes]` of image `index`; empty where there is no such image.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        let start = index.saturating_mul(self.classes);
        self.probabilities.get(start..start.saturating_add(self.classes)).unwrap_or(&[])
    }

    /// The most probable class of image `index`. Among equals the first, as numpy's `argmax`; NaN never wins, so a row
    /// of nothing else gives class 0.
    #[must_use]
    pub fn predicted(&self, index: usize) -> usize {
        let mut best = (0, f32::NEG_INFINITY);
        for (class, &probability) in self.row(index).iter().enumerate() {
            if probability > best.1 {
                best = (class, probability);
            }
        }
        best.0
    }

    /// The probability of the [predicted](Predictions::predicted) class; 0 where that is NaN.
    #[must_use]
    pub fn confidence(&self, index: usize) -> f32 {
        let probability = self.row(index).get(self.predicted(index)).copied().unwrap_or(0.0);
        if probability.is_nan() { 0.0 } else { probability }
    }

    /// Whether each image of `data` is read right.
    #[must_use]
    pub fn right(&self, data: &Dataset) -> Vec<bool> {
        let labels = data.labels().iter().enumerate();
        labels.map(|(index, &label)| self.predicted(index) == usize::from(label)).collect()
    }

    /// Whether these can be predictions of `data`: one row an image, an output for every label.
    pub(super) fn check(&self, data: &Dataset) -> Result<(), EvaluateError> {
        let name = || data.name().to_owned();
        if data.is_empty() {
            return Err(EvaluateError::Empty { data: name() });
        }
        if data.classes() > self.classes {
            return Err(EvaluateError::Classes {
                data: name(),
                expected: self.classes,
                found: data.classes(),
            });
        }
        let (images, classes, found) = (data.len(), self.classes, self.probabilities.len());
        if images.checked_mul(classes) != Some(found) {
            return Err(EvaluateError::Count { data: name(), images, classes, found });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(units: usize) -> Sequential {
        let mut model = Sequential::new([2, 3]).flatten().dense(units).softmax();
        model.initialise(1).unwrap();
        model
    }

    fn data(shape: [usize; 2], labels: &[u8]) -> Dataset {
        Dataset::new("four", shape, vec![9; shape[0] * shape[1] * labels.len()], labels.to_vec()).unwrap()
    }

    #[test]
    fn every_image_gets_a_row_of_probabilities() {
        let predictions = Predictions::of(&model(4), &data([2, 3], &[0, 1, 2, 3, 0]), 1).unwrap();
        assert_eq!((predictions.len(), predictions.classes), (5, 4));
        for index in 0..5 {
            assert!((predictions.row(index).iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!(predictions.row(5).is_empty());
    }

    #[test]
    fn what_does_not_fit_is_refused_with_both_sides_named() {
        let message =
            |model: &Sequential, data: &Dataset| Predictions::of(model, data, 1).unwrap_err().to_string();
        let fitting = data([2, 3], &[0, 1]);
        assert!(
            message(&model(4), &data([3, 2], &[0]))
                .contains("3×2 pixels (height × width), but the model takes 2×3")
        );
        assert!(message(&model(4), &data([2, 3], &[0, 4])).contains("5 classes, but the model knows 4"));
        assert!(message(&model(4), &fitting.slice(0..0)).contains("no images"));
        assert!(
            message(&Sequential::new([2, 3]).flatten().dense(4), &fitting)
                .contains("ends in dense with outputs [4]")
        );
        assert!(message(&Sequential::new([2, 3]).flatten(), &fitting).contains("ends in flatten"));
        assert!(message(&Sequential::new([2, 3]), &fitting).contains("no layer at all"));
        assert!(message(&Sequential::new([2, 3]).softmax(), &fitting).contains("outputs [2, 3]"));
    }

    #[test]
    fn the_first_of_equals_wins_and_nan_never_does() {
        let nan = f32::NAN;
        let probabilities = vec![0.2, 0.4, 0.4, nan, 0.1, 0.9, nan, nan, nan];
        let predictions = Predictions { classes: 3, probabilities };
        assert_eq!([0, 1, 2, 9].map(|i| predictions.predicted(i)), [1, 2, 0, 0]);
        assert_eq!([0, 1, 2, 9].map(|i| predictions.confidence(i)), [0.4, 0.9, 0.0, 0.0]);
        assert_eq!(Predictions { classes: 0, probabilities: vec![] }.len(), 0);
    }
}
