//! Batch norms folded into the layers before them, for inference. A new model; trains nothing and changes no answer but in
//! the last places.

use super::{BatchNorm, Conv2d, Dense, Layer, Residual, Sequential};

impl Sequential {
    /// The same network with every batch norm that directly follows a convolution or a dense layer taken into that layer's
    /// weights and bias, also within residual layers: what came out of both comes out of one. Its answers are those of the
    /// whole with the norms' running mean and variance; it can be trained no further as the whole could.
    ///
    /// Other norms stay: after a pool or an activation there is nothing they could go into. So does one without values, and
    /// one whose weights would leave the range of `f32`.
    ///
    /// ```
    /// use tenfold::Sequential;
    /// let mut model = Sequential::new([28, 28]).conv2d(8, 3).batch_norm().relu().flatten().dense(10).softmax();
    /// model.initialise(1)?;
    /// assert_eq!(model.folded().names(), ["conv2d", "relu", "flatten", "dense", "softmax"]);
    /// # Ok::<(), tenfold::model::ModelError>(())
    /// ```
    #[must_use]
    pub fn folded(&self) -> Self {
        Self { input: self.input, layers: folded(&self.layers), provenance: self.provenance.clone() }
    }
}

fn folded(layers: &[Layer]) -> Vec<Layer> {
    let mut out: Vec<Layer> = Vec::with_capacity(layers.len());
    for layer in layers {
        let joined = match (out.last(), layer) {
            (Some(Layer::Conv2d(conv)), Layer::BatchNorm(norm)) => into_conv(conv, norm),
            (Some(Layer::Dense(dense)), Layer::BatchNorm(norm)) => into_dense(dense, norm),
            _ => None,
        };
        match (joined, out.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => out.push(match layer {
                Layer::Residual(Residual { layers, shortcut }) => {
                    Residual { layers: folded(layers), shortcut: folded(shortcut) }.into()
                }
                layer => layer.clone(),
            }),
        }
    }
    out
}

fn into_conv(conv: &Conv2d, norm: &BatchNorm) -> Option<Layer> {
    let bias = if conv.use_bias { conv.bias.clone() } else { vec![0.0; conv.channels] };
    let (weights, bias) = join(&conv.weights, &bias, norm)?;
    Some(Conv2d { weights, bias, use_bias: true, ..conv.clone() }.into())
}

fn into_dense(dense: &Dense, norm: &BatchNorm) -> Option<Layer> {
    let (weights, bias) = join(&dense.weights, &dense.bias, norm)?;
    Some(Dense { weights, bias, ..*dense }.into())
}

/// Weights `[…, outputs]` and bias `[outputs]` that do what these and the norm do; None where that cannot be.
fn join(weights: &[f32], bias: &[f32], norm: &BatchNorm) -> Option<(Vec<f32>, Vec<f32>)> {
    let outputs = bias.len();
    let of_norm = [&norm.scale, &norm.offset, &norm.mean, &norm.variance];
    if outputs == 0
        || !weights.len().is_multiple_of(outputs)
        || of_norm.iter().any(|values| values.len() != outputs)
    {
        return None;
    }
    // In f64, so that each new weight is rounded once.
    let factor: Vec<f64> = (norm.scale.iter().zip(&norm.variance))
        .map(|(&scale, &variance)| {
            f64::from(scale) / libm::sqrt(f64::from(variance) + f64::from(norm.epsilon))
        })
        .collect();
    let mut joined = weights.to_vec();
    for row in joined.chunks_exact_mut(outputs) {
        row.iter_mut()
            .zip(&factor)
            .for_each(|(weight, factor)| *weight = (f64::from(*weight) * factor) as f32);
    }
    let moved =
        |k: usize| (f64::from(bias[k]) - f64::from(norm.mean[k])) * factor[k] + f64::from(norm.offset[k]);
    let bias: Vec<f32> = (0..outputs).map(|k| moved(k) as f32).collect();
    let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    (finite(&joined) && finite(&bias)).then_some((joined, bias))
}
