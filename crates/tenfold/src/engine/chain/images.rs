//! Images with the zeros left out. 81 % of MNIST's pixels are zero, and the engine never multiplies by one.
//!
//! [`Images`] holds, per image and tile of pixels, the lit pixels as (place, byte) pairs: a step reads some 150 pairs an
//! image instead of 784 pixels. [`PixelColumns`] is the same for one slice of a batch, by pixel: which rows it is lit in. They
//! are written on the way forward, between multiply-adds, or of their own.

use super::panels::padded;

/// Pixels a tile at most, so that a place within a tile fits a byte.
const LARGEST_TILE: usize = 256;

/// Pixels a tile, about: with 64 columns of weights 36 KB, of which a slice touches three quarters.
const TILE: usize = 140;

/// What a byte becomes: 0..=255 → [0, 1], divided exactly, as the tutorial's `/ 255`.
#[must_use]
pub(crate) fn byte_values() -> [f32; 256] {
    std::array::from_fn(|byte| byte as f32 / 255.0)
}

/// The lit pixels of many images.
pub(crate) struct Images {
    size: usize,
    tile: usize,
    tiles: usize,
    /// `[image][tile]`, and the end: where the pairs of a tile begin.
    starts: Vec<u32>,
    /// (place within the tile, byte).
    lit: Vec<[u8; 2]>,
}

/// Where [`Images`] lie in memory, for the kernels.
#[derive(Clone, Copy)]
pub(crate) struct ImagesAt {
    pub(crate) tile: usize,
    pub(crate) tiles: usize,
    pub(crate) starts: *const u32,
    pub(crate) lit: *const [u8; 2],
}

impl Images {
    /// No images of `size` pixels yet.
    pub(crate) fn new(size: usize) -> Self {
        let tile = size.div_ceil(size.div_ceil(TILE.min(LARGEST_TILE)).max(1)).max(1);
        Self { size, tile, tiles: size.div_ceil(tile), starts: vec![0], lit: Vec::new() }
    }

    /// Replaces the images by `pixels` `[images, size]`. False, with none, where there are more lit pixels than 32 bits
    /// count.
    pub(crate) fn fill(&mut self, pixels: &[u8]) -> bool {
        self.starts.clear();
        self.lit.clear();
        self.starts.push(0);
        for image in pixels.chunks_exact(self.size) {
            for tile in image.chunks(self.tile) {
                push_lit(tile, &mut self.lit);
                match u32::try_from(self.lit.len()) {
                    Ok(end) => self.starts.push(end),
                    Err(_) => {
                        *self = Self::new(self.size);
                        return false;
                    }
                }
            }
        }
        true
    }

    /// `[pixel]`: whether it is lit in any image.
    pub(crate) fn ever_lit(&self) -> Vec<bool> {
        let mut ever = vec![false; self.size];
        for (at, range) in self.starts.windows(2).enumerate() {
            let first = at % self.tiles * self.tile;
            for &[place, _] in &self.lit[range[0] as usize..range[1] as usize] {
                ever[first + usize::from(place)] = true;
            }
        }
        ever
    }

    pub(crate) fn at(&self) -> ImagesAt {
        let (tile, tiles) = (self.tile, self.tiles);
        ImagesAt { tile, tiles, starts: self.starts.as_ptr(), lit: self.lit.as_ptr() }
    }
}

/// Appends (place, byte) for every byte that is not zero. Skips zeros eight at a time.
fn push_lit(pixels: &[u8], lit: &mut Vec<[u8; 2]>) {
    lit.reserve(pixels.len());
    let before = lit.len();
    let spare = lit.spare_capacity_mut();
    let mut filled = 0;
    for (word, bytes) in pixels.chunks(8).enumerate() {
        let mut padded = [0; 8];
        padded[..bytes.len()].copy_from_slice(bytes);
        let bits = u64::from_le_bytes(padded);
        // The top bit of each byte that is not zero.
        let mut set =
            (((bits & 0x7f7f_7f7f_7f7f_7f7f) + 0x7f7f_7f7f_7f7f_7f7f) | bits) & 0x8080_8080_8080_8080;
        while set != 0 {
            let k = set.trailing_zeros() / 8;
            spare[filled].write([(word * 8) as u8 + k as u8, (bits >> (8 * k)) as u8]);
            filled += 1;
            set &= set - 1;
        }
    }
    // SAFETY: `filled` elements of the spare capacity, at most one for each pixel, were written just now.
    unsafe { lit.set_len(before + filled) };
}

/// Where [`PixelColumns`] lie that are written on the way forward, from some pixel on.
#[derive(Clone, Copy)]
pub(crate) struct PixelColumnsAt {
    capacity: usize,
    pairs: *mut [u8; 2],
    counts: *mut u32,
}

