//! Where the weights and values of a compiled network lie for one image at a time. Computes nothing.

use crate::engine::kernels::product::{self, Run};
use crate::engine::kernels::winograd_image;
use crate::engine::kernels::winograd_kernel::{MOST_TAPS, WinogradKernel};
use crate::engine::kernels::winograd_piece::{PRODUCTS, Piece};
use crate::engine::lanes::LANES;
use crate::engine::packs::floats::Floats;
use crate::engine::packs::graph::{Conv, Graph, Kind, Operation};
use crate::engine::packs::load::norm_factors;
use crate::engine::packs::pieces::Pieces;
use crate::engine::packs::planes::Planes;
use crate::engine::packs::weights::{Form, Parameter};
use crate::engine::precision::Precision;
use crate::engine::simd::Kernels;
use crate::model::NamedTensor;

/// Positions whose inputs are copied side by side at a time.
pub(crate) const GROUP: usize = 24;
/// Rows shorter than this are not worth a tile of their own.
const SHORT: usize = 8;

/// A network ready to answer for one image.
pub(crate) struct Plan {
    pub(crate) kernels: Kernels,
    /// Per value: how it lies; `channels` counts vectors.
    pub(crate) planes: Vec<Planes>,
    /// Per operation.
    pub(crate) parts: Vec<Part>,
    /// Floats that are needed beside the values.
    pub(crate) room: usize,
}

/// What an operation needs beside what the graph says.
#[derive(Default)]
pub(crate) struct Part {
    /// Of a convolution or dense layer; or a norm's factors.
    pub(crate) weights: Floats,
    pub(crate) bias: Option<Floats>,
    pub(crate) way: Way,
    /// Where each position's outputs are in a plane.
    pub(crate) to: Vec<u32>,
    /// Of a convolution: how far each tap reaches.
    pub(crate) taps: Vec<u32>,
}

/// How a sum over channels is computed.
#[derive(Default)]
pub(crate) enum Way {
    /// In Winograd's pieces; floats from product to product of the weights.
    Pieces(usize),
    /// From the planes as they lie: rows of positions.
    Rows(Vec<Run>),
    /// From copies that lie side by side; where each position's inputs begin.
    Copies(Vec<u32>),
    /// No sum over channels.
    #[default]
    None,
}

impl Plan {
    /// For `graph`, whose model has these tensors.
    pub(crate) fn new(graph: &Graph, tensors: &[NamedTensor<&[f32]>], kernels: Kernels) -> Self {
        let planes: Vec<_> = graph.values.iter().map(|value| in_vectors(&value.planes)).collect();
        let builder = Builder { tensors, kernels };
        let parts: Vec<_> = graph.operations.iter().map(|operation| builder.part(graph, operation)).collect();
        let room = graph.operations.iter().zip(&parts).map(|(operation, part)| {
            let [inputs, outputs] = [operation.from.value, operation.to].map(|value| planes[value].channels);
            match (&part.way, &operation.kind) {
                (Way::Pieces(_), Kind::Conv(conv)) => {
                    winograd_image::room(pieces(conv).len(), inputs, outputs)
                }
                (Way::Copies(_), _) => part.taps.len() * inputs * GROUP * LANES,
                _ => 0,
            }
        });
        let room = room.max().unwrap_or(0);
        Self { kernels, planes, parts, room }
    }
}

/// How a value lies for one image, from how it lies in a pack.
fn in_vectors(planes: &Planes) -> Planes {
    Planes { channels: planes.channels.div_ceil(LANES), ..*planes }
}

struct Builder<'a> {
    tensors: &'a [NamedTensor<&'a [f32]>],
    kernels: Kernels,
}

