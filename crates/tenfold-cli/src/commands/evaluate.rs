//! `tenfold evaluate`: how good a model is on test images.

use serde_json::{Value, json};
use tenfold::Evaluation;
use tenfold::evaluate::{FullOptions, Predictions};

use crate::args::EvaluateArgs;
use crate::commands::full;
use crate::models::Readers;
use crate::source::{Data, Parts};
use crate::terminal::Screen;
use crate::threads::threads;

/// Evaluates and prints.
pub fn run(args: &EvaluateArgs, screen: &Screen) -> anyhow::Result<()> {
    let threads = threads(args.threads)?;
    let readers = Readers::load(&args.model, args.shifts, true)?;
    let trained = readers.first();
    let stored = trained.run.as_ref().map(|run| (&run.settings.source, run.settings.limit));
    // The report that a full evaluation refreshes tells of the training data too.
    let parts = if args.full && trained.run.is_some() { Parts::Both } else { Parts::Test };
    let data = Data::for_run(&args.data, stored, parts, screen)?;
    let mut ensemble = readers.ensemble(threads)?;
    let predictions = Predictions::by(&mut ensemble, &data.test)?;
    let evaluation = Evaluation::of(&predictions, &data.test)?;
    screen.field("Model", &readers);
    screen.field("Data", data.describe_test());
    if let Some(training) = &trained.model.provenance.training_data
        && training.name != data.test.name()
    {
        screen.field("", format_args!("(the model was trained on {})", training.name));
    }
    screen.gap();
    screen.line(evaluation.to_string().trim_end());
    let full = match args.full {
        true => {
            let usual = FullOptions::default();
            let attack_images = args.attack_images.unwrap_or(usual.attack_images);
            let options = FullOptions { attack_images, threads, ..usual };
            Some(full::evaluate(&options, &readers, &mut ensemble, &data, &predictions, &evaluation, screen)?)
        }
        false => None,
    };
    if screen.json() {
        let mut value = serde_json::to_value(&evaluation)?;
        if let Value::Object(fields) = &mut value {
            let paths: Vec<_> = readers.paths().iter().map(|path| path.display().to_string()).collect();
            let model = if let [path] = &paths[..] { json!(path) } else { json!(paths) };
            fields.insert("model".into(), model);
            fields.insert("source".into(), json!(data.source));
            fields.insert("sha256".into(), json!(data.test.sha256()));
            if let Some(full) = full {
                fields.insert("full".into(), serde_json::to_value(full)?);
            }
        }
        screen.print_json(&value)?;
    }
    Ok(())
}
