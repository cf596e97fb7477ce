//! Loss and accuracy, epoch by epoch.

use maud::{Markup, html};
use tenfold::train::{EpochFigures, StopReason};

use crate::ReportInput;
use crate::axis::{Axis, whole_ticks};
use crate::format::{loss, percent, seconds};
use crate::overfit::{Best, best};

/// The drawing, in its own units; the style sheet scales it to the page.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 260.0;
/// The edges of the plot in it.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 358.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 226.0;

/// More epochs than this are drawn as lines without dots.
const MOST_DOTS: usize = 60;
/// Lines closer than this would have overlapping labels.
const LABEL_HEIGHT: f64 = 15.0;

/// One line of a chart.
struct Series {
    name: &'static str,
    class: &'static str,
    values: Vec<Option<f64>>,
}

pub(crate) fn section(input: &ReportInput<'_>) -> Option<Markup> {
    let epochs = &input.history.epochs;
    let (first, last) = (epochs.first()?, epochs.last()?);
    let best = best(input.history);
    let series = |training: fn(&EpochFigures) -> f64, validation: fn(&EpochFigures) -> Option<f64>| {
        let finite = |value: &f64| value.is_finite();
        let of = |pick: &dyn Fn(&EpochFigures) -> Option<f64>| {
            epochs.iter().map(|e| pick(e).filter(finite)).collect()
        };
        let mut all = vec![Series {
            name: "training",
            class: if best.is_some() { "training" } else { "alone" },
            values: of(&|e| Some(training(e))),
        }];
        if best.is_some() {
            all.push(Series { name: "validation", class: "validation", values: of(&validation) });
        }
        all
    };
    let describe = |what: &str, from: String, to: String| format!("Training {what}: from {from} to {to}");
    let loss_summary = describe("loss", loss(first.loss), loss(last.loss));
    let accuracy_summary = describe("accuracy", percent(first.accuracy), percent(last.accuracy));
    Some(html! {
        p.text { (verdict(input, best)) }
        div.pair {
            figure {
                figcaption { "Loss" span.unit { "nats an image" } }
                (chart(&series(|e| e.loss, |e| e.validation_loss), best, false, &loss_summary))
            }
            figure {
                figcaption { "Accuracy" span.unit { "images read right" } }
                (chart(&series(|e| e.accuracy, |e| e.validation_accuracy), best, true, &accuracy_summary))
            }
        }
        details {
            summary { "All epochs as a table" }
            (table(epochs, best))
        }
    })
}

/// What the curves say, in words, and how that is decided.
fn verdict(input: &ReportInput<'_>, best: Option<Best>) -> Markup {
    let epochs = input.history.epochs.len();
    html! {
        @match best {
            None => "This run held back no images for validation, so the curves show training only and cannot show \
                     overfitting. ",
            Some(_) if epochs == 1 => "One epoch is too short to see overfitting. ",
            Some(b) if b.overfits => {
                "The network " strong { "overfits after epoch " (b.epoch) } ": there the validation loss is lowest ("
                (loss(b.loss)) "), and at the end it is more than 1 % above that (" (loss(b.last)) "). "
            }
            Some(b) if b.epoch == epochs => {
                "The validation loss is lowest after the last epoch (" (loss(b.loss)) "): no overfitting yet, and more \
                 epochs may help. "
            }
            Some(b) => {
                "The validation loss is lowest after epoch " (b.epoch) " (" (loss(b.loss)) ") and ends less than 1 % \
                 above that: no clear overfitting. "
            }
        }
        @if input.history.stopped == StopReason::EarlyStopping { "Early stopping ended the training. " }
        @if input.history.stopped == StopReason::Asked { "Training was stopped before its last epoch. " }
        @if let Some(epoch) = input.history.restored_epoch { "The weights kept are those of epoch " (epoch) ". " }
        span.quiet {
            "Training figures are means over the epoch while the weights move, on images as the recipe varies and mixes them, \
             with its label smoothing and dropout"
            @if best.is_some() {
                "; validation figures are taken after the epoch, on images as they are. So validation can look better"
            }
            "."
        }
    }
}

