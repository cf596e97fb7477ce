//! Paths that mean nothing: curves, zigzags, hatching, coils, spirals and heaps of short strokes.

use super::super::strokes::path::{Arc, Path};
use crate::random::Stream;

/// A scribble.
pub(super) fn scribble(r: &mut Stream) -> Path {
    let mut p = Path::default();
    match r.below(6) {
        0 => curve(&mut p, r),
        1 => zigzag(&mut p, r),
        2 => hatching(&mut p, r),
        3 => coil(&mut p, r),
        4 => spiral(&mut p, r),
        _ => heap(&mut p, r),
    }
    p
}

/// Here and there, more often than any digit turns.
fn curve(p: &mut Path, r: &mut Stream) {
    p.start(r.unit(), r.unit());
    for _ in 0..7 + r.below(12) {
        p.to(r.unit(), r.unit());
    }
}

/// Back and forth, downwards or sideways.
fn zigzag(p: &mut Path, r: &mut Stream) {
    let turns = 4 + r.below(7);
    let (sideways, sharp) = (r.chance(50), r.chance(60));
    for turn in 0..=turns {
        let along = turn as f32 / turns as f32;
        let across = if turn % 2 == 0 { r.range(0.0, 0.2) } else { r.range(0.75, 1.0) };
        let (x, y) = if sideways { (along, across) } else { (across, along) };
        match (turn, sharp) {
            (0, _) => p.start(x, y),
            (_, true) => p.corner(x, y),
            (_, false) => p.to(x, y),
        };
    }
}

/// Parallel strokes, in one direction or two.
fn hatching(p: &mut Path, r: &mut Stream) {
    let lines = 3 + r.below(5);
    let lean = r.range(-0.4, 0.4);
    let crossed = r.chance(40);
    let sideways = r.chance(50);
    for line in 0..lines {
        let at = line as f32 / (lines - 1) as f32;
        let ends = [(at - lean, r.range(0.0, 0.1)), (at + lean, r.range(0.9, 1.0))];
        let turn = |(x, y): (f32, f32)| if sideways { (y, x) } else { (x, y) };
        let [(ax, ay), (bx, by)] = ends.map(turn);
        p.start(ax, ay).to(bx, by);
        if crossed {
            p.start(ay, ax).to(by, bx);
        }
    }
}

/// Loops in a row.
fn coil(p: &mut Path, r: &mut Stream) {
    let loops = 3 + r.below(4);
    let wide = r.range(0.12, 0.3);
    p.start(0.0, 0.6);
    for turn in 0..loops {
        let centre = [turn as f32 * r.range(0.2, 0.32), 0.5 + 0.05 * r.normal()];
        p.arc(&Arc { centre, radii: [wide, 0.4], degrees: [120.0, 480.0], spiral: 0.0, lean: 0.0 });
    }
}

/// Round and round, more than twice.
fn spiral(p: &mut Path, r: &mut Stream) {
    let way = if r.chance(50) { 1.0 } else { -1.0 };
    let begin = r.range(0.0, 360.0);
    let turns = r.range(2.3, 4.0);
    let arc = Arc {
        centre: [0.5, 0.5],
        radii: [0.08, 0.08],
        degrees: [begin, begin + way * 360.0 * turns],
        spiral: r.range(4.0, 6.0),
        lean: 0.0,
    };
    let at = arc.at(begin, 1.0);
    p.start(at.x, at.y).arc(&arc);
}

/// Short strokes thrown on a heap.
fn heap(p: &mut Path, r: &mut Stream) {
    for _ in 0..4 + r.below(6) {
        let (x, y) = (r.unit(), r.unit());
        p.start(x, y).to(x + r.range(-0.45, 0.45), y + r.range(-0.45, 0.45));
    }
}
