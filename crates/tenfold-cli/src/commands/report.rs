//! `tenfold report RUN`: draws the report of a finished run again, from its model, metrics and data.

use anyhow::bail;

use tenfold::Evaluation;
use tenfold::evaluate::{FullEvaluation, Predictions};
use tenfold::model::{DataInfo, Sequential};
use tenfold_report::{ReportInput, Timing, render};

use crate::args::ReportArgs;
use crate::files::{read_text, require_ending, write};
use crate::models::Trained;
use crate::run_folder::RunFolder;
use crate::run_record::{Outcome, RunRecord};
use crate::source::Data;
use crate::terminal::Screen;

/// Draws it.
pub fn run(args: &ReportArgs, screen: &Screen) -> anyhow::Result<()> {
    if let Some(out) = &args.out {
        require_ending("--out", out, "a page", "html")?;
    }
    let (folder, record) = RunFolder::open(&args.run)?;
    let Some(outcome) = &record.outcome else {
        let run = args.run.display();
        bail!("{run}: this run is not finished; go on with `tenfold train --resume {run}`");
    };
    let trained = Trained::load(Some(folder.path()), false)?;
    let data = record.load_data(&args.data, screen)?;
    if !record.is_about(&data) {
        bail!(
            "{}: {} ({}) is not the data of this run, whose report this is; {}",
            args.run.display(),
            data.train.name(),
            data.source,
            args.data.advice(record.settings.limit)
        );
    }
    let path = args.out.clone().unwrap_or_else(|| folder.report());
    let predictions = Predictions::of(&trained.model, &data.test, 0)?;
    let evaluation = Evaluation::of(&predictions, &data.test)?;
    let full = stored(&folder, &record, &evaluation, screen);
    let full = full.as_ref();
    let page = draw(&folder, &record, outcome, &trained.model, &data, &predictions, &evaluation, full);
    write(&path, page.as_bytes())?;
    screen.field("Data", data.describe_test());
    screen.field("Report", path.display());
    if screen.json() {
        screen.print_json(
            &serde_json::json!({ "dataset": data.test.name(), "report": path.display().to_string() }),
        )?;
    }
    Ok(())
}

/// The report of a run as one page of HTML.
#[expect(clippy::too_many_arguments, reason = "a report shows everything there is")]
pub fn draw(
    folder: &RunFolder,
    record: &RunRecord,
    outcome: &Outcome,
    model: &Sequential,
    data: &Data,
    predictions: &Predictions,
    evaluation: &Evaluation,
    full: Option<&FullEvaluation>,
) -> String {
    let (own, validation) = data.train.split(record.settings.validation_split);
    let mixed_in = record.settings.mix.counts(own.len()).iter().map(|(_, images)| images).sum();
    render(&ReportInput {
        run: &folder.name(),
        when: &record.when,
        command: &record.command,
        notes: &record.notes,
        model,
        history: &outcome.history,
        training_data: DataInfo {
            name: data.train.name().into(),
            images: data.train.len(),
            sha256: record.training_sha256.clone(),
        },
        validation_images: validation.len(),
        mixed_in,
        test: &data.test,
        test_sha256: &record.test_sha256,
        predictions,
        evaluation,
        full,
        recipe: &record.settings.recipe(),
        timing: Timing {
            fit_seconds: outcome.fit_seconds,
            total_seconds: outcome.total_seconds,
            threads: outcome.threads,
            simd: outcome.simd.clone(),
        },
        versions: &[("tenfold".into(), record.tenfold.clone())],
    })
}

/// What was kept in `folder`, where it is about this evaluation. What cannot be used is named and left out.
fn stored(
    folder: &RunFolder,
    record: &RunRecord,
    evaluation: &Evaluation,
    screen: &Screen,
) -> Option<FullEvaluation> {
    let path = folder.full();
    if !path.exists() {
        return None;
    }
    let full = read_text(&path).and_then(|text| Ok(serde_json::from_str::<FullEvaluation>(&text)?));
    match full {
        Ok(full) if full.sha256 == record.test_sha256 && full.accuracy == evaluation.accuracy => Some(full),
        Ok(_) => {
            screen.warning(format_args!(
                "{}: is about another model or other images, and is left out; `tenfold evaluate --full` makes it again",
                path.display()
            ));
            None
        }
        Err(error) => {
            screen.warning(format_args!(
                "{}: cannot be used, and is left out ({error:#}); `tenfold evaluate --full` makes it again",
                path.display()
            ));
            None
        }
    }
}
