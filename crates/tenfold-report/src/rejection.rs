//! Whether the network knows what is no digit, and how often it is wrong where only its surest answers are given. Shown
//! where the evaluation was full and its images are digits.

use maud::{Markup, html};
use tenfold::evaluate::rejection::{IMAGES_PER_KIND, Rejection, RejectionFigures, RiskPoint, SURE};

use crate::ReportInput;
use crate::axis::Axis;
use crate::format::{count, counted, percent, score};

/// The drawing.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 400.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 254.0;
/// Answers to all images are drawn where 0.25 % kept back would be: one more step of the axis.
const LEAST_KEPT_BACK: f64 = 0.0025;
/// The coverage that the sentence is about.
const MOST: f64 = 0.98;

pub(crate) fn section(input: &ReportInput<'_>) -> Option<Markup> {
    let figures = input.full?.rejection.as_ref()?;
    let mut points = figures.risk_coverage.clone();
    points.retain(|point| point.coverage.is_finite() && point.risk.is_finite());
    points.dedup_by_key(|point| point.coverage);
    Some(html! {
        p.text {
            "Shown a digit and a letter or a piece of a digit, it is surer of the digit in "
            strong { (percent(figures.letters_and_pieces.auroc)) } " of such pairs; against blank paper, noise and textures in "
            strong { (percent(figures.noise_and_textures.auroc)) } ". "
            @if !input.model.rejects {
                span.quiet {
                    "This network has no output for “no digit”: how sure it is of the likeliest digit has to stand in for one. "
                }
            }
            span.quiet { "This takes the classes for the ten digits: of other images it says nothing." }
        }
        div.beside.diagram {
            div {
                @if !points.is_empty() {
                    figure {
                        figcaption { "Wrong answers" span.unit { "where only the surest are given" } }
                        (chart(&points))
                    }
                }
                p.text { (verdict(figures, &points)) }
            }
            div { (table(figures)) }
        }
    })
}

/// What the curve says, in words.
fn verdict(figures: &RejectionFigures, points: &[RiskPoint]) -> Markup {
    let at = |coverage: f64| {
        points.iter().min_by(|a, b| (a.coverage - coverage).abs().total_cmp(&(b.coverage - coverage).abs()))
    };
    html! {
        @if let (Some(all), Some(most)) = (at(1.0), at(MOST)) && most.coverage < all.coverage {
            "With every image answered, " (percent(all.risk)) " of the answers are wrong; with the "
            (part(1.0 - most.coverage)) " it is least sure of kept back, "
            strong { (percent(most.risk)) } ". "
        }
        (counted(figures.sure, "answer is", "answers are")) " given with at least "
        (format!("{:.0}\u{a0}%", 100.0 * SURE)) " confidence"
        @if figures.sure > 0 {
            ": " (count(figures.sure_right)) " of them are right, " (count(figures.sure.saturating_sub(figures.sure_right)))
            " wrong"
        }
        "."
    }
}

/// A round part of all: `98 %`, `99.5 %`.
fn part(part: f64) -> String {
    format!("{}\u{a0}%", format!("{:.1}", 100.0 * part).trim_end_matches(".0"))
}

/// Risk against coverage. The coverage grows by what is kept back, by factors: what matters of a good network lies between
/// 95 % and all.
fn chart(points: &[RiskPoint]) -> Markup {
    let kept_back = |coverage: f64| -(1.0 - coverage).max(LEAST_KEPT_BACK).log10();
    let x = Axis { low: kept_back(0.5), high: kept_back(1.0), from: LEFT, to: RIGHT };
    let highest = points.iter().map(|point| 100.0 * point.risk).fold(0.0, f64::max);
    let top = if highest > 0.0 { highest } else { 1.0 };
    let (y, ticks, decimals) = Axis::around([0.0, top].into_iter(), BOTTOM, TOP);
    let place = |point: &RiskPoint| (x.at(kept_back(point.coverage)), y.at(100.0 * point.risk));
    let line: Vec<String> = points.iter().map(place).map(|(px, py)| format!("{px},{py}")).collect();
    html! {
        svg.chart viewBox="0 0 430 306" role="img" aria-label="Fraction of wrong answers by the fraction of the images answered" {
            @for tick in ticks {
                line.grid x1=(LEFT) x2=(RIGHT) y1=(y.at(tick)) y2=(y.at(tick)) {}
                text.tick x=(LEFT - 7.0) y=(y.at(tick) + 4.0) text-anchor="end" { (format!("{tick:.decimals$}")) "\u{a0}%" }
            }
            @for tick in [0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0] {
                text.tick x=(x.at(kept_back(tick))) y=(BOTTOM + 17.0) text-anchor="middle" {
                    @if tick == 1.0 { "all" } @else { (part(tick)) }
                }
            }
            text.name x=(RIGHT) y=(BOTTOM + 36.0) text-anchor="end" { "how many images are answered, the surest first" }
            polyline.curve.alone points=(line.join(" ")) {}
            @for point in points {
                @let (px, py) = place(point);
                circle.dot.alone cx=(px) cy=(py) r="3.5" {
                    title { (percent(point.coverage)) " answered, " (percent(point.risk)) " of the answers wrong" }
                }
            }
            @if let Some(last) = points.last() {
                @let (px, py) = place(last);
                text.label.alone x=(px) y=(py - 10.0) text-anchor="end" { (percent(last.risk)) }
            }
        }
    }
}

fn table(figures: &RejectionFigures) -> Markup {
    let row = |name: &str, rejection: &Rejection| {
        html! {
            tr {
                th scope="row" { (name) }
                td { (score(rejection.auroc)) }
                td { (percent(rejection.fpr_at_95_tpr)) }
            }
        }
    };
    html! {
        p.text {
            "AUROC: how probable it is that a digit scores higher; 1 is perfect, 0.5 is guessing. FPR at 95\u{a0}% TPR: how much \
             that is no digit still passes a threshold that lets 95\u{a0}% of the digits pass; 0 is perfect (Hendrycks and \
             Gimpel 2017)."
        }
        div.scroll tabindex="0" role="region" aria-label="Digits against what is none" {
            table.figures {
                caption {
                    (count(figures.letters_and_pieces.known)) " digits against " (count(IMAGES_PER_KIND))
                    " images of each kind, drawn by Tenfold"
                }
                thead { tr { th scope="col" { "kind" } th scope="col" { "AUROC" } th scope="col" { "FPR at 95\u{a0}% TPR" } } }
                tbody { @for kind in &figures.kinds { (row(&kind.kind, &kind.rejection)) } }
                tfoot {
                    (row("letters and pieces", &figures.letters_and_pieces))
                    (row("noise and textures", &figures.noise_and_textures))
                }
            }
        }
    }
}
