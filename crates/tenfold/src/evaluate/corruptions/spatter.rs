//! Spatter: splashes on the lens, where blurred noise is above a threshold.

use super::plane::Plane;
use crate::random::Stream;

/// Blur of the noise, in pixels of a 28×28 image: about the size of a splash.
const SIZE: f32 = 1.2;
/// Standard deviations above the mean at which a splash begins.
const THRESHOLD: f32 = 1.35;
/// How much of what is under it a splash hides where it begins, and how fast that grows inwards.
const EDGE: f32 = 0.35;
const SLOPE: f32 = 0.9;

pub(super) fn spatter(plane: &Plane, random: &mut Stream) -> Plane {
    let sigma = SIZE * plane.unit().max(0.5);
    // The noise goes on outside, so that the edge is as wet as the middle.
    let margin = libm::ceilf(3.0 * sigma) as usize;
    let (height, width) = (plane.height + 2 * margin, plane.width + 2 * margin);
    let values = (0..height * width).map(|_| random.normal()).collect();
    let wet = Plane { height, width, values }.blurred(sigma);
    // What the blur leaves of unit variance: 1 / (4πσ²), for σ of a pixel or more.
    let deviation = 1.0 / (2.0 * std::f32::consts::PI.sqrt() * sigma);
    plane.map(|y, x| {
        let above = wet.values[(y + margin) * width + x + margin] / deviation - THRESHOLD;
        let hidden = if above > 0.0 { (EDGE + SLOPE * above).min(1.0) } else { 0.0 };
        plane.values[y * plane.width + x] * (1.0 - hidden) + hidden
    })
}
