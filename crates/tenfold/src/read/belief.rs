//! How far a reading can be believed, and which of two is the better one. Reads nothing.

use super::Area;
use super::page::DOUBTFUL;
use super::reading::{Digit, Reading};

/// A digit less likely than this counts as none while ways to read a picture are weighed, whatever is asked for: what is
/// listed in the end must not change what is read.
pub const LEAST: f32 = 0.35;
/// How much more a reading must be believed to be taken although less speaks for it: what is not believed may be a shadow, or what
/// lies between strokes, and what lies inside a 0 looks like a 1.
pub const MUCH: f32 = 0.1;
/// How much less it may be believed where it finds more.
const LITTLE: f32 = 0.05;
/// What is less likely a digit than this surely is none.
const SURELY_NONE: f32 = 0.05;
/// So many digits are no longer one that falls apart.
const SEVERAL: usize = 2;
/// Pieces fill a box that they are this share of, and two boxes that share so much are one.
const ALIKE: f32 = 0.8;

/// The digits of a reading that are at least so likely.
pub fn digits(reading: &Reading, least: f32) -> impl Iterator<Item = &Digit> {
    reading.digits.iter().filter(move |digit| digit.confidence >= least)
}

/// How far a reading can be believed: mean confidence, what was rejected counting as none, and so what is only listed because
/// less than [`LEAST`] was asked for.
pub fn belief(reading: &Reading) -> f32 {
    let sum: f32 = digits(reading, LEAST).map(|digit| digit.confidence).sum();
    sum / (reading.digits.len() + reading.rejected.len()).max(1) as f32
}

/// The same of a reading of all that lies in `area`: a digit that reaches from one side to the other is doubted, since none is written
/// so, though one may be cut out so closely.
pub fn belief_in(reading: &Reading, area: &Area) -> f32 {
    let across = digits(reading, LEAST).any(|digit| digit.area.reaches_across(area));
    belief(reading).min(if across { DOUBTFUL - MUCH } else { 1.0 })
}

/// The box that what was found fills, in pieces: a sheet of paper, perhaps, that was cut.
pub fn filled_in_pieces(found: &Reading) -> Option<Area> {
    let areas =
        found.digits.iter().map(|digit| digit.area).chain(found.rejected.iter().map(|none| none.area));
    let all = areas.clone().reduce(|all, area| all.with(&area))?;
    let (pieces, pixels) = areas.fold((0, 0), |(pieces, pixels), area| (pieces + 1, pixels + area.pixels()));
    (pieces > 1 && pixels as f32 >= ALIKE * all.pixels() as f32).then_some(all)
}

/// Whether two boxes are about the same.
pub fn is_alike(one: &Area, other: &Area) -> bool {
    let smaller = one.pixels().min(other.pixels());
    smaller as f32 >= ALIKE * one.with(other).pixels() as f32
}

/// Whether there may be more digits than were found, however far those are believed: where there are several, others may lie in the shade.
pub fn may_lack_some(found: &Reading) -> bool {
    digits(found, LEAST).count() >= SEVERAL
}

/// Whether all that was found is one thing, and surely no digit.
pub fn is_surely_none(found: &Reading) -> bool {
    found.digits.is_empty() && matches!(&found.rejected[..], [one] if one.best.confidence < SURELY_NONE)
}

/// Digits that can be relied on.
fn sure(reading: &Reading) -> usize {
    digits(reading, DOUBTFUL).count()
}

/// Whether there are several digits that can be relied on.
pub fn has_several(found: &Reading) -> bool {
    sure(found) >= SEVERAL
}

/// Whether what was read in another way is to be taken instead of what was found: it is believed much more and lacks none of several
/// sure digits, or is believed hardly less and finds more.
pub fn is_better(next: &Reading, found: &Reading) -> bool {
    let believed = belief(next) - belief(found);
    let loses_some = has_several(found) && sure(next) < sure(found);
    (believed > MUCH && !loses_some)
        || (may_lack_some(found) && believed > -LITTLE && sure(next) > sure(found))
}

#[cfg(test)]
mod tests {
    use super::super::reading::Alternative;
    use super::*;

