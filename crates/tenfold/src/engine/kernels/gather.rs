//! `out[r] = start + Σ x·w[i]` over the nonzero inputs x (number i) of row r: a dense layer's forward pass, and its
//! backward pass to its inputs (with the transposed weights).
//!
//! Works on up to 128 columns at a time. Rows pass by tile after tile of inputs, so that most of a tile's weights stay in
//! the nearest cache. The sum of a column runs over the inputs in order, one after the other, whatever the tiles, the
//! threads or the instruction set. Notes which results are not zero.

use crate::engine::chain::elements::{Elements, LitBytes, LitPixels, NotedPixels, SetBits};
use crate::engine::chain::images::{ImagesAt, PixelColumnsAt};
use crate::engine::chain::masks;
use crate::engine::chain::panels::{PANEL, place};
use crate::engine::lanes::{LANES, Lanes};

/// Bytes a tile: one bit each of a word. With 128 columns of weights 32 KB, of which a part is never touched.
const TILE: usize = 64;

/// Where the inputs come from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    /// Row r is image `order[r]`; `values` says what a byte means.
    /// `order` goes on to `known` entries, at least the rows: those that follow are brought nearer, as the next slices.
    /// Where `by_pixel` is given, lit pixels are noted there on the way.
    Pixels {
        images: ImagesAt,
        order: *const u32,
        known: usize,
        values: *const f32,
        by_pixel: Option<PixelColumnsAt>,
    },
    /// Row r is image r of `bytes` `[rows, size]`; `values` says what a byte means.
    Bytes { bytes: *const u8, size: usize, values: *const f32 },
    /// A matrix `[capacity, columns]` in panels with its masks.
    Units { capacity: usize, columns: usize, values: *const f32, masks: *const u16 },
}

impl Source {
    /// The same for columns that come after the first, on whose way pixels have been noted.
    pub(crate) fn noted(mut self) -> Self {
        if let Self::Pixels { by_pixel, .. } = &mut self {
            *by_pixel = None;
        }
        self
    }
}

/// What [`run`] works on. Pointers to columns point at the first of `vectors` vectors of them.
#[derive(Clone, Copy)]
pub(crate) struct Gather {
    /// First row and the row after the last.
    pub(crate) rows: (usize, usize),
    pub(crate) source: Source,
    /// `[inputs][columns]`, `stride` floats from row to row, `weight_rows` rows a panel.
    pub(crate) weights: *const f32,
    pub(crate) stride: usize,
    pub(crate) weight_rows: usize,
    /// 1..=4, or 8: two whole panels.
    pub(crate) vectors: usize,
    /// `[columns]`, a row of a matrix with `weight_rows` too; null: zeros.
    pub(crate) start: *const f32,
    /// max(out, 0) at the end.
    pub(crate) relu: bool,
    /// Strides as `out`; not null: where the gate is not positive, out becomes 0 (the way back through a ReLU).
    pub(crate) gate: *const f32,
    /// `[rows][columns]`, `out_stride` floats from row to row, `out_rows` rows a panel.
    pub(crate) out: *mut f32,
    pub(crate) out_stride: usize,
    pub(crate) out_rows: usize,
    /// The word of the first vector in row 0; null: nobody asks which results are zero.
    pub(crate) masks: *mut u16,
}

/// # Safety
/// The pointers hold what their comments say, for the rows given, and nobody writes there meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(gather: &Gather) {
    // SAFETY: handed on.
    unsafe {
        match gather.vectors {
            1 => columns::<V, 1>(gather),
            2 => columns::<V, 2>(gather),
            3 => columns::<V, 3>(gather),
            4 => columns::<V, 4>(gather),
            _ if V::PARTS == 1 => columns::<V, 8>(gather),
            // Of more registers than one a vector there are too few for so many sums and what is added to them.
            _ => {
                columns::<V, 4>(gather);
                columns::<V, 4>(&gather.after(4));
            }
        }
    }
}

impl Gather {
    /// The same for the columns that come `vectors` vectors, whole panels, later.
    fn after(&self, vectors: usize) -> Self {
        let of = |rows| column(vectors, rows);
        let later = |from: *const f32, rows| if from.is_null() { from } else { from.wrapping_add(of(rows)) };
        let masks = if self.masks.is_null() { 0 } else { masks::word(self.out_rows, vectors) };
        Self {
            weights: self.weights.wrapping_add(of(self.weight_rows)),
            start: later(self.start, self.weight_rows),
            gate: later(self.gate, self.out_rows),
            out: self.out.wrapping_add(of(self.out_rows)),
            masks: self.masks.wrapping_add(masks),
            source: self.source.noted(),
            ..*self
        }
    }
}

