//! Precision, recall and F1 of every class, from the confusion matrix.

use serde::{Deserialize, Serialize};

/// How well one class is recognised. A figure whose denominator is zero is 0, as scikit-learn's `zero_division=0`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// The class.
    pub class: usize,
    /// Of the images read as this class, the fraction that is.
    pub precision: f64,
    /// Of the images of this class, the fraction read as it.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// Images of this class.
    pub support: usize,
}

impl ClassFigures {
    /// One a class, from `confusion` `[true][predicted]`.
    pub(super) fn of(confusion: &[Vec<usize>]) -> Vec<Self> {
        let ratio = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let figures = |(class, row): (usize, &Vec<usize>)| {
            let right = row[class];
            let support = row.iter().sum();
            let predicted = confusion.iter().map(|row| row[class]).sum::<usize>();
            Self {
                class,
                precision: ratio(right, predicted),
                recall: ratio(right, support),
                f1: ratio(2 * right, support + predicted),
                support,
            }
        };
        confusion.iter().enumerate().map(figures).collect()
    }
}
