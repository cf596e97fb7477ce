//! The reliability diagram: how often the network is right when it says it is so and so sure.

use maud::{Markup, html};
use tenfold::Evaluation;
use tenfold::evaluate::Bin;

use crate::axis::Axis;
use crate::format::{count, counted, percent, short};

/// The drawing: a square, and a strip of counts under it.
const LEFT: f64 = 44.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 372.0;
const STRIP_TOP: f64 = 452.0;
const STRIP_BOTTOM: f64 = 492.0;
/// Fewer answers than this say little.
const FEW: usize = 20;

pub(crate) fn section(e: &Evaluation) -> Option<Markup> {
    let filled: Vec<&Bin> = e.reliability.iter().filter(|bin| bin.count > 0).collect();
    if filled.is_empty() {
        return None;
    }
    let total = filled.iter().map(|bin| bin.count).sum::<usize>() as f64;
    let mean =
        |pick: fn(&Bin) -> f64| filled.iter().map(|bin| pick(bin) * bin.count as f64).sum::<f64>() / total;
    let (confidence, accuracy) = (mean(|bin| bin.confidence), mean(|bin| bin.accuracy));
    Some(html! {
        div.beside.diagram {
            figure { (diagram(&filled)) }
            div {
                p.text {
                    "On average the network is " (percent(confidence)) " sure and " (percent(accuracy)) " right: "
                    strong {
                        @if confidence > accuracy + 5e-4 { "too sure of itself" }
                        @else if accuracy > confidence + 5e-4 { "more often right than it thinks" }
                        @else { "as sure as it should be, on the whole" }
                    }
                    "."
                }
                p.text {
                    "Each dot is the answers given with about the same confidence: on the line they are right as often as \
                     they claim, below it less often. The expected calibration error is the mean distance from the line, "
                    "weighted by the number of answers: " strong { (percent(e.expected_calibration_error)) }
                    " (Guo et al. 2017, 15 bins). Rings stand for fewer than " (FEW) " answers and say little."
                }
                details {
                    summary { "The bins as a table" }
                    (table(&filled))
                }
            }
        }
    })
}

fn diagram(bins: &[&Bin]) -> Markup {
    let x = Axis { low: 0.0, high: 1.0, from: LEFT, to: RIGHT };
    let y = Axis { low: 0.0, high: 1.0, from: BOTTOM, to: TOP };
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1);
    let log = |n: usize| (n as f64 + 1.0).ln();
    let summary = format!("Reliability diagram of {}", counted(bins.len(), "bin", "bins"));
    html! {
        svg.chart viewBox="0 0 430 510" role="img" aria-label=(summary) {
            @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
                line.grid x1=(LEFT) x2=(RIGHT) y1=(y.at(tick)) y2=(y.at(tick)) {}
                text.tick x=(LEFT - 7.0) y=(y.at(tick) + 4.0) text-anchor="end" { (100.0 * tick) "\u{a0}%" }
                text.tick x=(x.at(tick)) y=(BOTTOM + 17.0) text-anchor="middle" { (100.0 * tick) "\u{a0}%" }
            }
            text.name x=(RIGHT) y=(BOTTOM + 36.0) text-anchor="end" { "how sure it is" }
            text.name x=(LEFT + 8.0) y=(TOP + 16.0) { "how often it is right" }
            line.perfect x1=(LEFT) y1=(BOTTOM) x2=(RIGHT) y2=(TOP) {}
            text.tick x=(x.at(0.30)) y=(y.at(0.62)) text-anchor="middle" { "not sure enough" }
            text.tick x=(x.at(0.76)) y=(y.at(0.22)) text-anchor="middle" { "too sure" }
            @for bin in bins {
                @let (px, py) = (x.at(bin.confidence), y.at(bin.accuracy));
                line.gap x1=(px) x2=(px) y1=(y.at(bin.confidence)) y2=(py) {}
                circle class=(if bin.count < FEW { "ring" } else { "full" }) cx=(px) cy=(py) r="5" {
                    title {
                        (percent(bin.confidence)) " sure, " (percent(bin.accuracy)) " right, "
                        (counted(bin.count, "answer", "answers"))
                    }
                }
            }
            text.tick x=(LEFT) y=(STRIP_TOP - 12.0) { "answers at each confidence (log scale)" }
            @for bin in bins {
                @let (from, to) = (x.at(bin.low) + 1.0, x.at(bin.high) - 1.0);
                @let height = (STRIP_BOTTOM - STRIP_TOP) * log(bin.count) / log(most);
                rect.count x=(from) width=(to - from) y=(format!("{:.1}", STRIP_BOTTOM - height))
                    height=(format!("{height:.1}")) {}
                text.tick.small x=(f64::midpoint(from, to)) y=(STRIP_BOTTOM + 14.0) text-anchor="middle" {
                    (short(bin.count))
                }
            }
        }
    }
}

fn table(bins: &[&Bin]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Reliability bins" {
            table.figures {
                caption { "Answers by confidence" }
                thead {
                    tr {
                        th scope="col" { "confidence" }
                        th scope="col" { "answers" }
                        th scope="col" { "mean" }
                        th scope="col" { "right" }
                    }
                }
                tbody {
                    @for bin in bins {
                        tr {
                            th scope="row" { (format!("{:.0}–{:.0}\u{a0}%", 100.0 * bin.low, 100.0 * bin.high)) }
                            td { (count(bin.count)) }
                            td { (percent(bin.confidence)) }
                            td { (percent(bin.accuracy)) }
                        }
                    }
                }
            }
        }
    }
}
