//! `tenfold predict`: the digit in each picture. Loads nothing that is not needed for that: no data, no threads.

use std::path::Path;

use anyhow::bail;
use serde::Serialize;
use serde_json::json;
use tenfold::evaluate::Answers;
use tenfold::read::{Picture, prepare};

use crate::args::PredictArgs;
use crate::format::{counted, printable};
use crate::models::Readers;
use crate::pictures::{MANY, STDIN, is_stdin};
use crate::terminal::{Screen, bar};

/// One picture's answer.
#[derive(Serialize)]
struct Answer<'a> {
    file: String,
    digit: usize,
    confidence: f32,
    probabilities: &'a [f32],
    /// How probable it is that this is no digit at all; left out where the model cannot say.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_digit: Option<f32>,
}

/// Reads every picture; one that cannot be read costs a line and the exit status, not the others.
pub fn run(args: &PredictArgs, screen: &Screen) -> anyhow::Result<()> {
    let readers = Readers::load(&args.model, args.shifts, false)?;
    if args.model.is_empty() && !readers.are_shipped() {
        screen.line(screen.dim(&format!("by {readers}")));
    }
    let mut predictor = readers.ensemble(1)?;
    let input = predictor.input();
    let brief = args.brief || args.images.len() >= MANY;
    let widest = args.images.iter().map(|path| shown(path).chars().count()).max().unwrap_or(0);
    let mut failed = 0;
    for (index, path) in args.images.iter().enumerate() {
        if screen.closed() {
            break;
        }
        let image = match read(path, input) {
            Ok(image) => image,
            Err(error) => {
                failed += 1;
                report_failure(path, &error, screen)?;
                continue;
            }
        };
        let Answers { predictions, none } = Answers::from_ensemble(&mut predictor, &image);
        let (digit, none) = (predictions.predicted(0), none.first().copied().unwrap_or(0.0));
        let probabilities = predictions.probabilities;
        let Some(&confidence) = probabilities.get(digit) else {
            bail!("{}: the model has no outputs", readers);
        };
        if screen.json() {
            screen.print_json(&Answer {
                file: path.display().to_string(),
                digit,
                confidence,
                probabilities: &probabilities,
                no_digit: predictor.rejects().then_some(none),
            })?;
        } else if brief {
            let name = shown(path);
            let doubt = doubt(none).map_or_else(String::new, |doubt| screen.dim(&format!("  ({doubt})")));
            screen.line(format_args!(
                "{name:<widest$}  {}  {}{doubt}",
                screen.bold(&digit.to_string()),
                sure(confidence)
            ));
        } else {
            if index > 0 {
                screen.gap();
            }
            draw(path, &image, input, digit, &probabilities, screen);
            if let Some(doubt) = doubt(none) {
                screen.line(screen.dim(&doubt));
            }
        }
    }
    if failed > 0 {
        bail!("{failed} of {} could not be read", counted(args.images.len(), "picture"));
    }
    Ok(())
}

/// A file's name in one line.
fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// Says so where a picture more probably shows no digit.
fn doubt(none: f32) -> Option<String> {
    (none > 0.5).then(|| format!("more probably no digit: {}", sure(none)))
}

fn read(path: &Path, input: [usize; 2]) -> anyhow::Result<Vec<u8>> {
    if path.is_dir() {
        bail!("{}: is a folder; `tenfold read` reads all pictures in one", path.display());
    }
    if is_stdin(path) && !path.exists() {
        bail!("{STDIN}: only files are taken here; `tenfold read -` reads standard input");
    }
    let picture = Picture::open(path)?;
    Ok(prepare(&picture, input, path)?)
}

/// One line about a picture that cannot be read; among JSON, an object with `error`.
fn report_failure(path: &Path, error: &anyhow::Error, screen: &Screen) -> anyhow::Result<()> {
    screen.failure(printable(&error.to_string()));
    if screen.json() {
        screen.print_json(&json!({ "file": path.display().to_string(), "error": error.to_string() }))
    } else {
        Ok(())
    }
}

/// What the network saw, and beside it a bar for each class.
fn draw(path: &Path, image: &[u8], input: [usize; 2], digit: usize, probabilities: &[f32], screen: &Screen) {
    const BAR: usize = 26;
    let confidence = probabilities.get(digit).copied().unwrap_or_default();
    screen.line(format_args!("{}: {}, {}", shown(path), screen.good(&digit.to_string()), sure(confidence)));
    let digits = (probabilities.len().max(1) - 1).to_string().len();
    let row = |class: usize| {
        let probability = probabilities[class];
        let text = format!("{class:>digits$} {} {:>7}", bar(f64::from(probability), BAR), sure(probability));
        if class == digit { screen.bold(&text) } else { text }
    };
    let picture = screen.picture(image, input);
    let beside = input[1] + 3 + digits + 1 + BAR + 8 <= screen.width();
    if !beside {
        picture.iter().for_each(|line| screen.line(line));
        (0..probabilities.len()).for_each(|class| screen.line(row(class)));
        return;
    }
    // The shorter of the two is centred beside the other.
    let rows = picture.len().max(probabilities.len());
    let (picture_top, bars_top) = ((rows - picture.len()) / 2, (rows - probabilities.len()) / 2);
    for line in 0..rows {
        let left = line.checked_sub(picture_top).and_then(|line| picture.get(line).cloned());
        let left = left.unwrap_or_else(|| " ".repeat(input[1]));
        let right = line.checked_sub(bars_top).filter(|&class| class < probabilities.len()).map(row);
        screen.line(format!("{left}   {}", right.unwrap_or_default()).trim_end());
    }
}

/// A probability; what only rounds to certainty is not called certain.
fn sure(probability: f32) -> String {
    let percent = f64::from(probability) * 100.0;
    if (99.95..100.0).contains(&percent) { ">99.9 %".into() } else { format!("{percent:.1} %") }
}
