//! Brightness and fog: light that is not the digit's.

use super::plane::Plane;
use crate::random::Stream;

/// Added to every pixel.
const BRIGHTER: f32 = 0.6;
/// How thick the fog is against full ink.
const FOG: f32 = 1.5;
/// By how much each finer step of the fog is weaker than the one before.
const DECAY: f32 = 2.0;
/// The fog is made for at most this side and stretched over larger images.
const LARGEST: usize = 256;

pub(super) fn brightness(plane: &Plane) -> Plane {
    plane.map(|y, x| plane.values[y * plane.width + x] + BRIGHTER)
}

/// A plasma fractal over the image, then the whole brought back to 0 to 1, as in Hendrycks & Dietterich 2019.
pub(super) fn fog(plane: &Plane, random: &mut Stream) -> Plane {
    let longest = plane.height.max(plane.width);
    let side = longest.min(LARGEST).next_power_of_two();
    let veil = plasma(side, random);
    // Full ink and the thickest fog together are white; a blank image has fog too.
    let thinner = 1.0 / (1.0 + FOG);
    plane.map(|y, x| {
        let (row, column) = (y * side / longest, x * side / longest);
        let (row, column) = if longest <= LARGEST { (y, x) } else { (row, column) };
        (plane.values[y * plane.width + x] + FOG * veil[row * side + column]) * thinner
    })
}

/// A plasma fractal `[side, side]` from 0 to 1, which closes on itself at the edges: diamond and square steps (Fournier,
/// Fussell, Carpenter 1982, "Computer rendering of stochastic models"). `side` must be a power of two.
fn plasma(side: usize, random: &mut Stream) -> Vec<f32> {
    let mut map = vec![0.0f32; side * side];
    let (mut step, mut rough) = (side, 1.0f32);
    while step >= 2 {
        let half = step / 2;
        let around = |map: &[f32], places: [(usize, usize); 4]| {
            places.iter().map(|&(y, x)| map[y % side * side + x % side]).sum::<f32>() * 0.25
        };
        for y in (0..side).step_by(step) {
            for x in (0..side).step_by(step) {
                let corners = [(y, x), (y + step, x), (y, x + step), (y + step, x + step)];
                map[(y + half) * side + x + half] = around(&map, corners) + rough * random.range(-1.0, 1.0);
            }
        }
        for y in (0..side).step_by(half) {
            let first = if y / half % 2 == 0 { half } else { 0 };
            for x in (first..side).step_by(step) {
                let sides = [(y + side - half, x), (y + half, x), (y, x + side - half), (y, x + half)];
                map[y * side + x] = around(&map, sides) + rough * random.range(-1.0, 1.0);
            }
        }
        step = half;
        rough /= DECAY;
    }
    let low = map.iter().copied().fold(f32::INFINITY, f32::min);
    let high = map.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let span = (high - low).max(f32::MIN_POSITIVE);
    map.iter_mut().for_each(|value| *value = (*value - low) / span);
    map
}
