//! The pen's paths of the digits 5 to 9, in the same terms as [`super::low_digits`].

use super::path::{Arc, Path};
use crate::random::Stream;

pub(super) fn five(p: &mut Path, r: &mut Stream, two_strokes: bool) {
    let lean = r.range(-0.06, 0.14);
    let left = r.range(0.0, 0.1);
    let waist = r.range(0.32, 0.54);
    let belly = r.range(0.44, 0.9);
    let bar = left + r.range(0.28, 1.05);
    let tilt = (bar - left) * r.range(-0.35, 0.2);
    if two_strokes {
        p.start(left + lean + r.range(-0.02, 0.03), r.range(-0.02, 0.1));
        p.to(left + 0.5 * lean, 0.5 * waist);
    } else {
        p.start(bar, tilt + r.range(-0.02, 0.05));
        p.to(0.5 * (bar + left), 0.5 * tilt + r.range(-0.03, 0.04));
        p.corner(left + lean, r.range(0.0, 0.06));
        p.to(left + 0.5 * lean, 0.5 * waist);
    }
    p.corner(left + r.range(-0.04, 0.02), waist);
    p.to(left + 0.4 * (belly - left), waist - r.range(-0.02, 0.1));
    p.to(belly, 0.5 * waist + r.range(0.38, 0.5));
    belly_end(p, r, belly);
    if two_strokes {
        p.start(left + lean + r.range(-0.16, 0.14), r.range(-0.05, 0.1));
        p.to(0.5 * (left + bar), 0.5 * tilt + r.range(-0.02, 0.04));
        p.to(bar, tilt);
    }
}

/// The bottom of a 5: a straight tail, one that curls up, or a round one, its end low or high.
fn belly_end(p: &mut Path, r: &mut Stream, belly: f32) {
    match r.below(20) {
        0..2 => {
            p.to(r.range(-0.1, 0.2), 1.0);
        }
        2..7 => {
            p.to(0.5 * belly, 1.0).to(r.range(-0.1, 0.06), r.range(0.82, 0.94));
            p.to(r.range(-0.1, 0.16), r.range(0.64, 0.8));
        }
        7..12 => {
            p.to(0.54 * belly + r.range(-0.08, 0.08), r.range(0.96, 1.02));
            p.to(r.range(-0.24, 0.06), r.range(0.68, 0.9));
        }
        _ => {
            p.to(0.56 * belly + r.range(-0.08, 0.08), r.range(0.97, 1.03));
            p.to(r.range(-0.14, 0.16), r.range(0.82, 1.02));
        }
    }
}

pub(super) fn five_round(p: &mut Path, r: &mut Stream) {
    // As an S is written, without corners.
    let waist = r.range(0.38, 0.56);
    let top = r.range(0.38, 0.72);
    let belly = r.range(0.44, 0.74);
    p.start(top, r.range(-0.14, 0.12));
    p.to(0.5 * top + r.range(-0.04, 0.06), r.range(-0.01, 0.04));
    p.to(r.range(0.04, 0.18), 0.5 * waist + r.range(-0.05, 0.04));
    p.to(r.range(0.18, 0.3), waist - 0.02);
    p.to(belly, 0.5 * waist + r.range(0.36, 0.48));
    belly_end(p, r, belly);
}

