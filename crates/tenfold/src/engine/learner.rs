//! Training steps: forward, loss, backward and update, by a team of threads over memory that is allocated once.
//!
//! A step allocates nothing, locks nothing and makes no call per element. A batch is computed in slices of at most
//! [`SLICE`] images; the last slice of a batch applies the update. It does not know about epochs, schedules or optimisers:
//! `train` tells it which images come next and with which [`Rule`] each step ends.
//!
//! Who does what, for two threads and the tutorial's network: each thread owns half of a layer's units (their columns of
//! w, m and v stay in its own cache) and half of a slice's rows in the last layer.
//!
//! | phase | each thread computes | needs from the others |
//! |---|---|---|
//! | forward, per hidden layer | its units for all rows | the outputs of the layer before |
//! | head | for its rows: logits, softmax, loss, gradients of the last two layers' outputs; transposes for the way back | the outputs of the last hidden layer |
//! | backward | its units' gradients; then its columns' weights: gradient and update | the gradients of the layer after |
//!
//! A barrier ends each phase but the last: outputs have two places, used in turn, so that a thread may begin the next
//! slice while another still reads this one's. Sums have one order whatever the number of threads: a thread owns whole
//! sums.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::images::{Images, ImagesAt, PixelColumns, byte_values};
use super::kernels::gather::{Gather, Source};
use super::kernels::gradient::{Gradient, Inputs};
use super::kernels::softmax::Softmax;
use super::kernels::transpose::Transpose;
use super::kernels::update::Rule;
use super::lanes::LANES;
use super::masks::{self, Masks};
use super::panels::{PANEL, Panels, padded, place, runs};
use super::plan::{Chain, Stage};
use super::simd::{Kernels, Simd};
use super::team::{Barrier, Team, cores};
use super::{EngineError, dense_of};
use crate::model::{Layer, Sequential};

/// Images a slice at most.
const SLICE: usize = 128;

/// What some training steps reported.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Progress {
    /// Sum of the images' losses, in order.
    pub(crate) loss: f64,
    /// Images whose largest output was their label's.
    pub(crate) correct: u64,
    /// The first step (from 0) whose loss is no finite number, and that loss; the steps after it were not done.
    pub(crate) diverged: Option<(usize, f32)>,
}

/// A model in training: its weights and its optimiser's state in the engine's form, and all memory that a step needs.
pub(crate) struct Learner {
    chain: Chain,
    kernels: Kernels,
    team: Team,
    barrier: Barrier,
    batch: usize,
    slice: usize,
    memory: Vec<StageMemory>,
    /// One for each thread.
    desks: Vec<Desk>,
    images: Images,
    values: [f32; 256],
    labels: Vec<u8>,
    losses: Vec<f32>,
    correct: Vec<u8>,
}

/// What a thread prepares for itself on the way back: transposed weights and inputs by unit. Each makes its own: that
/// takes less time than to fetch another's from its cache.
struct Desk {
    /// Per stage `[padded units, padded inputs]`, of which a thread fills the inputs it goes back to; none for the first.
    transposes: Vec<Panels>,
    pixels: PixelColumns,
    /// `[unit][SLICE / 64]`, of the widest hidden layer.
    masks: Vec<u64>,
}

/// One dense layer's weights and working memory.
struct StageMemory {
    /// `[padded inputs + 1, units]`; the last row is the bias.
    w: Panels,
    /// The optimiser's state, where it has one.
    state: [Panels; 2],
    /// The gradient between slices, where a batch has several.
    kept: Panels,
    /// `[slice, units]`, for this slice and the next.
    out: [(Panels, Masks); 2],
    /// `[slice, units]`: the loss's gradient.
    delta: (Panels, Masks),
    /// Rows of `w` that can change.
    used: Vec<u32>,
}

