//! The ways of writing each digit: which nodes the pen passes, with the proportions drawn at random.
//! Slant, tremor and pen belong to the hand ([`super::hand`]), not here.

use super::path::{Arc, Path};
use crate::random::Stream;

/// A way of writing a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Style {
    ZeroRound,
    ZeroSlashed,
    OneStick,
    OneFlagged,
    OneWithBase,
    TwoPlain,
    TwoLooped,
    TwoAngular,
    ThreeRound,
    ThreeFlat,
    FourOpen,
    FourClosed,
    FourOneStroke,
    FiveOneStroke,
    FiveTwoStrokes,
    FiveRound,
    SixCurved,
    SixStraight,
    SevenPlain,
    SevenCrossed,
    EightOneStroke,
    EightTwoCircles,
    NineStraight,
    NineCurved,
}

use Style::*;

/// The styles of each digit with how often, of 100, each is drawn.
const STYLES: [&[(Style, u32)]; 10] = [
    &[(ZeroRound, 95), (ZeroSlashed, 5)],
    &[(OneStick, 82), (OneFlagged, 11), (OneWithBase, 7)],
    &[(TwoPlain, 42), (TwoLooped, 50), (TwoAngular, 8)],
    &[(ThreeRound, 74), (ThreeFlat, 26)],
    &[(FourOpen, 72), (FourClosed, 16), (FourOneStroke, 12)],
    &[(FiveOneStroke, 40), (FiveTwoStrokes, 40), (FiveRound, 20)],
    &[(SixCurved, 40), (SixStraight, 60)],
    &[(SevenPlain, 82), (SevenCrossed, 18)],
    &[(EightOneStroke, 82), (EightTwoCircles, 18)],
    &[(NineStraight, 82), (NineCurved, 18)],
];

/// How many styles there are.
#[cfg(test)]
pub(super) const COUNT: usize = 24;

/// A style of `digit` (0 to 9).
pub(super) fn choose(digit: usize, r: &mut Stream) -> Style {
    let styles = STYLES[digit];
    let mut draw = r.below(100);
    for &(style, share) in styles {
        if draw < share {
            return style;
        }
        draw -= share;
    }
    styles[0].0
}

/// The pen's path for `style`, x from about 0 to 0.7, y from 0 (top) to 1.
pub(super) fn write(style: Style, r: &mut Stream) -> Path {
    let mut p = Path::default();
    match style {
        ZeroRound => zero(&mut p, r, false),
        ZeroSlashed => zero(&mut p, r, true),
        OneStick => one_stick(&mut p, r),
        OneFlagged => one_flagged(&mut p, r, false),
        OneWithBase => one_flagged(&mut p, r, true),
        TwoPlain => two(&mut p, r, false),
        TwoLooped => two(&mut p, r, true),
        TwoAngular => two_angular(&mut p, r),
        ThreeRound => three(&mut p, r, false),
        ThreeFlat => three(&mut p, r, true),
        FourOpen => four_open(&mut p, r),
        FourClosed => four_closed(&mut p, r),
        FourOneStroke => four_one_stroke(&mut p, r),
        FiveOneStroke => five(&mut p, r, false),
        FiveTwoStrokes => five(&mut p, r, true),
        FiveRound => five_round(&mut p, r),
        SixCurved => six(&mut p, r, true),
        SixStraight => six(&mut p, r, false),
        SevenPlain => seven(&mut p, r, false),
        SevenCrossed => seven(&mut p, r, true),
        EightOneStroke => eight(&mut p, r),
        EightTwoCircles => eight_circles(&mut p, r),
        NineStraight => nine(&mut p, r, false),
        NineCurved => nine(&mut p, r, true),
    }
    p
}

/// Whether something happens that happens in `percent` of 100 cases.
fn chance(r: &mut Stream, percent: u32) -> bool {
    r.below(100) < percent
}

