//! Which neighbouring pieces of ink make a digit together: of all ways to part a line into groups, the one that the network
//! and the pieces' sizes and gaps speak for most (dynamic programming, as in Casey & Lecolinet 1996, section 4). A group that
//! cannot be in it, whatever the network would say, need not be asked about.

use std::ops::Range;

use super::Area;
use super::judge::Opinion;
use super::reading::Mark;
use super::segment::Part;

/// The smallest piece that is not parted further.
pub struct Atom {
    pub part: Part,
    /// Where it was cut from the atom on its left: how many strokes' widths of ink the cut goes through.
    pub cut: Option<f32>,
}

/// Neighbours that may be a digit together: atoms `first..end` of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub first: usize,
    pub end: usize,
}

/// A span, and what is thought of it, once the network was asked.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub span: Span,
    pub opinion: Option<Opinion>,
}

/// What a span was taken for.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    Digit(Opinion),
    Mark(Mark),
    NoDigit(Opinion),
}

/// No group is wider than this many heights of a digit.
const WIDEST: f32 = 1.5;
/// A digit that is wider than this many of its heights is the less likely, the wider: by this in logarithms.
const WIDE: f32 = 0.9;
const TOO_WIDE: f32 = 3.0;
/// Ink that lies further apart than this many heights is not one digit's.
const FURTHEST: f32 = 0.3;
/// What a share of nothing counts as.
const LEAST: f32 = 1e-3;
/// Costs, in logarithms of a share: to cut connected ink, and that for each stroke that is cut through; to join what lies apart, and that once more for each height
/// between; to call something a mark, or no digit.
const CUT: f32 = 2.5;
const CUT_STROKE: f32 = 0.5;
const JOIN: f32 = 0.15;
const GAP: f32 = 2.0;
const MARK: f32 = 0.3;
const NO_DIGIT: f32 = 2.0;

/// A point is at most this share of the line's height high and wide, and not twice as wide as high; a dash at most so high, so many of
/// the line's heights wide, so many of its own, and neither at the top of the line nor at its foot.
const POINT: f32 = 0.3;
const DASH_HIGH: f32 = 0.35;
const DASH_WIDE: Range<f32> = 0.2..1.3;
const DASH_LONG: f32 = 1.5;
const DASH_PLACE: Range<f32> = 0.15..0.9;

/// The spans of at most `most` atoms that can be asked about, in order, for a line whose digits are `height` pixels high. Among them are
/// each atom alone, and what was one part before it was cut: a wide 0 may be one digit after all.
pub fn spans(atoms: &[Atom], height: f32, most: usize) -> Vec<Span> {
    let mut spans = Vec::new();
    for first in 0..atoms.len() {
        let mut area = atoms[first].part.area;
        spans.push(Span { first, end: first + 1 });
        for (next, atom) in atoms.iter().enumerate().skip(first + 1).take(most - 1) {
            let gap = area.columns_between(&atom.part.area) as f32;
            area = area.with(&atom.part.area);
            let size = area.height.max(1) as f32;
            if gap > FURTHEST * height || area.width as f32 > WIDEST * height.max(size) {
                break;
            }
            spans.push(Span { first, end: next + 1 });
        }
        if !is_cut(atoms, first) {
            let whole = whole(atoms, Span { first, end: first + 1 });
            if spans.last().is_some_and(|last| last.end < whole.end) {
                spans.push(whole);
            }
        }
    }
    spans
}

/// Whether an atom was cut from the one before it.
pub fn is_cut(atoms: &[Atom], at: usize) -> bool {
    atoms.get(at).is_some_and(|atom| atom.cut.is_some())
}

/// Whether a span was cut from nothing that it touches.
pub fn stands_apart(atoms: &[Atom], span: Span) -> bool {
    !is_cut(atoms, span.first) && !is_cut(atoms, span.end)
}

/// A span with all that it was cut from.
pub fn whole(atoms: &[Atom], Span { mut first, mut end }: Span) -> Span {
    while first > 0 && is_cut(atoms, first) {
        first -= 1;
    }
    while is_cut(atoms, end) {
        end += 1;
    }
    Span { first, end }
}

/// The box of a span.
pub fn area(atoms: &[Atom], span: Span) -> Area {
    let areas = atoms[span.first..span.end].iter().map(|atom| atom.part.area);
    areas.reduce(|all, area| all.with(&area)).unwrap_or(Area::all(0, 0))
}

