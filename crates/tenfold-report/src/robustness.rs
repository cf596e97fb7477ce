//! What the network withstands: accuracy under each corruption with pictures of it, under attacks of growing strength, and
//! without the contested labels. Shown where the evaluation was full.

use maud::{Markup, html};
use tenfold::evaluate::FullEvaluation;
use tenfold::evaluate::attacks::Attack;
use tenfold::evaluate::corruptions::Corruption;

use crate::ReportInput;
use crate::axis::Axis;
use crate::format::{counted, percent, score};
use crate::picture;

/// Test images that show each corruption.
const SHOWN: usize = 3;
/// The attack curve's drawing.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 400.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 254.0;

pub(crate) fn section(input: &ReportInput<'_>) -> Option<Markup> {
    let full = input.full?;
    Some(html! {
        @if let Some(left) = &full.without_contested {
            p.text {
                "Most people who look at the images disagree with " (full.images.saturating_sub(left.images))
                " of the test set's labels. Without those images the accuracy is "
                strong { (percent(left.accuracy)) } " (95\u{a0}% interval " (percent(left.interval[0])) " to "
                (percent(left.interval[1])) "); of those images, " (left.contested_wrong)
                " are not read as labelled."
            }
        }
        p.text {
            "What its probabilities cost: negative log-likelihood " strong { (score(full.negative_log_likelihood)) }
            " nats, Brier score " strong { (score(full.brier_score)) } " (0 is perfect for both)."
        }
        @if !full.corruptions.is_empty() { (corruptions(input, full)) }
        @if let Some(clean) = full.attack_clean_accuracy {
            (attacks(full, clean))
        } @else if let Some(why) = &full.no_attacks {
            h3 { "Attacked" }
            p.text { "No attacks were made: " (why) "." }
        }
    })
}

fn corruptions(input: &ReportInput<'_>, full: &FullEvaluation) -> Markup {
    let shown: Vec<usize> = (0..SHOWN.min(input.test.len())).collect();
    html! {
        h3 { "Corrupted" }
        p.text {
            "Every test image, made worse in fifteen ways: " strong { (percent(full.mean_corrupted_accuracy)) }
            " are read right on average, against " (percent(full.accuracy)) " as they are. "
            (full.corruptions_note) "."
        }
        ul.corruptions {
            li {
                (pictures(input, &shown, None))
                p { b { "as they are" } span.figure { (percent(full.accuracy)) } }
                (bar(full.accuracy))
            }
            @for figures in &full.corruptions {
                li {
                    (pictures(input, &shown, Some(figures.corruption)))
                    p {
                        b { (figures.corruption.name()) }
                        span.figure { (percent(figures.accuracy)) }
                    }
                    (bar(figures.accuracy))
                }
            }
        }
    }
}

/// The first test images, corrupted or as they are.
fn pictures(input: &ReportInput<'_>, shown: &[usize], corruption: Option<Corruption>) -> Markup {
    let name = corruption.map_or("as it is", Corruption::name);
    let shape = input.test.shape();
    html! {
        div.row {
            @for &index in shown {
                @let image = corrupted(input, index, corruption);
                span.plate { (picture::ink(&image, shape, &format!("Test image {index}, {name}"))) }
            }
        }
    }
}

fn corrupted(input: &ReportInput<'_>, index: usize, corruption: Option<Corruption>) -> Vec<u8> {
    let mut image = input.test.image(index).to_vec();
    if let Some(corruption) = corruption {
        // The sizes fit by what a data set is; where they did not, the image would stay as it is.
        let _ = corruption.apply(input.test.image(index), input.test.shape(), index as u64, &mut image);
    }
    image
}

fn bar(accuracy: f64) -> Markup {
    let accuracy = if accuracy.is_finite() { accuracy.clamp(0.0, 1.0) } else { 0.0 };
    html! {
        div.meter aria-hidden="true" { span style=(format!("width:{:.2}%", 100.0 * accuracy)) {} }
    }
}

