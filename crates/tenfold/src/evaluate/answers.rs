//! What models say when they may also say "none of these": which class it is, and whether it is one at all.

use super::{Ensemble, EvaluateError, Predictions};
use crate::data::Dataset;
use crate::model::Sequential;

/// A model's answers to images, in two parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Which class, given that it is one of them: each row adds up to 1. A model that cannot reject gives its outputs as
    /// they are, bit for bit.
    pub predictions: Predictions,
    /// How probable it is that an image is none of the classes, `[images]`; 0 where the model cannot say so.
    pub none: Vec<f32>,
}

impl Answers {
    /// What an ensemble says about every image of `data`, whose labels do not matter.
    ///
    /// # Errors
    /// [`EvaluateError`]: no images, images of another size.
    pub fn by(ensemble: &mut Ensemble, data: &Dataset) -> Result<Self, EvaluateError> {
        if data.is_empty() {
            return Err(EvaluateError::Empty { data: data.name().into() });
        }
        if data.shape() != ensemble.input() {
            let (expected, found) = (ensemble.input(), data.shape());
            return Err(EvaluateError::Shape { data: data.name().into(), expected, found });
        }
        Ok(Self::from_ensemble(ensemble, data.pixels()))
    }

    /// What an ensemble says about `pixels` `[images, height, width]`.
    pub fn from_ensemble(ensemble: &mut Ensemble, pixels: &[u8]) -> Self {
        Self::new(ensemble.predict(pixels), ensemble.classes(), ensemble.rejects())
    }

    /// What `model` says about `pixels` `[images, height, width]`.
    ///
    /// # Errors
    /// As [`Ensemble::new`].
    pub fn of(model: &Sequential, pixels: &[u8], threads: usize) -> Result<Self, EvaluateError> {
        Ok(Self::from_ensemble(&mut Ensemble::new(&[model], false, threads)?, pixels))
    }

    /// How sure each image is to be a digit and this one: the probability of the likeliest class, not given that it is one.
    /// For [`rejection`](super::rejection).
    #[must_use]
    pub fn scores(&self) -> Vec<f32> {
        let sure = |(index, none): (usize, &f32)| (1.0 - none) * self.predictions.confidence(index);
        self.none.iter().enumerate().map(sure).collect()
    }

    /// From outputs `[images, classes]`, the last of which means "none of the others" where `rejects`.
    #[must_use]
    pub fn new(outputs: Vec<f32>, classes: usize, rejects: bool) -> Self {
        let images = outputs.len().checked_div(classes).unwrap_or(0);
        if !rejects || classes < 2 {
            return Self {
                predictions: Predictions { classes, probabilities: outputs },
                none: vec![0.0; images],
            };
        }
        let known = classes - 1;
        let (mut probabilities, mut none) = (Vec::with_capacity(images * known), Vec::with_capacity(images));
        for row in outputs.chunks_exact(classes) {
            let sum: f32 = row[..known].iter().sum();
            // Where all is nothing, no class is likelier than another.
            let share = |&output: &f32| if sum > 0.0 { output / sum } else { 1.0 / known as f32 };
            probabilities.extend(row[..known].iter().map(share));
            none.push(row[known]);
        }
        Self { predictions: Predictions { classes: known, probabilities }, none }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_class_is_given_that_it_is_one() {
        let outputs = vec![0.3, 0.1, 0.6, 0.0, 0.0, 1.0, 0.25, 0.75, 0.0];
        let Answers { predictions, none } = Answers::new(outputs.clone(), 3, true);
        assert_eq!(predictions.classes, 2);
        for (found, expected) in predictions.probabilities.iter().zip([0.75, 0.25, 0.5, 0.5, 0.25, 0.75]) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
        assert_eq!(none, [0.6, 1.0, 0.0]);
        let plain = Answers::new(outputs.clone(), 3, false);
        assert_eq!((plain.predictions.probabilities, plain.none), (outputs, vec![0.0; 3]));
    }

    #[test]
    fn a_rejecting_model_is_judged_on_which_class_it_is() {
        let mut model = Sequential::new([2, 2]).flatten().dense(4).softmax();
        model.initialise(3).unwrap();
        let data = Dataset::new("d", [2, 2], (0..12).map(|k| k * 20).collect(), vec![0, 1, 2]).unwrap();
        let plain = Predictions::of(&model, &data, 1).unwrap();
        model.rejects = true;
        let which = Predictions::of(&model, &data, 1).unwrap();
        assert_eq!((plain.classes, which.classes), (4, 3));
        let answers = Answers::of(&model, data.pixels(), 1).unwrap();
        assert_eq!(answers.predictions, which);
        for image in 0..3 {
            assert_eq!(answers.none[image], plain.row(image)[3]);
            assert!((which.row(image).iter().sum::<f32>() - 1.0).abs() < 1e-6);
        }
        let beyond = data.with_classes(4);
        assert!(matches!(
            Predictions::of(&model, &beyond, 1),
            Err(EvaluateError::Classes { expected: 3, .. })
        ));
    }
}
