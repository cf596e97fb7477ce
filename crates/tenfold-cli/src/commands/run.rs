//! One training run, from the first step (or a checkpoint) to the finished folder. Knows nothing of arguments.

use std::time::Instant;

use anyhow::{Context, bail};
use tenfold::evaluate::{Evaluation, Predictions};
use tenfold::model::{DataInfo, Provenance, Recipe, Sequential, TestFigures};
use tenfold::read::lessons::LESSONS;
use tenfold::train::{Callback, Checkpoint, EpochEnd, History, Signal, Step, StopReason};
use tenfold::{SparseCategoricalCrossentropy, Trainer};

use crate::commands::report;
use crate::descent::{optimizer_text, schedule_text};
use crate::files::write;
use crate::format::percent;
use crate::interrupt::{self, Interrupted};
use crate::memory;
use crate::one_line;
use crate::progress::EpochLines;
use crate::result::{RunResult, metrics_text};
use crate::run_folder::RunFolder;
use crate::run_record::{Outcome, RunRecord};
use crate::saver::Saver;
use crate::settings::LOSS;
use crate::source::Data;
use crate::terminal::Screen;

/// What a run computes with.
pub struct Machine {
    /// Threads.
    pub threads: usize,
    /// Vector instructions.
    pub simd: String,
}

/// A run that is about to be trained.
pub struct Run<'a> {
    /// Where it goes.
    pub folder: RunFolder,
    /// What it is; already in the folder.
    pub record: RunRecord,
    /// What it learns from.
    pub data: &'a Data,
    /// What it computes with.
    pub machine: &'a Machine,
    /// Where it is watched.
    pub screen: &'a Screen,
    /// The how-manieth of how many, from 0.
    pub of: (usize, usize),
    /// Whether it begins here, and does not go on.
    pub new: bool,
}

/// A run whose folder is complete.
pub struct Finished {
    /// Its folder.
    pub folder: RunFolder,
    /// How it went.
    pub outcome: Outcome,
    /// How good the model is.
    pub evaluation: Evaluation,
}

