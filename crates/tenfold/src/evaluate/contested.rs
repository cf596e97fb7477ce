//! The test labels of MNIST that people disagree with, and a model's accuracy without them.
//!
//! Fifteen of the 10,000 test labels lose a majority vote of people who look at the images (Northcutt, Athalye, Mueller
//! 2021, "Pervasive label errors in test sets destabilize machine learning benchmarks"). Nothing is relabelled here: the
//! images are left out, right or wrong.

use serde::{Deserialize, Serialize};

use super::{EvaluateError, Predictions, wilson_interval};
use crate::data::{Dataset, SETS};

/// Positions of the contested images in MNIST's test set; they mean nothing in any other.
pub const CONTESTED: [usize; 15] =
    [947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729];

/// A model's accuracy without the contested labels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WithoutContested {
    /// Images left: 9,985.
    pub images: usize,
    /// How many of them were read right.
    pub correct: usize,
    /// `correct / images`.
    pub accuracy: f64,
    /// 95 % interval `[low, high]` of the accuracy ([`wilson_interval`]).
    pub interval: [f64; 2],
    /// Contested images whose label the model did not give.
    pub contested_wrong: usize,
}

/// What `predictions` are worth without the contested labels; `None` where `data` is not MNIST's test set, whole and
/// byte for byte.
///
/// # Errors
/// Where the predictions are not of `data`.
pub fn without_contested(
    predictions: &Predictions,
    data: &Dataset,
) -> Result<Option<WithoutContested>, EvaluateError> {
    predictions.check(data)?;
    if data.len() != 10_000 || data.shape() != [28, 28] || data.sha256() != SETS[1] {
        return Ok(None);
    }
    Ok(Some(leave_out(predictions, data.labels(), &CONTESTED)))
}

fn leave_out(predictions: &Predictions, labels: &[u8], contested: &[usize]) -> WithoutContested {
    let (mut images, mut correct, mut contested_wrong) = (0, 0, 0);
    for (index, &label) in labels.iter().enumerate() {
        let right = predictions.predicted(index) == usize::from(label);
        if contested.contains(&index) {
            contested_wrong += usize::from(!right);
        } else {
            images += 1;
            correct += usize::from(right);
        }
    }
    let accuracy = correct as f64 / images.max(1) as f64;
    WithoutContested {
        images,
        correct,
        accuracy,
        interval: wilson_interval(correct, images),
        contested_wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contested_images_count_on_neither_side() {
        // Read as 0, 0, 1, 1; labelled 0, 1, 1, 0; the last two contested.
        let predictions = Predictions { classes: 2, probabilities: vec![1., 0., 1., 0., 0., 1., 0., 1.] };
        let left = leave_out(&predictions, &[0, 1, 1, 0], &[2, 3]);
        assert_eq!((left.images, left.correct, left.accuracy, left.contested_wrong), (2, 1, 0.5, 1));
    }

    #[test]
    fn data_that_is_not_mnists_test_set_has_none_whatever_its_name() {
        let data =
            Dataset::new(crate::data::mnist::NAME, [28, 28], vec![0; 7_840_000], vec![0; 10_000]).unwrap();
        let predictions = Predictions { classes: 1, probabilities: vec![1.0; 10_000] };
        assert_eq!(without_contested(&predictions, &data).unwrap(), None);
    }

    #[test]
    #[ignore = "needs TENFOLD_DATA"]
    fn the_real_test_set_is_known() {
        let (_, test) = crate::data::mnist::load().unwrap();
        let predictions = Predictions { classes: 10, probabilities: vec![0.1; 100_000] };
        let left = without_contested(&predictions, &test).unwrap().unwrap();
        // All are read as 0.
        let wrong = CONTESTED.iter().filter(|&&index| test.labels()[index] != 0).count();
        assert_eq!((left.images, left.contested_wrong), (9985, wrong));
        let predictions = Predictions { classes: 10, probabilities: vec![0.1; 99_990] };
        assert_eq!(without_contested(&predictions, &test.slice(0..9999)).unwrap(), None);
    }
}
