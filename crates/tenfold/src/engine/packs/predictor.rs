//! Answers of a network in packs: the forward pass alone, with the norms' moving statistics.
//!
//! Each thread takes packs by itself and shares nothing but the weights.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::floats::Floats;
use super::graph::{Graph, Kind};
use super::memory::Memory;
use super::step::{NormNumbers, Operator, Slice};
use crate::engine::EngineError;
use crate::engine::kernels::loss::Loss;
use crate::engine::kernels::pixels::Pixels;
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::engine::team::{Team, cores};
use crate::model::Sequential;

/// Computes a model's answers.
pub(crate) struct Predictor {
    network: Network,
    team: Team,
    /// One for each thread.
    desks: Vec<Desk>,
}

impl Predictor {
    /// As `engine::Predictor::new`.
    pub(crate) fn new(model: &Sequential, threads: usize) -> Result<Self, EngineError> {
        let network = Network::new(model)?;
        let team = Team::new(if threads == 0 { cores() } else { threads })?;
        let desks = (0..team.threads()).map(|_| network.desk()).collect();
        Ok(Self { network, team, desks })
    }

    pub(crate) fn classes(&self) -> usize {
        self.network.graph.classes()
    }

    pub(crate) fn pixels(&self) -> usize {
        self.network.graph.values[0].planes.len()
    }

    pub(crate) fn predict_into(&mut self, pixels: &[u8], out: &mut [f32]) {
        let (size, classes) = (self.pixels() * LANES, self.classes() * LANES);
        let jobs = pixels.chunks(size).zip(out.chunks_mut(classes));
        if pixels.len() <= size || self.team.threads() == 1 {
            for (pixels, out) in jobs {
                self.network.run(&mut self.desks[0], pixels, out);
            }
            return;
        }
        let network = &self.network;
        let next = AtomicUsize::new(0);
        let jobs: Vec<_> = jobs.map(|job| Mutex::new(Some(job))).collect();
        let desks: Vec<_> = self.desks.iter_mut().map(Mutex::new).collect();
        self.team.run(&|thread| {
            let Ok(mut desk) = desks[thread].lock() else { return };
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let Some((pixels, out)) = job.lock().ok().and_then(|mut job| job.take()) else { continue };
                network.run(&mut desk, pixels, out);
            }
        });
    }
}

/// A network ready to answer.
struct Network {
    graph: Graph,
    kernels: Kernels,
    parameters: Floats,
    spread: Floats,
    /// Per operation.
    norms: Vec<NormNumbers>,
}

/// One thread's memory.
struct Desk {
    memory: Memory,
    /// Sixteen images, and a little more, which kernels may read.
    bytes: Vec<u8>,
    probabilities: Floats,
    room: Floats,
}

impl Network {
    /// Compiles `model`, which must have weights.
    fn new(model: &Sequential) -> Result<Self, EngineError> {
        let graph = Graph::to_answer(model)?;
        model.check_weights()?;
        let kernels = Simd::detect()?.kernels();
        let mut parameters = Floats::zeros(graph.floats);
        let tensors = model.tensors()?;
        let values = |index: usize| tensors.get(index).map_or(&[][..], |tensor| tensor.values);
        for parameter in &graph.parameters {
            let values = values(parameter.tensor);
            parameter.each(|from, to| parameters.set(to, values.get(from).copied().unwrap_or(0.0)));
        }
        let mut spread = Floats::zeros(graph.spread);
        for operation in &graph.operations {
            if let Kind::Conv(conv) = &operation.kind
                && let Some(pieces) = &conv.pieces
            {
                let weights = parameters.as_ptr().wrapping_add(graph.parameters[conv.weights].start);
                // SAFETY: both are as large as the graph says.
                unsafe {
                    pieces.spread(&conv.blocks, weights, spread.as_mut_ptr(), 0..conv.blocks.inputs, false);
                }
            }
        }
        let norms = graph.operations.iter().map(|operation| {
            let Kind::Norm(norm) = &operation.kind else { return NormNumbers::default() };
            let (means, variances) = (values(norm.mean), values(norm.mean + 1));
            let factors = (0..norm.channels).map(|channel| {
                let place = norm.order.map_or(channel, |order| order.model_index(channel));
                let number = |values: &[f32]| values.get(place).copied().unwrap_or(0.0);
                let parameter = |index: usize| parameters.get(graph.parameters[index].start + channel);
                let deviation = (f64::from(number(variances)) + f64::from(norm.epsilon)).sqrt();
                let scale = f64::from(parameter(norm.scale)) / deviation;
                let offset = f64::from(parameter(norm.offset)) - f64::from(number(means)) * scale;
                [scale as f32, 0.0, offset as f32]
            });
            NormNumbers { statistics: Vec::new(), factors: factors.collect() }
        });
        let norms = norms.collect();
        Ok(Self { graph, kernels, parameters, spread, norms })
    }

    fn classes(&self) -> usize {
        self.graph.classes()
    }

    fn desk(&self) -> Desk {
        Desk {
            memory: Memory::new(&self.graph, 1, 1, false),
            bytes: vec![0; (self.graph.values[0].planes.len() + 1) * LANES],
            probabilities: Floats::zeros(self.classes() * LANES),
            room: Floats::zeros(self.graph.room()),
        }
    }

    /// The last layer's outputs `[images, classes]` for up to sixteen images' pixels.
    fn run(&self, desk: &mut Desk, pixels: &[u8], out: &mut [f32]) {
        let planes = &self.graph.values[0].planes;
        let images = (pixels.len() / planes.len()).min(LANES);
        let pixels = &pixels[..images * planes.len()];
        desk.bytes[..pixels.len()].copy_from_slice(pixels);
        desk.bytes[pixels.len()..].fill(0);
        let places = desk.memory.places();
        let operator = Operator {
            graph: &self.graph,
            kernels: &self.kernels,
            places,
            parameters: self.parameters.as_ptr(),
            turned: std::ptr::null(),
            spread: self.spread.as_ptr(),
            gradient: std::ptr::null_mut(),
        };
        let logits = places.values[self.graph.logits];
        // SAFETY: the desk is borrowed mutably and made for this graph; the kernels fit the processor.
        unsafe {
            (self.kernels.pixels)(&Pixels {
                bytes: desk.bytes.as_ptr(),
                height: planes.height,
                width: planes.width,
                out: places.values[0].add(planes.at(0, 0)),
                row: planes.row(),
            });
            let slice = Slice { number: 0, packs: [0, 1], images: LANES };
            for index in 0..self.graph.operations.len() {
                operator.forward(index, slice, &self.norms[index], desk.room.as_mut_ptr());
            }
            if self.graph.softmax {
                (self.kernels.loss)(&Loss {
                    logits,
                    classes: self.classes(),
                    out: desk.probabilities.as_mut_ptr(),
                    labels: std::ptr::null(),
                    images,
                    smoothing: 0.0,
                    scale: 1.0,
                    losses: std::ptr::null_mut(),
                    correct: std::ptr::null_mut(),
                });
            }
        }
        let answers = if self.graph.softmax { desk.probabilities.as_ptr() } else { logits.cast_const() };
        for (image, out) in out.chunks_exact_mut(self.classes()).enumerate().take(images) {
            for (class, out) in out.iter_mut().enumerate() {
                // SAFETY: `[classes][16]` floats are there.
                *out = unsafe { *answers.add(class * LANES + image) };
            }
        }
    }
}
