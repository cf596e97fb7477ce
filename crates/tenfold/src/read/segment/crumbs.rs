//! What is left of rules and boxes fainter than the writing once the threshold has risen above most of their ink: crumbs, many of
//! which look like a 1 or a dash. Knows them by where they lie, so it is told where the rules were before the threshold rose.

use super::strange::share;
use super::{Part, Run};
use crate::read::Picture;

/// A crumb has at least this share of its ink on a rule,
const ON_RULE: f32 = 0.6;
/// which is so many pixels thicker on either side than it was found to be,
const SOFT: usize = 1;
/// and its ink is at most this share of the usual: a 1 written along a rule is as dark as what else is written.
const FAINTER: f32 = 0.88;

/// The parts that are no crumbs of `rules`: long thin stretches of a picture `[height, width]`, and of the
/// [turned](Picture::turned) one.
pub fn without_crumbs(
    mut written: Vec<Part>,
    [rules, uprights]: &[Vec<Part>; 2],
    [height, width]: [usize; 2],
) -> Vec<Part> {
    let mut on_rules = Picture::filled(width, height, 0);
    draw(uprights, &mut on_rules);
    on_rules = on_rules.turned();
    draw(rules, &mut on_rules);
    let usual = share(&written, 0.7, |part| part.level, |part| part.pixels);
    let on_rule = |run: &Run| -> usize {
        on_rules.row(run.y)[run.start..run.end].iter().map(|&on| usize::from(on)).sum()
    };
    written.retain(|part| {
        let on: usize = part.runs.iter().map(on_rule).sum();
        part.level > FAINTER * usual || (on as f32) < ON_RULE * part.pixels as f32
    });
    written
}

/// Draws the stretches with 1.
fn draw(stretches: &[Part], picture: &mut Picture) {
    let (height, width) = (picture.height, picture.width);
    for &Run { y, start, end } in stretches.iter().flat_map(|stretch| &stretch.runs) {
        for y in y.saturating_sub(SOFT)..(y + SOFT + 1).min(height) {
            let (start, end) = (start.saturating_sub(SOFT), (end + SOFT).min(width));
            picture.pixels[y * width + start..y * width + end].fill(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(rows: std::ops::Range<usize>, columns: std::ops::Range<usize>, level: f32) -> Part {
        let run = |y| Run { y, start: columns.start, end: columns.end };
        Part::of(rows.map(run).collect(), level).unwrap()
    }

    #[test]
    fn what_is_faint_and_lies_on_a_rule_is_a_crumb() {
        // A rule through row 30, and an upright through column 50: row 50 of the turned picture.
        let rules = [vec![part(30..31, 0..90, 90.0)], vec![part(50..51, 0..60, 90.0)]];
        let digit = part(10..28, 10..20, 200.0);
        let left = |other: Part| {
            let left = without_crumbs(vec![digit.clone(), other], &rules, [60, 90]);
            assert_eq!(left[0].area, digit.area);
            left.len() == 2
        };
        assert!(!left(part(29..32, 5..15, 100.0)), "along a rule");
        assert!(!left(part(5..20, 49..52, 100.0)), "along an upright");
        assert!(left(part(5..20, 49..52, 190.0)), "a 1 along an upright");
        assert!(left(part(5..20, 60..63, 100.0)), "a faint 1");
        assert!(left(part(20..40, 60..63, 100.0)), "a faint 1 across a rule");
        assert!(without_crumbs(Vec::new(), &rules, [60, 90]).is_empty());
    }
}
