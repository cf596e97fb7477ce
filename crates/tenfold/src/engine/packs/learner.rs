//! Training steps of a network in packs, by a team of threads over memory that is allocated once.
//!
//! A batch is cut into slices of packs, whatever the number of threads; each thread computes whole slices. Sums over a
//! batch are sums over its slices, in order: so the result does not depend on the threads.
//!
//! | phase | each thread computes | then all wait |
//! |---|---|---|
//! | turn | its share of the weights, for the way back | |
//! | forward | its slices, from norm to norm | where a norm needs the whole batch |
//! | loss | its slices | yes |
//! | backward | its slices, from norm to norm | where a norm needs the whole batch, and at the end |
//! | dense gradients | its share of the inputs, over the whole batch | yes |
//! | update | its share of the weights | yes |

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::floats::Floats;
use super::graph::{Graph, Kind, Norm};
use super::memory::{Memory, row};
use super::step::{NormNumbers, Operator, Slice};
use crate::data::augment::{Augment, Augmenter};
use crate::engine::EngineError;
use crate::engine::Progress;
use crate::engine::kernels::adapt::Adapt;
use crate::engine::kernels::conv::BLOCK;
use crate::engine::kernels::dense_gradient::DenseGradient;
use crate::engine::kernels::loss::Loss;
use crate::engine::kernels::pixels::Pixels;
use crate::engine::kernels::update::Rule;
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::engine::team::{Barrier, Team, cores};
use crate::model::Sequential;
use crate::random::{Purpose, Stream};

/// What of a training recipe the engine must know beside the optimiser.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recipe {
    pub(crate) seed: u64,
    pub(crate) label_smoothing: f32,
    pub(crate) augment: Augment,
    /// The gradient's largest norm; 0: any.
    pub(crate) clip_norm: f32,
    /// Decay of the weights' moving average; 0: none is kept.
    pub(crate) average: f32,
}

impl Recipe {
    /// Whether there is nothing in it.
    pub(crate) fn plain(&self) -> bool {
        self.label_smoothing == 0.0 && self.augment.is_none() && self.clip_norm == 0.0 && self.average == 0.0
    }
}

/// A model in training.
pub(crate) struct Learner {
    graph: Graph,
    kernels: Kernels,
    team: Team,
    barrier: Barrier,
    memory: Memory,
    parameters: Floats,
    turned: Floats,
    spread: Floats,
    /// The optimiser's, and the weights' average.
    state: [Floats; 3],
    /// `[slices][floats]`.
    gradient: Floats,
    /// Per norm in order: moving mean and variance, in the model's order.
    moving: Vec<[Vec<f32>; 2]>,
    pixels: Vec<u8>,
    labels: Vec<u8>,
    recipe: Recipe,
    batch: usize,
    packs_a_slice: usize,
    losses: Vec<f32>,
    correct: Vec<u8>,
    /// Per parameter: the sum of its gradient's squares.
    norms: Vec<f64>,
    /// One for each thread.
    desks: Vec<Desk>,
}

impl Learner {
    /// As `engine::Learner::new`.
    pub(crate) fn new(
        model: &Sequential,
        pixels: &[u8],
        labels: &[u8],
        batch: usize,
        states: usize,
        threads: usize,
        recipe: Recipe,
    ) -> Result<Self, EngineError> {
        let graph = Graph::new(model, false)?;
        let kernels = Simd::detect()?.kernels();
        let team = Team::new(if threads == 0 { cores() } else { threads })?;
        let packs = batch.div_ceil(LANES).max(1);
        let packs_a_slice = if packs < 8 { 1 } else { 2 };
        let slices = packs.div_ceil(packs_a_slice);
        let mut parameters = Floats::zeros(graph.floats);
        let tensors = model.tensors()?;
        for parameter in &graph.parameters {
            let values = tensors.get(parameter.tensor).map_or(&[][..], |tensor| tensor.values);
            parameter.each(|from, to| parameters.set(to, values.get(from).copied().unwrap_or(0.0)));
        }
        let moving = graph.norms().map(|norm| {
            [norm.mean, norm.mean + 1]
                .map(|index| tensors.get(index).map_or(&[][..], |tensor| tensor.values).to_vec())
        });
        let moving = moving.collect();
        let mut average = Floats::zeros(if recipe.average > 0.0 { graph.floats } else { 0 });
        if recipe.average > 0.0 {
            (0..graph.floats).for_each(|index| average.set(index, parameters.get(index)));
        }
        let augmenter = if recipe.augment.is_none() {
            None
        } else {
            Some(Augmenter::new(&recipe.augment, model.input).map_err(EngineError::Augment)?)
        };
        let desks = (0..team.threads()).map(|_| Desk::new(&graph, augmenter.clone())).collect();
        let state = |wanted| Floats::zeros(if wanted { graph.floats } else { 0 });
        Ok(Self {
            memory: Memory::new(&graph, packs, slices, true),
            turned: Floats::zeros(graph.floats),
            spread: Floats::zeros(graph.spread),
            state: [state(states > 0), state(states > 1), average],
            norms: vec![0.0; graph.parameters.len()],
            desks,
            gradient: Floats::zeros(slices * graph.floats),
            parameters,
            moving,
            pixels: pixels.to_vec(),
            labels: labels.to_vec(),
            recipe,
            batch,
            packs_a_slice,
            losses: vec![0.0; packs * LANES],
            correct: vec![0; packs * LANES],
            barrier: Barrier::new(team.threads()),
            graph,
            kernels,
            team,
        })
    }