    #[test]
    fn a_digit_counts_the_same_whether_it_is_listed_or_not() {
        let area = Area::all(1, 1);
        let alternatives = [Alternative { digit: 7, confidence: 0.1 }; 2];
        let digit = |confidence| Digit { digit: 1, confidence, area, line: 0, alternatives };
        let all = Reading { digits: vec![digit(0.9), digit(0.3), digit(LEAST)], ..Reading::default() };
        let mut some = all.clone();
        some.refuse_below(LEAST);
        assert_eq!((some.digits.len(), some.rejected.len()), (2, 1));
        assert_eq!(belief(&all), belief(&some));
        assert_eq!(belief(&some), (0.9 + LEAST) / 3.0);
        let two = Reading { digits: vec![digit(0.9), digit(0.3)], ..Reading::default() };
        assert!(may_lack_some(&all) && may_lack_some(&some) && !may_lack_some(&two));
    }

    #[test]
    fn a_digit_that_reaches_across_is_doubted_so_that_a_sheet_is_tried() {
        let picture = Area::all(50, 80);
        let alternatives = [Alternative { digit: 7, confidence: 0.0 }; 2];
        let believed = |area, confidence| {
            let digit = Digit { digit: 6, confidence, area, line: 0, alternatives };
            belief_in(&Reading { digits: vec![digit], ..Reading::default() }, &picture)
        };
        let (inside, across) =
            (Area { x: 5, y: 1, width: 30, height: 48 }, Area { x: 0, y: 0, width: 60, height: 50 });
        assert_eq!(believed(inside, 0.99), 0.99);
        assert!(believed(across, 0.99) < DOUBTFUL);
        assert_eq!(believed(across, 0.5), 0.5);
    }

    #[test]
    fn pieces_that_fill_a_box_may_be_a_sheet() {
        let alternatives = [Alternative { digit: 7, confidence: 0.0 }; 2];
        let of = |areas: &[[usize; 4]]| {
            let digit = |&[x, y, width, height]: &[usize; 4]| {
                let area = Area { x, y, width, height };
                Digit { digit: 1, confidence: 0.95, area, line: 0, alternatives }
            };
            filled_in_pieces(&Reading { digits: areas.iter().map(digit).collect(), ..Reading::default() })
        };
        let sheet = Area { x: 20, y: 30, width: 100, height: 60 };
        let filled = of(&[[20, 30, 12, 60], [31, 32, 70, 58], [100, 30, 20, 58]]);
        assert!(filled.is_some_and(|filled| is_alike(&filled, &sheet)));
        // One digit, and digits that stand apart.
        assert_eq!(of(&[[20, 30, 100, 60]]), None);
        assert_eq!(of(&[[20, 30, 20, 60], [60, 30, 20, 60], [100, 30, 20, 60]]), None);
        assert!(!is_alike(&sheet, &Area { width: 75, ..sheet }));
    }

    #[test]
    fn better_is_what_is_believed_much_more_or_finds_more_than_several() {
        let area = Area::all(1, 1);
        let alternatives = [Alternative { digit: 7, confidence: 0.0 }; 2];
        let of = |sure: &[f32]| Reading {
            digits: sure
                .iter()
                .map(|&confidence| Digit { digit: 1, confidence, area, line: 0, alternatives })
                .collect(),
            ..Reading::default()
        };
        for (next, found, better) in [
            (&[0.9][..], &[0.7][..], true),
            (&[0.9], &[0.85], false),
            // One digit that falls apart, and a page that lacks one.
            (&[0.99, 0.99], &[0.95], false),
            (&[0.99, 0.99, 0.99], &[0.99, 0.99], true),
            (&[0.99, 0.9, 0.99], &[0.99, 0.99], true),
            (&[0.99, 0.5, 0.99], &[0.99, 0.99], false),
            (&[0.99, 0.99], &[0.99, 0.99, 0.99], false),
            // Fewer, though what else was found is not believed.
            (&[0.99, 0.99], &[0.95, 0.95, 0.95, 0.4, 0.4], false),
            (&[0.99], &[0.95, 0.4, 0.4], true),
        ] {
            assert_eq!(is_better(&of(next), &of(found)), better, "{next:?} {found:?}");
        }
    }
}
