//! Shot noise and impulse noise: what a sensor does in the dark, and what broken pixels do.

use super::plane::Plane;
use crate::random::Stream;

/// Mean photons of a pixel at full ink.
const PHOTONS: f32 = 3.0;
/// Fraction of the pixels that are broken.
const BROKEN: f32 = 0.27;

/// Each pixel a Poisson count of photons whose mean is its ink.
pub(super) fn shot(plane: &Plane, random: &mut Stream) -> Plane {
    plane.map(|y, x| {
        let ink = plane.values[y * plane.width + x];
        if ink == 0.0 { 0.0 } else { poisson(ink * PHOTONS, random) / PHOTONS }
    })
}

/// A draw from the Poisson distribution with a small mean (Knuth, "The art of computer programming", vol. 2, 3.4.1).
fn poisson(mean: f32, random: &mut Stream) -> f32 {
    let floor = libm::expf(-mean);
    let (mut count, mut product) = (0.0, random.unit());
    while product > floor {
        count += 1.0;
        product *= random.unit();
    }
    count
}

/// Some pixels black or white, whatever they were.
pub(super) fn impulse(plane: &Plane, random: &mut Stream) -> Plane {
    plane.map(|y, x| match random.unit() {
        draw if draw < 0.5 * BROKEN => 0.0,
        draw if draw < BROKEN => 1.0,
        _ => plane.values[y * plane.width + x],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn poisson_has_its_mean_and_variance() {
        let mut random = Stream::new(1, Purpose::Corruption, 0, 0);
        let draws: Vec<f32> = (0..20_000).map(|_| poisson(2.5, &mut random)).collect();
        let mean = draws.iter().sum::<f32>() / 20_000.0;
        let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f32>() / 20_000.0;
        assert!((mean - 2.5).abs() < 0.05 && (variance - 2.5).abs() < 0.12, "{mean} {variance}");
    }
}
