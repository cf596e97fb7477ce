//! Turning, scaling, slanting and moving as one map from a pixel of the result to where it comes from in the source.
//!
//! The map is a sum of a part of the column and a part of the row, so it is worked out once a column and once a row,
//! in fixed point: 7 fractional bits, about the middle of the image. Whole-pixel moves come out exact.

use super::draw::Draw;

/// Fractional bits of a coordinate.
pub(super) const FRACTION: u32 = 7;
/// One pixel.
pub(super) const ONE: i16 = 1 << FRACTION;

/// Where pixels come from, across and down, relative to the middle: `columns[x] + rows[y]`.
#[derive(Clone, Debug, Default)]
pub(super) struct Affine {
    pub(super) columns: [Vec<i16>; 2],
    pub(super) rows: [Vec<i16>; 2],
}

impl Affine {
    /// For images of `height` × `width`; columns are padded to `wide`.
    pub(super) fn new(height: usize, wide: usize) -> Self {
        Self { columns: [vec![0; wide], vec![0; wide]], rows: [vec![0; height], vec![0; height]] }
    }

    /// The inverse of: scale, then slant, then turn, then move. With M the first three as a matrix,
    /// source = M⁻¹ (target − move).
    pub(super) fn set(&mut self, draw: &Draw, [height, width]: [usize; 2]) {
        let (sin, cos) = (libm::sinf(draw.angle), libm::cosf(draw.angle));
        let lean = libm::tanf(draw.slant);
        let [scale_x, scale_y] = draw.scale;
        let inverse =
            [[(cos + sin * lean) / scale_x, (sin - cos * lean) / scale_x], [-sin / scale_y, cos / scale_y]];
        let [x, y] = [0, 1].map(|axis| draw.translation[axis] + draw.shift[axis] as f32);
        for (axis, [of_x, of_y]) in inverse.into_iter().enumerate() {
            fill(&mut self.columns[axis], of_x, width, 0.0);
            fill(&mut self.rows[axis], of_y, height, -(of_x * x + of_y * y));
        }
    }
}

/// slope × (index − middle) + start, in fixed point.
fn fill(values: &mut [i16], slope: f32, side: usize, start: f32) {
    let (slope, middle) = (slope * f32::from(ONE), (side as f32 - 1.0) / 2.0);
    // The offset makes every value positive, so that cutting off the fraction rounds to the nearest.
    const OFFSET: f32 = 65536.5;
    let start = start * f32::from(ONE) + OFFSET;
    for (index, value) in values.iter_mut().enumerate() {
        let fixed = ((index as f32 - middle) * slope + start) as i32 - OFFSET as i32;
        *value = fixed.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    }
}
