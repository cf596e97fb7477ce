//! A model as operations on values: what is computed from what, where each value lies, and where its gradient comes from.
//! `compile.rs` makes it from a model, `layout.rs` decides where everything lies. It computes nothing.

use super::pieces::Pieces;
use super::planes::Planes;
use super::stencil::{Pattern, Stencil, Window};
use super::weights::{Blocks, Flattened, Parameter};
use crate::engine::kernels::activation::Function;
use crate::engine::kernels::conv::Tap;
use crate::engine::kernels::conv_pool;
use crate::engine::kernels::pool::{self, Spot};
use crate::engine::kernels::winograd;
use crate::engine::kernels::winograd_gradient;
use crate::engine::kernels::winograd_piece::PRODUCTS;
use crate::engine::lanes::LANES;
use crate::engine::precision::Precision;

/// A model as operations. Value 0 is the images.
pub(crate) struct Graph {
    pub(crate) values: Vec<Value>,
    /// In an order in which they can be computed.
    pub(crate) operations: Vec<Operation>,
    pub(crate) parameters: Vec<Parameter>,
    /// Floats of all parameters.
    pub(crate) floats: usize,
    /// Floats of all transformed kernels.
    pub(crate) spread: usize,
    pub(crate) precision: Precision,
    /// The value that holds the last layer's outputs, before its softmax.
    pub(crate) logits: usize,
    pub(crate) softmax: bool,
}

/// A value.
pub(crate) struct Value {
    pub(crate) planes: Planes,
    /// The operation that makes it ends with a ReLU.
    pub(crate) relu: bool,
    /// The loss's gradient is wanted.
    pub(crate) gradient: bool,
    /// More than one operation reads it.
    pub(super) shared: bool,
    pub(super) order: Option<Flattened>,
    /// One row of numbers, without a border: what a dense layer can read.
    pub(super) flat: bool,
}

/// One operation.
pub(crate) struct Operation {
    /// Which of the model's layers it belongs to.
    pub(crate) layer: usize,
    pub(crate) kind: Kind,
    pub(crate) from: Edge,
    pub(crate) to: usize,
}

/// A value that an operation reads, and how it gives its gradient back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Edge {
    pub(crate) value: usize,
    /// Adds to what another operation has given back before.
    pub(crate) add: bool,
    /// Is the last to give, so it also goes back through the value's ReLU.
    pub(crate) gate: bool,
}

/// What an operation does.
#[allow(clippy::large_enum_variant)] // a handful a network
pub(crate) enum Kind {
    Conv(Conv),
    Dense(Dense),
    Norm(Norm),
    Pool(Pooling),
    Activation(Function),
    Dropout {
        rate: f32,
        /// Which of the model's dropouts.
        index: usize,
    },
    /// The other value is added.
    Add {
        other: Edge,
        relu: bool,
    },
    /// From planes to one long row, channel by channel.
    Flatten,
}

pub(crate) struct Conv {
    pub(crate) window: Window,
    pub(crate) blocks: Blocks,
    /// Among the parameters.
    pub(crate) weights: usize,
    pub(crate) bias: Option<usize>,
    pub(crate) relu: bool,
    /// Where the operation after it is a pool that is computed with it.
    pub(crate) windows: Option<Vec<conv_pool::Window>>,
    /// Where it is computed in pieces; else the stencils are used.
    pub(crate) pieces: Option<Pieces>,
    pub(crate) forward: Stencil,
    pub(crate) backward: Stencil,
    /// (input, output) of every position, in floats.
    pub(crate) positions: Vec<[u32; 2]>,
    /// The kernel's taps for a position whose taps all lie in the plane or its border.
    pub(crate) every_tap: Vec<Tap>,
    /// `[channels][taps]`: floats from a position's input to what the tap meets.
    pub(crate) reach: Vec<i32>,
    pub(super) patterns: Option<[Pattern; 2]>,
}

pub(crate) struct Dense {
    pub(crate) blocks: Blocks,
    pub(crate) weights: usize,
    pub(crate) bias: usize,
    pub(crate) relu: bool,
}

pub(crate) struct Norm {
    /// Which of the model's norms.
    pub(crate) number: usize,
    pub(crate) channels: usize,
    pub(crate) scale: usize,
    pub(crate) offset: usize,
    /// Number of the mean among the model's tensors; the variance is the next.
    pub(crate) mean: usize,
    pub(crate) momentum: f32,
    pub(crate) epsilon: f32,
    pub(crate) relu: bool,
    pub(crate) order: Option<Flattened>,
}

pub(crate) struct Pooling {
    pub(crate) kind: pool::Kind,
    pub(crate) spots: Vec<Spot>,
    pub(crate) places: Vec<u32>,
    /// A place belongs to several windows, or to none.
    pub(crate) uneven: bool,
    /// A place belongs to none.
    pub(crate) gaps: bool,
    /// `[height, width]` of the windows, stride, rows and columns before.
    pub(super) windows: [[usize; 2]; 3],
}

impl Graph {
    /// Its norms in order.
    pub(crate) fn norms(&self) -> impl Iterator<Item = &Norm> {
        self.operations.iter().filter_map(|operation| match &operation.kind {
            Kind::Norm(norm) => Some(norm),
            _ => None,
        })
    }

    /// Operations from norm to norm: (first, the one after the last). A norm is the first of its segment.
    pub(crate) fn segments(&self) -> Vec<[usize; 2]> {
        let norms = self.operations.iter().enumerate().skip(1);
        let norms = norms.filter(|(_, operation)| matches!(operation.kind, Kind::Norm(_)));
        let starts: Vec<usize> = std::iter::once(0).chain(norms.map(|(index, _)| index)).collect();
        let ends = starts[1..].iter().copied().chain([self.operations.len()]);
        starts.iter().copied().zip(ends).map(|(start, end)| [start, end]).collect()
    }

    /// Floats that a thread needs beside the values.
    pub(crate) fn room(&self) -> usize {
        let room = |operation: &Operation| {
            let Kind::Conv(conv) = &operation.kind else { return 0 };
            let Blocks { inputs, outputs, .. } = conv.blocks;
            // Sums for the gradient of its bias.
            let sums = if conv.bias.is_some() { outputs * 2 * LANES } else { 0 };
            if conv.pieces.is_none() {
                return sums;
            }
            let padded = outputs.next_multiple_of(LANES);
            let gradient = winograd_gradient::room(inputs, outputs) + PRODUCTS * inputs * padded;
            winograd::room(inputs, outputs).max(gradient).max(sums)
        };
        self.operations.iter().map(room).max().unwrap_or(0)
    }

    /// Outputs of the last layer.
    pub(crate) fn classes(&self) -> usize {
        self.values[self.logits].planes.channels
    }
}

impl Operation {
    /// The value it makes, where that is never written because the next operation is computed with it.
    pub(crate) fn unseen(&self) -> Option<usize> {
        match &self.kind {
            Kind::Conv(Conv { windows: Some(_), .. }) => Some(self.to),
            _ => None,
        }
    }
}

impl Pooling {
    /// Pixels of a window.
    pub(crate) fn size(&self) -> usize {
        self.windows[0][0] * self.windows[0][1]
    }
}
