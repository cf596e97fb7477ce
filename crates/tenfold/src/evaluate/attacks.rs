//! Attacks: the smallest changes of the pixels that do the most harm, made by someone who knows the network.
//!
//! [FGSM](Attack::Fgsm) (Goodfellow, Shlens, Szegedy 2015, "Explaining and harnessing adversarial examples") and
//! [PGD](Attack::Pgd) (Madry et al. 2018, "Towards deep learning models resistant to adversarial attacks"), both with every
//! pixel changed by at most ε (L∞), pixels in 0 to 1. Nothing here defends. A network that withstands these two is not
//! thereby safe: they are an upper bound on its accuracy under attack.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{EvaluateError, Predictions};
use crate::cores;
use crate::data::Dataset;
use crate::engine::InputGradients;
use crate::random::{Purpose, Stream};

/// How far pixels may be moved, unless told otherwise.
pub const EPSILONS: [f64; 4] = [0.05, 0.1, 0.2, 0.3];
/// Steps of PGD; each is 2.5·ε / steps long.
pub const PGD_STEPS: usize = 20;
/// Images that a thread takes at a time.
const TOGETHER: usize = 64;

/// How the pixels are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attack {
    /// Fast gradient sign method: one step of ε along the sign of the gradient.
    Fgsm,
    /// Projected gradient descent: [`PGD_STEPS`] smaller steps from a random start within ε.
    Pgd,
}

/// Images after an attack, and what the network says about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Attacked {
    /// `[images, height·width]`, in 0 to 1.
    pub pixels: Vec<f32>,
    /// The network's answers, computed from those pixels without rounding them to bytes.
    pub predictions: Predictions,
}

impl Attack {
    /// Both.
    #[must_use]
    pub fn all() -> [Self; 2] {
        [Self::Fgsm, Self::Pgd]
    }

