//! A training step as one of the team's threads sees it: which kernel works on what, and who waits for whom.
//!
//! Who does what, for two threads and the tutorial's network: each thread owns half of a layer's units (their columns of
//! w, m and v stay in its own cache) and half of a slice's rows in the last layer.
//!
//! | phase | each thread computes | needs from the others |
//! |---|---|---|
//! | forward, per hidden layer | its units for all rows; in the first, which rows each pixel is lit in, in the second, weights turned, both for the way back | the layer before's outputs; weights |
//! | head | for its rows: logits, softmax, loss, gradients of the last two layers' outputs | the outputs of the last hidden layer |
//! | backward | its units' gradients; then its columns' weights: gradient and update | the gradients of the layer after |
//!
//! A barrier ends each phase but the last: outputs have two places, used in turn, so that a thread may begin the next
//! slice while another still reads this one's. Sums have one order whatever the number of threads: a thread owns whole
//! sums.

use std::sync::atomic::{AtomicBool, Ordering};

use super::images::{Images, ImagesAt, PixelColumnsAt};
use super::masks;
use super::memory::{Desk, SLICE, StageAt};
use super::outputs::Outputs;
use super::panels::{PANEL, padded, place, runs, wide_runs};
use super::plan::Chain;
use crate::engine::Progress;
use crate::engine::kernels::gather::{Gather, Source};
use crate::engine::kernels::gradient::{Gradient, Inputs};
use crate::engine::kernels::softmax::Softmax;
use crate::engine::kernels::update::Rule;
use crate::engine::lanes::LANES;
use crate::engine::simd::Kernels;
use crate::engine::team::Barrier;

/// What a team works on during `Learner::steps`.
pub(crate) struct Work<'a> {
    pub(crate) chain: &'a Chain,
    pub(crate) kernels: &'a Kernels,
    pub(crate) barrier: &'a Barrier,
    pub(crate) threads: usize,
    pub(crate) batch: usize,
    pub(crate) slice: usize,
    pub(crate) stages: &'a [StageAt],
    pub(crate) images: &'a Images,
    pub(crate) pixels: ImagesAt,
    pub(crate) values: &'a [f32; 256],
    pub(crate) labels: &'a [u8],
    pub(crate) losses: *mut f32,
    pub(crate) correct: *mut u8,
    pub(crate) order: &'a [u32],
    pub(crate) rules: &'a [Rule],
    pub(crate) progress: *mut Progress,
    pub(crate) stop: AtomicBool,
}

// SAFETY: threads write to disjoint parts of what the pointers lead to between two barriers, as the table above says.
unsafe impl Sync for Work<'_> {}

/// The part `index` of `0..n` cut into `parts`, at multiples of `grain`.
pub(super) fn share(n: usize, index: usize, parts: usize, grain: usize) -> (usize, usize) {
    let grains = n.div_ceil(grain);
    let cut = |part: usize| (grains * part / parts * grain).min(n);
    (cut(index), cut(index + 1))
}

