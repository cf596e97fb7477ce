//! Σ x and Σ x·z over the positions of each channel of some packs, lane by lane: a norm's mean and variance, what its way
//! back needs, and the gradient of a convolution's bias.

use crate::engine::lanes::{LANES, Lanes};
use crate::engine::packs::planes::Planes;

/// What [`run`] works on.
pub(crate) struct Sums<'a> {
    /// Of each pack: x, z, and the lanes that count.
    pub(crate) packs: &'a [(*const f32, *const f32, u32)],
    pub(crate) x: &'a Planes,
    pub(crate) z: &'a Planes,
    /// `[channels][Σ x, Σ x·z][16]`.
    pub(crate) sums: *mut f32,
}

/// # Safety
/// The pointers hold planes as said, of the same channels, height and width.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &Sums) {
    // SAFETY: as above.
    unsafe {
        for channel in 0..work.x.channels {
            let zero = V::splat(0.0);
            // Two rows of sums, so that one addition need not wait for the last.
            let mut sums = [[zero; 2]; 2];
            for &(x, z, lanes) in work.packs {
                for y in 0..work.x.height {
                    let at = |planes: &Planes| channel * planes.plane() + planes.at(y as isize, 0);
                    let (x, z) = (x.add(at(work.x)), z.add(at(work.z)));
                    for column in 0..work.x.width {
                        let value = V::load(x.add(column * LANES)).keep(lanes);
                        let sums = &mut sums[column % 2];
                        sums[0] = sums[0].add(value);
                        sums[1] = value.mul_add(V::load(z.add(column * LANES)), sums[1]);
                    }
                }
            }
            for (k, (even, odd)) in sums[0].iter().zip(sums[1]).enumerate() {
                even.add(odd).store(work.sums.add((channel * 2 + k) * LANES));
            }
        }
    }
}

/// The sum of sixteen lanes, in a fixed tree: k and k + 8, then k + 4, k + 2, k + 1.
pub(crate) fn across(lanes: &[f32]) -> f32 {
    let mut sums: [f32; LANES] = std::array::from_fn(|k| lanes.get(k).copied().unwrap_or(0.0));
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            sums[k] += sums[k + width];
        }
        width /= 2;
    }
    sums[0]
}
