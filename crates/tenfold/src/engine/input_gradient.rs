//! How the loss changes with the pixels: forward and back to the input, in plain loops over 32-bit floats.
//!
//! Attacks need this, and images between the 256 grey levels; training needs neither, and does not use it. Sums have a
//! fixed order. The arithmetic is not bit for bit that of the kernels.

use super::EngineError;
use crate::model::{Activation, Layer, ModelError, Sequential};

/// A network that can say how its loss changes with its input.
pub trait InputGradients: Sync {
    /// Pixels an image: height × width.
    fn pixels(&self) -> usize;

    /// Outputs: the classes.
    fn classes(&self) -> usize;

    /// For `pixels` `[images, height·width]` in 0 to 1 and `labels` `[images]` below [`classes`](Self::classes): writes
    /// the class probabilities `[images, classes]` and, for each image, the gradient of its own cross-entropy loss by
    /// its pixels `[images, height·width]`. Goes as far as all four hold whole images; the rest stays as it is.
    fn gradients(&self, pixels: &[f32], labels: &[u8], gradients: &mut [f32], probabilities: &mut [f32]);
}

/// The input gradients of `model`. A new kind of network is one more arm here.
///
/// # Errors
/// Where the layers do not fit together, have no weights, or are of a kind that has no input gradients yet.
pub fn input_gradients(model: &Sequential) -> Result<Box<dyn InputGradients + '_>, EngineError> {
    Ok(Box::new(DenseGradients::new(model)?))
}

/// Input gradients of a chain of dense layers with ReLU, a softmax at the end.
pub struct DenseGradients<'a> {
    stages: Vec<Stage<'a>>,
}

/// `[inputs]` → `[units]`.
struct Stage<'a> {
    inputs: usize,
    units: usize,
    /// `[inputs, units]`.
    weights: &'a [f32],
    /// `[units]`.
    bias: &'a [f32],
    relu: bool,
}

/// Images that go through together, so that a row of weights is read once for all of them.
const TOGETHER: usize = 32;

impl<'a> DenseGradients<'a> {
    /// # Errors
    /// As [`input_gradients`].
    pub fn new(model: &'a Sequential) -> Result<Self, EngineError> {
        model.check_weights()?;
        let mut stages: Vec<Stage<'a>> = Vec::new();
        let mut inputs: usize = model.input.iter().product();
        let last = model.layers.len().saturating_sub(1);
        let mut complete = false;
        for (index, layer) in model.layers.iter().enumerate() {
            match (layer, stages.last_mut()) {
                (Layer::Flatten, _) => {}
                (Layer::Dense(dense), _) => {
                    let (weights, bias) = (&*dense.weights, &*dense.bias);
                    stages.push(Stage { inputs, units: dense.units, weights, bias, relu: false });
                    inputs = dense.units;
                }
                (Layer::Activation(Activation::Relu), Some(stage)) => stage.relu = true,
                (Layer::Activation(Activation::Softmax), Some(stage)) if index == last && !stage.relu => {
                    complete = true;
                }
                _ => return Err(unsupported(index, layer.kind())),
            }
        }
        if complete { Ok(Self { stages }) } else { Err(unsupported(last, "the last layer")) }
    }

