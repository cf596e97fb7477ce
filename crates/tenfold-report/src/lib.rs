//! The report of a run: one self-contained HTML file that asks nobody for anything.
//!
//! Charts are inline SVG coloured by the page's own style sheet, so that they follow light, dark and paper; pictures are
//! PNG inside the page. There is no script. Nothing here trains, judges or reads and writes files: [`render`] turns
//! figures that exist into a page.
//!
//! One section of the page is one file; `page.rs` puts them in order.

mod axis;
mod confusion;
mod curves;
mod facts;
mod format;
mod gallery;
mod headline;
mod overfit;
mod page;
mod per_class;
mod picture;
mod rejection;
mod reliability;
mod robustness;
#[cfg(test)]
mod tests;
mod weights;

use tenfold::Dataset;
use tenfold::evaluate::{Evaluation, FullEvaluation, Predictions};
use tenfold::model::{DataInfo, Sequential};
use tenfold::train::History;

/// Everything a report shows.
pub struct ReportInput<'a> {
    /// Name of the run.
    pub run: &'a str,
    /// When, for people: `2025-03-14 15:09`.
    pub when: &'a str,
    /// The command line that made it.
    pub command: &'a str,
    /// Sentences the reader must not miss, shown at the top: that MNIST could not be had, and why.
    pub notes: &'a [String],
    /// The trained model.
    pub model: &'a Sequential,
    /// Its training.
    pub history: &'a History,
    /// The training data: all of it, validation images included.
    pub training_data: DataInfo,
    /// How many of the training images were held back for validation.
    pub validation_images: usize,
    /// How many drawn images were mixed into those that are left.
    pub mixed_in: usize,
    /// The data the model was judged on.
    pub test: &'a Dataset,
    /// [`Dataset::sha256`] of `test`.
    pub test_sha256: &'a str,
    /// The model's answers to `test`.
    pub predictions: &'a Predictions,
    /// What they are worth.
    pub evaluation: &'a Evaluation,
    /// What they are worth under corruptions and attacks and against what is no digit, where that was looked at.
    pub full: Option<&'a FullEvaluation>,
    /// The recipe, line by line: (`optimizer`, `Adam, learning rate 0.001`), …
    pub recipe: &'a [(String, String)],
    /// How long it took, and on what.
    pub timing: Timing,
    /// Versions: (`tenfold`, `0.1.0`), …
    pub versions: &'a [(String, String)],
}

/// How long training took, and on what. The seconds of each epoch are in the [`History`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timing {
    /// Seconds of the whole fit, validation included.
    pub fit_seconds: f64,
    /// Seconds from the start of the program to this report.
    pub total_seconds: f64,
    /// Threads used.
    pub threads: usize,
    /// Vector instructions used: `avx512bf16`, `avx512`, `avx2`, `neon`, `portable`.
    pub simd: String,
}

/// The report as one HTML document. Parts that do not fit each other (predictions of other data, a model without
/// weights) leave their section out; nothing panics.
#[must_use]
pub fn render(input: &ReportInput<'_>) -> String {
    page::page(input).into_string()
}