impl Learner {
    /// Prepares to train `model` on `pixels` `[images, height, width]` with `labels` `[images]` below the model's number
    /// of classes, in batches of `batch`, with `states` (0..=2) matrices of optimiser state.
    ///
    /// # Errors
    /// Where the model is no chain that ends in a softmax, or threads cannot be had.
    pub(crate) fn new(
        model: &Sequential,
        pixels: &[u8],
        labels: &[u8],
        batch: usize,
        states: usize,
        threads: usize,
    ) -> Result<Self, EngineError> {
        let chain = Chain::new(model)?;
        let kernels = Simd::detect()?.kernels();
        let team = Team::new(if threads == 0 { cores() } else { threads })?;
        let threads = team.threads();
        let slice = batch.clamp(1, SLICE);
        let mut images = Images::new(chain.pixels);
        if !images.fill(pixels) {
            return Err(EngineError::TooManyPixels);
        }
        let mut memory = Vec::new();
        for stage in &chain.stages {
            let dense = dense_of(model, stage)?;
            let rows = padded(stage.inputs) + 1;
            let matrix = |wanted| if wanted { Panels::zeros(rows, stage.units) } else { Panels::none() };
            let mut w = matrix(true);
            w.fill(0, stage.units, &dense.weights);
            w.fill(rows - 1, stage.units, &dense.bias);
            let outputs = || (Panels::zeros(slice, stage.units), Masks::new(slice, padded(stage.units)));
            memory.push(StageMemory {
                w,
                state: [matrix(states > 0), matrix(states > 1)],
                kept: matrix(batch > slice),
                out: [outputs(), outputs()],
                delta: outputs(),
                used: (0..stage.inputs as u32).chain([padded(stage.inputs) as u32]).collect(),
            });
        }
        let widest =
            chain.stages.iter().skip(1).map(|stage| stage.inputs.next_multiple_of(PANEL)).max().unwrap_or(0);
        let desk = |_| Desk {
            transposes: chain.stages.iter().enumerate().map(Desk::transpose).collect(),
            pixels: PixelColumns::new(slice, chain.pixels),
            masks: vec![0; widest * SLICE / 64],
        };
        Ok(Self {
            desks: (0..threads).map(desk).collect(),
            images,
            values: byte_values(),
            labels: labels.to_vec(),
            losses: vec![0.0; slice],
            correct: vec![0; slice],
            barrier: Barrier::new(threads),
            chain,
            kernels,
            team,
            batch,
            slice,
            memory,
        })
    }

    /// Leaves out of later updates the weights of pixels that are never lit and have no state: where `rule` keeps
    /// untouched weights, their update changes nothing.
    pub(crate) fn skip_unlit_pixels(&mut self) {
        let (Some(memory), Some(stage)) = (self.memory.first_mut(), self.chain.stages.first()) else {
            return;
        };
        let lit = self.images.ever_lit();
        let (state, units) = (&memory.state, stage.units);
        memory.used.retain(|&unit| {
            let row = unit as usize;
            lit.get(row).is_none_or(|&lit| lit)
                || state.iter().any(|s| s.columns() > 0 && (0..units).any(|column| s.get(row, column) != 0.0))
        });
    }

    /// One training step for each rule: the images `order` in batches, the last of which may be smaller.
    pub(crate) fn steps(&mut self, order: &[u32], rules: &[Rule]) -> Progress {
        let batches = order.len().div_ceil(self.batch).min(rules.len());
        if batches == 0 {
            return Progress::default();
        }
        let mut progress = Progress::default();
        let stages: Vec<StageAt> = self.memory.iter_mut().map(StageMemory::at).collect();
        let work = Work {
            chain: &self.chain,
            kernels: &self.kernels,
            barrier: &self.barrier,
            threads: self.team.threads(),
            batch: self.batch,
            slice: self.slice,
            stages: &stages,
            images: &self.images,
            pixels: self.images.at(),
            values: &self.values,
            labels: &self.labels,
            losses: self.losses.as_mut_ptr(),
            correct: self.correct.as_mut_ptr(),
            order,
            rules: &rules[..batches],
            progress: &raw mut progress,
            stop: AtomicBool::new(false),
        };
        // The team runs `work` with every index below `threads` once, all pointers in it are to memory borrowed mutably
        // here, and the kernels fit the processor.
        let desks: Vec<Mutex<&mut Desk>> = self.desks.iter_mut().map(Mutex::new).collect();
        self.team.run(&|thread| {
            // Each thread takes its own desk, once.
            if let Ok(mut desk) = desks[thread].lock() {
                // SAFETY: as above.
                unsafe { work.run(thread, &mut desk) }
            }
        });
        progress
    }

