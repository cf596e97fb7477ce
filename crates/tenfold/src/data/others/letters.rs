//! Letters as pen strokes. Left out are those that are digits in some hands: O o D Q (0), I i l r (1), Z z (2), Y y (4),
//! S s (5), G b (6), B (8), a g q (9).

use super::super::strokes::path::Path;
use crate::random::Stream;

/// Strokes, separated by `|`, each a list of nodes `x,y`; `!` after a node is a sharp turn. x runs from 0 to about 0.7, y from 0
/// (top) to 1.
pub(super) type Glyph = &'static str;

#[rustfmt::skip]
const LETTERS: [Glyph; 46] = [
    // A, with a straight or a round top.
    "0,1 .3,0! .6,1 | .12,.62 .48,.62",
    "0,1 .1,.2 .32,0 .52,.2 .6,1 | .05,.6 .56,.58",
    // C, wide open.
    ".6,.16 .35,0 .06,.28 .06,.72 .35,1 .64,.84",
    // d, e.
    ".45,.5 .2,.4 0,.7 .2,1 .45,.75! .48,0! .5,.8 .62,1",
    "0,.55 .6,.5! .5,.1 .2,0 0,.5 .2,.95 .62,.85",
    // E, angular and round.
    ".55,0 0,0! 0,1! .56,1 | 0,.5 .45,.5",
    ".55,.1 .2,0 .05,.25 .36,.48! .03,.72 .2,1 .6,.88",
    // F, f.
    ".58,0 0,0! 0,1 | 0,.48 .45,.48",
    ".6,.1 .42,0 .26,.25 .22,1 | 0,.42 .5,.4",
    ".6,.06 .4,.02 .3,.3 .3,.75 .14,1 0,.9 | .08,.42 .55,.4",
    // H, h.
    "0,0 0,1 | .6,0 .6,1 | 0,.5 .6,.5",
    "0,0 0,1! .05,.6 .28,.44 .46,.6 .48,1",
    // J, j.
    ".5,0 .5,.7 .3,1 .05,.9 0,.68",
    ".35,.28 .35,.8 .15,1 0,.85 | .36,.02 .37,.04",
    // K, k.
    "0,0 0,1 | .55,0 0,.55! .6,1",
    "0,0 0,1 | .42,.4 0,.72! .46,1",
    // L.
    "0,0 0,1! .58,1",
    "0,0 .02,.9 .15,1 .6,.95",
    // M, m.
    "0,1 .05,0! .35,.6! .65,0! .7,1",
    "0,1 0,0! .35,.9! .7,0! .7,1",
    "0,0 0,1! .02,.3 .2,.02 .35,.3 .36,1! .38,.3 .55,.02 .7,.3 .72,1",
    // N, n.
    "0,1 0,0! .55,1! .55,0",
    "0,0 0,1! .05,.3 .3,.02 .5,.3 .52,1",
    // P, p.
    "0,1 0,0 | 0,.05 .4,0 .55,.25 .35,.5 0,.52",
    "0,0 0,1 | 0,.15 .25,0 .45,.22 .25,.5 0,.42",
    // R.
    "0,1 0,0 | 0,.05 .4,0 .54,.22 .35,.46 0,.5! .58,1",
    // T, t.
    "0,0 .7,0 | .35,0 .35,1",
    "0,.04 .8,0 | .4,.02 .38,1",
    ".25,0 .25,.8 .4,1 .6,.9 | 0,.3 .55,.3",
    // U, u.
    "0,0 .02,.7 .3,1 .58,.7 .6,0",
    "0,0 .05,.8 .3,1 .5,.7! .5,0! .52,.8 .65,1",
    // V, W, X.
    "0,0 .3,1! .6,0",
    "0,0 .18,1! .35,.35! .52,1! .7,0",
    "0,0 .05,.8 .2,1 .36,.3! .5,1 .66,.7 .72,0",
    "0,0 .6,1 | .6,0 0,1",
    "0,.05 .2,.1 .45,.9 .65,.95 | .62,0 0,1",
    // Other alphabets.
    "0,1! .35,0! .7,1! 0,1",
    "0,0 0,1! .55,0! .55,1",
    "0,0 .6,1 | .6,0 0,1 | .3,0 .3,1",
    "0,0 0,1! .7,1! .7,0 | .35,0 .35,1",
    "0,1 0,0! .6,0! .6,1",
    "0,.1 .7,.05 | .2,.1 .15,1 | .5,.08 .52,.9 .62,1",
    "0,1 0,0! .55,0",
    "0,.1 .8,.1 | .4,.1 .4,1 | 0,1 .8,1 | .1,.55 .7,.55",
    "0,.3 .8,.3 | .4,0 .38,.4 .05,1 | .4,.4 .75,1",
    "0,0 0,1! .7,1! .7,0! 0,0 | 0,.5 .7,.5 | .35,0 .35,1",
];

/// A letter.
pub(super) fn letter(r: &mut Stream) -> Path {
    varied(LETTERS[r.below(LETTERS.len() as u32) as usize], r)
}

/// A glyph with other proportions each time.
pub(super) fn varied(glyph: Glyph, r: &mut Stream) -> Path {
    let mut path = Path::default();
    let wide = r.range(0.75, 1.3);
    let err = r.range(0.0, 0.045);
    for stroke in glyph.split('|') {
        for (place, node) in stroke.split_whitespace().enumerate() {
            let Some((x, y)) = parse(node) else { continue };
            let (x, y) = (wide * x + err * r.normal(), y + err * r.normal());
            match (place, node.ends_with('!')) {
                (0, _) => path.start(x, y),
                (_, true) => path.corner(x, y),
                (_, false) => path.to(x, y),
            };
        }
    }
    path
}

fn parse(node: &str) -> Option<(f32, f32)> {
    let (x, y) = node.trim_end_matches('!').split_once(',')?;
    Some((x.parse().ok()?, y.parse().ok()?))
}

/// Checks a table of glyphs.
#[cfg(test)]
pub(super) fn check(glyphs: &[Glyph]) {
    for glyph in glyphs {
        for stroke in glyph.split('|') {
            assert!(stroke.split_whitespace().count() >= 2, "{glyph}");
            for node in stroke.split_whitespace() {
                let (x, y) = parse(node).unwrap_or((9.0, 9.0));
                assert!((0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y), "{glyph}: {node}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_glyph_can_be_read() {
        super::check(&super::LETTERS);
    }
}
