//! Where a part could be cut if it were several digits that touch: along paths from top to bottom that cross as little ink
//! as they can. Proposes; which cut is right is for the network to say.

use super::{Part, Run};
use crate::read::Picture;

/// A digit's height is cut through at most once in so many of its heights, of a row of a part, and at most so often in all.
const NARROWEST: f32 = 0.2;
const MOST: usize = 24;
/// Two cuts are somewhere so many of a digit's heights apart.
const APART: f32 = 0.12;
/// What a pixel of ink costs a path more than one of paper, beside its level.
const INK: u32 = 16;

/// The pieces of a part, left to right, cut wherever a digit could end, each with how many strokes' widths of ink the cut on
/// its left goes through. Pieces that lie side by side make every digit it
/// could hold; a part that no path crosses cheaply is one piece. `height`: a digit's, in pixels.
pub fn pieces(part: &Part, levels: &Picture, height: f32) -> Vec<(Part, Option<f32>)> {
    let most = ((part.area.width as f32 / (NARROWEST * height)) as usize).clamp(1, MOST);
    let seams = seams(part, levels, (APART * height).max(2.0) as usize, most);
    let stroke = part.stroke().max(1.0);
    let mut rest = part.runs.clone();
    let mut pieces = Vec::new();
    let mut crossed = None;
    for seam in seams {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        let mut rows = 0;
        for run in rest {
            let cut = seam[run.y - part.area.y].clamp(run.start, run.end);
            rows += usize::from(run.start < cut && cut < run.end);
            if cut > run.start {
                left.push(Run { end: cut, ..run });
            }
            if cut < run.end {
                right.push(Run { start: cut, ..run });
            }
        }
        if let Some(left) = Part::of(left, part.level) {
            pieces.push((left, crossed));
            crossed = Some(rows as f32 / stroke);
        }
        rest = right;
    }
    pieces.extend(Part::of(rest, part.level).map(|rest| (rest, crossed)));
    pieces
}

/// Columns, row by row, of the cheapest paths through the middle row and those a quarter from the top and the bottom, left to right.
/// They do not cross. Each is somewhere `apart` columns or more from each other, and no more than `most` are of one row: where two
/// digits share a stroke, one path through the middle is not enough.
fn seams(part: &Part, levels: &Picture, apart: usize, most: usize) -> Vec<Vec<usize>> {
    let area = part.area;
    let (height, width) = (area.height, area.width);
    if width < 2 * apart + 1 {
        return Vec::new();
    }
    // Ink costs; so does leaving the vertical, a little, so that a path through paper alone stays straight.
    let mut cost = vec![1u32; height * width];
    for run in &part.runs {
        let row = &levels.row(run.y)[run.start..run.end];
        let at = (run.y - area.y) * width + run.start - area.x;
        cost[at..].iter_mut().zip(row).for_each(|(cost, &level)| *cost = INK + u32::from(level));
    }
    // Cheapest ways to each pixel from above its row and from below: a path through a row joins two.
    let down = ways(&cost, width, 0..height);
    let up = ways(&cost, width, (0..height).rev());
    let mut seams: Vec<Vec<usize>> = Vec::new();
    for row in [height / 2, height / 4, 3 * height / 4] {
        let through = |x: usize| down[row * width + x] + up[row * width + x];
        for x in valleys(through, width, apart, most) {
            let mut seam = vec![x; height];
            follow(&down, width, row, x, (0..row).rev(), &mut seam);
            follow(&up, width, row, x, row + 1..height, &mut seam);
            let is_apart = |other: &Vec<usize>| {
                other.iter().zip(&seam).any(|(one, other)| one.abs_diff(*other) >= apart)
            };
            if seams.iter().all(is_apart) {
                seams.push(seam);
            }
        }
    }
    seams.sort_by_key(|seam| seam.iter().sum::<usize>());
    for number in 1..seams.len() {
        let (before, after) = seams.split_at_mut(number);
        after[0].iter_mut().zip(&before[number - 1]).for_each(|(x, &left)| *x = (*x).max(left));
    }
    seams.iter_mut().flatten().for_each(|x| *x += area.x);
    seams
}

