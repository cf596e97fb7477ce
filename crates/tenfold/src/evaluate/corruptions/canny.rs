//! Canny's edges (Canny 1986, "A computational approach to edge detection"): smooth, slope, thin, keep what is strong or
//! holds on to something strong.

use super::plane::Plane;

/// Standard deviation of the smoothing, in pixels of a 28×28 image.
const SIGMA: f32 = 1.0;
/// Slopes (of Sobel's operator, ink from 0 to 1) from which an edge is strong, and from which it may hang on to one.
const STRONG: f32 = 0.2 * SOBEL;
const WEAK: f32 = 0.1 * SOBEL;
/// Sobel's operator gives this for a slope of 1 a pixel.
const SOBEL: f32 = 4.0;

pub(super) fn edges(plane: &Plane) -> Plane {
    let smooth = plane.blurred(SIGMA * plane.unit().max(0.5));
    let at = |y: usize, x: usize, dy: isize, dx: isize| smooth.nearest(y as isize + dy, x as isize + dx);
    let right = plane.map(|y, x| {
        let sum = |dx| at(y, x, -1, dx) + 2.0 * at(y, x, 0, dx) + at(y, x, 1, dx);
        sum(1) - sum(-1)
    });
    let down = plane.map(|y, x| {
        let sum = |dy| at(y, x, dy, -1) + 2.0 * at(y, x, dy, 0) + at(y, x, dy, 1);
        sum(1) - sum(-1)
    });
    let slope = plane.map(|y, x| {
        let place = y * plane.width + x;
        (right.values[place] * right.values[place] + down.values[place] * down.values[place]).sqrt()
    });
    // Only the steepest across the edge stays.
    let thin = plane.map(|y, x| {
        let place = y * plane.width + x;
        let here = slope.values[place];
        if here < WEAK / plane.unit().max(0.5) {
            return 0.0;
        }
        let (dy, dx) = (down.values[place] / here, right.values[place] / here);
        let (y, x) = (y as f32, x as f32);
        let (ahead, behind) = (slope.between(y + dy, x + dx), slope.between(y - dy, x - dx));
        if here > ahead && here >= behind { here } else { 0.0 }
    });
    keep_connected(&thin, STRONG / plane.unit().max(0.5))
}

/// White where `thin` is strong, or not 0 and connected through such to something strong.
fn keep_connected(thin: &Plane, strong: f32) -> Plane {
    let mut kept = thin.map(|_, _| 0.0);
    let mut open: Vec<(usize, usize)> = Vec::new();
    for y in 0..thin.height {
        for x in 0..thin.width {
            if thin.values[y * thin.width + x] >= strong {
                kept.values[y * thin.width + x] = 1.0;
                open.push((y, x));
            }
        }
    }
    while let Some((y, x)) = open.pop() {
        for near_y in y.saturating_sub(1)..(y + 2).min(thin.height) {
            for near_x in x.saturating_sub(1)..(x + 2).min(thin.width) {
                let near = near_y * thin.width + near_x;
                if thin.values[near] > 0.0 && kept.values[near] == 0.0 {
                    kept.values[near] = 1.0;
                    open.push((near_y, near_x));
                }
            }
        }
    }
    kept
}
