//! Networks of every layer, held to plain loops in f64: what they answer, and by one step of plain gradient descent their
//! gradients to finite differences. And their bits to themselves, whatever the threads, the instruction set or an
//! interruption.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bits;
mod networks;
mod pixels;
mod random;
mod reference;

use networks::{all, light, noise, stream};
use reference::{Mode, loss, probabilities};
use tenfold::engine::Predictor;
use tenfold::model::Layer;
use tenfold::{Fit, Sequential, Sgd, SparseCategoricalCrossentropy};

fn weights(model: &Sequential) -> Vec<Vec<f64>> {
    model.tensors().unwrap().iter().map(|t| t.values.iter().map(|&v| f64::from(v)).collect()).collect()
}

#[test]
fn answers_are_the_references() {
    for (name, model) in all() {
        for images in [1, 16, 19] {
            let data = noise(1, images, model.input);
            let found = Predictor::new(&model, 2).unwrap().predict(data.pixels());
            let expected =
                probabilities(&model, &weights(&model), &light(&data), Mode::Inference, &mut Vec::new());
            for (found, expected) in found.iter().zip(expected.iter().flatten()) {
                assert!((f64::from(*found) - expected).abs() < 2e-5, "{name}: {found} instead of {expected}");
            }
        }
    }
}

#[test]
fn dropout_forgets_nothing_in_answers() {
    let dropout = |rate| {
        let model = Sequential::new([6, 6]).conv2d(5, 3).relu().dropout(rate).flatten().dense(9).silu();
        networks::filled(model.dropout(rate).dense(4).softmax())
    };
    let data = noise(6, 19, [6, 6]);
    let answers = |rate| Predictor::new(&dropout(rate), 1).unwrap().predict(data.pixels());
    assert_eq!(answers(0.5), answers(0.0));
}

#[test]
fn ways_whose_numbers_lie_in_different_orders_are_refused() {
    let model = Sequential::new([4, 4]).conv2d(3, 2).flatten().residual(|block| block.dense(27)).dense(4);
    let error = Predictor::new(&networks::filled(model.softmax()), 1).err().unwrap().to_string();
    assert!(error.contains("flatten after it"), "{error}");
}

#[test]
fn classes_in_another_order_than_the_files_are_refused() {
    let model = Sequential::new([3, 4]).conv2d(5, 3).flatten().softmax();
    let error = Predictor::new(&networks::filled(model), 1).err().unwrap().to_string();
    assert!(error.contains("add dense after flatten"), "{error}");
}

#[test]
fn what_cannot_be_answered_is_not_trained() {
    let new = || Sequential::new([6, 6]).conv2d(4, 3);
    for model in [
        new().flatten().dense(4).dropout(0.5).relu(),
        new().flatten().dense(4).relu().dropout(0.5),
        new().global_max_pool().relu(),
    ] {
        let model = networks::filled(model.softmax());
        let answering = Predictor::new(&model, 1).err().unwrap().to_string();
        assert!(answering.contains("without relu before it"), "{answering}");
        let mut trainer = model.compile(Sgd::default(), SparseCategoricalCrossentropy).unwrap();
        let training = trainer.fit(&noise(1, 32, [6, 6]), Fit::default()).unwrap_err().to_string();
        assert!(training.contains(&answering), "{training}");
    }
}

#[test]
fn layers_that_are_half_filled_are_refused_before_training() {
    let whole =
        networks::filled(Sequential::new([6, 6]).conv2d(4, 3).batch_norm().flatten().dense(4).softmax());
    for (layer, forget) in [
        (
            0,
            (|layer| {
                if let Layer::Conv2d(conv) = layer {
                    conv.bias.clear()
                }
            }) as fn(&mut Layer),
        ),
        (1, |layer| {
            if let Layer::BatchNorm(norm) = layer {
                norm.mean.clear()
            }
        }),
    ] {
        let mut model = whole.clone();
        forget(&mut model.layers[layer]);
        let error = model.compile(Sgd::default(), SparseCategoricalCrossentropy).err().unwrap().to_string();
        assert!(error.contains("values"), "{error}");
    }
}

/// Images a batch: one, a pack, packs that are not full, several slices.
const BATCHES: [usize; 5] = [1, 16, 21, 50, 150];

#[test]
fn gradients_are_finite_differences() {
    for (name, model) in all() {
        for (number, batch) in BATCHES.into_iter().enumerate() {
            // A norm over one value has no gradient worth the name.
            let batch = batch.max(if name.contains("norm") { 5 } else { 1 });
            let data = noise(number as u64, batch, model.input);
            let smoothing = 0.1 * (number % 2) as f32;
            let mut trainer = model
                .clone()
                .compile(Sgd { learning_rate: 1.0, ..Sgd::default() }, SparseCategoricalCrossentropy)
                .unwrap();
            let fit = Fit {
                epochs: 1,
                batch_size: batch,
                label_smoothing: smoothing,
                threads: 2,
                ..Fit::default()
            };
            let history = trainer.fit(&data, fit).unwrap();

            let before = weights(&model);
            let after = weights(trainer.model());
            let of = |weights: &[Vec<f64>]| {
                let found = probabilities(&model, weights, &light(&data), Mode::Training, &mut Vec::new());
                loss(&found, data.labels(), f64::from(smoothing))
            };
            let expected = of(&before);
            assert!((history.epochs[0].loss - expected).abs() < 1e-4 * expected.max(1.0), "{name}: the loss");
            let mut random = stream(number as u64);
            for (t, tensor) in model.tensors().unwrap().iter().enumerate().filter(|(_, t)| t.trainable) {
                for _ in 0..4 {
                    let k = random.below(tensor.values.len() as u32) as usize;
                    let mut moved = before.clone();
                    let mut at = |by: f64| {
                        moved[t][k] = before[t][k] + by;
                        of(&moved)
                    };
                    let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
                    let found = before[t][k] - after[t][k];
                    assert!(
                        (found - slope).abs() < 5e-4 + 1e-2 * slope.abs(),
                        "{name}, batch {batch}: the gradient of {}[{k}] is {found} instead of {slope}",
                        tensor.name
                    );
                }
            }
        }
    }
}

#[test]
fn moving_statistics_follow_the_batch() {
    for (name, model) in all().into_iter().filter(|(name, _)| name.contains("norm") || name.contains("block"))
    {
        let data = noise(5, 21, model.input);
        let mut seen = Vec::new();
        probabilities(&model, &weights(&model), &light(&data), Mode::Training, &mut seen);
        let mut trainer = model
            .clone()
            .compile(Sgd { learning_rate: 1e-9, ..Sgd::default() }, SparseCategoricalCrossentropy)
            .unwrap();
        trainer.fit(&data, Fit { epochs: 1, batch_size: 21, ..Fit::default() }).unwrap();
        let statistics = model.tensors().unwrap().into_iter().zip(weights(trainer.model()));
        let statistics = statistics.filter(|(before, _)| !before.trainable);
        for ((before, after), seen) in statistics.zip(seen.iter().flatten()) {
            for (k, after) in after.iter().enumerate() {
                let expected = 0.8 * f64::from(before.values[k]) + 0.2 * seen[k];
                assert!((after - expected).abs() < 1e-5, "{name}: {}[{k}] {after} {expected}", before.name);
            }
        }
    }
}
