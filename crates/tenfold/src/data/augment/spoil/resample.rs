//! Seen by too few pixels: shrunk to a coarser grid as by an old scanner or a small drawing, and enlarged again, smooth,
//! blocky, or black and white. Digits of 20 pixels become 6 to 17 and 20 again; the ink keeps its full contrast.

use super::between;
use crate::random::Stream;

/// One pixel.
const ONE: u32 = 256;
/// Smallest and largest cell of the coarser grid.
const CELL: [u32; 2] = [300, 820];

/// Memory for images of one shape.
#[derive(Clone, Debug)]
pub(super) struct Resampler {
    /// Shrunk across, `[height, cells]`; then both ways, `[cells, cells]`.
    across: Vec<u8>,
    small: Vec<u8>,
}

/// The coarser grid along one side.
struct Grid {
    cell: u32,
    /// How far the first cell begins before the first pixel.
    phase: u32,
    cells: usize,
}

impl Grid {
    fn new(stream: &mut Stream, cell: u32, side: usize) -> Self {
        let phase = stream.below(cell);
        Self { cell, phase, cells: (side as u32 * ONE + phase).div_ceil(cell) as usize }
    }

    /// The mean of the pixels in each cell; outside it is black.
    fn shrink(&self, pixels: impl Iterator<Item = u8>, mut put: impl FnMut(usize, u8)) {
        let (mut index, mut sum) = (0, 0);
        let mut left = self.cell - self.phase;
        for pixel in pixels {
            let (pixel, within) = (u32::from(pixel), left.min(ONE));
            sum += pixel * within;
            left -= within;
            if left == 0 {
                put(index, (sum / self.cell) as u8);
                (index, sum, left) = (index + 1, pixel * (ONE - within), self.cell - (ONE - within));
            }
        }
        if index < self.cells {
            put(index, (sum / self.cell) as u8);
        }
    }

    /// The cell at a pixel's middle, the next one, and the share of the next one of 256.
    fn at(&self, pixel: usize, blocky: bool) -> (usize, usize, u32) {
        let place = pixel as u32 * ONE + ONE / 2 + self.phase;
        let last = self.cells - 1;
        if blocky {
            let cell = ((place / self.cell) as usize).min(last);
            return (cell, cell, 0);
        }
        let place = place.saturating_sub(self.cell / 2);
        let cell = ((place / self.cell) as usize).min(last);
        (cell, (cell + 1).min(last), place % self.cell * ONE / self.cell)
    }
}

impl Resampler {
    pub(super) fn new([height, width]: [usize; 2]) -> Self {
        Self { across: vec![0; height * (width + 2)], small: vec![0; (height + 2) * (width + 2)] }
    }

    pub(super) fn apply(&mut self, stream: &mut Stream, image: &mut [u8], [height, width]: [usize; 2]) {
        let cell = between(stream, CELL[0], CELL[1]);
        // Scans of other digits are stretched to fill a square.
        let other = (cell * between(stream, 205, 320) / ONE).clamp(CELL[0], CELL[1]);
        let columns = Grid::new(stream, cell, width);
        let rows = Grid::new(stream, other, height);
        let blocky = stream.below(3) == 0;
        let sharp = (stream.below(3) == 0).then(|| between(stream, 80, 140));
        for (row, out) in image.chunks_exact(width).zip(self.across.chunks_exact_mut(columns.cells)) {
            columns.shrink(row.iter().copied(), |cell, mean| out[cell] = mean);
        }
        for column in 0..columns.cells {
            let pixels = (0..height).map(|row| self.across[row * columns.cells + column]);
            rows.shrink(pixels, |cell, mean| self.small[cell * columns.cells + column] = mean);
        }
        let small = &self.small[..rows.cells * columns.cells];
        let most = u32::from(small.iter().copied().max().unwrap_or(0)).max(1);
        for (y, out) in image.chunks_exact_mut(width).enumerate() {
            let (upper, lower, down) = rows.at(y, blocky);
            for (x, out) in out.iter_mut().enumerate() {
                let (left, right, along) = columns.at(x, blocky);
                let line = |row: usize| {
                    let cell = |column: usize| u32::from(small[row * columns.cells + column]);
                    cell(left) * (ONE - along) + cell(right) * along
                };
                let grey = (line(upper) * (ONE - down) + line(lower) * down) / (ONE * ONE);
                let grey = (grey * 255 / most).min(255);
                *out = sharp.map_or(grey as u8, |least| u8::from(grey >= least) * 255);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::strokes;
    use crate::random::Purpose;

    #[test]
    fn digits_get_coarser_and_keep_their_place() {
        let mut resampler = Resampler::new([28, 28]);
        let mut moved = [0.0; 2];
        for index in 0..200 {
            let (before, _) = strokes::image(1, index);
            let mut image = before;
            resampler.apply(&mut Stream::new(1, Purpose::Resample, 0, index), &mut image, [28, 28]);
            assert_ne!(image, before);
            let middle = |image: &[u8], at: fn(usize) -> usize| {
                let mass: f64 = image.iter().map(|&pixel| f64::from(pixel)).sum();
                image.iter().enumerate().map(|(i, &p)| at(i) as f64 * f64::from(p)).sum::<f64>() / mass
            };
            for (moved, at) in moved.iter_mut().zip([|i| i % 28, |i| i / 28]) {
                let by = middle(&image, at) - middle(&before, at);
                // Where only black and white are left, thin strokes are lost.
                assert!(by.abs() < 3.0, "{index}: {by}");
                *moved += by / 200.0;
            }
        }
        assert!(moved.iter().all(|by| by.abs() < 0.15), "{moved:?}");
    }

    #[test]
    fn any_shape_works_and_an_even_image_stays_even_inside() {
        for shape in [[1, 1], [1, 96], [96, 1], [7, 30], [96, 96]] {
            let mut resampler = Resampler::new(shape);
            for seed in 0..50 {
                let mut image = vec![255; shape[0] * shape[1]];
                resampler.apply(&mut Stream::new(seed, Purpose::Resample, 0, 0), &mut image, shape);
                if shape == [96, 96] {
                    assert!(image[48 * 96 + 40..48 * 96 + 56].iter().all(|&pixel| pixel >= 250));
                }
            }
        }
    }
}
