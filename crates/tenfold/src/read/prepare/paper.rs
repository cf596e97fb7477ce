//! The paper under the ink: is it brighter or darker, and how bright is it at each place? Shadows, uneven light and grey
//! or coloured paper end here; what is left is how far each pixel is from its paper.

use crate::read::Picture;

/// Blocks along the longer side of the coarse picture in which the paper is looked for.
const BLOCKS: usize = 160;

/// Whether dark ink lies on bright paper, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polarity {
    /// The ink is brighter than the paper.
    pub bright_ink: bool,
    /// Hardly any picture of this kind is the other way round.
    pub sure: bool,
}

/// Most of a picture is paper: what differs from a smooth surface through most pixels is ink; and most of each place is paper:
/// so is what differs from the median there. Where the two disagree (a shadow over half of the paper, ink over half of a
/// place), or little speaks for one side, it is not sure.
pub fn polarity(picture: &Picture) -> Polarity {
    const SIDE: usize = 96;
    let small = picture.resized(picture.height.min(SIDE), picture.width.min(SIDE));
    let surface = Surface::fit(&small);
    let places = Places::of(&small);
    let (mut whole, mut local) = ([0.0; 2], [0.0; 2]);
    for (y, row) in small.rows().enumerate() {
        for (x, &level) in row.iter().enumerate() {
            for (sums, paper) in [(&mut whole, surface.at(y, x)), (&mut local, places.at(y, x))] {
                let far = f64::from(level) - paper;
                sums[usize::from(far > 0.0)] += far * far;
            }
        }
    }
    let clear = |[darker, brighter]: [f64; 2]| f64::max(darker, brighter) > 3.0 * f64::min(darker, brighter);
    let bright = |[darker, brighter]: [f64; 2]| brighter > darker;
    Polarity {
        bright_ink: bright(whole),
        sure: bright(whole) == bright(local) && clear(whole) && clear(local),
    }
}

/// The median level of each of 6 × 6 places.
struct Places {
    size: [usize; 2],
    medians: [[u8; Places::SIDE]; Places::SIDE],
}

impl Places {
    const SIDE: usize = 6;

    fn of(picture: &Picture) -> Self {
        let mut medians = [[0; Self::SIDE]; Self::SIDE];
        let bounds = |place: usize, of: usize| {
            let first = place * of / Self::SIDE;
            first..((place + 1) * of / Self::SIDE).max(first + 1).min(of)
        };
        for (row, medians) in medians.iter_mut().enumerate() {
            for (column, median) in medians.iter_mut().enumerate() {
                let columns = bounds(column, picture.width);
                let rows = bounds(row, picture.height);
                let mut levels: Vec<u8> =
                    rows.flat_map(|y| &picture.row(y)[columns.clone()]).copied().collect();
                let middle = levels.len() / 2;
                if middle < levels.len() {
                    *median = *levels.select_nth_unstable(middle).1;
                }
            }
        }
        Self { size: [picture.height, picture.width], medians }
    }

    fn at(&self, y: usize, x: usize) -> f64 {
        let place = |at: usize, of: usize| (at * Self::SIDE / of).min(Self::SIDE - 1);
        f64::from(self.medians[place(y, self.size[0])][place(x, self.size[1])])
    }
}

/// A quadratic surface that most pixels lie near: levels by place, in [-1, 1]².
struct Surface {
    size: [f64; 2],
    terms: [f64; 6],
}

impl Surface {
    /// Least squares over and over, what lies far away weighing less each time (Holland & Welsch 1977, Cauchy weights).
    /// A constant first, then a slope, then a bend, so that a large digit does not bend it.
    fn fit(picture: &Picture) -> Self {
        let size = [picture.height as f64, picture.width as f64];
        let mut counts = [0usize; 256];
        picture.pixels.iter().for_each(|&level| counts[usize::from(level)] += 1);
        let mut surface = Self { size, terms: [f64::from(most_common(&counts)), 0.0, 0.0, 0.0, 0.0, 0.0] };
        for (terms, width) in [(1, 30.0), (3, 20.0), (3, 15.0), (6, 12.0), (6, 10.0), (6, 8.0)] {
            let (mut left, mut right) = ([[0.0; 6]; 6], [0.0; 6]);
            for (y, row) in picture.rows().enumerate() {
                for (x, &level) in row.iter().enumerate() {
                    let far = (f64::from(level) - surface.at(y, x)) / width;
                    let weight = 1.0 / (1.0 + far * far).powi(2);
                    let place = surface.place(y, x);
                    for i in 0..terms {
                        right[i] += weight * place[i] * f64::from(level);
                        (0..terms).for_each(|j| left[i][j] += weight * place[i] * place[j]);
                    }
                }
            }
            if let Some(found) = solve(left, right, terms) {
                surface.terms = found;
            }
        }
        surface
    }

