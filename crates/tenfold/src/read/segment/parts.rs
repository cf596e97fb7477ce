//! Connected pieces of ink. Knows nothing of digits.

use crate::read::runs::across;
use crate::read::{Area, Picture};

/// A stroke as wide as this share of its length is a dot. A disk's is a half.
const DOT: f32 = 0.45;

/// A piece of a row: columns `start..end` of row `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub y: usize,
    pub start: usize,
    pub end: usize,
}

impl Run {
    pub fn len(&self) -> usize {
        self.end - self.start
    }
}

/// Pixels of ink that touch one another, corners included.
#[derive(Clone, Debug)]
pub struct Part {
    pub area: Area,
    /// Top to bottom, in each row from left to right.
    pub runs: Vec<Run>,
    /// Number of pixels.
    pub pixels: usize,
    /// The mean of its ink, 0 to 255.
    pub level: f32,
}

impl Part {
    /// Of runs, which must not be none.
    pub fn of(mut runs: Vec<Run>, level: f32) -> Option<Self> {
        runs.sort_unstable_by_key(|run| (run.y, run.start));
        let area = runs
            .iter()
            .map(|run| Area { x: run.start, y: run.y, width: run.len(), height: 1 })
            .reduce(|all, area| all.with(&area))?;
        let pixels = runs.iter().map(Run::len).sum();
        Some(Self { area, runs, pixels, level })
    }

    /// Takes in another part's pixels, which lie to the right of all of this one's in each row.
    pub fn append(&mut self, other: Self) {
        self.area = self.area.with(&other.area);
        let (own, more) = (self.pixels as f32, other.pixels as f32);
        self.level = (self.level * own + other.level * more) / (own + more);
        self.pixels += other.pixels;
        self.runs.extend(other.runs);
        self.runs.sort_unstable_by_key(|run| (run.y, run.start));
    }

    /// Whether this is hardly longer than its stroke is wide: a dot, however large. Of 20,000 written digits none was.
    pub fn is_dot(&self) -> bool {
        self.stroke() >= DOT * self.area.longest() as f32
    }

    /// How many times as long as wide this is: by the variances of its pixels along the direction in which they are spread most, and
    /// across. A straight bar's is its length by its width, and what is bent or branched has less.
    pub fn times_as_long(&self) -> f32 {
        let [mut y, mut x, mut yy, mut xx, mut xy] = [0.0; 5];
        for run in &self.runs {
            let length = run.len() as f64;
            let row = (run.y - self.area.y) as f64 + 0.5;
            let middle = (run.start + run.end) as f64 / 2.0 - self.area.x as f64;
            y += length * row;
            x += length * middle;
            yy += length * (row * row + 1.0 / 12.0);
            xx += length * (middle * middle + length * length / 12.0);
            xy += length * row * middle;
        }
        let all = self.pixels as f64;
        let (y, x) = (y / all, x / all);
        let (yy, xx, xy) = (yy / all - y * y, xx / all - x * x, xy / all - x * y);
        // The eigenvalues of the covariance.
        let (half, apart) = ((yy + xx) / 2.0, ((yy - xx) / 2.0).hypot(xy));
        ((half + apart) / (half - apart).max(f64::MIN_POSITIVE)).sqrt() as f32
    }

    /// Mean width of the stroke: twice the area by the length of the edge.
    pub fn stroke(&self) -> f32 {
        let mut edge = 2 * self.runs.len();
        // Pixels of a row that lie under none of the row above are its upper edge; as many lower edges are there.
        let mut above: (usize, &[Run]) = (usize::MAX, &[]);
        let mut first = 0;
        while first < self.runs.len() {
            let y = self.runs[first].y;
            let end = first + self.runs[first..].iter().take_while(|run| run.y == y).count();
            let row = &self.runs[first..end];
            let pixels: usize = row.iter().map(Run::len).sum();
            let shared = if above.0.wrapping_add(1) == y { shared(above.1, row) } else { 0 };
            edge += 2 * (pixels - shared);
            above = (y, row);
            first = end;
        }
        // Steps of a slanted edge count both ways: on average 4/π of its length.
        2.0 * self.pixels as f32 / (edge as f32 * std::f32::consts::FRAC_PI_4).max(1.0)
    }
}

/// Columns that two rows' runs share.
fn shared(above: &[Run], below: &[Run]) -> usize {
    let (mut i, mut j, mut sum) = (0, 0, 0);
    while i < above.len() && j < below.len() {
        sum += above[i].end.min(below[j].end).saturating_sub(above[i].start.max(below[j].start));
        if above[i].end < below[j].end { i += 1 } else { j += 1 }
    }
    sum
}

