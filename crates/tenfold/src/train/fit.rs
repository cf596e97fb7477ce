//! The fit loop: epochs of training steps, validation, early stopping, callbacks. Arithmetic is the engine's; files are
//! the callers'.

use std::time::{Duration, Instant};

use super::run::{Best, Run};
use super::{
    Callback, EpochEnd, EpochFigures, History, Schedule, Signal, Step, StopReason, TrainError, Trainer,
};
use crate::data::{Augment, Dataset};
use crate::engine::{AVERAGE, Learner, Precision, Predictor, Progress, Recipe, Rule};
use crate::random::{Purpose, Stream};

/// Stop when the validation loss has not fallen for `patience` epochs, and restore the best epoch's weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyStopping {
    /// Epochs to wait for a new best; 0 is as 1.
    pub patience: usize,
}

/// How to train. The defaults are Keras's where it has one; 10 epochs as in the tutorial.
pub struct Fit {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step; the last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// Fraction of the training images (the last ones) held back to validate on.
    pub validation_split: f64,
    /// Images to validate on instead.
    pub validation_data: Option<Dataset>,
    /// Needs validation images.
    pub early_stopping: Option<EarlyStopping>,
    /// How training images are varied, each time they are seen; validation images never are.
    pub augment: Augment,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Share of each target that is spread evenly over the classes (Szegedy et al. 2016, section 7).
    pub label_smoothing: f32,
    /// How finely the network multiplies while it learns.
    pub precision: Precision,
    /// Scales the gradient of a step down where its norm, over all weights, is larger (Pascanu, Mikolov & Bengio 2013).
    pub clip_norm: Option<f32>,
    /// Keeps a moving average of the weights with this decay, and ends with it (Polyak & Juditsky 1992).
    pub average: Option<f32>,
    /// Of all that is random but the first weights: the order of samples, how they vary, what dropout forgets.
    pub seed: u64,
    /// 0: one per core. The result does not depend on it.
    pub threads: usize,
    /// Watchers.
    pub callbacks: Vec<Box<dyn Callback>>,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            epochs: 10,
            batch_size: 32,
            validation_split: 0.0,
            validation_data: None,
            early_stopping: None,
            augment: Augment::default(),
            schedule: Schedule::Constant,
            label_smoothing: 0.0,
            precision: Precision::default(),
            clip_norm: None,
            average: None,
            seed: 0,
            threads: 0,
            callbacks: Vec::new(),
        }
    }
}

impl Fit {
    /// What is trained on, and what is validated on.
    fn parts(&self, train: &Dataset) -> (Dataset, Option<Dataset>) {
        match &self.validation_data {
            Some(data) => (train.clone(), Some(data.clone())),
            None if self.validation_split > 0.0 => {
                let (train, validation) = train.split(self.validation_split);
                (train, Some(validation))
            }
            None => (train.clone(), None),
        }
    }
}

