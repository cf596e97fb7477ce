//! The whole of training once more, in f64 and in plain loops, from the formulas and not from the crate: dense layers,
//! ReLU, softmax, cross-entropy, their gradients, and the optimisers as Keras defines them.

use std::cell::Cell;

use tenfold::model::{Activation, Layer};
use tenfold::random::{Purpose, Stream};
use tenfold::{Dataset, Sequential};

/// A chain of dense layers, the last followed by a softmax.
pub struct Network {
    /// (inputs, units, ReLU).
    layers: Vec<(usize, usize, bool)>,
    /// Of all layers in order: weights `[inputs, units]`, then bias `[units]`.
    pub parameters: Vec<f64>,
    /// How near to a ReLU's corner any sum came so far: there f32 and f64 may stand on different sides.
    pub nearest_corner: Cell<f64>,
}

/// What a batch gives.
pub struct Batch {
    /// Sum of −ln p(label).
    pub loss: f64,
    /// Images whose largest output is their label's.
    pub correct: usize,
    /// Of the mean loss, as `parameters`.
    pub gradient: Vec<f64>,
}

/// All weights of a model in one row, as [`Network::parameters`].
pub fn parameters(model: &Sequential) -> Vec<f64> {
    let tensors = model.tensors().unwrap();
    tensors.iter().flat_map(|tensor| tensor.values.iter().map(|&x| f64::from(x))).collect()
}

impl Network {
    pub fn of(model: &Sequential) -> Self {
        let mut layers = Vec::new();
        let mut inputs = model.input[0] * model.input[1];
        for layer in &model.layers {
            match layer {
                Layer::Dense(dense) => {
                    layers.push((inputs, dense.units, false));
                    inputs = dense.units;
                }
                Layer::Activation(Activation::Relu) => layers.last_mut().unwrap().2 = true,
                _ => {}
            }
        }
        Self { layers, parameters: parameters(model), nearest_corner: Cell::new(f64::MAX) }
    }

    /// The outputs of every layer for one image, the last without softmax.
    fn forward(&self, image: &[f64]) -> Vec<Vec<f64>> {
        let mut outputs: Vec<Vec<f64>> = Vec::new();
        let mut rest = &self.parameters[..];
        for &(inputs, units, relu) in &self.layers {
            let (weights, after) = rest.split_at(inputs * units);
            let (bias, after) = after.split_at(units);
            rest = after;
            let mut out = bias.to_vec();
            for (&x, weights) in outputs.last().map_or(image, Vec::as_slice).iter().zip(weights.chunks(units))
            {
                if x != 0.0 {
                    out.iter_mut().zip(weights).for_each(|(out, w)| *out += x * w);
                }
            }
            if relu {
                let nearest =
                    out.iter().fold(self.nearest_corner.get(), |nearest, out| nearest.min(out.abs()));
                self.nearest_corner.set(nearest);
                out.iter_mut().for_each(|out| *out = out.max(0.0));
            }
            outputs.push(out);
        }
        outputs
    }

    /// −ln p(label), and the probabilities.
    fn loss(logits: &[f64], label: u8) -> (f64, Vec<f64>) {
        let largest = logits.iter().copied().fold(f64::MIN, f64::max);
        let sum: f64 = logits.iter().map(|z| (z - largest).exp()).sum();
        let probabilities = logits.iter().map(|z| (z - largest).exp() / sum).collect();
        (sum.ln() + largest - logits[usize::from(label)], probabilities)
    }

    /// Mean loss of the images `order`.
    pub fn mean_loss(&self, data: &Dataset, order: &[u32]) -> f64 {
        let losses = order.iter().map(|&index| {
            let outputs = self.forward(&image(data, index));
            Self::loss(outputs.last().unwrap(), data.labels()[index as usize]).0
        });
        losses.sum::<f64>() / order.len() as f64
    }