    /// What the field calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fgsm => "FGSM",
            Self::Pgd => "PGD",
        }
    }

    /// Attacks every image of `data`, moving no pixel by more than `epsilon` (0 to 1; what lies outside is cut, NaN
    /// is 0). A function of network, data and ε: the random start is keyed by the image's position. `threads` 0: one per core.
    ///
    /// # Errors
    /// [`EvaluateError::Empty`], [`EvaluateError::ImageSize`] or [`EvaluateError::Classes`] where `data` does not fit the
    /// network.
    pub fn run(
        self,
        network: &dyn InputGradients,
        data: &Dataset,
        epsilon: f64,
        threads: usize,
    ) -> Result<Attacked, EvaluateError> {
        let (size, classes) = (network.pixels(), network.classes());
        if data.is_empty() {
            return Err(EvaluateError::Empty { data: data.name().into() });
        }
        if data.pixels_per_image() != size {
            return Err(EvaluateError::ImageSize { shape: data.shape(), found: size });
        }
        if data.classes() > classes {
            let (data, found) = (data.name().into(), data.classes());
            return Err(EvaluateError::Classes { data, expected: classes, found });
        }
        let epsilon = if epsilon.is_nan() { 0.0 } else { epsilon.clamp(0.0, 1.0) as f32 };
        let mut pixels = vec![0.0; data.len() * size];
        let mut probabilities = vec![0.0; data.len() * classes];
        let pieces = pixels.chunks_mut(TOGETHER * size).zip(probabilities.chunks_mut(TOGETHER * classes));
        cores::share(cores::threads(threads), pieces.enumerate(), |(piece, (pixels, probabilities))| {
            self.piece(network, data, piece * TOGETHER, epsilon, pixels, probabilities);
        });
        Ok(Attacked { pixels, predictions: Predictions { classes, probabilities } })
    }

    /// The images from `first` on, as many as `pixels` holds.
    fn piece(
        self,
        network: &dyn InputGradients,
        data: &Dataset,
        first: usize,
        epsilon: f32,
        pixels: &mut [f32],
        probabilities: &mut [f32],
    ) {
        let size = network.pixels();
        let images = first..first + pixels.len() / size;
        let labels = &data.labels()[images.clone()];
        let bytes = &data.pixels()[images.start * size..images.end * size];
        let clean: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        pixels.copy_from_slice(&clean);
        let (steps, length) = match self {
            Self::Fgsm => (1, epsilon),
            Self::Pgd => (PGD_STEPS, 2.5 * epsilon / PGD_STEPS as f32),
        };
        if self == Self::Pgd {
            for (index, pixels) in images.zip(pixels.chunks_exact_mut(size)) {
                let mut random = Stream::new(0, Purpose::Attack, index as u64, 0);
                for pixel in pixels {
                    *pixel = (*pixel + random.range(-epsilon, epsilon)).clamp(0.0, 1.0);
                }
            }
        }
        let mut gradients = vec![0.0; pixels.len()];
        for _ in 0..steps {
            network.gradients(pixels, labels, &mut gradients, probabilities);
            for ((pixel, &gradient), &clean) in pixels.iter_mut().zip(&gradients).zip(&clean) {
                let step = match gradient {
                    g if g > 0.0 => length,
                    g if g < 0.0 => -length,
                    _ => 0.0,
                };
                *pixel = (*pixel + step).clamp(clean - epsilon, clean + epsilon).clamp(0.0, 1.0);
            }
        }
        network.gradients(pixels, labels, &mut gradients, probabilities);
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::strokes;
    use crate::engine::input_gradients;
    use crate::model::Sequential;
    use crate::train::{Adam, Fit, SparseCategoricalCrossentropy};

    fn trained() -> (Sequential, Dataset) {
        let (train, test) = strokes::load(2000, 150, 1);
        let mut model = Sequential::new([28, 28]).flatten().dense(32).relu().dense(10).softmax();
        model.initialise(1).unwrap();
        let mut trainer = model.compile(Adam::default(), SparseCategoricalCrossentropy).unwrap();
        trainer.fit(&train, Fit { epochs: 6, ..Fit::default() }).unwrap();
        (trainer.into_model(), test)
    }

    #[test]
    fn attacks_lower_the_accuracy_and_stay_within_epsilon() {
        let (model, test) = trained();
        let network = input_gradients(&model).unwrap();
        let right = |attacked: &Attacked| {
            let labels = test.labels().iter().enumerate();
            labels.filter(|&(i, &label)| attacked.predictions.predicted(i) == usize::from(label)).count()
        };
        let clean = right(&Attack::Fgsm.run(&*network, &test, 0.0, 1).unwrap());
        let kernels = model.evaluate(&test).unwrap().correct;
        assert!(clean > 80 && clean.abs_diff(kernels) <= 1, "{clean} {kernels}");
        for epsilon in [0.03, 0.1] {
            let fgsm = Attack::Fgsm.run(&*network, &test, epsilon, 1).unwrap();
            let pgd = Attack::Pgd.run(&*network, &test, epsilon, 1).unwrap();
            assert!(
                right(&fgsm) < clean && right(&pgd) <= right(&fgsm),
                "{clean} {} {}",
                right(&fgsm),
                right(&pgd)
            );
            for attacked in [&fgsm, &pgd] {
                for (&found, &byte) in attacked.pixels.iter().zip(test.pixels()) {
                    let moved = (f64::from(found) - f64::from(byte) / 255.0).abs();
                    assert!(moved <= epsilon + 1e-6 && (0.0..=1.0).contains(&found));
                }
            }
            assert_eq!(pgd, Attack::Pgd.run(&*network, &test, epsilon, 3).unwrap());
        }
        assert!(right(&Attack::Pgd.run(&*network, &test, 0.3, 0).unwrap()) < clean / 4);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut model = Sequential::new([2, 2]).flatten().dense(2).softmax();
        model.initialise(1).unwrap();
        let network = input_gradients(&model).unwrap();
        let data = |shape: [usize; 2], labels: &[u8]| {
            Dataset::new("d", shape, vec![0; shape[0] * shape[1] * labels.len()], labels.to_vec()).unwrap()
        };
        let run = |data: &Dataset| Attack::Pgd.run(&*network, data, f64::NAN, 2);
        assert!(run(&data([2, 2], &[0, 1])).is_ok());
        assert!(matches!(run(&data([2, 2], &[0, 2])), Err(EvaluateError::Classes { .. })));
        assert!(matches!(run(&data([2, 3], &[0])), Err(EvaluateError::ImageSize { .. })));
        assert!(matches!(run(&data([2, 2], &[0]).slice(0..0)), Err(EvaluateError::Empty { .. })));
    }
}