/// A group, by its number, and what it is taken for: nothing yet where the network is to be asked first.
pub type Taken = (usize, Option<Verdict>);

/// The groups that part the line best, left to right. Until the network was asked about a group all is hoped of it, so once it was
/// asked about each that is returned, no other way to part the line can be better.
pub fn best(atoms: &[Atom], groups: &[Group], height: f32) -> Vec<Taken> {
    let line = area(atoms, Span { first: 0, end: atoms.len() });
    // For each number of atoms from the left: the best value, and the last group on the way to it.
    let mut ways: Vec<(f32, Option<Taken>)> = vec![(f32::NEG_INFINITY, None); atoms.len() + 1];
    ways[0].0 = 0.0;
    // Groups come by their first atom, so that the ways to it are known.
    for (number, &Group { span, opinion }) in groups.iter().enumerate() {
        let (value, verdict) = match opinion {
            Some(opinion) => {
                let (value, verdict) = verdict(atoms, span, &opinion, height, &line);
                (value, Some(verdict))
            }
            None => (hope(atoms, span, height, &line), None),
        };
        let value = ways[span.first].0 + value;
        if value > ways[span.end].0 {
            ways[span.end] = (value, Some((number, verdict)));
        }
    }
    let mut chosen = Vec::new();
    let mut end = atoms.len();
    while let Some((number, verdict)) = ways[end].1 {
        chosen.push((number, verdict));
        end = groups[number].span.first;
    }
    chosen.reverse();
    chosen
}

/// The most that can speak for a span, whatever the network says of it.
fn hope(atoms: &[Atom], span: Span, height: f32, line: &Area) -> f32 {
    let value = |opinion| verdict(atoms, span, &opinion, height, line).0;
    value(Opinion::SURE).max(value(Opinion::NONE))
}

/// What a span is taken for, and how much speaks for it. Each atom counts once, however atoms are grouped.
fn verdict(atoms: &[Atom], span: Span, opinion: &Opinion, height: f32, line: &Area) -> (f32, Verdict) {
    let members = &atoms[span.first..span.end];
    let area = area(atoms, span);
    let weight = members.len() as f32;
    let joined: f32 = members
        .windows(2)
        .filter(|pair| pair[1].cut.is_none())
        .map(|pair| JOIN + GAP * pair[0].part.area.columns_between(&pair[1].part.area) as f32 / height)
        .sum();
    let cut = members[0].cut.map_or(0.0, |strokes| CUT + CUT_STROKE * strokes.min(4.0));
    let share = |share: f32| share.max(LEAST).ln();
    let tall = area.height.max(area.width) as f32 / height;
    let small = (4.0 * (0.5 - tall)).max(0.0);
    let wide = (area.width as f32 / area.height.max(1) as f32 - WIDE).max(0.0);
    let mut found = (
        weight * (share(opinion.confidence()) - small) - TOO_WIDE * wide * wide - joined - cut,
        Verdict::Digit(*opinion),
    );
    let mut consider = |value: f32, verdict: Verdict| {
        if value > found.0 {
            found = (value, verdict);
        }
    };
    // Ink is cut to find digits in it, not scraps, nor points and dashes.
    if stands_apart(atoms, span) {
        consider(weight * (share(1.0 - opinion.digit) - NO_DIGIT) - joined, Verdict::NoDigit(*opinion));
        if let (1, Some(mark)) = (members.len(), mark(&area, height, line)) {
            consider(-MARK, Verdict::Mark(mark));
        }
    }
    found
}

