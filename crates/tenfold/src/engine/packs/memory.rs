//! The memory of a network in packs, allocated once, and where it lies. It does not compute.

use super::floats::Floats;
use super::graph::{Graph, Kind, Operation};
use super::size::bytes;
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
        let counts = Counts::new(graph, packs, slices, training);
        let floats = |counts: Vec<usize>| counts.into_iter().map(Floats::zeros).collect();
        let places =
            Places { values: Vec::new(), gradients: Vec::new(), kept: Vec::new(), extra: Vec::new() };
        let mut memory = Self {
            values: floats(counts.values),
            gradients: floats(counts.gradients),
            kept: counts.kept.into_iter().map(|count| vec![0; count]).collect(),
            extra: floats(counts.extra),
            places,
        };
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

    /// Bytes that [`new`](Memory::new) takes for training.
    pub(crate) fn bytes(graph: &Graph, packs: usize, slices: usize) -> u64 {
        let Counts { values, gradients, kept, extra } = Counts::new(graph, packs, slices, true);
        // What is kept are numbers of half the size.
        bytes(values.into_iter().chain(gradients).chain(extra)).saturating_add(bytes(kept) / 2)
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }
}

/// How many numbers of each there are. Where that is more than can be counted, it is the largest number.
struct Counts {
    values: Vec<usize>,
    gradients: Vec<usize>,
    kept: Vec<usize>,
    extra: Vec<usize>,
}

impl Counts {
    fn new(graph: &Graph, packs: usize, slices: usize, training: bool) -> Self {
        let unseen: Vec<usize> = graph.operations.iter().filter_map(Operation::unseen).collect();
        let packs = |wanted: bool, one: usize| if wanted { packs.saturating_mul(one) } else { 0 };
        let values = graph.values.iter().enumerate();
        let planes = |operation: &Operation| &graph.values[operation.to].planes;
        let kept = |operation: &Operation| match &operation.kind {
            Kind::Pool(pooling) => {
                packs(training, planes(operation).channels.saturating_mul(pooling.places.len()))
            }
            Kind::Dropout { .. } => packs(training, planes(operation).len()),
            _ => 0,
        };
        let extra = |operation: &Operation| match &operation.kind {
            Kind::Norm(norm) if training => slices.saturating_mul(2 * norm.channels * 2 * LANES),
            Kind::Dense(dense) => packs(training, LANES * row(dense.blocks.outputs)),
            _ => 0,
        };
        Self {
            values: values.map(|(number, v)| packs(!unseen.contains(&number), v.planes.pack())).collect(),
            gradients: graph.values.iter().map(|v| packs(training && v.gradient, v.planes.pack())).collect(),
            kept: graph.operations.iter().map(kept).collect(),
            extra: graph.operations.iter().map(extra).collect(),
        }
    }
}

/// A padded dense layer's row of outputs, in floats.
pub(crate) fn row(outputs: usize) -> usize {
    outputs.next_multiple_of(LANES)
}

// SAFETY: the pointers lead into the vectors beside them, which move with them and keep their place on the heap.
unsafe impl Send for Memory {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::precision::Precision;
    use crate::model::Sequential;

    #[test]
    fn bytes_are_those_of_what_is_taken() {
        let model = Sequential::new([9, 9]).conv2d_same(5, 3).batch_norm().relu().max_pool(2).dropout(0.5);
        let graph = Graph::new(&model.flatten().dense(4).softmax(), Precision::Float32).unwrap();
        let memory = Memory::new(&graph, 3, 2, true);
        let floats = [&memory.values, &memory.gradients, &memory.extra].into_iter().flatten();
        let kept: usize = memory.kept.iter().map(Vec::len).sum();
        let taken = floats.map(Floats::bytes).sum::<usize>() + 2 * kept;
        assert_eq!(Memory::bytes(&graph, 3, 2), taken as u64);
    }
}