pub(super) fn six(p: &mut Path, r: &mut Stream, curved: bool) {
    let radii = [r.range(0.19, 0.42), r.range(0.14, 0.3)];
    let left = r.range(-0.02, 0.04);
    let centre = [left + radii[0], 1.0 - radii[1]];
    if curved {
        p.start(r.range(0.26, 0.6), r.range(-0.02, 0.12));
        p.to(r.range(0.18, 0.32), r.range(-0.02, 0.1));
        p.to(left + r.range(-0.02, 0.08), 0.5 * centre[1] + r.range(-0.06, 0.06));
    } else {
        let top = r.range(-0.02, 0.42);
        p.start(top, r.range(-0.02, 0.04));
        p.to(left + 0.38 * top + r.range(-0.05, 0.03), 0.5 * centre[1] + r.range(-0.04, 0.04));
    }
    let lean = r.range(-0.4, 0.1);
    if r.chance(35) {
        // The loop comes down again inside and crosses the base, or nearly.
        let turn = r.range(245.0, 290.0);
        p.arc(&Arc { centre, radii, degrees: [185.0, 185.0 - turn], spiral: r.range(-0.25, 0.1), lean });
        let back = radii[0] * r.range(0.35, 1.1);
        p.to(left + back, centre[1] + r.range(-0.05, 0.08));
        p.to(left + back + r.range(-0.06, 0.12), 1.0 + r.range(-0.16, 0.12));
        return;
    }
    // The loop ends at the stem or a little beyond, sometimes short of it.
    let turn = if r.chance(12) { r.range(190.0, 270.0) } else { r.range(270.0, 400.0) };
    let spiral = if turn > 340.0 { r.range(-0.5, -0.1) } else { r.range(-0.3, 0.1) };
    p.arc(&Arc { centre, radii, degrees: [185.0, 185.0 - turn], spiral, lean });
    if turn > 270.0 && turn < 340.0 && r.chance(40) {
        // Runs on through the stem.
        p.to(left - r.range(-0.1, 0.14), centre[1] + r.range(-0.06, 0.16));
    }
}

/// `rise`: without a serif its bar rises by at most so many of its lengths.
pub(super) fn seven(p: &mut Path, r: &mut Stream, crossed: bool, rise: f32) {
    let right = r.range(0.44, 0.84);
    let top = right * r.range(-0.25, 0.2);
    match r.below(20) {
        0..3 => {
            // A serif.
            p.start(r.range(-0.04, 0.08), r.range(0.1, 0.28));
            p.corner(r.range(-0.02, 0.06), r.range(0.0, 0.1));
        }
        3..5 => {
            // A long first stroke, almost an n.
            p.start(r.range(-0.14, 0.1), r.range(0.28, 0.55));
            p.corner(r.range(-0.02, 0.12), r.range(0.0, 0.12));
        }
        _ => {
            p.start(r.range(-0.06, 0.05), r.range(-0.02, 0.2).min(top + rise * right));
        }
    }
    p.to(0.5 * right, 0.5 * top + r.range(-0.03, 0.09));
    let foot = right - r.range(-0.08, 0.38);
    if r.chance(60) {
        p.corner(right, top);
    } else {
        p.to(right - 0.06, top + 0.01).to(right + r.range(-0.02, 0.02), top + r.range(0.08, 0.18));
    }
    let bow = r.range(-0.05, 0.12);
    p.to(0.5 * (right + foot) + bow, 0.5 + 0.5 * top);
    p.to(foot, 1.0);
    if crossed {
        let y = r.range(0.36, 0.62);
        let x = right + (foot - right) * y + bow;
        let tilt = 0.05 * r.normal();
        p.start(x - r.range(0.12, 0.4), y + tilt).to(x + r.range(0.1, 0.4), y - tilt);
    }
}

