//! All layers in f64, in plain loops that share nothing with the engine: what the fast version is held to.

use tenfold::Sequential;
use tenfold::model::{Activation, BatchNorm, Conv2d, Layer, Padding, Pool};

/// A batch of values `[images][height][width][channels]` as one list, with its shape for one image.
#[derive(Clone)]
pub struct Batch {
    pub shape: Vec<usize>,
    /// One list an image, channels last.
    pub values: Vec<Vec<f64>>,
}

/// Where a norm's mean and variance come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Training,
    Inference,
}

/// The class probabilities of images `[images, height · width]` in 0 to 1; `weights` are the model's tensors, in its order. With
/// `Mode::Training` the norms' (mean, variance) over the batch are added to `seen`.
pub fn probabilities(
    model: &Sequential,
    weights: &[Vec<f64>],
    pixels: &[f64],
    mode: Mode,
    seen: &mut Vec<[Vec<f64>; 2]>,
) -> Vec<Vec<f64>> {
    let [height, width] = model.input;
    let values = pixels.chunks(height * width).map(<[f64]>::to_vec).collect();
    let mut batch = Batch { shape: vec![height, width, 1], values };
    let mut weights = weights.iter();
    for layer in &model.layers {
        batch = forward(layer, batch, &mut weights, mode, seen);
    }
    batch.values
}

/// The mean cross-entropy with label smoothing.
pub fn loss(probabilities: &[Vec<f64>], labels: &[u8], smoothing: f64) -> f64 {
    let mut sum = 0.0;
    for (row, &label) in probabilities.iter().zip(labels) {
        for (class, p) in row.iter().enumerate() {
            let target =
                smoothing / row.len() as f64 + f64::from(class == usize::from(label)) * (1.0 - smoothing);
            sum -= target * p.ln();
        }
    }
    sum / labels.len() as f64
}

