//! Punctuation, signs of arithmetic and small drawings as pen strokes. Left out is what is a digit once it fills the box: a
//! comma, a bracket and a slash are 1s, a square box is a 0.

use super::super::strokes::path::{Arc, Path};
use super::letters::{Glyph, varied};
use crate::random::Stream;

#[rustfmt::skip]
const SIGNS: [Glyph; 25] = [
    // Dash, equals, identical.
    "0,.5 .8,.5", "0,.48 .4,.52 .8,.48", "0,.5 .9,.5",
    "0,.35 .8,.35 | 0,.65 .8,.65",
    "0,.25 .8,.25 | 0,.5 .8,.5 | 0,.75 .8,.75",
    // Plus, divided by, plus-minus.
    "0,.5 .8,.5 | .4,.1 .4,.9", "0,.5 .9,.5 | .45,0 .45,1",
    "0,.5 .8,.5 | .4,.12 .41,.12 | .4,.88 .41,.88",
    "0,.4 .8,.4 | .4,0 .4,.8 | 0,1 .8,1",
    // Asterisk, hash.
    "0,.25 .8,.75 | .8,.25 0,.75 | .4,0 .4,1",
    ".25,0 .15,1 | .6,0 .5,1 | 0,.33 .8,.33 | 0,.66 .78,.66",
    // Question mark, colon, quotes, ellipsis.
    "0,.25 .1,.02 .45,.02 .5,.25 .25,.45 .24,.68 | .24,.96 .24,.98",
    ".1,.1 .11,.1 | .1,.9 .11,.9",
    "0,0 0,.8 | .35,0 .35,.8",
    "0,.5 .01,.5 | .4,.5 .41,.5 | .8,.5 .81,.5",
    // Less, greater, tilde, caret, tick, root.
    ".7,.1 0,.5! .7,.9", "0,.1 .7,.5! 0,.9",
    "0,.5 .2,.35 .45,.62 .7,.45",
    "0,.6 .3,0! .6,.6",
    "0,.55 .22,.95! .7,0",
    "0,.6 .12,.55! .3,1! .45,0! .9,0",
    // Brace, arrows, star.
    ".4,0 .2,.05 .22,.4 0,.5! .22,.6 .2,.95 .4,1",
    "0,.5 .9,.5 | .62,.25 .9,.5! .62,.75",
    ".4,0 .4,1 | .1,.3 .4,0! .7,.3",
    ".2,1 .45,0! .7,1! .05,.38! .85,.38! .2,1",
];

/// A sign, or a filled dot.
pub(super) fn sign(r: &mut Stream) -> Path {
    match r.below(12) {
        0 => dot(r),
        1 => percent(r),
        _ => varied(SIGNS[r.below(SIGNS.len() as u32) as usize], r),
    }
}

/// A round filled with turns of the pen.
fn dot(r: &mut Stream) -> Path {
    let mut path = Path::default();
    let wide = r.range(0.35, 0.6);
    path.start(0.5, 0.5);
    for turn in 1..=8 {
        let size = turn as f32 / 8.0;
        path.arc(&Arc {
            centre: [0.5, 0.5],
            radii: [wide * size, 0.5 * size],
            degrees: [0.0, 360.0],
            spiral: 0.1,
            lean: 0.0,
        });
    }
    path
}

fn percent(r: &mut Stream) -> Path {
    let mut path = Path::default();
    path.start(r.range(0.0, 0.15), 1.0).to(r.range(0.55, 0.75), 0.0);
    for centre in [[0.12, 0.25], [0.6, 0.75]] {
        let radii = [r.range(0.1, 0.17), r.range(0.12, 0.2)];
        path.start(centre[0] + radii[0], centre[1]);
        path.arc(&Arc { centre, radii, degrees: [0.0, 370.0], spiral: 0.0, lean: 0.0 });
    }
    path
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_glyph_can_be_read() {
        super::super::letters::check(&super::SIGNS);
    }
}
