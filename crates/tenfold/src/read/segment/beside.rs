//! A part beside the paper round it. What is no darker than the grain of that paper is here and there was not written, nor what is
//! the edge of something larger: where a shadow begins, paper is brighter on one side only.

use super::{Part, Run};
use crate::read::histogram::Histogram;
use crate::read::prepare::Ink;

/// Ink is so many times as far from the usual paper as most paper is, 84 % of it. What reaches any level of plain noise (of the
/// normal distribution, where that is its standard deviation) is so on the mean only above 2.7 times that.
const ABOVE: f32 = 3.0;
/// The fewer pixels, the more often grain alone reaches that somewhere on a page: by this over their number more.
const ABOVE_OF_FEW: f32 = 15.0;

/// In a larger box not all rows are looked at, but as many as hold so many pixels.
const PIXELS: usize = 1 << 16;

/// How many pixels from ink its paper is looked at: an edge is soft.
const OFF: usize = 2;
/// Where along so much of its outline the step up to the paper is below this share of what it is along most of the rest, a part is the
/// edge of something larger: of that of a shadow half is.
const MUCH: f32 = 0.4;
const LEDGE: f32 = 0.25;

/// Whether a part is darker than the grain of the paper round it.
pub fn stands_out(part: &Part, ink: &Ink) -> bool {
    let (area, levels) = (part.area, &ink.levels);
    let margin = ink.stroke as usize + OFF;
    let rows = area.y.saturating_sub(margin)..(area.bottom() + margin).min(levels.height);
    let columns = area.x.saturating_sub(margin)..(area.right() + margin).min(levels.width);
    let mut paper = Histogram::new();
    for y in rows.step_by((area.pixels() / PIXELS).max(1)) {
        let row = levels.row(y)[columns.clone()].iter();
        row.filter(|&&level| level < ink.low).for_each(|&level| paper.add(level));
    }
    // Soft edges of ink are darker than paper, so that it is the brighter side that tells.
    let [bright, usual] = [0.16, 0.5].map(|share| f32::from(paper.share(share)));
    let above = ABOVE + ABOVE_OF_FEW / part.pixels as f32;
    part.level - usual >= above * (usual - bright)
}

/// Whether there is no paper beside much of a part, but what is as dark.
pub fn is_ledge(part: &Part, ink: &Ink) -> bool {
    let (height, width) = (ink.seen.height, ink.seen.width);
    let mut steps = Histogram::new();
    // From a pixel of ink up to another, where that is paper: row and column of each.
    let mut step = |[y, x]: [usize; 2], [off_y, off_x]: [usize; 2]| {
        if !ink.is_on(off_y, off_x) {
            steps.add(ink.seen.row(off_y)[off_x].saturating_sub(ink.seen.row(y)[x]));
        }
    };
    for &Run { y, start, end } in &part.runs {
        let last = end - 1;
        if start >= OFF {
            step([y, start], [y, start - OFF]);
        }
        if last + OFF < width {
            step([y, last], [y, last + OFF]);
        }
        for x in start..end {
            if y >= OFF && !ink.is_on(y - 1, x) {
                step([y, x], [y - OFF, x]);
            }
            if y + OFF < height && !ink.is_on(y + 1, x) {
                step([y, x], [y + OFF, x]);
            }
        }
    }
    let [some, usual] = [MUCH, 0.75].map(|share| f32::from(steps.share(share)));
    some < LEDGE * usual
}

#[cfg(test)]
mod tests {
    use super::super::parts;
    use super::*;
    use crate::read::Picture;

    /// Ink as `level` draws it on 40×60 pixels, darker by that than paper of 200, which `shade` darkens where nobody sees it.
    fn ink(level: impl Fn(usize, usize) -> u8, shade: impl Fn(usize, usize) -> u8) -> Ink {
        let all = |of: &dyn Fn(usize, usize) -> u8| Picture {
            height: 40,
            width: 60,
            pixels: (0..40 * 60).map(|at| of(at / 60, at % 60)).collect(),
        };
        let seen = all(&|y, x| 200 - level(y, x) - shade(y, x));
        Ink { seen, levels: all(&level), threshold: 60, low: 50, stroke: 4.0 }
    }

    /// The only part of that.
    fn only(ink: &Ink) -> Part {
        let mut parts = parts(&ink.levels, ink.low, ink.threshold);
        assert_eq!(parts.len(), 1);
        parts.remove(0)
    }

    fn is_bar(y: usize, x: usize) -> bool {
        (8..32).contains(&y) && (28..32).contains(&x)
    }

    #[test]
    fn ink_stands_out_from_grain_and_grain_does_not() {
        for (grain, expected) in [(0, true), (25, true), (45, false)] {
            // Even numbers up to that.
            let grained = |y: usize, x: usize| {
                if is_bar(y, x) { 60 } else { ((7 * y + 13 * x) % 20 * grain / 20) as u8 }
            };
            let ink = ink(grained, |_, _| 0);
            assert_eq!(stands_out(&only(&ink), &ink), expected, "{grain}");
        }
    }

    #[test]
    fn what_is_a_few_pixels_large_is_grain_where_a_stroke_would_stand_out() {
        let speck = |y, x| (10..12).contains(&y) && (10..12).contains(&x);
        for (is_ink, expected) in [(is_bar as fn(usize, usize) -> bool, true), (speck, false)] {
            let grained = |y: usize, x: usize| {
                if is_ink(y, x) { 60 } else { ((7 * y + 13 * x) % 20 * 25 / 20) as u8 }
            };
            let ink = ink(grained, |_, _| 0);
            assert_eq!(stands_out(&only(&ink), &ink), expected);
        }
    }

    #[test]
    fn a_stroke_has_paper_all_round_and_the_edge_of_a_shadow_on_one_side() {
        let bar = |y, x| if is_bar(y, x) { 80 } else { 0 };
        for (name, rows, columns, shade, expected) in [
            ("none", 0..40, 0..60, 0, false),
            ("everywhere", 0..40, 0..60, 80, false),
            ("on the left", 0..40, 0..28, 80, true),
            ("on the right", 0..40, 32..60, 80, true),
            ("on the left, much fainter", 0..40, 0..28, 40, false),
            ("on the left, half as high", 0..20, 0..28, 80, false),
            ("above", 0..8, 0..60, 80, false),
        ] {
            let shade = |y, x| if rows.contains(&y) && columns.contains(&x) { shade } else { 0 };
            let ink = ink(bar, shade);
            assert_eq!(is_ledge(&only(&ink), &ink), expected, "{name}");
        }
        // At the edge of the picture, beyond which nothing is known.
        let ink = ink(|_, x| if x < 4 { 80 } else { 0 }, |_, _| 0);
        assert!(!is_ledge(&only(&ink), &ink));
    }
}
