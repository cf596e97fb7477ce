//! A data set's images with the zeros left out: per image and tile of pixels, the lit pixels as (place, byte) pairs.
//!
//! Built once before training; a step then reads about 150 pairs an image instead of 784 pixels.

use super::lists::Lists;

/// Pixels a tile at most, so that a place within a tile fits a byte.
const LARGEST_TILE: usize = 256;

/// What a byte becomes: 0..=255 → [0, 1], divided exactly, as the tutorial's `/ 255`.
#[must_use]
pub(crate) fn byte_values() -> [f32; 256] {
    std::array::from_fn(|byte| byte as f32 / 255.0)
}

/// Pixels in tiles of equal width, at most [`LARGEST_TILE`] wide and about `wanted`.
pub(crate) fn tile_width(pixels: usize, wanted: usize) -> usize {
    let tiles = pixels.div_ceil(wanted.clamp(1, LARGEST_TILE)).max(1);
    pixels.div_ceil(tiles).max(1)
}

/// The lit pixels of many images.
pub(crate) struct Images {
    tile: usize,
    tiles: usize,
    /// `[image][tile]`, and the end: where the pairs of a tile begin.
    starts: Vec<u32>,
    /// (place within the tile, byte).
    lit: Vec<[u8; 2]>,
    /// `[pixel]`: whether it is lit in any image.
    ever_lit: Vec<bool>,
}

impl Images {
    /// Compresses `pixels` `[images, size]` into tiles of `tile` pixels. `None` where there are more lit pixels than
    /// 32 bits count.
    pub(crate) fn new(pixels: &[u8], size: usize, tile: usize) -> Option<Self> {
        let tiles = size.div_ceil(tile);
        let images = pixels.len() / size;
        let mut starts = Vec::with_capacity(images * tiles + 1);
        let mut lit = Vec::with_capacity(pixels.len() / 5);
        let mut any = vec![0u8; size];
        starts.push(0);
        for image in pixels.chunks_exact(size) {
            for (any, &pixel) in any.iter_mut().zip(image) {
                *any |= pixel;
            }
            for tile in image.chunks(tile) {
                push_lit(tile, |place, byte| lit.push([place, byte]));
                starts.push(u32::try_from(lit.len()).ok()?);
            }
        }
        Some(Self { tile, tiles, starts, lit, ever_lit: any.into_iter().map(|pixel| pixel != 0).collect() })
    }

    pub(crate) fn ever_lit(&self) -> &[bool] {
        &self.ever_lit
    }

    /// Where tiles may be cut into `parts` runs of about equal work: `parts + 1` tile numbers.
    pub(crate) fn balanced_tiles(&self, parts: usize) -> Vec<usize> {
        let images = self.starts.len() / self.tiles.max(1);
        let mut work = vec![0u64; self.tiles + 1];
        for tile in 0..self.tiles {
            let lit: u64 = (0..images.min(1000))
                .map(|image| {
                    u64::from(
                        self.starts[image * self.tiles + tile + 1] - self.starts[image * self.tiles + tile],
                    )
                })
                .sum();
            work[tile + 1] = work[tile] + lit;
        }
        let total = work[self.tiles];
        let mut cuts: Vec<usize> = (0..=parts as u64)
            .map(|part| {
                let wanted = total * part / parts as u64;
                (0..=self.tiles).min_by_key(|&tile| work[tile].abs_diff(wanted)).unwrap_or(0)
            })
            .collect();
        cuts[0] = 0;
        cuts[parts] = self.tiles;
        cuts
    }

    /// Lists `order`'s images (row b = image `order[b]`), the tiles `tiles` of them.
    ///
    /// # Safety
    /// `lists` points to lists of these tiles with room for `order.len()` rows, and nobody else touches these tiles'
    /// slots and units meanwhile; `order` holds numbers of images.
    pub(crate) unsafe fn list(
        &self,
        order: &[u32],
        tiles: std::ops::Range<usize>,
        values: &[f32; 256],
        lists: &super::lists::ListsAt,
    ) {
        debug_assert_eq!((lists.tile, lists.tiles), (self.tile, self.tiles));
        // SAFETY: slots of these tiles are ours; places are below the tile's width and counts below the rows' capacity,
        // since a row adds to each unit at most once; `order` is within `starts`.
        unsafe {
            for tile in tiles {
                let first_unit = tile * self.tile;
                let units = self.tile.min(lists.units - first_unit);
                let unit_counts = lists.unit_counts.add(first_unit);
                let by_unit = lists.by_unit.add(first_unit * lists.rows);
                std::ptr::write_bytes(unit_counts, 0, units);
                for (row, &image) in order.iter().enumerate() {
                    let at = image as usize * self.tiles + tile;
                    let (start, end) = (*self.starts.get_unchecked(at), *self.starts.get_unchecked(at + 1));
                    let slot = tile * lists.rows + row;
                    let mut out = lists.by_row.add(slot * self.tile);
                    *lists.row_counts.add(slot) = end - start;
                    for &[place, byte] in self.lit.get_unchecked(start as usize..end as usize) {
                        let value = values[usize::from(byte)];
                        let place = usize::from(place);
                        *out = super::lists::Entry { index: place as u32, value };
                        out = out.add(1);
                        let count = *unit_counts.add(place);
                        *by_unit.add(place * lists.rows + count as usize) =
                            super::lists::Entry { index: row as u32, value };
                        *unit_counts.add(place) = count + 1;
                    }
                }
            }
        }
    }
}

/// Calls `push(place, byte)` for every byte that is not zero. Skips zeros eight at a time.
#[inline]
fn push_lit(pixels: &[u8], mut push: impl FnMut(u8, u8)) {
    let (words, rest) = pixels.as_chunks::<8>();
    for (word, bytes) in words.iter().enumerate() {
        if u64::from_le_bytes(*bytes) != 0 {
            for (k, &byte) in bytes.iter().enumerate() {
                if byte != 0 {
                    push((word * 8 + k) as u8, byte);
                }
            }
        }
    }
    for (k, &byte) in rest.iter().enumerate() {
        if byte != 0 {
            push((words.len() * 8 + k) as u8, byte);
        }
    }
}

/// Lists `pixels` `[rows, size]` by row only, for the forward pass.
pub(crate) fn list_rows(pixels: &[u8], size: usize, values: &[f32; 256], lists: &mut Lists) {
    for (row, image) in pixels.chunks_exact(size).enumerate() {
        for (tile, pixels) in image.chunks(lists.tile).enumerate() {
            let slot = tile * lists.rows + row;
            let entries = &mut lists.by_row[slot * lists.tile..(slot + 1) * lists.tile];
            let mut count = 0;
            push_lit(pixels, |place, byte| {
                entries[count] =
                    super::lists::Entry { index: u32::from(place), value: values[usize::from(byte)] };
                count += 1;
            });
            lists.row_counts[slot] = count as u32;
        }
    }
}
