//! How the loss changes with the pixels: forward, and back to the images, in packs.
//!
//! As in answers, norms use their moving statistics and dropout forgets nothing. The weights stay as they are, and no
//! gradient of theirs is computed. Every image has a lane of its own: what is found for it depends neither on the images
//! beside it nor on the number of threads.

use std::sync::{Mutex, PoisonError};

use super::floats::Floats;
use super::graph::{Graph, Kind};
use super::load::{norm_factors, parameters};
use super::memory::Memory;
use super::step::{NormNumbers, Operator, Slice};
use super::turn::{Forms, turn};
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::engine::{EngineError, InputGradients};
use crate::model::{Layer, ModelError, Sequential};

/// A network with fixed weights that goes back to its input.
pub(crate) struct PixelGradients {
    graph: Graph,
    kernels: Kernels,
    parameters: Floats,
    turned: Floats,
    spread: Floats,
    /// Per operation: a norm's numbers forward, and back.
    norms: Vec<[NormNumbers; 2]>,
    /// Those nobody works at. Who finds none makes one.
    desks: Mutex<Vec<Desk>>,
}

/// The memory of one pack.
struct Desk {
    memory: Memory,
    room: Floats,
}

impl PixelGradients {
    /// As `engine::input_gradients`.
    pub(crate) fn new(model: &Sequential) -> Result<Self, EngineError> {
        let graph = Graph::to_images(model)?;
        model.check_weights()?;
        if !graph.softmax {
            let index = model.layers.len().saturating_sub(1);
            let layer = model.layers.last().map_or("model", Layer::kind);
            let why = "the loss is known for networks that end in a softmax only: add one";
            return Err(ModelError::Unsupported { index, layer, why }.into());
        }
        let kernels = Simd::detect()?.kernels();
        let tensors = model.tensors()?;
        let parameters = parameters(&graph, &tensors);
        let (mut turned, mut spread) = (Floats::zeros(graph.floats), Floats::zeros(graph.spread));
        let forms = Forms {
            kernels,
            parameters: parameters.as_ptr(),
            turned: turned.as_mut_ptr(),
            spread: spread.as_mut_ptr(),
        };
        // SAFETY: all three are as large as the graph says, and the kernels fit the processor.
        unsafe { turn(&graph, forms, 0, 1) };
        let norms = graph.operations.iter().map(|operation| {
            let Kind::Norm(norm) = &operation.kind else { return Default::default() };
            let forward = norm_factors(&graph, norm, &tensors);
            let back = forward.iter().map(|&[scale, ..]| [scale, 0.0, 0.0]).collect();
            [forward, back].map(|factors| NormNumbers { statistics: Vec::new(), factors })
        });
        let norms = norms.collect();
        Ok(Self { graph, kernels, parameters, turned, spread, norms, desks: Mutex::default() })
    }

