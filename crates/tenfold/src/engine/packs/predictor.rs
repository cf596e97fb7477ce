//! Answers of a compiled network: the forward pass alone, with the norms' moving statistics.
//!
//! Few images are computed one by one (`engine/image/`), many in packs. Both give the same bits, so which it is depends on
//! nothing but what is faster. Each is made ready when it is first needed. Each thread takes images by itself and shares
//! nothing but the weights.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::floats::Floats;
use super::graph::{Graph, Kind};
use super::load::{norm_factors, parameters};
use super::memory::Memory;
use super::size;
use super::step::{NormNumbers, Operator, Slice};
use crate::engine::EngineError;
use crate::engine::image::cost::worth_a_pack;
use crate::engine::image::plan::Plan;
use crate::engine::image::step::Desk as ImageDesk;
use crate::engine::kernels::loss::Loss;
use crate::engine::kernels::pixels::Pixels;
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::engine::team::Team;
use crate::model::{NamedTensor, Sequential};

/// Images that a thread takes at a time where they go one by one.
const JOB: usize = 4;

/// Computes a model's answers.
pub(crate) struct Predictor {
    model: Sequential,
    graph: Graph,
    kernels: Kernels,
    team: Team,
    /// From so many images on, packs.
    many: usize,
    /// For images one by one, with a desk for each thread.
    alone: Option<(Plan, Vec<ImageDesk>)>,
    /// For packs, with a desk for each thread.
    packs: Option<(Network, Vec<Desk>)>,
}

impl Predictor {
    /// As `engine::Predictor::new`.
    pub(crate) fn new(model: Sequential, threads: usize) -> Result<Self, EngineError> {
        let graph = Graph::to_answer(&model)?;
        model.check_weights()?;
        let simd = Simd::detect()?;
        let kernels = simd.kernels();
        let team = Team::new(threads)?;
        size::check_threads(&graph, team.threads())?;
        let many = worth_a_pack(&graph, simd);
        Ok(Self { model, graph, kernels, team, many, alone: None, packs: None })
    }

    pub(crate) fn classes(&self) -> usize {
        self.graph.classes()
    }

    pub(crate) fn pixels(&self) -> usize {
        self.graph.values[0].planes.len()
    }

    pub(crate) fn predict_into(&mut self, pixels: &[u8], out: &mut [f32]) {
        let (size, classes) = (self.pixels(), self.classes());
        let images = (pixels.len() / size).min(out.len() / classes);
        let (pixels, out) = (&pixels[..images * size], &mut out[..images * classes]);
        // Those that would not fill a pack go alone.
        let rest = images % LANES;
        let in_packs = if self.many > LANES {
            0
        } else if rest < self.many {
            images - rest
        } else {
            images
        };
        let (first, rest) = pixels.split_at(in_packs * size);
        let (first_out, rest_out) = out.split_at_mut(in_packs * classes);
        self.in_packs(first, first_out);
        self.alone(rest, rest_out);
    }

    fn alone(&mut self, pixels: &[u8], out: &mut [f32]) {
        if pixels.is_empty() {
            return;
        }
        let (size, classes) = (self.pixels(), self.classes());
        let Self { model, graph, kernels, team, alone, .. } = self;
        let (plan, desks) = alone.get_or_insert_with(|| {
            // Never fails: `new` has asked for them.
            let plan = Plan::new(graph, &model.tensors().unwrap_or_default(), *kernels);
            let desks = (0..team.threads()).map(|_| ImageDesk::new(graph, &plan)).collect();
            (plan, desks)
        });
        let jobs = pixels.chunks(size * JOB).zip(out.chunks_mut(classes * JOB));
        share(team, desks, jobs, |desk, pixels, out| {
            for (pixels, out) in pixels.chunks_exact(size).zip(out.chunks_exact_mut(classes)) {
                plan.run(graph, desk, pixels, out);
            }
        });
    }

    fn in_packs(&mut self, pixels: &[u8], out: &mut [f32]) {
        if pixels.is_empty() {
            return;
        }
        let (size, classes) = (self.pixels(), self.classes());
        let Self { model, graph, kernels, team, packs, .. } = self;
        let (network, desks) = packs.get_or_insert_with(|| {
            let network = Network::new(graph, &model.tensors().unwrap_or_default(), *kernels);
            let desks = (0..team.threads()).map(|_| network.desk(graph)).collect();
            (network, desks)
        });
        let jobs = pixels.chunks(size * LANES).zip(out.chunks_mut(classes * LANES));
        share(team, desks, jobs, |desk, pixels, out| network.run(graph, desk, pixels, out));
    }
}