fn zero(p: &mut Path, r: &mut Stream, slashed: bool) {
    let begin = r.range(-150.0, -20.0);
    let turn = if chance(r, 15) { r.range(300.0, 350.0) } else { r.range(350.0, 430.0) };
    let way = if chance(r, 88) { -1.0 } else { 1.0 };
    let mut arc = Arc {
        centre: [0.4, 0.5],
        radii: [r.range(0.24, 0.54), 0.5],
        degrees: [begin, begin + way * turn],
        spiral: r.range(-0.18, 0.12),
        lean: r.range(-0.5, 0.2),
    };
    let at = arc.at(begin, 1.0);
    if chance(r, 16) {
        // A little hook before the round begins.
        p.start(at.x + r.range(-0.1, 0.25), at.y + r.range(-0.08, 0.25));
    } else {
        p.start(at.x, at.y);
        arc.degrees[0] += 30.0 * way;
    }
    p.arc(&arc);
    if chance(r, 8) {
        // A tail where the round closes.
        p.to(at.x + r.range(0.05, 0.4), at.y + r.range(-0.15, 0.1));
    }
    if slashed {
        p.start(0.4 + arc.radii[0] * r.range(0.4, 1.2), r.range(-0.02, 0.28));
        p.to(0.4 - arc.radii[0] * r.range(0.4, 1.2), r.range(0.72, 1.02));
    }
}

fn one_stick(p: &mut Path, r: &mut Stream) {
    let bend = 0.035 * r.normal();
    let sway = 0.02 * r.normal();
    p.start(0.0, 0.0);
    if chance(r, 6) {
        // The pen's first touch, a hook of a few pixels.
        p.start(-r.range(0.03, 0.12), r.range(0.02, 0.10));
        p.corner(0.0, 0.0);
    }
    p.to(bend + sway, 0.33).to(bend - sway, 0.67);
    if chance(r, 6) {
        p.to(0.0, 0.96).to(r.range(-0.08, 0.12), 1.0);
    } else {
        p.to(0.0, 1.0);
    }
}

fn one_flagged(p: &mut Path, r: &mut Stream, base: bool) {
    let flag = r.range(0.12, 0.42);
    let bend = 0.02 * r.normal();
    p.start(-flag, flag * r.range(0.35, 1.1));
    p.to(-0.4 * flag, flag * r.range(0.15, 0.5));
    p.corner(0.0, 0.0).to(bend, 0.5).to(0.0, 1.0);
    if base {
        let (left, right) = (r.range(0.15, 0.42), r.range(0.12, 0.42));
        let tilt = 0.04 * r.normal();
        p.start(-left, 1.0 + tilt).to(right, 1.0 - tilt);
    }
}

fn two(p: &mut Path, r: &mut Stream, looped: bool) {
    let right = r.range(0.28, 0.8);
    let shoulder = r.range(0.14, 0.46);
    match r.below(10) {
        // Starts with a curl inside the head, with a hook down its left side, or plainly.
        0 | 1 => {
            p.start(r.range(0.08, 0.26), r.range(0.25, 0.48));
            p.to(r.range(-0.06, 0.06), r.range(0.16, 0.32));
        }
        2 => {
            p.start(r.range(-0.08, 0.04), r.range(0.35, 0.55));
            p.to(r.range(-0.06, 0.06), r.range(0.16, 0.28));
        }
        _ => {
            p.start(r.range(-0.14, 0.1), r.range(0.04, 0.36));
        }
    }
    p.to(0.5 * right + r.range(-0.08, 0.06), r.range(-0.02, 0.04));
    p.to(right, shoulder);
    let neck = r.range(-0.04, 0.14);
    let wide = right + r.range(-0.05, 0.5);
    if looped {
        let size = r.range(0.5, 2.3);
        let floor = r.range(0.86, 0.98);
        let left = r.range(-0.04, 0.16);
        p.to(right * r.range(0.55, 0.9) - 0.5 * neck + 0.3 * left, 0.5 * shoulder + r.range(0.38, 0.54));
        p.to(left + 0.06 + 0.1 * size, floor - 0.11 * size);
        p.to(left, floor + 0.03);
        p.to(left - 0.11 * size, floor - 0.03 * size);
        p.to(left - 0.02 * size, floor - 0.16 * size);
        p.to(left + 0.04 + 0.17 * size, floor - 0.08 * size);
        if chance(r, 55) {
            p.to(0.6 * wide, floor + r.range(-0.14, 0.05));
            p.to(wide.max(0.4), floor + r.range(-0.36, 0.0));
        } else {
            p.to(wide.clamp(0.4, 0.9), floor + r.range(-0.1, 0.14));
        }
    } else {
        let foot = r.range(0.9, 1.0);
        let left = r.range(-0.08, 0.1);
        p.to(0.62 * right - 0.5 * neck + 0.4 * left, 0.5 * shoulder + r.range(0.38, 0.48));
        p.to(0.3 * right - 0.5 * neck + 0.7 * left, 0.5 * foot + 0.34);
        p.corner(left, foot);
        let rise = r.range(-0.08, 0.32);
        p.to(0.5 * (left + wide), foot - 0.6 * rise + r.range(-0.04, 0.04));
        p.to(wide.max(0.35), foot - rise);
    }
}

