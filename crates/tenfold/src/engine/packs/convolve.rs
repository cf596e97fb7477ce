//! Convolutions in packs: directly, in pieces, or with the pool after them; back to their inputs, and to their weights.

use super::graph::{Conv, Kind, Operation};
use super::planes::Planes;
use super::step::{Operator, Slice, ZEROS};
use crate::engine::kernels::conv_gradient::{ConvGradient, INS, OUTS};
use crate::engine::kernels::conv_pool::{ConvPool, WINDOW};
use crate::engine::kernels::sums::Sums;
use crate::engine::kernels::winograd::Winograd;
use crate::engine::kernels::winograd_gradient::{self, WinogradGradient};
use crate::engine::kernels::{conv, sums};
use crate::engine::lanes::LANES;

// As in `step.rs`.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Operator<'_> {
    /// One pack.
    pub(crate) unsafe fn conv(
        &self,
        conv: &Conv,
        x: (*const f32, &Planes),
        out: (*mut f32, &Planes),
        room: *mut f32,
    ) {
        unsafe {
            if let Some(pieces) = conv.pieces.as_ref().filter(|pieces| pieces.ways.forward) {
                let bias = conv.bias.map(|bias| self.parameters.add(self.parameter(bias).start));
                (self.kernels.winograd)(&Winograd {
                    pieces: &pieces.forward,
                    outputs: pieces.outputs(),
                    input: x.0,
                    plane: x.1.plane(),
                    row: x.1.row(),
                    channels: x.1.channels,
                    weights: self.spread.add(pieces.start),
                    outs: out.1.channels,
                    bias: bias.unwrap_or(std::ptr::null()),
                    add: false,
                    relu: conv.relu,
                    gate: std::ptr::null(),
                    out: out.0,
                    out_plane: out.1.plane(),
                    out_row: out.1.row(),
                    room,
                });
                return;
            }
            let weights = self.parameters.add(self.parameter(conv.weights).start);
            for (first, block, start) in conv.blocks.each() {
                (self.kernels.conv)(&conv::Conv {
                    tiles: &conv.forward.tiles,
                    taps: &conv.forward.taps,
                    input: x.0,
                    plane: x.1.plane(),
                    channels: x.1.channels,
                    weights: weights.add(start),
                    kernel: conv.blocks.taps,
                    bias: self.bias(conv, first),
                    block,
                    relu: conv.relu,
                    add: false,
                    gate: std::ptr::null(),
                    out: out.0.add(first * out.1.plane()),
                    out_plane: out.1.plane(),
                });
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

    /// The gradient of its inputs for one pack: added where `add` says so, through the gate where there is one.
    pub(crate) unsafe fn conv_back(
        &self,
        conv: &Conv,
        dy: (*const f32, &Planes),
        dx: (*mut f32, &Planes),
        (gate, add): (*const f32, bool),
        room: *mut f32,
    ) {
        unsafe {
            if let Some(pieces) = conv.pieces.as_ref().filter(|pieces| pieces.ways.backward) {
                (self.kernels.winograd)(&Winograd {
                    pieces: &pieces.backward,
                    outputs: pieces.outputs(),
                    input: dy.0,
                    plane: dy.1.plane(),
                    row: dy.1.row(),
                    channels: dy.1.channels,
                    weights: self.spread.add(pieces.back(&conv.blocks)),
                    outs: dx.1.channels,
                    bias: std::ptr::null(),
                    add,
                    relu: false,
                    gate,
                    out: dx.0,
                    out_plane: dx.1.plane(),
                    out_row: dx.1.row(),
                    room,
                });
                return;
            }
            let turned = self.turned.add(self.parameter(conv.weights).start);
            for (first, block, weights) in conv.blocks.turned().each() {
                (self.kernels.conv)(&conv::Conv {
                    tiles: &conv.backward.tiles,
                    taps: &conv.backward.taps,
                    input: dy.0,
                    plane: dy.1.plane(),
                    channels: dy.1.channels,
                    weights: turned.add(weights),
                    kernel: conv.blocks.taps,
                    bias: ZEROS.as_ptr(),
                    block,
                    relu: false,
                    add,
                    gate: if gate.is_null() { gate } else { gate.add(first * dx.1.plane()) },
                    out: dx.0.add(first * dx.1.plane()),
                    out_plane: dx.1.plane(),
                });
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
