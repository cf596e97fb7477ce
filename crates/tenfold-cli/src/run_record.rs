//! `run.json`: what a run is, on which images, and how far it came. Where it lies is its folder's matter ([`crate::run_folder`]).

use serde::{Deserialize, Serialize};
use tenfold::train::History;

use crate::args::DataArgs;
use crate::result::RunResult;
use crate::settings::Settings;
use crate::source::{Data, Parts};
use crate::terminal::Screen;

/// What a run is and how far it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunRecord {
    /// The version of the program that began it.
    pub tenfold: String,
    /// When it began, for people.
    pub when: String,
    /// The command line that began it.
    pub command: String,
    /// What the reader must not miss about the data.
    pub notes: Vec<String>,
    /// What was asked for.
    pub settings: Settings,
    /// [`tenfold::Dataset::sha256`] of the training images.
    pub training_sha256: String,
    /// [`tenfold::Dataset::sha256`] of the test images.
    pub test_sha256: String,
    /// How it went, once it is finished.
    pub outcome: Option<Outcome>,
}

/// How a finished run went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// Its epochs.
    pub history: History,
    /// Seconds of the whole fit, validation included; of what was before an interruption those of the steps, as far as the
    /// checkpoint had them.
    pub fit_seconds: f64,
    /// Seconds of the program, up to the report.
    pub total_seconds: f64,
    /// Threads used.
    pub threads: usize,
    /// Vector instructions used.
    pub simd: String,
    /// What `train --json` prints.
    pub result: RunResult,
}

impl RunRecord {
    /// The images of the run: where they were, or where `args` say that they are now.
    pub fn load_data(&self, args: &DataArgs, screen: &Screen) -> anyhow::Result<Data> {
        let limit = args.limit.or(self.settings.limit);
        let args = DataArgs { limit, ..args.clone() };
        Data::for_run(&args, Some((&self.settings.source, limit)), Parts::Both, screen)
    }

    /// Whether `data` are the images the run was trained and tested on.
    pub fn is_about(&self, data: &Data) -> bool {
        data.train.sha256() == self.training_sha256 && data.test.sha256() == self.test_sha256
    }
}
