//! The memory of a network in packs, allocated once, and where it lies. It does not compute.

use super::floats::Floats;
use super::graph::{Graph, Kind, Operation, Value};
use crate::engine::kernels::conv::BLOCK;
use crate::engine::lanes::LANES;

/// Everything a batch of packs needs.
pub(crate) struct Memory {
    /// Per value: `[packs]` planes.
    values: Vec<Floats>,
    /// As `values`, where a gradient is wanted.
    gradients: Vec<Floats>,
    /// Per operation: what it keeps for the way back.
    kept: Vec<Vec<u16>>,
    /// Per operation: a norm's sums `[forward, backward][slices][channels][2][16]`, or a dense layer's outputs' gradient
    /// turned, `[packs][16][outputs]`.
    extra: Vec<Floats>,
    places: Places,
}

/// Where the memory lies.
pub(crate) struct Places {
    pub(crate) values: Vec<*mut f32>,
    pub(crate) gradients: Vec<*mut f32>,
    /// Null where nothing is kept.
    pub(crate) kept: Vec<*mut u16>,
    pub(crate) extra: Vec<*mut f32>,
}

impl Memory {
    /// For `packs` packs in `slices` slices; with `training` also for the way back.
    pub(crate) fn new(graph: &Graph, packs: usize, slices: usize, training: bool) -> Self {
        let unseen: Vec<usize> = graph.operations.iter().filter_map(Operation::unseen).collect();
        let value = |(number, value): (usize, &Value)| {
            Floats::zeros(if unseen.contains(&number) { 0 } else { packs * value.planes.pack() })
        };
        let values: Vec<Floats> = graph.values.iter().enumerate().map(value).collect();
        let gradient = |value: &Value| {
            let wanted = training && value.gradient;
            Floats::zeros(if wanted { packs * value.planes.pack() } else { 0 })
        };
        let gradients = graph.values.iter().map(gradient).collect();
        let kept = graph.operations.iter().map(|operation| match &operation.kind {
            Kind::Pool(pooling) if training => {
                vec![0; packs * graph.values[operation.to].planes.channels * pooling.places.len()]
            }
            Kind::Dropout { .. } if training => vec![0; packs * graph.values[operation.to].planes.len()],
            _ => Vec::new(),
        });
        let kept = kept.collect();
        let extra = graph.operations.iter().map(|operation| match &operation.kind {
            Kind::Norm(norm) if training => Floats::zeros(2 * slices * norm.channels * 2 * LANES),
            Kind::Dense(dense) if training => {
                Floats::zeros(packs * LANES * dense.blocks.outputs.next_multiple_of(LANES))
            }
            _ => Floats::zeros(0),
        });
        let extra = extra.collect();
        let places =
            Places { values: Vec::new(), gradients: Vec::new(), kept: Vec::new(), extra: Vec::new() };
        let mut memory = Self { values, gradients, kept, extra, places };
        // Null where nothing is kept, so that nobody reads what is not there.
        let kept = |kept: &mut Vec<u16>| {
            if kept.is_empty() { std::ptr::null_mut() } else { kept.as_mut_ptr() }
        };
        memory.places = Places {
            values: memory.values.iter_mut().map(Floats::as_mut_ptr).collect(),
            gradients: memory.gradients.iter_mut().map(Floats::as_mut_ptr).collect(),
            kept: memory.kept.iter_mut().map(kept).collect(),
            extra: memory.extra.iter_mut().map(Floats::as_mut_ptr).collect(),
        };
        memory
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }
}

/// A padded dense layer's row of outputs, in floats.
pub(crate) fn row(outputs: usize) -> usize {
    outputs.next_multiple_of(LANES.max(BLOCK))
}

// SAFETY: the pointers lead into the vectors beside them, which move with them and keep their place on the heap.
unsafe impl Send for Memory {}
