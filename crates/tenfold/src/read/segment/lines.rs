//! Parts into lines, as they are written: what stands side by side at the same height. Lines may slant, and digits may
//! differ in size. Does not say which parts belong to one digit.

use super::Part;
use crate::read::Area;

/// Parts smaller than this share of a digit's height are dust.
const DUST: f32 = 0.07;
/// Parts at least this share of a digit's height decide where lines are.
const TALL: f32 = 0.45;

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
    let Some(height) = typical_height(&parts) else { return Vec::new() };
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

/// The median of the heights, tall parts weighing more: dust is many, and says nothing.
fn typical_height(parts: &[Part]) -> Option<f32> {
    let mut heights: Vec<usize> = parts.iter().map(|part| part.area.height).collect();
    heights.sort_unstable();
    let all: usize = heights.iter().map(|height| height * height).sum();
    let mut sum = 0;
    heights
        .into_iter()
        .find(|height| {
            sum += height * height;
            2 * sum >= all
        })
        .map(|height| height as f32)
}

/// Each part is chained to the nearest on its left that stands at the same height; chains beside each other are one line.
fn chains(mut parts: Vec<Part>) -> Vec<Line> {
    parts.sort_by_key(|part| (part.area.x, part.area.y));
    let mut chain: Vec<usize> = (0..parts.len()).collect();
    for right in 1..parts.len() {
        let area = parts[right].area;
        let left = (0..right)
            .filter(|&left| {
                let other = &parts[left].area;
                let far = other.columns_between(&area) > 4 * area.height.max(other.height);
                let share = if far { 0.6 } else { 0.35 };
                area.rows_shared(other) as f32 >= share * area.height.min(other.height) as f32
            })
            .min_by_key(|&left| {
                (parts[left].area.columns_between(&area), usize::MAX - parts[left].area.right())
            });
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
    let line = |(_, parts): (usize, Vec<Part>)| typical_height(&parts).map(|height| Line { parts, height });
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