    /// Up to [`TOGETHER`] images.
    fn together(&self, pixels: &[f32], labels: &[u8], gradients: &mut [f32], probabilities: &mut [f32]) {
        let classes = self.classes();
        // What each stage gives, [images, units].
        let mut outputs: Vec<Vec<f32>> = Vec::with_capacity(self.stages.len());
        for stage in &self.stages {
            let output = stage.forward(outputs.last().map_or(pixels, Vec::as_slice));
            outputs.push(output);
        }
        let mut back = outputs.pop().unwrap_or_default();
        for ((logits, probabilities), &label) in
            back.chunks_exact_mut(classes).zip(probabilities.chunks_exact_mut(classes)).zip(labels)
        {
            softmax(logits, probabilities);
            // d loss / d logits = p − 1 for the label, p for the others. 1 − p is the sum of the others, so that it is
            // not rounded away where the network is all but certain.
            logits.copy_from_slice(probabilities);
            if let Some(own) = logits.get_mut(usize::from(label)) {
                *own = 0.0;
                let others: f32 = logits.iter().sum();
                logits[usize::from(label)] = -others;
            }
        }
        for (index, stage) in self.stages.iter().enumerate().rev() {
            let mut before = vec![0.0; labels.len() * stage.inputs];
            stage.backward(&back, &mut before);
            if let Some(output) = index.checked_sub(1).map(|previous| &outputs[previous])
                && self.stages[index - 1].relu
            {
                // A unit that was off does not change with its input.
                before.iter_mut().zip(output).filter(|(_, out)| **out <= 0.0).for_each(|(d, _)| *d = 0.0);
            }
            back = before;
        }
        gradients.copy_from_slice(&back);
    }
}

impl InputGradients for DenseGradients<'_> {
    fn pixels(&self) -> usize {
        self.stages.first().map_or(0, |stage| stage.inputs)
    }

    fn classes(&self) -> usize {
        self.stages.last().map_or(0, |stage| stage.units)
    }

    fn gradients(&self, pixels: &[f32], labels: &[u8], gradients: &mut [f32], probabilities: &mut [f32]) {
        let (size, classes) = (self.pixels(), self.classes());
        let whole = |length: usize, one: usize| length.checked_div(one).unwrap_or(0);
        let images = whole(pixels.len(), size).min(whole(gradients.len(), size));
        let images = images.min(whole(probabilities.len(), classes)).min(labels.len());
        for first in (0..images).step_by(TOGETHER) {
            let end = (first + TOGETHER).min(images);
            let (rows, outputs) = (first * size..end * size, first * classes..end * classes);
            let (gradients, probabilities) = (&mut gradients[rows.clone()], &mut probabilities[outputs]);
            self.together(&pixels[rows], &labels[first..end], gradients, probabilities);
        }
    }
}

impl Stage<'_> {
    /// `[images, inputs]` → `[images, units]`: `xW + b`, then ReLU where there is one.
    fn forward(&self, x: &[f32]) -> Vec<f32> {
        let images = x.len() / self.inputs;
        let mut out = self.bias.repeat(images);
        for (input, weights) in self.weights.chunks_exact(self.units).enumerate() {
            for (x, out) in x.chunks_exact(self.inputs).zip(out.chunks_exact_mut(self.units)) {
                let x = x[input];
                if x != 0.0 {
                    out.iter_mut().zip(weights).for_each(|(out, weight)| *out += x * weight);
                }
            }
        }
        if self.relu {
            out.iter_mut().for_each(|out| *out = out.max(0.0));
        }
        out
    }

    /// From the gradient by the outputs `[images, units]` to that by the inputs `[images, inputs]`: `dWᵀ`.
    fn backward(&self, d: &[f32], before: &mut [f32]) {
        for (input, weights) in self.weights.chunks_exact(self.units).enumerate() {
            for (d, before) in d.chunks_exact(self.units).zip(before.chunks_exact_mut(self.inputs)) {
                before[input] = dot(d, weights);
            }
        }
    }
}

/// Σ aᵢbᵢ in eight running sums, so that the order is the same everywhere and the compiler can use vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a.zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// eˣⁱ / Σⱼ eˣʲ. In 64 bits, so that the answers of a very certain network do not all vanish.
fn softmax(logits: &[f32], probabilities: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let power = |logit: f32| libm::exp(f64::from(logit) - f64::from(largest));
    let sum: f64 = logits.iter().map(|&logit| power(logit)).sum();
    for (probability, &logit) in probabilities.iter_mut().zip(logits) {
        *probability = (power(logit) / sum) as f32;
    }
}

