//! What training reported, epoch by epoch.

use serde::{Deserialize, Serialize};

/// Why training ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// All epochs are done.
    #[default]
    Finished,
    /// The validation loss no longer fell; the best weights are back.
    EarlyStopping,
    /// A callback asked for it.
    Asked,
}

/// One epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochFigures {
    /// From 1.
    pub epoch: usize,
    /// Mean training loss while the epoch ran (nats), as Keras prints it: with label smoothing and dropout, on images as they
    /// were varied and with what was mixed in.
    pub loss: f64,
    /// Training accuracy while the epoch ran, on the same images, as Keras prints it.
    pub accuracy: f64,
    /// Loss on the validation images after the epoch, without smoothing.
    pub validation_loss: Option<f64>,
    /// Accuracy on the validation images after the epoch.
    pub validation_accuracy: Option<f64>,
    /// Learning rate of the epoch's last step.
    pub learning_rate: f64,
    /// Wall-clock seconds of the epoch's steps (validation and checkpoints not counted).
    pub seconds: f64,
}

/// All epochs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// In order.
    pub epochs: Vec<EpochFigures>,
    /// Why training ended.
    pub stopped: StopReason,
    /// The epoch (from 1) whose weights the model now has, where early stopping restored it.
    pub restored_epoch: Option<usize>,
}
