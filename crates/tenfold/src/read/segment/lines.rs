//! Parts into lines, as they are written: what stands side by side at the same height. Lines may slant, and digits may
//! differ in size. Does not say which parts belong to one digit.

use std::cmp::Reverse;

use super::Part;
use crate::read::Area;

/// Parts smaller than this share of a digit's height are dust.
const DUST: f32 = 0.07;
/// No page has more parts than this; of more, which a rough surface has, the largest are looked at.
const MOST: usize = 2000;
/// Nor parts whose boxes hold more pixels than this together: each line of a slanted hatching goes across all of it.
const MOST_PIXELS: usize = 40_000_000;
/// Parts at least this share of a digit's height decide where lines are.
const TALL: f32 = 0.45;

/// Shares of the lower one's height at which two stand side by side, and at which one is a step off the other.
const BESIDE: f32 = 0.35;
const STEP: f32 = 0.1;
/// Where they are further apart than so many of their heights, this is the share at which they stand side by side.
const FAR: usize = 4;
const FAR_BESIDE: f32 = 0.6;

/// A line of writing.
#[derive(Debug)]
pub struct Line {
    /// From the left, by their middles.
    pub parts: Vec<Part>,
    /// Typical height of its digits, in pixels.
    pub height: f32,
}

/// Lines from the top.
pub fn lines(parts: Vec<Part>) -> Vec<Line> {
    let mut parts = largest(parts, MOST, MOST_PIXELS);
    parts.sort_by_key(|part| (part.area.x, part.area.y));
    let Some(height) = typical_height(parts.iter().map(|part| &part.area)) else { return Vec::new() };
    let height = height as f32;
    let parts: Vec<Part> =
        parts.into_iter().filter(|part| part.area.longest() as f32 >= (DUST * height).max(2.0)).collect();
    let (tall, small): (Vec<Part>, Vec<Part>) =
        parts.into_iter().partition(|part| part.area.height as f32 >= TALL * height);
    let mut found = chains(tall);
    for part in small {
        let near = found
            .iter_mut()
            .map(|line| (distance(line, &part.area), line))
            .filter(|(far, line)| *far <= line.height)
            .min_by(|a, b| a.0.total_cmp(&b.0));
        match near {
            Some((_, line)) => line.parts.push(part),
            None => found.push(Line { height, parts: vec![part] }),
        }
    }
    for line in &mut found {
        line.parts.sort_by_key(|part| (2 * part.area.x + part.area.width, part.area.y));
    }
    found.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    found
}

/// The largest parts, at most `most`, whose boxes hold at most `most_pixels` together.
fn largest(mut parts: Vec<Part>, most: usize, most_pixels: usize) -> Vec<Part> {
    let pixels = |part: &Part| part.area.pixels();
    if parts.len() > most || parts.iter().map(pixels).sum::<usize>() > most_pixels {
        parts.sort_by_key(|part| Reverse(part.pixels));
        let mut sum = 0;
        let fits = |part: &&Part| {
            sum += pixels(part);
            sum <= most_pixels
        };
        let kept = parts.iter().take(most).take_while(fits).count();
        parts.truncate(kept);
    }
    parts
}

/// The median of the heights, tall parts weighing more: dust is many, and says nothing.
pub fn typical_height<'a>(areas: impl Iterator<Item = &'a Area>) -> Option<usize> {
    let mut heights: Vec<usize> = areas.map(|area| area.height).collect();
    heights.sort_unstable();
    let all: usize = heights.iter().map(|height| height * height).sum();
    let mut sum = 0;
    heights.into_iter().find(|height| {
        sum += height * height;
        2 * sum >= all
    })
}

