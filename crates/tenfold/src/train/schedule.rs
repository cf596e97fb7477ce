//! How the learning rate moves during training.

use serde::{Deserialize, Serialize};

use super::TrainError;

/// The factor on the optimiser's learning rate, as a function of the step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// 1 throughout.
    #[default]
    Constant,
    /// Up to 1 along a line over the first `warmup` fraction of the steps (Goyal et al. 2017, section 2.2), then down to 0
    /// along half a cosine (Loshchilov & Hutter 2017, eq. 5, without restarts).
    Cosine {
        /// Fraction of all steps spent going up; 0: begin at 1.
        warmup: f64,
    },
    /// Up from 1/25 to 1 over the first `warmup` fraction of the steps, then down to 1/250,000, both along half a cosine
    /// (Smith & Topin 2018, in PyTorch's form).
    OneCycle {
        /// Fraction of all steps spent going up; 0.3 is usual.
        warmup: f64,
    },
}

impl Schedule {
    /// The factor at step `step` (from 0) of `steps`; beyond the last it is the end's.
    #[must_use]
    pub fn factor(&self, step: u64, steps: u64) -> f64 {
        match *self {
            Self::Constant => 1.0,
            Self::Cosine { warmup } => {
                // No step is wasted on a rate of 0: step `up` is the first at 1.
                let up = (warmup * steps as f64).round() as u64;
                if step < up {
                    (step + 1) as f64 / (up + 1) as f64
                } else {
                    let down = (step - up) as f64 / steps.saturating_sub(up).max(1) as f64;
                    between(1.0, 0.0, down.min(1.0))
                }
            }
            Self::OneCycle { warmup } => {
                // The peak and the end are steps of their own, as PyTorch counts them.
                let (at, last) = (step as f64, steps.saturating_sub(1).max(1) as f64);
                let peak = (warmup * steps as f64 - 1.0).clamp(0.0, last);
                if at < peak {
                    between(1.0 / 25.0, 1.0, at / peak)
                } else if peak < last {
                    between(1.0, 1.0 / 250_000.0, ((at - peak) / (last - peak)).min(1.0))
                } else {
                    1.0
                }
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), TrainError> {
        match *self {
            Self::Cosine { warmup } | Self::OneCycle { warmup } if !(0.0..=1.0).contains(&warmup) => {
                Err(TrainError::Setting {
                    setting: "warmup",
                    found: warmup.to_string(),
                    expected: "it must be from 0 to 1".into(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// From `start` to `end` along half a cosine.
fn between(start: f64, end: f64, position: f64) -> f64 {
    end + (start - end) * 0.5 * (1.0 + libm::cos(std::f64::consts::PI * position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_begin_peak_and_end_where_they_should() {
        assert_eq!(Schedule::Constant.factor(17, 100), 1.0);
        let cosine = Schedule::Cosine { warmup: 0.0 };
        assert_eq!(cosine.factor(0, 100), 1.0);
        assert!((cosine.factor(50, 100) - 0.5).abs() < 1e-12);
        let cycle = Schedule::OneCycle { warmup: 0.3 };
        assert!((cycle.factor(0, 100) - 0.04).abs() < 1e-12);
        assert!((cycle.factor(29, 100) - 1.0).abs() < 1e-12);
        assert!((cycle.factor(99, 100) - 4e-6).abs() < 1e-12);
        let factors: Vec<f64> = (0..100).map(|step| cycle.factor(step, 100)).collect();
        assert!(factors[..30].is_sorted() && factors[29..].is_sorted_by(|a, b| a >= b));
        for (warmup, steps) in [(0.0, 1), (1.0, 1), (0.3, 2), (1.0, 10), (0.0, 10)] {
            for step in 0..steps {
                assert!((0.0..=1.0).contains(&Schedule::OneCycle { warmup }.factor(step, steps)));
                let factor = Schedule::Cosine { warmup }.factor(step, steps);
                assert!(factor > 0.0 && factor <= 1.0, "{warmup} {step} of {steps}: {factor}");
            }
        }
    }

    #[test]
    fn a_warm_up_is_a_line_to_one_and_the_cosine_takes_the_rest() {
        let warm = Schedule::Cosine { warmup: 0.19 };
        let line: Vec<f64> = (0..20).map(|step| warm.factor(step, 100)).collect();
        for (step, factor) in line.iter().enumerate() {
            assert!((factor - (step + 1) as f64 / 20.0).abs() < 1e-12);
        }
        let rest = Schedule::Cosine { warmup: 0.0 };
        for step in 0..81 {
            assert_eq!(warm.factor(19 + step, 100), rest.factor(step, 81));
        }
    }
}
