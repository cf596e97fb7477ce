//! The ways of writing each digit: which nodes the pen passes, with the proportions drawn at random.
//! Slant, tremor and pen belong to the hand ([`super::hand`]), not here.

use super::path::Path;
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
    &[(TwoPlain, 50), (TwoLooped, 40), (TwoAngular, 10)],
    &[(ThreeRound, 80), (ThreeFlat, 20)],
    &[(FourOpen, 62), (FourClosed, 18), (FourOneStroke, 20)],
    &[(FiveOneStroke, 40), (FiveTwoStrokes, 40), (FiveRound, 20)],
    &[(SixCurved, 50), (SixStraight, 50)],
    &[(SevenPlain, 82), (SevenCrossed, 18)],
    &[(EightOneStroke, 88), (EightTwoCircles, 12)],
    &[(NineStraight, 60), (NineCurved, 40)],
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
    let width = r.range(0.24, 0.46);
    let begin = r.range(-150.0, -20.0);
    let turn = if chance(r, 20) { r.range(300.0, 350.0) } else { r.range(350.0, 430.0) };
    let spiral = r.range(-0.16, 0.12);
    let anticlockwise = if chance(r, 88) { -1.0 } else { 1.0 };
    if chance(r, 10) {
        // A little hook before the round begins.
        let (sin, cos) = libm::sincosf(begin.to_radians());
        let (x, y) = (0.4 + width * cos, 0.5 + 0.5 * sin);
        p.start(x + r.range(0.0, 0.2), y + r.range(-0.05, 0.22));
        p.arc([0.4, 0.5], [width, 0.5], [begin, begin + anticlockwise * turn], spiral);
    } else {
        let (sin, cos) = libm::sincosf(begin.to_radians());
        p.start(0.4 + width * cos, 0.5 + 0.5 * sin);
        let first = begin + anticlockwise * 30.0;
        p.arc([0.4, 0.5], [width, 0.5], [first, begin + anticlockwise * turn], spiral);
    }
    if slashed {
        p.start(0.4 + width * r.range(0.5, 1.2), r.range(-0.02, 0.25));
        p.to(0.4 - width * r.range(0.5, 1.2), r.range(0.75, 1.02));
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
    let right = r.range(0.46, 0.66);
    let shoulder = r.range(0.18, 0.32);
    if chance(r, 25) {
        // Starts with a curl inside the head.
        p.start(r.range(0.08, 0.24), r.range(0.25, 0.42));
        p.to(r.range(-0.02, 0.06), r.range(0.16, 0.28));
    } else {
        p.start(r.range(-0.04, 0.12), r.range(0.08, 0.34));
    }
    p.to(r.range(0.2, 0.36), r.range(-0.02, 0.04));
    p.to(right, shoulder);
    let neck = r.range(0.0, 0.12);
    p.to(0.62 * right - neck * 0.5, r.range(0.5, 0.62));
    if looped {
        let size = r.range(0.6, 1.5);
        let floor = r.range(0.9, 0.98);
        p.to(0.2 + 0.1 * size, floor - 0.12 * size);
        p.to(0.08, floor + 0.02);
        p.to(0.08 - 0.11 * size, floor - 0.02 * size);
        p.to(0.08 - 0.02 * size, floor - 0.14 * size);
        p.to(0.12 + 0.16 * size, floor - 0.08 * size);
        p.to(right + r.range(0.0, 0.12), floor + r.range(-0.02, 0.08));
        if chance(r, 50) {
            p.to(right + r.range(0.16, 0.42), floor - r.range(-0.02, 0.12));
        }
    } else {
        let foot = r.range(0.93, 1.0);
        p.to(0.3 * right - 0.5 * neck, 0.8);
        p.corner(r.range(-0.06, 0.06), foot);
        p.to(0.5 * right, foot + r.range(-0.07, 0.04));
        p.to(right + r.range(-0.02, 0.3), foot + r.range(-0.07, 0.07));
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
    let waist = r.range(0.38, 0.52);
    let upper = r.range(0.42, 0.6);
    let lower = r.range(0.46, 0.68);
    let inset = r.range(0.1, 0.34);
    if flat {
        p.start(r.range(-0.02, 0.1), r.range(0.0, 0.08));
        p.to(0.28, r.range(-0.02, 0.04));
        p.corner(upper, r.range(-0.02, 0.07));
        p.to(0.5 * (upper + inset), 0.55 * waist);
    } else {
        p.start(r.range(-0.04, 0.14), r.range(0.06, 0.24));
        p.to(r.range(0.22, 0.36), r.range(-0.02, 0.03));
        p.to(upper, r.range(0.14, 0.24));
        p.to(0.5 * (upper + inset) + 0.06, waist - r.range(0.05, 0.12));
    }
    match r.below(10) {
        // A small loop at the waist, a soft turn, or a sharp one.
        0 | 1 => {
            p.to(inset + 0.02, waist + 0.03).to(inset - 0.07, waist).to(inset - 0.01, waist - 0.06);
        }
        2 | 3 => {
            p.to(inset, waist);
        }
        _ => {
            p.corner(inset, waist);
        }
    }
    p.to(0.5 * (lower + inset) + 0.06, waist + r.range(0.02, 0.09));
    p.to(lower, r.range(0.66, 0.78));
    p.to(r.range(0.24, 0.4), r.range(0.96, 1.02));
    p.to(r.range(-0.08, 0.1), r.range(0.8, 0.98));
}

fn four_open(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.42, 0.62);
    let stem = r.range(0.36, 0.6);
    p.start(r.range(0.0, 0.16), r.range(-0.02, 0.14));
    if chance(r, 55) {
        p.to(r.range(0.0, 0.08), 0.5 * bar);
        p.corner(r.range(-0.04, 0.04), bar + r.range(-0.06, 0.02));
    } else {
        p.to(0.02, 0.6 * bar).to(0.06, bar - 0.05).to(0.2, bar);
    }
    p.to(0.5 * stem + 0.04, bar + r.range(-0.04, 0.02));
    p.to(stem + r.range(-0.06, 0.3), bar + r.range(-0.1, 0.03));
    p.start(stem + r.range(-0.02, 0.1), r.range(-0.05, 0.25));
    p.to(stem + r.range(-0.02, 0.04), 0.55);
    p.to(stem + r.range(-0.08, 0.06), 1.0);
}

