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
//! | forward, per hidden layer | its units for all rows, and their lists | the lists of the layer before |
//! | head | for its rows: logits, softmax, loss, gradients of the last two layers' outputs; its share of the next slice's pixel lists | all lists |
//! | backward | its units' gradients; then its columns' weights: gradient and update, and their transpose | the lists of the gradients |
//!
//! A barrier ends each phase. Sums have one order whatever the number of threads: a thread owns whole sums.

use std::sync::atomic::{AtomicBool, Ordering};

use super::images::{Images, byte_values, tile_width};
use super::kernels::gather::Gather;
use super::kernels::gradient::Gradient;
use super::kernels::list::List;
use super::kernels::softmax::Softmax;
use super::kernels::transpose::Transpose;
use super::kernels::update::Rule;
use super::lanes::LANES;
use super::lists::{Lists, ListsAt};
use super::panels::{PANEL, Panels, padded, place};
use super::plan::{Chain, Stage};
use super::simd::{Kernels, Simd};
use super::team::{Barrier, Team, cores};
use super::{EngineError, PIXEL_TILE, dense_of};
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
    /// Of the pixels, for this slice and the next.
    pixel_lists: [Lists; 2],
    images: Images,
    labels: Vec<u8>,
    /// First tile of each thread's share of the pixel lists.
    tile_cuts: Vec<usize>,
    slice_labels: [Vec<u8>; 2],
    losses: Vec<f32>,
    correct: Vec<u8>,
    /// Which of the two transposes is the current one.
    transposed: usize,
}

