//! Training of a network in packs, by a team of threads over memory that is allocated once. What they do in a step is in
//! `batch.rs`; which images come next, and with which rule each step ends, is told by `train`.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use super::batch::{Desk, Work};
use super::floats::Floats;
use super::graph::Graph;
use super::load::parameters;
use super::memory::Memory;
use super::size::{Size, available, bytes};
use super::step::{Operator, PACKS};
use super::turn::Forms;
use super::weights::Parameter;
use crate::data::Dataset;
use crate::data::augment::Augmenter;
use crate::engine::kernels::update::Rule;
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::engine::team::{Barrier, Team};
use crate::engine::{EngineError, Progress, Recipe};
use crate::model::Sequential;

const _: () = assert!(MOST_PACKS <= PACKS);
/// Packs of a slice, where there are enough for every thread of a small machine.
const MOST_PACKS: usize = 2;

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
    /// Its pixels are shared with whoever brought it.
    train: Dataset,
    recipe: Recipe,
    batch: usize,
    packs_a_slice: usize,
    losses: Vec<f32>,
    correct: Vec<u8>,
    /// Per parameter: the sum of its gradient's squares.
    squares: Vec<f64>,
    segments: Vec<[usize; 2]>,
    /// One for each thread.
    desks: Vec<Mutex<Desk>>,
}

impl Learner {
    /// As `engine::Learner::new`.
    pub(crate) fn new(
        model: &Sequential,
        train: &Dataset,
        batch: usize,
        states: usize,
        threads: usize,
        recipe: Recipe,
    ) -> Result<Self, EngineError> {
        let graph = Graph::new(model, recipe.precision)?;
        let kernels = Simd::detect()?.kernels();
        let team = Team::new(threads)?;
        let packs = batch.div_ceil(LANES).max(1);
        let packs_a_slice = if packs < 8 { 1 } else { MOST_PACKS };
        let slices = packs.div_ceil(packs_a_slice);
        let size = Size {
            weights: bytes([
                graph.floats.saturating_mul(2 + states + slices + usize::from(recipe.average > 0.0)),
                graph.spread,
                graph.room().saturating_mul(team.threads()),
            ]),
            values: Memory::bytes(&graph, packs, slices),
            lists: 0,
        };
        let work = || format!("training in batches of {batch} with {} threads", team.threads());
        size.check(available(), work, "take smaller batches, fewer threads or a smaller network")?;
        let tensors = model.tensors()?;
        let parameters = parameters(&graph, &tensors);
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
        let desks = (0..team.threads()).map(|_| Mutex::new(Desk::new(&graph, augmenter.clone()))).collect();
        let state = |wanted| Floats::zeros(if wanted { graph.floats } else { 0 });
        Ok(Self {
            memory: Memory::new(&graph, packs, slices, true),
            turned: Floats::zeros(graph.floats),
            spread: Floats::zeros(graph.spread),
            state: [state(states > 0), state(states > 1), average],
            squares: vec![0.0; graph.parameters.len()],
            segments: graph.segments(),
            desks,
            gradient: Floats::zeros(slices * graph.floats),
            parameters,
            moving,
            train: train.clone(),
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
            forms: Forms {
                kernels: self.kernels,
                parameters: self.parameters.as_ptr(),
                turned: self.turned.as_mut_ptr(),
                spread: self.spread.as_mut_ptr(),
            },
            state: self.state.each_mut().map(Floats::as_mut_ptr),
            moving: &raw mut self.moving,
            pixels: self.train.pixels(),
            labels: self.train.labels(),
            losses: self.losses.as_mut_ptr(),
            correct: self.correct.as_mut_ptr(),
            squares: self.squares.as_mut_ptr(),
            progress: &raw mut progress,
            barrier: &self.barrier,
            threads: self.team.threads(),
            packs_a_slice: self.packs_a_slice,
            recipe: self.recipe,
            epoch,
            segments: &self.segments,
            stop: AtomicBool::new(false),
        };
        let (batch, desks) = (self.batch, &self.desks);
        self.team.run(&|thread| {
            // Each thread takes its own desk, which nobody else ever waits for.
            let mut desk = desks[thread].lock().unwrap_or_else(PoisonError::into_inner);
            for (step, (rule, order)) in rules.iter().zip(order.chunks(batch)).enumerate() {
                let numbers = [step, first as usize + step];
                // SAFETY: every thread of the team does this once for each step, with its own index; all pointers lead to
                // memory borrowed mutably here, and the kernels fit the processor.
                if !unsafe { work.step(thread, numbers, order, *rule, &mut desk) } {
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
        let tensor = |parameter: &Parameter| {
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
