//! Dense layers in packs: a convolution with one tap whose positions are packs, and the gradient of its weights over the
//! whole batch.

use super::graph::{Dense, Kind, Operation};
use super::memory::row;
use super::step::{Operator, Slice, ZEROS};
use crate::engine::kernels::conv::{BLOCK, Conv, TILE, Tap, Tile};
use crate::engine::kernels::dense_gradient::DenseGradient;
use crate::engine::lanes::LANES;

// As in `step.rs`.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Operator<'_> {
    pub(crate) unsafe fn dense(&self, dense: &Dense, operation: &Operation, slice: Slice) {
        let (from, to) = (operation.from.value, operation.to);
        let tile = slice.tile(self.planes(from).pack(), self.planes(to).pack());
        unsafe {
            let weights = self.parameters.add(self.parameter(dense.weights).start);
            let bias = self.parameters.add(self.parameter(dense.bias).start);
            for (first, block, start) in dense.blocks.each() {
                (self.kernels.conv)(&Conv {
                    tiles: &[tile],
                    taps: &[Tap { offset: 0, weight: 0 }],
                    input: self.value(from, slice.packs[0]),
                    plane: LANES,
                    channels: dense.blocks.inputs,
                    weights: weights.add(start),
                    kernel: 1,
                    bias: bias.add(first),
                    block,
                    relu: dense.relu,
                    add: false,
                    gate: std::ptr::null(),
                    out: self.value(to, slice.packs[0]).add(first * LANES),
                    out_plane: LANES,
                });
            }
        }
    }

    /// The gradient of its inputs.
    pub(crate) unsafe fn dense_back(&self, dense: &Dense, operation: &Operation, slice: Slice) {
        let (edge, to) = (operation.from, operation.to);
        let tile = slice.tile(self.planes(to).pack(), self.planes(edge.value).pack());
        unsafe {
            let turned = self.turned.add(self.parameter(dense.weights).start);
            let gate = self.gate(edge, slice.packs[0]);
            for (first, block, start) in dense.blocks.turned().each() {
                (self.kernels.conv)(&Conv {
                    tiles: &[tile],
                    taps: &[Tap { offset: 0, weight: 0 }],
                    input: self.gradient_of(to, slice.packs[0]),
                    plane: LANES,
                    channels: dense.blocks.outputs,
                    weights: turned.add(start),
                    kernel: 1,
                    bias: ZEROS.as_ptr(),
                    block,
                    relu: false,
                    add: edge.add,
                    gate: if gate.is_null() { gate } else { gate.add(first * LANES) },
                    out: self.gradient_of(edge.value, slice.packs[0]).add(first * LANES),
                    out_plane: LANES,
                });
            }
        }
    }

    /// Turns its outputs' gradient to `[16 images][outputs]` for each pack.
    pub(crate) unsafe fn turn_rows(&self, index: usize, dense: &Dense, operation: &Operation, slice: Slice) {
        let row = row(dense.blocks.outputs);
        for pack in slice.packs() {
            unsafe {
                let dy = self.gradient_of(operation.to, pack);
                let rows = self.places.extra[index].add(pack * LANES * row);
                for output in 0..dense.blocks.outputs {
                    for image in 0..LANES {
                        *rows.add(image * row + output) = *dy.add(output * LANES + image);
                    }
                }
            }
        }
    }

    /// Share `part` of `parts` of all dense layers' gradients, over a batch of `packs`, once all rows are turned.
    pub(crate) unsafe fn dense_gradients(&self, part: usize, parts: usize, packs: usize) {
        for (index, operation) in self.graph.operations.iter().enumerate() {
            let Kind::Dense(dense) = &operation.kind else { continue };
            let (inputs, outputs) = (dense.blocks.inputs, dense.blocks.outputs);
            let grains = inputs.div_ceil(BLOCK);
            let cut = |part: usize| (grains * part / parts * BLOCK).min(inputs);
            let (begin, end) = (cut(part), cut(part + 1));
            let row = row(outputs);
            unsafe {
                let x = self.value(operation.from.value, 0);
                let rows = self.places.extra[index];
                let gradient = self.gradient.add(self.parameter(dense.weights).start);
                for first in (0..outputs).step_by(LANES) {
                    let outs = LANES.min(outputs - first);
                    (self.kernels.dense_gradient)(&DenseGradient {
                        x: x.add(begin * LANES),
                        pack: self.planes(operation.from.value).pack(),
                        packs,
                        inputs: end - begin,
                        dy: rows.add(first),
                        row,
                        outs,
                        gradient: gradient.add(first * inputs + begin * outs.min(BLOCK)),
                        second: BLOCK * inputs + begin * outs.saturating_sub(BLOCK) - begin * outs.min(BLOCK),
                    });
                }
                if part == index % parts {
                    let bias = self.gradient.add(self.parameter(dense.bias).start);
                    for output in 0..outputs {
                        let mut sum = 0.0;
                        for image in 0..packs * LANES {
                            sum += *rows.add(image * row + output);
                        }
                        *bias.add(output) = sum;
                    }
                }
            }
        }
    }
}

impl Slice {
    /// The tile whose positions are this slice's packs, `from` and `to` floats apart.
    fn tile(&self, from: usize, to: usize) -> Tile {
        let place = |pack: usize| pack - self.packs[0];
        Tile {
            pair: self.count() < TILE,
            from: self.each(|pack| (place(pack) * from) as i32),
            to: self.each(|pack| (place(pack) * to) as u32),
            taps: [0, 1],
        }
    }
}
