//! One operation of a network on some packs, forward and backward: which kernel works on what.

use super::graph::{Conv, Dense, Edge, Graph, Kind, Norm, Operation};
use super::memory::{Places, row};
use super::planes::Planes;
use super::weights::Parameter;
use crate::engine::kernels::activation::Activation;
use crate::engine::kernels::blend::Blend;
use crate::engine::kernels::conv::{TILE, Tap, Tile};
use crate::engine::kernels::conv_gradient::{ConvGradient, INS, OUTS};
use crate::engine::kernels::conv_pool::{ConvPool, WINDOW};
use crate::engine::kernels::forget::Forget;
use crate::engine::kernels::pool::{Pool, Way};
use crate::engine::kernels::sums::Sums;
use crate::engine::kernels::winograd::Winograd;
use crate::engine::kernels::winograd_gradient::{self, WinogradGradient};
use crate::engine::kernels::{conv, sums};
use crate::engine::lanes::LANES;
use crate::engine::simd::Kernels;

/// A norm's numbers for one batch, per channel.
#[derive(Clone, Default)]
pub(crate) struct NormNumbers {
    /// (mean, 1 / √(variance + ε)).
    pub(crate) statistics: Vec<[f32; 2]>,
    /// What [`Blend`] is to do.
    pub(crate) factors: Vec<[f32; 3]>,
}

/// Packs that one thread computes together.
#[derive(Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) number: usize,
    /// First pack and the one after the last.
    pub(crate) packs: [usize; 2],
    /// Images of the batch.
    pub(crate) images: usize,
}

impl Slice {
    /// Lanes of `pack` that hold an image.
    pub(crate) fn lanes(&self, pack: usize) -> u32 {
        let images = self.images.saturating_sub(pack * LANES).min(LANES);
        (1u32 << images).wrapping_sub(1)
    }

    fn packs(&self) -> std::ops::Range<usize> {
        self.packs[0]..self.packs[1]
    }
}

/// What the operations work on.
pub(crate) struct Operator<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) kernels: &'a Kernels,
    pub(crate) places: &'a Places,
    /// All parameters; where the model is trained also the weights turned for the way back, in the same places.
    pub(crate) parameters: *const f32,
    pub(crate) turned: *const f32,
    /// The transformed kernels.
    pub(crate) spread: *const f32,
    /// `[slices][floats]`; null: no training.
    pub(crate) gradient: *mut f32,
}