/// Has the threads take one job after the other, each at its own desk.
fn share<'a, Desk: Send>(
    team: &mut Team,
    desks: &mut [Desk],
    jobs: impl ExactSizeIterator<Item = (&'a [u8], &'a mut [f32])>,
    run: impl Fn(&mut Desk, &[u8], &mut [f32]) + Sync,
) {
    if jobs.len() < 2 || team.threads() == 1 {
        let Some(desk) = desks.first_mut() else { return };
        jobs.for_each(|(pixels, out)| run(desk, pixels, out));
        return;
    }
    let next = AtomicUsize::new(0);
    let jobs: Vec<_> = jobs.map(|job| Mutex::new(Some(job))).collect();
    let desks: Vec<_> = desks.iter_mut().map(Mutex::new).collect();
    team.run(&|thread| {
        let Ok(mut desk) = desks[thread].lock() else { return };
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some((pixels, out)) = job.lock().ok().and_then(|mut job| job.take()) else { continue };
            run(&mut desk, pixels, out);
        }
    });
}

/// A network ready to answer in packs.
struct Network {
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
    /// For `graph`, whose model has these tensors.
    fn new(graph: &Graph, tensors: &[NamedTensor<&[f32]>], kernels: Kernels) -> Self {
        let parameters = parameters(graph, tensors);
        let mut spread = Floats::zeros(graph.spread);
        for operation in &graph.operations {
            if let Kind::Conv(conv) = &operation.kind
                && let Some(pieces) = &conv.pieces
            {
                let weights = parameters.as_ptr().wrapping_add(graph.parameters[conv.weights].start);
                // SAFETY: both are as large as the graph says, and the kernels fit the processor.
                unsafe {
                    let lines = 0..pieces.lines(&conv.blocks);
                    pieces.spread(&kernels, &conv.blocks, weights, spread.as_mut_ptr(), lines, false);
                }
            }
        }
        let norms = graph.operations.iter().map(|operation| {
            let Kind::Norm(norm) = &operation.kind else { return NormNumbers::default() };
            NormNumbers { statistics: Vec::new(), factors: norm_factors(graph, norm, tensors) }
        });
        let norms = norms.collect();
        Self { kernels, parameters, spread, norms }
    }

    fn desk(&self, graph: &Graph) -> Desk {
        Desk {
            memory: Memory::new(graph, 1, 1, false),
            bytes: vec![0; (graph.values[0].planes.len() + 1) * LANES],
            probabilities: Floats::zeros(graph.classes() * LANES),
            room: Floats::zeros(graph.room()),
        }
    }

