//! `out[r] = start + Σ x·w[i]` over the nonzero (i, x) of row r: a dense layer's forward pass, and its backward pass to
//! its inputs (with the transposed weights).
//!
//! Works on up to 64 columns at a time. Rows pass by tile after tile of inputs, so that the tile's weights (64 columns ×
//! about 100 inputs: 25 KB) stay in the nearest cache. The sum of a column runs over the inputs in order, one after the
//! other, whatever the tiles, the threads or the instruction set. It does not build lists.

use crate::engine::lanes::{LANES, Lanes};
use crate::engine::lists::Entry;

/// What [`run`] works on. Pointers to columns point at the first of `vectors` vectors of them.
pub(crate) struct Gather {
    /// First row and the row after the last.
    pub(crate) rows: (usize, usize),
    /// `[tile][row][tile width]`.
    pub(crate) entries: *const Entry,
    /// `[tile][row]`.
    pub(crate) counts: *const u32,
    /// Rows the lists have room for.
    pub(crate) capacity: usize,
    pub(crate) tile: usize,
    pub(crate) tiles: usize,
    /// `[inputs][columns]`, `stride` floats from row to row.
    pub(crate) weights: *const f32,
    pub(crate) stride: usize,
    /// 1..=4.
    pub(crate) vectors: usize,
    /// `[columns]`; null: zeros.
    pub(crate) start: *const f32,
    /// max(out, 0) at the end.
    pub(crate) relu: bool,
    /// Strides as `out`; not null: where the gate is not positive, out becomes 0 (the way back through a ReLU).
    pub(crate) gate: *const f32,
    /// `[rows][columns]`, `out_stride` floats from row to row.
    pub(crate) out: *mut f32,
    pub(crate) out_stride: usize,
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
            _ => columns::<V, 4>(gather),
        }
    }
}

#[inline(always)]
unsafe fn columns<V: Lanes, const N: usize>(gather: &Gather) {
    // SAFETY: as `run` demands; every list has at most a tile's width of entries.
    unsafe {
        let zero = V::splat(0.0);
        for tile in 0..gather.tiles {
            let weights = gather.weights.add(tile * gather.tile * gather.stride);
            for row in gather.rows.0..gather.rows.1 {
                let out = gather.out.add(row * gather.out_stride);
                let mut sums = [zero; N];
                if tile > 0 {
                    load(&mut sums, out);
                } else if !gather.start.is_null() {
                    load(&mut sums, gather.start);
                }
                let slot = tile * gather.capacity + row;
                let mut entry = gather.entries.add(slot * gather.tile);
                let end = entry.add(*gather.counts.add(slot) as usize);
                while entry < end {
                    let x = V::splat((*entry).value);
                    let weights = weights.add((*entry).index as usize * gather.stride);
                    for (k, sum) in sums.iter_mut().enumerate() {
                        *sum = x.mul_add(V::load(weights.add(k * LANES)), *sum);
                    }
                    entry = entry.add(1);
                }
                if tile + 1 == gather.tiles {
                    for (k, sum) in sums.iter_mut().enumerate() {
                        if gather.relu {
                            *sum = sum.at_least(zero);
                        }
                        if !gather.gate.is_null() {
                            let gate = V::load(gather.gate.add(row * gather.out_stride + k * LANES));
                            *sum = sum.where_positive(gate);
                        }
                    }
                }
                for (k, sum) in sums.iter().enumerate() {
                    sum.store(out.add(k * LANES));
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn load<V: Lanes, const N: usize>(sums: &mut [V; N], from: *const f32) {
    for (k, sum) in sums.iter_mut().enumerate() {
        // SAFETY: `from` holds N vectors.
        *sum = unsafe { V::load(from.add(k * LANES)) };
    }
}
