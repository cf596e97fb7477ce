//! The confusion matrix as a heat map of counts, and the most frequent mistakes in words.

use maud::{Markup, html};
use tenfold::Evaluation;

use crate::format::{counted, percent};

/// More classes than this get small cells.
const MANY: usize = 16;
/// Mistakes listed.
const LISTED: usize = 8;

pub(crate) fn section(e: &Evaluation) -> Option<Markup> {
    if e.confusion.is_empty() {
        return None;
    }
    let mistakes = e.confusions();
    let most = mistakes.first().map_or(1, |&(.., n)| n);
    let many = e.confusion.len() > MANY;
    Some(html! {
        p.text {
            "Rows: what it is. Columns: what it was read as. "
            span.nowrap { span.key.right {} " right, " } span.nowrap { span.key.wrong {} " mistakes," }
            " stronger where more frequent."
        }
        div.beside.stacked[many] {
            div.scroll tabindex="0" role="region" aria-label="Confusion matrix" {
                table.matrix.many[many] {
                    caption.hidden { "Confusion matrix" }
                    thead {
                        tr {
                            th.corner { span.hidden { "is, read as" } }
                            @for class in 0..e.confusion.len() { th scope="col" { (class) } }
                        }
                    }
                    tbody {
                        @for (label, row) in e.confusion.iter().enumerate() {
                            tr {
                                th scope="row" { (label) }
                                @for (predicted, &n) in row.iter().enumerate() { (cell(label == predicted, n, most)) }
                            }
                        }
                    }
                }
            }
            div.confusions {
                h3 { "Most frequent mistakes" }
                @if mistakes.is_empty() {
                    p { "None: all " (counted(e.images, "image", "images")) " were read right." }
                } @else {
                    ol {
                        @for &(label, predicted, n) in mistakes.iter().take(LISTED) {
                            li {
                                span.what { b { (label) } " read as " b { (predicted) } }
                                span.times { (counted(n, "time", "times")) }
                                span.share { (share(e, label, n)) }
                            }
                        }
                    }
                }
            }
        }
    })
}

/// How large a part of its class a mistake is.
fn share(e: &Evaluation, label: usize, n: usize) -> String {
    let support = e.per_class.get(label).map_or(0, |c| c.support).max(1);
    format!("{} of all {label}s", percent(n as f64 / support as f64))
}

fn cell(right: bool, n: usize, most: usize) -> Markup {
    match (right, n) {
        (true, n) => html! { td.right { (n) } },
        (false, 0) => html! { td {} },
        (false, n) => {
            // Square root, so that the few mistakes of a good network still show.
            let strength = (n as f64 / most as f64).sqrt();
            html! { td.wrong style=(format!("--s:{strength:.2}")) { (n) } }
        }
    }
}
