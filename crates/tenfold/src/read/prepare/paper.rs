//! The paper under the ink: is it brighter or darker, and how bright is it at each place? Shadows, uneven light and grey
//! or coloured paper end here; what is left is how far each pixel is from its paper.

use std::borrow::Cow;

use crate::read::Picture;
use crate::read::histogram::Histogram;

/// Blocks along the longer side of the coarse picture in which the paper is looked for.
const BLOCKS: usize = 100;

/// Light that falls everywhere and is no paper's, in levels; and how much fainter bright ink may be in the shade.
const STRAY: f32 = 16.0;
const SHADE: f32 = 2.0;

/// Pixels that are looked at together where all are as bright as their paper.
const TOGETHER: usize = 32;

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
    const SIDE: usize = 36;
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
        let mut counts = Histogram::new();
        picture.pixels.iter().for_each(|&level| counts.add(level));
        let mut surface = Self { size, terms: [f64::from(most_common(&counts)), 0.0, 0.0, 0.0, 0.0, 0.0] };
        for (terms, width) in [(1, 30.0), (3, 20.0), (3, 15.0), (6, 12.0), (6, 10.0), (6, 8.0)] {
            let found = match terms {
                1 => surface.refit::<1>(picture, width),
                3 => surface.refit::<3>(picture, width),
                _ => surface.refit::<6>(picture, width),
            };
            surface.terms = found.unwrap_or(surface.terms);
        }
        surface
    }

    /// The first `TERMS` terms, what lies `width` levels from this surface weighing a quarter.
    fn refit<const TERMS: usize>(&self, picture: &Picture, width: f64) -> Option<[f64; 6]> {
        let (mut left, mut right) = ([[0.0; 6]; 6], [0.0; 6]);
        let columns: Vec<f64> = (0..picture.width).map(|x| along(x, self.size[1])).collect();
        for (y, row) in picture.rows().enumerate() {
            let y = along(y, self.size[0]);
            for (&x, &level) in columns.iter().zip(row) {
                let place = place(y, x);
                let far = (f64::from(level) - self.at_place(place)) / width;
                let weight = 1.0 / (1.0 + far * far).powi(2);
                for i in 0..TERMS {
                    right[i] += weight * place[i] * f64::from(level);
                    (i..TERMS).for_each(|j| left[i][j] += weight * place[i] * place[j]);
                }
            }
        }
        (1..TERMS).for_each(|i| (0..i).for_each(|j| left[i][j] = left[j][i]));
        solve(left, right, TERMS)
    }

    fn at(&self, y: usize, x: usize) -> f64 {
        self.at_place(place(along(y, self.size[0]), along(x, self.size[1])))
    }

    fn at_place(&self, place: [f64; 6]) -> f64 {
        place.iter().zip(self.terms).map(|(place, term)| place * term).sum()
    }
}

/// The middle of pixel `at` of `of`, from -1 to 1.
fn along(at: usize, of: f64) -> f64 {
    (2.0 * at as f64 + 1.0) / of - 1.0
}

/// What the terms of a surface are multiplied by at (y, x).
fn place(y: f64, x: f64) -> [f64; 6] {
    [1.0, y, x, y * y, x * y, x * x]
}

/// The level round which most pixels lie, within eight levels either side.
fn most_common(Histogram(counts): &Histogram) -> u8 {
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

/// A picture with dark ink on bright paper.
pub struct Dark<'a> {
    pub picture: Cow<'a, Picture>,
    /// It was the other way round.
    pub inverted: bool,
}

impl<'a> Dark<'a> {
    pub fn of(picture: &'a Picture, bright_ink: bool) -> Self {
        let dark = if bright_ink { Cow::Owned(picture.inverted()) } else { Cow::Borrowed(picture) };
        Self { picture: dark, inverted: bright_ink }
    }