impl Trainer {
    /// Trains: `fit.epochs` passes over `train` in a fresh random order each, with a last smaller batch where the number
    /// of images asks for it. A trainer that was stopped, or [resumed](Trainer::resume) from a checkpoint, goes on where
    /// it was and ends with the same weights, bit for bit, as one that was never stopped.
    ///
    /// # Errors
    /// Settings that cannot work; data that does not fit the model; [`TrainError::Diverged`] at the first loss that is no
    /// finite number (the weights are then those of the last whole epoch).
    pub fn fit(&mut self, train: &Dataset, mut fit: Fit) -> Result<History, TrainError> {
        let (train, validation) = fit.parts(train);
        let mut learner = self.learner(&train, validation.as_ref(), &fit)?;
        for (which, state) in self.state.iter().enumerate() {
            learner.set_state(which, state);
        }
        if self.optimizer.rule(1, 1.0).keeps_untouched_weights() {
            learner.skip_unlit_pixels();
        }
        let mut run = self.run.take().unwrap_or_else(|| {
            self.steps_before = self.steps;
            self.average = None;
            Run::default()
        });
        match (fit.average, &self.average) {
            // A fit that kept one may be gone on with by one that does not.
            (None, _) => self.average = None,
            (Some(_), None) => self.average = Some(learner.state(AVERAGE)),
            (Some(_), Some(average)) => learner.set_state(AVERAGE, average),
        }
        let mut stopped = StopReason::Finished;
        let patience = fit.early_stopping.map_or(usize::MAX, |early| early.patience.max(1));
        while run.epochs.len() < fit.epochs {
            // Here, not after the epoch: a checkpoint of the last epoch before the stop may be what is gone on from.
            if run.waited() >= patience {
                stopped = StopReason::EarlyStopping;
                break;
            }
            let steps = self.steps;
            let mut signal =
                self.epoch(&mut run, &mut learner, &train, &mut fit).inspect_err(|_| self.steps = steps)?;
            if run.images < train.len() {
                stopped = StopReason::Asked;
                break;
            }
            // Always: should the next epoch diverge, these are the weights that are left.
            self.take_from(&learner);
            let mut figures = run.end_of_epoch(self.rate(&fit, &train, self.steps.saturating_sub(1)));
            if let Some(validation) = &validation {
                let (loss, accuracy) = self.validate(validation, fit.threads)?;
                if !loss.is_finite() {
                    return Err(TrainError::Diverged {
                        epoch: run.epochs.len() + 1,
                        step: train.len().div_ceil(fit.batch_size),
                        loss: loss as f32,
                        learning_rate: self.optimizer.learning_rate(),
                    });
                }
                figures.validation_loss = Some(loss);
                figures.validation_accuracy = Some(accuracy);
                if fit.early_stopping.is_some() {
                    run.note_best(loss, &*self.averaged()?)?;
                }
            }
            run.epochs.push(figures.clone());
            let exhausted = run.waited() >= patience;
            let finished = exhausted || run.epochs.len() == fit.epochs;
            self.run = Some(run);
            for callback in &mut fit.callbacks {
                let end = EpochEnd { figures: &figures, epochs: fit.epochs, trainer: self };
                if callback.on_epoch_end(&end) == Signal::Stop {
                    signal = Signal::Stop;
                }
            }
            run = self.run.take().unwrap_or_default();
            if signal == Signal::Stop && !finished {
                stopped = StopReason::Asked;
                break;
            }
        }
        let mut history = History { epochs: run.epochs.clone(), stopped, restored_epoch: None };
        if stopped == StopReason::Asked {
            self.take_from(&learner);
            self.run = Some(run);
            return Ok(history);
        }
        self.model = self.averaged()?.into_owned();
        self.average = None;
        if let (Some(_), Some(Best { epoch, parameters, .. })) = (fit.early_stopping, run.best) {
            parameters.write(&mut self.model)?;
            history.restored_epoch = Some(epoch);
        }
        self.fits = self.fits.wrapping_add(1);
        Ok(history)
    }

    /// Refuses what [`fit`](Trainer::fit) would refuse before its first step, and changes nothing.
    ///
    /// # Errors
    /// Those of `fit`, but for divergence.
    pub fn check_fit(&self, train: &Dataset, fit: &Fit) -> Result<(), TrainError> {
        let (train, validation) = fit.parts(train);
        self.learner(&train, validation.as_ref(), fit).map(drop)
    }

    /// What computes the steps of a fit, where its settings can work.
    fn learner(
        &self,
        train: &Dataset,
        validation: Option<&Dataset>,
        fit: &Fit,
    ) -> Result<Learner, TrainError> {
        self.check(train, validation, fit)?;
        let recipe = Recipe {
            seed: fit.seed,
            label_smoothing: fit.label_smoothing,
            precision: fit.precision,
            augment: fit.augment,
            clip_norm: fit.clip_norm.unwrap_or(0.0),
            average: fit.average.unwrap_or(0.0),
        };
        let states = self.optimizer.states();
        Ok(Learner::new(&self.model, train, fit.batch_size, states, fit.threads, recipe)?)
    }

