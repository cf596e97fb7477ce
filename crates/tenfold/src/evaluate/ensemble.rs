//! Several models that answer together, and answers averaged over small shifts of an image. Probabilities are averaged, each
//! with the same weight (Breiman 1996); that more often lowers the loss than it raises it, and never costs training.

use super::EvaluateError;
use crate::engine::Predictor;
use crate::model::{Activation, Layer, Sequential};

/// Shifts in (rows, columns) that answers are averaged over: none, and one pixel to every side.
const SHIFTS: [(isize, isize); 9] =
    [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)];

/// Models that answer together.
pub struct Ensemble {
    predictors: Vec<Predictor>,
    input: [usize; 2],
    classes: usize,
    rejects: bool,
    shifts: &'static [(isize, isize)],
}

impl Ensemble {
    /// Of `models`, which take the same images and know the same classes. With `shifts` every image is also seen moved by
    /// one pixel in each of eight directions. `threads` 0: one per core.
    ///
    /// # Errors
    /// [`EvaluateError::NotProbabilities`] where a model gives none, [`EvaluateError::Together`] where two do not belong
    /// together, [`EvaluateError::NoModel`] where there is none; and what keeps a model from being computed.
    pub fn new(models: &[&Sequential], shifts: bool, threads: usize) -> Result<Self, EvaluateError> {
        let mut ensemble = None;
        for (number, model) in models.iter().enumerate() {
            let classes = classes_of(model)?;
            let predictor = Predictor::new(model, threads)?;
            let Self { predictors, input, classes: known, rejects, .. } =
                ensemble.get_or_insert_with(|| Self {
                    predictors: Vec::new(),
                    input: model.input,
                    classes,
                    rejects: model.rejects,
                    shifts: if shifts { &SHIFTS } else { &SHIFTS[..1] },
                });
            if (model.input, classes, model.rejects) != (*input, *known, *rejects) {
                return Err(EvaluateError::Together {
                    number: number + 1,
                    found: describe(model.input, classes, model.rejects),
                    expected: describe(*input, *known, *rejects),
                });
            }
            predictors.push(predictor);
        }
        ensemble.ok_or(EvaluateError::NoModel)
    }

    /// Outputs an image gives.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Whether the last output means "none of the others" ([`Sequential::rejects`]).
    #[must_use]
    pub fn rejects(&self) -> bool {
        self.rejects
    }

    /// `[height, width]` of the images.
    #[must_use]
    pub fn input(&self) -> [usize; 2] {
        self.input
    }

    /// Probabilities `[images, classes]` for `pixels` `[images, height, width]`. Those of a single model without shifts are
    /// the model's own, bit for bit.
    pub fn predict(&mut self, pixels: &[u8]) -> Vec<f32> {
        let answers = self.predictors.len() * self.shifts.len();
        let mut sum: Vec<f32> = Vec::new();
        for &shift in self.shifts {
            let moved;
            let pixels = if shift == (0, 0) {
                pixels
            } else {
                moved = moved_by(pixels, self.input, shift);
                &moved
            };
            for predictor in &mut self.predictors {
                let found = predictor.predict(pixels);
                if sum.is_empty() {
                    sum = found;
                } else {
                    sum.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
                }
            }
        }
        if answers > 1 {
            sum.iter_mut().for_each(|sum| *sum /= answers as f32);
        }
        sum
    }
}

/// The outputs of a model whose outputs are probabilities.
fn classes_of(model: &Sequential) -> Result<usize, EvaluateError> {
    let shapes = model.shapes()?;
    match (model.layers.last(), shapes.last().map(Vec::as_slice)) {
        (Some(Layer::Activation(Activation::Softmax)), Some(&[classes])) => Ok(classes),
        (last, shape) => {
            let last = match (last, shape) {
                (Some(layer), Some(shape)) => format!("{} with outputs {shape:?}", layer.kind()),
                _ => "no layer at all".into(),
            };
            Err(EvaluateError::NotProbabilities { last })
        }
    }
}

fn describe([height, width]: [usize; 2], classes: usize, rejects: bool) -> String {
    let last = if rejects { ", the last for none of the others" } else { "" };
    format!("images of {height}×{width} pixels in {classes} classes{last}")
}

/// Every image moved by (rows, columns); what comes in from outside is background.
fn moved_by(pixels: &[u8], [height, width]: [usize; 2], (rows, columns): (isize, isize)) -> Vec<u8> {
    let mut moved = vec![0; pixels.len()];
    let size = height * width;
    for (from, to) in pixels.chunks_exact(size).zip(moved.chunks_exact_mut(size)) {
        for y in 0..height {
            let Some(source) = y.checked_add_signed(-rows).filter(|&source| source < height) else {
                continue;
            };
            let (from, to) = (&from[source * width..][..width], &mut to[y * width..][..width]);
            let kept = width.saturating_sub(columns.unsigned_abs());
            let (first, second) =
                (columns.max(0).unsigned_abs().min(width), (-columns).max(0).unsigned_abs());
            to[first..first + kept].copy_from_slice(&from[second.min(width)..][..kept]);
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(seed: u64, classes: usize) -> Sequential {
        let mut model = Sequential::new([3, 4]).flatten().dense(classes).softmax();
        model.initialise(seed).unwrap();
        model
    }

    #[test]
    fn images_move_and_lose_what_leaves() {
        let image = [1, 2, 3, 4, 5, 6];
        assert_eq!(moved_by(&image, [2, 3], (1, 0)), [0, 0, 0, 1, 2, 3]);
        assert_eq!(moved_by(&image, [2, 3], (-1, 1)), [0, 4, 5, 0, 0, 0]);
        assert_eq!(moved_by(&image, [2, 3], (0, -1)), [2, 3, 0, 5, 6, 0]);
        assert_eq!(moved_by(&[7], [1, 1], (1, 1)), [0]);
    }

    #[test]
    fn answers_are_means() {
        let pixels: Vec<u8> = (0..24).map(|k| k * 10).collect();
        let (a, b) = (model(1, 5), model(2, 5));
        let of = |models: &[&Sequential]| Ensemble::new(models, false, 1).unwrap().predict(&pixels);
        let (first, second) = (of(&[&a]), of(&[&b]));
        assert_eq!(first, Predictor::new(&a, 1).unwrap().predict(&pixels));
        for (k, together) in of(&[&a, &b]).into_iter().enumerate() {
            assert_eq!(together, (first[k] + second[k]) / 2.0);
        }
        let shifted = Ensemble::new(&[&a], true, 1).unwrap().predict(&pixels);
        assert!(shifted.chunks(5).all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-5));
        assert_ne!(shifted, first);
    }

    #[test]
    fn models_that_do_not_belong_together_are_refused() {
        let (a, b) = (model(1, 5), model(2, 6));
        assert!(matches!(Ensemble::new(&[&a, &b], false, 1), Err(EvaluateError::Together { number: 2, .. })));
        let rejecting = Sequential { rejects: true, ..model(2, 5) };
        let error = Ensemble::new(&[&a, &rejecting], false, 1).err().unwrap().to_string();
        assert!(error.contains("the last for none of the others, but the first"), "{error}");
        assert!(matches!(Ensemble::new(&[], false, 1), Err(EvaluateError::NoModel)));
    }
}
