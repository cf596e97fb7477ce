//! Where the paper's points are in the picture, and back: a projective map of the plane, mild enough that all that is
//! written stays inside.

use super::page::Rect;
use crate::random::Stream;

/// Nine numbers, row by row.
type Matrix = [f32; 9];

/// A projective map between paper and picture, both in pixels.
pub(super) struct Camera {
    to_picture: Matrix,
    to_paper: Matrix,
}

impl Camera {
    /// Turns paper of `size` (height, width) by `turn` radians and moves its corners by up to `tilt` of the shorter side; less
    /// where something that is `written` would leave the picture.
    pub fn new(tilt: f32, turn: f32, size: [usize; 2], written: Rect, r: &mut Stream) -> Self {
        let [height, width] = size.map(|side| side as f32);
        let moves: [f32; 8] = std::array::from_fn(|_| height.min(width) * tilt * r.range(-1.0, 1.0));
        let mut share = 1.0;
        for _ in 0..6 {
            let (sin, cos) = libm::sincosf(share * turn);
            let mut corners = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
            for ([x, y], by) in corners.iter_mut().zip(moves.chunks_exact(2)) {
                let (from_x, from_y) = (*x - 0.5 * width, *y - 0.5 * height);
                *x = 0.5 * width + cos * from_x - sin * from_y + share * by[0];
                *y = 0.5 * height + sin * from_x + cos * from_y + share * by[1];
            }
            let camera = Self::through(corners, width, height);
            let [left, top, right, bottom] = camera.bounds(written);
            if left >= 2.0 && top >= 2.0 && right <= width - 2.0 && bottom <= height - 2.0 {
                return camera;
            }
            share *= 0.5;
        }
        let still = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        Self { to_picture: still, to_paper: still }
    }

    /// The map of a rectangle's corners, clockwise from the upper left, to four points (Heckbert 1989, "Fundamentals of Texture
    /// Mapping and Image Warping", section 2.2.3).
    fn through([a, b, c, d]: [[f32; 2]; 4], width: f32, height: f32) -> Self {
        let sum = [a[0] - b[0] + c[0] - d[0], a[1] - b[1] + c[1] - d[1]];
        let (right, below) = ([b[0] - c[0], b[1] - c[1]], [d[0] - c[0], d[1] - c[1]]);
        let area = right[0] * below[1] - below[0] * right[1];
        let g = (sum[0] * below[1] - below[0] * sum[1]) / area;
        let h = (right[0] * sum[1] - sum[0] * right[1]) / area;
        let m = [
            (b[0] - a[0] + g * b[0]) / width,
            (d[0] - a[0] + h * d[0]) / height,
            a[0],
            (b[1] - a[1] + g * b[1]) / width,
            (d[1] - a[1] + h * d[1]) / height,
            a[1],
            g / width,
            h / height,
            1.0,
        ];
        Self { to_picture: m, to_paper: adjugate(&m) }
    }

    /// The paper's point that is at a point of the picture.
    pub fn paper(&self, x: f32, y: f32) -> [f32; 2] {
        apply(&self.to_paper, x, y)
    }

    /// The upright rectangle of the picture that holds one of the paper.
    pub fn bounds(&self, [left, top, right, bottom]: Rect) -> Rect {
        let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
        corners
            .map(|[x, y]| apply(&self.to_picture, x, y))
            .iter()
            .fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[left, top, right, bottom], [x, y]| {
                [left.min(*x), top.min(*y), right.max(*x), bottom.max(*y)]
            })
    }
}

fn apply(m: &Matrix, x: f32, y: f32) -> [f32; 2] {
    let w = m[6] * x + m[7] * y + m[8];
    [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w]
}

/// The inverse, but for a factor, which a projective map does not have.
fn adjugate(m: &Matrix) -> Matrix {
    let minor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
    [
        minor(4, 5, 7, 8),
        minor(2, 1, 8, 7),
        minor(1, 2, 4, 5),
        minor(5, 3, 8, 6),
        minor(0, 2, 6, 8),
        minor(2, 0, 5, 3),
        minor(3, 4, 6, 7),
        minor(1, 0, 7, 6),
        minor(0, 1, 3, 4),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn paper_and_picture_are_each_others_inverse_and_what_is_written_stays_inside() {
        for index in 0..100 {
            let r = &mut Stream::new(1, Purpose::Scene, index, 9);
            let camera = Camera::new(0.1, 0.1, [200, 700], [30.0, 20.0, 670.0, 180.0], r);
            let [left, top, right, bottom] = camera.bounds([30.0, 20.0, 670.0, 180.0]);
            assert!(left >= 2.0 && top >= 2.0 && right <= 698.0 && bottom <= 198.0);
            let [x, y] = camera.paper(100.0, 150.0);
            let [back_x, back_y, ..] = camera.bounds([x, y, x, y]);
            assert!((back_x - 100.0).abs() < 0.05 && (back_y - 150.0).abs() < 0.05, "{back_x} {back_y}");
        }
    }
}
