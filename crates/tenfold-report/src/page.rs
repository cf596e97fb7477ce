//! The page: head, sections in order, foot. What a section holds is in its own file.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    ReportInput, confusion, curves, facts, gallery, headline, per_class, rejection, reliability, robustness,
    weights,
};

const STYLE: &str = include_str!("style.css");

pub(crate) fn page(input: &ReportInput<'_>) -> Markup {
    let sections = [
        ("learning", "Learning", "How it learnt", curves::section(input)),
        ("confusion", "Confusions", "What it confuses", confusion::section(input.evaluation)),
        ("mistakes", "Mistakes", "Most confidently wrong", gallery::mistakes(input)),
        ("samples", "Samples", "The first test images", gallery::samples(input)),
        ("classes", "Classes", "Class by class", per_class::section(input.evaluation)),
        (
            "calibration",
            "Calibration",
            "Is it as sure as it should be?",
            reliability::section(input.evaluation),
        ),
        ("rejection", "No digit", "Does it know what is no digit?", rejection::section(input)),
        (
            "robustness",
            "Robustness",
            "What it withstands: corruptions and attacks",
            robustness::section(input),
        ),
        ("weights", "Weights", "What the first layer looks for", weights::section(input.model)),
        ("run", "Details", "Model, recipe, data, timing", facts::section(input)),
    ];
    // A section that has nothing to show is left out.
    let sections: Vec<_> =
        sections.into_iter().filter_map(|(id, short, title, body)| Some((id, short, title, body?))).collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (input.run) " · Tenfold" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (headline::headline(input))
                nav aria-label="Sections" {
                    @for (id, short, ..) in &sections { a href={ "#" (id) } { (short) } }
                }
                main {
                    @for (id, _, title, body) in &sections {
                        section id=(id) aria-labelledby={ (id) "-title" } {
                            h2 id={ (id) "-title" } { (title) }
                            (body)
                        }
                    }
                }
                footer {
                    p { "Made by Tenfold, " (input.when) ". This page is one file and loads nothing from anywhere." }
                }
            }
        }
    }
}