/// The mark that something of this shape and place would be.
fn mark(area: &Area, height: f32, line: &Area) -> Option<Mark> {
    let (high, wide) = (area.height as f32 / height, area.width as f32 / height);
    let place = (area.y as f32 + area.height as f32 / 2.0 - line.y as f32) / line.height.max(1) as f32;
    if high <= POINT && wide <= POINT && wide <= 2.0 * high.max(0.1) {
        Some(Mark::Point)
    } else if high <= DASH_HIGH
        && DASH_WIDE.contains(&wide)
        && wide >= DASH_LONG * high
        && DASH_PLACE.contains(&place)
    {
        Some(Mark::Dash)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::segment::Run;
    use super::*;
    use crate::random::{Purpose, Stream};

    /// A part 20 pixels wide and high for each, `cut` from the one on its left or apart from it.
    fn atoms(cut: &[bool]) -> Vec<Atom> {
        let atom = |(index, &cut): (usize, &bool)| {
            let runs = (0..20).map(|y| Run { y, start: 20 * index, end: 20 * index + 20 }).collect();
            Atom { part: Part::of(runs, 255.0).unwrap(), cut: cut.then_some(0.5) }
        };
        cut.iter().enumerate().map(atom).collect()
    }

    fn opinion(digit: usize, share: f32) -> Opinion {
        let mut digits = [(1.0 - share) / 9.0; 10];
        digits[digit] = share;
        Opinion { digits, digit: share }
    }

    #[test]
    fn what_was_one_part_is_asked_about_whole_however_wide_it_is() {
        let ends = |cut: &[bool]| {
            spans(&atoms(cut), 20.0, 16).iter().map(|span| (span.first, span.end)).collect::<Vec<_>>()
        };
        assert_eq!(ends(&[false, true, true]), [(0, 1), (0, 3), (1, 2), (2, 3)]);
        assert_eq!(ends(&[false, true, false, true]), [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4)]);
        assert_eq!(ends(&[false, false]), [(0, 1), (1, 2)]);
    }

    #[test]
    fn a_wide_digit_stays_whole_where_its_pieces_are_not_believed() {
        let atoms = atoms(&[false, true]);
        let spans = spans(&atoms, 20.0, 16);
        let chosen = |whole: f32, pieces: f32| {
            let groups: Vec<Group> = spans
                .iter()
                .map(|&span| {
                    let opinion =
                        if span.end - span.first == 2 { opinion(0, whole) } else { opinion(7, pieces) };
                    Group { span, opinion: Some(opinion) }
                })
                .collect();
            best(&atoms, &groups, 20.0)
                .iter()
                .map(|(group, _)| (spans[*group].first, spans[*group].end))
                .collect::<Vec<_>>()
        };
        assert_eq!(chosen(0.9, 0.2), [(0, 2)]);
        assert_eq!(chosen(0.1, 0.99), [(0, 1), (1, 2)]);
    }

    #[test]
    fn asking_only_about_what_may_be_best_chooses_as_if_all_were_known() {
        let (mut asked, mut all) = (0, 0);
        for index in 0..2000 {
            let r = &mut Stream::new(1, Purpose::Corruption, index, 90);
            let mut right = 0;
            let atoms: Vec<Atom> = (0..1 + r.below(8))
                .map(|number| {
                    let cut = (number > 0 && r.chance(50)).then_some(r.range(0.0, 3.0));
                    let start = right + if cut.is_some() { 0 } else { r.below(8) as usize };
                    right = start + 2 + r.below(18) as usize;
                    let top = r.below(10) as usize;
                    let runs = (top..top + 2 + r.below(20) as usize).map(|y| Run { y, start, end: right });
                    Atom { part: Part::of(runs.collect(), 255.0).unwrap(), cut }
                })
                .collect();
            let spans = spans(&atoms, 20.0, 16);
            let said: Vec<Opinion> = (0..spans.len())
                .map(|_| Opinion {
                    digit: r.unit().sqrt(),
                    ..opinion(r.below(10) as usize, 1.0 - r.unit().powi(4))
                })
                .collect();
            let group = |(&span, &opinion): (&Span, &Opinion)| Group { span, opinion: Some(opinion) };
            let known: Vec<Group> = spans.iter().zip(&said).map(group).collect();
            let mut groups: Vec<Group> = spans.iter().map(|&span| Group { span, opinion: None }).collect();
            let chosen = loop {
                let chosen = best(&atoms, &groups, 20.0);
                let open: Vec<usize> =
                    chosen.iter().filter(|(_, verdict)| verdict.is_none()).map(|&(group, _)| group).collect();
                if open.is_empty() {
                    break chosen;
                }
                open.iter().for_each(|&group| groups[group].opinion = Some(said[group]));
                asked += open.len();
            };
            all += spans.len();
            assert_eq!(format!("{chosen:?}"), format!("{:?}", best(&atoms, &known, 20.0)), "line {index}");
        }
        assert!(4 * asked < 3 * all, "{asked} of {all}");
    }
}