/// One slice of a batch on its way through a step.
#[derive(Clone, Copy)]
struct Slice<'a> {
    /// Row r is image `order[r]`.
    order: &'a [u32],
    /// Entries of the whole order from there on.
    known: usize,
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
    /// Every thread of the team calls this once, with its own index; see `Learner::steps`.
    pub(crate) unsafe fn run(&self, thread: usize, desk: &mut Desk) {
        let hidden = self.stages.len() - 1;
        let mut slot = 0;
        for (step, (&rule, batch)) in self.rules.iter().zip(self.order.chunks(self.batch)).enumerate() {
            let slices = batch.len().div_ceil(self.slice);
            for (number, order) in batch.chunks(self.slice).enumerate() {
                let slice = Slice {
                    order,
                    known: self.order.len() - (step * self.batch + number * self.slice),
                    slot,
                    scale: 1.0 / batch.len() as f32,
                    resume: number > 0,
                    rule: (number + 1 == slices).then_some(rule),
                };
                // SAFETY: as the table at the top says; rows and columns are this thread's own.
                unsafe {
                    for at in 0..hidden {
                        self.forward(thread, at, &slice, desk);
                        // By now all have moved their weights, and before the next barrier none moves them again.
                        if at == 1 && !slice.resume {
                            self.turn(thread, desk);
                        }
                        self.barrier.wait(thread);
                        // Set by thread 0 before that barrier, and next after one that follows.
                        if self.stop.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                    if hidden < 2 && !slice.resume {
                        self.turn(thread, desk);
                    }
                    self.head(thread, &slice, desk);
                    self.barrier.wait_after(thread, || {
                        // All have turned them, before the barrier that was last.
                        if self.threads > 1 && slice.rule.is_some() {
                            self.take_back(thread);
                        }
                    });
                    if thread == 0 {
                        self.count(step, order.len());
                    }
                    for at in (1..hidden).rev() {
                        self.backward(thread, at, &slice, desk);
                        // An update by columns needs the gradients of its own units alone; one by inputs needs all.
                        if at > 1 || !self.by_columns(0) {
                            self.barrier.wait(thread);
                        }
                    }
                    for at in (0..=hidden).rev() {
                        self.update(thread, at, &slice, desk);
                    }
                    // The next slice begins with this thread's columns: others have moved them where it is by inputs.
                    if hidden == 0 || !self.by_columns(0) {
                        self.barrier.wait(thread);
                        if self.stop.load(Ordering::Relaxed) {
                            return;
                        }
                    }
                }
                slot = 1 - slot;
            }
        }
    }

    /// `rows` of the outputs of stage `at`, the vectors of columns `vectors`. For the first stage, lit pixels are noted
    /// `by_pixel` on the way where that is given.
    unsafe fn outputs(
        &self,
        at: usize,
        rows: (usize, usize),
        vectors: (usize, usize),
        slice: &Slice,
        by_pixel: Option<PixelColumnsAt>,
    ) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let source = if at == 0 {
            Source::Pixels {
                images: self.pixels,
                // Not of the slice alone: the entries behind it are looked at, too.
                order: self.order[self.order.len() - slice.known..].as_ptr(),
                known: slice.known,
                values: self.values.as_ptr(),
                by_pixel,
            }
        } else {
            let (values, masks) = self.stages[at - 1].out[slice.slot];
            Source::Units { capacity: self.slice, columns: padded(stage.inputs), values, masks }
        };
        let (out, masks) = memory.out[slice.slot];
        let outputs = Outputs {
            stage,
            rows,
            vectors,
            source,
            weights: memory.w,
            // Where a weight is not finite, so is the loss, and training ends.
            head: self.chain.is_head(at),
            capacity: self.slice,
            out,
            masks,
        };
        // SAFETY: as `run`.
        unsafe { outputs.run(self.kernels) }
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
        for (first, vectors) in wide_runs(vectors) {
            let (weights, stride) = place(units, inputs, first);
            let (out, out_stride) = place(self.slice, inputs, first);
            // SAFETY: as `run`.
            unsafe {
                (self.kernels.gather)(&Gather {
                    rows,
                    source: Source::Units { capacity: self.slice, columns: units, values, masks },
                    weights: desk.transposes[at].as_ptr().add(weights),
                    stride,
                    weight_rows: units,
                    vectors,
                    start: std::ptr::null(),
                    relu: false,
                    gate: if relu { before.out[slice.slot].0.add(out) } else { std::ptr::null() },
                    out: before.delta.add(out),
                    out_stride,
                    out_rows: self.slice,
                    masks: before.delta_masks.add(masks::word(self.slice, first)),
                });
            }
        }
    }

    /// Forward through hidden stage `at`: this thread's units for all rows.
    unsafe fn forward(&self, thread: usize, at: usize, slice: &Slice, desk: &mut Desk) {
        let rows = slice.order.len();
        let vectors = share(padded(self.chain.stages[at].units) / LANES, thread, self.threads, 1);
        let by_pixel = (at == 0 && self.notes_pixels()).then(|| desk.pixels.begin(rows));
        // SAFETY: as `run`.
        unsafe { self.outputs(at, (0, rows), vectors, slice, by_pixel) }
    }

    /// Whether each thread meets all of a slice's lit pixels on its way forward, and notes them for the way back.
    fn notes_pixels(&self) -> bool {
        self.stages.len() > 1 && self.by_columns(0)
    }

    /// The last stage for this thread's rows: logits, loss and its gradient, and that of the stage before.
    unsafe fn head(&self, thread: usize, slice: &Slice, desk: &mut Desk) {
        let at = self.stages.len() - 1;
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let rows = share(slice.order.len(), thread, self.threads, 1);
        // SAFETY: as `run`.
        unsafe {
            self.outputs(at, rows, (0, padded(stage.units) / LANES), slice, None);
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
                self.input_deltas(at, rows, (0, padded(stage.inputs) / LANES), slice, desk);
            }
        }
    }

    /// Back through hidden stage `at`: the gradients of this thread's units of the stage before.
    unsafe fn backward(&self, thread: usize, at: usize, slice: &Slice, desk: &Desk) {
        // SAFETY: as `run`.
        unsafe { self.input_deltas(at, (0, slice.order.len()), self.back_to(thread, at), slice, desk) }
    }

    /// The inputs of stage `at`, by unit, on this thread's desk; for one vector of columns without masks.
    unsafe fn inputs(&self, at: usize, vectors: usize, slice: &Slice, desk: &mut Desk) -> Inputs {
        let rows = slice.order.len();
        if at == 0 {
            if !self.notes_pixels() {
                desk.pixels.fill(self.images, slice.order);
            }
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
        let panels = if vectors > 1 { columns.div_ceil(PANEL) } else { 0 };
        for (panel, to) in desk.masks.chunks_exact_mut(PANEL * blocks).enumerate().take(panels) {
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

    /// The vectors of columns and the inputs, of those that can change, whose weights of stage `at` are this thread's.
    pub(super) fn owned(&self, thread: usize, at: usize) -> ((usize, usize), (usize, usize)) {
        let (vectors, inputs) = (padded(self.chain.stages[at].units) / LANES, self.stages[at].used_count);
        if self.by_columns(at) {
            (share(vectors, thread, self.threads, 1), (0, inputs))
        } else {
            ((0, vectors), share(inputs, thread, self.threads, LANES))
        }
    }

    /// The gradient of this thread's share of the weights of stage `at` and their update.
    unsafe fn update(&self, thread: usize, at: usize, slice: &Slice, desk: &mut Desk) {
        let (stage, memory) = (&self.chain.stages[at], &self.stages[at]);
        let (rows, columns) = (padded(stage.inputs), padded(stage.units));
        let (vectors, units) = self.owned(thread, at);
        // SAFETY: as `run`. State and `kept` pointers are only used under rules (and batches) that have them.
        unsafe {
            let inputs = self.inputs(at, vectors.1 - vectors.0, slice, desk);
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
