//! How the networks with a name are trained where nothing else is asked: one table. What each reaches, in what time, is in
//! `docs/records.md`. Choices were made on the last 10,000 training images, never on the test set.

use super::{Adam, Fit, Optimizer, Precision, Schedule};
use crate::data::{Augment, Mix};

/// A way to train a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// How weights move.
    pub optimizer: Optimizer,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Share of each target that is spread over all classes.
    pub label_smoothing: f32,
    /// How finely the network multiplies while it learns.
    pub precision: Precision,
    /// How images are varied.
    pub augment: Augment,
    /// What is mixed into them, with [`Mix::into_training`]: [`Recipe::fit`] does not.
    pub mix: Mix,
    /// Decay of the weights' moving average.
    pub average: Option<f32>,
}

impl Recipe {
    /// The recipe of the preset `name`; Keras's tutorial's for every other network.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let none = Augment::default();
        // Smith & Topin 2018, with Adam's shorter memory for few steps.
        let cycle = |learning_rate| Self {
            epochs: 1,
            batch_size: 128,
            optimizer: Adam { learning_rate, beta_1: 0.8, beta_2: 0.95, epsilon: 1e-8 }.into(),
            schedule: Schedule::OneCycle { warmup: 0.3 },
            label_smoothing: 0.05,
            precision: Precision::Float32,
            augment: none,
            mix: Mix::default(),
            average: None,
        };
        let varied = |rotate, scale, translate| Augment { rotate, scale, translate, ..none };
        match name {
            "fast" => cycle(0.02),
            "good" => Self {
                epochs: 2,
                augment: Augment { shift: 1, ..none },
                average: Some(0.995),
                ..cycle(0.015)
            },
            "better" => Self {
                epochs: 13,
                precision: Precision::BFloat16,
                augment: varied(10.0, 0.1, 2.0),
                average: Some(0.998),
                ..cycle(0.01)
            },
            "tiny" => {
                Self { epochs: 20, augment: varied(10.0, 0.1, 1.0), average: Some(0.998), ..cycle(0.01) }
            }
            "accurate" => Self {
                epochs: 24,
                precision: Precision::BFloat16,
                augment: Augment { shear: 5.0, ..varied(12.0, 0.12, 2.0) },
                average: Some(0.999),
                ..cycle(0.01)
            },
            // Without label smoothing: what it says should be as sure as it is.
            "world" => Self {
                epochs: 48,
                label_smoothing: 0.0,
                augment: Augment::parse("world").unwrap_or(none),
                mix: Mix { strokes: 0.05, hands: 0.12, others: 0.1, scenes: 0.2, scans: 0.07 },
                average: Some(0.999),
                ..cycle(0.01)
            },
            _ => Self {
                epochs: 10,
                batch_size: if matches!(name, "lenet" | "vgg") { 128 } else { 32 },
                optimizer: Adam::default().into(),
                schedule: Schedule::Constant,
                label_smoothing: 0.0,
                precision: Precision::Float32,
                augment: none,
                mix: Mix::default(),
                average: None,
            },
        }
    }

    /// The settings of a fit with this recipe, the rest as by default.
    #[must_use]
    pub fn fit(&self) -> Fit {
        Fit {
            epochs: self.epochs,
            batch_size: self.batch_size,
            schedule: self.schedule,
            label_smoothing: self.label_smoothing,
            precision: self.precision,
            augment: self.augment,
            average: self.average,
            ..Fit::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipe_for_the_world_spoils_its_pictures_and_learns_what_is_no_digit() {
        let world = Recipe::of("world");
        assert_eq!(world.augment, Augment::parse("world").unwrap());
        assert!(world.augment.resample > 0.0 && world.augment.noise > 0.0 && world.mix.rejects());
        assert_eq!((world.epochs, Recipe::of("accurate").mix), (48, Mix::default()));
    }
}
