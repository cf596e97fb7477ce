//! Training steps: forward, loss, backward and update, by a team of threads over memory that is allocated once.
//!
//! A step allocates nothing, locks nothing and makes no call per element. A batch is computed in slices of at most
//! [`SLICE`] images; the last slice of a batch applies the update. It does not know about epochs, schedules or optimisers:
//! `train` tells it which images come next and with which [`Rule`] each step ends.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use super::dense_of;
use super::images::{Images, PixelColumns, byte_values};
use super::masks::Masks;
use super::memory::{Desk, SLICE, StageAt, StageMemory};
use super::panels::{PANEL, Panels, padded};
use super::plan::Chain;
use super::step::Work;
use crate::data::Dataset;
use crate::engine::kernels::update::Rule;
use crate::engine::simd::{Kernels, Simd};
use crate::engine::team::{Barrier, Team};
use crate::engine::{EngineError, Progress};
use crate::model::{Layer, Sequential};

/// A model in training: its weights and its optimiser's state in the engine's form, and all memory that a step needs.
pub(crate) struct Learner {
    chain: Chain,
    kernels: Kernels,
    team: Team,
    barrier: Barrier,
    batch: usize,
    slice: usize,
    memory: Vec<StageMemory>,
    /// Where it lies, found anew before steps.
    stages: Vec<StageAt>,
    /// One for each thread.
    desks: Vec<Mutex<Desk>>,
    images: Images,
    values: [f32; 256],
    labels: Vec<u8>,
    losses: Vec<f32>,
    correct: Vec<u8>,
}

impl Learner {
    /// As `engine::Learner::new`, for `model`, which is `chain`, with `states` (0..=2) matrices of optimiser state.
    ///
    /// # Errors
    /// Where the model has no weights, more pixels are lit than 32 bits count, or threads cannot be had.
    pub(crate) fn new(
        chain: Chain,
        model: &Sequential,
        train: &Dataset,
        batch: usize,
        states: usize,
        threads: usize,
    ) -> Result<Self, EngineError> {
        let kernels = Simd::detect()?.kernels();
        let team = Team::new(threads)?;
        let threads = team.threads();
        let slice = batch.clamp(1, SLICE);
        let mut images = Images::new(chain.pixels);
        if !images.fill(train.pixels()) {
            return Err(EngineError::TooManyPixels);
        }
        let mut memory = Vec::new();
        for stage in &chain.stages {
            let dense = dense_of(model, stage)?;
            let rows = padded(stage.inputs) + 1;
            let matrix = |number, wanted| {
                if wanted { Panels::zeros_apart(rows, stage.units, number) } else { Panels::none() }
            };
            let mut w = matrix(0, true);
            w.fill(0, stage.units, &dense.weights);
            w.fill(rows - 1, stage.units, &dense.bias);
            let outputs = || (Panels::zeros(slice, stage.units), Masks::new(slice, padded(stage.units)));
            memory.push(StageMemory {
                w,
                state: [matrix(1, states > 0), matrix(2, states > 1)],
                kept: matrix(3, batch > slice),
                out: [outputs(), outputs()],
                delta: outputs(),
                used: (0..stage.inputs as u32).chain([padded(stage.inputs) as u32]).collect(),
            });
        }
        let widest =
            chain.stages.iter().skip(1).map(|stage| stage.inputs.next_multiple_of(PANEL)).max().unwrap_or(0);
        let desk = || Desk {
            transposes: chain.stages.iter().enumerate().map(Desk::transpose).collect(),
            pixels: PixelColumns::new(slice, chain.pixels),
            masks: vec![0; widest * SLICE / 64],
        };
        Ok(Self {
            stages: Vec::with_capacity(memory.len()),
            desks: (0..threads).map(|_| Mutex::new(desk())).collect(),
            images,
            values: byte_values(),
            labels: train.labels().to_vec(),
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
        self.stages.clear();
        self.stages.extend(self.memory.iter_mut().map(StageMemory::at));
        let work = Work {
            chain: &self.chain,
            kernels: &self.kernels,
            barrier: &self.barrier,
            threads: self.team.threads(),
            batch: self.batch,
            slice: self.slice,
            stages: &self.stages,
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
        let desks = &self.desks;
        self.team.run(&|thread| {
            // Each thread takes its own desk, which nobody else ever waits for.
            let mut desk = desks[thread].lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: as above.
            unsafe { work.run(thread, &mut desk) }
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

    /// The optimiser's state `which` (0 or 1): of each trainable tensor, in the model's order.
    pub(crate) fn state(&self, which: usize) -> Vec<Vec<f32>> {
        let stages = self.chain.stages.iter().zip(&self.memory);
        stages
            .flat_map(|(stage, memory)| <[_; 2]>::from(memory.unpack(&memory.state[which], stage)))
            .collect()
    }

    /// Sets what [`state`](Learner::state) gives.
    pub(crate) fn set_state(&mut self, which: usize, state: &[Vec<f32>]) {
        let stages = self.chain.stages.iter().zip(&mut self.memory);
        for ((stage, memory), [weights, bias]) in stages.zip(state.as_chunks().0) {
            memory.state[which].fill(0, stage.units, weights);
            memory.state[which].fill(padded(stage.inputs), stage.units, bias);
        }
    }
}
