//! Model, recipe, data, timing, command and versions: what is needed to make the same run again.

use maud::{Markup, html};
use tenfold::Sequential;
use tenfold::model::DataInfo;

use crate::ReportInput;
use crate::format::{count, counted, seconds};
use crate::headline::median_epoch;

pub(crate) fn section(input: &ReportInput<'_>) -> Option<Markup> {
    let test = DataInfo {
        name: input.evaluation.dataset.clone(),
        images: input.evaluation.images,
        sha256: input.test_sha256.into(),
    };
    Some(html! {
        div.facts {
            div { h3 { "Model" } (model(input.model)) }
            div { h3 { "Recipe" } (list(input.recipe)) }
            div { h3 { "Timing" } (timing(input)) }
            div { h3 { "Versions" } (list(input.versions)) }
        }
        h3 { "Data" }
        (data(&[("training", &input.training_data), ("test", &test)], input.test.shape()))
        h3 { "Command" }
        div.scroll tabindex="0" role="region" aria-label="Command" { pre { code { (input.command) } } }
    })
}

fn model(model: &Sequential) -> Markup {
    let summary = model.summary();
    html! {
        div.scroll tabindex="0" role="region" aria-label="Layers" {
            table.figures {
                caption.hidden { "Layers of the model" }
                thead {
                    tr { th scope="col" { "layer" } th scope="col" { "output" } th scope="col" { "parameters" } }
                }
                tbody {
                    tr { th scope="row" { "input" } td { (shape(&model.input)) } td {} }
                    @for row in &summary.layers {
                        tr {
                            th scope="row" { (row.name) }
                            td { (shape(&row.shape)) }
                            td { @match row.parameters { 0 => "", n => (count(n)) } }
                        }
                    }
                }
                tfoot { tr { th scope="row" { "in all" } td {} td { (count(summary.parameters)) } } }
            }
        }
    }
}

fn shape(shape: &[usize]) -> String {
    shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ")
}

fn list(lines: &[(String, String)]) -> Markup {
    html! { dl.lines { @for (name, value) in lines { div { dt { (name) } dd { (value) } } } } }
}

fn timing(input: &ReportInput<'_>) -> Markup {
    let timing = &input.timing;
    let images = input.training_data.images.saturating_sub(input.validation_images) + input.mixed_in;
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push((name.to_owned(), value));
    if let Some(median) = median_epoch(input) {
        line("an epoch (median)", seconds(median));
        if median > 0.0 {
            line("images a second", count((images as f64 / median) as usize));
        }
    }
    line("training", seconds(timing.fit_seconds));
    line("from start to report", seconds(timing.total_seconds));
    line("threads", counted(timing.threads, "thread", "threads"));
    line("vector instructions", timing.simd.clone());
    list(&lines)
}

fn data(sets: &[(&str, &DataInfo)], size: [usize; 2]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Data" {
            table.figures.data {
                caption.hidden { "Data used" }
                thead {
                    tr {
                        th scope="col" { "used for" }
                        th scope="col" { "name" }
                        th scope="col" { "images" }
                        th scope="col" { "pixels" }
                        th scope="col" { "SHA-256 of shape, pixels and labels" }
                    }
                }
                tbody {
                    @for (purpose, set) in sets {
                        tr {
                            th scope="row" { (purpose) }
                            td { (set.name) }
                            td { (count(set.images)) }
                            td { (shape(&size)) }
                            td { code { (set.sha256) } }
                        }
                    }
                }
            }
        }
    }
}