    /// One training step of epoch `epoch` for each rule: the images `order` in batches, the last of which may be smaller.
    /// `first` is the first one's number.
    pub(crate) fn steps(&mut self, order: &[u32], rules: &[Rule], epoch: u64, first: u64) -> Progress {
        let mut progress = Progress::default();
        let work = Work {
            operator: Operator {
                graph: &self.graph,
                kernels: &self.kernels,
                places: self.memory.places(),
                parameters: self.parameters.as_mut_ptr(),
                turned: self.turned.as_mut_ptr(),
                spread: self.spread.as_mut_ptr(),
                gradient: self.gradient.as_mut_ptr(),
            },
            parameters: self.parameters.as_mut_ptr(),
            turned: self.turned.as_mut_ptr(),
            spread: self.spread.as_mut_ptr(),
            state: self.state.each_mut().map(Floats::as_mut_ptr),
            moving: &raw mut self.moving,
            pixels: &self.pixels,
            labels: &self.labels,
            losses: self.losses.as_mut_ptr(),
            correct: self.correct.as_mut_ptr(),
            norms: self.norms.as_mut_ptr(),
            progress: &raw mut progress,
            barrier: &self.barrier,
            threads: self.team.threads(),
            packs_a_slice: self.packs_a_slice,
            recipe: self.recipe,
            epoch,
            segments: self.graph.segments(),
            stop: AtomicBool::new(false),
        };
        let batch = self.batch;
        let desks: Vec<_> = self.desks.iter_mut().map(Mutex::new).collect();
        self.team.run(&|thread| {
            // Each thread takes its own desk, once.
            let Ok(mut desk) = desks[thread].lock() else { return };
            for (step, (rule, order)) in rules.iter().zip(order.chunks(batch)).enumerate() {
                // SAFETY: every thread of the team does this once for each step, with its own index; all pointers lead to
                // memory borrowed mutably here, and the kernels fit the processor.
                if !unsafe { work.step(thread, step, first + step as u64, order, *rule, &mut desk) } {
                    break;
                }
            }
        });
        progress
    }

    /// Copies weights and moving statistics into `model`, which has the shapes this was made from.
    pub(crate) fn write_weights(&self, model: &mut Sequential) {
        let Ok(mut tensors) = model.tensors_mut() else { return };
        for parameter in &self.graph.parameters {
            if let Some(tensor) = tensors.get_mut(parameter.tensor) {
                parameter.each(|to, from| tensor.values[to] = self.parameters.get(from));
            }
        }
        for (norm, moving) in self.graph.norms().zip(&self.moving) {
            for (k, values) in moving.iter().enumerate() {
                if let Some(tensor) = tensors.get_mut(norm.mean + k) {
                    tensor.values.clone_from(values);
                }
            }
        }
    }

    /// The state `which` (0 and 1: the optimiser's; 2: the weights' average): one tensor for each trainable tensor of the model, in its order.
    pub(crate) fn state(&self, which: usize) -> Vec<Vec<f32>> {
        let tensor = |parameter: &super::weights::Parameter| {
            let mut values = vec![0.0; parameter.len()];
            parameter.each(|to, from| values[to] = self.state[which].get(from));
            values
        };
        self.graph.parameters.iter().map(tensor).collect()
    }

