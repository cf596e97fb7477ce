//! The hand that writes: slant, proportions, rotation, tremor, and the pen with its width and pressure.
//! Turns a path into dabs of ink. Knows no digit.

use super::ink::Dab;
use super::path::{self, Path, Point};
use crate::random::Stream;

/// Length of a step of the pen, of a digit's height.
const STEP: f32 = 0.036;

/// How one image is written.
pub(crate) struct Hand {
    slant: f32,
    aspect: f32,
    rotation: [f32; 2],
    taper: f32,
    bulge: f32,
    bow: [f32; 2],
    jitter: f32,
    rounding: u32,
    /// Radius of the pen in pixels, and how much pressure changes it.
    pub(super) radius: f32,
    pressure: f32,
    /// How much lighter (or heavier) the pen gets from a stroke's begin to its end.
    fade: f32,
    /// Width of the edge in pixels.
    pub(super) softness: f32,
}

impl Hand {
    /// A hand drawn at random.
    pub fn new(r: &mut Stream) -> Self {
        // Rare extremes are cut off: a few of them at once, and no one can read it.
        let normal = |r: &mut Stream| r.normal().clamp(-2.3, 2.3);
        let angle = 0.2 * normal(r);
        let slant = (0.22 + 0.22 * normal(r)).clamp(-0.5 - angle, 0.85 - angle);
        let (sin, cos) = libm::sincosf(angle);
        Self {
            slant,
            aspect: libm::expf(0.2 * normal(r)),
            rotation: [sin, cos],
            taper: 0.12 * normal(r),
            bulge: 0.16 * normal(r),
            bow: [0.06 * normal(r), 0.06 * normal(r)],
            jitter: 0.02 + 0.026 * r.unit(),
            rounding: 1 + r.below(9),
            radius: (1.3 * libm::expf(0.26 * r.normal())).clamp(0.65, 3.2),
            pressure: 0.05 + 0.12 * r.unit(),
            fade: 0.05 + 0.08 * r.normal(),
            softness: r.range(1.05, 1.6),
        }
    }

    /// A hand and a pen of any kind: from a hairline to a marker, from a draughtsman's to a child's, wide or narrow.
    pub fn any(r: &mut Stream) -> Self {
        let hand = Self::new(r);
        let steady = r.chance(20);
        let radius = libm::expf(r.range(libm::logf(0.4), libm::logf(2.9)));
        let calm = if steady { 0.15 } else { r.range(0.5, 1.2) };
        Self {
            slant: if steady { 0.3 * hand.slant } else { (1.12 * hand.slant).clamp(-0.5, 0.9) },
            aspect: hand.aspect * libm::expf(0.16 * r.normal().clamp(-2.3, 2.3)),
            taper: calm * hand.taper,
            bulge: calm * hand.bulge,
            jitter: calm * hand.jitter,
            rounding: if steady { r.below(2) } else { hand.rounding },
            radius,
            softness: r.range(0.8, 1.9),
            ..hand
        }
    }

    /// Writes a path: the ink of each stroke.
    pub(in crate::data) fn write(&self, path: &mut Path, r: &mut Stream) -> Vec<Vec<Dab>> {
        let mut drift = Point::default();
        path.move_nodes(|node| {
            // Neighbouring nodes err in related directions.
            drift.x = 0.6 * drift.x + self.jitter * r.normal();
            drift.y = 0.6 * drift.y + self.jitter * r.normal();
            self.place(Point { x: node.x + drift.x, y: node.y + drift.y })
        });
        let mut strokes = path.strokes(STEP);
        strokes
            .iter_mut()
            .map(|stroke| {
                path::smooth(stroke, self.rounding);
                path::extend(stroke, 0.03 * r.normal());
                self.ink(stroke, r)
            })
            .collect()
    }

    /// Proportions, slant and rotation of the whole digit.
    fn place(&self, p: Point) -> Point {
        let (x, y) = (p.x - 0.3, p.y - 0.5);
        let y = y + self.bulge * (0.25 - y * y);
        let x = x * self.aspect * (1.0 + self.taper * y) + self.bow[0] * (y * y - 0.08) - self.slant * y;
        let y = y + self.bow[1] * x * x;
        let [sin, cos] = self.rotation;
        Point { x: x * cos - y * sin, y: x * sin + y * cos }
    }

    /// Pressure along a stroke, as a slow random swing.
    fn ink(&self, stroke: &[Point], r: &mut Stream) -> Vec<Dab> {
        let (mut from, mut to) = (r.normal(), r.normal());
        let every = 9;
        let slope = self.fade / stroke.len().max(2) as f32;
        stroke
            .iter()
            .enumerate()
            .map(|(i, p)| {
                let t = (i % every) as f32 / every as f32;
                if i > 0 && i % every == 0 {
                    (from, to) = (to, r.normal());
                }
                let swing = (from + t * (to - from)).clamp(-2.0, 2.0);
                Dab {
                    x: p.x,
                    y: p.y,
                    radius: self.radius * (1.0 + self.pressure * swing + 0.5 * self.fade - slope * i as f32),
                }
            })
            .collect()
    }
}