    /// The same so many times smaller.
    pub fn shrunk(&'a self, times: usize) -> Self {
        let picture =
            if times > 1 { Cow::Owned(self.picture.shrunk(times)) } else { Cow::Borrowed(&*self.picture) };
        Self { picture, ..*self }
    }

    /// By how much to multiply what a pixel is darker than `paper`, by the paper's level, in 1/256.
    fn scale(&self, paper: &Picture) -> Vec<u32> {
        let usual = if self.inverted { upper_quartile(&paper.inverted()) } else { 0 };
        let scale = |paper: u32| {
            // Where light is scarce a level more or less is noise, not ink. Rounded up, so that black is all dark.
            let whole = (255 * 256u32).div_ceil(paper.max(48));
            if !self.inverted {
                return whole;
            }
            // Chalk in the shade is as much less bright as its board is, however dark both are.
            let [usual, here] = [f32::from(usual), 255.0 - paper as f32].map(|light| light + STRAY);
            (whole as f32 * (usual / here).clamp(1.0, SHADE)) as u32
        };
        (0..256).map(scale).collect()
    }
}

/// The level that a quarter of a picture exceeds.
fn upper_quartile(picture: &Picture) -> u8 {
    let mut counts = Histogram::new();
    picture.pixels.iter().for_each(|&level| counts.add(level));
    counts.exceeded_by(picture.pixels.len() / 4).unwrap_or(0)
}

/// How much darker than its paper each pixel is, 0 to 255, as a share of the paper's light. What is dark in a window of
/// `window` pixels each way, but not all of it, is ink: a closing (Serra 1982), on a coarse picture where that is enough.
pub fn darkness(dark: &Dark<'_>, window: usize) -> Picture {
    let picture = &*dark.picture;
    let block = picture.height.max(picture.width).div_ceil(BLOCKS).max(1);
    let coarse = bright_blocks(picture, block);
    let reach = window.div_ceil(block).max(1);
    let paper = swept(&swept(&coarse, reach, u8::MIN, u8::max), reach, u8::MAX, u8::min);
    let paper = smooth(&paper, (reach / 4).max(1));
    let rows = Blend::all(picture.height, block, paper.height);
    let columns = Blend::all(picture.width, block, paper.width);
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    let mut line = vec![0.0f32; paper.width];
    let (mut wide, mut wide_of) = (vec![0u8; picture.width], Vec::new());
    let scale = dark.scale(&paper);
    for (row, blend) in picture.rows().zip(&rows) {
        let (upper, lower) = (paper.row(blend.first), paper.row(blend.second));
        for ((level, &upper), &lower) in line.iter_mut().zip(upper).zip(lower) {
            *level = f32::from(upper) + blend.part * (f32::from(lower) - f32::from(upper));
        }
        // Even paper is the same in every row.
        if wide_of != line {
            for (wide, blend) in wide.iter_mut().zip(&columns) {
                let paper = line[blend.first] + blend.part * (line[blend.second] - line[blend.first]);
                *wide = (paper + 0.5) as u8;
            }
            wide_of.clone_from(&line);
        }
        for (row, paper) in row.chunks(TOGETHER).zip(wide.chunks(TOGETHER)) {
            if row.iter().zip(paper).fold(true, |none, (level, paper)| none & (level >= paper)) {
                pixels.resize(pixels.len() + row.len(), 0);
                continue;
            }
            pixels.extend(row.iter().zip(paper).map(|(&level, &paper)| {
                ((u32::from(paper.saturating_sub(level)) * scale[usize::from(paper)]) >> 8).min(255) as u8
            }));
        }
    }
    Picture { pixels, ..*picture }
}

