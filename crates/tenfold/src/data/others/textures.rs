//! Images without a shape of the pen: specks, blank paper, gradients, patterns, blobs and filled silhouettes.

use super::super::strokes::PIXELS;
use crate::random::Stream;

const SIZE: usize = 28;

/// Every pixel from its place, in ±1 about the middle; values are cut to 0 to 1.
fn fill(mut value: impl FnMut(f32, f32) -> f32) -> [u8; PIXELS] {
    let mut image = [0; PIXELS];
    for (place, pixel) in image.iter_mut().enumerate() {
        let at = |index: usize| (index as f32 + 0.5) * (2.0 / SIZE as f32) - 1.0;
        *pixel = (value(at(place % SIZE), at(place / SIZE)).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
    }
    image
}

/// Broken pixels, grain, or a few specks.
pub(super) fn noise(r: &mut Stream) -> [u8; PIXELS] {
    match r.below(4) {
        0 => {
            let share = r.range(0.005, 0.5);
            fill(|_, _| if r.unit() < share { r.range(0.3, 1.0) } else { 0.0 })
        }
        1 => {
            let (grey, spread) = (r.unit(), r.range(0.05, 0.4));
            fill(|_, _| grey + spread * r.normal())
        }
        2 => {
            let cells = 1 + r.below(3);
            let coarse = field(r, cells);
            let (level, steep) = (r.range(-0.8, 1.2), r.range(1.0, 6.0));
            fill(|x, y| 0.5 + steep * (coarse.at(x, y) - level))
        }
        _ => {
            let specks: Vec<[f32; 3]> = (0..1 + r.below(14))
                .map(|_| [r.range(-0.8, 0.8), r.range(-0.8, 0.8), r.range(0.04, 0.22)])
                .collect();
            fill(|x, y| {
                specks.iter().fold(0.0, |ink: f32, [cx, cy, radius]| {
                    ink.max((radius - distance(x - cx, y - cy)) * 14.0 + 0.5)
                })
            })
        }
    }
}

/// Something that fills the image.
pub(super) fn texture(r: &mut Stream) -> [u8; PIXELS] {
    let turn = libm::sincosf(r.range(0.0, core::f32::consts::TAU));
    let rotated = move |x: f32, y: f32| (x * turn.1 - y * turn.0, x * turn.0 + y * turn.1);
    match r.below(9) {
        0 => {
            let (grey, grain) = (if r.chance(40) { 0.0 } else { r.unit() }, r.range(0.0, 0.06));
            fill(|_, _| grey + grain * r.normal())
        }
        1 => {
            let (middle, slope, round) = (r.unit(), r.range(0.15, 0.9), r.chance(40));
            fill(|x, y| middle + slope * if round { distance(x, y) - 0.7 } else { rotated(x, y).0 })
        }
        2 | 3 => {
            let (waves, phase, steep) = (r.range(2.5, 18.0), r.range(0.0, 6.3), r.range(0.5, 6.0));
            let (light, checks) = (r.range(0.3, 1.0), r.chance(40));
            fill(|x, y| {
                let (u, v) = rotated(x, y);
                let wave = libm::sinf(waves * u + phase);
                let wave = if checks { wave * libm::sinf(waves * v) * 1.5 } else { wave };
                light * (0.5 + steep * wave).clamp(0.0, 1.0)
            })
        }
        4 | 5 => {
            let cells = 3 + r.below(6);
            let blobs = field(r, cells);
            let (level, steep, light) = (r.range(-0.5, 0.7), r.range(2.0, 12.0), r.range(0.4, 1.0));
            fill(|x, y| light * (0.5 + steep * (blobs.at(x, y) - level)).clamp(0.0, 1.0))
        }
        _ => silhouette(r),
    }
}

/// Widths of half an upright shape at five heights, from top to bottom, and of a gap in its middle.
const SHAPES: [([f32; 5], [f32; 5]); 8] = [
    // Shirt, with and without sleeves; trousers; dress; coat; bag; shoe; bottle.
    ([0.9, 0.85, 0.5, 0.5, 0.5], [0.15, 0.0, 0.0, 0.0, 0.0]),
    ([0.5, 0.45, 0.42, 0.44, 0.48], [0.2, 0.0, 0.0, 0.0, 0.0]),
    ([0.5, 0.5, 0.5, 0.48, 0.45], [0.0, 0.0, 0.1, 0.15, 0.18]),
    ([0.3, 0.28, 0.3, 0.42, 0.6], [0.0; 5]),
    ([0.6, 0.95, 0.9, 0.75, 0.6], [0.0, 0.0, 0.02, 0.02, 0.03]),
    ([0.4, 0.8, 0.9, 0.92, 0.9], [0.3, 0.0, 0.0, 0.0, 0.0]),
    ([0.3, 0.4, 0.6, 0.95, 0.95], [0.0; 5]),
    ([0.18, 0.2, 0.5, 0.55, 0.55], [0.0; 5]),
];

/// A filled shape, with a pattern on it.
fn silhouette(r: &mut Stream) -> [u8; PIXELS] {
    let (half, gap) = SHAPES[r.below(SHAPES.len() as u32) as usize];
    let half = half.map(|width| (width * r.range(0.8, 1.2)).min(1.0));
    let [high, lean, light] = [r.range(0.45, 1.0), 0.15 * r.normal(), r.range(0.35, 1.0)];
    let (waves, contrast) = (r.range(3.0, 16.0), if r.chance(50) { r.range(0.0, 0.4) } else { 0.0 });
    let (lying, grain) = (r.chance(30), r.range(0.0, 0.12));
    let between = |widths: &[f32; 5], y: f32| {
        let at = (y * 0.5 + 0.5).clamp(0.0, 1.0) * 4.0;
        let low = (at as usize).min(3);
        widths[low] + (at - low as f32) * (widths[low + 1] - widths[low])
    };
    fill(|x, y| {
        let (x, y) = if lying { (y, x) } else { (x, y) };
        let y = y / high;
        let x = (x + lean * y).abs();
        let inside = ((between(&half, y) - x) * 14.0).min((x - between(&gap, y)) * 14.0 + 1.0);
        let cover = (inside.min((1.0 - y.abs()) * 14.0) + 0.5).clamp(0.0, 1.0);
        let cloth = light * (1.0 - contrast * (0.5 + 0.5 * libm::sinf(waves * (x + y))));
        cover * (cloth + grain * r.normal())
    })
}

fn distance(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

/// A smooth random field with values of about ±1, from a grid of `cells` × `cells`.
struct Field {
    cells: usize,
    values: Vec<f32>,
}

fn field(r: &mut Stream, cells: u32) -> Field {
    let cells = cells as usize * 2;
    Field { cells, values: (0..(cells + 2) * (cells + 2)).map(|_| r.normal()).collect() }
}

impl Field {
    fn at(&self, x: f32, y: f32) -> f32 {
        let place = |v: f32| {
            let at = (v * 0.5 + 0.5).clamp(0.0, 0.999) * self.cells as f32;
            (at as usize, at - at.floor())
        };
        let ((column, u), (row, v)) = (place(x), place(y));
        let value = |row: usize, column: usize| self.values[row * (self.cells + 2) + column];
        let ease = |t: f32| t * t * (3.0 - 2.0 * t);
        let (u, v) = (ease(u), ease(v));
        let upper = value(row, column) * (1.0 - u) + value(row, column + 1) * u;
        let lower = value(row + 1, column) * (1.0 - u) + value(row + 1, column + 1) * u;
        upper * (1.0 - v) + lower * v
    }
}
