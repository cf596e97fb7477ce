//! Where a model comes from: how it was trained, on what, and how good it was. Saved inside the model file, so it holds
//! nothing that differs between two runs of the same seed (no times, no dates, no thread counts).

use serde::{Deserialize, Serialize};

/// What a model file says about its origin. Every part is optional: an untrained model has none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// How it was trained.
    pub recipe: Option<Recipe>,
    /// What it was trained on.
    pub training_data: Option<DataInfo>,
    /// How good it is.
    pub test: Option<TestFigures>,
}

/// The training recipe.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipe {
    /// The optimiser with its settings, for people: `Adam, learning rate 0.001`.
    pub optimizer: String,
    /// The loss.
    pub loss: String,
    /// The learning-rate schedule.
    pub schedule: String,
    /// Epochs trained.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// The seed of everything random.
    pub seed: u64,
    /// Fraction of the training images held back.
    pub validation_split: f64,
    /// How training images were varied, as [`Augment`](crate::data::Augment) is written; empty where it is not known.
    pub augmentation: String,
    /// What was mixed into them, as [`Mix`](crate::data::Mix) is written; empty where it is not known.
    pub mix: String,
    /// Share of each target that was spread over all classes.
    pub label_smoothing: f32,
    /// How finely it multiplied, as [`Precision`](crate::train::Precision) is called; empty where it is not known.
    pub precision: String,
    /// The largest norm of a step's gradient, where there was one.
    pub clip_norm: Option<f32>,
    /// Decay of the weights' moving average, where that is what was saved.
    pub average: Option<f32>,
}

/// Which data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataInfo {
    /// Its name: `MNIST`, `strokes`, …
    pub name: String,
    /// Number of images.
    pub images: usize,
    /// [`Dataset::sha256`](crate::Dataset::sha256).
    pub sha256: String,
}

/// How good the model was on its test set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestFigures {
    /// On what.
    pub data: DataInfo,
    /// Fraction right.
    pub accuracy: f64,
    /// Mean cross-entropy, nats.
    pub loss: f64,
}

impl Provenance {
    /// With blanks for control characters: what a file says is shown in terminals, which obey them.
    pub(super) fn printable(mut self) -> Self {
        let recipe = self.recipe.iter_mut().flat_map(|recipe| {
            let Recipe { optimizer, loss, schedule, augmentation, mix, precision, .. } = recipe;
            [optimizer, loss, schedule, augmentation, mix, precision]
        });
        let data = self.training_data.iter_mut().chain(self.test.iter_mut().map(|test| &mut test.data));
        for text in recipe.chain(data.flat_map(|data| [&mut data.name, &mut data.sha256])) {
            *text = text.replace(char::is_control, " ");
        }
        self
    }
}