// The pointers hold what the graph says. Threads work on different slices; what one writes of another's is behind a
// barrier (see `learner.rs`).
#[allow(clippy::undocumented_unsafe_blocks)]
impl Operator<'_> {
    fn planes(&self, value: usize) -> &Planes {
        &self.graph.values[value].planes
    }

    /// A pack of a value, and of its gradient.
    unsafe fn value(&self, value: usize, pack: usize) -> *mut f32 {
        unsafe { self.places.values[value].add(pack * self.planes(value).pack()) }
    }

    unsafe fn gradient_of(&self, value: usize, pack: usize) -> *mut f32 {
        unsafe { self.places.gradients[value].add(pack * self.planes(value).pack()) }
    }

    /// Where the gate of an edge is.
    unsafe fn gate(&self, edge: Edge, pack: usize) -> *const f32 {
        if edge.gate { unsafe { self.value(edge.value, pack) } } else { std::ptr::null() }
    }

    fn parameter(&self, index: usize) -> &Parameter {
        &self.graph.parameters[index]
    }

    /// Computes operation `index` for a slice. `norm` are the numbers of a norm.
    pub(crate) unsafe fn forward(&self, index: usize, slice: Slice, norm: &NormNumbers, room: *mut f32) {
        let operation = &self.graph.operations[index];
        let (from, to) = (operation.from.value, operation.to);
        if index > 0 && self.graph.operations[index - 1].unseen() == Some(from) {
            return;
        }
        unsafe {
            if operation.unseen().is_some() {
                self.conv_pool(index, slice);
                return;
            }
            if let Kind::Dense(dense) = &operation.kind {
                self.dense(dense, operation, slice);
                return;
            }
            for pack in slice.packs() {
                let x = (self.value(from, pack).cast_const(), self.planes(from));
                let out = (self.value(to, pack), self.planes(to));
                match &operation.kind {
                    Kind::Conv(conv) => self.conv(conv, x, out, room),
                    Kind::Dense(_) => {}
                    Kind::Norm(Norm { relu, .. }) => self.blend(x, None, &norm.factors, *relu, u32::MAX, out),
                    Kind::Add { other, relu } => {
                        let z = (self.value(other.value, pack).cast_const(), self.planes(other.value));
                        let factors = vec![[1.0, 1.0, 0.0]; out.1.channels];
                        self.blend(x, Some(z), &factors, *relu, u32::MAX, out);
                    }
                    Kind::Flatten => {
                        // The same numbers seen as planes without a border.
                        let flat = Planes { border: Default::default(), ..*x.1 };
                        let factors = vec![[1.0, 0.0, 0.0]; flat.channels];
                        self.blend(x, None, &factors, false, u32::MAX, (out.0, &flat));
                    }
                    Kind::Pool(pooling) => (self.kernels.pool)(&Pool {
                        kind: pooling.kind,
                        spots: &pooling.spots,
                        places: &pooling.places,
                        channels: x.1.channels,
                        in_plane: x.1.plane(),
                        out_plane: out.1.plane(),
                        winners: self.winners(index, pack, x.1.channels * pooling.places.len()),
                        way: Way::Forward { input: x.0, out: out.0 },
                    }),
                    &Kind::Activation(function) => (self.kernels.activation)(&Activation {
                        function,
                        x,
                        dy: (std::ptr::null(), x.1),
                        out,
                        gate: std::ptr::null(),
                        add: false,
                    }),
                    &Kind::Dropout { rate, .. } => {
                        let (kept, scale) = self.kept(index, pack, x.1, rate);
                        (self.kernels.forget)(&Forget {
                            x,
                            kept,
                            scale,
                            out,
                            gate: std::ptr::null(),
                            add: false,
                        });
                    }
                }
            }
        }
    }

    /// Takes the gradient of operation `index`'s output back to its parameters and its inputs.
    pub(crate) unsafe fn backward(&self, index: usize, slice: Slice, norm: &NormNumbers, room: *mut f32) {
        let operation = &self.graph.operations[index];
        let (edge, to) = (operation.from, operation.to);
        let from = edge.value;
        if !self.graph.values[to].gradient {
            return;
        }
        let wanted = self.graph.values[from].gradient;
        unsafe {
            match &operation.kind {
                Kind::Conv(conv) => self.conv_gradient(conv, operation, slice, room),
                Kind::Dense(dense) => {
                    self.turn_rows(index, dense, operation, slice);
                    if wanted {
                        self.dense_back(dense, operation, slice);
                    }
                    return;
                }
                _ => {}
            }
            for pack in slice.packs() {
                let dy = (self.gradient_of(to, pack).cast_const(), self.planes(to));
                let x = (self.value(from, pack).cast_const(), self.planes(from));
                if let Kind::Add { other, .. } = &operation.kind {
                    for edge in [edge, *other] {
                        if self.graph.values[edge.value].gradient {
                            let factors = vec![[1.0, 0.0, 0.0]; dy.1.channels];
                            let dx = (self.gradient_of(edge.value, pack), self.planes(edge.value));
                            self.blend_back(dy, None, &factors, u32::MAX, dx, edge, pack);
                        }
                    }
                    continue;
                }
                if !wanted {
                    continue;
                }
                let dx = (self.gradient_of(from, pack), self.planes(from));
                let (gate, add) = (self.gate(edge, pack), edge.add);
                match &operation.kind {
                    Kind::Conv(Conv { pieces: Some(pieces), blocks, .. }) if pieces.ways.backward => {
                        (self.kernels.winograd)(&Winograd {
                            pieces: &pieces.backward,
                            outputs: pieces.outputs(),
                            input: dy.0,
                            plane: dy.1.plane(),
                            row: dy.1.row(),
                            channels: dy.1.channels,
                            weights: self.spread.add(pieces.back(blocks)),
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
                    }
                    Kind::Conv(conv) => {
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
                    Kind::Norm(_) => {
                        self.blend_back(dy, Some(x), &norm.factors, slice.lanes(pack), dx, edge, pack);
                    }
                    Kind::Flatten => {
                        let flat = Planes { border: Default::default(), ..*x.1 };
                        let factors = vec![[1.0, 0.0, 0.0]; flat.channels];
                        self.blend_back((dy.0, &flat), None, &factors, u32::MAX, dx, edge, pack);
                    }
                    Kind::Pool(pooling) => {
                        if pooling.uneven && !add {
                            clear(dx);
                        } else if pooling.gaps && !gate.is_null() {
                            // The windows do not come to all places, but all must go back through the ReLU.
                            let nothing = vec![[0.0; 3]; x.1.channels];
                            self.blend_back(
                                (dx.0.cast_const(), dx.1),
                                None,
                                &nothing,
                                u32::MAX,
                                dx,
                                edge,
                                pack,
                            );
                        }
                        (self.kernels.pool)(&Pool {
                            kind: pooling.kind,
                            spots: &pooling.spots,
                            places: &pooling.places,
                            channels: x.1.channels,
                            in_plane: x.1.plane(),
                            out_plane: dy.1.plane(),
                            winners: self.winners(index, pack, x.1.channels * pooling.places.len()),
                            way: Way::Backward { dy: dy.0, dx: dx.0, gate, add: add || pooling.uneven },
                        });
                    }
                    &Kind::Activation(function) => {
                        (self.kernels.activation)(&Activation { function, x, dy, out: dx, gate, add });
                    }
                    &Kind::Dropout { rate, .. } => {
                        let (kept, scale) = self.kept(index, pack, x.1, rate);
                        (self.kernels.forget)(&Forget { x: dy, kept, scale, out: dx, gate, add });
                    }
                    Kind::Dense(_) | Kind::Add { .. } => {}
                }
            }
        }
    }

    /// Σ x and Σ x² of a norm's input, or with `back` Σ dy and Σ dy·x, for a slice.
    pub(crate) unsafe fn norm_sums(&self, index: usize, slice: Slice, slices: usize, back: bool) {
        let operation = &self.graph.operations[index];
        let (from, to) = (operation.from.value, operation.to);
        let channels = self.planes(from).channels;
        unsafe {
            let pack = |pack| {
                let x = self.value(from, pack).cast_const();
                let lanes = slice.lanes(pack);
                if back { (self.gradient_of(to, pack).cast_const(), x, lanes) } else { (x, x, lanes) }
            };
            let packs: Vec<_> = slice.packs().map(pack).collect();
            let place = (usize::from(back) * slices + slice.number) * channels * 2 * LANES;
            (self.kernels.sums)(&Sums {
                packs: &packs,
                x: self.planes(if back { to } else { from }),
                z: self.planes(from),
                sums: self.places.extra[index].add(place),
            });
        }
    }

    /// What [`norm_sums`](Operator::norm_sums) found in all slices: per channel, in f64.
    pub(crate) unsafe fn norm_totals(&self, index: usize, slices: usize, back: bool) -> Vec<[f64; 2]> {
        let channels = self.planes(self.graph.operations[index].from.value).channels;
        let mut totals = vec![[0.0; 2]; channels];
        for slice in 0..slices {
            for (channel, total) in totals.iter_mut().enumerate() {
                for (k, total) in total.iter_mut().enumerate() {
                    let place = (((usize::from(back) * slices + slice) * channels + channel) * 2 + k) * LANES;
                    for lane in 0..LANES {
                        *total += f64::from(unsafe { *self.places.extra[index].add(place + lane) });
                    }
                }
            }
        }
        totals
    }

    unsafe fn conv(&self, conv: &Conv, x: (*const f32, &Planes), out: (*mut f32, &Planes), room: *mut f32) {
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
                let bias = match conv.bias {
                    Some(bias) => self.parameters.add(self.parameter(bias).start + first),
                    None => ZEROS.as_ptr(),
                };
                (self.kernels.conv)(&conv::Conv {
                    tiles: &conv.forward.tiles,
                    taps: &conv.forward.taps,
                    input: x.0,
                    plane: x.1.plane(),
                    channels: x.1.channels,
                    weights: weights.add(start),
                    kernel: conv.blocks.taps,
                    bias,
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
    unsafe fn conv_pool(&self, index: usize, slice: Slice) {
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
                    let bias = match conv.bias {
                        Some(bias) => self.parameters.add(self.parameter(bias).start + first),
                        None => ZEROS.as_ptr(),
                    };
                    (self.kernels.conv_pool)(&ConvPool {
                        windows,
                        taps,
                        input: self.value(operation.from.value, pack),
                        plane: x.plane(),
                        channels: x.channels,
                        weights: weights.add(start),
                        bias,
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

    /// A dense layer is a convolution with one tap whose positions are packs.
    unsafe fn dense(&self, dense: &Dense, operation: &Operation, slice: Slice) {
        let (from, to) = (operation.from.value, operation.to);
        unsafe {
            let weights = self.parameters.add(self.parameter(dense.weights).start);
            let bias = self.parameters.add(self.parameter(dense.bias).start);
            let tiles = pack_tiles(slice, self.planes(from).pack(), self.planes(to).pack());
            for (first, block, start) in dense.blocks.each() {
                (self.kernels.conv)(&conv::Conv {
                    tiles: &tiles,
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

    unsafe fn dense_back(&self, dense: &Dense, operation: &Operation, slice: Slice) {
        let (edge, to) = (operation.from, operation.to);
        unsafe {
            let turned = self.turned.add(self.parameter(dense.weights).start);
            let tiles = pack_tiles(slice, self.planes(to).pack(), self.planes(edge.value).pack());
            for (first, block, start) in dense.blocks.turned().each() {
                let gate = self.gate(edge, slice.packs[0]);
                (self.kernels.conv)(&conv::Conv {
                    tiles: &tiles,
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

    /// Turns a dense layer's outputs' gradient to `[16 images][outputs]` for each pack.
    unsafe fn turn_rows(&self, index: usize, dense: &Dense, operation: &Operation, slice: Slice) {
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

    unsafe fn conv_gradient(&self, conv: &Conv, operation: &Operation, slice: Slice, room: *mut f32) {
        let (from, to) = (operation.from.value, operation.to);
        unsafe {
            let part = self.gradient.add(slice.number * self.graph.floats);
            let gradient = part.add(self.parameter(conv.weights).start);
            if let Some(pieces) = conv.pieces.as_ref().filter(|pieces| pieces.ways.gradient) {
                let pack =
                    |pack| [self.value(from, pack).cast_const(), self.gradient_of(to, pack).cast_const()];
                let packs: Vec<_> = slice.packs().map(pack).collect();
                let (x, dy) = (self.planes(from), self.planes(to));
                let room_size = winograd_gradient::room(x.channels, dy.channels);
                (self.kernels.winograd_gradient)(&WinogradGradient {
                    pieces: &pieces.forward,
                    outputs: pieces.outputs(),
                    packs: &packs,
                    channels: x.channels,
                    plane: x.plane(),
                    row: x.row(),
                    outs: dy.channels,
                    out_plane: dy.plane(),
                    out_row: dy.row(),
                    gradient: room.add(room_size),
                    room,
                });
                pieces.gather(&conv.blocks, room.add(room_size), gradient);
            } else {
                self.direct_gradient(conv, operation, slice, gradient);
            }
            if let Some(bias) = conv.bias {
                let channels = conv.blocks.outputs;
                let mut found = vec![0.0; channels * 2 * LANES];
                let pack = |pack| {
                    let dy = self.gradient_of(to, pack).cast_const();
                    (dy, dy, u32::MAX)
                };
                let packs: Vec<_> = slice.packs().map(pack).collect();
                let planes = self.planes(to);
                (self.kernels.sums)(&Sums { packs: &packs, x: planes, z: planes, sums: found.as_mut_ptr() });
                let bias = part.add(self.parameter(bias).start);
                for (channel, sums) in found.chunks_exact(2 * LANES).enumerate() {
                    *bias.add(channel) = sums::across(&sums[..LANES]);
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
                    let pack = |pack| {
                        let dy = self.gradient_of(to, pack).add((first + out) * plane);
                        [self.value(from, pack).cast_const(), dy.cast_const()]
                    };
                    let packs: Vec<_> = slice.packs().map(pack).collect();
                    for (k, inputs) in conv.reach.chunks(INS).enumerate() {
                        (self.kernels.conv_gradient)(&ConvGradient {
                            positions: &conv.positions,
                            inputs,
                            packs: &packs,
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

    unsafe fn blend(
        &self,
        x: (*const f32, &Planes),
        z: Option<(*const f32, &Planes)>,
        factors: &[[f32; 3]],
        relu: bool,
        lanes: u32,
        out: (*mut f32, &Planes),
    ) {
        let z = z.unwrap_or((std::ptr::null(), x.1));
        let gate = std::ptr::null();
        unsafe { (self.kernels.blend)(&Blend { x, z, factors, relu, lanes, out, gate, add: false }) }
    }

    #[allow(clippy::too_many_arguments)]
    unsafe fn blend_back(
        &self,
        x: (*const f32, &Planes),
        z: Option<(*const f32, &Planes)>,
        factors: &[[f32; 3]],
        lanes: u32,
        out: (*mut f32, &Planes),
        edge: Edge,
        pack: usize,
    ) {
        let z = z.unwrap_or((std::ptr::null(), x.1));
        unsafe {
            let gate = self.gate(edge, pack);
            (self.kernels.blend)(&Blend { x, z, factors, relu: false, lanes, out, gate, add: edge.add });
        }
    }

    /// Where a pool notes the winners of a pack; null where nobody asks.
    unsafe fn winners(&self, index: usize, pack: usize, count: usize) -> *mut u16 {
        if self.gradient.is_null() {
            std::ptr::null_mut()
        } else {
            unsafe { self.places.kept[index].add(pack * count) }
        }
    }

    /// The lanes a dropout keeps of a pack, and the factor for them; null and 1 where nothing is forgotten.
    pub(crate) unsafe fn kept(
        &self,
        index: usize,
        pack: usize,
        planes: &Planes,
        rate: f32,
    ) -> (*mut u16, f32) {
        if self.places.kept[index].is_null() {
            return (std::ptr::null_mut(), 1.0);
        }
        (unsafe { self.places.kept[index].add(pack * planes.len()) }, 1.0 / (1.0 - rate))
    }
}

const ZEROS: [f32; conv::BLOCK] = [0.0; conv::BLOCK];

/// Writes zeros inside the border.
unsafe fn clear((out, planes): (*mut f32, &Planes)) {
    for channel in 0..planes.channels {
        for y in 0..planes.height {
            let start = channel * planes.plane() + planes.at(y as isize, 0);
            // SAFETY: within the planes.
            unsafe { out.add(start).write_bytes(0, planes.width * LANES) };
        }
    }
}

/// Tiles whose positions are the packs of a slice.
fn pack_tiles(slice: Slice, from: usize, to: usize) -> Vec<Tile> {
    let packs = slice.packs[1] - slice.packs[0];
    (0..packs)
        .step_by(TILE)
        .map(|first| {
            let pack = |k: usize| (first + k).min(packs - 1);
            Tile {
                from: std::array::from_fn(|k| (pack(k) * from) as i32),
                to: std::array::from_fn(|k| (pack(k) * to) as u32),
                taps: [0, 1],
            }
        })
        .collect()
}