fn forward<'a>(
    layer: &Layer,
    x: Batch,
    weights: &mut impl Iterator<Item = &'a Vec<f64>>,
    mode: Mode,
    seen: &mut Vec<[Vec<f64>; 2]>,
) -> Batch {
    let channels = *x.shape.last().unwrap();
    match layer {
        Layer::Flatten => Batch { shape: vec![x.shape.iter().product()], ..x },
        Layer::Dense(dense) => {
            let (w, b) = (weights.next().unwrap(), weights.next().unwrap());
            let row = |x: &Vec<f64>| {
                (0..dense.units)
                    .map(|o| {
                        b[o] + x.iter().enumerate().map(|(i, x)| x * w[i * dense.units + o]).sum::<f64>()
                    })
                    .collect()
            };
            Batch { shape: vec![dense.units], values: x.values.iter().map(row).collect() }
        }
        Layer::Conv2d(conv) => {
            let w = weights.next().unwrap();
            let bias = if conv.use_bias { weights.next().unwrap().clone() } else { vec![0.0; conv.channels] };
            convolve(conv, &x, w, &bias)
        }
        Layer::BatchNorm(norm) => {
            let tensors: [&Vec<f64>; 4] = std::array::from_fn(|_| weights.next().unwrap());
            normalise(norm, x, tensors, channels, mode, seen)
        }
        Layer::MaxPool(windows) => {
            pool(*windows, &x, |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        }
        Layer::AveragePool(windows) => pool(*windows, &x, mean),
        Layer::GlobalAveragePool | Layer::GlobalMaxPool => {
            let of = |values: &[f64]| match layer {
                Layer::GlobalAveragePool => mean(values),
                _ => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            };
            let image = |x: &Vec<f64>| {
                (0..channels)
                    .map(|c| of(&x.iter().skip(c).step_by(channels).copied().collect::<Vec<_>>()))
                    .collect()
            };
            Batch { shape: vec![channels], values: x.values.iter().map(image).collect() }
        }
        Layer::Activation(activation) => activate(*activation, x),
        Layer::Dropout(_) => x,
        Layer::Residual(residual) => {
            let mut ends = [x.clone(), x];
            for (end, layers) in ends.iter_mut().zip([&residual.layers, &residual.shortcut]) {
                for layer in layers {
                    *end = forward(layer, end.clone(), weights, mode, seen);
                }
            }
            let [mut sum, other] = ends;
            for (sum, other) in sum.values.iter_mut().zip(other.values) {
                sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
            }
            sum
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Windows along an axis, and how far the first stands out, by TensorFlow's definition.
fn windows(padding: Padding, n: usize, size: usize, stride: usize) -> (usize, usize) {
    match padding {
        Padding::Valid => ((n - size) / stride + 1, 0),
        Padding::Same => {
            let count = n.div_ceil(stride);
            (count, ((count - 1) * stride + size).saturating_sub(n) / 2)
        }
    }
}

/// Calls `visit` with (output pixel, window pixel, input pixel) for everything that lies inside; the output's shape.
fn slide(
    [height, width]: [usize; 2],
    padding: Padding,
    size: [usize; 2],
    stride: [usize; 2],
    mut visit: impl FnMut(usize, usize, usize),
) -> [usize; 2] {
    let (rows, top) = windows(padding, height, size[0], stride[0]);
    let (columns, left) = windows(padding, width, size[1], stride[1]);
    for y in 0..rows {
        for x in 0..columns {
            for ky in 0..size[0] {
                for kx in 0..size[1] {
                    let (row, column) =
                        ((y * stride[0] + ky).wrapping_sub(top), (x * stride[1] + kx).wrapping_sub(left));
                    if row < height && column < width {
                        visit(y * columns + x, ky * size[1] + kx, row * width + column);
                    }
                }
            }
        }
    }
    [rows, columns]
}

fn convolve(conv: &Conv2d, x: &Batch, w: &[f64], bias: &[f64]) -> Batch {
    let (plane, channels, outs) = ([x.shape[0], x.shape[1]], x.shape[2], conv.channels);
    let mut pairs = Vec::new();
    let [rows, columns] =
        slide(plane, conv.padding, conv.kernel, conv.stride, |out, tap, input| pairs.push((out, tap, input)));
    let image = |x: &Vec<f64>| {
        let mut y: Vec<f64> = bias.iter().copied().cycle().take(rows * columns * outs).collect();
        for &(out, tap, input) in &pairs {
            for c in 0..channels {
                for o in 0..outs {
                    y[out * outs + o] += x[input * channels + c] * w[(tap * channels + c) * outs + o];
                }
            }
        }
        y
    };
    Batch { shape: vec![rows, columns, outs], values: x.values.iter().map(image).collect() }
}

fn pool(pool: Pool, x: &Batch, of: impl Fn(&[f64]) -> f64) -> Batch {
    let (plane, channels) = ([x.shape[0], x.shape[1]], x.shape[2]);
    let mut members: Vec<Vec<usize>> = Vec::new();
    let [rows, columns] = slide(plane, pool.padding, pool.size, pool.stride, |out, _, input| {
        members.resize_with(members.len().max(out + 1), Vec::new);
        members[out].push(input);
    });
    let image = |x: &Vec<f64>| {
        let mut y = Vec::new();
        for members in &members {
            for c in 0..channels {
                y.push(of(&members.iter().map(|input| x[input * channels + c]).collect::<Vec<_>>()));
            }
        }
        y
    };
    Batch { shape: vec![rows, columns, channels], values: x.values.iter().map(image).collect() }
}

fn normalise(
    norm: &BatchNorm,
    mut x: Batch,
    [scale, offset, moving_mean, moving_variance]: [&Vec<f64>; 4],
    channels: usize,
    mode: Mode,
    seen: &mut Vec<[Vec<f64>; 2]>,
) -> Batch {
    let mut found = [Vec::new(), Vec::new()];
    for c in 0..channels {
        let of_channel = |x: &Batch| -> Vec<f64> {
            x.values.iter().flat_map(|x| x.iter().skip(c).step_by(channels).copied()).collect()
        };
        let all = of_channel(&x);
        let average = mean(&all);
        let variance = mean(&all.iter().map(|x| (x - average).powi(2)).collect::<Vec<_>>());
        found[0].push(average);
        found[1].push(variance);
        let (average, variance) = match mode {
            Mode::Training => (average, variance),
            Mode::Inference => (moving_mean[c], moving_variance[c]),
        };
        let factor = scale[c] / (variance + f64::from(norm.epsilon)).sqrt();
        for image in &mut x.values {
            image.iter_mut().skip(c).step_by(channels).for_each(|x| *x = (*x - average) * factor + offset[c]);
        }
    }
    if mode == Mode::Training {
        seen.push(found);
    }
    x
}

fn activate(activation: Activation, mut x: Batch) -> Batch {
    for row in &mut x.values {
        match activation {
            Activation::Relu => row.iter_mut().for_each(|x| *x = x.max(0.0)),
            Activation::LeakyRelu { slope } => {
                row.iter_mut().for_each(|x| *x *= if *x > 0.0 { 1.0 } else { f64::from(slope) });
            }
            Activation::Gelu => {
                row.iter_mut().for_each(|x| *x *= 0.5 * (1.0 + libm::erf(*x / 2.0f64.sqrt())))
            }
            Activation::Silu => row.iter_mut().for_each(|x| *x /= 1.0 + (-*x).exp()),
            Activation::Softmax => {
                let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                row.iter_mut().for_each(|x| *x = (*x - largest).exp());
                let sum: f64 = row.iter().sum();
                row.iter_mut().for_each(|x| *x /= sum);
            }
        }
    }
    x
}