    /// Sets what [`state`](Learner::state) gives.
    pub(crate) fn set_state(&mut self, which: usize, state: &[Vec<f32>]) {
        for (parameter, values) in self.graph.parameters.iter().zip(state) {
            parameter.each(|from, to| self.state[which].set(to, values.get(from).copied().unwrap_or(0.0)));
        }
    }
}

/// What a team works on during `Learner::steps`.
struct Work<'a> {
    operator: Operator<'a>,
    parameters: *mut f32,
    turned: *mut f32,
    spread: *mut f32,
    state: [*mut f32; 3],
    moving: *mut Vec<[Vec<f32>; 2]>,
    pixels: &'a [u8],
    labels: &'a [u8],
    losses: *mut f32,
    correct: *mut u8,
    norms: *mut f64,
    progress: *mut Progress,
    barrier: &'a Barrier,
    threads: usize,
    packs_a_slice: usize,
    recipe: Recipe,
    epoch: u64,
    segments: Vec<[usize; 2]>,
    stop: AtomicBool,
}

// SAFETY: threads write to disjoint parts of what the pointers lead to between two barriers, as the table above says.
unsafe impl Sync for Work<'_> {}

/// What each thread keeps for itself.
struct Desk {
    /// Per operation.
    norms: Vec<NormNumbers>,
    /// Sixteen images, and a little more, which kernels may read.
    bytes: Vec<u8>,
    labels: [u8; LANES],
    augmenter: Option<Augmenter>,
    room: Floats,
}

impl Desk {
    fn new(graph: &Graph, augmenter: Option<Augmenter>) -> Self {
        let size = graph.values[0].planes.len();
        Self {
            norms: vec![NormNumbers::default(); graph.operations.len()],
            bytes: vec![0; (size + 1) * LANES],
            labels: [0; LANES],
            augmenter,
            room: Floats::zeros(graph.room()),
        }
    }
}