fn attacks(full: &FullEvaluation, clean: f64) -> Markup {
    let curve = |attack: Attack| -> Vec<(f64, f64)> {
        let made = full.attacks.iter().filter(|figures| figures.attack == attack);
        let mut points: Vec<_> = made.map(|figures| (figures.epsilon, figures.accuracy)).collect();
        points.retain(|point| point.0.is_finite() && point.1.is_finite());
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        points.insert(0, (0.0, clean));
        points
    };
    let [fgsm, pgd] = Attack::all().map(curve);
    html! {
        h3 { "Attacked" }
        div.beside.diagram {
            figure {
                figcaption { "Accuracy under attack" span.unit { "first " (counted(full.attack_images, "test image", "test images")) } }
                (chart(&fgsm, &pgd))
            }
            div {
                p.text {
                    "Someone who knows the network moves every pixel by at most ε (white is 1) to mislead it. FGSM takes one \
                     step (Goodfellow et al. 2015), PGD twenty from a random start (Madry et al. 2018). No defence is tried; \
                     stronger attacks exist, so these figures are upper bounds."
                }
                div.scroll tabindex="0" role="region" aria-label="Accuracy under attack" {
                    table.figures {
                        caption.hidden { "Accuracy under attack" }
                        thead { tr { th scope="col" { "ε" } th scope="col" { "FGSM" } th scope="col" { "PGD" } } }
                        tbody {
                            tr { th scope="row" { "none" } td { (percent(clean)) } td { (percent(clean)) } }
                            @for &(epsilon, accuracy) in fgsm.iter().skip(1) {
                                tr {
                                    th scope="row" { (epsilon) }
                                    td { (percent(accuracy)) }
                                    td { @if let Some(accuracy) = full.under(Attack::Pgd, epsilon) { (percent(accuracy)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn chart(fgsm: &[(f64, f64)], pgd: &[(f64, f64)]) -> Markup {
    let (x, ticks, decimals) = Axis::around(fgsm.iter().chain(pgd).map(|point| point.0), LEFT, RIGHT);
    let y = Axis { low: 0.0, high: 1.0, from: BOTTOM, to: TOP };
    let path = |points: &[(f64, f64)]| -> String {
        let step = |(index, &(epsilon, accuracy)): (usize, &(f64, f64))| {
            format!("{}{} {}", if index == 0 { "M" } else { "L" }, x.at(epsilon), y.at(accuracy))
        };
        points.iter().enumerate().map(step).collect()
    };
    html! {
        svg.chart viewBox="0 0 430 300" role="img" aria-label="Accuracy of the attacked images by the strength of the attack" {
            @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
                line.grid x1=(LEFT) x2=(RIGHT) y1=(y.at(tick)) y2=(y.at(tick)) {}
                text.tick x=(LEFT - 7.0) y=(y.at(tick) + 4.0) text-anchor="end" { (100.0 * tick) "\u{a0}%" }
            }
            @for tick in ticks {
                text.tick x=(x.at(tick)) y=(BOTTOM + 17.0) text-anchor="middle" { (format!("{tick:.decimals$}")) }
            }
            text.name x=(RIGHT) y=(BOTTOM + 36.0) text-anchor="end" { "ε, the most a pixel is moved" }
            @for (name, class, points) in [("FGSM", "training", fgsm), ("PGD", "alone", pgd)] {
                path class={ "curve " (class) } d=(path(points)) {}
                @for &(epsilon, accuracy) in points {
                    circle class={ "dot " (class) } cx=(x.at(epsilon)) cy=(y.at(accuracy)) r="3.5" {
                        title { (name) ", ε " (epsilon) ": " (percent(accuracy)) }
                    }
                }
            }
            (label("FGSM", "training", fgsm, x, y, -9.0))
            (label("PGD", "alone", pgd, x, y, 18.0))
        }
    }
}

/// A curve's name beside its second point, where the curves part.
fn label(name: &str, class: &str, points: &[(f64, f64)], x: Axis, y: Axis, dy: f64) -> Markup {
    let Some(&(epsilon, accuracy)) = points.get(1) else { return html! {} };
    let (dx, anchor) = if dy < 0.0 { (9.0, "start") } else { (-9.0, "end") };
    html! {
        text class={ "label " (class) } x=(x.at(epsilon) + dx) y=(y.at(accuracy) + dy / 2.0) text-anchor=(anchor) {
            (name)
        }
    }
}
