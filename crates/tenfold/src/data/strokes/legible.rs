//! Whether what was written can be told from what another digit is: a 1 with an upstroke and a 7 with a bar are the same strokes, and
//! how steeply the first one rises is all that tells them apart.

use super::glyphs::Style;
use super::ink::Dab;

/// A 1's upstroke rises by at least so many of its widths, and a 7's bar by at most so many.
const UPSTROKE: f32 = 0.55;
const BAR: f32 = 0.35;

/// Whether people would read `strokes` as the digit that `style` writes, slanted and turned as the hand left them.
pub(super) fn legible(style: Style, strokes: &[Vec<Dab>]) -> bool {
    let Some(rise) = strokes.first().and_then(|stroke| rise(stroke)) else {
        return true;
    };
    match style {
        Style::OneFlagged | Style::OneWithBase => rise >= UPSTROKE,
        Style::SevenPlain | Style::SevenCrossed => rise <= BAR,
        _ => true,
    }
}

/// How steeply a stroke rises to the right before it turns, as a slope; behind a serif, which is less than half of that way.
/// None where it does not go to the right.
fn rise(stroke: &[Dab]) -> Option<f32> {
    let (first, last) = (stroke.first()?, stroke.last()?);
    let [along, down] = [last.x - first.x, last.y - first.y];
    let off = |dab: &Dab| (along * (dab.y - first.y) - down * (dab.x - first.x)).abs();
    let turn = (0..stroke.len()).max_by(|&a, &b| off(&stroke[a]).total_cmp(&off(&stroke[b])))?;
    let (from, to) = (&stroke[turn / 2], &stroke[turn]);
    (to.x > from.x).then(|| (from.y - to.y) / (to.x - from.x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From one point to the next in ten steps each.
    fn stroke(points: &[[f32; 2]]) -> Vec<Vec<Dab>> {
        let steps = points.windows(2).flat_map(|pair| {
            (0..10).map(move |step| {
                let at = |axis: usize| pair[0][axis] + (pair[1][axis] - pair[0][axis]) * step as f32 / 10.0;
                Dab { x: at(0), y: at(1), radius: 1.0 }
            })
        });
        let end = points[points.len() - 1];
        vec![steps.chain([Dab { x: end[0], y: end[1], radius: 1.0 }]).collect()]
    }

    #[test]
    fn the_first_stroke_tells_a_one_from_a_seven() {
        let [steep, level] = [0.3, 0.02].map(|drop| stroke(&[[-0.4, drop], [0.0, 0.0], [-0.1, 1.0]]));
        assert!(legible(Style::OneFlagged, &steep) && !legible(Style::SevenPlain, &steep));
        assert!(!legible(Style::OneWithBase, &level) && legible(Style::SevenCrossed, &level));
    }

    #[test]
    fn a_serif_is_no_upstroke_and_other_strokes_are_not_judged() {
        let serif = stroke(&[[0.0, 0.3], [0.05, 0.02], [0.6, 0.0], [0.3, 1.0]]);
        assert!(legible(Style::SevenPlain, &serif) && !legible(Style::OneFlagged, &serif));
        let stick = stroke(&[[0.0, 0.0], [0.0, 1.0]]);
        assert!(legible(Style::OneStick, &stick) && legible(Style::FourOpen, &serif));
        assert!(legible(Style::OneFlagged, &[]) && legible(Style::SevenPlain, &[Vec::new()]));
    }
}
