//! Norms over a batch: sums by slice, the statistics that all slices have together, and what the way back needs (Ioffe &
//! Szegedy 2015, section 3).

use super::graph::{Graph, Kind, Norm};
use super::step::{Operator, Slice};
use crate::engine::kernels::sums::Sums;
use crate::engine::lanes::LANES;

/// A norm's numbers for one batch, per channel.
#[derive(Clone, Default)]
pub(crate) struct NormNumbers {
    /// (mean, 1 / √(variance + ε)).
    pub(crate) statistics: Vec<[f32; 2]>,
    /// What `kernels/blend.rs` is to do.
    pub(crate) factors: Vec<[f32; 3]>,
}

impl NormNumbers {
    /// Of each operation of `graph`; none where it is no norm.
    pub(crate) fn of(graph: &Graph) -> Vec<Self> {
        let numbers = graph.operations.iter().map(|operation| match &operation.kind {
            Kind::Norm(norm) => {
                Self { statistics: vec![[0.0; 2]; norm.channels], factors: vec![[0.0; 3]; norm.channels] }
            }
            _ => Self::default(),
        });
        numbers.collect()
    }
}

// As in `step.rs`; what a thread reads of other threads' slices is behind a barrier.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Operator<'_> {
    /// Σ x and Σ x² of a norm's input, or with `back` Σ dy and Σ dy·x, for a slice.
    pub(crate) unsafe fn norm_sums(&self, index: usize, slice: Slice, slices: usize, back: bool) {
        let operation = &self.graph.operations[index];
        let (from, to) = (operation.from.value, operation.to);
        let channels = self.planes(from).channels;
        let place = (usize::from(back) * slices + slice.number) * channels * 2 * LANES;
        unsafe {
            let packs = slice.each(|pack| {
                let x = self.value(from, pack).cast_const();
                let dy = if back { self.gradient_of(to, pack).cast_const() } else { x };
                (dy, x, slice.lanes(pack))
            });
            (self.kernels.sums)(&Sums {
                packs: &packs[..slice.count()],
                x: self.planes(if back { to } else { from }),
                z: self.planes(from),
                sums: self.places.extra[index].add(place),
            });
        }
    }

    /// What [`norm_sums`](Operator::norm_sums) found for a channel in all slices.
    unsafe fn norm_totals(&self, index: usize, slices: usize, back: bool, channel: usize) -> [f64; 2] {
        let channels = self.planes(self.graph.operations[index].from.value).channels;
        let mut totals = [0.0; 2];
        for slice in 0..slices {
            for (k, total) in totals.iter_mut().enumerate() {
                let place = (((usize::from(back) * slices + slice) * channels + channel) * 2 + k) * LANES;
                for lane in 0..LANES {
                    *total += f64::from(unsafe { *self.places.extra[index].add(place + lane) });
                }
            }
        }
        totals
    }

    /// A norm's mean and variance over a batch of `images`, once all slices' sums are there: `numbers` for the way forward.
    /// `found` hears of (channel, [mean, variance]).
    pub(crate) unsafe fn norm_forward(
        &self,
        index: usize,
        slices: usize,
        images: usize,
        numbers: &mut NormNumbers,
        mut found: impl FnMut(&Norm, usize, [f64; 2]),
    ) {
        let operation = &self.graph.operations[index];
        let Kind::Norm(norm) = &operation.kind else { return };
        let planes = self.planes(operation.from.value);
        let count = (images * planes.height * planes.width) as f64;
        for channel in 0..norm.channels {
            unsafe {
                let [sum, squares] = self.norm_totals(index, slices, false, channel);
                let mean = sum / count;
                let variance = (squares / count - mean * mean).max(0.0);
                let inverse = 1.0 / (variance + f64::from(norm.epsilon)).sqrt();
                let scale = self.of_channel(norm.scale, channel) * inverse;
                let offset = self.of_channel(norm.offset, channel) - mean * scale;
                numbers.statistics[channel] = [mean as f32, inverse as f32];
                numbers.factors[channel] = [scale as f32, 0.0, offset as f32];
                found(norm, channel, [mean, variance]);
            }
        }
    }

    /// How a norm's way back blends dy and x, once all slices' sums are there. One thread, that which `writes`, leaves the
    /// gradients of its scale and offset.
    pub(crate) unsafe fn norm_backward(
        &self,
        index: usize,
        slices: usize,
        images: usize,
        numbers: &mut NormNumbers,
        writes: bool,
    ) {
        let operation = &self.graph.operations[index];
        let Kind::Norm(norm) = &operation.kind else { return };
        let planes = self.planes(operation.from.value);
        let count = (images * planes.height * planes.width) as f64;
        for channel in 0..norm.channels {
            unsafe {
                let [sum, product] = self.norm_totals(index, slices, true, channel);
                let [mean, inverse] = numbers.statistics[channel].map(f64::from);
                // Σ dy·x̂, with x̂ = (x − mean)·inverse.
                let normal = (product - mean * sum) * inverse;
                let scale = self.of_channel(norm.scale, channel) * inverse;
                let slope = -scale * inverse * normal / count;
                let rest = -scale * sum / count - slope * mean;
                numbers.factors[channel] = [scale as f32, slope as f32, rest as f32];
                if writes {
                    *self.gradient.add(self.parameter(norm.scale).start + channel) = normal as f32;
                    *self.gradient.add(self.parameter(norm.offset).start + channel) = sum as f32;
                }
            }
        }
    }

    /// A parameter that has one value a channel.
    unsafe fn of_channel(&self, parameter: usize, channel: usize) -> f64 {
        f64::from(unsafe { *self.parameters.add(self.parameter(parameter).start + channel) })
    }
}
