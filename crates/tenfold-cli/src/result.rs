//! What `tenfold train --json` prints about a run; the same object ends metrics.jsonl and is kept in run.json.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tenfold::train::{EpochFigures, Optimizer, Schedule, StopReason};

use crate::source::Source;

/// A finished run, for programs. Lists have one entry an epoch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunResult {
    /// Name of the data.
    pub dataset: String,
    /// Where it came from.
    pub source: Source,
    /// What the user must not miss about it.
    pub notes: Vec<String>,
    /// Images in the training set, validation images included.
    pub training_images: usize,
    /// Images in the test set.
    pub test_images: usize,
    /// Preset or file.
    pub architecture: String,
    /// Trainable parameters.
    pub parameters: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// With its settings.
    pub optimizer: Optimizer,
    /// How training images were varied.
    #[serde(default)]
    pub augment: String,
    /// What was mixed into them.
    #[serde(default)]
    pub mix: String,
    /// Of the learning rate.
    pub schedule: Schedule,
    /// Fraction held back.
    pub validation_split: f64,
    /// Of everything random.
    pub seed: u64,
    /// Threads used.
    pub threads: usize,
    /// Vector instructions used.
    pub simd: String,
    /// Seconds of the steps.
    pub epoch_seconds: Vec<f64>,
    /// Seconds of the whole fit.
    pub fit_seconds: f64,
    /// Seconds of the program so far.
    pub total_seconds: f64,
    /// Running means.
    pub train_loss: Vec<f64>,
    /// Running means.
    pub train_accuracy: Vec<f64>,
    /// Null without validation.
    pub validation_loss: Vec<Option<f64>>,
    /// Null without validation.
    pub validation_accuracy: Vec<Option<f64>>,
    /// Why training ended.
    pub stopped: StopReason,
    /// The epoch whose weights the model has, where early stopping restored it.
    pub restored_epoch: Option<usize>,
    /// Fraction of the test images read right.
    pub test_accuracy: f64,
    /// Mean cross-entropy on the test images, nats.
    pub test_loss: f64,
    /// 95 % interval of the test accuracy.
    pub interval: [f64; 2],
    /// The most memory the program has used, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// The run's folder.
    pub run: PathBuf,
    /// The model's file.
    pub model: PathBuf,
    /// The report's file.
    pub report: PathBuf,
}

/// metrics.jsonl: a line an epoch, then the result where there is one.
pub fn metrics_text(epochs: &[EpochFigures], result: Option<&RunResult>) -> String {
    let lines = epochs.iter().filter_map(|epoch| serde_json::to_string(epoch).ok());
    lines
        .chain(result.and_then(|result| serde_json::to_string(result).ok()))
        .map(|line| line + "\n")
        .collect()
}
