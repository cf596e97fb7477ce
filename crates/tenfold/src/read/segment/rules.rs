//! Takes away what is printed on paper for others to write on, rules and squares, and the dark strip that a scanner leaves
//! at a picture's edge. What crosses a rule stays whole. Ink that is only long, like the foot of a 2, stays too.

use std::cmp::Reverse;

use super::crumbs::without_crumbs;
use super::lines::typical_height;
use super::strange::{STRIP_THICK, parted, written};
use super::{Part, Run, parts};
use crate::read::histogram::Histogram;
use crate::read::prepare::Ink;
use crate::read::runs;
use crate::read::{Area, Picture};

/// A rule is longer than this many heights of the ink it is part of: that is about the height of what is written on it.
const LONG: f32 = 2.5;
/// What may be a rule is at least this share of the picture's side.
const SHARE: f32 = 0.25;
/// Ruled paper has rules that are at least this share of the picture's side, this many times as long as thick, and this
/// many.
const ACROSS: f32 = 0.8;
const THIN: usize = 15;
const MANY: usize = 3;
/// Rules that have at most this share of the writing's ink are told from it by that.
const FAINT: f32 = 0.75;
/// What is more than this many times as thick as a rule, and a pixel, is none.
const THICKER: f32 = 1.5;
/// A rule from edge to edge is one without others beside it, where it is at most this share of a stroke thick.
const FINE: f32 = 0.5;
/// A strip at the picture's edge is at least this share of its side long.
const STRIP: f32 = 0.4;
/// Rules are looked for among so many pieces; a rough surface has more, none of them long.
const MOST_PIECES: usize = 2000;

/// The parts of the ink that are writing, or could be.
pub fn without_rules(ink: &mut Ink) -> Vec<Part> {
    let found = find(ink);
    if !rise_above(ink, &found) {
        return without_found(ink, found);
    }
    let size = [ink.levels.height, ink.levels.width];
    let left = find(ink);
    let rules = found.map(|found| found.into_iter().filter(is_thin).collect());
    without_crumbs(without_found(ink, left), &rules, size)
}

/// What may be rules, and uprights: stretches of the picture, and of the [turned](Picture::turned) one.
fn find(ink: &Ink) -> [Vec<Part>; 2] {
    [stretches(&ink.levels, ink.low, ink.stroke), stretches(&ink.levels.turned(), ink.low, ink.stroke)]
}

/// The writing without those of the stretches that are rules or uprights.
fn without_found(ink: &mut Ink, mut found: [Vec<Part>; 2]) -> Vec<Part> {
    if found.iter().all(Vec::is_empty) {
        return written(ink);
    }
    // Whole boxes go first: of one whose upper and lower sides went as rules the other two would be left.
    let (whole, boxes) = parted(parts(&ink.levels, ink.low, ink.threshold));
    let whole: Vec<Area> = whole.iter().map(|part| part.area).collect();
    if !boxes.is_empty() {
        boxes.iter().for_each(|part| erase(&mut ink.levels, part, |_| true, false));
        found = find(ink);
    }
    let [rows, columns] = found;
    let (height, width) = (ink.levels.height, ink.levels.width);
    let [ruled, barred] = [(&rows, width), (&columns, height)]
        .map(|(found, side)| found.iter().filter(|rule| is_across(rule, side)).count() >= MANY);
    let long = |Part { area, .. }: &Part| {
        let own = whole.iter().filter(|whole| whole.holds(area)).map(|area| area.height).min();
        let written = typical_height(whole.iter().filter(|whole| !whole.holds(area)));
        let height = written.unwrap_or(width).max(own.unwrap_or(0));
        area.width as f32 > LONG * height as f32
    };
    // One alone, too, where no stroke is so thin.
    let stroke = ink.stroke;
    let is_fine = |rule: &Part, side: usize| {
        let edge_to_edge = rule.area.x <= 1 && rule.area.right() + 1 >= side;
        edge_to_edge && is_thin(rule) && thickness(rule) as f32 <= FINE * stroke
    };
    let is_rule = |rule: &Part| {
        is_strip(rule, height, width)
            || (ruled && is_across(rule, width))
            || is_fine(rule, width)
            || long(rule)
    };
    let rules: Vec<Part> = rows.into_iter().filter(is_rule).collect();
    // The sides of a box are no longer than a digit, but end where its other sides are.
    let reach = (2.0 * ink.stroke) as usize + 2;
    let on_rule = |x: usize, y: usize| {
        let near = |at: usize, from: usize, end: usize| at + reach >= from && at <= end + reach;
        rules.iter().any(|Part { area, .. }| near(x, area.x, area.right()) && near(y, area.y, area.bottom()))
    };
    // A stroke that crosses two rules ends where they are, too, but is thicker.
    let thickest = rules.iter().map(thickness).max().unwrap_or(0);
    let is_side = |side: &Part| {
        let Part { area, .. } = side;
        let x = area.y + area.height / 2;
        on_rule(x, area.x) && on_rule(x, area.right()) && thickness(side) <= as_thick(thickest)
    };
    // A 1 is as long and thin as an upright rule: only squares have those, and what is finer than the strokes.
    let is_upright = |rule: &Part| {
        is_side(rule)
            || is_strip(rule, width, height)
            || (ruled && barred && is_across(rule, height))
            || is_fine(rule, height)
    };
    let uprights: Vec<Part> = columns.into_iter().filter(is_upright).collect();
    rules.iter().for_each(|rule| erase_rule(&mut ink.levels, rule, false));
    uprights.iter().for_each(|rule| erase_rule(&mut ink.levels, rule, true));
    let mut written = written(ink);
    // Where two rules cross, neither is thin: dots are left. A strip at the edge may be thicker than any rule.
    let rules = rules.iter().filter(|rule| !lies_at_edge(rule, height));
    let uprights = uprights.iter().filter(|rule| !lies_at_edge(rule, width));
    let thin = rules.chain(uprights).filter(|rule| is_thin(rule));
    let thickest = thin.map(|rule| rule.pixels.div_ceil(rule.area.width)).max().unwrap_or(0);
    written.retain(|part| part.area.longest() > 2 * thickest);
    written
}