    /// The last layer's outputs `[images, classes]` for up to sixteen images' pixels.
    fn run(&self, graph: &Graph, desk: &mut Desk, pixels: &[u8], out: &mut [f32]) {
        let planes = &graph.values[0].planes;
        let images = (pixels.len() / planes.len()).min(LANES);
        let pixels = &pixels[..images * planes.len()];
        desk.bytes[..pixels.len()].copy_from_slice(pixels);
        desk.bytes[pixels.len()..].fill(0);
        let places = desk.memory.places();
        let operator = Operator {
            graph,
            kernels: &self.kernels,
            places,
            parameters: self.parameters.as_ptr(),
            turned: std::ptr::null(),
            spread: self.spread.as_ptr(),
            gradient: std::ptr::null_mut(),
        };
        let logits = places.values[graph.logits];
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
            for index in 0..graph.operations.len() {
                operator.forward(index, slice, &self.norms[index], desk.room.as_mut_ptr());
            }
            if graph.softmax {
                (self.kernels.loss)(&Loss {
                    logits,
                    classes: graph.classes(),
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
        let answers = if graph.softmax { desk.probabilities.as_ptr() } else { logits.cast_const() };
        for (image, out) in out.chunks_exact_mut(graph.classes()).enumerate().take(images) {
            for (class, out) in out.iter_mut().enumerate() {
                // SAFETY: `[classes][16]` floats are there.
                *out = unsafe { *answers.add(class * LANES + image) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BatchNorm, Conv2d, Layer, Padding, Pool};
    use crate::random::{Purpose, Stream};

    /// Networks of all operations, with channels that fill no vector.
    fn networks() -> Vec<Sequential> {
        let new = Sequential::new;
        let strides = Conv2d { kernel: [2, 3], stride: [2, 1], padding: Padding::Same, ..Conv2d::new(19, 1) };
        let wide = Conv2d { stride: [1, 3], use_bias: false, ..Conv2d::new(35, 2) };
        let overlapping = Layer::AveragePool(Pool { size: [3; 2], stride: [2; 2], padding: Padding::Same });
        let mut networks = vec![
            new([11, 13])
                .conv2d(5, 3)
                .relu()
                .max_pool(2)
                .conv2d_same(17, 3)
                .batch_norm()
                .relu()
                .conv2d(33, 3),
            new([15, 13]).conv2d_same(20, 5).silu().conv2d(24, 5).relu().conv2d_same(50, 3).gelu(),
            new([9, 10])
                .layer(strides)
                .leaky_relu(0.1)
                .layer(wide)
                .batch_norm()
                .layer(overlapping)
                .batch_norm(),
            new([12, 12])
                .conv2d(24, 3)
                .batch_norm()
                .relu()
                .conv2d_same(24, 3)
                .batch_norm()
                .relu()
                .max_pool(2),
            new([8, 9]).conv2d_same(18, 3).residual_with(
                |block| block.batch_norm().relu().conv2d_same(34, 3).relu().conv2d_same(20, 1),
                |shortcut| shortcut.conv2d(20, 1),
            ),
            new([5, 5]).conv2d(70, 5).relu().flatten().dense(21).batch_norm().silu(),
        ];
        for (seed, model) in networks.iter_mut().enumerate() {
            let flat = model.shapes().unwrap().last().unwrap().len() == 1;
            let end = std::mem::replace(model, new(model.input));
            let end = if flat {
                end
            } else if seed % 2 == 0 {
                end.flatten()
            } else {
                end.global_average_pool()
            };
            *model = end.dense(11).softmax();
            model.initialise(seed as u64).unwrap();
            let mut random = Stream::new(seed as u64, Purpose::Weights, 1, 1);
            for tensor in model.tensors_mut().unwrap() {
                if tensor.shape.len() == 1 {
                    tensor.values.iter_mut().for_each(|value| *value = random.range(0.2, 1.2));
                }
            }
        }
        networks
    }

    fn pixels(model: &Sequential, images: usize) -> Vec<u8> {
        let mut random = Stream::new(7, Purpose::Strokes, 0, 0);
        (0..images * model.input[0] * model.input[1]).map(|_| random.below(256) as u8).collect()
    }

    fn answers(model: &Sequential, images: usize, simd: Simd, many: usize) -> Vec<f32> {
        let mut predictor = Predictor::new(model.clone(), 1).unwrap();
        (predictor.kernels, predictor.many) = (simd.kernels(), many);
        let mut out = vec![0.0; images * predictor.classes()];
        predictor.predict_into(&pixels(model, images), &mut out);
        out
    }

    #[test]
    fn an_image_alone_and_in_a_pack_give_the_same_bits_on_every_instruction_set() {
        for (number, model) in networks().iter().enumerate() {
            for model in [model.clone(), model.folded()] {
                let expected = answers(&model, 3, Simd::Portable, 0);
                for simd in Simd::available() {
                    assert_eq!(
                        answers(&model, 3, simd, 0),
                        expected,
                        "packs of network {number} on {simd:?}"
                    );
                    assert_eq!(
                        answers(&model, 3, simd, usize::MAX),
                        expected,
                        "single images of network {number} on {simd:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn folded_networks_give_the_same_answers() {
        for (number, model) in networks().iter().enumerate() {
            let of = |model| answers(model, 5, Simd::detect().unwrap(), 0);
            for (whole, folded) in of(model).into_iter().zip(of(&model.folded())) {
                assert!((whole - folded).abs() < 1e-5, "network {number}: {whole} {folded}");
            }
        }
    }

    #[test]
    fn images_that_fill_no_pack_go_alone() {
        let model = &networks()[0];
        let all = answers(model, 35, Simd::Portable, 0);
        for many in [1, 4, 5, 16, 17] {
            assert_eq!(answers(model, 35, Simd::Portable, many), all, "packs from {many} on");
        }
    }

    #[test]
    fn norms_that_follow_nothing_to_fold_into_stay() {
        let model = Sequential::new([9, 9]).conv2d(6, 3).max_pool(2).layer(BatchNorm::default()).relu();
        let mut model = model.flatten().dense(3).softmax();
        model.initialise(1).unwrap();
        assert_eq!(model.folded(), model);
    }
}
