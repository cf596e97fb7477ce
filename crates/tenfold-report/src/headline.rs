//! The top of the page: how good, on what, trained on what, how long.

use maud::{Markup, html};

use crate::ReportInput;
use crate::format::{count, counted, is_strokes, loss, percent, seconds};

pub(crate) fn headline(input: &ReportInput<'_>) -> Markup {
    let e = input.evaluation;
    let epochs = input.history.epochs.len();
    let training = &input.training_data;
    let wrong = e.images.saturating_sub(e.correct);
    html! {
        header {
            p.eyebrow { "Tenfold report: " strong { (input.run) } }
            h1 { span.big { (percent(e.accuracy)) } " of " (count(e.images)) " test images read right" }
            p.lead {
                "95\u{a0}% interval " (percent(e.interval[0])) " to " (percent(e.interval[1])) " (Wilson). "
                "Trained on " (counted(training.images, "image", "images")) " of " strong { (training.name) }
                @if input.validation_images > 0 { ", " (count(input.validation_images)) " of them held back for validation" }
                @if input.mixed_in > 0 { ", and " (count(input.mixed_in)) " drawn ones mixed in" }
                @if training.name == e.dataset {
                    "; judged on its " (counted(e.images, "test image", "test images")) "."
                } @else {
                    "; judged on " (counted(e.images, "image", "images")) " of " strong { (e.dataset) } "."
                }
            }
            @if let Some(notice) = strokes_notice(&training.name, &e.dataset) { p.notice { (notice) } }
            @for note in input.notes { p.notice { (note) } }
            dl.tiles {
                (tile("Wrong", &count(wrong), &format!("of {}", count(e.images))))
                (tile("Loss", &loss(e.loss), "nats an image"))
                (tile("Calibration error", &percent(e.expected_calibration_error), "0 is perfect"))
                (tile("Parameters", &count(input.model.parameters()), "weights and biases"))
                (tile("Training", &seconds(input.timing.fit_seconds), &counted(epochs, "epoch", "epochs")))
                @if let Some(median) = median_epoch(input) {
                    (tile("Per epoch", &seconds(median), &counted(input.timing.threads, "thread", "threads")))
                }
            }
        }
    }
}

fn tile(name: &str, value: &str, note: &str) -> Markup {
    html! { div { dt { (name) } dd.value { (value) } dd.note { (note) } } }
}

/// Says it plainly where the built-in handwriting stands in for people's.
fn strokes_notice(training: &str, test: &str) -> Option<&'static str> {
    match (is_strokes(training), is_strokes(test)) {
        (true, true) => Some(
            "Trained and judged on strokes, handwriting drawn by the program itself. This is not MNIST: these figures \
             do not say how well the network reads people's digits.",
        ),
        (true, false) => Some(
            "Trained on strokes, handwriting drawn by the program itself; the network has never seen the data it is \
             judged on here.",
        ),
        (false, true) => Some("Judged on strokes, handwriting drawn by the program itself, not by people."),
        (false, false) => None,
    }
}

/// Median seconds of an epoch.
pub(crate) fn median_epoch(input: &ReportInput<'_>) -> Option<f64> {
    let mut times: Vec<f64> = input.history.epochs.iter().map(|figures| figures.seconds).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}
