//! A training step as one of the team's threads sees it: which operations it computes, and who waits for whom.
//!
//! A batch is cut into slices of packs, whatever the number of threads; each thread computes whole slices. Sums over a
//! batch are sums over its slices, in order: so the result does not depend on the threads. A step allocates nothing.
//!
//! | phase | each thread computes | then all wait |
//! |---|---|---|
//! | turn | its share of the weights, for the way back | yes |
//! | forward | its slices, from norm to norm | where a norm needs the whole batch |
//! | loss | its slices | yes |
//! | backward | its slices, from norm to norm | where a norm needs the whole batch, and at the end |
//! | dense gradients | its share of the inputs, over the whole batch | yes |
//! | update (`update.rs`) | its share of the weights | yes |

use std::sync::atomic::{AtomicBool, Ordering};

use super::floats::Floats;
use super::graph::{Graph, Kind};
use super::norms::NormNumbers;
use super::step::{Operator, Slice};
use super::turn::{Forms, turn};
use crate::data::augment::Augmenter;
use crate::engine::kernels::loss::Loss;
use crate::engine::kernels::pixels::Pixels;
use crate::engine::kernels::update::Rule;
use crate::engine::lanes::LANES;
use crate::engine::team::Barrier;
use crate::engine::{Progress, Recipe};
use crate::random::{Purpose, Stream};

/// What a team works on during `Learner::steps`.
pub(crate) struct Work<'a> {
    pub(crate) operator: Operator<'a>,
    pub(crate) parameters: *mut f32,
    pub(crate) forms: Forms,
    pub(crate) state: [*mut f32; 3],
    pub(crate) moving: *mut Vec<[Vec<f32>; 2]>,
    pub(crate) pixels: &'a [u8],
    pub(crate) labels: &'a [u8],
    pub(crate) losses: *mut f32,
    pub(crate) correct: *mut u8,
    /// Per parameter: the sum of its gradient's squares.
    pub(crate) squares: *mut f64,
    pub(crate) progress: *mut Progress,
    pub(crate) barrier: &'a Barrier,
    pub(crate) threads: usize,
    pub(crate) packs_a_slice: usize,
    pub(crate) recipe: Recipe,
    pub(crate) epoch: u64,
    pub(crate) segments: &'a [[usize; 2]],
    pub(crate) stop: AtomicBool,
}

// SAFETY: threads write to disjoint parts of what the pointers lead to between two barriers, as the table above says.
unsafe impl Sync for Work<'_> {}

/// What each thread keeps for itself.
pub(crate) struct Desk {
    /// Per operation.
    norms: Vec<NormNumbers>,
    /// Sixteen images, and a little more, which kernels may read.
    bytes: Vec<u8>,
    labels: [u8; LANES],
    augmenter: Option<Augmenter>,
    room: Floats,
}

impl Desk {
    pub(crate) fn new(graph: &Graph, augmenter: Option<Augmenter>) -> Self {
        let size = graph.values[0].planes.len();
        Self {
            norms: NormNumbers::of(graph),
            bytes: vec![0; (size + 1) * LANES],
            labels: [0; LANES],
            augmenter,
            room: Floats::zeros(graph.room()),
        }
    }
}

/// A batch, cut into slices.
#[derive(Clone, Copy)]
struct Batch<'a> {
    order: &'a [u32],
    packs: usize,
    slices: usize,
    packs_a_slice: usize,
    /// Whose slices are wanted, and of how many threads.
    thread: usize,
    threads: usize,
}

impl Batch<'_> {
    /// This thread's slices.
    fn slices(self) -> impl Iterator<Item = Slice> {
        (self.thread..self.slices).step_by(self.threads).map(move |number| Slice {
            number,
            packs: [number, number + 1].map(|slice| (slice * self.packs_a_slice).min(self.packs)),
            images: self.order.len(),
        })
    }

    /// The images of a pack.
    fn images(&self, pack: usize) -> &[u32] {
        &self.order[pack * LANES..self.order.len().min((pack + 1) * LANES)]
    }
}