/// One dense layer's weights and working memory.
struct StageMemory {
    /// `[padded inputs + 1, units]`; the last row is the bias.
    w: Panels,
    /// The optimiser's state, where it has one.
    state: [Panels; 2],
    /// The gradient between slices, where a batch has several.
    kept: Panels,
    /// `[padded units, padded inputs]`, of this step and of the next; for all layers but the first.
    transposes: [Panels; 2],
    /// `[slice, units]`.
    out: Panels,
    /// Of `out`, for all layers but the last.
    lists: Lists,
    /// `[slice, units]`: the loss's gradient.
    delta: Panels,
    /// Of `delta`, for all layers but the first.
    delta_lists: Lists,
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
        let tile = tile_width(chain.pixels, PIXEL_TILE);
        let images = Images::new(pixels, chain.pixels, tile).ok_or(EngineError::TooManyPixels)?;
        let mut memory = Vec::new();
        for (at, stage) in chain.stages.iter().enumerate() {
            let dense = dense_of(model, stage)?;
            let (first, last) = (at == 0, at + 1 == chain.stages.len());
            let rows = padded(stage.inputs) + 1;
            let matrix = |wanted| if wanted { Panels::zeros(rows, stage.units) } else { Panels::none() };
            let mut w = matrix(true);
            w.fill(0, stage.units, &dense.weights);
            w.fill(rows - 1, stage.units, &dense.bias);
            let transpose =
                || if first { Panels::none() } else { Panels::zeros(padded(stage.units), stage.inputs) };
            let lists = |wanted, with_units| {
                let tile = common_tile(padded(stage.units) / LANES, threads);
                if wanted { Lists::new(slice, padded(stage.units), tile, with_units) } else { Lists::none() }
            };
            let mut stage_memory = StageMemory {
                w,
                state: [matrix(states > 0), matrix(states > 1)],
                kept: matrix(batch > slice),
                transposes: [transpose(), transpose()],
                out: Panels::zeros(slice, stage.units),
                lists: lists(!last, true),
                delta: Panels::zeros(slice, stage.units),
                delta_lists: lists(!first, false),
                used: (0..stage.inputs as u32).chain([padded(stage.inputs) as u32]).collect(),
            };
            stage_memory.transpose_all(stage, &kernels, 0);
            memory.push(stage_memory);
        }
        let pixel_lists = || Lists::new(slice, chain.pixels, tile, true);
        Ok(Self {
            pixel_lists: [pixel_lists(), pixel_lists()],
            tile_cuts: images.balanced_tiles(threads),
            images,
            labels: labels.to_vec(),
            slice_labels: [vec![0; slice], vec![0; slice]],
            losses: vec![0.0; slice],
            correct: vec![0; slice],
            transposed: 0,
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
            pixel_lists: [self.pixel_lists[0].at(), self.pixel_lists[1].at()],
            images: &self.images,
            labels: &self.labels,
            values: &byte_values(),
            tile_cuts: &self.tile_cuts,
            slice_labels: [self.slice_labels[0].as_mut_ptr(), self.slice_labels[1].as_mut_ptr()],
            losses: self.losses.as_mut_ptr(),
            correct: self.correct.as_mut_ptr(),
            transposed: self.transposed,
            order,
            rules: &rules[..batches],
            progress: &raw mut progress,
            stop: AtomicBool::new(false),
        };
        // SAFETY: the team runs `work` with every index below `threads` once, all pointers in it are to memory borrowed
        // mutably here, and the kernels fit the processor.
        self.team.run(&|thread| unsafe { work.run(thread) });
        self.transposed = (self.transposed + batches) % 2;
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

    fn transpose_all(&mut self, stage: &Stage, kernels: &Kernels, which: usize) {
        if self.transposes[which].columns() > 0 {
            let (rows, columns) = (padded(stage.inputs), padded(stage.units));
            // SAFETY: `w` is [rows + 1, columns] and the transpose [columns, rows]; both are borrowed mutably.
            unsafe {
                (kernels.transpose)(&Transpose {
                    rows,
                    blocks: (0, rows / LANES),
                    source_rows: rows + 1,
                    columns,
                    vectors: (0, columns / LANES),
                    from: self.w.as_ptr(),
                    to: self.transposes[which].as_mut_ptr(),
                });
            }
        }
    }

    fn at(&mut self) -> StageAt {
        let [m, v] = &mut self.state;
        let [even, odd] = &mut self.transposes;
        StageAt {
            w: self.w.as_mut_ptr(),
            m: m.as_mut_ptr(),
            v: v.as_mut_ptr(),
            kept: self.kept.as_mut_ptr(),
            transposes: [even.as_mut_ptr(), odd.as_mut_ptr()],
            out: self.out.as_mut_ptr(),
            lists: self.lists.at(),
            delta: self.delta.as_mut_ptr(),
            delta_lists: self.delta_lists.at(),
            used: self.used.as_ptr(),
            used_count: self.used.len(),
        }
    }
}

/// Where a [`StageMemory`] lies.
struct StageAt {
    w: *mut f32,
    m: *mut f32,
    v: *mut f32,
    kept: *mut f32,
    transposes: [*mut f32; 2],
    out: *mut f32,
    lists: ListsAt,
    delta: *mut f32,
    delta_lists: ListsAt,
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
    pixel_lists: [ListsAt; 2],
    images: &'a Images,
    labels: &'a [u8],
    values: &'a [f32; 256],
    tile_cuts: &'a [usize],
    slice_labels: [*mut u8; 2],
    losses: *mut f32,
    correct: *mut u8,
    transposed: usize,
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

/// The widest tile (64, 32 or 16 units) such that no tile belongs to two threads, for `vectors` vectors of units.
fn common_tile(vectors: usize, threads: usize) -> usize {
    let cuts = |grain| (1..threads).all(|index| share(vectors, index, threads, 1).0 % grain == 0);
    LANES * [4, 2, 1].into_iter().find(|&grain| cuts(grain)).unwrap_or(1)
}

/// The vectors `from..to` in runs within one panel: (first, count).
fn runs((from, to): (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
    let mut next = from;
    std::iter::from_fn(move || {
        let first = next;
        next = ((first / (PANEL / LANES) + 1) * (PANEL / LANES)).min(to);
        (first < to).then(|| (first, next - first))
    })
}

impl Work<'_> {
    /// # Safety
    /// Every thread of the team calls this once, with its own index; see [`Learner::steps`].
    unsafe fn run(&self, thread: usize) {
        let mut begin = 0;
        let mut slot = 0;
        // SAFETY: (for the whole body) as the table at the top says; rows, tiles and columns are this thread's own.
        unsafe {
            self.prepare(thread, 0, slot);
            self.barrier.wait();
            for (step, &rule) in self.rules.iter().enumerate() {
                let end = (begin + self.batch).min(self.order.len());
                let scale = 1.0 / (end - begin) as f32;
                let transposed = (self.transposed + step) % 2;
                for first in (begin..end).step_by(self.slice) {
                    let rows = (end - first).min(self.slice);
                    for at in 0..self.stages.len() - 1 {
                        self.forward(thread, at, rows, slot);
                        self.barrier.wait();
                    }
                    self.head(thread, rows, slot, scale, transposed);
                    self.prepare(thread, first + rows, 1 - slot);
                    self.barrier.wait();
                    if thread == 0 {
                        self.count(step, rows);
                    }
                    for at in (1..self.stages.len().saturating_sub(1)).rev() {
                        self.backward(thread, at, rows, transposed);
                        if at > 1 {
                            self.barrier.wait();
                        }
                    }
                    let last_slice = first + rows == end;
                    for at in (0..self.stages.len()).rev() {
                        let rule = last_slice.then_some(rule);
                        self.update(thread, at, slot, first > begin, rule, 1 - transposed);
                    }
                    self.barrier.wait();
                    slot = 1 - slot;
                }
                begin = end;
                if self.stop.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }

    /// This thread's tiles of the pixel lists of the slice that begins at `first` of the order, and its labels.
    unsafe fn prepare(&self, thread: usize, first: usize, slot: usize) {
        let in_batch = first % self.batch;
        let rows = self.slice.min(self.batch - in_batch).min(self.order.len().saturating_sub(first));
        if rows == 0 {
            return;
        }
        let order = &self.order[first..first + rows];
        let lists = &self.pixel_lists[slot];
        // SAFETY: the tiles are this thread's; labels and the bias unit are thread 0's to write.
        unsafe {
            self.images.list(order, self.tile_cuts[thread]..self.tile_cuts[thread + 1], self.values, lists);
            if thread == 0 {
                *lists.unit_counts.add(padded(lists.units)) = rows as u32;
                for (row, &image) in order.iter().enumerate() {
                    *self.slice_labels[slot].add(row) = self.labels[image as usize];
                }
            }
        }
    }

    /// What comes into stage `at`.
    fn inputs(&self, at: usize, slot: usize) -> &ListsAt {
        if at == 0 { &self.pixel_lists[slot] } else { &self.stages[at - 1].lists }
    }

    /// `rows` of the outputs of stage `at`, the vectors of columns `vectors`.
    unsafe fn outputs(&self, at: usize, rows: (usize, usize), vectors: (usize, usize), slot: usize) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let (bias, columns) = (padded(stage.inputs), padded(stage.units));
        let inputs = self.inputs(at, slot);
        for (first, vectors) in runs(vectors) {
            let (weights, stride) = place(bias + 1, columns, first);
            let (out, out_stride) = place(self.slice, columns, first);
            // SAFETY: as `run`.
            unsafe {
                let weights = memory.w.add(weights);
                (self.kernels.gather)(&Gather {
                    rows,
                    entries: inputs.by_row,
                    counts: inputs.row_counts,
                    capacity: inputs.rows,
                    tile: inputs.tile,
                    tiles: inputs.tiles,
                    weights,
                    stride,
                    vectors,
                    start: weights.add(bias * stride),
                    relu: stage.relu,
                    gate: std::ptr::null(),
                    out: memory.out.add(out),
                    out_stride,
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
        transposed: usize,
    ) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let (before, relu) = (&self.stages[at - 1], self.chain.stages[at - 1].relu);
        let (columns, lists) = (padded(stage.inputs), &memory.delta_lists);
        for (first, vectors) in runs(vectors) {
            let (weights, stride) = place(padded(stage.units), columns, first);
            let (out, out_stride) = place(self.slice, columns, first);
            // SAFETY: as `run`.
            unsafe {
                (self.kernels.gather)(&Gather {
                    rows,
                    entries: lists.by_row,
                    counts: lists.row_counts,
                    capacity: lists.rows,
                    tile: lists.tile,
                    tiles: lists.tiles,
                    weights: memory.transposes[transposed].add(weights),
                    stride,
                    vectors,
                    start: std::ptr::null(),
                    relu: false,
                    gate: if relu { before.out.add(out) } else { std::ptr::null() },
                    out: before.delta.add(out),
                    out_stride,
                });
            }
        }
    }

    /// Lists `rows` of `values` `[slice, columns]`, the vectors of columns `vectors`.
    unsafe fn list(
        &self,
        values: *const f32,
        columns: usize,
        rows: (usize, usize),
        vectors: (usize, usize),
        to: &ListsAt,
    ) {
        for (first_vector, vectors) in runs(vectors) {
            let (start, stride) = place(self.slice, columns, first_vector);
            // SAFETY: as `run`.
            unsafe {
                let values = values.add(start);
                (self.kernels.list)(&List { rows, values, stride, first_vector, vectors, lists: *to });
            }
        }
    }

    /// Forward through hidden stage `at`: this thread's units for all rows, and their lists.
    unsafe fn forward(&self, thread: usize, at: usize, rows: usize, slot: usize) {
        let columns = padded(self.chain.stages[at].units);
        let vectors = share(columns / LANES, thread, self.threads, 1);
        let memory = &self.stages[at];
        // SAFETY: as `run`.
        unsafe {
            self.outputs(at, (0, rows), vectors, slot);
            self.list(memory.out, columns, (0, rows), vectors, &memory.lists);
            if thread == 0 {
                *memory.lists.unit_counts.add(columns) = rows as u32;
            }
        }
    }

    /// The last stage for this thread's rows: logits, loss and its gradient, and that of the stage before.
    unsafe fn head(&self, thread: usize, rows: usize, slot: usize, scale: f32, transposed: usize) {
        let at = self.stages.len() - 1;
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let rows = share(rows, thread, self.threads, 1);
        let columns = padded(stage.units);
        // SAFETY: as `run`.
        unsafe {
            self.outputs(at, rows, (0, columns / LANES), slot);
            (self.kernels.softmax)(&Softmax {
                rows,
                capacity: self.slice,
                classes: stage.units,
                logits: memory.out,
                out: memory.delta,
                labels: self.slice_labels[slot],
                scale,
                losses: self.losses,
                correct: self.correct,
            });
            if at > 0 {
                self.list(memory.delta, columns, rows, (0, columns / LANES), &memory.delta_lists);
                let inputs = padded(stage.inputs);
                self.input_deltas(at, rows, (0, inputs / LANES), transposed);
                if at > 1 {
                    let before = &self.stages[at - 1];
                    self.list(before.delta, inputs, rows, (0, inputs / LANES), &before.delta_lists);
                }
            }
        }
    }

    /// Back through hidden stage `at`: the gradients of this thread's units of the stage before.
    unsafe fn backward(&self, thread: usize, at: usize, rows: usize, transposed: usize) {
        let columns = padded(self.chain.stages[at].inputs);
        let vectors = share(columns / LANES, thread, self.threads, 1);
        // SAFETY: as `run`.
        unsafe {
            self.input_deltas(at, (0, rows), vectors, transposed);
            if at > 1 {
                let before = &self.stages[at - 1];
                self.list(before.delta, columns, (0, rows), vectors, &before.delta_lists);
            }
        }
    }

    /// The gradient of this thread's share of the weights of stage `at`, their update and their transpose: its columns,
    /// or where there are fewer vectors of columns than threads, its inputs.
    unsafe fn update(
        &self,
        thread: usize,
        at: usize,
        slot: usize,
        resume: bool,
        rule: Option<Rule>,
        transposed: usize,
    ) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let (rows, columns) = (padded(stage.inputs), padded(stage.units));
        let all_vectors = columns / LANES;
        let by_columns = all_vectors >= self.threads;
        let (vectors, units) = if by_columns {
            (share(all_vectors, thread, self.threads, 1), (0, memory.used_count))
        } else {
            ((0, all_vectors), share(memory.used_count, thread, self.threads, LANES))
        };
        let inputs = self.inputs(at, slot);
        for (first, vectors) in runs(vectors) {
            let (delta, delta_stride) = place(self.slice, columns, first);
            let (weights, stride) = place(rows + 1, columns, first);
            // SAFETY: as `run`. State and `kept` pointers are only used under rules (and batches) that have them.
            unsafe {
                (self.kernels.gradient)(&Gradient {
                    units: memory.used.add(units.0),
                    unit_count: units.1 - units.0,
                    entries: inputs.by_unit,
                    counts: inputs.unit_counts,
                    capacity: inputs.rows,
                    delta: memory.delta.add(delta),
                    delta_stride,
                    vectors,
                    w: memory.w.add(weights),
                    m: memory.m.wrapping_add(weights),
                    v: memory.v.wrapping_add(weights),
                    stride,
                    kept: memory.kept.wrapping_add(weights),
                    resume,
                    rule,
                });
            }
        }
        if at > 0 && rule.is_some() {
            let end = units.1.div_ceil(LANES).min(rows / LANES);
            let blocks = if by_columns { (0, rows / LANES) } else { (units.0 / LANES, end) };
            // SAFETY: as `run`; in a stage after the first all inputs are used, so that units are rows.
            unsafe {
                (self.kernels.transpose)(&Transpose {
                    rows,
                    blocks,
                    source_rows: rows + 1,
                    columns,
                    vectors,
                    from: memory.w,
                    to: memory.transposes[transposed],
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