    fn place(&self, y: usize, x: usize) -> [f64; 6] {
        let [y, x] =
            [(y, self.size[0]), (x, self.size[1])].map(|(at, of)| (2.0 * at as f64 + 1.0) / of - 1.0);
        [1.0, y, x, y * y, x * y, x * x]
    }

    fn at(&self, y: usize, x: usize) -> f64 {
        self.place(y, x).iter().zip(self.terms).map(|(place, term)| place * term).sum()
    }
}

/// The level round which most pixels lie, within eight levels either side.
fn most_common(counts: &[usize; 256]) -> u8 {
    let near = |level: usize| counts[level.saturating_sub(8)..(level + 9).min(256)].iter().sum::<usize>();
    (0..256).max_by_key(|&level| (near(level), counts[level])).unwrap_or(255) as u8
}

/// Gauss's elimination of the first `size` rows; `None` where they have no single solution.
fn solve(mut left: [[f64; 6]; 6], mut right: [f64; 6], size: usize) -> Option<[f64; 6]> {
    for pivot in 0..size {
        let best = (pivot..size).max_by(|&a, &b| left[a][pivot].abs().total_cmp(&left[b][pivot].abs()))?;
        left.swap(pivot, best);
        right.swap(pivot, best);
        if left[pivot][pivot].abs() < 1e-9 {
            return None;
        }
        for row in 0..size {
            if row != pivot {
                let factor = left[row][pivot] / left[pivot][pivot];
                let above = left[pivot];
                left[row].iter_mut().zip(above).for_each(|(value, above)| *value -= factor * above);
                right[row] -= factor * right[pivot];
            }
        }
    }
    let mut found = [0.0; 6];
    (0..size).for_each(|i| found[i] = right[i] / left[i][i]);
    Some(found)
}

/// How much darker than its paper each pixel is, 0 to 255, as a share of the paper's light. What is dark in a window of
/// `window` pixels each way, but not all of it, is ink: a closing (Serra 1982), on a coarse picture where that is enough.
pub fn darkness(picture: &Picture, window: usize) -> Picture {
    let block = picture.height.max(picture.width).div_ceil(BLOCKS).max(1);
    let coarse = bright_blocks(picture, block);
    let reach = window.div_ceil(block).max(1);
    let paper = swept(&swept(&coarse, reach, u8::max), reach, u8::min);
    let paper = smooth(&paper, (reach / 4).max(1));
    let rows = Blend::all(picture.height, block, paper.height);
    let columns = Blend::all(picture.width, block, paper.width);
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    let mut line = vec![0.0f32; paper.width];
    for (row, blend) in picture.rows().zip(&rows) {
        let (upper, lower) = (paper.row(blend.first), paper.row(blend.second));
        for ((level, &upper), &lower) in line.iter_mut().zip(upper).zip(lower) {
            *level = f32::from(upper) + blend.part * (f32::from(lower) - f32::from(upper));
        }
        pixels.extend(row.iter().zip(&columns).map(|(&level, blend)| {
            let paper = (line[blend.first] + blend.part * (line[blend.second] - line[blend.first])).max(1.0);
            // Where light is scarce a level more or less is noise, not ink.
            (255.0 * (paper - f32::from(level)) / paper.max(48.0)).clamp(0.0, 255.0) as u8
        }));
    }
    Picture { pixels, ..*picture }
}