fn four_closed(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.5, 0.7);
    let stem = r.range(0.36, 0.56);
    p.start(stem + r.range(-0.08, 0.02), r.range(-0.02, 0.08));
    p.to(0.5 * stem, 0.5 * bar);
    p.corner(r.range(-0.05, 0.04), bar);
    p.to(0.5 * stem, bar + r.range(-0.03, 0.03));
    p.to(stem + r.range(0.02, 0.32), bar + r.range(-0.04, 0.04));
    p.start(stem + r.range(-0.04, 0.04), r.range(-0.04, 0.1));
    p.to(stem, 0.5).to(stem + r.range(-0.05, 0.05), 1.0);
}

fn four_one_stroke(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.4, 0.6);
    let stem = r.range(0.36, 0.56);
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
    let left = r.range(0.04, 0.16);
    let waist = r.range(0.34, 0.48);
    let belly = r.range(0.46, 0.68);
    let bar = r.range(0.5, 0.85);
    let tilt = r.range(-0.1, 0.03);
    if two_strokes {
        p.start(left + r.range(0.0, 0.08), r.range(0.0, 0.1));
        p.to(left, 0.5 * waist);
    } else {
        p.start(bar, tilt + r.range(-0.02, 0.05));
        p.to(0.5 * (bar + left), 0.5 * tilt + r.range(-0.02, 0.04));
        p.corner(left + r.range(0.02, 0.1), r.range(0.0, 0.06));
        p.to(left + 0.02, 0.5 * waist);
    }
    p.corner(left + r.range(-0.04, 0.02), waist);
    p.to(0.3, waist - r.range(0.0, 0.09));
    p.to(belly, r.range(0.56, 0.7));
    p.to(r.range(0.24, 0.38), r.range(0.95, 1.02));
    p.to(r.range(-0.12, 0.08), r.range(0.84, 1.0));
    if two_strokes {
        p.start(left + r.range(-0.04, 0.12), r.range(-0.03, 0.08));
        p.to(0.5 * (left + bar), 0.5 * tilt + r.range(0.0, 0.03));
        p.to(bar, tilt);
    }
}

fn five_round(p: &mut Path, r: &mut Stream) {
    // As an S is written, without corners.
    let waist = r.range(0.38, 0.5);
    p.start(r.range(0.45, 0.7), r.range(-0.04, 0.12));
    p.to(r.range(0.26, 0.4), r.range(-0.01, 0.03));
    p.to(r.range(0.06, 0.16), r.range(0.14, 0.26));
    p.to(r.range(0.18, 0.3), waist - 0.02);
    p.to(r.range(0.42, 0.6), r.range(0.56, 0.72));
    p.to(r.range(0.22, 0.36), r.range(0.95, 1.02));
    p.to(r.range(-0.12, 0.08), r.range(0.84, 0.98));
}