#[allow(clippy::undocumented_unsafe_blocks)] // as `Work` says
impl Work<'_> {
    /// False: stop.
    unsafe fn step(
        &self,
        thread: usize,
        step: usize,
        number: u64,
        order: &[u32],
        rule: Rule,
        desk: &mut Desk,
    ) -> bool {
        let graph = self.operator.graph;
        let packs = order.len().div_ceil(LANES);
        let slices = packs.div_ceil(self.packs_a_slice);
        let slice = |number: usize| Slice {
            number,
            packs: [number * self.packs_a_slice, ((number + 1) * self.packs_a_slice).min(packs)],
            images: order.len(),
        };
        let mine: Vec<Slice> = (thread..slices).step_by(self.threads).map(slice).collect();
        unsafe {
            self.turn(thread);
            self.barrier.wait();
            for &slice in &mine {
                for pack in slice.packs[0]..slice.packs[1] {
                    self.load(pack, order, desk);
                }
            }
            if matches!(graph.operations[0].kind, Kind::Norm(_)) {
                for &slice in &mine {
                    self.operator.norm_sums(0, slice, slices, false);
                }
                self.barrier.wait();
            }
            for &[begin, end] in &self.segments {
                self.statistics(thread, begin, slices, order.len(), desk);
                for &slice in &mine {
                    for index in begin..end {
                        self.operator.forward(index, slice, &desk.norms[index], desk.room.as_mut_ptr());
                    }
                    if end < graph.operations.len() {
                        self.operator.norm_sums(end, slice, slices, false);
                    }
                }
                if end < graph.operations.len() {
                    self.barrier.wait();
                }
            }
            for &slice in &mine {
                for pack in slice.packs[0]..slice.packs[1] {
                    self.loss(pack, order, desk);
                }
            }
            self.barrier.wait();
            if thread == 0 {
                self.count(step, order.len());
            }
            // The norm whose sums are known, and which goes back first.
            let mut norm = None;
            for &[begin, end] in self.segments.iter().rev() {
                let starts_with_norm = matches!(graph.operations[begin].kind, Kind::Norm(_));
                for &slice in &mine {
                    if let Some(norm) = norm {
                        self.operator.backward(norm, slice, &desk.norms[norm], desk.room.as_mut_ptr());
                    }
                    for index in (begin + usize::from(starts_with_norm)..end).rev() {
                        self.operator.backward(index, slice, &desk.norms[index], desk.room.as_mut_ptr());
                    }
                    if starts_with_norm {
                        self.operator.norm_sums(begin, slice, slices, true);
                    }
                }
                norm = starts_with_norm.then_some(begin);
                if starts_with_norm {
                    self.barrier.wait();
                    self.norm_back(thread, begin, slices, order.len(), desk);
                }
            }
            if let Some(norm) = norm {
                for &slice in &mine {
                    self.operator.backward(norm, slice, &desk.norms[norm], desk.room.as_mut_ptr());
                }
            }
            self.barrier.wait();
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            self.dense_gradients(thread, packs);
            self.barrier.wait();
            let (parts, scale) = self.clip(thread, slices);
            // Early averages follow the weights closely, as in TensorFlow's ExponentialMovingAverage.
            let decay = f64::from(self.recipe.average).min((1 + number) as f64 / (10 + number) as f64);
            self.update(thread, parts, scale, rule, (1.0 - decay) as f32);
            self.barrier.wait();
        }
        true
    }

    /// This thread's share of the weights, turned for the way back.
    unsafe fn turn(&self, thread: usize) {
        for operation in &self.operator.graph.operations {
            let (blocks, weights) = match &operation.kind {
                Kind::Conv(conv) => (conv.blocks, conv.weights),
                Kind::Dense(dense) => (dense.blocks, dense.weights),
                _ => continue,
            };
            let back = self.operator.graph.values[operation.from.value].gradient;
            let start = self.operator.graph.parameters[weights].start;
            let cut = |part: usize| blocks.inputs * part / self.threads;
            let inputs = cut(thread)..cut(thread + 1);
            if let Kind::Conv(conv) = &operation.kind
                && let Some(pieces) = &conv.pieces
            {
                unsafe {
                    pieces.spread(&blocks, self.parameters.add(start), self.spread, inputs.clone(), back)
                };
                if pieces.ways.backward {
                    continue;
                }
            }
            if !back {
                continue;
            }
            let turned = blocks.turned();
            for (first, width, begin) in blocks.each() {
                for input in inputs.clone() {
                    for tap in 0..blocks.taps {
                        let from = start + begin + (input * blocks.taps + tap) * width;
                        for k in 0..width {
                            let to = start + turned.at(input, first + k, tap);
                            unsafe { *self.turned.add(to) = *self.parameters.add(from + k) };
                        }
                    }
                }
            }
        }
    }

    /// The images of a pack, and which of their values dropout keeps.
    unsafe fn load(&self, pack: usize, order: &[u32], desk: &mut Desk) {
        let graph = self.operator.graph;
        let planes = &graph.values[0].planes;
        let size = planes.len();
        let images = &order[pack * LANES..order.len().min((pack + 1) * LANES)];
        for (lane, bytes) in desk.bytes.chunks_exact_mut(size).take(LANES).enumerate() {
            match images.get(lane) {
                Some(&image) => {
                    let pixels = &self.pixels[image as usize * size..][..size];
                    match &mut desk.augmenter {
                        Some(augmenter) => {
                            augmenter.apply(pixels, self.recipe.seed, self.epoch, u64::from(image), bytes);
                        }
                        None => bytes.copy_from_slice(pixels),
                    }
                }
                None => bytes.fill(0),
            }
        }
        unsafe {
            let out = self.operator.places.values[0].add(pack * planes.pack() + planes.at(0, 0));
            (self.operator.kernels.pixels)(&Pixels {
                bytes: desk.bytes.as_ptr(),
                height: planes.height,
                width: planes.width,
                out,
                row: planes.row(),
            });
            for (index, operation) in graph.operations.iter().enumerate() {
                let Kind::Dropout { rate, index: number } = operation.kind else { continue };
                let planes = &graph.values[operation.to].planes;
                let (kept, _) = self.operator.kept(index, pack, planes, rate);
                let kept = std::slice::from_raw_parts_mut(kept, planes.len());
                kept.fill(0);
                for (lane, &image) in images.iter().enumerate() {
                    let key = u64::from(image) << 16 | number as u64;
                    let mut stream = Stream::new(self.recipe.seed, Purpose::Dropout, self.epoch, key);
                    for kept in kept.iter_mut() {
                        *kept |= u16::from(stream.unit() >= rate) << lane;
                    }
                }
            }
        }
    }

    unsafe fn loss(&self, pack: usize, order: &[u32], desk: &mut Desk) {
        let graph = self.operator.graph;
        let planes = &graph.values[graph.logits].planes;
        let images = &order[pack * LANES..order.len().min((pack + 1) * LANES)];
        for (label, &image) in desk.labels.iter_mut().zip(images) {
            *label = self.labels[image as usize];
        }
        unsafe {
            (self.operator.kernels.loss)(&Loss {
                logits: self.operator.places.values[graph.logits].add(pack * planes.pack()),
                classes: planes.channels,
                out: self.operator.places.gradients[graph.logits].add(pack * planes.pack()),
                labels: desk.labels.as_ptr(),
                images: images.len(),
                smoothing: self.recipe.label_smoothing,
                scale: 1.0 / order.len() as f32,
                losses: self.losses.add(pack * LANES),
                correct: self.correct.add(pack * LANES),
            });
        }
    }

    /// A norm's mean and variance over the batch, once all slices' sums are there. Thread 0 moves the moving ones.
    unsafe fn statistics(&self, thread: usize, index: usize, slices: usize, images: usize, desk: &mut Desk) {
        let graph = self.operator.graph;
        let operation = &graph.operations[index];
        let Kind::Norm(norm) = &operation.kind else { return };
        let planes = &graph.values[operation.from.value].planes;
        let count = (images * planes.height * planes.width) as f64;
        unsafe {
            let totals = self.operator.norm_totals(index, slices, false);
            let numbers = &mut desk.norms[index];
            numbers.statistics.clear();
            numbers.factors.clear();
            for (channel, [sum, squares]) in totals.into_iter().enumerate() {
                let mean = sum / count;
                let variance = (squares / count - mean * mean).max(0.0);
                let inverse = 1.0 / (variance + f64::from(norm.epsilon)).sqrt();
                let scale = f64::from(self.parameter(norm.scale, channel)) * inverse;
                let offset = f64::from(self.parameter(norm.offset, channel)) - mean * scale;
                numbers.statistics.push([mean as f32, inverse as f32]);
                numbers.factors.push([scale as f32, 0.0, offset as f32]);
                if thread == 0 {
                    self.move_statistics(index, norm, channel, [mean, variance]);
                }
            }
        }
    }

    unsafe fn move_statistics(&self, index: usize, norm: &Norm, channel: usize, found: [f64; 2]) {
        let graph = self.operator.graph;
        let before = &graph.operations[..index];
        let number = before.iter().filter(|operation| matches!(operation.kind, Kind::Norm(_))).count();
        let place = norm.order.map_or(channel, |order| order.model_index(channel));
        // SAFETY: thread 0 alone, and nobody reads them meanwhile.
        let moving = unsafe { &mut *self.moving };
        if let Some(moving) = moving.get_mut(number) {
            for (moving, found) in moving.iter_mut().zip(found) {
                if let Some(value) = moving.get_mut(place) {
                    *value = (found as f32 - *value).mul_add(1.0 - norm.momentum, *value);
                }
            }
        }
    }

    /// How a norm's way back blends dy and x, and the gradient of its scale and offset, once all slices' sums are there
    /// (Ioffe & Szegedy 2015, section 3).
    unsafe fn norm_back(&self, thread: usize, index: usize, slices: usize, images: usize, desk: &mut Desk) {
        let graph = self.operator.graph;
        let operation = &graph.operations[index];
        let Kind::Norm(norm) = &operation.kind else { return };
        let planes = &graph.values[operation.from.value].planes;
        let count = (images * planes.height * planes.width) as f64;
        unsafe {
            let totals = self.operator.norm_totals(index, slices, true);
            let numbers = &mut desk.norms[index];
            for (channel, [sum, product]) in totals.into_iter().enumerate() {
                let [mean, inverse] = numbers.statistics[channel].map(f64::from);
                // Σ dy·x̂, with x̂ = (x − mean)·inverse.
                let normal = (product - mean * sum) * inverse;
                let scale = f64::from(self.parameter(norm.scale, channel)) * inverse;
                let slope = -scale * inverse * normal / count;
                let rest = -scale * sum / count - slope * mean;
                numbers.factors[channel] = [scale as f32, slope as f32, rest as f32];
                if thread == 0 {
                    *self.operator.gradient.add(graph.parameters[norm.scale].start + channel) = normal as f32;
                    *self.operator.gradient.add(graph.parameters[norm.offset].start + channel) = sum as f32;
                }
            }
        }
    }

    unsafe fn parameter(&self, parameter: usize, channel: usize) -> f32 {
        unsafe { *self.parameters.add(self.operator.graph.parameters[parameter].start + channel) }
    }

    /// This thread's share of the dense layers' gradients.
    unsafe fn dense_gradients(&self, thread: usize, packs: usize) {
        let graph = self.operator.graph;
        for (index, operation) in graph.operations.iter().enumerate() {
            let Kind::Dense(dense) = &operation.kind else { continue };
            let (inputs, outputs) = (dense.blocks.inputs, dense.blocks.outputs);
            let grains = inputs.div_ceil(BLOCK);
            let cut = |part: usize| (grains * part / self.threads * BLOCK).min(inputs);
            let (begin, end) = (cut(thread), cut(thread + 1));
            let planes = &graph.values[operation.from.value].planes;
            let row = row(outputs);
            unsafe {
                let x = self.operator.places.values[operation.from.value];
                let rows = self.operator.places.extra[index];
                let gradient = self.operator.gradient.add(graph.parameters[dense.weights].start);
                for first in (0..outputs).step_by(LANES) {
                    let outs = LANES.min(outputs - first);
                    (self.operator.kernels.dense_gradient)(&DenseGradient {
                        x: x.add(begin * LANES),
                        pack: planes.pack(),
                        packs,
                        inputs: end - begin,
                        dy: rows.add(first),
                        row,
                        outs,
                        gradient: gradient.add(first * inputs + begin * outs.min(BLOCK)),
                        second: BLOCK * inputs + begin * outs.saturating_sub(BLOCK) - begin * outs.min(BLOCK),
                    });
                }
                if thread == index % self.threads {
                    let bias = self.operator.gradient.add(graph.parameters[dense.bias].start);
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

    /// Where the gradient has a largest norm: adds up its parts, and finds the factor that keeps it. The number of parts
    /// that are left, and the factor.
    unsafe fn clip(&self, thread: usize, slices: usize) -> (usize, f32) {
        if self.recipe.clip_norm == 0.0 {
            return (slices, 1.0);
        }
        let graph = self.operator.graph;
        unsafe {
            for (index, parameter) in graph.parameters.iter().enumerate() {
                if index % self.threads != thread {
                    continue;
                }
                let mut squares = 0.0;
                for place in parameter.start..parameter.start + parameter.len() {
                    let gradient = self.operator.gradient.add(place);
                    for part in 1..if parameter.whole { 1 } else { slices } {
                        *gradient += *gradient.add(part * graph.floats);
                    }
                    squares += f64::from(*gradient) * f64::from(*gradient);
                }
                *self.norms.add(index) = squares;
            }
            self.barrier.wait();
            let norm = (0..graph.parameters.len()).map(|index| *self.norms.add(index)).sum::<f64>().sqrt();
            (1, (f64::from(self.recipe.clip_norm) / norm).min(1.0) as f32)
        }
    }

    /// This thread's share of the weights takes its step, and their average follows by `rest`.
    unsafe fn update(&self, thread: usize, parts: usize, scale: f32, rule: Rule, rest: f32) {
        let graph = self.operator.graph;
        let vectors = graph.floats / LANES;
        let (begin, end) =
            (vectors * thread / self.threads * LANES, vectors * (thread + 1) / self.threads * LANES);
        for parameter in &graph.parameters {
            let first = parameter.start.max(begin);
            let last = (parameter.start + parameter.room()).min(end);
            if first >= last {
                continue;
            }
            unsafe {
                (self.operator.kernels.adapt)(&Adapt {
                    count: last - first,
                    gradient: self.operator.gradient.add(first),
                    parts: if parameter.whole { 1 } else { parts },
                    stride: graph.floats,
                    scale,
                    w: self.parameters.add(first),
                    m: self.state[0].wrapping_add(first),
                    v: self.state[1].wrapping_add(first),
                    average: if self.recipe.average > 0.0 {
                        self.state[2].add(first)
                    } else {
                        std::ptr::null_mut()
                    },
                    rest,
                    rule,
                });
            }
        }
    }

    /// Adds a batch's losses to what the steps report.
    unsafe fn count(&self, step: usize, images: usize) {
        unsafe {
            let mut sum = 0.0;
            let progress = &mut *self.progress;
            for image in 0..images {
                sum += f64::from(*self.losses.add(image));
                progress.correct += u64::from(*self.correct.add(image));
            }
            if sum.is_finite() {
                progress.loss += sum;
            } else if progress.diverged.is_none() {
                progress.diverged = Some((step, (sum / images as f64) as f32));
                self.stop.store(true, Ordering::Relaxed);
            }
        }
    }
}
