//! A model's numbers as a compiled network takes them.

use super::floats::Floats;
use super::graph::{Graph, Norm};
use crate::model::NamedTensor;

/// The trainable tensors, in the engine's order; 0 where a tensor is not there or too short.
pub(crate) fn parameters(graph: &Graph, tensors: &[NamedTensor<&[f32]>]) -> Floats {
    let mut parameters = Floats::zeros(graph.floats);
    for parameter in &graph.parameters {
        let values = tensors.get(parameter.tensor).map_or(&[][..], |tensor| tensor.values);
        parameter.each(|from, to| parameters.set(to, values.get(from).copied().unwrap_or(0.0)));
    }
    parameters
}

/// What a norm does to each of its channels in answers, by its moving statistics, as [`Blend`](crate::engine::kernels::blend::Blend) takes it.
pub(crate) fn norm_factors(graph: &Graph, norm: &Norm, tensors: &[NamedTensor<&[f32]>]) -> Vec<[f32; 3]> {
    let of = |channel: usize| {
        let place = norm.order.map_or(channel, |order| order.model_index(channel));
        let number = |tensor: usize| {
            let values = tensors.get(tensor).and_then(|tensor| tensor.values.get(place));
            f64::from(values.copied().unwrap_or(0.0))
        };
        let [scale, offset] = [norm.scale, norm.offset].map(|index| number(graph.parameters[index].tensor));
        let scale = scale / (number(norm.mean + 1) + f64::from(norm.epsilon)).sqrt();
        [scale as f32, 0.0, (offset - number(norm.mean) * scale) as f32]
    };
    (0..norm.channels).map(of).collect()
}
