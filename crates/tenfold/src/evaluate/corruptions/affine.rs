//! Shear, scale, rotate, translate: the digit elsewhere or of another form. Bilinear; black comes in from outside.

use super::plane::Plane;
use crate::random::Stream;

/// Columns moved per row.
const SHEAR: f32 = 0.6;
/// Size left.
const SCALE: f32 = 0.6;
/// Degrees.
const ROTATE: f32 = 30.0;
/// Pixels of a 28×28 image.
const TRANSLATE: f32 = 6.0;

pub(super) fn shear(plane: &Plane, random: &mut Stream) -> Plane {
    let shear = sign(random) * SHEAR;
    affine(plane, [1.0, 0.0, shear, 1.0], (0.0, 0.0))
}

pub(super) fn scale(plane: &Plane) -> Plane {
    affine(plane, [1.0 / SCALE, 0.0, 0.0, 1.0 / SCALE], (0.0, 0.0))
}

pub(super) fn rotate(plane: &Plane, random: &mut Stream) -> Plane {
    let angle = sign(random) * ROTATE.to_radians();
    let (sine, cosine) = (libm::sinf(angle), libm::cosf(angle));
    affine(plane, [cosine, -sine, sine, cosine], (0.0, 0.0))
}

pub(super) fn translate(plane: &Plane, random: &mut Stream) -> Plane {
    let angle = random.range(0.0, std::f32::consts::TAU);
    let distance = TRANSLATE * plane.unit();
    affine(plane, [1.0, 0.0, 0.0, 1.0], (distance * libm::sinf(angle), distance * libm::cosf(angle)))
}

fn sign(random: &mut Stream) -> f32 {
    if random.below(2) == 0 { 1.0 } else { -1.0 }
}

/// Each pixel what was at `matrix`·(its place from the middle) + `offset`, both as (row, column).
pub(crate) fn affine(plane: &Plane, matrix: [f32; 4], offset: (f32, f32)) -> Plane {
    let (middle_y, middle_x) = plane.middle();
    plane.map(|y, x| {
        let (y, x) = (y as f32 - middle_y, x as f32 - middle_x);
        let from_y = matrix[0] * y + matrix[1] * x + middle_y + offset.0;
        let from_x = matrix[2] * y + matrix[3] * x + middle_x + offset.1;
        plane.between(from_y, from_x)
    })
}
