//! What a run was asked to do: from the command line, checked, and as it is stored in `run.json`.
//!
//! Threads and SIMD level are not part of it: they change the speed, never the model.

use std::path::Path;

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};
use tenfold::data::{Augment, Mix};
use tenfold::train::{EarlyStopping, Fit, Optimizer, Precision, Schedule};
use tenfold::{Dataset, Sequential};

use crate::args::{PrecisionName, TrainArgs};
use crate::descent::{optimizer, optimizer_text, schedule, schedule_text};
use crate::format::counted;
use crate::model_choice::ModelChoice;
use crate::source::{Data, Source};

/// Everything that decides what the finished model is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Where the images come from.
    pub source: Source,
    /// Only the first so many images.
    pub limit: Option<usize>,
    /// The network.
    pub model: ModelChoice,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// How weights move.
    pub optimizer: Optimizer,
    /// How training images are varied.
    #[serde(default)]
    pub augment: Augment,
    /// What is mixed into them.
    #[serde(default)]
    pub mix: Mix,
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Share of each target that is spread over all classes.
    #[serde(default)]
    pub label_smoothing: f32,
    /// How finely the network multiplies while it learns.
    #[serde(default)]
    pub precision: Precision,
    /// The gradient's largest norm.
    #[serde(default)]
    pub clip_norm: Option<f32>,
    /// Decay of the weights' moving average.
    #[serde(default)]
    pub average: Option<f32>,
    /// Fraction held back.
    pub validation_split: f64,
    /// Patience.
    pub early_stopping: Option<usize>,
    /// Of everything random.
    pub seed: u64,
}

/// The loss, for people and for the model file.
pub const LOSS: &str = "sparse categorical cross-entropy";

impl Settings {
    /// The settings that `args` ask for, on data from `source`.
    pub fn new(args: &TrainArgs, source: Source) -> anyhow::Result<Self> {
        let model = ModelChoice::new(args.model.as_deref().unwrap_or("tutorial"))?;
        let recipe = model.recipe();
        Ok(Self {
            source,
            limit: args.data.limit,
            model,
            epochs: args.epochs.unwrap_or(recipe.epochs),
            batch_size: args.batch_size.unwrap_or(recipe.batch_size),
            optimizer: optimizer(args, recipe.optimizer)?,
            label_smoothing: args.label_smoothing.unwrap_or(recipe.label_smoothing),
            precision: args.precision.map_or(recipe.precision, precision),
            clip_norm: args.clip_norm,
            average: args.average_weights.or(recipe.average).filter(|&decay| decay != 0.0),
            augment: args.augment.as_deref().map_or(Ok(recipe.augment), Augment::parse)?,
            mix: args.mix.as_deref().map_or(Ok(recipe.mix), Mix::parse)?,
            schedule: schedule(args, recipe.schedule)?,
            validation_split: args.validation_split.unwrap_or(0.0),
            early_stopping: args.early_stopping,
            seed: args.seed.unwrap_or(0),
        })
    }

    /// The network for `data` and what is mixed into it, without weights.
    pub fn network(&self, data: &Data) -> anyhow::Result<Sequential> {
        let model = self.model.build(data.train.shape(), self.mix.classes(data.classes()))?;
        Ok(Sequential { rejects: self.mix.rejects(), ..model })
    }