/// The columns of least cost, `apart` or more from each other and from both ends, at most `most`, the cheapest first.
fn valleys(cost: impl Fn(usize) -> u32, width: usize, apart: usize, most: usize) -> Vec<usize> {
    let around = |x: usize| x.saturating_sub(apart / 2)..=(x + apart / 2).min(width - 1);
    let mut order: Vec<usize> =
        (apart..width - apart).filter(|&x| around(x).all(|other| cost(x) <= cost(other))).collect();
    order.sort_by_key(|&x| (cost(x), x));
    let mut chosen: Vec<usize> = Vec::new();
    for x in order {
        if chosen.len() < most && chosen.iter().all(|&other| other.abs_diff(x) >= apart) {
            chosen.push(x);
        }
    }
    chosen
}

/// The least cost of a path to each pixel through `rows`, one column to a side a row at most.
fn ways(cost: &[u32], width: usize, rows: impl Iterator<Item = usize>) -> Vec<u32> {
    let mut ways = cost.to_vec();
    let mut before: Option<usize> = None;
    for y in rows {
        if let Some(before) = before {
            for x in 0..width {
                let straight = ways[before * width + x];
                let left = if x > 0 { ways[before * width + x - 1] + 1 } else { u32::MAX };
                let right = if x + 1 < width { ways[before * width + x + 1] + 1 } else { u32::MAX };
                ways[y * width + x] = cost[y * width + x] + straight.min(left).min(right);
            }
        }
        before = Some(y);
    }
    ways
}

/// Goes back along the cheapest way from column `x` of row `from` through `rows`.
fn follow(
    ways: &[u32],
    width: usize,
    from: usize,
    x: usize,
    rows: impl Iterator<Item = usize>,
    seam: &mut [usize],
) {
    let mut x = x;
    seam[from] = x;
    for y in rows {
        let row = &ways[y * width..(y + 1) * width];
        let candidates = [Some(x), x.checked_sub(1), Some(x + 1).filter(|&x| x < width)];
        let cost = |other: usize| row[other] + u32::from(other != x);
        x = candidates.into_iter().flatten().min_by_key(|&other| cost(other)).unwrap_or(x);
        seam[y] = x;
    }
}

#[cfg(test)]
mod tests {
    use super::super::parts;
    use super::*;
    use crate::read::Area;

    #[test]
    fn two_bars_joined_by_a_hair_are_cut_there_and_nothing_is_lost() {
        let mut levels = Picture::filled(40, 40, 0);
        for y in 2..38 {
            levels.pixels[y * 40 + 4..y * 40 + 10].fill(255);
            levels.pixels[y * 40 + 28..y * 40 + 34].fill(255);
        }
        levels.pixels[20 * 40 + 10..20 * 40 + 28].fill(120);
        let all = parts(&levels, 100, 100);
        let pieces = pieces(&all[0], &levels, 36.0);
        assert_eq!(all.len(), 1);
        assert!(pieces.len() >= 2);
        assert_eq!(pieces.iter().map(|(piece, _)| piece.pixels).sum::<usize>(), all[0].pixels);
        assert!(pieces[0].0.area.right() <= 28 && pieces.last().unwrap().0.area.x >= 10);
        assert!(pieces[0].1.is_none() && pieces[1].1.unwrap() < 1.0, "{:?}", pieces[1].1);
    }

    /// Through the one gap above it leads a way on either side of what both hold below.
    #[test]
    fn what_two_bars_hold_between_them_can_be_either_ones() {
        let mut levels = Picture::filled(40, 40, 0);
        let mut fill = |rows: std::ops::Range<usize>, columns: std::ops::Range<usize>| {
            rows.for_each(|y| levels.pixels[y * 40..][columns.clone()].fill(255));
        };
        fill(2..22, 2..19);
        fill(2..22, 22..38);
        fill(2..38, 2..8);
        fill(2..38, 32..38);
        fill(24..36, 14..26);
        fill(30..31, 8..32);
        let all = parts(&levels, 100, 100);
        assert_eq!(all.len(), 1);
        let pieces: Vec<Area> = pieces(&all[0], &levels, 36.0).iter().map(|(piece, _)| piece.area).collect();
        let held = Area { x: 14, y: 24, width: 12, height: 12 };
        let [left, right] = [pieces[0], pieces[pieces.len() - 1]];
        assert!(left.right() <= 19 + 3 && right.x >= 19 && pieces.len() > 2, "{pieces:?}");
        assert!(pieces.iter().any(|piece| piece.holds(&held) && piece.y >= 15), "{pieces:?}");
    }

    #[test]
    fn a_narrow_part_is_one_piece() {
        let levels = Picture::filled(30, 3, 255);
        let all = parts(&levels, 1, 1);
        assert_eq!(pieces(&all[0], &levels, 30.0).len(), 1);
    }
}
