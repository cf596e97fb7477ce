//! Precision, recall and F1 of every class, with a small chart a row that shows which classes lag behind.

use maud::{Markup, html};
use tenfold::Evaluation;
use tenfold::evaluate::ClassFigures;

use crate::axis::Axis;
use crate::format::{count, percent};

/// Units of the small charts.
const WIDTH: f64 = 220.0;
const HEIGHT: f64 = 16.0;

pub(crate) fn section(e: &Evaluation) -> Option<Markup> {
    let classes = &e.per_class;
    let seen = || classes.iter().filter(|c| c.support > 0);
    let floor = seen().flat_map(|c| [c.precision, c.recall]).fold(1.0, f64::min);
    // Down to the next round 1 % (or 5 %), so that differences show.
    let step = if floor > 0.9 { 0.01 } else { 0.05 };
    let low = ((floor / step - 1e-9).floor() * step).clamp(0.0, 1.0 - step);
    let axis = Axis { low, high: 1.0, from: 6.0, to: WIDTH - 6.0 };
    let weakest = seen().min_by(|a, b| a.f1.total_cmp(&b.f1))?;
    let strongest = seen().max_by(|a, b| a.f1.total_cmp(&b.f1))?;
    Some(html! {
        p.text {
            @if strongest.f1 > weakest.f1 {
                "Read best: " b { (strongest.class) } " (F1 " (percent(strongest.f1)) "). Read worst: "
                b { (weakest.class) } " (F1 " (percent(weakest.f1)) "). "
            }
            "Precision: of the images read as this class, how many are. Recall: of the images of this class, how many are \
             read as it. F1: their harmonic mean."
        }
        div.scroll tabindex="0" role="region" aria-label="Figures of every class" {
            table.figures.classes {
                caption.hidden { "Precision, recall and F1 of every class" }
                thead {
                    tr {
                        th scope="col" { "class" }
                        th scope="col" { "images" }
                        th scope="col" { "precision" }
                        th scope="col" { "recall" }
                        th scope="col" { "F1" }
                        th.wide scope="col" aria-hidden="true" {
                            span.range {
                                span { (whole_percent(low)) }
                                span { "○ precision  ● recall" }
                                span { "100\u{a0}%" }
                            }
                        }
                    }
                }
                tbody {
                    @for c in classes {
                        tr {
                            th scope="row" { (c.class) }
                            td { (count(c.support)) }
                            td { (percent(c.precision)) }
                            td { (percent(c.recall)) }
                            td { (percent(c.f1)) }
                            td.wide aria-hidden="true" { @if c.support > 0 { (dots(c, axis)) } }
                        }
                    }
                }
            }
        }
    })
}

fn whole_percent(fraction: f64) -> String {
    format!("{:.0}\u{a0}%", 100.0 * fraction)
}

/// Precision as a ring and recall as a dot on a line.
fn dots(c: &ClassFigures, axis: Axis) -> Markup {
    let (precision, recall, middle) = (axis.at(c.precision), axis.at(c.recall), HEIGHT / 2.0);
    html! {
        svg.dots viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } {
            line.grid x1=(axis.from) x2=(axis.to) y1=(middle) y2=(middle) {}
            line.between x1=(precision) x2=(recall) y1=(middle) y2=(middle) {}
            circle.ring cx=(precision) cy=(middle) r="4" {}
            circle.full cx=(recall) cy=(middle) r="4" {}
        }
    }
}
