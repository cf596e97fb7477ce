//! Settings made ready for images of one size, with the memory that varying an image needs: nothing is allocated later.

use super::affine::Affine;
use super::draw::Draw;
use super::elastic::Elastic;
use super::sample::{Places, STRIDE, Sheet};
use super::spoil::Spoiler;
use super::{Augment, AugmentError, erase, thickness};

/// The longest side of an image that can be varied, in pixels.
pub const MOST_PIXELS_A_SIDE: usize = 96;

/// Varies images of one shape. Each thread has its own.
#[derive(Clone, Debug)]
pub struct Augmenter {
    augment: Augment,
    shape: [usize; 2],
    /// The image with a black border, and the same with thicker or thinner strokes.
    sheet: Sheet,
    pen: Sheet,
    affine: Affine,
    elastic: Option<Elastic>,
    places: Places,
    spoiler: Spoiler,
}

impl Augmenter {
    /// For images of `shape`, `[height, width]`.
    ///
    /// # Errors
    /// [`AugmentError::Value`] for settings beyond their limits; [`AugmentError::Shape`] for sides of 0 or above
    /// [`MOST_PIXELS_A_SIDE`].
    pub fn new(augment: &Augment, shape: [usize; 2]) -> Result<Self, AugmentError> {
        augment.check()?;
        let [height, width] = shape;
        if shape.iter().any(|side| !(1..=MOST_PIXELS_A_SIDE).contains(side)) {
            return Err(AugmentError::Shape { height, width, most: MOST_PIXELS_A_SIDE });
        }
        let wide = width.next_multiple_of(8);
        Ok(Self {
            augment: *augment,
            shape,
            sheet: Sheet::new(),
            pen: Sheet::new(),
            affine: Affine::new(height, wide),
            elastic: (augment.elastic > 0.0).then(|| Elastic::new(shape, wide, augment.smoothness)),
            places: Places::new(shape, wide),
            spoiler: Spoiler::new(augment, shape),
        })
    }

    /// Writes the variant of `image` that `sample` has in `epoch` to `out`. Both are `[height, width]`; where one is not,
    /// nothing is written.
    ///
    /// The result is a function of the settings, the image, `seed`, `epoch` and `sample`, and of nothing else: not of
    /// what was varied before, nor of the machine.
    pub fn apply(&mut self, image: &[u8], seed: u64, epoch: u64, sample: u64, out: &mut [u8]) {
        let [height, width] = self.shape;
        if image.len() != height * width || out.len() != height * width {
            return;
        }
        if self.augment.is_none() {
            out.copy_from_slice(image);
            return;
        }
        let (draw, mut stream) = Draw::new(&self.augment, seed, epoch, sample);
        let (warps, pen) = (self.augment.interpolates(), self.augment.thickness > 0.0);
        if warps || pen {
            self.sheet.set(image, width);
        }
        if pen {
            thickness::apply(draw.thickness, &self.sheet, &mut self.pen, self.shape);
        }
        let sheet = if pen { &self.pen } else { &self.sheet };
        if warps {
            self.affine.set(&draw, self.shape);
            if let Some(elastic) = &mut self.elastic {
                elastic.draw(self.augment.elastic, &mut stream);
            }
            self.places.warp(sheet, &self.affine, self.elastic.as_ref(), self.shape, out);
        } else if pen {
            move_rows(&sheet.pixels()[STRIDE + 1..], STRIDE, draw.shift, self.shape, out);
        } else {
            move_rows(image, width, draw.shift, self.shape, out);
        }
        if draw.erases {
            erase::apply(&self.augment, &draw, &mut stream, out, self.shape);
        }
        if self.spoiler.spoils() {
            self.spoiler.apply(out, seed, epoch, sample);
        }
    }
}

/// `out` is the image whose rows begin every `stride` bytes of `from`, moved right and down by whole pixels.
fn move_rows(
    from: &[u8],
    stride: usize,
    [right, down]: [i32; 2],
    [height, width]: [usize; 2],
    out: &mut [u8],
) {
    let cut = |by: i32, side: usize| (by.unsigned_abs() as usize).min(side);
    let (across, along) = (cut(right, width), width - cut(right, width));
    for (y, row) in out.chunks_exact_mut(width).enumerate() {
        let source = y as i64 - i64::from(down);
        if !(0..height as i64).contains(&source) {
            row.fill(0);
            continue;
        }
        let source = &from[source as usize * stride..][..width];
        if right >= 0 {
            row[..across].fill(0);
            row[across..].copy_from_slice(&source[..along]);
        } else {
            row[along..].fill(0);
            row[..along].copy_from_slice(&source[across..]);
        }
    }
}