    /// Copies the weights into `model`, which has the shapes this was made from.
    pub(crate) fn write_weights(&self, model: &mut Sequential) {
        for (stage, memory) in self.chain.stages.iter().zip(&self.memory) {
            if let Some(Layer::Dense(dense)) = model.layers.get_mut(stage.layer) {
                (dense.weights, dense.bias) = memory.unpack(&memory.w, stage);
            }
        }
    }

    /// The optimiser's state `which` (0 or 1): per dense layer, of weights `[inputs, units]` and bias `[units]`.
    pub(crate) fn state(&self, which: usize) -> Vec<(Vec<f32>, Vec<f32>)> {
        let stages = self.chain.stages.iter().zip(&self.memory);
        stages.map(|(stage, memory)| memory.unpack(&memory.state[which], stage)).collect()
    }

    /// Sets what [`state`](Learner::state) gives.
    pub(crate) fn set_state(&mut self, which: usize, state: &[(Vec<f32>, Vec<f32>)]) {
        for ((stage, memory), (weights, bias)) in self.chain.stages.iter().zip(&mut self.memory).zip(state) {
            memory.state[which].fill(0, stage.units, weights);
            memory.state[which].fill(padded(stage.inputs), stage.units, bias);
        }
    }
}

impl StageMemory {
    fn unpack(&self, panels: &Panels, stage: &Stage) -> (Vec<f32>, Vec<f32>) {
        let bias = padded(stage.inputs);
        (panels.read(0..stage.inputs, stage.units), panels.read(bias..bias + 1, stage.units))
    }

    fn at(&mut self) -> StageAt {
        let [m, v] = &mut self.state;
        StageAt {
            w: self.w.as_mut_ptr(),
            m: m.as_mut_ptr(),
            v: v.as_mut_ptr(),
            kept: self.kept.as_mut_ptr(),
            out: self.out.each_mut().map(|(out, masks)| (out.as_mut_ptr(), masks.as_mut_ptr())),
            delta: self.delta.0.as_mut_ptr(),
            delta_masks: self.delta.1.as_mut_ptr(),
            used: self.used.as_ptr(),
            used_count: self.used.len(),
        }
    }
}

impl Desk {
    fn transpose((at, stage): (usize, &Stage)) -> Panels {
        if at == 0 { Panels::none() } else { Panels::zeros(padded(stage.units), stage.inputs) }
    }
}

/// Where a [`StageMemory`] lies.
struct StageAt {
    w: *mut f32,
    m: *mut f32,
    v: *mut f32,
    kept: *mut f32,
    /// With their masks.
    out: [(*mut f32, *mut u16); 2],
    delta: *mut f32,
    delta_masks: *mut u16,
    used: *const u32,
    used_count: usize,
}

/// What a team works on during [`Learner::steps`].
struct Work<'a> {
    chain: &'a Chain,
    kernels: &'a Kernels,
    barrier: &'a Barrier,
    threads: usize,
    batch: usize,
    slice: usize,
    stages: &'a [StageAt],
    images: &'a Images,
    pixels: ImagesAt,
    values: &'a [f32; 256],
    labels: &'a [u8],
    losses: *mut f32,
    correct: *mut u8,
    order: &'a [u32],
    rules: &'a [Rule],
    progress: *mut Progress,
    stop: AtomicBool,
}