/// The bright side of each block of `block`² pixels: the mean of its rows' maxima, which noise moves less than the maximum.
fn bright_blocks(picture: &Picture, block: usize) -> Picture {
    if block == 1 {
        return picture.clone();
    }
    let (height, width) = (picture.height.div_ceil(block), picture.width.div_ceil(block));
    let mut pixels = Vec::with_capacity(height * width);
    let (mut sums, mut most) = (vec![0u32; width], vec![0u8; picture.width]);
    for rows in picture.pixels.chunks(block * picture.width) {
        sums.fill(0);
        for row in rows.chunks_exact(picture.width) {
            // The maximum from each pixel on, all pixels at once; then of those that begin a block.
            most.copy_from_slice(row);
            for shift in 1..block.min(row.len()) {
                most.iter_mut().zip(&row[shift..]).for_each(|(most, &level)| *most = level.max(*most));
            }
            sums.iter_mut().zip(most.iter().step_by(block)).for_each(|(sum, &most)| *sum += u32::from(most));
        }
        let count = (rows.len() / picture.width).max(1) as u32;
        pixels.extend(sums.iter().map(|sum| ((sum + count / 2) / count) as u8));
    }
    Picture { height, width, pixels }
}

/// The largest (or smallest, as `best` says; `worst` is what never is) level within `reach` pixels each way.
fn swept(picture: &Picture, reach: usize, worst: u8, best: impl Fn(u8, u8) -> u8 + Copy) -> Picture {
    picture.both_ways(|picture| swept_down(picture, reach, worst, best))
}

/// The same within `reach` rows: running bests from both ends of pieces as long as the window (van Herk 1992), all columns
/// at once.
fn swept_down(picture: &Picture, reach: usize, worst: u8, best: impl Fn(u8, u8) -> u8 + Copy) -> Picture {
    let (height, width) = (picture.height, picture.width);
    let window = 2 * reach + 1;
    // With `reach` rows of nothing above and below, every window is whole.
    let padded = height + 2 * reach;
    let mut forward = vec![worst; padded * width];
    forward[reach * width..(reach + height) * width].copy_from_slice(&picture.pixels);
    let mut back = forward.clone();
    for y in 1..padded {
        if !y.is_multiple_of(window) {
            let (before, row) = forward.split_at_mut(y * width);
            let before = &before[(y - 1) * width..];
            row[..width].iter_mut().zip(before).for_each(|(level, &before)| *level = best(*level, before));
        }
        let y = padded - 1 - y;
        if !(y + 1).is_multiple_of(window) {
            let (row, after) = back.split_at_mut((y + 1) * width);
            let row = &mut row[y * width..];
            row.iter_mut().zip(&*after).for_each(|(level, &after)| *level = best(*level, after));
        }
    }
    let ends = &forward[2 * reach * width..];
    let pixels = back.iter().zip(ends).map(|(&start, &end)| best(start, end)).collect();
    Picture { pixels, ..*picture }
}

/// Means over `reach` pixels each way.
fn smooth(picture: &Picture, reach: usize) -> Picture {
    picture.both_ways(|picture| smooth_down(picture, reach))
}

/// Means over `reach` rows each way, as many as there are.
fn smooth_down(picture: &Picture, reach: usize) -> Picture {
    let mut sums = vec![0u32; picture.width];
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    let height = picture.height;
    (0..reach.min(height)).for_each(|y| add(&mut sums, picture.row(y)));
    for y in 0..height {
        if y + reach < height {
            add(&mut sums, picture.row(y + reach));
        }
        if let Some(gone) = y.checked_sub(reach + 1) {
            sums.iter_mut().zip(picture.row(gone)).for_each(|(sum, &level)| *sum -= u32::from(level));
        }
        let count = ((y + reach + 1).min(height) - y.saturating_sub(reach)) as f32;
        pixels.extend(sums.iter().map(|&sum| (sum as f32 / count + 0.5) as u8));
    }
    Picture { pixels, ..*picture }
}