    /// The rest of the current epoch's steps, or some of it where a callback asks to stop. One that asks at the very end asks
    /// to stop after the epoch: its figures are still to come.
    fn epoch(
        &mut self,
        run: &mut Run,
        learner: &mut Learner,
        train: &Dataset,
        fit: &mut Fit,
    ) -> Result<Signal, TrainError> {
        let epoch = run.epochs.len();
        let order =
            Stream::new(fit.seed, Purpose::Shuffle, epoch as u64, self.fits).permutation(train.len() as u32);
        // Of all fits: how images vary and what dropout forgets does not come again in the next one.
        let variant = self.fits << 32 | epoch as u64;
        let begun = Instant::now();
        let seconds_before = run.seconds;
        let mut signal = Signal::Continue;
        let mut chunk = 8;
        let mut rules = Vec::<Rule>::with_capacity(MOST_STEPS.min(order.len().div_ceil(fit.batch_size)));
        while run.images < order.len() {
            let left = (order.len() - run.images).div_ceil(fit.batch_size);
            let steps = chunk.min(left);
            rules.clear();
            for step in self.steps..self.steps + steps as u64 {
                rules.push(self.optimizer.rule(step + 1, self.rate(fit, train, step)));
            }
            let images = (steps * fit.batch_size).min(order.len() - run.images);
            let chunk_begun = Instant::now();
            let Progress { loss, correct, diverged } =
                learner.steps(&order[run.images..run.images + images], &rules, variant, self.steps);
            if let Some((step, loss)) = diverged {
                return Err(TrainError::Diverged {
                    epoch: epoch + 1,
                    step: run.images / fit.batch_size + step + 1,
                    loss,
                    learning_rate: self.optimizer.learning_rate(),
                });
            }
            run.loss += loss;
            run.correct += correct;
            run.images += images;
            run.seconds = seconds_before + begun.elapsed().as_secs_f64();
            self.steps += steps as u64;
            chunk = next_chunk(steps, chunk_begun.elapsed());
            let step = Step {
                epoch: epoch + 1,
                epochs: fit.epochs,
                images: run.images,
                images_per_epoch: order.len(),
                loss: run.loss / run.images as f64,
                accuracy: run.correct as f64 / run.images as f64,
                seconds: run.seconds,
            };
            for callback in &mut fit.callbacks {
                if callback.on_step(&step) == Signal::Stop {
                    signal = Signal::Stop;
                    if run.images < order.len() {
                        return Ok(signal);
                    }
                }
            }
        }
        Ok(signal)
    }

    /// The learning rate of step `step` (from 0).
    fn rate(&self, fit: &Fit, train: &Dataset, step: u64) -> f64 {
        let steps_per_epoch = train.len().div_ceil(fit.batch_size) as u64;
        let steps = steps_per_epoch.saturating_mul(fit.epochs as u64);
        self.optimizer.learning_rate() * fit.schedule.factor(step - self.steps_before, steps)
    }

    /// (loss, accuracy) of the model as it stands. The loss is −ln of the label's probability, at least 1e-7 as in Keras.
    /// A model that can say "none of these" is asked which one it is, as in [`evaluate`](crate::evaluate).
    fn validate(&self, data: &Dataset, threads: usize) -> Result<(f64, f64), TrainError> {
        let classes = self.model.classes().max(1);
        let known = classes - usize::from(self.model.rejects && data.classes() < classes);
        let probabilities = Predictor::new(&*self.averaged()?, threads)?.predict(data.pixels());
        let (mut loss, mut correct) = (0.0, 0usize);
        for (probabilities, &label) in probabilities.chunks_exact(classes).zip(data.labels()) {
            let (probabilities, right) = (&probabilities[..known], probabilities[usize::from(label)]);
            let sum =
                if known < classes { probabilities.iter().sum::<f32>().max(f32::MIN_POSITIVE) } else { 1.0 };
            // Written so that what is no number stays none.
            let known = f64::from(right / sum);
            loss -= libm::log(if known < 1e-7 { 1e-7 } else { known });
            let rival = probabilities.iter().position(|&p| p > right);
            let tie = probabilities[..usize::from(label)].contains(&right);
            correct += usize::from(rival.is_none() && !tie);
        }
        Ok((loss / data.len() as f64, correct as f64 / data.len() as f64))
    }

