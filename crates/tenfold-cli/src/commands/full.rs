//! `tenfold evaluate --full`: the evaluation that hides nothing, with a bar, kept in the run's folder for the report.

use tenfold::engine::input_gradients;
use tenfold::evaluate::{Answers, Ensemble, Evaluation, FullEvaluation, FullOptions, FullStep, Predictions};

use crate::commands::report;
use crate::files::write;
use crate::models::{Readers, Trained};
use crate::progress::{live_bar, track};
use crate::run_folder::RunFolder;
use crate::source::Data;
use crate::terminal::Screen;

/// Evaluates, prints, and where `readers` is one run judged on its own test images, keeps it and draws the report again.
pub fn evaluate(
    options: &FullOptions,
    readers: &Readers,
    ensemble: &mut Ensemble,
    data: &Data,
    predictions: &Predictions,
    evaluation: &Evaluation,
    screen: &Screen,
) -> anyhow::Result<FullEvaluation> {
    // Attacks are made against the first model alone, also where several answer together.
    let gradients = input_gradients(&readers.first().model);
    let bar = screen.live().then(|| live_bar(screen, "{wide_msg}"));
    let mut progress = |step: &FullStep| {
        if let Some(bar) = &bar {
            let fraction = step.done as f64 / step.all.max(1) as f64;
            let track = track(screen, fraction, 30.min(screen.width() / 2));
            bar.set_message(format!("  {track}  {} of {}: {}", step.done + 1, step.all, step.name));
            bar.tick();
        }
    };
    let full = FullEvaluation::of(
        predictions,
        &data.test,
        &mut |data| Answers::by(ensemble, data),
        gradients.as_deref(),
        options,
        &mut progress,
    );
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let full = full?;
    screen.gap();
    screen.line(&full);
    if let Some(trained) = readers.alone() {
        keep(&full, trained, data, predictions, evaluation, screen)?;
    }
    Ok(full)
}

/// Writes full.json and the report, where these are the figures of a run on its own test images.
fn keep(
    full: &FullEvaluation,
    trained: &Trained,
    data: &Data,
    predictions: &Predictions,
    evaluation: &Evaluation,
    screen: &Screen,
) -> anyhow::Result<()> {
    let (Some(record), Some(path)) = (&trained.run, trained.path.parent()) else { return Ok(()) };
    let Some(outcome) = &record.outcome else { return Ok(()) };
    screen.gap();
    if !record.is_about(data) {
        screen.line(screen.dim("Not kept with the run: these are other images than its report's."));
        return Ok(());
    }
    let folder = RunFolder::at(path);
    write(&folder.full(), &serde_json::to_vec_pretty(full)?)?;
    let model = &trained.model;
    let page = report::draw(&folder, record, outcome, model, data, predictions, evaluation, Some(full));
    write(&folder.report(), page.as_bytes())?;
    screen.field("Kept in", folder.full().display());
    screen.field("Report", folder.report().display());
    Ok(())
}