fn six(p: &mut Path, r: &mut Stream, curved: bool) {
    let middle = r.range(0.24, 0.36);
    let radius = [middle, r.range(0.18, 0.28)];
    let centre = [middle, 1.0 - radius[1]];
    if curved {
        p.start(r.range(0.36, 0.62), r.range(0.0, 0.14));
        p.to(r.range(0.22, 0.4), r.range(0.0, 0.1));
        p.to(r.range(0.04, 0.12), r.range(0.26, 0.4));
    } else {
        p.start(r.range(0.16, 0.5), r.range(-0.02, 0.04));
        p.to(r.range(0.08, 0.24), r.range(0.28, 0.4));
    }
    let end = r.range(-330.0, -130.0) - 50.0;
    p.arc(centre, radius, [180.0, 180.0 + end], r.range(-0.25, 0.05));
}

fn seven(p: &mut Path, r: &mut Stream, crossed: bool) {
    let right = r.range(0.48, 0.66);
    let top = r.range(-0.03, 0.1);
    if chance(r, 25) {
        p.start(r.range(-0.02, 0.06), r.range(0.12, 0.28));
        p.corner(r.range(-0.02, 0.06), r.range(0.02, 0.1));
    } else {
        p.start(r.range(-0.05, 0.05), r.range(0.0, 0.16));
    }
    p.to(0.5 * right, 0.5 * top + r.range(0.0, 0.06));
    let foot = r.range(0.08, 0.45);
    if chance(r, 60) {
        p.corner(right, top);
    } else {
        p.to(right - 0.05, top + 0.02).to(right, top + 0.1);
    }
    p.to(0.5 * (right + foot) + r.range(-0.08, 0.06), 0.5);
    p.to(foot, 1.0);
    if crossed {
        let y = r.range(0.42, 0.58);
        let x = 0.5 * (right + foot);
        let tilt = 0.04 * r.normal();
        p.start(x - r.range(0.15, 0.34), y + tilt).to(x + r.range(0.12, 0.34), y - tilt);
    }
}

fn eight(p: &mut Path, r: &mut Stream) {
    let waist = r.range(0.4, 0.54);
    let upper = r.range(0.16, 0.27);
    let lower = r.range(0.2, 0.32);
    let m = 0.3;
    let side = if chance(r, 90) { 1.0 } else { -1.0 };
    let x = |offset: f32| m + side * offset;
    // Begins at the upper right, runs through the top as an S, and comes back up.
    p.start(x(upper * r.range(0.4, 1.6)), r.range(0.0, 0.24));
    p.to(x(r.range(-0.04, 0.06)), r.range(-0.01, 0.04));
    p.to(x(-upper), 0.5 * waist);
    p.to(x(0.0), waist);
    p.to(x(lower), r.range(0.68, 0.8));
    p.to(x(r.range(-0.05, 0.05)), 1.0);
    p.to(x(-lower), r.range(0.7, 0.8));
    p.to(x(r.range(-0.03, 0.05)), waist + r.range(-0.02, 0.05));
    p.to(x(upper * r.range(0.7, 1.1)), 0.5 * waist + r.range(-0.04, 0.04));
    p.to(x(upper * r.range(0.2, 1.5)), r.range(-0.03, 0.16));
}

fn eight_circles(p: &mut Path, r: &mut Stream) {
    let waist = r.range(0.4, 0.52);
    for (centre, radii) in [
        ([0.3, 0.5 * waist], [r.range(0.15, 0.26), 0.52 * waist]),
        ([0.3, 0.5 + 0.5 * waist], [r.range(0.2, 0.32), 0.52 * (1.0 - waist)]),
    ] {
        let begin = r.range(-140.0, -40.0);
        let (sin, cos) = libm::sincosf(begin.to_radians());
        p.start(centre[0] + radii[0] * cos, centre[1] + radii[1] * sin);
        p.arc(centre, radii, [begin - 30.0, begin - r.range(340.0, 400.0)], r.range(-0.08, 0.08));
    }
}

fn nine(p: &mut Path, r: &mut Stream, curved: bool) {
    let right = r.range(0.4, 0.56);
    let floor = r.range(0.38, 0.56);
    let opening = r.range(-0.12, 0.08);
    p.start(right + opening, r.range(0.04, 0.22));
    p.to(r.range(0.2, 0.32), r.range(-0.02, 0.03));
    p.to(r.range(-0.02, 0.06), 0.5 * floor);
    p.to(r.range(0.14, 0.26), floor);
    p.to(right - 0.06, 0.6 * floor);
    if chance(r, 65) {
        p.corner(right + r.range(-0.02, 0.06), r.range(0.0, 0.2));
    } else {
        p.to(right + 0.02, 0.3 * floor);
    }
    if curved {
        p.to(right + r.range(-0.02, 0.04), 0.6);
        p.to(right - r.range(0.06, 0.2), r.range(0.92, 1.0));
        p.to(r.range(-0.08, 0.14), r.range(0.82, 0.98));
    } else {
        p.to(right + r.range(-0.06, 0.03), 0.55);
        p.to(right + r.range(-0.2, 0.05), 1.0);
    }
}