fn chart(series: &[Series], best: Option<Best>, percent: bool, summary: &str) -> Markup {
    let epochs = series.first().map_or(0, |s| s.values.len());
    let x = Axis { low: 1.0, high: epochs as f64, from: LEFT, to: RIGHT };
    let zero = (!percent).then_some(0.0);
    let values = series.iter().flat_map(|s| s.values.iter().copied().flatten()).chain(zero);
    let scaled = values.map(|value| if percent { 100.0 * value } else { value });
    let (mut y, mut ticks, decimals) = Axis::around(scaled, BOTTOM, TOP);
    if percent {
        // No accuracy lies above 100 %.
        ticks.retain(|&tick| tick < 100.001);
        y.high = y.high.min(100.0);
    }
    let place = |(index, value): (usize, f64)| {
        (x.at(index as f64 + 1.0), y.at(if percent { 100.0 * value } else { value }))
    };
    let overfit = best.filter(|b| b.overfits).map(|b| (b.epoch, x.at(b.epoch as f64)));
    let unit = if percent { "\u{a0}%" } else { "" };
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(summary) {
            @if let Some((_, at)) = overfit {
                rect.after x=(at) y=(TOP) width=(RIGHT - at) height=(BOTTOM - TOP) {}
            }
            @for &tick in &ticks {
                line.grid x1=(LEFT) x2=(RIGHT) y1=(y.at(tick)) y2=(y.at(tick)) {}
                text.tick x=(LEFT - 7.0) y=(y.at(tick) + 4.0) text-anchor="end" { (format!("{tick:.decimals$}")) (unit) }
            }
            @for tick in whole_ticks(epochs, 8) {
                text.tick x=(x.at(tick as f64)) y=(BOTTOM + 17.0) text-anchor="middle" { (tick) }
            }
            text.tick x=(RIGHT + 18.0) y=(BOTTOM + 17.0) { "epoch" }
            @if let Some((epoch, at)) = overfit {
                line.marker x1=(at) x2=(at) y1=(TOP - 6.0) y2=(BOTTOM) {}
                @let left = at < (LEFT + RIGHT) / 2.0;
                text.mark x=(if left { at + 5.0 } else { at - 5.0 }) y=(TOP - 8.0)
                    text-anchor=(if left { "start" } else { "end" }) { "overfits after epoch " (epoch) }
            }
            @for s in series {
                @let points: Vec<(f64, f64)> = s.values.iter().enumerate()
                    .filter_map(|(i, v)| v.map(|v| place((i, v)))).collect();
                polyline class={ "curve " (s.class) } points=(path(&points)) {}
                @if points.len() <= MOST_DOTS {
                    @for (px, py) in &points { circle class={ "dot " (s.class) } cx=(px) cy=(py) r="3" {} }
                }
            }
            @for (s, at) in labels(series, place) {
                text class={ "label " (s.class) } x=(RIGHT + 12.0) y=(at + 4.0) { (s.name) }
            }
        }
    }
}

fn path(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

/// Each line's name at its end, moved apart where two would overlap.
fn labels(series: &[Series], place: impl Fn((usize, f64)) -> (f64, f64)) -> Vec<(&Series, f64)> {
    let end =
        |s: &Series| s.values.iter().copied().enumerate().rev().find_map(|(i, v)| v.map(|v| place((i, v)).1));
    let mut labels: Vec<(&Series, f64)> = series.iter().filter_map(|s| Some((s, end(s)?))).collect();
    labels.sort_by(|a, b| a.1.total_cmp(&b.1));
    if let [upper, lower] = labels.as_mut_slice()
        && lower.1 - upper.1 < LABEL_HEIGHT
    {
        let middle =
            f64::midpoint(upper.1, lower.1).clamp(TOP + LABEL_HEIGHT / 2.0, BOTTOM - LABEL_HEIGHT / 2.0);
        (upper.1, lower.1) = (middle - LABEL_HEIGHT / 2.0, middle + LABEL_HEIGHT / 2.0);
    }
    labels
}

fn table(epochs: &[EpochFigures], best: Option<Best>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="All epochs" {
            table.figures {
                caption { "Every epoch" @if best.is_some() { "; the lowest validation loss is marked ◂" } }
                thead {
                    tr {
                        th scope="col" { "epoch" }
                        th scope="col" { "loss" }
                        th scope="col" { "accuracy" }
                        @if best.is_some() {
                            th scope="col" { "validation loss" }
                            th scope="col" { "validation accuracy" }
                        }
                        th scope="col" { "learning rate" }
                        th scope="col" { "time" }
                    }
                }
                tbody {
                    @for (index, e) in epochs.iter().enumerate() {
                        tr {
                            th scope="row" { (index + 1) }
                            td { (loss(e.loss)) }
                            td { (percent(e.accuracy)) }
                            @if let Some(b) = best {
                                td {
                                    (e.validation_loss.map_or(String::new(), loss))
                                    @if b.epoch == index + 1 { " ◂" }
                                }
                                td { (e.validation_accuracy.map_or(String::new(), percent)) }
                            }
                            td { (format!("{:.3e}", e.learning_rate)) }
                            td { (seconds(e.seconds)) }
                        }
                    }
                }
            }
        }
    }
}
