//! What a run was asked to do: from the command line, checked, and as it is stored in `run.json`.
//!
//! Threads and SIMD level are not part of it: they change the speed, never the model.

use std::path::Path;

use anyhow::{bail, ensure};
use serde::{Deserialize, Serialize};
use tenfold::Dataset;
use tenfold::train::{Adam, AdamW, EarlyStopping, Fit, Optimizer, Schedule, Sgd};

use crate::args::{OptimizerName, ScheduleName, TrainArgs};
use crate::format::counted;
use crate::models::ModelChoice;
use crate::source::Source;

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
    /// How the learning rate moves.
    pub schedule: Schedule,
    /// Fraction held back.
    pub validation_split: f64,
    /// Patience.
    pub early_stopping: Option<usize>,
    /// Of everything random.
    pub seed: u64,
}

/// The loss, for people and for the model file.
pub const LOSS: &str = "sparse categorical cross-entropy";

/// Fraction of the steps in which one-cycle goes up.
const WARMUP: f64 = 0.3;

impl Settings {
    /// The settings that `args` ask for, on data from `source`.
    pub fn new(args: &TrainArgs, source: Source) -> anyhow::Result<Self> {
        Ok(Self {
            source,
            limit: args.data.limit,
            model: ModelChoice::new(args.model.as_deref().unwrap_or("tutorial"))?,
            epochs: args.epochs.unwrap_or(10),
            batch_size: args.batch_size.unwrap_or(32),
            optimizer: optimizer(args)?,
            schedule: args.schedule.map_or(Schedule::Constant, schedule),
            validation_split: args.validation_split.unwrap_or(0.0),
            early_stopping: args.early_stopping,
            seed: args.seed.unwrap_or(0),
        })
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
        ensure!(rate.is_finite() && rate > 0.0, "--learning-rate is {rate}; a number above 0 is needed");
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
            "--batch-size is {}, but there are only {} to train on; at most {} is possible",
            self.batch_size,
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
        if let Some(name) = args.schedule
            && schedule(name) != self.schedule
        {
            bail!(differs("schedule", &value_name(name), schedule_text(self.schedule).into()));
        }
        let optimizer_asked = args.optimizer.is_some()
            || args.momentum.is_some()
            || args.weight_decay.is_some()
            || args.nesterov;
        if optimizer_asked {
            let name = args.optimizer.unwrap_or(match self.optimizer {
                Optimizer::Sgd(_) => OptimizerName::Sgd,
                Optimizer::Adam(_) => OptimizerName::Adam,
                Optimizer::AdamW(_) => OptimizerName::Adamw,
            });
            let asked = optimizer(&TrainArgs { optimizer: Some(name), ..args.clone() })?;
            let asked = match args.learning_rate {
                Some(_) => asked,
                None => asked.with_learning_rate(self.optimizer.learning_rate()),
            };
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
            ("schedule", schedule_text(self.schedule).into()),
            ("epochs", self.epochs.to_string()),
            ("batch size", self.batch_size.to_string()),
            ("validation split", self.validation_split.to_string()),
            ("seed", self.seed.to_string()),
        ];
        if let Some(patience) = self.early_stopping {
            lines.push(("early stopping", format!("patience {patience}")));
        }
        lines.into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }

    /// The recipe in one line, for people.
    pub fn describe(&self) -> String {
        let schedule = match self.schedule {
            Schedule::Constant => String::new(),
            other => format!(" ({})", schedule_text(other)),
        };
        format!(
            "{}, batch {}, {}{schedule}, seed {}",
            counted(self.epochs, "epoch"),
            self.batch_size,
            optimizer_text(&self.optimizer),
            self.seed
        )
    }

    /// The library's form of it, without callbacks.
    pub fn fit(&self, threads: usize) -> Fit {
        Fit {
            epochs: self.epochs,
            batch_size: self.batch_size,
            validation_split: self.validation_split,
            early_stopping: self.early_stopping.map(|patience| EarlyStopping { patience }),
            schedule: self.schedule,
            seed: self.seed,
            threads,
            ..Fit::default()
        }
    }
}

fn optimizer(args: &TrainArgs) -> anyhow::Result<Optimizer> {
    let name = args.optimizer.unwrap_or(OptimizerName::Adam);
    let belongs = |option: &str, to: &str| {
        format!("--{option} belongs to --optimizer {to}, but the optimizer is {}", value_name(name))
    };
    if name != OptimizerName::Sgd {
        ensure!(args.momentum.is_none(), belongs("momentum", "sgd"));
        ensure!(!args.nesterov, belongs("nesterov", "sgd"));
    }
    ensure!(name == OptimizerName::Adamw || args.weight_decay.is_none(), belongs("weight-decay", "adamw"));
    let optimizer: Optimizer = match name {
        OptimizerName::Adam => Adam::default().into(),
        OptimizerName::Adamw => {
            let default = AdamW::default();
            AdamW { weight_decay: args.weight_decay.unwrap_or(default.weight_decay), ..default }.into()
        }
        OptimizerName::Sgd => {
            let momentum = args.momentum.unwrap_or(0.0);
            Sgd { momentum, nesterov: args.nesterov, ..Sgd::default() }.into()
        }
    };
    Ok(match args.learning_rate {
        Some(rate) => optimizer.with_learning_rate(rate),
        None => optimizer,
    })
}

fn schedule(name: ScheduleName) -> Schedule {
    match name {
        ScheduleName::Constant => Schedule::Constant,
        ScheduleName::Cosine => Schedule::Cosine,
        ScheduleName::OneCycle => Schedule::OneCycle { warmup: WARMUP },
    }
}

/// The optimiser for people, and for the model file.
pub fn optimizer_text(optimizer: &Optimizer) -> String {
    match optimizer {
        Optimizer::Adam(adam) => format!("Adam, learning rate {}", adam.learning_rate),
        Optimizer::AdamW(adamw) => {
            format!("AdamW, learning rate {}, weight decay {}", adamw.adam.learning_rate, adamw.weight_decay)
        }
        Optimizer::Sgd(sgd) => {
            let nesterov = if sgd.nesterov { "Nesterov " } else { "" };
            let momentum = if sgd.momentum > 0.0 {
                format!(", {nesterov}momentum {}", sgd.momentum)
            } else {
                String::new()
            };
            format!("SGD, learning rate {}{momentum}", sgd.learning_rate)
        }
    }
}

/// The schedule for people, and for the model file.
pub fn schedule_text(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Constant => "constant",
        Schedule::Cosine => "cosine",
        Schedule::OneCycle { .. } => "one-cycle",
    }
}

/// What the user types for this value.
fn value_name(value: impl clap::ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_string())
}