    /// Refuses settings that cannot work, whatever the data.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.epochs > 0, "--epochs is 0; at least 1 is needed");
        ensure!(self.batch_size > 0, "--batch-size is 0; at least 1 is needed");
        ensure!(self.limit != Some(0), "--limit is 0; at least 1 image is needed");
        ensure!(
            self.early_stopping != Some(0),
            "--early-stopping is 0; at least 1 epoch of patience is needed"
        );
        let rate = self.optimizer.learning_rate();
        ensure!(
            rate.is_finite() && rate > 0.0,
            "--learning-rate is {rate}; a finite number above 0 is needed"
        );
        if let Optimizer::Sgd(sgd) = self.optimizer {
            let momentum = sgd.momentum;
            ensure!(
                (0.0..1.0).contains(&momentum),
                "--momentum is {momentum}; from 0 to below 1 is possible"
            );
        }
        if let Optimizer::AdamW(adamw) = self.optimizer {
            let decay = adamw.weight_decay;
            ensure!(decay.is_finite() && decay >= 0.0, "--weight-decay is {decay}; 0 or more is needed");
        }
        if let Schedule::Cosine { warmup } | Schedule::OneCycle { warmup } = self.schedule {
            ensure!((0.0..=1.0).contains(&warmup), "--warmup is {warmup}; from 0 to 1 is possible");
        }
        let smoothing = self.label_smoothing;
        ensure!(
            (0.0..1.0).contains(&smoothing),
            "--label-smoothing is {smoothing}; from 0 to below 1 is possible"
        );
        if let Some(norm) = self.clip_norm {
            ensure!(
                norm.is_finite() && norm > 0.0,
                "--clip-norm is {norm}; a finite number above 0 is needed"
            );
        }
        if let Some(decay) = self.average {
            ensure!(
                (0.0..1.0).contains(&decay),
                "--average-weights is {decay}; from 0 to below 1 is possible"
            );
        }
        self.augment.check()?;
        self.mix.check()?;
        let split = self.validation_split;
        ensure!((0.0..1.0).contains(&split), "--validation-split is {split}; from 0 to below 1 is possible");
        ensure!(
            self.early_stopping.is_none() || split > 0.0,
            "--early-stopping needs validation images: add --validation-split 0.1"
        );
        Ok(())
    }

    /// Refuses settings that cannot work with this training data.
    pub fn check_with(&self, train: &Dataset) -> anyhow::Result<()> {
        self.mix.check_with(train)?;
        let (training, validation) = train.split(self.validation_split);
        let have = counted(train.len(), "image");
        if self.validation_split > 0.0 {
            ensure!(
                !validation.is_empty() && !training.is_empty(),
                "--validation-split {} of {have} leaves {} to train on and {} to validate on; both need at least 1",
                self.validation_split,
                training.len(),
                validation.len()
            );
        }
        ensure!(
            self.batch_size <= training.len(),
            "a batch has {}, more than the {} to train on; a --batch-size of at most {} is possible",
            counted(self.batch_size, "image"),
            counted(training.len(), "image"),
            training.len()
        );
        Ok(())
    }

    /// Refuses options in `args` that say something else than this run's settings.
    pub fn check_resumed_with(&self, args: &TrainArgs, run: &Path) -> anyhow::Result<()> {
        let differs = |option: &str, asked: &dyn std::fmt::Display, stored: String| {
            format!(
                "--{option} {asked} contradicts {}, which was begun with {stored}; leave it out, or train anew",
                run.display()
            )
        };
        macro_rules! same {
            ($option:literal, $asked:expr, $stored:expr) => {
                if let Some(asked) = $asked
                    && asked != $stored
                {
                    bail!(differs($option, &asked, $stored.to_string()));
                }
            };
        }
        same!("epochs", args.epochs, self.epochs);
        same!("batch-size", args.batch_size, self.batch_size);
        same!("learning-rate", args.learning_rate, self.optimizer.learning_rate());
        same!("validation-split", args.validation_split, self.validation_split);
        same!("seed", args.seed, self.seed);
        if let Some(patience) = args.early_stopping
            && Some(patience) != self.early_stopping
        {
            let stored = self.early_stopping.map_or("none".into(), |patience| patience.to_string());
            bail!(differs("early-stopping", &patience, stored));
        }
        if let Some(limit) = args.data.limit
            && Some(limit) != self.limit
        {
            bail!(differs("limit", &limit, self.limit.map_or("none".into(), |limit| limit.to_string())));
        }
        if let Some(model) = &args.model
            && ModelChoice::new(model)? != self.model
        {
            bail!(differs("model", model, self.model.to_string()));
        }
        if args.schedule.is_some() || args.warmup.is_some() {
            let asked = schedule(args, self.schedule)?;
            if asked != self.schedule {
                bail!(differs("schedule", &schedule_text(asked), schedule_text(self.schedule)));
            }
        }
        same!("label-smoothing", args.label_smoothing, self.label_smoothing);
        if let Some(asked) = args.precision.map(precision)
            && asked != self.precision
        {
            bail!(differs("precision", &asked.name(), self.precision.name().into()));
        }
        same!("average-weights", args.average_weights, self.average.unwrap_or(0.0));
        if let Some(norm) = args.clip_norm
            && Some(norm) != self.clip_norm
        {
            bail!(differs("clip-norm", &norm, self.clip_norm.map_or("none".into(), |norm| norm.to_string())));
        }
        if let Some(augment) = &args.augment
            && Augment::parse(augment)? != self.augment
        {
            bail!(differs("augment", augment, self.augment.to_string()));
        }
        if let Some(mix) = &args.mix
            && Mix::parse(mix)? != self.mix
        {
            bail!(differs("mix", mix, self.mix.to_string()));
        }
        let optimizer_asked = args.optimizer.is_some()
            || args.momentum.is_some()
            || args.weight_decay.is_some()
            || args.nesterov;
        if optimizer_asked {
            let asked = optimizer(args, self.optimizer)?;
            if asked != self.optimizer {
                bail!(differs("optimizer", &optimizer_text(&asked), optimizer_text(&self.optimizer)));
            }
        }
        Ok(())
    }

    /// The recipe line by line, for people.
    pub fn recipe(&self) -> Vec<(String, String)> {
        let mut lines = vec![
            ("model", self.model.to_string()),
            ("optimizer", optimizer_text(&self.optimizer)),
            ("loss", LOSS.into()),
            ("schedule", schedule_text(self.schedule)),
            ("epochs", self.epochs.to_string()),
            ("batch size", self.batch_size.to_string()),
            ("validation split", self.validation_split.to_string()),
            ("seed", self.seed.to_string()),
        ];
        if let Some(patience) = self.early_stopping {
            lines.push(("early stopping", format!("patience {patience}")));
        }
        if self.label_smoothing != 0.0 {
            lines.push(("label smoothing", self.label_smoothing.to_string()));
        }
        if self.precision != Precision::default() {
            lines.push(("precision", self.precision.name().into()));
        }
        if let Some(norm) = self.clip_norm {
            lines.push(("gradient norm", format!("at most {norm}")));
        }
        if let Some(decay) = self.average {
            lines.push(("weights", format!("moving average, decay {decay}")));
        }
        if !self.augment.is_none() {
            lines.push(("augmentation", self.augment.to_string()));
        }
        if !self.mix.is_none() {
            lines.push(("mixed in", self.mix.to_string()));
        }
        lines.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// The recipe in one line, for people.
    pub fn describe(&self) -> String {
        let schedule = match self.schedule {
            Schedule::Constant => String::new(),
            other => format!(" ({})", schedule_text(other)),
        };
        let mut text = format!(
            "{}, batch {}, {}{schedule}, seed {}",
            counted(self.epochs, "epoch"),
            self.batch_size,
            optimizer_text(&self.optimizer),
            self.seed
        );
        if self.precision != Precision::default() {
            text.push_str(&format!(", {}", self.precision.name()));
        }
        if !self.augment.is_none() {
            text.push_str(&format!(", augmented: {}", self.augment));
        }
        if !self.mix.is_none() {
            text.push_str(&format!(", mixed in: {}", self.mix));
        }
        text
    }

    /// The library's form of it, without callbacks.
    pub fn fit(&self, threads: usize) -> Fit {
        Fit {
            epochs: self.epochs,
            batch_size: self.batch_size,
            validation_split: self.validation_split,
            early_stopping: self.early_stopping.map(|patience| EarlyStopping { patience }),
            augment: self.augment,
            schedule: self.schedule,
            label_smoothing: self.label_smoothing,
            precision: self.precision,
            clip_norm: self.clip_norm,
            average: self.average,
            seed: self.seed,
            threads,
            ..Fit::default()
        }
    }
}

/// The precision with this name.
fn precision(name: PrecisionName) -> Precision {
    match name {
        PrecisionName::Float32 => Precision::Float32,
        PrecisionName::Bfloat16 => Precision::BFloat16,
    }
}
