//! `tenfold summary`: a network's layers, shapes, parameters and multiply-adds.

use std::path::Path;

use anyhow::{Context, bail};
use tenfold::Sequential;
use tenfold::model::presets::{PRESETS, Preset};
use tenfold::train::Recipe;

use crate::args::{SHIPPED, SummaryArgs};
use crate::format::count;
use crate::model_choice::ModelChoice;
use crate::models::Trained;
use crate::terminal::Screen;

/// Prints it.
pub fn run(args: &SummaryArgs, screen: &Screen) -> anyhow::Result<()> {
    let input = args.input.as_deref().map_or(Ok([28, 28]), parse_input)?;
    let classes = args.classes.unwrap_or(10);
    if classes == 0 {
        bail!("--classes is 0; at least 1 is needed");
    }
    let Some(name) = &args.model else { return presets(input, classes, screen) };
    let model = if is_trained(name) {
        if args.input.is_some() || args.classes.is_some() {
            bail!("{name}: is trained; --input and --classes are for presets and JSON files alone");
        }
        Trained::load(Some(Path::new(name)), false)?.model
    } else {
        let choice = ModelChoice::new(name)?;
        choice.build(input, choice.recipe().mix.classes(classes))?
    };
    let summary = model.summary();
    screen.line(summary.to_string().trim_end());
    if let Some(recipe) = &model.provenance.recipe {
        screen.gap();
        screen.field(
            "Trained",
            format_args!("{} epochs, {}, seed {}", recipe.epochs, recipe.optimizer, recipe.seed),
        );
    }
    if let Some(test) = &model.provenance.test {
        screen.field("Test", format_args!("{} on {}", crate::format::percent(test.accuracy), test.data.name));
    }
    if screen.json() {
        screen.print_json(&summary)?;
    }
    match summary.problem {
        Some(problem) => bail!("{name}: {problem}"),
        None => Ok(()),
    }
}

/// Whether it names a run, a model file or the model that ships, and no preset or JSON file.
fn is_trained(name: &str) -> bool {
    let path = Path::new(name);
    path.is_dir() || path.extension().is_some_and(|extension| extension == "safetensors") || name == SHIPPED
}

fn presets(input: [usize; 2], classes: usize, screen: &Screen) -> anyhow::Result<()> {
    let width = PRESETS.iter().map(|preset| preset.name.len()).max().unwrap_or(0);
    let summaries = PRESETS.iter().map(|preset| (preset, built(preset, input, classes).summary()));
    let summaries: Vec<_> = summaries.collect();
    for (preset, summary) in &summaries {
        let name = screen.bold(&format!("{:<width$}", preset.name));
        if summary.problem.is_some() {
            screen.line(format_args!("{name}  {}", screen.dim("does not fit images of this size")));
        } else {
            let (parameters, work) = (count(summary.parameters), short(summary.multiply_adds));
            screen.line(format_args!("{name}  {parameters:>9} parameters  {work:>6} multiply-adds an image"));
        }
        screen.line(format_args!("{:width$}  {}", "", preset.about));
        screen.line(format_args!("{:width$}  {}", "", screen.dim(preset.source)));
    }
    if screen.json() {
        let list: Vec<_> = summaries
            .iter()
            .map(|(preset, summary)| {
                let fits = summary.problem.is_none();
                serde_json::json!({
                    "name": preset.name,
                    "about": preset.about,
                    "source": preset.source,
                    "parameters": fits.then_some(summary.parameters),
                    "multiply_adds": fits.then_some(summary.multiply_adds),
                })
            })
            .collect();
        screen.print_json(&list)?;
    }
    Ok(())
}

/// As it is trained: with an output more where its recipe teaches it what is no digit.
fn built(preset: &Preset, input: [usize; 2], classes: usize) -> Sequential {
    preset.build(input, Recipe::of(preset.name).mix.classes(classes))
}

/// 118016 → `118 k`, 3800000 → `3.8 M`. Rounded; what rounds up to a thousand of a unit is one of the next.
fn short(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..999_500 => format!("{:.0} k", number as f64 / 1e3),
        999_500..999_950_000 => format!("{:.1} M", number as f64 / 1e6),
        _ => format!("{:.1} G", number as f64 / 1e9),
    }
}

/// `28x28` as `[height, width]`.
fn parse_input(text: &str) -> anyhow::Result<[usize; 2]> {
    let parse = || -> Option<[usize; 2]> {
        let (height, width) = text.split_once(['x', '×'])?;
        let input = [height.trim().parse().ok()?, width.trim().parse().ok()?];
        input.iter().all(|side| (1..=4096).contains(side)).then_some(input)
    };
    parse()
        .with_context(|| format!("--input is {text}; height and width from 1 to 4096 are needed, as 28x28"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_rounded() {
        let cases = [
            (999, "999"),
            (7_840, "8 k"),
            (118_016, "118 k"),
            (999_499, "999 k"),
            (999_500, "1.0 M"),
            (3_760_000, "3.8 M"),
            (999_949_999, "999.9 M"),
            (999_950_000, "1.0 G"),
        ];
        for (number, expected) in cases {
            assert_eq!(short(number), expected);
        }
    }
}
