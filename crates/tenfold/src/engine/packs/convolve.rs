//! Convolutions in packs: directly, in pieces, or with the pool after them; back to their inputs, and to their weights.

use super::graph::{Conv, Kind, Operation};
use super::pieces::{Backward, Pieces};
use super::step::{Operator, Slice, ZEROS};
use crate::engine::kernels::conv_gradient::{ConvGradient, INS, OUTS};
use crate::engine::kernels::conv_pool::{ConvPool, WINDOW};
use crate::engine::kernels::sums::Sums;
use crate::engine::kernels::winograd::Winograd;
use crate::engine::kernels::winograd_back::WinogradBack;
use crate::engine::kernels::winograd_gradient::{self, WinogradGradient};
use crate::engine::kernels::winograd_piece::Target;
use crate::engine::kernels::{conv, sums};
use crate::engine::lanes::LANES;

// As in `step.rs`.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Operator<'_> {
    /// A slice's outputs.
    pub(crate) unsafe fn conv(&self, conv: &Conv, operation: &Operation, slice: Slice, room: *mut f32) {
        let (from, to) = (operation.from.value, operation.to);
        let (x, out) = (self.planes(from), self.planes(to));
        unsafe {
            if let Some(pieces) = conv.pieces.as_ref().filter(|pieces| pieces.ways.forward) {
                let bias = conv.bias.map(|bias| self.parameters.add(self.parameter(bias).start));
                (self.kernels.winograd)(&Winograd {
                    pieces: &pieces.forward,
                    packs: slice.count(),
                    input: self.value(from, slice.packs[0]),
                    pack: x.pack(),
                    plane: x.plane(),
                    row: x.row(),
                    channels: x.channels,
                    weights: self.spread.add(pieces.start),
                    outs: out.channels,
                    bias: bias.unwrap_or(std::ptr::null()),
                    to: Target {
                        outputs: pieces.outputs(),
                        out: self.value(to, slice.packs[0]),
                        row: out.row(),
                        add: false,
                        relu: conv.relu,
                        gate: std::ptr::null(),
                    },
                    out_pack: out.pack(),
                    out_plane: out.plane(),
                    room,
                    precision: self.graph.precision,
                });
                return;
            }
            let weights = self.parameters.add(self.parameter(conv.weights).start);
            for pack in slice.packs() {
                for (first, block, start) in conv.blocks.each() {
                    (self.kernels.conv)(&conv::Conv {
                        tiles: &conv.forward.tiles,
                        taps: &conv.forward.taps,
                        input: self.value(from, pack),
                        plane: x.plane(),
                        channels: x.channels,
                        weights: weights.add(start),
                        kernel: conv.blocks.taps,
                        bias: self.bias(conv, first),
                        block,
                        relu: conv.relu,
                        add: false,
                        gate: std::ptr::null(),
                        out: self.value(to, pack).add(first * out.plane()),
                        out_plane: out.plane(),
                    });
                }
            }
        }
    }

    /// A convolution together with the pool after it.
    pub(crate) unsafe fn conv_pool(&self, index: usize, slice: Slice) {
        let (operation, pool) = (&self.graph.operations[index], &self.graph.operations[index + 1]);
        let Kind::Conv(conv) = &operation.kind else { return };
        let Some(windows) = &conv.windows else { return };
        let (x, out) = (self.planes(operation.from.value), self.planes(pool.to));
        let taps = &conv.every_tap;
        unsafe {
            let weights = self.parameters.add(self.parameter(conv.weights).start);
            for pack in slice.packs() {
                let winners = self.winners(index + 1, pack, out.channels * windows.len() * WINDOW);
                for (first, block, start) in conv.blocks.each() {
                    (self.kernels.conv_pool)(&ConvPool {
                        windows,
                        taps,
                        input: self.value(operation.from.value, pack),
                        plane: x.plane(),
                        channels: x.channels,
                        weights: weights.add(start),
                        bias: self.bias(conv, first),
                        block,
                        relu: conv.relu,
                        out: self.value(pool.to, pack).add(first * out.plane()),
                        out_plane: out.plane(),
                        winners: winners.wrapping_add(if winners.is_null() {
                            0
                        } else {
                            first * windows.len() * WINDOW
                        }),
                    });
                }
            }
        }
    }

    /// A slice's gradient of its inputs: added where the edge says so, through the gate where there is one.
    pub(crate) unsafe fn conv_back(&self, conv: &Conv, operation: &Operation, slice: Slice, room: *mut f32) {
        let (edge, to) = (operation.from, operation.to);
        let (dy, dx) = (self.planes(to), self.planes(edge.value));
        unsafe {
            let target = |pieces: &Pieces| Target {
                outputs: pieces.outputs(),
                out: self.gradient_of(edge.value, slice.packs[0]),
                row: dx.row(),
                add: edge.add,
                relu: false,
                gate: self.gate(edge, slice.packs[0]),
            };
            let backward = conv.pieces.as_ref().map(|pieces| (pieces, pieces.ways.backward));
            if let Some((pieces, Backward::Transposed)) = backward {
                (self.kernels.winograd_back)(&WinogradBack {
                    pieces: &pieces.forward,
                    packs: slice.count(),
                    dy: self.gradient_of(to, slice.packs[0]),
                    dy_pack: dy.pack(),
                    dy_plane: dy.plane(),
                    dy_row: dy.row(),
                    channels: dy.channels,
                    weights: self.spread.add(pieces.back(&conv.blocks)),
                    inputs: dx.channels,
                    dx: target(pieces),
                    dx_pack: dx.pack(),
                    dx_plane: dx.plane(),
                    room,
                    precision: self.graph.precision,
                });
                return;
            }
            if let Some((pieces, Backward::Turned)) = backward {
                (self.kernels.winograd)(&Winograd {
                    pieces: &pieces.backward,
                    packs: slice.count(),
                    input: self.gradient_of(to, slice.packs[0]),
                    pack: dy.pack(),
                    plane: dy.plane(),
                    row: dy.row(),
                    channels: dy.channels,
                    weights: self.spread.add(pieces.back(&conv.blocks)),
                    outs: dx.channels,
                    bias: std::ptr::null(),
                    to: target(pieces),
                    out_pack: dx.pack(),
                    out_plane: dx.plane(),
                    room,
                    precision: self.graph.precision,
                });
                return;
            }
            let turned = self.turned.add(self.parameter(conv.weights).start);
            for pack in slice.packs() {
                let gate = self.gate(edge, pack);
                for (first, block, weights) in conv.blocks.turned().each() {
                    (self.kernels.conv)(&conv::Conv {
                        tiles: &conv.backward.tiles,
                        taps: &conv.backward.taps,
                        input: self.gradient_of(to, pack),
                        plane: dy.plane(),
                        channels: dy.channels,
                        weights: turned.add(weights),
                        kernel: conv.blocks.taps,
                        bias: ZEROS.as_ptr(),
                        block,
                        relu: false,
                        add: edge.add,
                        gate: if gate.is_null() { gate } else { gate.add(first * dx.plane()) },
                        out: self.gradient_of(edge.value, pack).add(first * dx.plane()),
                        out_plane: dx.plane(),
                    });
                }
            }
        }
    }

    /// A slice's part of the gradient of its weights and its bias.
    pub(crate) unsafe fn conv_gradient(
        &self,
        conv: &Conv,
        operation: &Operation,
        slice: Slice,
        room: *mut f32,
    ) {
        let (from, to) = (operation.from.value, operation.to);
        let (x, dy) = (self.planes(from), self.planes(to));
        unsafe {
            let part = self.gradient.add(slice.number * self.graph.floats);
            let gradient = part.add(self.parameter(conv.weights).start);
            if let Some(pieces) = conv.pieces.as_ref().filter(|pieces| pieces.ways.gradient) {
                let packs = slice.each(|pack| {
                    [self.value(from, pack).cast_const(), self.gradient_of(to, pack).cast_const()]
                });
                let products = room.add(winograd_gradient::room(x.channels, dy.channels));
                (self.kernels.winograd_gradient)(&WinogradGradient {
                    pieces: &pieces.forward,
                    outputs: pieces.outputs(),
                    packs: &packs[..slice.count()],
                    channels: x.channels,
                    plane: x.plane(),
                    row: x.row(),
                    outs: dy.channels,
                    out_plane: dy.plane(),
                    out_row: dy.row(),
                    gradient: products,
                    room,
                    precision: self.graph.precision,
                });
                pieces.gather(self.kernels, &conv.blocks, products, gradient);
            } else {
                self.direct_gradient(conv, operation, slice, gradient);
            }
            if let Some(bias) = conv.bias {
                let packs = slice.each(|pack| {
                    let dy = self.gradient_of(to, pack).cast_const();
                    (dy, dy, u32::MAX)
                });
                (self.kernels.sums)(&Sums { packs: &packs[..slice.count()], x: dy, z: dy, sums: room });
                let bias = part.add(self.parameter(bias).start);
                for channel in 0..conv.blocks.outputs {
                    let sums = std::slice::from_raw_parts(room.add(channel * 2 * LANES), LANES);
                    *bias.add(channel) = sums::across(sums);
                }
            }
        }
    }

    unsafe fn direct_gradient(&self, conv: &Conv, operation: &Operation, slice: Slice, gradient: *mut f32) {
        let (from, to) = (operation.from.value, operation.to);
        let plane = self.planes(to).plane();
        unsafe {
            for (first, block, start) in conv.blocks.each() {
                for out in (0..block).step_by(OUTS) {
                    let packs = slice.each(|pack| {
                        let dy = self.gradient_of(to, pack).add((first + out) * plane);
                        [self.value(from, pack).cast_const(), dy.cast_const()]
                    });
                    for (k, inputs) in conv.reach.chunks(INS).enumerate() {
                        (self.kernels.conv_gradient)(&ConvGradient {
                            positions: &conv.positions,
                            inputs,
                            packs: &packs[..slice.count()],
                            outs: OUTS.min(block - out),
                            plane,
                            gradient: gradient.add(start + k * INS * block + out),
                            stride: block,
                        });
                    }
                }
            }
        }
    }

    /// The bias of the outputs from `first` on.
    unsafe fn bias(&self, conv: &Conv, first: usize) -> *const f32 {
        match conv.bias {
            Some(bias) => unsafe { self.parameters.add(self.parameter(bias).start + first) },
            None => ZEROS.as_ptr(),
        }
    }
}
