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
        Self { layers: folded(&self.layers), provenance: self.provenance.clone(), ..*self }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_norm_goes_into_weights_and_bias() {
        let dense = Dense { units: 2, weights: vec![1.0, 2.0, 3.0, 4.0], bias: vec![5.0, 6.0] };
        let norm = BatchNorm {
            epsilon: 1.0,
            scale: vec![2.0, 3.0],
            offset: vec![0.5, -0.5],
            mean: vec![1.0, 2.0],
            variance: vec![3.0, 8.0],
            ..BatchNorm::default()
        };
        let model = Sequential::new([1, 2]).flatten().layer(dense).layer(norm);
        // The factors are 2/√4 and 3/√9.
        let expected = Dense { units: 2, weights: vec![1.0, 2.0, 3.0, 4.0], bias: vec![4.5, 3.5] };
        assert_eq!(model.folded(), Sequential::new([1, 2]).flatten().layer(expected));
    }

    #[test]
    fn norms_in_residual_layers_are_folded_too() {
        let model = Sequential::new([6, 6]).conv2d_same(4, 3).batch_norm().relu().residual_with(
            |block| block.batch_norm().conv2d_same(4, 3).batch_norm().relu(),
            |shortcut| shortcut.conv2d(4, 1).batch_norm(),
        );
        let mut model = model.batch_norm().flatten().dense(3).batch_norm();
        model.initialise(1).unwrap();
        let folded = model.folded();
        assert_eq!(folded.names(), ["conv2d", "relu", "residual", "batch_norm", "flatten", "dense"]);
        let Some(Layer::Residual(Residual { layers, shortcut })) = folded.layers.get(2) else { panic!() };
        assert_eq!(layers.iter().map(Layer::kind).collect::<Vec<_>>(), ["batch_norm", "conv2d", "relu"]);
        assert_eq!(shortcut.iter().map(Layer::kind).collect::<Vec<_>>(), ["conv2d"]);
        assert_eq!(folded.shapes().unwrap().last(), model.shapes().unwrap().last());
        folded.check_weights().unwrap();
        assert_eq!(folded.folded(), folded);
    }

    #[test]
    fn what_cannot_be_folded_stays() {
        let bare = Sequential::new([6, 6]).conv2d(4, 3).batch_norm().flatten().dense(3).batch_norm();
        assert_eq!(bare.folded(), bare);
        let mut apart = Sequential::new([6, 6]).conv2d(4, 3).max_pool(2).batch_norm().relu().batch_norm();
        apart.initialise(1).unwrap();
        assert_eq!(apart.folded(), apart);
        let mut vast = Sequential::new([6, 6]).conv2d(1, 3).batch_norm();
        vast.initialise(1).unwrap();
        let Some(Layer::BatchNorm(norm)) = vast.layers.last_mut() else { panic!() };
        norm.scale[0] = f32::MAX;
        norm.variance[0] = 0.0;
        assert_eq!(vast.folded(), vast);
    }
}
