//! A network's operations for one image, one after the other.

use super::plan::{GROUP, Plan, Way, pieces};
use crate::engine::kernels::activation::Activation;
use crate::engine::kernels::blend::{Blend, Factors};
use crate::engine::kernels::loss::Loss;
use crate::engine::kernels::pool::{self, Pool};
use crate::engine::kernels::product::{Product, Run};
use crate::engine::kernels::scale::Scale;
use crate::engine::kernels::winograd::Winograd;
use crate::engine::kernels::winograd_image::WinogradImage;
use crate::engine::kernels::winograd_piece::Target;
use crate::engine::lanes::LANES;
use crate::engine::packs::floats::Floats;
use crate::engine::packs::graph::{Conv, Graph, Kind, Operation};
use crate::engine::packs::planes::Planes;
use crate::engine::precision::Precision;

/// One thread's memory.
pub(crate) struct Desk {
    /// Per value.
    values: Vec<Floats>,
    room: Floats,
    /// `[classes][16]`, the image in the first lane.
    logits: Floats,
    probabilities: Floats,
}

impl Desk {
    pub(crate) fn new(graph: &Graph, plan: &Plan) -> Self {
        Self {
            values: plan.planes.iter().map(|planes| Floats::zeros(planes.pack())).collect(),
            room: Floats::zeros(plan.room),
            logits: Floats::zeros(graph.classes() * LANES),
            probabilities: Floats::zeros(graph.classes() * LANES),
        }
    }
}

impl Plan {
    /// The last layer's outputs `[classes]` for an image's pixels.
    pub(crate) fn run(&self, graph: &Graph, desk: &mut Desk, pixels: &[u8], out: &mut [f32]) {
        let Planes { height, width, .. } = self.planes[0];
        for (y, row) in pixels.chunks_exact(width).take(height).enumerate() {
            let start = self.planes[0].at(y as isize, 0);
            for (x, &pixel) in row.iter().enumerate() {
                desk.values[0].set(start + x * LANES, f32::from(pixel) * (1.0 / 255.0));
            }
        }
        for (index, operation) in graph.operations.iter().enumerate() {
            // SAFETY: the desk is borrowed mutably and made for this plan; the kernels fit the processor.
            unsafe { self.step(graph, desk, index, operation) };
        }
        let logits = &desk.values[graph.logits];
        if !graph.softmax {
            out.iter_mut()
                .enumerate()
                .for_each(|(class, out)| *out = self.channel(graph.logits, logits, class));
            return;
        }
        for class in 0..graph.classes() {
            desk.logits.set(class * LANES, self.channel(graph.logits, logits, class));
        }
        // SAFETY: both hold `[classes][16]`; without labels nothing else is touched.
        unsafe {
            (self.kernels.loss)(&Loss {
                logits: desk.logits.as_ptr(),
                classes: graph.classes(),
                out: desk.probabilities.as_mut_ptr(),
                labels: std::ptr::null(),
                images: 1,
                smoothing: 0.0,
                scale: 1.0,
                losses: std::ptr::null_mut(),
                correct: std::ptr::null_mut(),
            });
        }
        out.iter_mut().enumerate().for_each(|(class, out)| *out = desk.probabilities.get(class * LANES));
    }

    /// A channel of a value of one pixel.
    fn channel(&self, value: usize, values: &Floats, channel: usize) -> f32 {
        let planes = &self.planes[value];
        values.get(channel / LANES * planes.plane() + planes.at(0, 0) + channel % LANES)
    }

