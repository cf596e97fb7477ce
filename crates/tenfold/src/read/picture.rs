//! A grey picture in memory, and the same one larger or smaller. Knows nothing of files, ink or digits.

use super::Area;

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
        let mut pixels = vec![0; self.pixels.len()];
        for (y, row) in self.rows().enumerate() {
            row.iter().enumerate().for_each(|(x, &level)| pixels[x * self.height + y] = level);
        }
        Self { height: self.width, width: self.height, pixels }
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
        let (rows, columns) = (Tap::all(self.height, height), Tap::all(self.width, width));
        let mut pixels = Vec::with_capacity(height * width);
        let mut line = vec![0.0f32; self.width];
        for tap in &rows {
            line.fill(0.0);
            for (&weight, row) in tap.weights.iter().zip(self.rows().skip(tap.first)) {
                line.iter_mut().zip(row).for_each(|(sum, &level)| *sum += weight * f32::from(level));
            }
            pixels.extend(columns.iter().map(|tap| {
                let old = &line[tap.first..tap.first + tap.weights.len()];
                let sum: f32 = tap.weights.iter().zip(old).map(|(weight, level)| weight * level).sum();
                (sum + 0.5).clamp(0.0, 255.0) as u8
            }));
        }
        Self { height, width, pixels }
    }
}

/// Which old pixels make a new one, and with what weight each.
struct Tap {
    first: usize,
    weights: Vec<f32>,
}

impl Tap {
    /// One for each of `new` pixels that take the place of `old` ones.
    fn all(old: usize, new: usize) -> Vec<Self> {
        let scale = old as f64 / new as f64;
        (0..new)
            .map(
                |index| {
                    if new <= old { Self::area(index, scale, old) } else { Self::curve(index, scale, old) }
                },
            )
            .collect()
    }

    /// The part of each old pixel that the new one covers.
    fn area(index: usize, scale: f64, old: usize) -> Self {
        let (from, to) = (index as f64 * scale, (index + 1) as f64 * scale);
        let first = (from as usize).min(old - 1);
        let last = (to.ceil() as usize).clamp(first + 1, old);
        let part = |pixel: usize| (to.min((pixel + 1) as f64) - from.max(pixel as f64)).max(0.0) / scale;
        Self { first, weights: (first..last).map(|pixel| part(pixel) as f32).collect() }
    }

    /// Four neighbours; beyond the edge the outermost pixel goes on.
    fn curve(index: usize, scale: f64, old: usize) -> Self {
        let at = (index as f64 + 0.5) * scale - 0.5;
        let (base, t) = (at.floor(), at - at.floor());
        let cubic = [
            ((-0.5 * t + 1.0) * t - 0.5) * t,
            (1.5 * t - 2.5) * t * t + 1.0,
            ((-1.5 * t + 2.0) * t + 0.5) * t,
            (0.5 * t - 0.5) * t * t,
        ];
        let place = |offset: usize| (base + offset as f64 - 1.0).clamp(0.0, (old - 1) as f64) as usize;
        let (first, last) = (place(0), place(3));
        let mut weights = vec![0.0; last - first + 1];
        (0..4).for_each(|offset| weights[place(offset) - first] += cubic[offset] as f32);
        Self { first, weights }
    }
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
        fn any_size_becomes_any_other(height in 0usize..9, width in 0usize..9, new in (0usize..20, 0usize..20)) {
            let picture = Picture::filled(height, width, 200).resized(new.0, new.1);
            prop_assert_eq!(picture.pixels.len(), new.0 * new.1);
        }
    }
}