impl PixelColumnsAt {
    /// From a pixel on that is `pixels` further.
    ///
    /// # Safety
    /// There is such a pixel.
    #[inline(always)]
    pub(crate) unsafe fn add(self, pixels: usize) -> Self {
        let Self { capacity, pairs, counts } = self;
        // SAFETY: handed on.
        unsafe { Self { capacity, pairs: pairs.add(pixels * capacity), counts: counts.add(pixels) } }
    }

    /// The pixel at `place` is lit by `byte` in `row`.
    ///
    /// # Safety
    /// There is such a pixel, and it is noted for fewer rows than there is room for.
    #[inline(always)]
    pub(crate) unsafe fn note(self, place: usize, row: usize, byte: u8) {
        // SAFETY: as above.
        unsafe {
            let count = self.counts.add(place);
            let known = *count;
            // In one piece, and the count read once: between multiply-adds there is time for so much.
            let pair: *mut [u8; 2] = self.pairs.add(place * self.capacity + known as usize);
            pair.cast::<u16>().write_unaligned(u16::from_ne_bytes([row as u8, byte]));
            *count = known + 1;
        }
    }
}

/// Of one slice of a batch, by pixel: the rows it is lit in.
pub(crate) struct PixelColumns {
    /// Rows there is room for, at most 256.
    capacity: usize,
    /// `[pixel][capacity]`: (row, byte). After the pixels and their padding one more, lit fully in every row: its weights
    /// are the bias.
    pairs: Vec<[u8; 2]>,
    /// `[pixel]`.
    counts: Vec<u32>,
}

impl PixelColumns {
    pub(crate) fn new(rows: usize, pixels: usize) -> Self {
        let bias = padded(pixels);
        let mut pairs = vec![[0; 2]; (bias + 1) * rows];
        for (row, pair) in pairs[bias * rows..].iter_mut().enumerate() {
            *pair = [row as u8, 255];
        }
        Self { capacity: rows, pairs, counts: vec![0; bias + 1] }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(crate) fn pairs(&self) -> *const [u8; 2] {
        self.pairs.as_ptr()
    }

    pub(crate) fn counts(&self) -> *const u32 {
        self.counts.as_ptr()
    }

    /// The (row, byte) pairs of one pixel.
    #[cfg(test)]
    pub(crate) fn of(&self, pixel: usize) -> &[[u8; 2]] {
        &self.pairs[pixel * self.capacity..][..self.counts[pixel] as usize]
    }

    /// Makes them those of a slice of `rows` images, at most `capacity`, none of whose pixels is noted yet.
    pub(crate) fn begin(&mut self, rows: usize) -> PixelColumnsAt {
        let bias = self.counts.len() - 1;
        self.counts.fill(0);
        self.counts[bias] = rows.min(self.capacity) as u32;
        let (pairs, counts) = (self.pairs.as_mut_ptr(), self.counts.as_mut_ptr());
        PixelColumnsAt { capacity: self.capacity, pairs, counts }
    }

    /// Makes them those of the images `order` (row r = image `order[r]`), at most `capacity` of them.
    pub(crate) fn fill(&mut self, images: &Images, order: &[u32]) {
        let order = &order[..order.len().min(self.capacity)];
        let columns = self.begin(order.len());
        for (row, &image) in order.iter().enumerate() {
            let first = image as usize * images.tiles;
            let starts = &images.starts[first..=first + images.tiles];
            for (tile, range) in starts.windows(2).enumerate() {
                for &[place, byte] in &images.lit[range[0] as usize..range[1] as usize] {
                    // SAFETY: a place within the tile is a pixel, of which there are fewer than counts; each row adds to
                    // a pixel once, so its count is below the capacity.
                    unsafe { columns.note(tile * images.tile + usize::from(place), row, byte) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn lit_pixels_by_image_and_by_pixel_are_those_of_the_images() {
        let mut stream = Stream::new(1, Purpose::Shuffle, 0, 0);
        for size in [1, 7, 8, 195, 197, 784, 1000] {
            let pixels: Vec<u8> =
                (0..size * 9).map(|_| stream.bits() as u8 * u8::from(stream.below(3) == 0)).collect();
            let mut images = Images::new(size);
            assert!(images.fill(&pixels));
            let order = [3, 0, 8, 3];
            let mut columns = PixelColumns::new(4, size);
            columns.fill(&images, &order);
            let ever = images.ever_lit();
            for pixel in 0..size {
                let lit: Vec<[u8; 2]> = (0..4)
                    .map(|row| [row as u8, pixels[order[row] as usize * size + pixel]])
                    .filter(|pair| pair[1] != 0)
                    .collect();
                assert_eq!(columns.of(pixel), lit, "size {size}, pixel {pixel}");
                assert_eq!(ever[pixel], (0..9).any(|image| pixels[image * size + pixel] != 0));
            }
        }
    }
}
