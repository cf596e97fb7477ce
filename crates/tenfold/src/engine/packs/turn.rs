//! Weights in the other forms that kernels read: turned for the way back, and as Winograd's factors. They are made anew
//! after each update, by all threads of a team: each takes its share of every layer's inputs, and whole
//! lines of what is joined.

use super::graph::{Graph, Kind};
use super::pieces::Backward;
use crate::engine::simd::Kernels;

/// Weights, and where their other forms go.
#[derive(Clone, Copy)]
pub(crate) struct Forms {
    pub(crate) kernels: Kernels,
    pub(crate) parameters: *const f32,
    /// In the places of the weights.
    pub(crate) turned: *mut f32,
    /// As many floats as [`Graph::spread`] says.
    pub(crate) spread: *mut f32,
}

/// Makes share `part` of `parts`.
///
/// # Safety
/// The pointers hold what `graph` says, nobody else makes this share meanwhile, and the kernels fit the processor.
pub(crate) unsafe fn turn(graph: &Graph, forms: Forms, part: usize, parts: usize) {
    for operation in &graph.operations {
        let (blocks, weights) = match &operation.kind {
            Kind::Conv(conv) => (conv.blocks, conv.weights),
            Kind::Dense(dense) => (dense.blocks, dense.weights),
            _ => continue,
        };
        let back = graph.values[operation.from.value].gradient;
        let start = graph.parameters[weights].start;
        // What is joined is made by one thread.
        let joined = graph.precision.factors();
        let lines = blocks.inputs.div_ceil(joined);
        let lines = lines * part / parts..lines * (part + 1) / parts;
        if let Kind::Conv(conv) = &operation.kind
            && let Some(pieces) = &conv.pieces
        {
            // SAFETY: a layer's weights lie within the parameters, its factors within `spread`; the kernels fit.
            unsafe {
                pieces.spread(
                    &forms.kernels,
                    &blocks,
                    forms.parameters.add(start),
                    forms.spread,
                    lines.clone(),
                    back,
                );
            }
            if pieces.ways.backward != Backward::Direct {
                continue;
            }
        }
        if !back {
            continue;
        }
        let turned = blocks.turned();
        let inputs = lines.start * joined..(lines.end * joined).min(blocks.inputs);
        for (first, width, begin) in blocks.each() {
            for input in inputs.clone() {
                for tap in 0..blocks.taps {
                    let from = start + begin + (input * blocks.taps + tap) * width;
                    for k in 0..width {
                        let to = start + turned.at(input, first + k, tap);
                        // SAFETY: both lie within the layer's weights.
                        unsafe { *forms.turned.add(to) = *forms.parameters.add(from + k) };
                    }
                }
            }
        }
    }
}
