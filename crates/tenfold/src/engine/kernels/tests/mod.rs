//! Every kernel, on every instruction set of this processor, against its plain reference on random shapes: odd sizes, one
//! row, empty rows, several panels. All instruction sets must give the same bits. Here is what the tests share.

mod gather;
mod gradient;
mod head;
mod turns;

use super::reference::Matrix;
use crate::engine::chain::masks::{self, Masks};
use crate::engine::chain::panels::{Panels, padded};
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::random::{Purpose, Stream};

const ROUNDS: u64 = 60;

/// Random numbers of which about `zeros` of ten are zero, and sometimes whole rows.
fn matrix(stream: &mut Stream, rows: usize, columns: usize, zeros: u32) -> Matrix {
    let mut values = Vec::new();
    for _ in 0..rows {
        let empty = stream.below(5) == 0 && zeros > 0;
        for _ in 0..columns {
            let value = stream.range(-1.0, 1.0);
            values.push(if empty || stream.below(10) < zeros { 0.0 } else { value });
        }
    }
    Matrix { columns, values }
}

/// In panels with room for `capacity` rows, and with its masks.
fn panels(matrix: &Matrix, capacity: usize) -> (Panels, Masks) {
    let mut panels = Panels::zeros(capacity, matrix.columns);
    panels.fill(0, matrix.columns, &matrix.values);
    let mut masks = Masks::new(capacity, padded(matrix.columns));
    for row in 0..matrix.rows() {
        for (column, _) in matrix.row(row).iter().enumerate().filter(|&(_, &value)| value != 0.0) {
            let word = masks::word(capacity, column / LANES) + row * masks::ROW;
            // SAFETY: the word is one of the masks'.
            unsafe { *masks.as_mut_ptr().add(word) |= 1 << (column % LANES) };
        }
    }
    (panels, masks)
}

/// Sizes that like to be odd: small ones, one, and around the edges of vectors, panels and blocks.
fn size(stream: &mut Stream, largest: u32) -> usize {
    let edges = [1, 15, 16, 17, 63, 64, 65, 128];
    let picked =
        if stream.below(2) == 0 { edges[stream.below(8) as usize] } else { 1 + stream.below(largest) };
    picked.min(largest) as usize
}

/// Runs `check` on every instruction set for many random streams, and wants the same bits from all.
fn on_every_instruction_set(check: impl Fn(&Kernels, &mut Stream) -> Vec<f32>) {
    for round in 0..ROUNDS {
        let answers: Vec<(Simd, Vec<u32>)> = Simd::available()
            .into_iter()
            .map(|simd| {
                let bits = check(&simd.kernels(), &mut Stream::new(round, Purpose::Shuffle, 0, 0));
                (simd, bits.into_iter().map(f32::to_bits).collect())
            })
            .collect();
        for (simd, bits) in &answers {
            assert!(*bits == answers[0].1, "round {round}: {simd:?} and {:?} differ", answers[0].0);
        }
    }
}