    /// # Safety
    /// The desk was made for this plan of this graph.
    unsafe fn step(&self, graph: &Graph, desk: &mut Desk, index: usize, operation: &Operation) {
        let (from, to) = (operation.from.value, operation.to);
        let planes = [&self.planes[from], &self.planes[to]];
        let out = desk.values[to].as_mut_ptr();
        let input = desk.values[from].as_ptr();
        let room = desk.room.as_mut_ptr();
        let (x, y) = ((input, planes[0]), (out, planes[1]));
        // SAFETY: values are as large as their planes say, and two of them.
        unsafe {
            match &operation.kind {
                Kind::Conv(conv) => {
                    self.sum(graph, index, operation, conv.relu, Some(conv), input, out, room);
                }
                Kind::Dense(dense) => {
                    self.sum(graph, index, operation, dense.relu, None, input, out, room);
                }
                Kind::Norm(norm) => (self.kernels.scale)(&Scale {
                    x,
                    factors: self.parts[index].weights.as_ptr(),
                    relu: norm.relu,
                    out: y,
                }),
                Kind::Add { other, relu } => {
                    let z = (desk.values[other.value].as_ptr(), &self.planes[other.value]);
                    let (relu, gate) = (*relu, std::ptr::null());
                    (self.kernels.blend)(&Blend {
                        x,
                        z,
                        factors: Factors::All([1.0, 1.0, 0.0]),
                        relu,
                        lanes: u32::MAX,
                        out: y,
                        gate,
                        add: false,
                    });
                }
                Kind::Pool(pooling) => (self.kernels.pool)(&Pool {
                    kind: pooling.kind,
                    spots: &pooling.spots,
                    places: &pooling.places,
                    channels: planes[1].channels,
                    in_plane: planes[0].plane(),
                    out_plane: planes[1].plane(),
                    winners: std::ptr::null_mut(),
                    way: pool::Way::Forward { input, out },
                }),
                &Kind::Activation(function) => (self.kernels.activation)(&Activation {
                    function,
                    x,
                    dy: (std::ptr::null(), planes[0]),
                    out: y,
                    gate: std::ptr::null(),
                    add: false,
                }),
                Kind::Flatten => {
                    let channels = graph.values[from].planes.channels;
                    let Planes { height, width, .. } = *planes[0];
                    let mut out = out;
                    for channel in 0..channels {
                        let plane = input.add(channel / LANES * planes[0].plane() + channel % LANES);
                        for row in 0..height as isize {
                            for column in 0..width as isize {
                                *out = *plane.add(planes[0].at(row, column));
                                out = out.add(1);
                            }
                        }
                    }
                }
                // Answers forget nothing.
                Kind::Dropout { .. } => {}
            }
        }
    }

    /// A sum over channels: a convolution, or without one a dense layer.
    #[allow(clippy::too_many_arguments)]
    unsafe fn sum(
        &self,
        graph: &Graph,
        index: usize,
        operation: &Operation,
        relu: bool,
        conv: Option<&Conv>,
        input: *const f32,
        out: *mut f32,
        room: *mut f32,
    ) {
        let part = &self.parts[index];
        let (x, y) = (&self.planes[operation.from.value], &self.planes[operation.to]);
        let channels = graph.values[operation.from.value].planes.channels;
        // SAFETY: as `step`.
        unsafe {
            let weights = part.weights.as_ptr();
            let bias = part.bias.as_ref().map_or(std::ptr::null(), Floats::as_ptr);
            let product = Product {
                runs: &[],
                to: &part.to,
                input,
                plane: if conv.is_some() { x.plane() } else { LANES },
                channels,
                taps: &part.taps,
                weights,
                bias,
                outs: y.channels,
                relu,
                out,
                out_plane: y.plane(),
            };
            match (&part.way, conv) {
                (Way::Pieces(product), Some(conv)) => {
                    let pieces = Winograd {
                        pieces: pieces(conv),
                        packs: 1,
                        input,
                        pack: 0,
                        plane: x.plane(),
                        row: x.row(),
                        channels: x.channels,
                        weights,
                        outs: y.channels,
                        bias,
                        to: Target {
                            outputs: conv.pieces.as_ref().map_or(0, |pieces| pieces.outputs()),
                            out,
                            row: y.row(),
                            add: false,
                            relu,
                            gate: std::ptr::null(),
                        },
                        out_pack: 0,
                        out_plane: y.plane(),
                        room,
                        precision: Precision::Float32,
                    };
                    let product = *product;
                    (self.kernels.winograd_image)(&WinogradImage { pieces, inputs: channels, product });
                }
                (Way::Rows(runs), _) => (self.kernels.product)(&Product { runs, ..product }),
                (Way::Copies(from), _) => {
                    for (number, group) in from.chunks(GROUP).enumerate() {
                        let plane = group.len() * LANES;
                        let taps: Vec<u32> =
                            (0..part.taps.len()).map(|tap| (tap * x.channels * plane) as u32).collect();
                        for (tap, start) in part.taps.iter().zip(&taps) {
                            for vector in 0..x.channels {
                                let line = input.add(vector * x.plane() + *tap as usize);
                                let copy = room.add(*start as usize + vector * plane);
                                for (k, from) in group.iter().enumerate() {
                                    let from = line.add(*from as usize).cast::<[f32; LANES]>();
                                    copy.add(k * LANES).cast::<[f32; LANES]>().write(from.read());
                                }
                            }
                        }
                        let run = Run { from: 0, first: (number * GROUP) as u32, count: group.len() as u32 };
                        (self.kernels.product)(&Product {
                            runs: &[run],
                            input: room,
                            plane,
                            taps: &taps,
                            ..product
                        });
                    }
                }
                _ => {}
            }
        }
    }
}
