//! A grey picture in memory, and the same one larger or smaller. Knows nothing of files, ink or digits.

use super::Area;

/// Rows and columns that change places at once.
const SQUARE: usize = 8;

/// A grey picture `[height, width]`, one byte a pixel (0 black, 255 white), as it was photographed or drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// `[height, width]`: as many as the two say. What reads a picture panics where there are fewer.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// A picture of one grey.
    #[must_use]
    pub fn filled(height: usize, width: usize, level: u8) -> Self {
        Self { height, width, pixels: vec![level; height * width] }
    }

    /// Row `y`.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// The rows, top to bottom.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.width.max(1))
    }

    /// The levels along the four sides.
    pub(super) fn border(&self) -> Vec<u8> {
        let mut levels = Vec::with_capacity(2 * (self.height + self.width));
        for (y, row) in self.rows().enumerate() {
            match row {
                [first, .., last] if y > 0 && y + 1 < self.height => levels.extend([first, last]),
                whole => levels.extend(whole),
            }
        }
        levels
    }

    /// Dark for bright.
    #[must_use]
    pub fn inverted(&self) -> Self {
        Self { pixels: self.pixels.iter().map(|level| 255 - level).collect(), ..*self }
    }

    /// Rows for columns.
    #[must_use]
    pub fn turned(&self) -> Self {
        let (height, width) = (self.height, self.width);
        let mut pixels = vec![0; self.pixels.len()];
        let whole = |side: usize| side - side % SQUARE;
        for y in (0..whole(height)).step_by(SQUARE) {
            for x in (0..whole(width)).step_by(SQUARE) {
                let square = std::array::from_fn(|row| {
                    let at = (y + row) * width + x;
                    self.pixels[at..at + SQUARE].try_into().map_or(0, u64::from_le_bytes)
                });
                for (column, levels) in turned(square).into_iter().enumerate() {
                    let at = (x + column) * height + y;
                    pixels[at..at + SQUARE].copy_from_slice(&levels.to_le_bytes());
                }
            }
        }
        // What is left on the right and below.
        for (y, row) in self.rows().enumerate() {
            let done = if y < whole(height) { whole(width) } else { 0 };
            row.iter().enumerate().skip(done).for_each(|(x, &level)| pixels[x * height + y] = level);
        }
        Self { height: width, width: height, pixels }
    }

    /// What `down` makes of the columns, and then of the rows of that.
    pub(super) fn both_ways(&self, down: impl Fn(&Self) -> Self) -> Self {
        down(&down(self).turned()).turned()
    }

    /// The part in an area, which lies inside the picture.
    pub(super) fn cropped(&self, area: &Area) -> Self {
        let rows = area.y..area.bottom();
        let pixels = rows.flat_map(|y| &self.row(y)[area.x..area.right()]).copied().collect();
        Self { height: area.height, width: area.width, pixels }
    }

    /// The same a whole number of times smaller, each side at least a pixel long.
    pub(super) fn shrunk(&self, times: usize) -> Self {
        self.resized((self.height / times).max(1), (self.width / times).max(1))
    }

    /// The same in `[height, width]`: where it shrinks each new pixel is the mean of the area it covers, where it grows
    /// a smooth curve runs through the old pixels (Catmull & Rom 1974).
    #[must_use]
    pub fn resized(&self, height: usize, width: usize) -> Self {
        if self.pixels.is_empty() || height == 0 || width == 0 {
            return Self::filled(height, width, 0);
        }
        if (height, width) == (self.height, self.width) {
            return self.clone();
        }
        let (rows, columns) = (Taps::new(self.height, height), Taps::new(self.width, width));
        let mut pixels = Vec::with_capacity(height * width);
        let mut line = vec![0.0f32; self.width];
        for (first, weights) in rows.iter() {
            line.fill(0.0);
            for (&weight, row) in
                weights.iter().zip(self.rows().skip(first)).filter(|(weight, _)| **weight != 0.0)
            {
                line.iter_mut().zip(row).for_each(|(sum, &level)| *sum += weight * f32::from(level));
            }
            match columns.each {
                2 => columns.gather::<2>(&line, &mut pixels),
                3 => columns.gather::<3>(&line, &mut pixels),
                4 => columns.gather::<4>(&line, &mut pixels),
                5 => columns.gather::<5>(&line, &mut pixels),
                _ => pixels.extend(columns.iter().map(|(first, weights)| mixed(&line[first..], weights))),
            }
        }
        Self { height, width, pixels }
    }
}

/// Rows for columns of a square of bytes: of pairs of bytes, then of halves of each half, then of halves, the upper right and the lower
/// left change places (Warren, Hacker's Delight, 7-3, for bits).
fn turned(mut rows: [u64; SQUARE]) -> [u64; SQUARE] {
    for (apart, lower) in [(1, 0x00ff_00ff_00ff_00ff), (2, 0x0000_ffff_0000_ffff), (4, 0x0000_0000_ffff_ffff)]
    {
        for row in (0..SQUARE).filter(|row| row & apart == 0) {
            let change = ((rows[row] >> (8 * apart)) ^ rows[row + apart]) & lower;
            rows[row] ^= change << (8 * apart);
            rows[row + apart] ^= change;
        }
    }
    rows
}