fn two_angular(p: &mut Path, r: &mut Stream) {
    let top = r.range(0.0, 0.08);
    let right = r.range(0.45, 0.65);
    p.start(r.range(-0.05, 0.1), r.range(0.02, 0.14));
    p.to(0.3, top);
    p.corner(right, r.range(0.02, 0.12));
    p.to(0.5 * right + r.range(-0.04, 0.06), 0.52);
    p.corner(r.range(-0.08, 0.05), r.range(0.92, 1.0));
    p.to(0.35, r.range(0.9, 1.0));
    p.to(right + r.range(-0.02, 0.2), r.range(0.92, 1.0));
}

fn three(p: &mut Path, r: &mut Stream, flat: bool) {
    let waist = r.range(0.4, 0.62);
    let upper = r.range(0.38, 0.64);
    let lower = r.range(0.46, 0.8);
    let inset = r.range(0.04, 0.4).min(upper - 0.12);
    if flat {
        p.start(r.range(-0.08, 0.12), r.range(-0.02, 0.1));
        p.to(0.28, r.range(-0.03, 0.05));
        p.corner(upper, r.range(-0.04, 0.08));
        p.to(0.5 * (upper + inset), 0.55 * waist);
    } else {
        if chance(r, 15) {
            // A hook down the left side of the head.
            p.start(r.range(-0.06, 0.08), r.range(0.2, 0.32));
            p.to(r.range(-0.04, 0.04), r.range(0.12, 0.2));
        } else {
            p.start(r.range(-0.1, 0.16), r.range(0.02, 0.24));
        }
        p.to(0.5 * upper + r.range(-0.06, 0.08), r.range(-0.02, 0.03));
        p.to(upper, waist * r.range(0.34, 0.52));
        p.to(0.5 * (upper + inset) + 0.06, waist - r.range(0.05, 0.12));
    }
    match r.below(10) {
        // A small loop at the waist, a soft turn, or a sharp one.
        0 => {
            let size = r.range(0.4, 1.2);
            p.to(inset, waist + 0.03 * size).to(inset - 0.09 * size, waist - 0.01);
            p.to(inset - 0.01, waist - 0.07 * size);
        }
        1 | 2 => {
            p.to(inset, waist);
        }
        _ => {
            p.corner(inset, waist);
        }
    }
    p.to(0.5 * (lower + inset) + r.range(-0.02, 0.1), waist + r.range(-0.02, 0.12));
    p.to(lower, 0.5 * waist + r.range(0.44, 0.58));
    match r.below(10) {
        // A straight tail to the lower left, a tail that curls up, or a round bottom.
        0 | 1 => {
            p.to(r.range(-0.22, 0.24), 1.0);
        }
        2 => {
            p.to(0.5 * lower, 1.0).to(r.range(-0.06, 0.06), r.range(0.84, 0.94));
            p.to(r.range(0.0, 0.16), r.range(0.7, 0.82));
        }
        _ => {
            p.to(0.55 * lower + r.range(-0.08, 0.08), r.range(0.97, 1.03));
            p.to(r.range(-0.12, 0.18), r.range(0.82, 1.02));
        }
    }
}

fn four_open(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.44, 0.76);
    let stem = r.range(0.4, 0.7);
    p.start(r.range(0.0, 0.16), r.range(-0.02, 0.14));
    if chance(r, 55) {
        p.to(r.range(0.0, 0.08), 0.5 * bar);
        p.corner(r.range(-0.04, 0.04), bar + r.range(-0.06, 0.02));
    } else {
        p.to(0.02, 0.6 * bar).to(0.06, bar - 0.05).to(0.2, bar);
    }
    p.to(0.5 * stem + 0.04, bar + r.range(-0.04, 0.02));
    p.to(stem + r.range(-0.06, 0.4), bar + r.range(-0.12, 0.05));
    p.start(stem + r.range(-0.04, 0.2), r.range(-0.1, 0.4).min(bar - 0.2));
    p.to(stem + r.range(-0.02, 0.04), 0.55);
    p.to(stem - r.range(-0.06, 0.14), 1.0);
}

fn four_closed(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.46, 0.76);
    let stem = r.range(0.36, 0.56);
    p.start(stem + r.range(-0.08, 0.02), r.range(-0.02, 0.08));
    p.to(0.5 * stem, 0.5 * bar);
    p.corner(r.range(-0.05, 0.04), bar);
    p.to(0.5 * stem, bar + r.range(-0.03, 0.03));
    p.to(stem + r.range(0.02, 0.36), bar + r.range(-0.06, 0.05));
    p.start(stem + r.range(-0.04, 0.04), r.range(-0.04, 0.1));
    p.to(stem, 0.5).to(stem + r.range(-0.05, 0.05), 1.0);
}

