//! The ink of one digit or mark at its size: how much of each pixel it covers, and how far it reaches in each row.

use super::Source;
use super::look::Look;
use crate::data::strokes::{self, Dab, Hand};
use crate::random::Stream;
use crate::read::{Mark, Picture};

/// Pixels of nothing around the ink.
const BORDER: usize = 2;
/// From this cover on, a pixel counts as ink.
pub(super) const COVERED: f32 = 0.3;

/// Ink `[height, width]`, 0 nothing to 1 covered.
pub(super) struct Glyph {
    pub height: usize,
    pub width: usize,
    cover: Vec<f32>,
}

impl Glyph {
    /// A digit of `source`, and which it is. `None` where the source has none.
    pub fn digit(source: Source<'_>, look: &Look, hand: &Hand, r: &mut Stream) -> Option<(Self, u8)> {
        // No two digits of a string are equally large.
        let height = look.height * libm::expf(0.06 * r.normal().clamp(-2.0, 2.0));
        match source {
            Source::Strokes => {
                let digit = r.below(10) as u8;
                let mut strokes = strokes::write(digit, hand, r);
                for dab in strokes.iter_mut().flatten() {
                    *dab = Dab { x: dab.x * height, y: dab.y * height, radius: dab.radius * look.pen };
                }
                Some((Self::drawn(&strokes), digit))
            }
            Source::Images(images) => {
                let index = r.below(images.len() as u32) as usize;
                // Letters and the like are no digits of a scene.
                let digit = *images.labels().get(index).filter(|&&label| label < 10)?;
                Some((Self::enlarged(images.image(index), images.shape(), height)?, digit))
            }
        }
    }

    /// A point or a dash.
    pub fn mark(mark: Mark, look: &Look, r: &mut Stream) -> Self {
        let radius = look.pen * if mark == Mark::Point { r.range(1.0, 1.5) } else { 1.0 };
        let length = if mark == Mark::Dash { look.height * r.range(0.25, 0.45) } else { 0.0 };
        let end = Dab { x: length, y: 0.04 * length * r.normal(), radius };
        Self::drawn(&[vec![Dab { x: 0.0, y: 0.0, radius }, end]])
    }

    /// A spot.
    pub fn speck(radius: f32) -> Self {
        Self::drawn(&[vec![Dab { x: 0.0, y: 0.0, radius }; 2]])
    }

    /// Draws strokes: each step of the pen is a line whose ends are round.
    fn drawn(strokes: &[Vec<Dab>]) -> Self {
        let edge = |of: fn(&Dab) -> [f32; 2]| {
            strokes
                .iter()
                .flatten()
                .map(of)
                .fold([f32::MAX, f32::MIN], |[low, high], [l, h]| [low.min(l), high.max(h)])
        };
        let [left, right] = edge(|dab| [dab.x - dab.radius, dab.x + dab.radius]);
        let [top, bottom] = edge(|dab| [dab.y - dab.radius, dab.y + dab.radius]);
        let border = BORDER as f32;
        let mut glyph = Self::empty(
            (bottom - top + 2.0 * border) as usize + 1,
            (right - left + 2.0 * border) as usize + 1,
        );
        let moved = |dab: &Dab| Dab { x: dab.x - left + border, y: dab.y - top + border, ..*dab };
        for pair in strokes.iter().flat_map(|stroke| stroke.windows(2)) {
            glyph.step(moved(&pair[0]), moved(&pair[1]));
        }
        glyph
    }

    /// An image's ink, so large that 20 of its pixels are `height`. Enlarged ink has edges as sharp as a pen's.
    fn enlarged(image: &[u8], [rows, columns]: [usize; 2], height: f32) -> Option<Self> {
        let inked = |i: usize| image[i] > 40;
        let lit: Vec<usize> = (0..rows * columns).filter(|&i| inked(i)).collect();
        let (top, bottom) = (lit.first()? / columns, lit.last()? / columns);
        let left = lit.iter().map(|i| i % columns).min()?;
        let right = lit.iter().map(|i| i % columns).max()?;
        let (h, w) = (bottom - top + 3, right - left + 3);
        let mut cut = Picture::filled(h, w, 0);
        for y in top..=bottom {
            let at = (y - top + 1) * w + 1;
            cut.pixels[at..at + w - 2].copy_from_slice(&image[y * columns + left..=y * columns + right]);
        }
        let scale = height / 20.0;
        let size = |side: usize| ((side as f32 * scale + 0.5) as usize).max(3);
        let large = cut.resized(size(h), size(w));
        let sharpness = (0.7 * scale).max(1.0);
        let mut glyph = Self::empty(large.height + 2 * BORDER, large.width + 2 * BORDER);
        for (y, row) in large.rows().enumerate() {
            let at = (y + BORDER) * glyph.width + BORDER;
            for (cover, &level) in glyph.cover[at..].iter_mut().zip(row) {
                // A third of a pixel's ink is the edge: thin strokes of small images are pale, and must not break.
                *cover = ((f32::from(level) / 255.0 - 0.36) * sharpness + 0.5).clamp(0.0, 1.0)
                    * (f32::from(level) / 60.0).min(1.0);
            }
        }
        Some(glyph)
    }

    fn empty(height: usize, width: usize) -> Self {
        Self { height, width, cover: vec![0.0; height * width] }
    }

    fn step(&mut self, a: Dab, b: Dab) {
        let reach = a.radius.max(b.radius) + 1.0;
        let range = |p: f32, q: f32, most: usize| {
            (p.min(q) - reach).max(0.0) as usize..((p.max(q) + reach).max(0.0) as usize + 1).min(most)
        };
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let per_length = 1.0 / (dx * dx + dy * dy).max(1e-6);
        let columns = range(a.x, b.x, self.width);
        for row in range(a.y, b.y, self.height) {
            let py = row as f32 + 0.5 - a.y;
            for column in columns.clone() {
                let px = column as f32 + 0.5 - a.x;
                let t = ((px * dx + py * dy) * per_length).clamp(0.0, 1.0);
                let (ex, ey) = (px - t * dx, py - t * dy);
                let inside = a.radius + t * (b.radius - a.radius) - (ex * ex + ey * ey).sqrt();
                let pixel = &mut self.cover[row * self.width + column];
                *pixel = pixel.max((inside + 0.5).clamp(0.0, 1.0));
            }
        }
    }

    /// The ink at a point, in pixels from the upper left corner; between pixels' middles a mixture.
    pub fn cover(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        if x < 0.0 || y < 0.0 || x >= (self.width - 1) as f32 || y >= (self.height - 1) as f32 {
            return 0.0;
        }
        let (column, row) = (x as usize, y as usize);
        let (right, down) = (x - column as f32, y - row as f32);
        let at = row * self.width + column;
        let mix = |at: usize| self.cover[at] + right * (self.cover[at + 1] - self.cover[at]);
        mix(at) + down * (mix(at + self.width) - mix(at))
    }

    /// First and last inked column of row `y`.
    pub fn reach(&self, y: usize) -> Option<[usize; 2]> {
        let row = &self.cover[y * self.width..(y + 1) * self.width];
        let inked = |cover: &f32| *cover >= COVERED;
        Some([row.iter().position(inked)?, row.iter().rposition(inked)?])
    }
}