    /// Up to sixteen images.
    fn pack(
        &self,
        desk: &mut Desk,
        pixels: &[f32],
        labels: &[u8],
        gradients: &mut [f32],
        probabilities: &mut [f32],
    ) {
        let planes = &self.graph.values[0].planes;
        let places = desk.memory.places();
        let operator = Operator {
            graph: &self.graph,
            kernels: &self.kernels,
            places,
            parameters: self.parameters.as_ptr(),
            turned: self.turned.as_ptr(),
            spread: self.spread.as_ptr(),
            gradient: std::ptr::null_mut(),
        };
        let (room, classes) = (desk.room.as_mut_ptr(), self.graph.classes());
        let slice = Slice { number: 0, packs: [0, 1], images: labels.len() };
        let (at, from) = (places.values[0], places.gradients[0]);
        let row = |y: usize| planes.at(y as isize, 0);
        // SAFETY: the desk is borrowed mutably and made for this graph, of whose first value a plane has these rows, and
        // of whose logits a pack is `[classes][16]`; the kernels fit the processor.
        unsafe {
            for y in 0..planes.height {
                let row = std::slice::from_raw_parts_mut(at.add(row(y)), planes.width * LANES);
                for (x, lanes) in row.chunks_exact_mut(LANES).enumerate() {
                    for (image, lane) in lanes.iter_mut().enumerate() {
                        let place = image * planes.len() + y * planes.width + x;
                        *lane = pixels.get(place).copied().unwrap_or(0.0);
                    }
                }
            }
            for (index, [norm, _]) in self.norms.iter().enumerate() {
                operator.forward(index, slice, norm, room);
            }
            let [logits, slopes] = [&places.values, &places.gradients]
                .map(|of| std::slice::from_raw_parts_mut(of[self.graph.logits], classes * LANES));
            loss(logits, labels, slopes, probabilities);
            for (index, [_, norm]) in self.norms.iter().enumerate().rev() {
                operator.backward(index, slice, norm, room);
            }
            for (image, gradients) in gradients.chunks_exact_mut(planes.len()).enumerate() {
                for (y, gradients) in gradients.chunks_exact_mut(planes.width).enumerate() {
                    for (x, gradient) in gradients.iter_mut().enumerate() {
                        *gradient = *from.add(row(y) + x * LANES + image);
                    }
                }
            }
        }
    }
}

impl InputGradients for PixelGradients {
    fn pixels(&self) -> usize {
        self.graph.values[0].planes.len()
    }

    fn classes(&self) -> usize {
        self.graph.classes()
    }

    fn gradients(&self, pixels: &[f32], labels: &[u8], gradients: &mut [f32], probabilities: &mut [f32]) {
        let (size, classes) = (self.pixels(), self.classes());
        let lock = || self.desks.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = lock().pop();
        let mut desk = desk.unwrap_or_else(|| Desk {
            memory: Memory::new(&self.graph, 1, 1, true),
            room: Floats::zeros(self.graph.room()),
        });
        let whole = |length: usize, one: usize| length.checked_div(one).unwrap_or(0);
        let images = whole(pixels.len(), size).min(whole(gradients.len(), size));
        let images = images.min(whole(probabilities.len(), classes)).min(labels.len());
        let inputs = pixels[..images * size].chunks(LANES * size).zip(labels[..images].chunks(LANES));
        let outputs = gradients[..images * size].chunks_mut(LANES * size);
        let outputs = outputs.zip(probabilities[..images * classes].chunks_mut(LANES * classes));
        for ((pixels, labels), (gradients, probabilities)) in inputs.zip(outputs) {
            self.pack(&mut desk, pixels, labels, gradients, probabilities);
        }
        lock().push(desk);
    }
}

/// The softmax of `logits` `[classes][16]` as `probabilities` `[images][classes]`, and the cross-entropy's slope by the
/// logits `[classes][16]`: p at the other classes, and at the label's p − 1. That is minus the sum of the others, so that
/// it is not rounded away where the network is all but certain; in f64, so that the others' p is not either.
fn loss(logits: &[f32], labels: &[u8], slopes: &mut [f32], probabilities: &mut [f32]) {
    slopes.fill(0.0);
    let classes = logits.len() / LANES;
    for (image, (probabilities, &label)) in probabilities.chunks_exact_mut(classes).zip(labels).enumerate() {
        let logits = logits[image..].iter().step_by(LANES);
        let largest = logits.clone().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers = logits.map(|&logit| libm::exp(f64::from(logit) - f64::from(largest)));
        let sum: f64 = powers.clone().sum();
        let mut others = 0.0;
        for (class, power) in powers.enumerate() {
            probabilities[class] = (power / sum) as f32;
            if class != usize::from(label) {
                slopes[class * LANES + image] = probabilities[class];
                others += power / sum;
            }
        }
        if let Some(own) = slopes.get_mut(usize::from(label) * LANES + image) {
            *own = -others as f32;
        }
    }
}
