//! An image as numbers in 0 (background) to 1 (ink), and what several corruptions do with it.

/// The side of the images that the corruptions' lengths are meant for.
const SIDE: f32 = 28.0;

/// `[height, width]` numbers, row by row.
#[derive(Clone)]
pub(crate) struct Plane {
    pub height: usize,
    pub width: usize,
    pub values: Vec<f32>,
}

impl Plane {
    /// `image` must be `[height, width]`.
    pub fn new(image: &[u8], [height, width]: [usize; 2]) -> Self {
        Self { height, width, values: image.iter().map(|&byte| f32::from(byte) / 255.0).collect() }
    }

    /// Its bytes; what lies outside 0 to 1 is cut.
    pub fn write(&self, out: &mut [u8]) {
        for (out, &value) in out.iter_mut().zip(&self.values) {
            *out = (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    }

    /// The same size, each pixel what `value` says for (row, column).
    pub fn map(&self, mut value: impl FnMut(usize, usize) -> f32) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        for y in 0..self.height {
            for x in 0..self.width {
                values.push(value(y, x));
            }
        }
        Self { height: self.height, width: self.width, values }
    }

    /// How many of its pixels are one of a 28×28 image.
    pub fn unit(&self) -> f32 {
        self.height.max(self.width) as f32 / SIDE
    }

    /// The middle: (row, column), in pixels from the middle of the first one.
    pub fn middle(&self) -> (f32, f32) {
        (0.5 * (self.height as f32 - 1.0), 0.5 * (self.width as f32 - 1.0))
    }

    /// The pixel at (row, column); 0 outside.
    pub fn at(&self, y: isize, x: isize) -> f32 {
        match (usize::try_from(y), usize::try_from(x)) {
            (Ok(y), Ok(x)) if y < self.height && x < self.width => self.values[y * self.width + x],
            _ => 0.0,
        }
    }

    /// The pixel at (row, column); outside, the nearest one inside.
    pub fn nearest(&self, y: isize, x: isize) -> f32 {
        let inside = |place: isize, size: usize| place.clamp(0, size as isize - 1) as usize;
        self.values[inside(y, self.height) * self.width + inside(x, self.width)]
    }

    /// Between the pixels, bilinear; 0 outside.
    pub fn between(&self, y: f32, x: f32) -> f32 {
        let (top, left) = (y.floor(), x.floor());
        let (down, right) = (y - top, x - left);
        let (row, column) = (top as isize, left as isize);
        // What is far outside stays there without overflow.
        let (row, column) = (row.clamp(-2, 1 << 30), column.clamp(-2, 1 << 30));
        let upper = self.at(row, column) * (1.0 - right) + self.at(row, column + 1) * right;
        let lower = self.at(row + 1, column) * (1.0 - right) + self.at(row + 1, column + 1) * right;
        upper * (1.0 - down) + lower * down
    }

    /// Blurred by a Gaussian with standard deviation `sigma` in pixels, cut at 3σ; the edge goes on outside.
    pub fn blurred(&self, sigma: f32) -> Self {
        let reach = libm::ceilf(3.0 * sigma).max(1.0) as isize;
        let weight = |place: isize| libm::expf(-0.5 * (place as f32 / sigma) * (place as f32 / sigma));
        let weights: Vec<f32> = (-reach..=reach).map(weight).collect();
        let whole: f32 = weights.iter().sum();
        let mean = |pixel: &dyn Fn(isize) -> f32| {
            weights.iter().zip(-reach..).map(|(weight, step)| weight * pixel(step)).sum::<f32>() / whole
        };
        let level = self.map(|y, x| mean(&|step| self.nearest(y as isize, x as isize + step)));
        level.map(|y, x| mean(&|step| level.nearest(y as isize + step, x as isize)))
    }

    /// Draws a white line with round ends from `from` to `to` (row, column), `width` pixels wide.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32) {
        let radius = 0.5 * width;
        let (dy, dx) = (to.0 - from.0, to.1 - from.1);
        let per_length = 1.0 / (dy * dy + dx * dx).max(1e-6);
        let reach = |a: f32, b: f32, size: usize| {
            let low = (a.min(b) - radius - 1.0).clamp(0.0, size as f32) as usize;
            let high = (a.max(b) + radius + 2.0).clamp(0.0, size as f32) as usize;
            low..high
        };
        for y in reach(from.0, to.0, self.height) {
            for x in reach(from.1, to.1, self.width) {
                let (py, px) = (y as f32 - from.0, x as f32 - from.1);
                let along = ((py * dy + px * dx) * per_length).clamp(0.0, 1.0);
                let (ey, ex) = (py - along * dy, px - along * dx);
                let cover = (radius - (ey * ey + ex * ex).sqrt() + 0.5).clamp(0.0, 1.0);
                let pixel = &mut self.values[y * self.width + x];
                *pixel = pixel.max(cover);
            }
        }
    }
}