    fn check(&self, train: &Dataset, validation: Option<&Dataset>, fit: &Fit) -> Result<(), TrainError> {
        let setting = |setting, found: String, expected: &str| {
            Err(TrainError::Setting { setting, found, expected: expected.into() })
        };
        self.optimizer.check()?;
        fit.schedule.check()?;
        if !(0.0..1.0).contains(&fit.label_smoothing) {
            let found = fit.label_smoothing.to_string();
            return setting("label smoothing", found, "it must be at least 0 and below 1");
        }
        if let Some(norm) = fit.clip_norm.filter(|norm| !(*norm > 0.0 && norm.is_finite())) {
            return setting("gradient norm", norm.to_string(), "it must be a number above 0");
        }
        if let Some(decay) = fit.average.filter(|decay| !(*decay > 0.0 && *decay < 1.0)) {
            return setting(
                "decay of the weights' average",
                decay.to_string(),
                "it must be above 0 and below 1",
            );
        }
        if fit.epochs == 0 {
            return setting("epochs", "0".into(), "at least 1 is needed to train");
        }
        if fit.batch_size == 0 {
            return setting("batch size", "0".into(), "at least 1 image a step is needed");
        }
        if !(0.0..1.0).contains(&fit.validation_split) {
            return setting(
                "validation split",
                fit.validation_split.to_string(),
                "it must be at least 0 and below 1",
            );
        }
        if train.is_empty() && fit.validation_split == 0.0 {
            return setting("training images", "none".into(), "at least 1 is needed");
        }
        if train.is_empty() {
            return setting(
                "validation split",
                fit.validation_split.to_string(),
                "no image is left to train on",
            );
        }
        if validation.is_some_and(Dataset::is_empty) && fit.validation_split == 0.0 {
            return setting("validation images", "none".into(), "at least 1 is needed");
        }
        if validation.is_some_and(Dataset::is_empty) {
            return setting(
                "validation split",
                fit.validation_split.to_string(),
                "no image is left to validate on",
            );
        }
        if fit.batch_size > train.len() {
            let expected = format!("there are only {} training images: choose a smaller batch", train.len());
            return setting("batch size", fit.batch_size.to_string(), &expected);
        }
        if let Some(early) = fit.early_stopping
            && validation.is_none()
        {
            return setting(
                "early stopping",
                early.patience.to_string(),
                "it needs validation images: set a validation split",
            );
        }
        for data in std::iter::once(train).chain(validation) {
            if data.shape() != self.model.input {
                let [height, width] = data.shape();
                let [model_height, model_width] = self.model.input;
                return Err(TrainError::Data {
                    data: data.name().into(),
                    found: format!("images of {height}×{width} pixels"),
                    expected: format!("{model_height}×{model_width}"),
                });
            }
            data.require_classes(self.model.classes())?;
        }
        Ok(())
    }
}

/// The most steps between two looks at the callbacks.
const MOST_STEPS: usize = 4096;

/// Steps until the next look at the callbacks: about 10 ms of them.
fn next_chunk(steps: usize, took: Duration) -> usize {
    let wanted = 0.010 / (took.as_secs_f64() / steps as f64).max(1e-7);
    (wanted as usize).clamp(1, (steps * 4).min(MOST_STEPS))
}

impl Run {
    /// The figures of the epoch that has just ended, without validation; ready for the next one.
    fn end_of_epoch(&mut self, learning_rate: f64) -> EpochFigures {
        let images = self.images.max(1) as f64;
        let figures = EpochFigures {
            epoch: self.epochs.len() + 1,
            loss: self.loss / images,
            accuracy: self.correct as f64 / images,
            validation_loss: None,
            validation_accuracy: None,
            learning_rate,
            seconds: self.seconds,
        };
        (self.images, self.loss, self.correct, self.seconds) = (0, 0.0, 0, 0.0);
        figures
    }
}