fn four_one_stroke(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.42, 0.62);
    let stem = r.range(0.4, 0.64);
    p.start(r.range(0.0, 0.14), r.range(0.0, 0.15));
    p.to(r.range(-0.02, 0.04), 0.6 * bar);
    p.to(0.12, bar);
    p.to(0.7 * stem, bar - r.range(0.0, 0.1));
    let top = r.range(-0.02, 0.14);
    p.to(stem, 0.5 * bar);
    p.corner(stem + r.range(0.0, 0.08), top);
    p.to(stem, 0.5).to(stem + r.range(-0.1, 0.03), 1.0);
}

fn five(p: &mut Path, r: &mut Stream, two_strokes: bool) {
    let lean = r.range(-0.06, 0.14);
    let left = r.range(0.0, 0.1);
    let waist = r.range(0.32, 0.54);
    let belly = r.range(0.44, 0.9);
    let bar = left + r.range(0.25, 0.95);
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

fn five_round(p: &mut Path, r: &mut Stream) {
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

fn six(p: &mut Path, r: &mut Stream, curved: bool) {
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
    if chance(r, 35) {
        // The loop comes down again inside and crosses the base, or nearly.
        let turn = r.range(245.0, 290.0);
        p.arc(&Arc { centre, radii, degrees: [185.0, 185.0 - turn], spiral: r.range(-0.25, 0.1), lean });
        let back = radii[0] * r.range(0.35, 1.1);
        p.to(left + back, centre[1] + r.range(-0.05, 0.08));
        p.to(left + back + r.range(-0.06, 0.12), 1.0 + r.range(-0.16, 0.12));
        return;
    }
    // The loop ends at the stem or a little beyond, sometimes short of it.
    let turn = if chance(r, 12) { r.range(190.0, 270.0) } else { r.range(270.0, 400.0) };
    let spiral = if turn > 340.0 { r.range(-0.5, -0.1) } else { r.range(-0.3, 0.1) };
    p.arc(&Arc { centre, radii, degrees: [185.0, 185.0 - turn], spiral, lean });
    if turn > 270.0 && turn < 340.0 && chance(r, 40) {
        // Runs on through the stem.
        p.to(left - r.range(-0.1, 0.14), centre[1] + r.range(-0.06, 0.16));
    }
}

fn seven(p: &mut Path, r: &mut Stream, crossed: bool) {
    let right = r.range(0.4, 0.8);
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
            p.start(r.range(-0.06, 0.05), r.range(-0.02, 0.2));
        }
    }
    p.to(0.5 * right, 0.5 * top + r.range(-0.03, 0.09));
    let foot = right - r.range(-0.08, 0.38);
    if chance(r, 60) {
        p.corner(right, top);
    } else {
        p.to(right - 0.06, top + 0.01).to(right + r.range(-0.02, 0.02), top + r.range(0.08, 0.18));
    }
    let bow = r.range(-0.08, 0.1);
    p.to(0.5 * (right + foot) + bow, 0.5 + 0.5 * top);
    p.to(foot, 1.0);
    if crossed {
        let y = r.range(0.36, 0.62);
        let x = right + (foot - right) * y + bow;
        let tilt = 0.05 * r.normal();
        p.start(x - r.range(0.12, 0.4), y + tilt).to(x + r.range(0.1, 0.4), y - tilt);
    }
}

fn eight(p: &mut Path, r: &mut Stream) {
    let waist = r.range(0.4, 0.6);
    let upper = r.range(0.13, 0.36);
    let lower = r.range(0.09, 0.33);
    let side = if chance(r, 88) { 1.0 } else { -1.0 };
    let x = |offset: f32| 0.3 + side * offset;
    // Begins at the upper right, runs down as an S, and comes back up.
    if chance(r, 25) {
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

fn eight_circles(p: &mut Path, r: &mut Stream) {
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

fn nine(p: &mut Path, r: &mut Stream, curved: bool) {
    let right = r.range(0.34, 0.68);
    let floor = r.range(0.29, 0.6);
    let join = r.below(20);
    // Where the loop begins: at the stem's top, inside, or short of it so that the loop stays open.
    let gap = if chance(r, 24) { r.range(0.08, 0.26) } else { r.range(-0.06, 0.08) };
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

