//! Which pixels are ink: a threshold found at the strokes' edges, so that it makes no difference how little of the
//! picture is ink. Does not ask what is written.

use super::paper::{Polarity, darkness};
use crate::read::Picture;
use crate::read::histogram::Histogram;

/// Edges below this many levels are no edges of strokes, however even the paper.
const FAINTEST_EDGE: u8 = 10;

/// Longest side of the small copy on which the window is found.
const SMALL: usize = 120;

/// The ink of a picture.
pub struct Ink {
    /// How much darker (or brighter, for chalk) than its paper each pixel is, 0 to 255.
    pub levels: Picture,
    /// What reaches this level is ink.
    pub threshold: u8,
    /// What reaches this level next to ink is ink.
    pub low: u8,
    /// Typical width of a stroke, in pixels.
    pub stroke: f32,
}

impl Ink {
    /// The ink on a picture whose polarity is known. `None` where there are no edges that could be a stroke's.
    pub fn find(picture: &Picture, polarity: Polarity) -> Option<Self> {
        let turned;
        let picture = if polarity.bright_ink {
            turned = picture.inverted();
            &turned
        } else {
            picture
        };
        let window = window(picture).unwrap_or(picture.height.max(picture.width) / 4);
        let levels = darkness(picture, window);
        let edges = Edges::find(&levels)?;
        let stroke = stroke_width(&levels, edges.middle, false);
        let low = (f32::from(edges.middle) * 0.75) as u8;
        Some(Self { threshold: edges.middle, low: low.max(1), stroke, levels })
    }
}

/// How far round a pixel its paper is looked for. At first a window that no stroke fills; the strokes' width known, one that
/// follows shadows; but where most edges are gone then, they were those of wider strokes. Found on a small copy; `None`
/// where nothing is seen on it.
fn window(picture: &Picture) -> Option<usize> {
    let longest = picture.height.max(picture.width);
    let times = longest.div_ceil(SMALL);
    let shrunk;
    let small = if times > 1 {
        shrunk = picture.resized((picture.height / times).max(1), (picture.width / times).max(1));
        &shrunk
    } else {
        picture
    };
    let widest = small.height.max(small.width) / 4;
    let levels = darkness(small, widest);
    let edges = Edges::find(&levels)?;
    let narrow = (4.0 * stroke_width(&levels, edges.middle, true)) as usize + 4;
    let follows =
        3 * narrow < 2 * widest && 2 * edges_of(&darkness(small, narrow), edges.half) >= edges.count;
    Some(times * if follows { narrow } else { widest })
}

/// The strongest edges, taken to be those of strokes.
struct Edges {
    /// Half the step of the strongest; what reaches it counts.
    half: u8,
    /// How many pixels lie on such edges.
    count: u64,
    /// Halfway from the paper to the ink beside these edges.
    middle: u8,
}

impl Edges {
    fn find(levels: &Picture) -> Option<Self> {
        // By the height of the step: how many, and the sum of their middles.
        let (mut counts, mut middles) = (Histogram::new(), [0u64; 256]);
        each_edge(levels, |step, middle| {
            counts.add(step);
            middles[usize::from(step)] += u64::from(middle);
        });
        let all = counts.count();
        // A short stroke's edges in a large picture are few; lone damaged pixels are fewer.
        let enough = (all / 2000).clamp(12, 2000).min(all);
        let strong = counts.exceeded_by(enough.max(1) - 1)?;
        let typical = counts.exceeded_by((all / 2).max(1) - 1)?;
        if strong < FAINTEST_EDGE.max(typical.saturating_mul(3)) {
            return None;
        }
        let half = strong / 2;
        let count = counts.0[usize::from(half)..].iter().sum::<usize>() as u64;
        let middle = middles[usize::from(half)..].iter().sum::<u64>().checked_div(count)? as u8;
        Some(Self { half, count, middle: middle.max(FAINTEST_EDGE / 2) })
    }
}

/// Pixels on edges whose step reaches `half`.
fn edges_of(levels: &Picture, half: u8) -> u64 {
    let mut count = 0;
    each_edge(levels, |step, _| count += u64::from(step >= half));
    count
}

/// Height and middle of the steeper of the two steps, across and down, round each pixel that has neighbours.
fn each_edge(levels: &Picture, mut visit: impl FnMut(u8, u8)) {
    let width = levels.width;
    for y in 1..levels.height.saturating_sub(1) {
        let (above, row, below) = (levels.row(y - 1), levels.row(y), levels.row(y + 1));
        for x in 1..width.saturating_sub(1) {
            let (across, down) = (row[x - 1].abs_diff(row[x + 1]), above[x].abs_diff(below[x]));
            let (step, low) = if across >= down {
                (across, row[x - 1].min(row[x + 1]))
            } else {
                (down, above[x].min(below[x]))
            };
            visit(step, low + step / 2);
        }
    }
}

/// The median over the ink of the shorter of the runs, across and down, that a pixel lies in; `by_run`: over the runs across,
/// so that a shadow counts no more than a stroke.
fn stroke_width(levels: &Picture, threshold: u8, by_run: bool) -> f32 {
    let width = levels.width;
    // Each pixel's run down its column: counted from above, then taken over from the last of the run.
    let mut down: Vec<u16> = Vec::with_capacity(levels.pixels.len());
    let mut above = vec![0u16; width];
    for row in levels.rows() {
        for (above, &level) in above.iter_mut().zip(row) {
            *above = above.saturating_add(1) * u16::from(level >= threshold);
        }
        down.extend_from_slice(&above);
    }
    let mut below = vec![0u16; width];
    for row in down.chunks_exact_mut(width.max(1)).rev() {
        for (run, below) in row.iter_mut().zip(&mut below) {
            *run = if *run > 0 { (*run).max(*below) } else { 0 };
            *below = *run;
        }
    }
    let mut counts = vec![0usize; levels.height.max(width) + 1];
    for row in down.chunks_exact(width.max(1)) {
        for across in row.chunk_by(|a, b| (*a > 0) == (*b > 0)).filter(|run| run[0] > 0) {
            let shorter = across.iter().map(|&down| usize::from(down).min(across.len()));
            if by_run {
                // The middle of the run stands for it.
                shorter.skip(across.len() / 2).take(1).for_each(|length| counts[length] += 1);
            } else {
                shorter.for_each(|length| counts[length] += 1);
            }
        }
    }
    let half = counts.iter().sum::<usize>() / 2;
    let mut sum = 0;
    counts
        .iter()
        .position(|count| {
            sum += count;
            sum > half
        })
        .unwrap_or(1)
        .max(1) as f32
}
