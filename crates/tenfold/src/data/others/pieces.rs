//! Pieces of digits, digits lying on their side, and several digits in one image. Cut only where what is left is no
//! other digit: not the upper half of a 9, which is a 0, nor the lower half of a 7 or the left of a 0, which are 1s.

use super::super::strokes::ink::Dab;
use super::super::strokes::path::Path;
use super::super::strokes::{self, PIXELS, glyphs};
use super::hand;
use crate::random::Stream;

/// Which part of a digit is left.
#[derive(Clone, Copy)]
enum Part {
    Top,
    Bottom,
    Left,
}

#[rustfmt::skip]
const PIECES: [(usize, Part); 13] = [
    (0, Part::Top), (0, Part::Bottom),
    (2, Part::Bottom), (2, Part::Left), (3, Part::Bottom), (3, Part::Left),
    (4, Part::Top), (4, Part::Left), (5, Part::Top), (5, Part::Bottom), (5, Part::Left),
    (7, Part::Left), (8, Part::Left),
];

/// Digits that are nothing when they lie on their side; a slanted 1 that lies still looks like one.
const LYING: [usize; 6] = [2, 3, 4, 5, 7, 8];

/// A piece of a digit, or a digit on its side.
pub(super) fn piece(r: &mut Stream) -> [u8; PIXELS] {
    let hand = hand(r);
    if r.chance(25) {
        let digit = LYING[r.below(LYING.len() as u32) as usize];
        let mut strokes = hand.write(&mut digit_path(digit, r), r);
        let way = if r.chance(50) { 1.0 } else { -1.0 };
        for dab in strokes.iter_mut().flatten() {
            (dab.x, dab.y) = (way * dab.y, -way * dab.x);
        }
        return strokes::finish(&hand, &mut strokes, r);
    }
    let (digit, left) = PIECES[r.below(PIECES.len() as u32) as usize];
    // The top of a 4 like a bolt of lightning is a lone diagonal, which is a 1.
    let mut path = match (digit, left) {
        (4, Part::Top) => glyphs::write(glyphs::choose(4, true, r), r),
        _ => digit_path(digit, r),
    };
    let strokes = hand.write(&mut path, r);
    let share = r.range(0.4, 0.56);
    strokes::finish(&hand, &mut cut(&strokes, left, share), r)
}

/// Two or three digits side by side, near or touching.
pub(super) fn several(r: &mut Stream) -> [u8; PIXELS] {
    let hand = hand(r);
    let digits = if r.chance(70) { 2 } else { 3 };
    let mut all: Vec<Vec<Dab>> = Vec::new();
    let mut end = 0.0;
    for place in 0..digits {
        let mut strokes = hand.write(&mut digit_path(r.below(10) as usize, r), r);
        let [left, right, ..] = bounds(&strokes);
        let gap = if place == 0 { 0.0 } else { r.range(-0.08, 0.25) };
        let sink = 0.08 * r.normal();
        for dab in strokes.iter_mut().flatten() {
            dab.x += end + gap - left;
            dab.y += sink;
            // Each is smaller than a digit alone, and so is its pen.
            dab.radius *= 0.75;
        }
        end += gap + (right - left).max(0.12);
        all.append(&mut strokes);
    }
    strokes::finish(&hand, &mut all, r)
}

fn digit_path(digit: usize, r: &mut Stream) -> Path {
    glyphs::write_rarely(glyphs::choose(digit, true, r), r)
}

/// [left, right, top, bottom] of the pen's path.
fn bounds(strokes: &[Vec<Dab>]) -> [f32; 4] {
    strokes.iter().flatten().fold([f32::MAX, f32::MIN, f32::MAX, f32::MIN], |b, dab| {
        [b[0].min(dab.x), b[1].max(dab.x), b[2].min(dab.y), b[3].max(dab.y)]
    })
}

/// The part of the strokes that lies within `share` of the digit's width or height.
fn cut(strokes: &[Vec<Dab>], part: Part, share: f32) -> Vec<Vec<Dab>> {
    let [left, right, top, bottom] = bounds(strokes);
    let stays = |dab: &Dab| match part {
        Part::Top => dab.y <= top + share * (bottom - top),
        Part::Bottom => dab.y >= bottom - share * (bottom - top),
        Part::Left => dab.x <= left + share * (right - left),
    };
    let runs = strokes.iter().flat_map(|stroke| stroke.split(|dab| !stays(dab)));
    runs.filter(|run| !run.is_empty()).map(<[Dab]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_leaves_the_part_and_breaks_strokes() {
        let dab = |x: f32, y: f32| Dab { x, y, radius: 1.0 };
        let strokes = [vec![dab(0.0, 0.0), dab(0.0, 1.0), dab(1.0, 0.2), dab(1.0, 1.0)]];
        let top = cut(&strokes, Part::Top, 0.5);
        assert_eq!(top.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
        assert_eq!((top[0][0].x, top[1][0].x), (0.0, 1.0));
        assert_eq!(cut(&strokes, Part::Bottom, 0.5).len(), 2);
        assert_eq!(bounds(&strokes), [0.0, 1.0, 0.0, 1.0]);
    }
}
