//! Dropout (Srivastava et al. 2014, in the form that scales while training): `out = x · scale` where the value's bit is
//! set, else 0. The way back is the same with the same bits.

use crate::engine::lanes::{LANES, Lanes};
use crate::engine::packs::planes::Planes;

/// What [`run`] works on: one pack.
pub(crate) struct Forget<'a> {
    pub(crate) x: (*const f32, &'a Planes),
    /// `[channels, height, width]`: the lanes to keep.
    pub(crate) kept: *const u16,
    pub(crate) scale: f32,
    pub(crate) out: (*mut f32, &'a Planes),
    /// As `out`; not null: where the gate is not positive, out becomes 0.
    pub(crate) gate: *const f32,
    /// Adds to what is in `out`.
    pub(crate) add: bool,
}

/// # Safety
/// The pointers hold planes as said, of the same channels, height and width.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(work: &Forget) {
    let (out, to) = work.out;
    // SAFETY: as above.
    unsafe {
        let mut kept = work.kept;
        for channel in 0..to.channels {
            for y in 0..to.height {
                let at = |planes: &Planes| channel * planes.plane() + planes.at(y as isize, 0);
                let x = work.x.0.add(at(work.x.1));
                let start = at(to);
                for k in (0..to.width * LANES).step_by(LANES) {
                    let mut sum = V::load(x.add(k)).mul(V::splat(work.scale)).keep(u32::from(*kept));
                    kept = kept.add(1);
                    let out = out.add(start + k);
                    if work.add {
                        sum = sum.add(V::load(out));
                    }
                    if !work.gate.is_null() {
                        sum = sum.where_positive(V::load(work.gate.add(start + k)));
                    }
                    sum.store(out);
                }
            }
        }
    }
}
