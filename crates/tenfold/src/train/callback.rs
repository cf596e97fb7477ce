//! What a program can do while training runs: watch, save, stop.

use super::{EpochFigures, Trainer};

/// Whether training goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Go on.
    Continue,
    /// Stop here; what was learnt so far is kept, and a [checkpoint](super::Checkpoint) taken now can be resumed.
    Stop,
}

/// Where training is, told some hundred times a second.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Epochs in all.
    pub epochs: usize,
    /// Images seen in this epoch.
    pub images: usize,
    /// Images an epoch.
    pub images_per_epoch: usize,
    /// Running mean loss of this epoch.
    pub loss: f64,
    /// Running mean accuracy of this epoch.
    pub accuracy: f64,
    /// Seconds since this epoch began (validation not counted).
    pub seconds: f64,
}

/// The end of an epoch.
pub struct EpochEnd<'a> {
    /// This epoch's figures.
    pub figures: &'a EpochFigures,
    /// Epochs in all.
    pub epochs: usize,
    /// The trainer, for a checkpoint or a look at the weights.
    pub trainer: &'a Trainer,
}

/// Called by [`Trainer::fit`](super::Trainer::fit) on the calling thread.
pub trait Callback {
    /// About every hundredth of a second, between two steps. A stop asked for after an epoch's last one is a stop after the epoch.
    fn on_step(&mut self, step: &Step) -> Signal {
        let _ = step;
        Signal::Continue
    }

    /// After each epoch.
    fn on_epoch_end(&mut self, end: &EpochEnd<'_>) -> Signal {
        let _ = end;
        Signal::Continue
    }
}