impl Builder<'_> {
    fn part(&self, graph: &Graph, operation: &Operation) -> Part {
        match &operation.kind {
            Kind::Conv(conv) => self.conv(graph, operation, conv),
            Kind::Dense(dense) => Part {
                weights: self.product(&graph.parameters[dense.weights]),
                bias: Some(self.channels(&graph.parameters[dense.bias])),
                way: Way::Rows(vec![Run { from: 0, first: 0, count: 1 }]),
                to: vec![0],
                taps: vec![0],
            },
            Kind::Norm(norm) => {
                let mut weights = Floats::zeros(norm.channels.div_ceil(LANES) * 2 * LANES);
                for (channel, [a, _, d]) in norm_factors(graph, norm, self.tensors).into_iter().enumerate() {
                    let place = channel / LANES * 2 * LANES + channel % LANES;
                    weights.set(place, a);
                    weights.set(place + LANES, d);
                }
                Part { weights, ..Part::default() }
            }
            _ => Part::default(),
        }
    }

    fn conv(&self, graph: &Graph, operation: &Operation, conv: &Conv) -> Part {
        let parameter = &graph.parameters[conv.weights];
        let bias = conv.bias.map(|bias| self.channels(&graph.parameters[bias]));
        if let Some(pieces) = conv.pieces.as_ref().filter(|pieces| pieces.ways.forward) {
            let (weights, product) = self.products(parameter, pieces);
            return Part { weights, bias, way: Way::Pieces(product), ..Part::default() };
        }
        let weights = self.product(parameter);
        let to = conv.positions.iter().map(|position| position[1]).collect();
        let from = conv.positions.iter().map(|position| position[0]);
        let taps = conv.every_tap.iter().map(|tap| tap.offset.unsigned_abs()).collect();
        let width = graph.values[operation.to].planes.width;
        let way = if conv.window.stride[1] == 1 && width >= SHORT {
            let starts = from.enumerate().step_by(width);
            let run = |(first, from): (usize, u32)| Run { from, first: first as u32, count: width as u32 };
            Way::Rows(starts.map(run).collect())
        } else {
            Way::Copies(from.collect())
        };
        Part { weights, bias, way, to, taps }
    }

    fn values(&self, parameter: &Parameter) -> &[f32] {
        self.tensors.get(parameter.tensor).map_or(&[], |tensor| tensor.values)
    }

    /// One value a channel.
    fn channels(&self, parameter: &Parameter) -> Floats {
        let values = self.values(parameter);
        let mut channels = Floats::zeros(values.len());
        channels.as_mut_slice()[..values.len()].copy_from_slice(values);
        channels
    }

    /// Weights as `product` takes them.
    fn product(&self, parameter: &Parameter) -> Floats {
        let Form::Blocks(shape, order) = parameter.form else { return Floats::zeros(0) };
        let outs = shape.outputs.div_ceil(LANES);
        let mut weights = Floats::zeros(shape.inputs * shape.taps * outs * LANES);
        let values = self.values(parameter);
        let mut rows = weights.as_mut_slice();
        for (first, count) in product::blocks(outs) {
            let (low, high) = (first * LANES, ((first + count) * LANES).min(shape.outputs));
            let (block, rest) = rows.split_at_mut(shape.inputs * shape.taps * count * LANES);
            for (number, to) in block.chunks_exact_mut(count * LANES).enumerate() {
                let (input, tap) = (number / shape.taps, number % shape.taps);
                let input = order.map_or(input, |order| order.model_index(input));
                let row = (tap * shape.inputs + input) * shape.outputs;
                let values = values.get(row + low..row + high).unwrap_or_default();
                to[..values.len()].copy_from_slice(values);
            }
            rows = rest;
        }
        weights
    }

    /// The transformed kernels of Winograd's products, and floats from product to product.
    fn products(&self, parameter: &Parameter, pieces: &Pieces) -> (Floats, usize) {
        let Form::Blocks(shape, _) = parameter.form else { return (Floats::zeros(0), 0) };
        let outs = shape.outputs.div_ceil(LANES);
        let product = shape.inputs * outs * LANES;
        let mut products = Floats::zeros(PRODUCTS * product);
        let values = self.values(parameter);
        let mut at = 0;
        for (first, count) in product::blocks(outs) {
            for input in 0..shape.inputs {
                for vector in first..first + count {
                    let (low, high) = (vector * LANES, ((vector + 1) * LANES).min(shape.outputs));
                    let mut weights = [[0.0; LANES]; MOST_TAPS];
                    for (tap, weights) in weights.iter_mut().enumerate().take(shape.taps) {
                        let row = (tap * shape.inputs + input) * shape.outputs;
                        let values = values.get(row + low..row + high).unwrap_or_default();
                        weights[..values.len()].copy_from_slice(values);
                    }
                    // SAFETY: `at` is within the first product.
                    unsafe {
                        (self.kernels.winograd_kernel)(&WinogradKernel {
                            side: pieces.kernel,
                            weights: weights.as_ptr().cast(),
                            to: products.as_mut_ptr().add(at),
                            product,
                            precision: Precision::Float32,
                        });
                    }
                    at += LANES;
                }
            }
        }
        (products, product)
    }
}

/// The pieces of a convolution that is computed in pieces.
pub(crate) fn pieces(conv: &Conv) -> &[Piece] {
    conv.pieces.as_ref().map_or(&[], |pieces| &pieces.forward)
}
