//! Bending: a smooth random field of pulls (Simard, Steinkraus and Platt, "Best practices for convolutional neural
//! networks applied to visual document analysis", ICDAR 2003).
//!
//! The paper smooths a random pull a pixel with a Gaussian. Here the random pulls stand on a coarse grid, and a
//! quadratic B-spline goes through the sheet between them: as smooth to the eye (its slope has no jumps), never larger
//! than the largest pull, and cheap, since it is worked out along the grid's rows first and then between them.

use super::eights::each;
use crate::random::Stream;

/// Fractional bits of a pull on the grid.
const FRACTION: u32 = 11;
/// Splines' weights have 15 fractional bits, and each product drops 16, so that one bit goes with each direction; what
/// is left above a coordinate's bits goes last.
const REST: u32 = FRACTION - 2 - super::affine::FRACTION;

/// The field for images of one shape.
#[derive(Clone, Debug)]
pub(super) struct Elastic {
    /// Columns, padded.
    wide: usize,
    /// Points of the grid, down and across.
    points: [usize; 2],
    /// `[points across, wide]`: each point's share in each column.
    across: Vec<i16>,
    /// Each row's first point, and the shares of that and the next two.
    down: Vec<(usize, [i16; 3])>,
    /// `[points down, wide]`: the pulls along the grid's rows, across and down.
    pulls: [Vec<i16>; 2],
}

/// The upper half of a product.
#[inline(always)]
fn high(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}

/// The first point that has a share at `index`, and the shares of that and the next two. They sum to 1.
fn spline(index: usize, spacing: f32) -> (usize, [i16; 3]) {
    let place = index as f32 / spacing;
    let first = place as usize;
    let t = place - first as f32;
    let shares = [(1.0 - t) * (1.0 - t) * 0.5, 0.5 + t * (1.0 - t), t * t * 0.5];
    (first, shares.map(|share| (share * 32768.0) as i16))
}

impl Elastic {
    pub(super) fn new([height, width]: [usize; 2], wide: usize, spacing: f32) -> Self {
        let points = [height, width].map(|side| spline(side.saturating_sub(1), spacing).0 + 3);
        let mut across = vec![0; points[1] * wide];
        for column in 0..width {
            let (first, shares) = spline(column, spacing);
            for (point, share) in shares.into_iter().enumerate() {
                across[(first + point) * wide + column] = share;
            }
        }
        let down = (0..height).map(|row| spline(row, spacing)).collect();
        let pulls = [vec![0; points[0] * wide], vec![0; points[0] * wide]];
        Self { wide, points, across, down, pulls }
    }

    /// Draws new pulls of at most `most` pixels.
    pub(super) fn draw(&mut self, most: f32, stream: &mut Stream) {
        let unit = (most * (1 << FRACTION) as f32) as i32;
        let [of_x, of_y] = &mut self.pulls;
        for (of_x, of_y) in of_x.chunks_exact_mut(self.wide).zip(of_y.chunks_exact_mut(self.wide)) {
            of_x.fill(0);
            of_y.fill(0);
            for shares in self.across.chunks_exact(self.wide).take(self.points[1]) {
                // One draw gives both directions: its halves, as numbers from −1 to 1.
                let bits = stream.bits();
                let pull = |half: u32| ((i32::from(half as u16 as i16) * unit) >> 15) as i16;
                let (x, y) = (pull(bits), pull(bits >> 16));
                for ((of_x, of_y), &share) in of_x.iter_mut().zip(of_y.iter_mut()).zip(shares) {
                    *of_x += high(share, x);
                    *of_y += high(share, y);
                }
            }
        }
    }

    /// Writes the pulls of row `y`, across and down, as fractions of a pixel that coordinates have.
    #[inline(never)]
    pub(super) fn row(&self, y: usize, pulls: &mut [Vec<i16>; 2]) {
        let (first, shares) = self.down[y];
        for (pulls, all) in pulls.iter_mut().zip(&self.pulls) {
            let rows = [0, 1, 2].map(|row| all[(first + row) * self.wide..][..self.wide].as_chunks::<8>().0);
            let rows = rows[0].iter().zip(rows[1]).zip(rows[2]);
            for (pulls, ((a, b), c)) in pulls.as_chunks_mut::<8>().0.iter_mut().zip(rows) {
                *pulls = each(|lane| {
                    (high(a[lane], shares[0]) + high(b[lane], shares[1]) + high(c[lane], shares[2])) >> REST
                });
            }
        }
    }
}