/// The parts of what reaches `low` in `levels`, those that reach `threshold` somewhere, from the left.
pub fn parts(levels: &Picture, low: u8, threshold: u8) -> Vec<Part> {
    let mut runs: Vec<Run> = Vec::new();
    let mut root: Vec<usize> = Vec::new();
    let mut above = 0..0;
    for (y, row) in levels.rows().enumerate() {
        let first = runs.len();
        for run in across(row, low) {
            root.push(runs.len());
            runs.push(Run { y, start: run.start, end: run.end });
        }
        let mut candidate = above.start;
        for number in first..runs.len() {
            let run = runs[number];
            // Corners touch too: one column more on either side.
            while candidate < above.end && runs[candidate].end < run.start {
                candidate += 1;
            }
            let mut other = candidate;
            while other < above.end && runs[other].start <= run.end {
                join(&mut root, number, other);
                other += 1;
            }
        }
        above = first..runs.len();
    }
    let mut collected: Vec<Vec<Run>> = vec![Vec::new(); runs.len()];
    for (number, &run) in runs.iter().enumerate() {
        collected[find(&mut root, number)].push(run);
    }
    let mut parts: Vec<Part> = collected
        .into_iter()
        .filter_map(|runs| {
            let (mut strongest, mut sum, mut pixels) = (0, 0u64, 0u64);
            for run in &runs {
                let row = &levels.row(run.y)[run.start..run.end];
                strongest = row.iter().fold(strongest, |most, &level| u8::max(most, level));
                sum += row.iter().map(|&level| u64::from(level)).sum::<u64>();
                pixels += row.len() as u64;
            }
            (strongest >= threshold).then(|| Part::of(runs, sum as f32 / pixels as f32)).flatten()
        })
        .collect();
    parts.sort_by_key(|part| (part.area.x, part.area.y));
    parts
}

fn find(root: &mut [usize], mut number: usize) -> usize {
    while root[number] != number {
        root[number] = root[root[number]];
        number = root[number];
    }
    number
}

fn join(root: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find(root, a), find(root, b));
    root[a.max(b)] = a.min(b);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rows: &[&str]) -> Picture {
        let pixels = rows.iter().flat_map(|row| row.bytes().map(|byte| (byte - b'0') * 25)).collect();
        Picture { height: rows.len(), width: rows[0].len(), pixels }
    }

    #[test]
    fn corners_touch_gaps_part_and_faint_pieces_are_left_out() {
        let picture = picture(&["9009000", "0990005", "0000005", "0009000"]);
        let parts = parts(&picture, 100, 200);
        let areas: Vec<_> =
            parts.iter().map(|part| (part.area.x, part.area.y, part.area.width, part.pixels)).collect();
        assert_eq!(areas, [(0, 0, 4, 4), (3, 3, 1, 1)]);
    }

    #[test]
    fn a_disk_is_a_dot_and_a_ring_and_a_bar_are_none() {
        let drawn = |is_ink: &dyn Fn(i32, i32) -> bool| {
            let pixels =
                (0..41 * 41).map(|at| if is_ink(at / 41 - 20, at % 41 - 20) { 255 } else { 0 }).collect();
            parts(&Picture { height: 41, width: 41, pixels }, 1, 1)[0].is_dot()
        };
        let far = |y: i32, x: i32| y * y + x * x;
        assert!(drawn(&|y, x| far(y, x) < 200));
        assert!(!drawn(&|y, x| (50..200).contains(&far(y, x))));
        assert!(!drawn(&|y, x| y.abs() < 18 && x.abs() < 7));
    }

    #[test]
    fn a_bars_stroke_is_its_thickness() {
        let bar = Picture::filled(4, 60, 255);
        let stroke = parts(&bar, 1, 1)[0].stroke();
        assert!((3.8..5.2).contains(&stroke), "{stroke}");
    }

    #[test]
    fn a_bar_is_as_many_times_as_long_as_wide_however_it_lies_and_what_is_bent_less() {
        let drawn = |is_ink: &dyn Fn(f32, f32) -> bool| {
            let pixels = (0..101 * 101)
                .map(|at| if is_ink((at / 101) as f32 - 50.0, (at % 101) as f32 - 50.0) { 255 } else { 0 })
                .collect();
            parts(&Picture { height: 101, width: 101, pixels }, 1, 1)[0].times_as_long()
        };
        for angle in [0.0f32, 0.3, 0.8, 1.57, 2.5] {
            let (sine, cosine) = angle.sin_cos();
            let bar = drawn(&|y, x| {
                (-2.0..2.0).contains(&(y * cosine - x * sine))
                    && (-40.0..40.0).contains(&(x * cosine + y * sine))
            });
            assert!((19.0..21.5).contains(&bar), "{angle}: {bar}");
        }
        let ring = drawn(&|y, x| (30.0..33.0).contains(&y.hypot(x)));
        assert!(ring < 1.1, "{ring}");
        let bent = drawn(&|y, x| (y - 0.2 * x.abs()).abs() < 2.0 && x.abs() < 40.0);
        assert!(bent < 15.0, "{bent}");
        assert!(parts(&Picture::filled(1, 1, 255), 1, 1)[0].times_as_long() < 1.1);
    }
}
