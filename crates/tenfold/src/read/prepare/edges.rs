//! The edges of strokes, and how wide strokes are: what is measured before ink can be told from paper. Decides about no pixel.

use crate::read::Picture;
use crate::read::histogram::Histogram;
use crate::read::runs;

/// Edges below this many levels are no edges of strokes, however even the paper.
const FAINTEST_EDGE: u8 = 10;

/// One of how many pixels is on the edge of a stroke, how many times as high as the usual step that edge is, and how high at least. A
/// short stroke's edges in a large picture are few, and lone damaged pixels fewer: a digit alone on a page has to stand out more.
const ENOUGH: [(usize, u8, u8); 2] = [(2000, 3, FAINTEST_EDGE), (20_000, 6, 3 * FAINTEST_EDGE)];

/// Half the step of strokes' edges is at least so many times the usual step. Of plain noise one pixel in 2,000 has a step of 3.5 times the usual one.
const STANDING_OUT: u8 = 2;

/// What is ink is this many times as large as the usual step from pixel to pixel, where noise does not reach it.
const ABOVE_NOISE: f32 = 2.5;

/// The strongest edges, taken to be those of strokes.
pub struct Edges {
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
        let typical = counts.exceeded_by((all / 2).max(1) - 1)?;
        let strong = ENOUGH.into_iter().find_map(|(share, above, faintest)| {
            let enough = (all / share).clamp(12, 2000).min(all);
            let strong = counts.exceeded_by(enough.max(1) - 1)?;
            (strong >= typical.saturating_mul(above).max(faintest)).then_some(strong)
        })?;
        let half = strong / 2;
        let count = counts.0[usize::from(half)..].iter().sum::<usize>() as u64;
        let middle = middles[usize::from(half)..].iter().sum::<u64>().checked_div(count)? as u8;
        Some(Self { half, count, middle: middle.max(FAINTEST_EDGE / 2), typical })
    }

    /// Those of strokes half as dark.
    pub fn of_paler_strokes(self) -> Self {
        Self { half: self.half / 2, middle: self.middle / 2, ..self }
    }

    /// What reaches this level next to ink is ink.
    pub fn low(&self) -> u8 {
        ((f32::from(self.middle) * 0.75) as u8).max(1)
    }

    /// Whether these edges are higher than the highest that plain noise has. Softening lowers noise as much as its edges, and strokes less.
    pub fn stand_out(&self) -> bool {
        self.half >= self.typical.saturating_mul(STANDING_OUT)
    }

    /// Whether much of the noise would be ink.
    pub fn drown(&self) -> bool {
        f32::from(self.low()) < ABOVE_NOISE * f32::from(self.typical)
    }
}

/// Steps that are looked at together where there are none.
const STEPS: usize = 32;

/// Pixels on edges whose step reaches `half`.
pub fn edges_of(levels: &Picture, half: u8) -> u64 {
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
pub fn stroke_width(levels: &Picture, threshold: u8, by_run: bool, share: f32) -> f32 {
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