/// The bright side of each block of `block`² pixels: its upper quartile, which noise moves less than the maximum.
fn bright_blocks(picture: &Picture, block: usize) -> Picture {
    if block == 1 {
        return picture.clone();
    }
    let (height, width) = (picture.height.div_ceil(block), picture.width.div_ceil(block));
    let mut pixels = Vec::with_capacity(height * width);
    let mut values = Vec::with_capacity(block * block);
    for top in (0..picture.height).step_by(block) {
        for left in (0..picture.width).step_by(block) {
            values.clear();
            for y in top..(top + block).min(picture.height) {
                values.extend_from_slice(&picture.row(y)[left..(left + block).min(picture.width)]);
            }
            let rank = (values.len() * 3 / 4).min(values.len() - 1);
            pixels.push(*values.select_nth_unstable(rank).1);
        }
    }
    Picture { height, width, pixels }
}

/// The largest (or smallest, as `best` says) level within `reach` pixels each way.
fn swept(picture: &Picture, reach: usize, best: fn(u8, u8) -> u8) -> Picture {
    let (height, width) = (picture.height, picture.width);
    let mut across = Vec::with_capacity(picture.pixels.len());
    let mut line = Vec::new();
    for row in picture.rows() {
        sweep_line(row, reach, best, &mut line);
        across.extend_from_slice(&line);
    }
    let mut pixels = vec![0; across.len()];
    let mut column = Vec::with_capacity(height);
    for x in 0..width {
        column.clear();
        column.extend((0..height).map(|y| across[y * width + x]));
        sweep_line(&column, reach, best, &mut line);
        line.iter().enumerate().for_each(|(y, &level)| pixels[y * width + x] = level);
    }
    Picture { pixels, ..*picture }
}

/// One line of [`swept`]: running bests from both ends of pieces as long as the window (van Herk 1992).
fn sweep_line(line: &[u8], reach: usize, best: fn(u8, u8) -> u8, out: &mut Vec<u8>) {
    let window = 2 * reach + 1;
    let length = line.len();
    let (mut forward, mut back) = (line.to_vec(), line.to_vec());
    for i in 1..length {
        if !i.is_multiple_of(window) {
            forward[i] = best(forward[i], forward[i - 1]);
        }
        let j = length - 1 - i;
        if !(j + 1).is_multiple_of(window) {
            back[j] = best(back[j], back[j + 1]);
        }
    }
    out.clear();
    out.extend((0..length).map(|i| {
        let (first, last) = (i.saturating_sub(reach), (i + reach).min(length - 1));
        // A window that lies within one piece is as long as the piece, or cut short at an end of the line.
        match (first / window == last / window, first % window == 0) {
            (true, true) => forward[last],
            (true, false) => back[first],
            (false, _) => best(back[first], forward[last]),
        }
    }));
}

/// Means over `reach` pixels each way.
fn smooth(picture: &Picture, reach: usize) -> Picture {
    let mean_line = |line: &[u8]| -> Vec<u8> {
        let mut sums = vec![0u32; line.len() + 1];
        line.iter().enumerate().for_each(|(i, &level)| sums[i + 1] = sums[i] + u32::from(level));
        let mean = |i: usize| {
            let (first, end) = (i.saturating_sub(reach), (i + reach + 1).min(line.len()));
            let count = (end - first) as u32;
            ((sums[end] - sums[first] + count / 2) / count) as u8
        };
        (0..line.len()).map(mean).collect()
    };
    let across: Vec<u8> = picture.rows().flat_map(mean_line).collect();
    let mut pixels = vec![0; across.len()];
    for x in 0..picture.width {
        let column: Vec<u8> = (0..picture.height).map(|y| across[y * picture.width + x]).collect();
        mean_line(&column).iter().enumerate().for_each(|(y, &level)| pixels[y * picture.width + x] = level);
    }
    Picture { pixels, ..*picture }
}

/// Between which two blocks a pixel lies, and how far towards the second.
struct Blend {
    first: usize,
    second: usize,
    part: f32,
}

impl Blend {
    fn all(pixels: usize, block: usize, blocks: usize) -> Vec<Self> {
        (0..pixels)
            .map(|pixel| {
                let at = ((pixel as f32 + 0.5) / block as f32 - 0.5).max(0.0);
                let first = (at as usize).min(blocks - 1);
                Self { first, second: (first + 1).min(blocks - 1), part: at - first as f32 }
            })
            .collect()
    }
}