impl Run<'_> {
    /// Trains, tests and saves everything.
    pub fn train(self) -> anyhow::Result<Finished> {
        // Of several seeds each counts from its own start.
        let start = if self.of.0 == 0 { 0.0 } else { self.screen.seconds() };
        let mut trainer = self.trainer().inspect_err(|_| self.give_up())?;
        interrupt::watch();
        // Steps before an interruption took their time too.
        let earlier = trainer.seconds();
        let began = Instant::now();
        let history = self.fit(&mut trainer).inspect_err(|_| self.give_up())?;
        if history.stopped == StopReason::Asked {
            return Err(self.stop(&trainer, &history));
        }
        let fit_seconds = earlier + began.elapsed().as_secs_f64();

        let folder = self.folder.path().display().to_string();
        let incomplete = || {
            format!(
                "{folder} is not complete; once the cause is gone, go on with `tenfold train --resume {folder}`"
            )
        };
        let model = trainer.into_model();
        let (predictions, evaluation) = self.test(&model).with_context(incomplete)?;
        if !evaluation.loss.is_finite() {
            self.give_up();
            bail!(
                "the loss is {} on the test images: training diverged in its last steps; try a learning rate below {:?}",
                evaluation.loss,
                self.record.settings.optimizer.learning_rate()
            );
        }
        self.finish(model, history, (predictions, evaluation), fit_seconds, start - earlier)
            .with_context(incomplete)
    }

    fn test(&self, model: &Sequential) -> anyhow::Result<(Predictions, Evaluation)> {
        let predictions = Predictions::of(model, &self.data.test, self.machine.threads)?;
        let evaluation = Evaluation::of(&predictions, &self.data.test)?;
        Ok((predictions, evaluation))
    }

    /// Fills the folder with the trained model and how it was `tested`. `start`: what the program's clock would have shown when
    /// the run began, had it run through.
    fn finish(
        mut self,
        mut model: Sequential,
        history: History,
        tested: (Predictions, Evaluation),
        fit_seconds: f64,
        start: f64,
    ) -> anyhow::Result<Finished> {
        let threads = self.machine.threads;
        let (predictions, evaluation) = tested;
        model.provenance = self.provenance(&history, &evaluation);
        model.save(&self.folder.model())?;

        let total_seconds = self.screen.seconds() - start;
        let result = self.result(&model, &history, &evaluation, [fit_seconds, total_seconds]);
        let outcome =
            Outcome { history, fit_seconds, total_seconds, threads, simd: self.machine.simd.clone(), result };
        let page = report::draw(
            &self.folder,
            &self.record,
            &outcome,
            &model,
            self.data,
            &predictions,
            &evaluation,
            None,
        );
        write(&self.folder.report(), page.as_bytes())?;
        let metrics = metrics_text(&outcome.history.epochs, Some(&outcome.result));
        write(&self.folder.metrics(), metrics.as_bytes())?;
        self.record.outcome = Some(outcome.clone());
        self.folder.save_record(&self.record)?;
        self.folder.remove_checkpoint()?;
        self.folder.forget_replaced()?;
        if self.of.1 > 1 {
            self.say_seed(&evaluation, fit_seconds);
        }
        Ok(Finished { folder: self.folder, outcome, evaluation })
    }

    /// A new trainer, or the one of the checkpoint.
    fn trainer(&self) -> anyhow::Result<Trainer> {
        let checkpoint = self.folder.checkpoint();
        if checkpoint.exists() {
            return Ok(Trainer::resume(Checkpoint::load(&checkpoint)?));
        }
        let settings = &self.record.settings;
        let mut model = settings.network(self.data)?;
        model.initialise(settings.seed)?;
        Ok(model.compile(settings.optimizer, SparseCategoricalCrossentropy)?)
    }

    fn fit(&self, trainer: &mut Trainer) -> anyhow::Result<History> {
        let settings = &self.record.settings;
        let (index, runs) = self.of;
        let label = if runs > 1 {
            format!("Seed {} ({} of {runs})  ", settings.seed, index + 1)
        } else {
            String::new()
        };
        // Split first, as the fit would, so that what is mixed in is never validated on.
        let (own, validation) = self.data.train.split(settings.validation_split);
        let train = settings.mix.into_training(&own, settings.seed, LESSONS)?;
        let mut fit = settings.fit(self.machine.threads);
        if settings.validation_split > 0.0 {
            fit.validation_data = Some(validation);
        }
        fit.callbacks = vec![
            Box::new(EpochLines::new(self.screen, runs == 1, &label, train.len())),
            Box::new(Keeper {
                folder: self.folder.clone(),
                screen: self.screen.clone(),
                saver: Saver::new().context("cannot start a thread that saves checkpoints")?,
                warned: false,
            }),
        ];
        Ok(trainer.fit(&train, fit)?)
    }

    /// Takes a new run back that has not come as far as a checkpoint. One that was begun before is its owner's.
    fn give_up(&self) {
        if self.new && !self.folder.checkpoint().exists() {
            self.folder.abandon();
        }
    }

    /// The user asked to stop: saves where training is and says how to go on.
    fn stop(&self, trainer: &Trainer, history: &History) -> anyhow::Error {
        let saved = trainer
            .checkpoint()
            .save(&self.folder.checkpoint())
            .map_err(anyhow::Error::new)
            .and_then(|()| write(&self.folder.metrics(), metrics_text(&history.epochs, None).as_bytes()));
        if let Err(error) = saved {
            self.give_up();
            return error.context("interrupted, and where training was could not be saved");
        }
        let path = self.folder.path().display();
        self.screen.gap();
        self.screen.line(format_args!("Interrupted. Go on with:  tenfold train --resume {path}"));
        if let Some(replaced) = self.folder.replaced() {
            let replaced = replaced.path().display();
            self.screen.line(format_args!("The run that was there before is in {replaced}."));
        }
        let (index, runs) = self.of;
        if index + 1 < runs {
            let (next, left) = (self.record.settings.seed + 1, runs - index - 1);
            self.screen.line(match left {
                1 => format!("Seed {next} has not begun."),
                _ => format!("Seeds {next} to {} have not begun.", next + left as u64 - 1),
            });
        }
        Interrupted.into()
    }

    fn provenance(&self, history: &History, evaluation: &Evaluation) -> Provenance {
        let (settings, data) = (&self.record.settings, self.data);
        Provenance {
            recipe: Some(Recipe {
                optimizer: optimizer_text(&settings.optimizer),
                loss: LOSS.into(),
                schedule: schedule_text(settings.schedule),
                epochs: history.epochs.len(),
                batch_size: settings.batch_size,
                seed: settings.seed,
                validation_split: settings.validation_split,
                augmentation: settings.augment.to_string(),
                mix: settings.mix.to_string(),
                label_smoothing: settings.label_smoothing,
                precision: settings.precision.name().into(),
                clip_norm: settings.clip_norm,
                average: settings.average,
            }),
            training_data: Some(DataInfo {
                name: data.train.name().into(),
                images: data.train.len(),
                sha256: self.record.training_sha256.clone(),
            }),
            test: Some(TestFigures {
                data: DataInfo {
                    name: data.test.name().into(),
                    images: data.test.len(),
                    sha256: self.record.test_sha256.clone(),
                },
                accuracy: evaluation.accuracy,
                loss: evaluation.loss,
            }),
        }
    }

    /// What `--json` prints about the run.
    fn result(
        &self,
        model: &Sequential,
        history: &History,
        evaluation: &Evaluation,
        [fit_seconds, total_seconds]: [f64; 2],
    ) -> RunResult {
        let (settings, epochs) = (&self.record.settings, &history.epochs);
        RunResult {
            dataset: self.data.train.name().into(),
            source: self.data.source.clone(),
            notes: self.record.notes.clone(),
            training_images: self.data.train.len(),
            test_images: self.data.test.len(),
            architecture: settings.model.to_string(),
            parameters: model.parameters(),
            epochs: epochs.len(),
            batch_size: settings.batch_size,
            optimizer: settings.optimizer,
            augment: settings.augment.to_string(),
            mix: settings.mix.to_string(),
            schedule: settings.schedule,
            validation_split: settings.validation_split,
            seed: settings.seed,
            threads: self.machine.threads,
            simd: self.machine.simd.clone(),
            epoch_seconds: epochs.iter().map(|epoch| epoch.seconds).collect(),
            fit_seconds,
            total_seconds,
            train_loss: epochs.iter().map(|epoch| epoch.loss).collect(),
            train_accuracy: epochs.iter().map(|epoch| epoch.accuracy).collect(),
            validation_loss: epochs.iter().map(|epoch| epoch.validation_loss).collect(),
            validation_accuracy: epochs.iter().map(|epoch| epoch.validation_accuracy).collect(),
            stopped: history.stopped,
            restored_epoch: history.restored_epoch,
            test_accuracy: evaluation.accuracy,
            test_loss: evaluation.loss,
            interval: evaluation.interval,
            peak_memory_bytes: memory::peak_bytes(),
            run: self.folder.path().into(),
            model: self.folder.model(),
            report: self.folder.report(),
        }
    }

    fn say_seed(&self, evaluation: &Evaluation, fit_seconds: f64) {
        self.screen.line(format_args!(
            "Seed {:>3}  test {}  loss {:.4}  {:>7}  {}",
            self.record.settings.seed,
            percent(evaluation.accuracy),
            evaluation.loss,
            crate::format::seconds(fit_seconds),
            self.screen.dim(&self.folder.path().display().to_string())
        ));
    }
}

/// Saves a checkpoint and the metrics after each epoch but the last, in the background, and listens for Ctrl-C.
struct Keeper {
    folder: RunFolder,
    screen: Screen,
    saver: Saver,
    /// Whether the user knows that checkpoints cannot be saved.
    warned: bool,
}

impl Keeper {
    fn signal() -> Signal {
        if interrupt::asked() { Signal::Stop } else { Signal::Continue }
    }
}

impl Callback for Keeper {
    fn on_step(&mut self, _: &Step) -> Signal {
        Self::signal()
    }

    fn on_epoch_end(&mut self, end: &EpochEnd<'_>) -> Signal {
        if let Some(error) = self.saver.take_error()
            && !std::mem::replace(&mut self.warned, true)
        {
            self.screen.warning(format_args!(
                "The checkpoint could not be saved: {}; training goes on.",
                one_line(&error)
            ));
        }
        if end.figures.epoch < end.epochs {
            let checkpoint = end.trainer.checkpoint();
            let (folder, metrics) = (self.folder.clone(), metrics_text(end.trainer.epochs(), None));
            self.saver.put(move || {
                checkpoint.save(&folder.checkpoint())?;
                write(&folder.metrics(), metrics.as_bytes())
            });
        }
        Self::signal()
    }
}