// SAFETY: threads write to disjoint parts of what the pointers lead to between two barriers, as the table above says.
unsafe impl Sync for Work<'_> {}

/// The part `index` of `0..n` cut into `parts`, at multiples of `grain`.
fn share(n: usize, index: usize, parts: usize, grain: usize) -> (usize, usize) {
    let grains = n.div_ceil(grain);
    let cut = |part: usize| (grains * part / parts * grain).min(n);
    (cut(index), cut(index + 1))
}

/// One slice of a batch on its way through a step.
#[derive(Clone, Copy)]
struct Slice<'a> {
    /// Row r is image `order[r]`.
    order: &'a [u32],
    /// Which of the two places of the outputs is used.
    slot: usize,
    /// 1 / images of the batch.
    scale: f32,
    /// Begin with the gradient that is kept.
    resume: bool,
    /// None: not the batch's last slice.
    rule: Option<Rule>,
}

impl Work<'_> {
    /// # Safety
    /// Every thread of the team calls this once, with its own index; see [`Learner::steps`].
    unsafe fn run(&self, thread: usize, desk: &mut Desk) {
        let hidden = self.stages.len() - 1;
        let mut slot = 0;
        for (step, (&rule, batch)) in self.rules.iter().zip(self.order.chunks(self.batch)).enumerate() {
            let slices = batch.len().div_ceil(self.slice);
            for (number, order) in batch.chunks(self.slice).enumerate() {
                let slice = Slice {
                    order,
                    slot,
                    scale: 1.0 / batch.len() as f32,
                    resume: number > 0,
                    rule: (number + 1 == slices).then_some(rule),
                };
                // SAFETY: as the table at the top says; rows and columns are this thread's own.
                unsafe {
                    for at in 0..hidden {
                        self.forward(thread, at, &slice);
                        self.barrier.wait();
                        // Set by thread 0 before that barrier, and next after one that follows.
                        if self.stop.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                    self.head(thread, &slice, desk);
                    self.barrier.wait();
                    if thread == 0 {
                        self.count(step, order.len());
                    }
                    for at in (1..hidden).rev() {
                        self.backward(thread, at, &slice, desk);
                        // An update by columns needs the gradients of its own units alone; one by inputs needs all.
                        if at > 1 || !self.by_columns(0) {
                            self.barrier.wait();
                        }
                    }
                    for at in (0..=hidden).rev() {
                        self.update(thread, at, &slice, desk);
                    }
                    // The next slice begins with this thread's columns: others have moved them where it is by inputs.
                    if hidden == 0 || !self.by_columns(0) {
                        self.barrier.wait();
                        if self.stop.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                }
                slot = 1 - slot;
            }
        }
    }

    /// `rows` of the outputs of stage `at`, the vectors of columns `vectors`.
    unsafe fn outputs(&self, at: usize, rows: (usize, usize), vectors: (usize, usize), slice: &Slice) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let (bias, columns) = (padded(stage.inputs), padded(stage.units));
        let source = if at == 0 {
            Source::Pixels { images: self.pixels, order: slice.order.as_ptr(), values: self.values.as_ptr() }
        } else {
            let (values, masks) = self.stages[at - 1].out[slice.slot];
            Source::Units { capacity: self.slice, columns: bias, values, masks }
        };
        let (out, masks) = memory.out[slice.slot];
        for (first, vectors) in runs(vectors) {
            let (weights, stride) = place(bias + 1, columns, first);
            let (start, out_stride) = place(self.slice, columns, first);
            // SAFETY: as `run`.
            unsafe {
                let weights = memory.w.add(weights);
                (self.kernels.gather)(&Gather {
                    rows,
                    source,
                    weights,
                    stride,
                    vectors,
                    start: weights.add(bias * stride),
                    relu: stage.relu,
                    gate: std::ptr::null(),
                    out: out.add(start),
                    out_stride,
                    masks: masks.add(masks::word(self.slice, first)),
                });
            }
        }
    }

    /// `rows` of the gradient of the outputs of stage `at − 1`, the vectors of columns `vectors`.
    unsafe fn input_deltas(
        &self,
        at: usize,
        rows: (usize, usize),
        vectors: (usize, usize),
        slice: &Slice,
        desk: &Desk,
    ) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let (before, relu) = (&self.stages[at - 1], self.chain.stages[at - 1].relu);
        let (inputs, units) = (padded(stage.inputs), padded(stage.units));
        let (values, masks) = (memory.delta, memory.delta_masks);
        for (first, vectors) in runs(vectors) {
            let (weights, stride) = place(units, inputs, first);
            let (out, out_stride) = place(self.slice, inputs, first);
            // SAFETY: as `run`.
            unsafe {
                (self.kernels.gather)(&Gather {
                    rows,
                    source: Source::Units { capacity: self.slice, columns: units, values, masks },
                    weights: desk.transposes[at].as_ptr().add(weights),
                    stride,
                    vectors,
                    start: std::ptr::null(),
                    relu: false,
                    gate: if relu { before.out[slice.slot].0.add(out) } else { std::ptr::null() },
                    out: before.delta.add(out),
                    out_stride,
                    masks: before.delta_masks.add(masks::word(self.slice, first)),
                });
            }
        }
    }

    /// Forward through hidden stage `at`: this thread's units for all rows.
    unsafe fn forward(&self, thread: usize, at: usize, slice: &Slice) {
        let vectors = padded(self.chain.stages[at].units) / LANES;
        // SAFETY: as `run`.
        unsafe { self.outputs(at, (0, slice.order.len()), share(vectors, thread, self.threads, 1), slice) }
    }

    /// The last stage for this thread's rows: logits, loss and its gradient, and that of the stage before.
    unsafe fn head(&self, thread: usize, slice: &Slice, desk: &mut Desk) {
        let at = self.stages.len() - 1;
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let rows = share(slice.order.len(), thread, self.threads, 1);
        // SAFETY: as `run`.
        unsafe {
            self.outputs(at, rows, (0, padded(stage.units) / LANES), slice);
            (self.kernels.softmax)(&Softmax {
                rows,
                capacity: self.slice,
                classes: stage.units,
                logits: memory.out[slice.slot].0,
                out: memory.delta,
                masks: memory.delta_masks,
                labels: self.labels.as_ptr(),
                order: slice.order.as_ptr(),
                scale: slice.scale,
                losses: self.losses,
                correct: self.correct,
            });
            if at > 0 {
                let all = (0, padded(stage.inputs) / LANES);
                if !slice.resume {
                    self.transpose(at, all, desk);
                }
                self.input_deltas(at, rows, all, slice, desk);
            }
            // The way back through the hidden layers begins after the barrier, when others may already move their weights:
            // so these are turned before it.
            for at in (1..at).filter(|_| !slice.resume) {
                self.transpose(at, self.back_to(thread, at), desk);
            }
        }
    }

    /// Back through hidden stage `at`: the gradients of this thread's units of the stage before.
    unsafe fn backward(&self, thread: usize, at: usize, slice: &Slice, desk: &Desk) {
        // SAFETY: as `run`.
        unsafe { self.input_deltas(at, (0, slice.order.len()), self.back_to(thread, at), slice, desk) }
    }

    /// The vectors of inputs of hidden stage `at` that are this thread's on the way back.
    fn back_to(&self, thread: usize, at: usize) -> (usize, usize) {
        share(padded(self.chain.stages[at].inputs) / LANES, thread, self.threads, 1)
    }

    /// Turns the weights of stage `at` from the vectors of inputs `vectors`.
    unsafe fn transpose(&self, at: usize, vectors: (usize, usize), desk: &mut Desk) {
        let stage = &self.chain.stages[at];
        let (rows, columns) = (padded(stage.inputs), padded(stage.units));
        // SAFETY: `w` is [rows + 1, columns], the transpose [columns, rows] and this thread's own.
        unsafe {
            (self.kernels.transpose)(&Transpose {
                rows,
                blocks: vectors,
                source_rows: rows + 1,
                columns,
                vectors: (0, columns / LANES),
                from: self.stages[at].w,
                to: desk.transposes[at].as_mut_ptr(),
            });
        }
    }

    /// The inputs of stage `at`, by unit, on this thread's desk.
    unsafe fn inputs(&self, at: usize, slice: &Slice, desk: &mut Desk) -> Inputs {
        let rows = slice.order.len();
        if at == 0 {
            desk.pixels.fill(self.images, slice.order);
            return Inputs::Pixels {
                capacity: desk.pixels.capacity(),
                pairs: desk.pixels.pairs(),
                counts: desk.pixels.counts(),
                values: self.values.as_ptr(),
            };
        }
        let columns = padded(self.chain.stages[at].inputs);
        let (values, masks) = self.stages[at - 1].out[slice.slot];
        let blocks = SLICE / 64;
        for (panel, to) in
            desk.masks.chunks_exact_mut(PANEL * blocks).enumerate().take(columns.div_ceil(PANEL))
        {
            // SAFETY: the panel has `slice` rows of words; `to` has room for 64 units of `blocks` words.
            unsafe {
                let words = masks.add(masks::word(self.slice, panel * PANEL / LANES));
                masks::by_unit(words, rows, to.as_mut_ptr(), blocks);
            }
        }
        Inputs::Units { capacity: self.slice, columns, rows, values, masks: desk.masks.as_ptr(), blocks }
    }

    /// Whether the threads share the weights of stage `at` by columns: where there are vectors enough, else by inputs.
    fn by_columns(&self, at: usize) -> bool {
        padded(self.chain.stages[at].units) / LANES >= self.threads
    }

    /// The gradient of this thread's share of the weights of stage `at` and their update.
    unsafe fn update(&self, thread: usize, at: usize, slice: &Slice, desk: &mut Desk) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let (rows, columns) = (padded(stage.inputs), padded(stage.units));
        let all_vectors = columns / LANES;
        let by_columns = self.by_columns(at);
        let (vectors, units) = if by_columns {
            (share(all_vectors, thread, self.threads, 1), (0, memory.used_count))
        } else {
            ((0, all_vectors), share(memory.used_count, thread, self.threads, LANES))
        };
        // SAFETY: as `run`. State and `kept` pointers are only used under rules (and batches) that have them.
        unsafe {
            let inputs = self.inputs(at, slice, desk);
            for (first, vectors) in runs(vectors) {
                let (delta, delta_stride) = place(self.slice, columns, first);
                let (weights, stride) = place(rows + 1, columns, first);
                (self.kernels.gradient)(&Gradient {
                    units: memory.used.add(units.0),
                    unit_count: units.1 - units.0,
                    inputs,
                    delta: memory.delta.add(delta),
                    delta_stride,
                    vectors,
                    w: memory.w.add(weights),
                    m: memory.m.wrapping_add(weights),
                    v: memory.v.wrapping_add(weights),
                    stride,
                    kept: memory.kept.wrapping_add(weights),
                    resume: slice.resume,
                    rule: slice.rule,
                });
            }
        }
    }

    /// Adds up what the rows of a slice reported.
    unsafe fn count(&self, step: usize, rows: usize) {
        // SAFETY: thread 0 alone touches the progress; losses and `correct` are next written after a barrier.
        unsafe {
            let progress = &mut *self.progress;
            for row in 0..rows {
                let loss = *self.losses.add(row);
                progress.loss += f64::from(loss);
                progress.correct += u64::from(*self.correct.add(row));
                if !loss.is_finite() && progress.diverged.is_none() {
                    progress.diverged = Some((step, loss));
                    self.stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}