pub(super) fn eight(p: &mut Path, r: &mut Stream) {
    let waist = r.range(0.4, 0.6);
    let upper = r.range(0.15, 0.38);
    let lower = r.range(0.09, 0.33);
    let side = if r.chance(88) { 1.0 } else { -1.0 };
    let x = |offset: f32| 0.3 + side * offset;
    // Begins at the upper right, runs down as an S, and comes back up.
    if r.chance(25) {
        // With a bar to the right.
        p.start(x(upper + r.range(0.0, 0.28)), r.range(-0.06, 0.2));
    } else {
        p.start(x(upper * r.range(0.3, 1.4)), r.range(0.0, 0.26));
    }
    p.to(x(upper * r.range(-0.3, 0.3)), r.range(-0.01, 0.05));
    p.to(x(-upper), waist * r.range(0.36, 0.56));
    p.to(x(r.range(-0.03, 0.03)), waist + r.range(-0.03, 0.03));
    p.to(x(lower), r.range(0.66, 0.84));
    p.to(x(lower * r.range(-0.3, 0.3)), 1.0);
    p.to(x(-lower * r.range(0.7, 1.1)), r.range(0.7, 0.88));
    p.to(x(r.range(-0.06, 0.06)), waist + r.range(-0.05, 0.07));
    match r.below(10) {
        // Ends in a tail to the upper right, short of closing, or where it began.
        0..3 => {
            p.to(x(upper + r.range(0.0, 0.28)), r.range(-0.1, 0.2));
        }
        3..5 => {
            p.to(x(upper * r.range(0.5, 1.3)), waist * r.range(0.3, 0.8));
        }
        _ => {
            p.to(x(upper * r.range(0.7, 1.1)), waist * r.range(0.36, 0.6));
            p.to(x(upper * r.range(0.0, 1.3)), r.range(-0.04, 0.16));
        }
    }
}

pub(super) fn eight_circles(p: &mut Path, r: &mut Stream) {
    let waist = r.range(0.38, 0.58);
    for (centre, radii) in [
        ([0.3, 0.5 * waist], [r.range(0.16, 0.34), 0.54 * waist]),
        ([0.3, 0.5 + 0.5 * waist], [r.range(0.18, 0.36), 0.54 * (1.0 - waist)]),
    ] {
        let begin = r.range(-140.0, -40.0);
        let degrees = [begin, begin - r.range(340.0, 400.0)];
        let mut arc = Arc { centre, radii, degrees, spiral: r.range(-0.08, 0.08), lean: r.range(-0.3, 0.15) };
        let at = arc.at(begin, 1.0);
        p.start(at.x, at.y);
        arc.degrees[0] -= 30.0;
        p.arc(&arc);
    }
}

pub(super) fn nine(p: &mut Path, r: &mut Stream, curved: bool) {
    let right = nine_loop(p, r);
    if curved {
        let x = right - r.range(-0.03, 0.1);
        p.to(x + 0.02, 0.6);
        p.to(x - r.range(0.04, 0.2), r.range(0.94, 1.0));
        p.to(x - r.range(0.2, 0.5), r.range(0.8, 0.98));
    } else {
        let foot = right - r.range(-0.14, 0.24);
        p.to(0.5 * (right + foot) + r.range(-0.03, 0.06), 0.55);
        p.to(foot, 1.0);
    }
}

/// The loop of a 9, and where its stem begins, from left to right.
pub(super) fn nine_loop(p: &mut Path, r: &mut Stream) -> f32 {
    let right = r.range(0.38, 0.72);
    let floor = r.range(0.33, 0.61);
    let join = r.below(20);
    // Where the loop begins: at the stem's top, inside, or short of it so that the loop stays open.
    let gap = if join < 11 && r.chance(40) { r.range(0.08, 0.26) } else { r.range(-0.06, 0.08) };
    let top = r.range(-0.02, 0.04);
    p.start(right - gap, top + r.range(0.0, 0.16));
    p.to(0.6 * right + r.range(-0.08, 0.06) - 0.3 * gap.max(0.0), top - 0.01);
    p.to(r.range(-0.03, 0.06), floor * r.range(0.42, 0.76));
    p.to(0.38 * right + r.range(-0.06, 0.06), floor);
    match join {
        // Goes back up to the stem's top and turns sharply, runs through as one curve, or turns down half-way.
        0..11 => {
            p.to(0.86 * right, floor * r.range(0.5, 0.8));
            p.corner(right + r.range(-0.02, 0.06), top + r.range(-0.05, 0.14));
        }
        11..16 => {
            p.to(0.86 * right, floor * r.range(0.55, 0.8));
            p.to(right + 0.02, floor * r.range(0.2, 0.4));
        }
        _ => {
            p.corner(right + r.range(-0.04, 0.04), floor * r.range(0.45, 0.85));
        }
    }
    right
}
