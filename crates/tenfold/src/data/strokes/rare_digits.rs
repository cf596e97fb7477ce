//! Ways in which only [hands of all kinds](super::image_in_any_hand) write: what MNIST's writers hardly did but schools elsewhere
//! teach, and 7s that no 1 resembles. In the same terms as [`super::low_digits`].

use super::high_digits::{nine_loop, seven};
use super::path::Path;
use crate::random::Stream;

/// As in much of Europe: an upstroke of up to two thirds of the height, steeper than the bar of a 7.
pub(super) fn one_long_flag(p: &mut Path, r: &mut Stream, base: bool) {
    let flag = r.range(0.3, 0.6);
    let drop = flag * r.range(0.75, 1.35);
    p.start(-flag, drop).to(-0.5 * flag, drop * r.range(0.4, 0.6));
    p.corner(0.0, 0.0).to(0.02 * r.normal(), 0.5).to(0.0, 1.0);
    if base {
        let tilt = 0.04 * r.normal();
        p.start(-r.range(0.15, 0.5), 1.0 + tilt).to(r.range(0.12, 0.5), 1.0 - tilt);
    }
}

/// As a bolt of lightning: a long diagonal and a bar, and through its end a stem that is short above it.
pub(super) fn four_bolt(p: &mut Path, r: &mut Stream) {
    let bar = r.range(0.42, 0.74);
    let stem = r.range(0.26, 0.6);
    let top = r.range(0.2, 0.58);
    p.start(top, r.range(-0.02, 0.04));
    p.to(0.5 * top + r.range(-0.06, 0.04), 0.5 * bar);
    p.corner(r.range(-0.05, 0.05), bar + r.range(-0.05, 0.05));
    p.to(0.5 * stem, bar + r.range(-0.05, 0.03));
    p.to(stem + r.range(0.0, 0.3), bar + r.range(-0.12, 0.05));
    p.start(stem + r.range(-0.03, 0.12), bar - r.range(0.02, 0.28));
    p.to(stem + r.range(-0.03, 0.05), 0.5 * bar + 0.45);
    p.to(stem - r.range(-0.06, 0.2), 1.0);
}

/// With a bar that hardly rises: one that rises as steeply as a 1's upstroke is told from it by its writer alone.
pub(super) fn seven_level(p: &mut Path, r: &mut Stream, crossed: bool) {
    seven(p, r, crossed, 0.25);
}

/// With a stem that ends in a wide curve to the left, below the loop, or in a flat base.
pub(super) fn nine_hooked(p: &mut Path, r: &mut Stream) {
    let right = nine_loop(p, r);
    let x = right + r.range(-0.08, 0.1);
    p.to(x, r.range(0.56, 0.76));
    p.to(x - r.range(0.04, 0.16), r.range(0.9, 0.98));
    let left = r.range(-0.2, 0.16);
    p.to(0.5 * (x + left), r.range(0.95, 1.02));
    p.to(left, r.range(0.8, 1.0));
}
