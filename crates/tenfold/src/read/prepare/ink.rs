//! Which pixels are ink: a threshold found at the strokes' edges, so that it makes no difference how little of the
//! picture is ink. Does not ask what is written.

use super::paper::{Polarity, darkness};
use super::view::{View, Window, dark_on_bright, window};
use crate::read::Picture;
use crate::read::histogram::Histogram;
use crate::read::runs;

/// Edges below this many levels are no edges of strokes, however even the paper.
const FAINTEST_EDGE: u8 = 10;

/// Noise is softened until what is ink is this many times as large as the usual step from pixel to pixel, or so often.
const ABOVE_NOISE: f32 = 2.5;
const SOFTEST: usize = 3;

/// What is a shadow takes at least this share of the border.
const SHADOW: f32 = 0.04;

/// The ink of a picture.
#[derive(Clone)]
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
    /// The ink on a picture. `None` where there are no edges that could be a stroke's.
    pub fn find(view: &View) -> Option<Self> {
        Self::of(&view.working.picture, view.polarity, view.window)
    }

    /// The same with paper looked for no further away than strokes need, so that the soft edges of shadows are paper, too. `None`
    /// also where [`Ink::find`] looks no further.
    pub fn find_closely(view: &View) -> Option<Self> {
        let window = view.window.filter(|window| window.closest < window.usual)?;
        Self::within(&dark_on_bright(&view.working.picture, view.polarity), window.closest)
    }

    /// What would be ink were bright paper and dark ink the other way round. `None` also where there is no doubt which is which.
    pub fn find_turned(view: &View) -> Option<Self> {
        let polarity = Polarity { bright_ink: !view.polarity.bright_ink, sure: true };
        let picture = &view.working.picture;
        if view.polarity.sure {
            None
        } else {
            Self::of(picture, polarity, window(&dark_on_bright(picture, polarity)))
        }
    }

    fn of(picture: &Picture, polarity: Polarity, window: Option<Window>) -> Option<Self> {
        let all = picture.height.max(picture.width) / 4;
        Self::within(&dark_on_bright(picture, polarity), window.map_or(all, |window| window.usual))
    }

    /// This ink without what is much less dark than the rest: shadows whose edges are as sharp as those of strokes. `None` where
    /// all is about as dark, or nothing of it comes in from the picture's border, as shadows do.
    pub fn darkest(mut self) -> Option<Self> {
        let mut counts = Histogram::new();
        self.levels.pixels.iter().filter(|&&level| level >= self.low).for_each(|&level| counts.add(level));
        let threshold = counts.parted()?;
        let border = self.levels.border();
        let shadows = border.iter().filter(|&&level| (self.low..threshold).contains(&level)).count();
        if (shadows as f32) < SHADOW * border.len() as f32 {
            return None;
        }
        self.threshold = threshold.max(self.threshold);
        self.low = ((0.9 * f32::from(threshold)) as u8).max(self.low);
        self.stroke = stroke_width(&self.levels, self.threshold, false, 0.5);
        Some(self)
    }

    fn within(picture: &Picture, window: usize) -> Option<Self> {
        let mut levels = darkness(picture, window);
        let mut edges = Edges::find(&levels)?;
        for _ in 0..SOFTEST {
            if !edges.drown() {
                break;
            }
            let softer = softened(&levels);
            let Some(found) = Edges::find(&softer) else { break };
            (levels, edges) = (softer, found);
        }
        let stroke = stroke_width(&levels, edges.middle, false, 0.5);
        Some(Self { threshold: edges.middle, low: edges.low(), stroke, levels })
    }
}

/// Each pixel mixed with its neighbours, 1:2:1 down and across: half of the noise goes, and little of a stroke.
fn softened(levels: &Picture) -> Picture {
    levels.both_ways(softened_down)
}

fn softened_down(levels: &Picture) -> Picture {
    let last = levels.height.saturating_sub(1);
    let mut pixels = Vec::with_capacity(levels.pixels.len());
    for y in 0..levels.height {
        let (above, below) = (levels.row(y.saturating_sub(1)), levels.row((y + 1).min(last)));
        let around = above.iter().zip(below).map(|(&above, &below)| u16::from(above) + u16::from(below));
        let mixed = levels.row(y).iter().zip(around);
        pixels.extend(mixed.map(|(&level, around)| ((2 * u16::from(level) + around + 2) / 4) as u8));
    }
    Picture { pixels, ..*levels }
}

