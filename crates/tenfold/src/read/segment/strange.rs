//! Drops parts that are no writing, each for what it looks like beside the others: boxes round writing, slivers at the
//! picture's edge, shadows, what is much fainter than the rest, and what the grain of the paper is here and there.

use super::beside::stands_out;
use super::{Part, Run, parts};
use crate::read::prepare::Ink;
use crate::read::{Area, Picture};

/// What has less than this share of the usual ink was not written with the rest. Where a tenth of all ink is like that, such
/// as squares that the strongest edges were taken from, the threshold rises between the two.
const FAINTEST: f32 = 0.62;
const MANY_FAINT: f32 = 0.1;
/// What is this many times as thick as the strokes is no stroke.
const THICK: f32 = 3.0;
/// What lies along this share of an edge of the picture is a shadow or the desk.
const SHORE: f32 = 0.8;
/// What lies along all four and along this share of them together is the ground of the picture.
const GROUND: f32 = 0.62;
/// A strip at the picture's edge is at most this share of the other side thick.
pub(super) const STRIP_THICK: f32 = 0.05;
/// A fold of the paper is this many times as long as wide.
const CREASE: f32 = 25.0;
/// No box that something is written in has sides shorter than this, in pixels.
const SMALLEST_BOX: usize = 8;
/// A corner is this part of the shorter side long.
const CORNER: usize = 10;
/// Share of a box's ink that lies along the sides of its area.
const HOLLOW: f32 = 0.75;

/// The parts of the ink that could be writing.
pub fn written(ink: &mut Ink) -> Vec<Part> {
    let mut found = parts(&ink.levels, ink.low, ink.threshold);
    let level = share(&found, 0.7, |part| part.level, |part| part.pixels);
    let (mut faint, mut all, mut sum) = (0.0, 0.0, 0.0);
    for part in &found {
        let pixels = part.pixels as f32;
        all += pixels;
        if part.level < FAINTEST * level {
            faint += pixels;
            sum += part.level * pixels;
        }
    }
    if faint > MANY_FAINT * all {
        let threshold = (sum / faint + level) / 2.0;
        ink.raise(threshold);
        found = parts(&ink.levels, ink.low, ink.threshold);
    }
    let stroke = share(&found, 0.5, Part::stroke, |part| part.area.longest());
    found.retain(|part| {
        part.level >= FAINTEST * level
            && !is_sliver(&part.area, &ink.levels)
            && !is_crease(part, &ink.levels)
            && !(at_edge(&part.area, &ink.levels)
                && (is_shore(part, &ink.levels) || part.stroke() > THICK * stroke))
            && stands_out(part, ink)
    });
    parted(found).0
}

/// The value that this share of all weight does not exceed; 0 where there is nothing.
pub(super) fn share(parts: &[Part], share: f32, value: fn(&Part) -> f32, weight: fn(&Part) -> usize) -> f32 {
    let mut values: Vec<(f32, usize)> = parts.iter().map(|part| (value(part), weight(part))).collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rank = share * values.iter().map(|(_, weight)| weight).sum::<usize>() as f32;
    let mut sum = 0;
    let found = values.iter().find(|(_, weight)| {
        sum += weight;
        sum as f32 > rank
    });
    found.map_or(0.0, |&(value, _)| value)
}

fn at_edge(area: &Area, levels: &Picture) -> bool {
    area.x == 0 || area.y == 0 || area.right() == levels.width || area.bottom() == levels.height
}

/// The parts, and those among them that are boxes: hollow ones with something inside that is not much lower, or, where a box has
/// corners, as those round a page have, with anything that could be writing.
pub(super) fn parted(parts: Vec<Part>) -> (Vec<Part>, Vec<Part>) {
    // From the left, so that a box need not be held against everything on the page.
    let mut areas: Vec<Area> = parts.iter().map(|part| part.area).collect();
    areas.sort_unstable_by_key(|area| area.x);
    let holds = |part: &Part| {
        let quarter = part.area.height / 4;
        let least = if has_corners(part) { quarter.min(SMALLEST_BOX) } else { quarter };
        let after = &areas[areas.partition_point(|other| other.x <= part.area.x)..];
        let mut inside = after.iter().take_while(|other| other.x < part.area.right());
        inside.any(|other| other.height >= least && part.area.surrounds(other))
    };
    let large = |area: &Area| area.height.min(area.width) >= SMALLEST_BOX;
    let boxes: Vec<bool> =
        parts.iter().map(|part| large(&part.area) && is_hollow(part) && holds(part)).collect();
    let (boxes, others): (Vec<_>, Vec<_>) = parts.into_iter().zip(boxes).partition(|&(_, is_box)| is_box);
    let parts = |parts: Vec<(Part, bool)>| parts.into_iter().map(|(part, _)| part).collect();
    (parts(others), parts(boxes))
}

