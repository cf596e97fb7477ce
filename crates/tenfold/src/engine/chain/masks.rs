//! Which elements of a matrix in panels are not zero: one bit each.
//!
//! About half of what a ReLU lets out is zero, and a zero adds nothing to any sum. The kernels that fill a matrix note
//! the others here, and the kernels that read it walk along the bits.

use super::panels::PANEL;

/// Vectors a panel, and mask words a row of it.
const WORDS: usize = 4;

/// The bits of a matrix `[rows, columns]` in panels: `[panel][row][vector of the panel]`, sixteen bits each, so that
/// threads that own different vectors write different words.
pub(crate) struct Masks {
    words: Vec<u16>,
}

impl Masks {
    pub(crate) fn new(rows: usize, columns: usize) -> Self {
        Self { words: vec![0; rows * columns.div_ceil(PANEL) * WORDS] }
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut u16 {
        self.words.as_mut_ptr()
    }
}

/// Where the word of `vector` in row 0 is, counted in words; the next row's is [`ROW`] further.
pub(crate) fn word(rows: usize, vector: usize) -> usize {
    (vector / WORDS * rows) * WORDS + vector % WORDS
}

/// Words from row to row of a panel.
pub(crate) const ROW: usize = WORDS;

/// The 64 bits of a row of a panel.
///
/// # Safety
/// `words` points at the row's four words.
#[inline(always)]
pub(crate) unsafe fn row(words: *const u16) -> u64 {
    // SAFETY: as above.
    let [a, b, c, d] = unsafe { words.cast::<[u16; WORDS]>().read() }.map(u64::from);
    a | b << 16 | c << 32 | d << 48
}

/// Turns a panel's masks by row into masks by unit: bit r of `to[unit · blocks + r / 64]` is bit `unit` of row r.
///
/// # Safety
/// `words` points at `rows` rows of a panel, `to` at 64 × `blocks` words, and `blocks` · 64 ≥ `rows`.
pub(crate) unsafe fn by_unit(words: *const u16, rows: usize, to: *mut u64, blocks: usize) {
    for block in 0..rows.div_ceil(64) {
        let mut bits = [0u64; 64];
        for (k, bits) in bits.iter_mut().enumerate().take(rows - block * 64) {
            // SAFETY: the row is below `rows`.
            *bits = unsafe { row(words.add((block * 64 + k) * ROW)) };
        }
        transpose(&mut bits);
        for (unit, &bits) in bits.iter().enumerate() {
            // SAFETY: as above.
            unsafe { *to.add(unit * blocks + block) = bits };
        }
    }
}

/// Transposes 64 × 64 bits by swapping ever smaller blocks (Warren, "Hacker's Delight", section 7-3).
fn transpose(bits: &mut [u64; 64]) {
    let mut width = 32;
    let mut mask = 0x0000_0000_ffff_ffffu64;
    while width > 0 {
        for start in (0..64).step_by(2 * width) {
            for k in start..start + width {
                let swap = (bits[k] >> width ^ bits[k + width]) & mask;
                bits[k] ^= swap << width;
                bits[k + width] ^= swap;
            }
        }
        width /= 2;
        mask ^= mask << width;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn masks_by_unit_hold_the_same_bits() {
        let mut stream = Stream::new(1, Purpose::Shuffle, 0, 0);
        for rows in [1, 5, 63, 64, 65, 128] {
            let words: Vec<u16> = (0..rows * ROW).map(|_| stream.bits() as u16).collect();
            let mut turned = vec![0u64; 64 * 2];
            // SAFETY: sizes as `by_unit` asks.
            unsafe { by_unit(words.as_ptr(), rows, turned.as_mut_ptr(), 2) };
            for r in 0..rows {
                for unit in 0..64 {
                    let bit = words[r * ROW + unit / 16] >> (unit % 16) & 1;
                    assert_eq!(
                        turned[unit * 2 + r / 64] >> (r % 64) & 1,
                        u64::from(bit),
                        "{rows} {r} {unit}"
                    );
                }
            }
        }
    }
}
