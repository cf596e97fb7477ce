//! What lies over the digit: inverted stripes, a dotted line, a zigzag line.

use super::plane::Plane;
use crate::random::Stream;

/// Part of the width that is inverted at each side.
const STRIPE: usize = 4;
/// Width of the lines, in pixels of a 28×28 image.
const WIDTH: f32 = 1.2;
/// From dot to dot.
const DOTS: f32 = 3.0;
/// From corner to corner of the zigzag along its line, and how far they lie off it.
const CORNERS: f32 = 3.0;
const OFF: f32 = 2.0;

/// Black for white in the outer quarters.
pub(super) fn stripe(plane: &Plane) -> Plane {
    let wide = plane.width.div_ceil(STRIPE);
    plane.map(|y, x| {
        let ink = plane.values[y * plane.width + x];
        if x < wide || x + wide >= plane.width { 1.0 - ink } else { ink }
    })
}

/// White dots along a straight line from one side to the other.
pub(super) fn dotted_line(plane: &Plane, random: &mut Stream) -> Plane {
    let mut drawn = plane.clone();
    let unit = plane.unit();
    for (place, _) in along(plane, DOTS * unit, random) {
        drawn.line(place, place, 1.5 * WIDTH * unit);
    }
    drawn
}

/// A white line from one side to the other that turns at each corner.
pub(super) fn zigzag(plane: &Plane, random: &mut Stream) -> Plane {
    let mut drawn = plane.clone();
    let unit = plane.unit();
    let mut side = OFF * unit;
    let mut last = None;
    for ((y, x), (down, right)) in along(plane, CORNERS * unit, random) {
        // Across the line: its direction turned by 90°.
        let corner = (y + side * right, x - side * down);
        if let Some(last) = last {
            drawn.line(last, corner, WIDTH * unit);
        }
        last = Some(corner);
        side = -side;
    }
    drawn
}

/// Places (row, column) every `step` pixels on a line from the left edge to the right, or from the top to the bottom,
/// between a fifth and four fifths of both; each with the line's direction.
fn along(plane: &Plane, step: f32, random: &mut Stream) -> Vec<((f32, f32), (f32, f32))> {
    let (height, width) = (plane.height as f32, plane.width as f32);
    let level = random.below(2) == 0;
    let mut at = |size: f32| size * random.range(0.2, 0.8) - 0.5;
    let (from, to) = if level {
        ((at(height), -0.5), (at(height), width - 0.5))
    } else {
        ((-0.5, at(width)), (height - 0.5, at(width)))
    };
    let (dy, dx) = (to.0 - from.0, to.1 - from.1);
    let length = (dy * dy + dx * dx).sqrt().max(1e-3);
    let direction = (dy / length, dx / length);
    let count = (length / step.max(1e-3)).clamp(1.0, 1000.0) as usize;
    let phase = random.range(0.0, step);
    let place = |index: usize| {
        let distance = index as f32 * step - phase;
        ((from.0 + direction.0 * distance, from.1 + direction.1 * distance), direction)
    };
    (0..=count + 1).map(place).collect()
}
