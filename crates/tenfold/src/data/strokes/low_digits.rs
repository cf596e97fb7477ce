//! The pen's paths of the digits 0 to 4, with their proportions drawn at random. x runs from about 0 to 0.7 and y from
//! 0 (top) to 1; slant, tremor and pen belong to the hand ([`super::hand`]).

use super::path::{Arc, Path};
use crate::random::Stream;

pub(super) fn zero(p: &mut Path, r: &mut Stream, slashed: bool) {
    let begin = r.range(-150.0, -20.0);
    let turn = if r.chance(15) { r.range(300.0, 350.0) } else { r.range(350.0, 430.0) };
    let way = if r.chance(88) { -1.0 } else { 1.0 };
    let mut arc = Arc {
        centre: [0.4, 0.5],
        radii: [r.range(0.24, 0.54), 0.5],
        degrees: [begin, begin + way * turn],
        spiral: r.range(-0.18, 0.12),
        lean: r.range(-0.5, 0.2),
    };
    let at = arc.at(begin, 1.0);
    if r.chance(16) {
        // A little hook before the round begins.
        p.start(at.x + r.range(-0.1, 0.25), at.y + r.range(-0.08, 0.25));
    } else {
        p.start(at.x, at.y);
        arc.degrees[0] += 30.0 * way;
    }
    p.arc(&arc);
    if r.chance(8) {
        // A tail where the round closes.
        p.to(at.x + r.range(0.05, 0.4), at.y + r.range(-0.15, 0.1));
    }
    if slashed {
        p.start(0.4 + arc.radii[0] * r.range(0.4, 1.2), r.range(-0.02, 0.28));
        p.to(0.4 - arc.radii[0] * r.range(0.4, 1.2), r.range(0.72, 1.02));
    }
}

pub(super) fn one_stick(p: &mut Path, r: &mut Stream) {
    let bend = 0.035 * r.normal();
    let sway = 0.02 * r.normal();
    p.start(0.0, 0.0);
    if r.chance(6) {
        // The pen's first touch, a hook of a few pixels.
        p.start(-r.range(0.03, 0.12), r.range(0.02, 0.10));
        p.corner(0.0, 0.0);
    }
    p.to(bend + sway, 0.33).to(bend - sway, 0.67);
    if r.chance(6) {
        p.to(0.0, 0.96).to(r.range(-0.08, 0.12), 1.0);
    } else {
        p.to(0.0, 1.0);
    }
}

pub(super) fn one_flagged(p: &mut Path, r: &mut Stream, base: bool) {
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

pub(super) fn two(p: &mut Path, r: &mut Stream, looped: bool) {
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
        if r.chance(55) {
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

pub(super) fn two_angular(p: &mut Path, r: &mut Stream) {
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

pub(super) fn three(p: &mut Path, r: &mut Stream, flat: bool) {
    let waist = r.range(0.42, 0.62);
    let upper = r.range(0.38, 0.64);
    let lower = r.range(0.46, 0.8);
    let inset = if r.chance(20) { r.range(0.2, 0.42) } else { r.range(0.02, 0.3) }.min(upper - 0.12);
    if flat {
        p.start(r.range(-0.08, 0.12), r.range(-0.02, 0.1));
        p.to(0.28, r.range(-0.03, 0.05));
        p.corner(upper, r.range(-0.04, 0.08));
        p.to(0.5 * (upper + inset), 0.55 * waist);
    } else {
        if r.chance(15) {
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

pub(super) fn four_open(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.44, 0.76);
    let stem = r.range(0.4, 0.7);
    p.start(r.range(0.0, 0.16), r.range(-0.02, 0.14));
    if r.chance(55) {
        p.to(r.range(0.0, 0.08), 0.5 * bar);
        p.corner(r.range(-0.04, 0.04), bar + r.range(-0.06, 0.02));
    } else {
        p.to(0.02, 0.6 * bar).to(0.06, bar - 0.05).to(0.2, bar);
    }
    p.to(0.5 * stem + 0.04, bar + r.range(-0.04, 0.02));
    p.to(stem + r.range(-0.06, 0.4), bar + r.range(-0.12, 0.05));
    p.start(stem + r.range(-0.03, 0.25), r.range(-0.1, 0.4).min(bar - 0.2));
    p.to(stem + r.range(-0.02, 0.04), 0.55);
    p.to(stem - r.range(-0.06, 0.14), 1.0);
}

pub(super) fn four_closed(p: &mut Path, r: &mut Stream) {
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

pub(super) fn four_one_stroke(p: &mut Path, r: &mut Stream) {
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