fn add(sums: &mut [u32], row: &[u8]) {
    sums.iter_mut().zip(row).for_each(|(sum, &level)| *sum += u32::from(level));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn around(picture: &Picture, y: usize, x: usize, reach: usize) -> Vec<u8> {
        let rows = y.saturating_sub(reach)..(y + reach + 1).min(picture.height);
        let columns = x.saturating_sub(reach)..(x + reach + 1).min(picture.width);
        rows.flat_map(|y| picture.row(y)[columns.clone()].to_vec()).collect()
    }

    proptest! {
        #[test]
        fn sweeps_are_the_best_of_each_window(
            (height, width, pixels) in (1usize..20, 1usize..20).prop_flat_map(|(height, width)| {
                (Just(height), Just(width), proptest::collection::vec(any::<u8>(), height * width))
            }),
            reach in 1usize..25,
        ) {
            let picture = Picture { height, width, pixels };
            let largest = swept(&picture, reach, u8::MIN, u8::max);
            let smallest = swept(&picture, reach, u8::MAX, u8::min);
            for y in 0..height {
                for x in 0..width {
                    let window = around(&picture, y, x, reach);
                    prop_assert_eq!(Some(largest.row(y)[x]), window.iter().copied().max());
                    prop_assert_eq!(Some(smallest.row(y)[x]), window.iter().copied().min());
                }
            }
        }

        #[test]
        fn means_lie_between_the_ends_and_even_paper_stays_even(
            pixels in proptest::collection::vec(any::<u8>(), 30), reach in 1usize..9,
        ) {
            let picture = Picture { height: 5, width: 6, pixels };
            let (low, high) = (picture.pixels.iter().min(), picture.pixels.iter().max());
            let smoothed = smooth(&picture, reach);
            prop_assert!(smoothed.pixels.iter().all(|level| Some(level) >= low && Some(level) <= high));
            prop_assert_eq!(smooth(&Picture::filled(5, 6, 99), reach), Picture::filled(5, 6, 99));
        }
    }

    #[test]
    fn even_paper_has_no_ink_and_black_on_white_is_all_dark() {
        let even = Picture::filled(40, 50, 180);
        assert_eq!(darkness(&Dark::of(&even, false), 10), Picture::filled(40, 50, 0));
        let mut dot = Picture::filled(40, 50, 250);
        dot.pixels[20 * 50 + 25] = 0;
        let dark = darkness(&Dark::of(&dot, false), 10);
        assert_eq!(
            (dark.pixels[20 * 50 + 25], dark.pixels.iter().filter(|&&level| level > 0).count()),
            (255, 1)
        );
    }

    #[test]
    fn chalk_in_the_shade_is_as_strong_as_in_the_light() {
        let board = |y: usize, x: usize| {
            let level = if y % 20 == 10 { 180 } else { 60 };
            if x < 30 { level / 2 } else { level }
        };
        let pixels = (0..40 * 100).map(|at| board(at / 100, at % 100)).collect();
        let board = Picture { height: 40, width: 100, pixels };
        let dark = darkness(&Dark::of(&board, true), 5);
        let (shade, light) = (dark.row(10)[10], dark.row(10)[80]);
        assert!(shade.abs_diff(light) < light / 3, "{shade} in the shade, {light} in the light");
        assert!(dark.row(0).iter().all(|&level| level < light / 4), "the board itself: {:?}", dark.row(0));
    }

    #[test]
    fn polarity_is_told_from_paper_and_said_to_be_unsure_where_it_is() {
        let mut page = Picture::filled(60, 60, 230);
        (20..40).for_each(|y| page.pixels[y * 60 + 28..y * 60 + 33].fill(20));
        assert_eq!(polarity(&page), Polarity { bright_ink: false, sure: true });
        assert_eq!(polarity(&page.inverted()), Polarity { bright_ink: true, sure: true });
        let halves = Picture {
            height: 60,
            width: 60,
            pixels: (0..3600).map(|i| if i % 60 < 30 { 0 } else { 255 }).collect(),
        };
        assert!(!polarity(&halves).sure);
    }
}