/// The level of a new pixel.
fn mixed(old: &[f32], weights: &[f32]) -> u8 {
    let sum: f32 = weights.iter().zip(old).map(|(weight, level)| weight * level).sum();
    (sum + 0.5).clamp(0.0, 255.0) as u8
}

/// Which old pixels make each new one, and with what weights.
struct Taps {
    /// Of each new pixel the first old one.
    firsts: Vec<usize>,
    /// `[new pixels, each]`; 0 beyond those that count.
    weights: Vec<f32>,
    /// Old pixels of each new one: no more than there are.
    each: usize,
}

impl Taps {
    /// For `new` pixels that take the place of `old` ones, none of both 0.
    fn new(old: usize, new: usize) -> Self {
        let scale = old as f64 / new as f64;
        let whole = scale.fract() == 0.0;
        let each = if new <= old { scale.ceil() as usize + usize::from(!whole) } else { 4 }.min(old);
        let mut taps = Self { firsts: Vec::with_capacity(new), weights: vec![0.0; new * each], each };
        for (index, weights) in taps.weights.chunks_exact_mut(each).enumerate() {
            let first =
                if new <= old { area(index, scale, weights, old) } else { curve(index, scale, weights, old) };
            taps.firsts.push(first);
        }
        taps
    }

    fn iter(&self) -> impl Iterator<Item = (usize, &[f32])> {
        self.firsts.iter().copied().zip(self.weights.chunks_exact(self.each))
    }

    /// The new pixels of a line, where each is made of `EACH` old ones.
    fn gather<const EACH: usize>(&self, line: &[f32], pixels: &mut Vec<u8>) {
        let (weights, _) = self.weights.as_chunks::<EACH>();
        pixels.extend(
            self.firsts
                .iter()
                .zip(weights)
                .map(|(&first, weights)| mixed(&line[first..first + EACH], weights)),
        );
    }
}

/// Weights by the part of each old pixel that the new one at `index` covers. Returns the first old pixel.
fn area(index: usize, scale: f64, weights: &mut [f32], old: usize) -> usize {
    let (from, to) = (index as f64 * scale, (index + 1) as f64 * scale);
    let first = (from as usize).min(old - weights.len());
    for (pixel, weight) in (first..).zip(weights) {
        *weight = ((to.min((pixel + 1) as f64) - from.max(pixel as f64)).max(0.0) / scale) as f32;
    }
    first
}

/// Weights of the four neighbours; beyond the edge the outermost pixel goes on. Returns the first of them.
fn curve(index: usize, scale: f64, weights: &mut [f32], old: usize) -> usize {
    let at = (index as f64 + 0.5) * scale - 0.5;
    let (base, t) = (at.floor(), at - at.floor());
    let cubic = [
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ];
    let place = |offset: usize| (base + offset as f64 - 1.0).clamp(0.0, (old - 1) as f64) as usize;
    let first = place(0).min(old - weights.len());
    (0..4).for_each(|offset| weights[place(offset) - first] += cubic[offset] as f32);
    first
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shrinking_takes_means_and_keeps_the_light() {
        let picture = Picture { height: 2, width: 4, pixels: vec![0, 100, 200, 200, 100, 200, 0, 0] };
        assert_eq!(picture.resized(1, 2).pixels, [100, 100]);
        assert_eq!(picture.resized(2, 1).pixels, [125, 75]);
        assert_eq!(picture.resized(2, 4), picture);
    }

    #[test]
    fn the_border_has_each_pixel_once() {
        let numbered =
            |height, width| Picture { height, width, pixels: (1..=(height * width) as u8).collect() };
        assert_eq!(numbered(3, 4).border(), [1, 2, 3, 4, 5, 8, 9, 10, 11, 12]);
        assert_eq!(numbered(1, 3).border(), [1, 2, 3]);
        assert_eq!(numbered(3, 1).border(), [1, 2, 3]);
        assert!(numbered(0, 3).border().is_empty());
    }

    #[test]
    fn growing_leaves_even_grey_even_and_runs_through_the_pixels() {
        assert_eq!(Picture::filled(3, 2, 77).resized(10, 31), Picture::filled(10, 31, 77));
        let ramp = Picture { height: 1, width: 5, pixels: vec![0, 60, 120, 180, 240] };
        let grown = ramp.resized(1, 15);
        assert_eq!([grown.pixels[4], grown.pixels[7], grown.pixels[10]], [60, 120, 180]);
        assert!(grown.pixels.is_sorted());
    }

    proptest! {
        #[test]
        fn rows_become_columns(height in 0usize..30, width in 0usize..30) {
            let pixels = (0..height * width).map(|at| (at * 7 + at / 256) as u8).collect();
            let picture = Picture { height, width, pixels };
            let turned = picture.turned();
            prop_assert_eq!((turned.height, turned.width), (width, height));
            for y in 0..height {
                (0..width).for_each(|x| assert_eq!(turned.row(x)[y], picture.row(y)[x], "{y} {x}"));
            }
        }

        #[test]
        fn any_size_becomes_any_other(height in 0usize..9, width in 0usize..9, new in (0usize..20, 0usize..20)) {
            let picture = Picture::filled(height, width, 200).resized(new.0, new.1);
            prop_assert_eq!(picture.pixels.len(), new.0 * new.1);
        }
    }
}