fn unsupported(index: usize, layer: &'static str) -> EngineError {
    let why = "input gradients are known for dense layers with relu and a softmax at the end only";
    ModelError::Unsupported { index, layer, why }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    /// Loss of one image in 64 bits, computed in another way.
    fn loss(model: &Sequential, x: &[f64], label: usize) -> f64 {
        let mut x = x.to_vec();
        for layer in &model.layers {
            match layer {
                Layer::Dense(dense) => {
                    let out = |unit: usize| {
                        let products = x
                            .iter()
                            .enumerate()
                            .map(|(i, x)| x * f64::from(dense.weights[i * dense.units + unit]));
                        f64::from(dense.bias[unit]) + products.sum::<f64>()
                    };
                    x = (0..dense.units).map(out).collect();
                }
                Layer::Activation(Activation::Relu) => x.iter_mut().for_each(|x| *x = x.max(0.0)),
                _ => {}
            }
        }
        x.iter().map(|z| z.exp()).sum::<f64>().ln() - x[label]
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let mut random = Stream::new(4, Purpose::Attack, 0, 0);
        for units in [&[5][..], &[17, 6], &[9, 20, 3]] {
            let mut model = Sequential::new([4, 5]).flatten();
            for (place, &units) in units.iter().enumerate() {
                model = if place == 0 { model.dense(units) } else { model.relu().dense(units) };
            }
            model = model.softmax();
            model.initialise(8).unwrap();
            let classes = *units.last().unwrap();
            let images = 37;
            let pixels: Vec<f32> = (0..images * 20).map(|_| random.unit()).collect();
            let labels: Vec<u8> = (0..images).map(|_| random.below(classes as u32) as u8).collect();
            let (mut found, mut probabilities) = (vec![0.0; images * 20], vec![0.0; images * classes]);
            let network = input_gradients(&model).unwrap();
            assert_eq!((network.pixels(), network.classes()), (20, classes));
            network.gradients(&pixels, &labels, &mut found, &mut probabilities);
            for image in 0..images {
                let mut x: Vec<f64> = pixels[image * 20..][..20].iter().map(|&x| f64::from(x)).collect();
                let label = usize::from(labels[image]);
                let own = f64::from(probabilities[image * classes + label]);
                assert!((loss(&model, &x, label) + own.ln()).abs() < 1e-5);
                for pixel in 0..20 {
                    let (kept, step) = (x[pixel], 1e-6);
                    x[pixel] = kept + step;
                    let above = loss(&model, &x, label);
                    x[pixel] = kept - step;
                    let expected = (above - loss(&model, &x, label)) / (2.0 * step);
                    x[pixel] = kept;
                    let found = f64::from(found[image * 20 + pixel]);
                    assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{found} {expected}");
                }
            }
        }
    }

    #[test]
    fn what_has_no_input_gradients_is_refused() {
        let refused = |mut model: Sequential| {
            model.initialise(1).unwrap();
            input_gradients(&model).err().unwrap().to_string()
        };
        let start = || Sequential::new([2, 2]).flatten();
        assert!(refused(start().dense(3)).contains("softmax at the end"));
        assert!(refused(start().softmax()).contains("layer 1 (softmax)"));
        assert!(refused(start().dense(3).softmax().dense(2)).contains("layer 2 (softmax)"));
        assert!(input_gradients(&start().dense(3).softmax()).is_err());
    }

    #[test]
    fn a_certain_network_still_says_which_way() {
        let mut model = Sequential::new([1, 1]).flatten().dense(2).softmax();
        for tensor in model.tensors_mut().unwrap() {
            *tensor.values = if tensor.name.ends_with("weights") { vec![60.0, 0.0] } else { vec![0.0; 2] };
        }
        let (mut gradient, mut probabilities) = ([0.0], [0.0; 2]);
        input_gradients(&model).unwrap().gradients(&[1.0], &[0], &mut gradient, &mut probabilities);
        assert!(probabilities[0] == 1.0 && gradient[0] < 0.0);
    }
}