/// Each part is chained to the nearest on its left that stands at the same height; chains beside each other are one line.
fn chains(parts: Vec<Part>) -> Vec<Line> {
    let mut chain: Vec<usize> = (0..parts.len()).collect();
    let shared = |left: usize, right: usize| {
        let (left, right) = (&parts[left].area, &parts[right].area);
        left.rows_shared(right) as f32 / left.height.min(right.height).max(1) as f32
    };
    let beside = |left: usize, right: usize| {
        let (one, other) = (&parts[left].area, &parts[right].area);
        let far = one.columns_between(other) > FAR * one.height.max(other.height);
        shared(left, right) >= if far { FAR_BESIDE } else { BESIDE }
    };
    let gap = |left: usize, right: usize| {
        let left = &parts[left].area;
        (left.columns_between(&parts[right].area), usize::MAX - left.right())
    };
    let nearest =
        |right: usize| (0..right).filter(|&left| beside(left, right)).min_by_key(|&left| gap(left, right));
    let mut joined: Vec<Option<usize>> = (0..parts.len()).map(nearest).collect();
    // A digit that stands alone a step lower or higher than the one before it, where nothing else goes on, goes on there.
    for right in 1..parts.len() {
        if joined[right].is_none() {
            let height = parts[right].area.height;
            joined[right] = (0..right)
                .filter(|&left| shared(left, right) >= STEP && gap(left, right).0 <= height)
                .filter(|&left| !joined.contains(&Some(left)))
                .min_by_key(|&left| gap(left, right));
        }
    }
    for (right, left) in joined.into_iter().enumerate() {
        if let Some(left) = left {
            let (from, to) = (chain[right], chain[left]);
            chain.iter_mut().filter(|chain| **chain == from).for_each(|chain| *chain = to);
        }
    }
    let mut lines: Vec<(usize, Vec<Part>)> = Vec::new();
    for (part, chain) in parts.into_iter().zip(chain) {
        match lines.iter_mut().find(|(of, _)| *of == chain) {
            Some((_, line)) => line.push(part),
            None => lines.push((chain, vec![part])),
        }
    }
    let line = |(_, parts): (usize, Vec<Part>)| {
        typical_height(parts.iter().map(|part| &part.area))
            .map(|height| Line { parts, height: height as f32 })
    };
    lines.into_iter().filter_map(line).collect()
}

/// Pixels between a part and the nearest of a line.
fn distance(line: &Line, area: &Area) -> f32 {
    let gap = |part: &Part| {
        let across = part.area.columns_between(area);
        let down = part.area.y.max(area.y).saturating_sub(part.area.bottom().min(area.bottom()));
        across.max(down)
    };
    line.parts.iter().map(gap).min().map_or(f32::MAX, |gap| gap as f32)
}

/// The mean height at which a line stands.
fn middle(line: &Line) -> f32 {
    let sum: usize = line.parts.iter().map(|part| (2 * part.area.y + part.area.height) * part.pixels).sum();
    let pixels: usize = line.parts.iter().map(|part| part.pixels).sum();
    sum as f32 / (2 * pixels.max(1)) as f32
}

#[cfg(test)]
mod tests {
    use super::super::Run;
    use super::*;

    /// A filled box.
    fn part(x: usize, y: usize, width: usize, height: usize) -> Part {
        let runs = (y..y + height).map(|y| Run { y, start: x, end: x + width }).collect();
        Part::of(runs, 200.0).unwrap()
    }

    fn places(parts: Vec<Part>) -> Vec<Vec<usize>> {
        let place = |line: &Line| line.parts.iter().map(|part| part.area.x).collect();
        lines(parts).iter().map(place).collect()
    }

    #[test]
    fn slanting_lines_stay_apart() {
        // Each digit half a height lower than the one before it; the second line begins where the first has sunk to.
        let first = (0..6).map(|i| part(40 * i, 15 * i, 20, 30));
        let second = (0..6).map(|i| part(40 * i + 1, 50 + 15 * i, 20, 30));
        let found = places(first.chain(second).collect());
        assert_eq!(found, [[0, 40, 80, 120, 160, 200], [1, 41, 81, 121, 161, 201]]);
    }

    #[test]
    fn small_parts_join_the_line_they_are_near_and_dust_is_dropped() {
        let found =
            places(vec![part(0, 0, 20, 40), part(30, 34, 6, 6), part(50, 0, 20, 40), part(75, 20, 2, 2)]);
        assert_eq!(found, [[0, 30, 50]]);
    }

    #[test]
    fn a_digit_a_step_lower_goes_on_with_the_line() {
        let found = places(vec![part(0, 0, 20, 40), part(40, 5, 20, 40), part(70, 40, 8, 30)]);
        assert_eq!(found, [[0, 40, 70]]);
    }

    #[test]
    fn of_too_many_parts_or_too_wide_ones_the_largest_are_kept() {
        let parts = || vec![part(0, 0, 10, 10), part(20, 0, 30, 10), part(60, 0, 20, 10)];
        let kept = |most, most_pixels| {
            largest(parts(), most, most_pixels).iter().map(|part| part.area.width).collect::<Vec<_>>()
        };
        assert_eq!(kept(3, 600), [10, 30, 20]);
        assert_eq!(kept(2, 600), [30, 20]);
        assert_eq!(kept(3, 599), [30, 20]);
        assert_eq!(kept(3, 499), [30]);
        assert!(kept(3, 299).is_empty());
    }

    #[test]
    fn nothing_is_no_line() {
        assert!(lines(Vec::new()).is_empty());
    }
}