    /// Loss and gradient of the images `order`.
    pub fn batch(&self, data: &Dataset, order: &[u32]) -> Batch {
        let mut batch = Batch { loss: 0.0, correct: 0, gradient: vec![0.0; self.parameters.len()] };
        for &index in order {
            let (image, label) = (image(data, index), data.labels()[index as usize]);
            let outputs = self.forward(&image);
            let logits = outputs.last().unwrap();
            let (loss, mut delta) = Self::loss(logits, label);
            batch.loss += loss;
            let largest = logits.iter().copied().fold(f64::MIN, f64::max);
            let winner = logits.iter().position(|&z| z == largest);
            batch.correct += usize::from(winner == Some(usize::from(label)));
            delta[usize::from(label)] -= 1.0;
            delta.iter_mut().for_each(|d| *d /= order.len() as f64);
            let mut end = self.parameters.len();
            for (at, &(inputs, units, _)) in self.layers.iter().enumerate().rev() {
                let start = end - (inputs + 1) * units;
                let weights = &self.parameters[start..end - units];
                let (gradient, bias) = batch.gradient[start..end].split_at_mut(inputs * units);
                let before = if at == 0 { &image } else { &outputs[at - 1] };
                let relu = at > 0 && self.layers[at - 1].2;
                bias.iter_mut().zip(&delta).for_each(|(b, d)| *b += d);
                let mut delta_before = vec![0.0; inputs];
                for (input, &x) in before.iter().enumerate() {
                    let row = input * units..(input + 1) * units;
                    if x != 0.0 {
                        gradient[row.clone()].iter_mut().zip(&delta).for_each(|(g, d)| *g += x * d);
                    }
                    if at > 0 && (!relu || x > 0.0) {
                        delta_before[input] = weights[row].iter().zip(&delta).map(|(w, d)| w * d).sum();
                    }
                }
                delta = delta_before;
                end = start;
            }
        }
        batch
    }

    /// Trains for `epochs` in the order of a first fit with `seed`; (mean loss, accuracy) of each epoch. `rate` gives the
    /// learning rate of a step (from 0).
    pub fn fit(
        &mut self,
        data: &Dataset,
        (epochs, batch_size, seed): (usize, usize, u64),
        optimizer: &mut Optimizer,
        rate: impl Fn(u64) -> f64,
    ) -> Vec<(f64, f64)> {
        let count = data.len();
        let mut figures = Vec::new();
        for epoch in 0..epochs {
            let order = Stream::new(seed, Purpose::Shuffle, epoch as u64, 0).permutation(count as u32);
            let (mut loss, mut correct) = (0.0, 0);
            for order in order.chunks(batch_size) {
                let batch = self.batch(data, order);
                optimizer.step(&mut self.parameters, &batch.gradient, rate(optimizer.steps as u64));
                loss += batch.loss;
                correct += batch.correct;
            }
            figures.push((loss / count as f64, correct as f64 / count as f64));
        }
        figures
    }
}

fn image(data: &Dataset, index: u32) -> Vec<f64> {
    data.image(index as usize).iter().map(|&byte| f64::from(byte) / 255.0).collect()
}

/// What an optimiser does to one parameter.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    Sgd,
    Momentum { mu: f64, nesterov: bool },
    Adam { beta_1: f64, beta_2: f64, epsilon: f64, decay: f64 },
}

/// A rule with its state.
pub struct Optimizer {
    rule: Rule,
    m: Vec<f64>,
    v: Vec<f64>,
    steps: i32,
}

impl Optimizer {
    pub fn new(rule: Rule, parameters: usize) -> Self {
        Self { rule, m: vec![0.0; parameters], v: vec![0.0; parameters], steps: 0 }
    }

    /// Keras: `SGD` with velocity = μ·velocity − lr·g; `Adam` in the form with ε outside the corrected root; `AdamW`
    /// shrinks the weights by lr·decay first.
    pub fn step(&mut self, parameters: &mut [f64], gradient: &[f64], rate: f64) {
        self.steps += 1;
        let state = self.m.iter_mut().zip(&mut self.v);
        for ((w, &g), (m, v)) in parameters.iter_mut().zip(gradient).zip(state) {
            match self.rule {
                Rule::Sgd => *w -= rate * g,
                Rule::Momentum { mu, nesterov } => {
                    *m = mu * *m - rate * g;
                    *w += if nesterov { mu * *m - rate * g } else { *m };
                }
                Rule::Adam { beta_1, beta_2, epsilon, decay } => {
                    *w -= rate * decay * *w;
                    *m = beta_1 * *m + (1.0 - beta_1) * g;
                    *v = beta_2 * *v + (1.0 - beta_2) * g * g;
                    let correction = (1.0 - beta_2.powi(self.steps)).sqrt() / (1.0 - beta_1.powi(self.steps));
                    *w -= rate * correction * *m / (v.sqrt() + epsilon);
                }
            }
        }
    }
}
