//! The optimisers' settings, with Keras's names and defaults. The arithmetic on weights is in `engine/kernels/update.rs`;
//! here is what of it changes from step to step.

use serde::{Deserialize, Serialize};

use super::TrainError;
use crate::engine::Rule;

/// Any optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "optimizer", rename_all = "lowercase")]
pub enum Optimizer {
    /// Stochastic gradient descent.
    Sgd(Sgd),
    /// Adam.
    Adam(Adam),
    /// Adam with decoupled weight decay.
    AdamW(AdamW),
}

/// Stochastic gradient descent, with momentum and Nesterov's variant of it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sgd {
    /// Step size.
    pub learning_rate: f64,
    /// 0: none.
    pub momentum: f64,
    /// Look ahead along the momentum.
    pub nesterov: bool,
}

impl Default for Sgd {
    fn default() -> Self {
        Self { learning_rate: 0.01, momentum: 0.0, nesterov: false }
    }
}

/// Adam (Kingma & Ba 2015, algorithm 1, in the form of the end of section 2, with ε outside the corrected root, as Keras).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// Step size.
    pub learning_rate: f64,
    /// Decay of the mean gradient.
    pub beta_1: f64,
    /// Decay of the mean squared gradient.
    pub beta_2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { learning_rate: 0.001, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
    }
}

/// AdamW (Loshchilov & Hutter 2019, algorithm 2): Adam, and weights shrink by `learning_rate · weight_decay` a step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamW {
    /// Adam's settings.
    #[serde(flatten)]
    pub adam: Adam,
    /// Keras's default is 0.004.
    pub weight_decay: f64,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { adam: Adam::default(), weight_decay: 0.004 }
    }
}

impl From<Sgd> for Optimizer {
    fn from(sgd: Sgd) -> Self {
        Self::Sgd(sgd)
    }
}

impl From<Adam> for Optimizer {
    fn from(adam: Adam) -> Self {
        Self::Adam(adam)
    }
}

impl From<AdamW> for Optimizer {
    fn from(adamw: AdamW) -> Self {
        Self::AdamW(adamw)
    }
}

impl Optimizer {
    /// The base step size.
    #[must_use]
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Sgd(sgd) => sgd.learning_rate,
            Self::Adam(adam) => adam.learning_rate,
            Self::AdamW(adamw) => adamw.adam.learning_rate,
        }
    }

    /// The same with another base step size.
    #[must_use]
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Self {
        match &mut self {
            Self::Sgd(sgd) => sgd.learning_rate = learning_rate,
            Self::Adam(adam) => adam.learning_rate = learning_rate,
            Self::AdamW(adamw) => adamw.adam.learning_rate = learning_rate,
        }
        self
    }

    /// Matrices of state the size of the weights.
    pub(crate) fn states(&self) -> usize {
        match self {
            Self::Sgd(sgd) => usize::from(sgd.momentum != 0.0),
            Self::Adam(_) | Self::AdamW(_) => 2,
        }
    }

    /// The update that ends step `step` (from 1) at `learning_rate`.
    pub(crate) fn rule(&self, step: u64, learning_rate: f64) -> Rule {
        match *self {
            Self::Sgd(Sgd { momentum: 0.0, .. }) => Rule::Sgd { learning_rate: learning_rate as f32 },
            Self::Sgd(Sgd { momentum, nesterov, .. }) => {
                Rule::Momentum { learning_rate: learning_rate as f32, momentum: momentum as f32, nesterov }
            }
            Self::Adam(adam) => {
                let (alpha, rest_1, rest_2, epsilon) = adam.numbers(step, learning_rate);
                Rule::Adam { alpha, rest_1, rest_2, epsilon }
            }
            Self::AdamW(AdamW { adam, weight_decay }) => {
                let (alpha, rest_1, rest_2, epsilon) = adam.numbers(step, learning_rate);
                Rule::AdamW { alpha, rest_1, rest_2, epsilon, shrink: (learning_rate * weight_decay) as f32 }
            }
        }
    }

    /// Refuses settings that cannot train.
    pub(crate) fn check(&self) -> Result<(), TrainError> {
        let rate = self.learning_rate();
        let mut settings = vec![("learning rate", rate, rate > 0.0 && rate.is_finite(), "a number above 0")];
        match self {
            Self::Sgd(sgd) => {
                settings.push(("momentum", sgd.momentum, (0.0..1.0).contains(&sgd.momentum), FRACTION))
            }
            Self::Adam(adam) => settings.extend(adam.settings()),
            Self::AdamW(AdamW { adam, weight_decay }) => {
                settings.extend(adam.settings());
                settings.push((
                    "weight decay",
                    *weight_decay,
                    *weight_decay >= 0.0 && weight_decay.is_finite(),
                    "0 or more",
                ));
            }
        }
        match settings.into_iter().find(|&(_, _, fine, _)| !fine) {
            None => Ok(()),
            Some((setting, found, _, expected)) => Err(TrainError::Setting {
                setting,
                found: found.to_string(),
                expected: format!("it must be {expected}"),
            }),
        }
    }
}

const FRACTION: &str = "at least 0 and below 1";

impl Adam {
    /// (α, 1 − β₁, 1 − β₂, ε) of step `step`.
    fn numbers(&self, step: u64, learning_rate: f64) -> (f32, f32, f32, f32) {
        let correction = (1.0 - power(self.beta_2, step)).sqrt() / (1.0 - power(self.beta_1, step));
        let alpha = learning_rate * correction;
        (alpha as f32, (1.0 - self.beta_1) as f32, (1.0 - self.beta_2) as f32, self.epsilon as f32)
    }

    fn settings(&self) -> [(&'static str, f64, bool, &'static str); 3] {
        [
            ("beta_1", self.beta_1, (0.0..1.0).contains(&self.beta_1), FRACTION),
            ("beta_2", self.beta_2, (0.0..1.0).contains(&self.beta_2), FRACTION),
            ("epsilon", self.epsilon, self.epsilon > 0.0 && self.epsilon.is_finite(), "a number above 0"),
        ]
    }
}

/// `base` to a whole power by squaring: the standard library's `powi` may differ between machines.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent % 2 == 1 {
            result *= base;
        }
        base *= base;
        exponent /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_steps_correct_for_the_empty_means() {
        let Rule::Adam { alpha, rest_1, rest_2, .. } = Optimizer::from(Adam::default()).rule(1, 0.001) else {
            panic!()
        };
        // At the first step m = (1 − β₁)g and v = (1 − β₂)g², so the step is lr·sign(g).
        assert!((f64::from(alpha) * f64::from(rest_1) / f64::from(rest_2).sqrt() - 0.001).abs() < 1e-9);
    }

    #[test]
    fn settings_that_cannot_train_are_refused() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Optimizer::from(Adam { learning_rate: rate, ..Adam::default() }).check().is_err());
        }
        assert!(Optimizer::from(Adam { beta_1: 1.0, ..Adam::default() }).check().is_err());
        assert!(Optimizer::from(Sgd { momentum: 1.5, ..Sgd::default() }).check().is_err());
        assert!(Optimizer::from(AdamW { weight_decay: -0.1, ..AdamW::default() }).check().is_err());
        assert!(Optimizer::from(AdamW::default()).check().is_ok());
    }

    #[test]
    fn power_is_repeated_multiplication() {
        assert_eq!(power(0.5, 10), 1.0 / 1024.0);
        assert!((power(0.999, 1000) - 0.999f64.powf(1000.0)).abs() < 1e-12);
    }
}
