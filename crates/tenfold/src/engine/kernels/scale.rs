//! `out = a·x + d` for one image, with a and d for each of the sixteen channels of a vector: a norm.

use crate::engine::lanes::{LANES, Lanes};
use crate::engine::packs::planes::Planes;

/// What [`run`] works on.
pub(crate) struct Scale<'a> {
    pub(crate) x: (*const f32, &'a Planes),
    /// `[vectors][2][16]`: a and d.
    pub(crate) factors: *const f32,
    /// max(out, 0) at the end.
    pub(crate) relu: bool,
    pub(crate) out: (*mut f32, &'a Planes),
}

/// # Safety
/// The pointers hold planes as said, both of the same size.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(scale: &Scale) {
    let (out, to) = scale.out;
    // SAFETY: as above.
    unsafe {
        for vector in 0..to.channels {
            let factors = scale.factors.add(vector * 2 * LANES);
            let (a, d) = (V::load(factors), V::load(factors.add(LANES)));
            for y in 0..to.height as isize {
                let x = scale.x.0.add(vector * scale.x.1.plane() + scale.x.1.at(y, 0));
                let out = out.add(vector * to.plane() + to.at(y, 0));
                for k in (0..to.width * LANES).step_by(LANES) {
                    let mut sum = a.mul_add(V::load(x.add(k)), d);
                    if scale.relu {
                        sum = sum.at_least(V::splat(0.0));
                    }
                    sum.store(out.add(k));
                }
            }
        }
    }
}