/// Where there are many long thin stretches, fainter than the rest, raises the threshold above them: printed rules mostly are
/// fainter than what is written on them.
fn rise_above(ink: &mut Ink, [rows, columns]: &[Vec<Part>; 2]) -> bool {
    if rows.iter().chain(columns).filter(|part| is_thin(part)).count() <= MANY {
        return false;
    }
    let mut rules = Histogram::new();
    for run in rows.iter().filter(|part| is_thin(part)).flat_map(|part| &part.runs) {
        ink.levels.row(run.y)[run.start..run.end].iter().for_each(|&level| rules.add(level));
    }
    for run in columns.iter().filter(|part| is_thin(part)).flat_map(|part| &part.runs) {
        (run.start..run.end).for_each(|y| rules.add(ink.levels.row(y)[run.y]));
    }
    let mut rest = Histogram::new();
    let low = ink.low;
    ink.levels.pixels.iter().filter(|&&level| level >= low).for_each(|&level| rest.add(level));
    rest.0.iter_mut().zip(rules.0).for_each(|(rest, rules)| *rest = rest.saturating_sub(rules));
    let (rule, written) = (f32::from(rules.share(0.5)), f32::from(rest.share(0.8)));
    if rule == 0.0 || rule > FAINT * written {
        return false;
    }
    let threshold = f32::max((rule + written) / 2.0, f32::min(f32::from(rules.share(0.95)), 0.75 * written));
    if threshold <= f32::from(ink.threshold) {
        return false;
    }
    ink.raise(threshold);
    true
}

/// Pixels of each column of a stretch.
fn columns(stretch: &Part) -> Vec<usize> {
    let mut columns = vec![0; stretch.area.width];
    for run in &stretch.runs {
        columns[run.start - stretch.area.x..run.end - stretch.area.x]
            .iter_mut()
            .for_each(|pixels| *pixels += 1);
    }
    columns
}

/// How thick a stretch is in the middle one of its columns.
fn thickness(stretch: &Part) -> usize {
    middle(columns(stretch))
}

/// The middle one of those columns that have pixels.
fn middle(mut columns: Vec<usize>) -> usize {
    columns.retain(|&pixels| pixels > 0);
    columns.sort_unstable();
    columns.get(columns.len() / 2).copied().unwrap_or(0)
}

/// How thick a stretch may be to be as thick as a rule.
fn as_thick(rule: usize) -> usize {
    (THICKER * rule as f32) as usize + 1
}

/// Whether a stretch is much longer than thick.
fn is_thin(stretch: &Part) -> bool {
    stretch.area.width * stretch.area.width >= THIN * stretch.pixels
}

/// Whether a thin stretch goes through most of a picture `width` wide.
fn is_across(stretch: &Part, width: usize) -> bool {
    stretch.area.width as f32 >= ACROSS * width as f32 && is_thin(stretch)
}

/// Long, thin, nearly straight stretches of ink across a picture: of each column's runs those no longer than a stroke is
/// wide, where they make a chain. Where writing crosses, the chain goes on behind it.
fn stretches(levels: &Picture, low: u8, stroke: f32) -> Vec<Part> {
    let thickest = (1.6 * stroke) as usize + 2;
    let shortest = ((SHARE * levels.width as f32) as usize).max(8);
    let thin = parts(&thin(levels, low, thickest), 1, 1);
    let mut chains: Vec<Part> = Vec::new();
    let straight = |area: &Area| area.height <= 2 * thickest + area.width / 8;
    let level = |piece: &Part| piece.area.width > piece.area.height && straight(&piece.area);
    for piece in longest(thin.into_iter().filter(level).collect()) {
        let goes_on = chains.iter().enumerate().filter_map(|(number, chain)| {
            let gap = gap(levels, low, chain, &piece, thickest)?;
            straight(&chain.area.with(&piece.area)).then_some((gap, number))
        });
        match goes_on.min() {
            Some((_, number)) => chains[number].append(piece),
            None => chains.push(piece),
        }
    }
    chains.retain(|chain| chain.area.width >= shortest);
    chains
}

