//! Test images with what the network says about them: the first ones as they come, and the surest mistakes.

use maud::{Markup, html};
use tenfold::evaluate::most_confident_mistakes;

use crate::ReportInput;
use crate::format::{confidence, counted};
use crate::picture;

/// Images as they come.
const SAMPLES: usize = 32;
/// Surest mistakes.
const MISTAKES: usize = 24;
/// More classes than this have no bars under their pictures.
const MOST_BARS: usize = 26;

pub(crate) fn samples(input: &ReportInput<'_>) -> Option<Markup> {
    let shown = SAMPLES.min(input.predictions.len()).min(input.test.len());
    if shown == 0 {
        return None;
    }
    let bars = input.predictions.classes <= MOST_BARS;
    let wrong =
        (0..shown).filter(|&i| input.predictions.predicted(i) != usize::from(input.test.labels()[i])).count();
    Some(html! {
        p.text {
            "The first " (counted(shown, "image", "images")) " of the test set, not chosen. "
            @match wrong { 0 => "All are read right. ", n => { (n) " read wrong, marked ✗. " } }
            @if bars {
                "The bars are the probabilities of the classes from 0 to "
                (input.predictions.classes.saturating_sub(1)) "."
            }
        }
        ul.gallery { @for index in 0..shown { (tile(input, index, bars)) } }
    })
}

pub(crate) fn mistakes(input: &ReportInput<'_>) -> Option<Markup> {
    let mistakes = most_confident_mistakes(input.predictions, input.test, MISTAKES).ok()?;
    let all = input.evaluation.images.saturating_sub(input.evaluation.correct);
    Some(html! {
        @if mistakes.is_empty() {
            p.text { "There is none: every test image was read right." }
        } @else {
            p.text {
                @if mistakes.len() < all {
                    "Of " (counted(all, "mistake", "mistakes")) ", the " (mistakes.len())
                    " the network was surest about. "
                } @else {
                    "All " (counted(all, "mistake", "mistakes")) ", surest first. "
                }
                "Look at each: some are the network's fault, some the writer's, and sometimes the label is wrong."
            }
            ul.gallery { @for mistake in &mistakes { (tile(input, mistake.index, false)) } }
        }
    })
}

/// One test image and its reading. A wrong one has a cross, a frame and the right answer.
fn tile(input: &ReportInput<'_>, index: usize, bars: bool) -> Markup {
    let label = usize::from(input.test.labels()[index]);
    let predicted = input.predictions.predicted(index);
    let wrong = label != predicted;
    let alt = format!("Test image {index}, labelled {label}");
    html! {
        li.wrong[wrong] {
            (picture::ink(input.test.image(index), input.test.shape(), &alt))
            @if bars { (probabilities(input.predictions.row(index), predicted, label)) }
            p {
                @if wrong { span.cross aria-label="wrong:" { "✗" } " " }
                b { (predicted) } " " span.sure { (confidence(f64::from(input.predictions.confidence(index)))) }
            }
            @if wrong { p.truth { "is " b { (label) } span.index { "#" (index) } } }
        }
    }
}

/// The probabilities of all classes as bars on one line; the reading and the truth in their colours.
fn probabilities(row: &[f32], predicted: usize, label: usize) -> Markup {
    let bar = |class: usize, probability: f32| {
        let height = 14.0 * if probability.is_finite() { probability.clamp(0.0, 1.0) } else { 0.0 };
        format!("M{} 15v{:.1}", 3 + 6 * class, -height.max(0.5))
    };
    let path = |keep: &dyn Fn(usize) -> bool| -> String {
        row.iter().enumerate().filter(|&(class, _)| keep(class)).map(|(class, &p)| bar(class, p)).collect()
    };
    html! {
        svg.bars viewBox={ "0 0 " (6 * row.len()) " 16" } aria-hidden="true" {
            path d=(path(&|class| class != predicted && class != label)) {}
            @if predicted != label { path.wrong d=(path(&|class| class == predicted)) {} }
            path.right d=(path(&|class| class == label)) {}
        }
    }
}
