//! The paper under the ink: how bright is it at each place? Shadows, uneven light and grey or coloured paper end here; what is
//! left is how far each pixel is from its paper. Which of the two is brighter is `polarity`'s to say.

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
    Histogram::of(&picture.pixels).exceeded_by(picture.pixels.len() / 4).unwrap_or(0)
}

/// How much darker than its paper each pixel is, 0 to 255, as a share of the paper's light. What is dark in a window of
/// `window` pixels each way, but not all of it, is ink: a closing (Serra 1982), on a coarse picture where that is enough.
pub fn darkness(dark: &Dark<'_>, window: usize) -> Picture {
    let picture = &*dark.picture;
    let block = picture.height.max(picture.width).div_ceil(BLOCKS).max(1);
    let reach = window.div_ceil(block).max(1);
    let paper = closed(&bright_blocks(picture, block), reach);
    darker_than(&smooth(&paper, (reach / 4).max(1)), block, dark)
}

/// The same pixel by pixel, so that a shadow is paper up to its edge, however sharp that is.
pub fn darkness_nearby(dark: &Dark<'_>, window: usize) -> Picture {
    darker_than(&closed(&dark.picture, window.max(1)), 1, dark)
}

/// A picture without what is dark and narrower than a window of `reach` pixels each way.
fn closed(picture: &Picture, reach: usize) -> Picture {
    swept(&widened(picture, reach), reach, u8::MAX, u8::min)
}

/// How much darker each pixel is than `paper`, which has one level for each block of `block`² pixels.
fn darker_than(paper: &Picture, block: usize, dark: &Dark<'_>) -> Picture {
    let picture = &*dark.picture;
    let rows = Blend::all(picture.height, block, paper.height);
    let columns = Blend::all(picture.width, block, paper.width);
    let mut pixels = Vec::with_capacity(picture.pixels.len());
    let mut line = vec![0.0f32; paper.width];
    let mut wide = vec![0u8; picture.width];
    let mut even: Option<&[u8]> = None;
    let scale = dark.scale(paper);
    for (row, blend) in picture.rows().zip(&rows) {
        let (upper, lower) = (paper.row(blend.first), paper.row(blend.second));
        let between = (upper == lower).then_some(upper);
        // Even paper is the same in every row.
        if between.is_none() || between != even {
            for ((level, &upper), &lower) in line.iter_mut().zip(upper).zip(lower) {
                *level = f32::from(upper) + blend.part * (f32::from(lower) - f32::from(upper));
            }
            for (wide, blend) in wide.iter_mut().zip(&columns) {
                let paper = line[blend.first] + blend.part * (line[blend.second] - line[blend.first]);
                *wide = (paper + 0.5) as u8;
            }
            even = between;
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

/// A picture whose bright strokes are so many pixels wider each way.
pub fn widened(picture: &Picture, reach: usize) -> Picture {
    swept(picture, reach, u8::MIN, u8::max)
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
        let mean = Mean::of(((y + reach + 1).min(height) - y.saturating_sub(reach)) as u32);
        pixels.extend(sums.iter().map(|&sum| mean.nearest(sum)));
    }
    Picture { pixels, ..*picture }
}

/// The mean of a number of levels, to the nearest whole level: by a product, since vectors of whole numbers cannot be divided.
#[derive(Clone, Copy)]
struct Mean {
    count: u32,
    /// Of two to the 24th, so many times twice the count: up to 128 levels that is exact.
    part: u32,
}

impl Mean {
    fn of(count: u32) -> Self {
        debug_assert!((1..=128).contains(&count), "{count} levels");
        Self { count, part: (1u32 << 24).div_ceil(2 * count) }
    }

    fn nearest(self, sum: u32) -> u8 {
        (((2 * sum + self.count) * self.part) >> 24) as u8
    }
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
    fn means_are_rounded_as_by_division() {
        for count in 1..=128u32 {
            let mean = Mean::of(count);
            assert!(
                (0..=255 * count).all(|sum| u32::from(mean.nearest(sum)) == (2 * sum + count) / (2 * count))
            );
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
    fn paper_nearby_ends_where_a_sharp_shadow_does() {
        // A slanted shadow, and strokes in the light and in the shade.
        let level = |y: usize, x: usize| {
            let light = if 2 * x + y < 90 { 80 } else { 200 };
            if x % 40 == 20 { light / 2 } else { light }
        };
        let pixels = (0..60 * 100).map(|at| level(at / 100, at % 100)).collect();
        let picture = Picture { height: 60, width: 100, pixels };
        let levels = darkness_nearby(&Dark::of(&picture, false), 4);
        for (y, row) in levels.rows().enumerate() {
            for (x, &level) in row.iter().enumerate() {
                // Where a stroke or the border crosses the edge a level is any of them.
                let crossed = x.abs_diff(20) < 8 || !(8..52).contains(&y);
                let at_edge = crossed && (2 * x + y).abs_diff(90) < 12;
                let expected = if x % 40 == 20 { 127 } else { 0 };
                assert!(at_edge || level.abs_diff(expected) <= 1, "{level} at {y}, {x}");
            }
        }
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
}