/// Whether there is ink in all four corners of the area: in a frame's, but not in a 0's.
fn has_corners(part: &Part) -> bool {
    let area = part.area;
    let side = area.height.min(area.width) / CORNER;
    let ends = [[area.y, area.y + side], [area.bottom() - side, area.bottom()]];
    ends.into_iter().all(|[top, bottom]| {
        let runs = part.runs.iter().filter(|run| (top..bottom).contains(&run.y));
        let [left, right] = runs.fold([false; 2], |[left, right], run| {
            [left || run.start < area.x + side, right || run.end + side > area.right()]
        });
        left && right
    })
}

/// Whether something lies flat along the edge of the picture, much longer than thick.
fn is_sliver(area: &Area, levels: &Picture) -> bool {
    let flat = |thick: usize, long: usize, side: usize| {
        thick as f32 <= STRIP_THICK * side as f32 && long >= 4 * thick
    };
    let at_top_or_bottom = area.y <= 1 || area.bottom() + 1 >= levels.height;
    let at_left_or_right = area.x == 0 || area.right() == levels.width;
    (at_top_or_bottom && flat(area.height, area.width, levels.height))
        || (at_left_or_right && flat(area.width, area.height, levels.width))
}

/// Whether a part goes straight from one edge of the picture to another and is thin: a fold of the paper, or its edge.
fn is_crease(part: &Part, levels: &Picture) -> bool {
    let all = Area::all(levels.height, levels.width);
    part.area.edges_touched(&all) >= 2 && part.times_as_long() >= CREASE
}

/// Whether a part lies along nearly all of one edge of the picture and leaves half of the picture free: a shadow, or the desk. Or of all
/// four, and along most of them together: the ground that something bright lies on.
fn is_shore(part: &Part, levels: &Picture) -> bool {
    let Area { height, width, .. } = part.area;
    let shares = shares_of_edges(part, levels);
    let [rows, columns] = shares;
    let long = |shares: [f32; 2]| shares.map(|share| share >= SHORE);
    let alone = (long(rows).contains(&true) && 2 * height <= levels.height)
        || (long(columns).contains(&true) && 2 * width <= levels.width);
    let shares = shares.as_flattened();
    alone || (shares.iter().all(|&share| share > 0.0) && shares.iter().sum::<f32>() >= 4.0 * GROUND)
}

/// Along how much of each edge of the picture a part lies: of the upper and the lower, of the left and the right.
fn shares_of_edges(part: &Part, levels: &Picture) -> [[f32; 2]; 2] {
    let row = |y: usize| part.runs.iter().filter(|run| run.y == y).map(Run::len).sum::<usize>();
    let column = |x: usize| part.runs.iter().filter(|run| (run.start..run.end).contains(&x)).count();
    [
        [0, levels.height - 1].map(|y| row(y) as f32 / levels.width as f32),
        [0, levels.width - 1].map(|x| column(x) as f32 / levels.height as f32),
    ]
}

/// Whether nearly all ink lies along the four sides of the area.
fn is_hollow(part: &Part) -> bool {
    let area = part.area;
    let margin = part.stroke() as usize + area.height.min(area.width) / 12 + 1;
    let along: usize = part
        .runs
        .iter()
        .map(|run| {
            if run.y < area.y + margin || run.y + margin >= area.bottom() {
                run.len()
            } else {
                let left = (area.x + margin).min(run.end).saturating_sub(run.start);
                let right = run.end.saturating_sub(run.start.max(area.right().saturating_sub(margin)));
                (left + right).min(run.len())
            }
        })
        .sum();
    along as f32 >= HOLLOW * part.pixels as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_is_thin_and_straight_and_goes_from_edge_to_edge() {
        let levels = Picture::filled(100, 200, 0);
        // Slanting, so many columns wide, from row to row; `slope` columns a row.
        let slanting = |rows: std::ops::Range<usize>, width: usize, slope: f32| {
            let run = |y| {
                let start = 90 + (slope * y as f32) as usize;
                Run { y, start, end: start + width }
            };
            Part::of(rows.map(run).collect(), 200.0).unwrap()
        };
        for (name, part, expected) in [
            ("from top to bottom", slanting(0..100, 3, 0.3), true),
            ("from the top to the right", slanting(0..90, 3, 1.2), true),
            ("a 1", slanting(10..90, 3, 0.3), false),
            ("a 1 that begins at the top", slanting(0..90, 3, 0.3), false),
            ("a thick 1 from top to bottom", slanting(0..100, 6, 0.3), false),
        ] {
            assert_eq!(is_crease(&part, &levels), expected, "{name}");
        }
    }
}