/// The longest [`MOST_PIECES`] of the pieces, in their order.
fn longest(mut pieces: Vec<Part>) -> Vec<Part> {
    if pieces.len() > MOST_PIECES {
        pieces.sort_by_key(|piece| Reverse(piece.area.width));
        pieces.truncate(MOST_PIECES);
        pieces.sort_by_key(|piece| (piece.area.x, piece.area.y));
    }
    pieces
}

/// The pixels of columns' runs of at most `thickest`.
fn thin(levels: &Picture, low: u8, thickest: usize) -> Picture {
    let short = |run: &u16| if (1..=thickest).contains(&usize::from(*run)) { 255 } else { 0 };
    Picture { pixels: runs::down(levels, low).iter().map(short).collect(), ..*levels }
}

/// Columns between a chain and the piece that goes on from its right end. `None` where it does not: too far, too high, too
/// low, or with paper between.
fn gap(levels: &Picture, low: u8, chain: &Part, piece: &Part, thickest: usize) -> Option<usize> {
    let (from, to) = (chain.area.right(), piece.area.x);
    let gap = to.checked_sub(from)?;
    let middle = |part: &Part, column: usize| {
        let at = part.runs.iter().filter(|run| (run.start..run.end).contains(&column)).map(|run| run.y);
        at.clone().min().zip(at.max()).map(|(top, bottom)| (top + bottom) / 2)
    };
    let (start, end) = (middle(chain, from - 1)?, middle(piece, to)?);
    if start.abs_diff(end) > thickest / 2 + 1 + gap / 8 || gap > levels.width / 4 {
        return None;
    }
    let inked = (from..to).filter(|&x| {
        let y = (start * (to - x) + end * (x - from)) / gap.max(1);
        (y.saturating_sub(1)..=(y + 1).min(levels.height - 1)).any(|y| levels.row(y)[x] >= low)
    });
    (inked.count() + 3 >= gap * 9 / 10).then_some(gap)
}

/// Makes paper of a rule, but where it is thicker than elsewhere: there it lies under a stroke, like the bar of a 7. `upright` where it
/// was found in the [turned](Picture::turned) picture.
fn erase_rule(levels: &mut Picture, rule: &Part, upright: bool) {
    let columns = columns(rule);
    let thickest = as_thick(middle(columns.clone()));
    erase(levels, rule, |x| columns[x - rule.area.x] <= thickest, upright);
}

/// Makes paper of those columns of a part that `goes` says.
fn erase(levels: &mut Picture, part: &Part, goes: impl Fn(usize) -> bool, upright: bool) {
    let width = levels.width;
    for &Run { y, start, end } in &part.runs {
        for x in (start..end).filter(|&x| goes(x)) {
            levels.pixels[if upright { x * width + y } else { y * width + x }] = 0;
        }
    }
}

/// Whether a stretch lies along the first or last rows of a picture `[height, width]`.
fn is_strip(rule: &Part, height: usize, width: usize) -> bool {
    let thin = rule.area.height as f32 <= STRIP_THICK * height as f32;
    lies_at_edge(rule, height) && thin && rule.area.width as f32 >= STRIP * width as f32
}

/// Whether a stretch touches the first or last row of a picture of this height.
fn lies_at_edge(rule: &Part, height: usize) -> bool {
    rule.area.y <= 1 || rule.area.bottom() + 1 >= height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_goes_and_a_bar_that_lies_on_it_stays() {
        // A rule of two pixels through row 20, and a bar of seven, six of them above the rule's lower edge.
        let mut levels = Picture::filled(40, 100, 0);
        let mut fill = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            rows.for_each(|y| levels.pixels[y * 100..][columns.clone()].fill(200));
        };
        fill(20..22, 0..100);
        fill(16..23, 40..70);
        for upright in [false, true] {
            let found = stretches(&levels, 100, 6.0);
            assert_eq!(found.iter().map(thickness).collect::<Vec<_>>(), [2]);
            let mut left = if upright { levels.turned() } else { levels.clone() };
            erase_rule(&mut left, &found[0], upright);
            let left = parts(&left, 100, 100);
            let bar = Area { x: 40, y: 16, width: 30, height: 7 };
            let Area { x, y, width, height } = bar;
            let turned = Area { x: y, y: x, width: height, height: width };
            assert_eq!(
                left.iter().map(|part| part.area).collect::<Vec<_>>(),
                [if upright { turned } else { bar }]
            );
        }
    }
}
