//! Glass blur and motion blur, as Hendrycks & Dietterich 2019 ("Benchmarking neural network robustness to common
//! corruptions and perturbations") describe them.

use super::plane::Plane;
use crate::random::Stream;

/// Standard deviation of the glass's blur, before and after.
const GLASS_SIGMA: f32 = 0.7;
/// Standard deviation of the motion's weights, and where they end.
const MOTION_SIGMA: f32 = 3.0;
const MOTION_REACH: f32 = 10.0;
/// Samples a pixel of motion.
const SAMPLES: f32 = 2.0;

/// Blurred, each pixel exchanged with a neighbour, blurred again.
pub(super) fn glass(plane: &Plane, random: &mut Stream) -> Plane {
    let sigma = GLASS_SIGMA * plane.unit().max(0.5);
    let reach = (plane.unit() + 0.5).floor().clamp(1.0, 1000.0) as u32;
    let mut blurred = plane.blurred(sigma);
    let step = |random: &mut Stream| i64::from(random.below(2 * reach + 1)) - i64::from(reach);
    for y in (0..plane.height).rev() {
        for x in (0..plane.width).rev() {
            let (dy, dx) = (step(random), step(random));
            let (other_y, other_x) = (y as i64 + dy, x as i64 + dx);
            if (0..plane.height as i64).contains(&other_y) && (0..plane.width as i64).contains(&other_x) {
                let other = other_y as usize * plane.width + other_x as usize;
                blurred.values.swap(y * plane.width + x, other);
            }
        }
    }
    blurred.blurred(sigma)
}

/// Smeared along a line: the mean of what was seen while the camera moved, most at the start.
pub(super) fn motion(plane: &Plane, random: &mut Stream) -> Plane {
    let angle = random.range(-45.0, 45.0).to_radians();
    let (down, right) = (libm::sinf(angle), libm::cosf(angle));
    let unit = plane.unit();
    let sample = |step: i32| {
        let place = step as f32 / SAMPLES;
        let weight = libm::expf(-0.5 * (place / MOTION_SIGMA) * (place / MOTION_SIGMA));
        (weight, place * unit * down, place * unit * right)
    };
    let samples: Vec<_> = (0..=(MOTION_REACH * SAMPLES) as i32).map(sample).collect();
    let whole: f32 = samples.iter().map(|sample| sample.0).sum();
    plane.map(|y, x| {
        let seen =
            samples.iter().map(|&(weight, dy, dx)| weight * plane.between(y as f32 + dy, x as f32 + dx));
        seen.sum::<f32>() / whole
    })
}
