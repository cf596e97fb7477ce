//! One operation of a network on some packs, forward and backward: which kernel works on what.

use super::graph::{Edge, Graph, Kind, Norm};
use super::memory::Places;
pub(crate) use super::norms::NormNumbers;
use super::planes::{Border, Planes};
use super::weights::Parameter;
use crate::engine::kernels::activation::Activation;
use crate::engine::kernels::blend::{Blend, Factors};
use crate::engine::kernels::conv::{BLOCK, TILE};
use crate::engine::kernels::forget::Forget;
use crate::engine::kernels::pool::{Pool, Way};
use crate::engine::lanes::LANES;
use crate::engine::simd::Kernels;

/// The most packs of a slice: as many as a tile has positions, so that one tile serves a dense layer.
pub(crate) const PACKS: usize = TILE;

/// Packs that one thread computes together, 1..=[`PACKS`].
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

    pub(crate) fn packs(&self) -> std::ops::Range<usize> {
        self.packs[0]..self.packs[1]
    }

    pub(crate) fn count(&self) -> usize {
        self.packs[1] - self.packs[0]
    }

    /// Something of each pack; of the last again where there are fewer than [`PACKS`].
    pub(crate) fn each<T>(&self, of: impl Fn(usize) -> T) -> [T; PACKS] {
        debug_assert!((1..=PACKS).contains(&self.count()));
        std::array::from_fn(|k| of((self.packs[0] + k).min(self.packs[1] - 1)))
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
    /// `[slices][floats]`, of the parameters; null: nobody asks.
    pub(crate) gradient: *mut f32,
}

// The pointers hold what the graph says. Threads work on different slices; what one writes of another's is behind a
// barrier (see `learner.rs`).
#[allow(clippy::undocumented_unsafe_blocks)]
impl Operator<'_> {
    pub(crate) fn planes(&self, value: usize) -> &Planes {
        &self.graph.values[value].planes
    }

    /// A pack of a value, and of its gradient.
    pub(crate) unsafe fn value(&self, value: usize, pack: usize) -> *mut f32 {
        // A value that nobody sees has no place, and nobody reads there.
        self.places.values[value].wrapping_add(pack * self.planes(value).pack())
    }

    pub(crate) unsafe fn gradient_of(&self, value: usize, pack: usize) -> *mut f32 {
        unsafe { self.places.gradients[value].add(pack * self.planes(value).pack()) }
    }

    /// Where the gate of an edge is.
    pub(crate) unsafe fn gate(&self, edge: Edge, pack: usize) -> *const f32 {
        if edge.gate { unsafe { self.value(edge.value, pack) } } else { std::ptr::null() }
    }

    pub(crate) fn parameter(&self, index: usize) -> &Parameter {
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
            match &operation.kind {
                Kind::Dense(dense) => return self.dense(dense, operation, slice),
                Kind::Conv(conv) => return self.conv(conv, operation, slice, room),
                _ => {}
            }
            for pack in slice.packs() {
                let x = (self.value(from, pack).cast_const(), self.planes(from));
                let out = (self.value(to, pack), self.planes(to));
                match &operation.kind {
                    Kind::Conv(_) | Kind::Dense(_) => {}
                    Kind::Norm(Norm { relu, .. }) => {
                        self.blend(x, None, Factors::Each(&norm.factors), *relu, out)
                    }
                    Kind::Add { other, relu } => {
                        let z = (self.value(other.value, pack).cast_const(), self.planes(other.value));
                        self.blend(x, Some(z), Factors::All([1.0, 1.0, 0.0]), *relu, out);
                    }
                    Kind::Flatten => {
                        // The same numbers seen as planes without a border.
                        let flat = Planes { border: Border::default(), ..*x.1 };
                        self.blend(x, None, SAME, false, (out.0, &flat));
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
        let learns = !self.gradient.is_null();
        unsafe {
            match &operation.kind {
                Kind::Conv(conv) => {
                    if learns {
                        self.conv_gradient(conv, operation, slice, room);
                    }
                    if wanted {
                        self.conv_back(conv, operation, slice, room);
                    }
                    return;
                }
                Kind::Dense(dense) => {
                    if learns {
                        self.turn_rows(index, dense, operation, slice);
                    }
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
                            let dx = (self.gradient_of(edge.value, pack), self.planes(edge.value));
                            self.blend_back(dy, None, SAME, u32::MAX, dx, edge, pack);
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
                    Kind::Norm(_) => {
                        let factors = Factors::Each(&norm.factors);
                        self.blend_back(dy, Some(x), factors, slice.lanes(pack), dx, edge, pack);
                    }
                    Kind::Flatten => {
                        let flat = Planes { border: Border::default(), ..*x.1 };
                        self.blend_back((dy.0, &flat), None, SAME, u32::MAX, dx, edge, pack);
                    }
                    Kind::Pool(pooling) => {
                        if pooling.uneven && !add {
                            clear(dx);
                        } else if pooling.gaps && !gate.is_null() {
                            // The windows do not come to all places, but all must go back through the ReLU.
                            let nothing = Factors::All([0.0; 3]);
                            let same = (dx.0.cast_const(), dx.1);
                            self.blend_back(same, None, nothing, u32::MAX, dx, edge, pack);
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
                    Kind::Conv(_) | Kind::Dense(_) | Kind::Add { .. } => {}
                }
            }
        }
    }

    unsafe fn blend(
        &self,
        x: (*const f32, &Planes),
        z: Option<(*const f32, &Planes)>,
        factors: Factors,
        relu: bool,
        out: (*mut f32, &Planes),
    ) {
        let z = z.unwrap_or((std::ptr::null(), x.1));
        let (gate, lanes) = (std::ptr::null(), u32::MAX);
        unsafe { (self.kernels.blend)(&Blend { x, z, factors, relu, lanes, out, gate, add: false }) }
    }

    #[allow(clippy::too_many_arguments)]
    unsafe fn blend_back(
        &self,
        x: (*const f32, &Planes),
        z: Option<(*const f32, &Planes)>,
        factors: Factors,
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
    pub(crate) unsafe fn winners(&self, index: usize, pack: usize, count: usize) -> *mut u16 {
        if self.places.kept[index].is_null() {
            std::ptr::null_mut()
        } else {
            unsafe { self.places.kept[index].add(pack * count) }
        }
    }

    /// The lanes a dropout keeps of a pack, and the factor for them.
    pub(crate) unsafe fn kept(
        &self,
        index: usize,
        pack: usize,
        planes: &Planes,
        rate: f32,
    ) -> (*mut u16, f32) {
        (unsafe { self.places.kept[index].add(pack * planes.len()) }, 1.0 / (1.0 - rate))
    }
}

/// The bias of what has none.
pub(crate) const ZEROS: [f32; BLOCK] = [0.0; BLOCK];
/// Blends to what x is.
const SAME: Factors = Factors::All([1.0, 0.0, 0.0]);

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
