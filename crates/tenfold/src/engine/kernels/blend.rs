//! `out = a[c]·x + b[c]·z + d[c]` for every position of a pack: applying a norm, the way back through it, and adding the
//! two ways of a residual block.

use crate::engine::lanes::{LANES, Lanes};
use crate::engine::packs::planes::Planes;

/// What [`run`] works on: one pack.
pub(crate) struct Blend<'a> {
    pub(crate) x: (*const f32, &'a Planes),
    /// Null: none.
    pub(crate) z: (*const f32, &'a Planes),
    pub(crate) factors: Factors<'a>,
    /// max(out, 0) at the end.
    pub(crate) relu: bool,
    /// Lanes that become 0: the bits that are not set.
    pub(crate) lanes: u32,
    pub(crate) out: (*mut f32, &'a Planes),
    /// As `out`; not null: where the gate is not positive, out becomes 0.
    pub(crate) gate: *const f32,
    /// Adds to what is in `out`.
    pub(crate) add: bool,
}

/// (a, b, d).
#[derive(Clone, Copy)]
pub(crate) enum Factors<'a> {
    /// Of each channel.
    Each(&'a [[f32; 3]]),
    /// The same of all channels.
    All([f32; 3]),
}

/// # Safety
/// The pointers hold planes as said, all of the same channels, height and width.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(blend: &Blend) {
    let (out, to) = blend.out;
    // SAFETY: as above.
    unsafe {
        for channel in 0..to.channels {
            let [a, b, d] = match blend.factors {
                Factors::Each(factors) => factors[channel],
                Factors::All(factors) => factors,
            };
            let (a, b, d) = (V::splat(a), V::splat(b), V::splat(d));
            for y in 0..to.height {
                let at = |planes: &Planes| channel * planes.plane() + planes.at(y as isize, 0);
                let x = blend.x.0.add(at(blend.x.1));
                let z = blend.z.0;
                let z = if z.is_null() { z } else { z.add(at(blend.z.1)) };
                let start = at(to);
                for k in (0..to.width * LANES).step_by(LANES) {
                    let mut sum = a.mul_add(V::load(x.add(k)), d);
                    if !z.is_null() {
                        sum = b.mul_add(V::load(z.add(k)), sum);
                    }
                    let out = out.add(start + k);
                    if blend.add {
                        sum = sum.add(V::load(out));
                    }
                    if blend.relu {
                        sum = sum.at_least(V::splat(0.0));
                    }
                    if !blend.gate.is_null() {
                        sum = sum.where_positive(V::load(blend.gate.add(start + k)));
                    }
                    sum.keep(blend.lanes).store(out);
                }
            }
        }
    }
}
