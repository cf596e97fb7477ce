//! Lists the nonzero elements of a layer's outputs: by row, and by unit where a gradient is wanted.
//!
//! The rows and units listed belong to one thread; it does not touch other tiles.

use crate::engine::lanes::{LANES, Lanes};
use crate::engine::lists::{Entry, ListsAt};

/// What [`run`] works on: the vectors of columns `first_vector..first_vector + vectors`, which are whole tiles of the
/// lists and lie in one panel.
pub(crate) struct List {
    pub(crate) rows: (usize, usize),
    /// At the first vector; `[rows][columns]`.
    pub(crate) values: *const f32,
    pub(crate) stride: usize,
    pub(crate) first_vector: usize,
    pub(crate) vectors: usize,
    pub(crate) lists: ListsAt,
}

/// # Safety
/// The pointers hold what their comments say; nobody else touches these tiles' slots and units meanwhile.
#[inline(always)]
pub(crate) unsafe fn run<V: Lanes>(list: &List) {
    let lists = &list.lists;
    let tile_vectors = lists.tile / LANES;
    // SAFETY: a slot holds a tile's width of entries and at most that many are nonzero. `store_nonzero` may overwrite
    // sixteen entries: near a slot's end, where those would be another's, it writes to a buffer of our own.
    unsafe {
        let mut vector = 0;
        while vector < list.vectors {
            let tile = (list.first_vector + vector) / tile_vectors;
            let units = tile_vectors.min(list.vectors - vector);
            let first_unit = tile * lists.tile;
            if lists.with_units {
                let count = lists.tile.min(lists.units - first_unit);
                std::ptr::write_bytes(lists.unit_counts.add(first_unit), 0, count);
            }
            for row in list.rows.0..list.rows.1 {
                let slot = tile * lists.rows + row;
                let entries = lists.by_row.add(slot * lists.tile);
                let values = list.values.add(row * list.stride + vector * LANES);
                let mut buffer = [Entry::default(); LANES];
                let mut count = 0;
                for k in 0..units {
                    let lanes = V::load(values.add(k * LANES));
                    let first = (k * LANES) as u32;
                    if count + LANES <= lists.tile {
                        count += lanes.store_nonzero(first, entries.add(count));
                    } else {
                        let found = lanes.store_nonzero(first, buffer.as_mut_ptr());
                        std::ptr::copy_nonoverlapping(buffer.as_ptr(), entries.add(count), found);
                        count += found;
                    }
                }
                *lists.row_counts.add(slot) = count as u32;
                if lists.with_units {
                    for k in 0..count {
                        let Entry { index, value } = *entries.add(k);
                        let unit = first_unit + index as usize;
                        let filled = lists.unit_counts.add(unit);
                        *lists.by_unit.add(unit * lists.rows + *filled as usize) =
                            Entry { index: row as u32, value };
                        *filled += 1;
                    }
                }
            }
            vector += units;
        }
    }
}