#[inline(always)]
unsafe fn columns<V: Lanes, const N: usize>(gather: &Gather) {
    // SAFETY: as `run` demands.
    unsafe {
        match gather.source {
            Source::Pixels { images, order, known, values, by_pixel } => {
                let rows = gather.rows.1 - gather.rows.0;
                for tile in 0..images.tiles {
                    let weights = gather.weights.add(tile * images.tile * gather.stride);
                    let by_pixel = by_pixel.map(|columns| columns.add(tile * images.tile));
                    for row in gather.rows.0..gather.rows.1 {
                        let image = *order.add(row) as usize;
                        let start = images.starts.add(image * images.tiles + tile);
                        // Shuffled images lie anywhere: where the next but one slice's begin, and then the pixels.
                        if tile == 0 && row + 2 * rows < known {
                            let image = *order.add(row + 2 * rows) as usize;
                            V::prefetch(images.starts.add(image * images.tiles).cast());
                        }
                        if row + rows < known {
                            let image = *order.add(row + rows) as usize;
                            let start = *images.starts.add(image * images.tiles + tile) as usize;
                            V::prefetch(images.lit.add(start).cast());
                        }
                        let at = images.lit.add(*start as usize);
                        let end = images.lit.add(*start.add(1) as usize);
                        let lit = LitPixels { at, end, values };
                        let (first, last) = (tile == 0, tile + 1 == images.tiles);
                        if let Some(by_pixel) = by_pixel {
                            let elements = NotedPixels { lit, row, by_pixel };
                            sum::<V, _, N>(gather, row, first, last, weights, elements);
                        } else {
                            sum::<V, _, N>(gather, row, first, last, weights, lit);
                        }
                    }
                }
            }
            Source::Bytes { bytes, size, values } => {
                let tiles = size.div_ceil(TILE);
                let end = bytes.add(gather.rows.1 * size);
                for tile in 0..tiles {
                    let weights = gather.weights.add(tile * TILE * gather.stride);
                    for row in gather.rows.0..gather.rows.1 {
                        let bytes = bytes.add(row * size + tile * TILE);
                        // The same place in the slice that comes next, since a walk by tiles hides from the processor
                        // that images are read one after the other.
                        V::prefetch(bytes.wrapping_add((gather.rows.1 - gather.rows.0) * size));
                        let bits = lit::<V>(bytes, TILE.min(size - tile * TILE), end);
                        let elements = LitBytes { bits, bytes, values };
                        sum::<V, _, N>(gather, row, tile == 0, tile + 1 == tiles, weights, elements);
                    }
                }
            }
            Source::Units { capacity, columns, values, masks } => {
                let tiles = columns.div_ceil(PANEL);
                for tile in 0..tiles {
                    let weights = gather.weights.add(tile * PANEL * gather.stride);
                    let (start, stride) = place(capacity, columns, tile * PANEL / LANES);
                    let masks = masks.add(masks::word(capacity, tile * PANEL / LANES));
                    for row in gather.rows.0..gather.rows.1 {
                        let bits = masks::row(masks.add(row * masks::ROW));
                        let elements = SetBits { bits, values: values.add(start + row * stride), stride: 1 };
                        sum::<V, _, N>(gather, row, tile == 0, tile + 1 == tiles, weights, elements);
                    }
                }
            }
        }
    }
}

/// Which of `count` bytes, at most [`TILE`], are not zero. Nothing is read from `end` on.
#[inline(always)]
unsafe fn lit<V: Lanes>(bytes: *const u8, count: usize, end: *const u8) -> u64 {
    // SAFETY: a whole tile is read where there are so many bytes, and else only the `count` that there are.
    unsafe {
        if end.offset_from(bytes) >= TILE as isize {
            return V::nonzero_bytes(bytes) & (u64::MAX >> (TILE - count));
        }
        let mut padded = [0; TILE];
        std::ptr::copy_nonoverlapping(bytes, padded.as_mut_ptr(), count);
        V::nonzero_bytes(padded.as_ptr())
    }
}

/// Where vector `k` of columns is in a row of a matrix with `rows` rows.
#[inline(always)]
fn column(k: usize, rows: usize) -> usize {
    k * LANES / PANEL * PANEL * rows + k * LANES % PANEL
}

/// One row's part of one tile.
#[inline(always)]
unsafe fn sum<V: Lanes, E: Elements, const N: usize>(
    gather: &Gather,
    row: usize,
    first: bool,
    last: bool,
    weights: *const f32,
    mut elements: E,
) {
    // SAFETY: as `run` demands.
    unsafe {
        let zero = V::splat(0.0);
        let out = gather.out.add(row * gather.out_stride);
        let mut sums = [zero; N];
        let (begin, begin_rows) =
            if first { (gather.start, gather.weight_rows) } else { (out.cast_const(), gather.out_rows) };
        // Constant where it can be, for the sake of the index arithmetic.
        let stride = if N * LANES < PANEL { gather.stride } else { PANEL };
        if !begin.is_null() {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = V::load(begin.add(column(k, begin_rows)));
            }
        }
        while let Some((index, value)) = elements.next() {
            let x = V::splat(*value);
            let weights = weights.add(index * stride);
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum = x.mul_add(V::load(weights.add(column(k, gather.weight_rows))), *sum);
            }
        }
        if last {
            for (k, sum) in sums.iter_mut().enumerate() {
                if gather.relu {
                    *sum = sum.at_least(zero);
                }
                if !gather.gate.is_null() {
                    *sum = sum.where_positive(V::load(
                        gather.gate.add(row * gather.out_stride + column(k, gather.out_rows)),
                    ));
                }
                if !gather.masks.is_null() {
                    *gather.masks.add(masks::word(gather.out_rows, k) + row * masks::ROW) =
                        sum.nonzero() as u16;
                }
            }
        }
        for (k, sum) in sums.iter().enumerate() {
            sum.store(out.add(column(k, gather.out_rows)));
        }
    }
}