// As `Work` says.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Work<'_> {
    /// Step `step` of those at hand and `number` of all, on the images `order`. False: stop.
    ///
    /// # Safety
    /// Every thread of the team calls this once for each step, with its own index and desk; see `Learner::steps`.
    pub(crate) unsafe fn step(
        &self,
        thread: usize,
        [step, number]: [usize; 2],
        order: &[u32],
        rule: Rule,
        desk: &mut Desk,
    ) -> bool {
        let packs = order.len().div_ceil(LANES);
        let (packs_a_slice, threads) = (self.packs_a_slice, self.threads);
        let slices = packs.div_ceil(packs_a_slice);
        let batch = Batch { order, packs, slices, packs_a_slice, thread, threads };
        unsafe {
            turn(self.operator.graph, self.forms, thread, threads);
            self.barrier.wait(thread);
            for pack in batch.slices().flat_map(|slice| slice.packs()) {
                self.load(pack, batch.images(pack), desk);
            }
            self.forward(batch, desk);
            for pack in batch.slices().flat_map(|slice| slice.packs()) {
                self.loss(pack, batch, desk);
            }
            self.barrier.wait(thread);
            if thread == 0 {
                self.count(step, order.len());
            }
            self.backward(batch, desk);
            self.barrier.wait(thread);
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            self.operator.dense_gradients(thread, threads, packs);
            self.barrier.wait(thread);
            let (parts, scale) = self.clip(thread, slices);
            self.update(thread, parts, scale, rule, number);
            self.barrier.wait(thread);
        }
        true
    }

    unsafe fn forward(&self, batch: Batch, desk: &mut Desk) {
        let graph = self.operator.graph;
        let room = desk.room.as_mut_ptr();
        unsafe {
            if matches!(graph.operations[0].kind, Kind::Norm(_)) {
                batch.slices().for_each(|slice| self.operator.norm_sums(0, slice, batch.slices, false));
                self.barrier.wait(batch.thread);
            }
            for &[begin, end] in self.segments {
                self.statistics(begin, batch, desk);
                let last = end == graph.operations.len();
                for slice in batch.slices() {
                    for index in begin..end {
                        self.operator.forward(index, slice, &desk.norms[index], room);
                    }
                    if !last {
                        self.operator.norm_sums(end, slice, batch.slices, false);
                    }
                }
                if !last {
                    self.barrier.wait(batch.thread);
                }
            }
        }
    }

    unsafe fn backward(&self, batch: Batch, desk: &mut Desk) {
        let graph = self.operator.graph;
        let room = desk.room.as_mut_ptr();
        let (slices, images) = (batch.slices, batch.order.len());
        unsafe {
            // The norm whose sums are known, and which goes back first.
            let mut norm = None;
            for &[begin, end] in self.segments.iter().rev() {
                let starts_with_norm = matches!(graph.operations[begin].kind, Kind::Norm(_));
                for slice in batch.slices() {
                    if let Some(norm) = norm {
                        self.operator.backward(norm, slice, &desk.norms[norm], room);
                    }
                    for index in (begin + usize::from(starts_with_norm)..end).rev() {
                        self.operator.backward(index, slice, &desk.norms[index], room);
                    }
                    if starts_with_norm {
                        self.operator.norm_sums(begin, slice, slices, true);
                    }
                }
                norm = starts_with_norm.then_some(begin);
                if starts_with_norm {
                    self.barrier.wait(batch.thread);
                    let (numbers, writes) = (&mut desk.norms[begin], batch.thread == 0);
                    self.operator.norm_backward(begin, slices, images, numbers, writes);
                }
            }
            if let Some(norm) = norm {
                for slice in batch.slices() {
                    self.operator.backward(norm, slice, &desk.norms[norm], room);
                }
            }
        }
    }

    /// The images of a pack, and which of their values dropout keeps.
    unsafe fn load(&self, pack: usize, images: &[u32], desk: &mut Desk) {
        let graph = self.operator.graph;
        let planes = &graph.values[0].planes;
        let size = planes.len();
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
            (self.operator.kernels.pixels)(&Pixels {
                bytes: desk.bytes.as_ptr(),
                height: planes.height,
                width: planes.width,
                out: self.operator.value(0, pack).add(planes.at(0, 0)),
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

    unsafe fn loss(&self, pack: usize, batch: Batch, desk: &mut Desk) {
        let logits = self.operator.graph.logits;
        let images = batch.images(pack);
        for (label, &image) in desk.labels.iter_mut().zip(images) {
            *label = self.labels[image as usize];
        }
        unsafe {
            (self.operator.kernels.loss)(&Loss {
                logits: self.operator.value(logits, pack),
                classes: self.operator.planes(logits).channels,
                out: self.operator.gradient_of(logits, pack),
                labels: desk.labels.as_ptr(),
                images: images.len(),
                smoothing: self.recipe.label_smoothing,
                scale: 1.0 / batch.order.len() as f32,
                losses: self.losses.add(pack * LANES),
                correct: self.correct.add(pack * LANES),
            });
        }
    }

    /// A norm's numbers for the way forward, once all slices' sums are there. Thread 0 moves the moving statistics.
    unsafe fn statistics(&self, index: usize, batch: Batch, desk: &mut Desk) {
        let (slices, images) = (batch.slices, batch.order.len());
        unsafe {
            self.operator.norm_forward(
                index,
                slices,
                images,
                &mut desk.norms[index],
                |norm, channel, found| {
                    if batch.thread != 0 {
                        return;
                    }
                    // Thread 0 alone, and nobody reads them meanwhile.
                    let moving = &mut *self.moving;
                    let place = norm.order.map_or(channel, |order| order.model_index(channel));
                    for (moving, found) in moving[norm.number].iter_mut().zip(found) {
                        moving[place] =
                            (found as f32 - moving[place]).mul_add(1.0 - norm.momentum, moving[place]);
                    }
                },
            );
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