/// The strongest edges, taken to be those of strokes.
pub(super) struct Edges {
    /// Half the step of the strongest; what reaches it counts.
    pub half: u8,
    /// How many pixels lie on such edges.
    pub count: u64,
    /// Halfway from the paper to the ink beside these edges.
    pub middle: u8,
    /// The median of all steps, most of which are paper's.
    typical: u8,
}

impl Edges {
    pub fn find(levels: &Picture) -> Option<Self> {
        // By the height of the step: how many, and the sum of their middles. Steps of nothing, which most are, have none.
        let (mut counts, mut middles) = (Histogram::new(), [0u64; 256]);
        each_row_of_edges(levels, |steps, all| {
            for (steps, all) in steps.chunks(STEPS).zip(all.chunks(STEPS)) {
                if steps.iter().fold(0, |any, step| any | step) == 0 {
                    counts.0[0] += steps.len();
                    continue;
                }
                for (&step, &middle) in steps.iter().zip(all) {
                    counts.add(step);
                    middles[usize::from(step)] += u64::from(middle);
                }
            }
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
        Some(Self { half, count, middle: middle.max(FAINTEST_EDGE / 2), typical })
    }

    /// What reaches this level next to ink is ink.
    fn low(&self) -> u8 {
        ((f32::from(self.middle) * 0.75) as u8).max(1)
    }

    /// Whether much of the noise would be ink.
    fn drown(&self) -> bool {
        f32::from(self.low()) < ABOVE_NOISE * f32::from(self.typical)
    }
}

/// Steps that are looked at together where there are none.
const STEPS: usize = 32;

/// Pixels on edges whose step reaches `half`.
pub(super) fn edges_of(levels: &Picture, half: u8) -> u64 {
    let mut count = 0;
    each_row_of_edges(levels, |steps, _| {
        count += steps.iter().map(|&step| u64::from(step >= half)).sum::<u64>();
    });
    count
}

/// Heights and middles of the steeper of the two steps, across and down, round the pixels of each row that have neighbours.
fn each_row_of_edges(levels: &Picture, mut visit: impl FnMut(&[u8], &[u8])) {
    let inner = levels.width.saturating_sub(2);
    let (mut steps, mut middles) = (vec![0u8; inner], vec![0u8; inner]);
    for y in 1..levels.height.saturating_sub(1) {
        if inner == 0 {
            return;
        }
        let (left, right) = (&levels.row(y)[..inner], &levels.row(y)[2..][..inner]);
        let (above, below) = (&levels.row(y - 1)[1..][..inner], &levels.row(y + 1)[1..][..inner]);
        for x in 0..inner {
            let (across, down) = (left[x].abs_diff(right[x]), above[x].abs_diff(below[x]));
            let level = across >= down;
            let (step, low) =
                if level { (across, left[x].min(right[x])) } else { (down, above[x].min(below[x])) };
            steps[x] = step;
            middles[x] = low + step / 2;
        }
        visit(&steps, &middles);
    }
}

/// What `share` of the ink stay below (0.5: the median) of the shorter of the runs, across and down, that a pixel lies in; `by_run`:
/// of the runs across, so that a shadow counts no more than a stroke.
pub(super) fn stroke_width(levels: &Picture, threshold: u8, by_run: bool, share: f32) -> f32 {
    let width = levels.width;
    let down = runs::down(levels, threshold);
    let mut counts = vec![0usize; levels.height.max(width) + 1];
    for (row, down) in levels.rows().zip(down.chunks_exact(width.max(1))) {
        for run in runs::across(row, threshold) {
            let across = &down[run];
            let shorter = across.iter().map(|&down| usize::from(down).min(across.len()));
            if by_run {
                // The middle of the run stands for it.
                shorter.skip(across.len() / 2).take(1).for_each(|length| counts[length] += 1);
            } else {
                shorter.for_each(|length| counts[length] += 1);
            }
        }
    }
    let rank = (counts.iter().sum::<usize>() as f32 * share) as usize;
    let mut sum = 0;
    counts
        .iter()
        .position(|count| {
            sum += count;
            sum > rank
        })
        .unwrap_or(1)
        .max(1) as f32
}
