//! The engine against the f64 implementation of `network.rs`, and that against finite differences.

use tenfold::train::{Optimizer, Schedule};
use tenfold::{Adam, AdamW, Dataset, Fit, Sequential, Sgd, SparseCategoricalCrossentropy};

use crate::images::{network, noise};
use crate::network::{self, Network, Rule, parameters};

/// Each optimiser with its rule in the other implementation.
pub fn optimizers() -> Vec<(Optimizer, Rule)> {
    let adam = Adam { learning_rate: 0.002, ..Adam::default() };
    let rule = |decay| Rule::Adam { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7, decay };
    let momentum = |nesterov| Sgd { learning_rate: 0.02, momentum: 0.9, nesterov };
    vec![
        (Sgd { learning_rate: 0.03, ..Sgd::default() }.into(), Rule::Sgd),
        (momentum(false).into(), Rule::Momentum { mu: 0.9, nesterov: false }),
        (momentum(true).into(), Rule::Momentum { mu: 0.9, nesterov: true }),
        (adam.into(), rule(0.0)),
        (AdamW { adam, weight_decay: 0.02 }.into(), rule(0.02)),
    ]
}

/// One comparison.
pub struct Case<'a> {
    pub model: &'a Sequential,
    pub data: &'a Dataset,
    pub epochs: usize,
    pub batch_size: usize,
    pub schedule: Schedule,
}

/// Where a sum comes nearer than this to a ReLU's corner, f32 and f64 may stand on different sides of it, and an image's
/// whole share of a gradient differs.
const CORNER: f64 = 5e-6;

/// Trains both ways; the distance of the two results as a fraction of the way they went (Euclidean), and whether no
/// ReLU's corner lay in between. Checks the figures of every epoch: the loss to 1e-5 of itself (1e-3 beyond a corner),
/// the accuracy to one image.
pub fn distance(case: &Case, optimizer: Optimizer, rule: Rule) -> (f64, bool) {
    let &Case { model, data, epochs, batch_size, schedule } = case;
    let (seed, threads) = (5, 2);
    let mut trainer = model.clone().compile(optimizer, SparseCategoricalCrossentropy).unwrap();
    let fit = Fit { epochs, batch_size, seed, threads, schedule, ..Fit::default() };
    let history = trainer.fit(data, fit).unwrap();
    let mut reference = Network::of(model);
    let mut state = network::Optimizer::new(rule, reference.parameters.len());
    let steps = (epochs * data.len().div_ceil(batch_size)) as u64;
    let rate = |step| optimizer.learning_rate() * schedule.factor(step, steps);
    let figures = reference.fit(data, (epochs, batch_size, seed), &mut state, rate);
    let smooth = reference.nearest_corner.get() > CORNER;
    for (epoch, (loss, accuracy)) in history.epochs.iter().zip(figures) {
        let what = format!("{optimizer:?}, batch {batch_size}, epoch {}", epoch.epoch);
        assert!(
            (epoch.loss - loss).abs() < if smooth { 1e-5 } else { 1e-3 } * loss.max(0.1),
            "{what}: {} ≠ {loss}",
            epoch.loss
        );
        assert!((epoch.accuracy - accuracy).abs() < 1.5 / data.len() as f64, "{what}");
    }
    let norm = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let found = parameters(trainer.model());
    let way = norm(&parameters(model), &reference.parameters);
    (norm(&found, &reference.parameters) / way, smooth)
}

#[test]
fn the_other_implementations_gradients_are_finite_differences() {
    let data = noise(1, 6, [3, 5], 4, 60);
    let order = [0, 1, 2, 3, 4, 5];
    for hidden in [&[][..], &[5], &[7, 5], &[4, 6, 5]] {
        let mut network = Network::of(&network(3, [3, 5], hidden, 4));
        let batch = network.batch(&data, &order);
        assert!((batch.loss / 6.0 - network.mean_loss(&data, &order)).abs() < 1e-14);
        for at in 0..network.parameters.len() {
            let (there, step) = (network.parameters[at], 1e-6);
            let mut loss = |x| {
                network.parameters[at] = x;
                network.mean_loss(&data, &order)
            };
            let difference = (loss(there + step) - loss(there - step)) / (2.0 * step);
            network.parameters[at] = there;
            // A difference of this width is wrong by about step² and by 1e-16/step.
            assert!((difference - batch.gradient[at]).abs() < 1e-8, "{hidden:?}, parameter {at}");
        }
    }
}

#[test]
fn gradients_are_those_in_f64() {
    let tall = [28, 28];
    for (shape, hidden, images, lit) in [
        ([3, 5], &[][..], 1, 50),
        ([3, 5], &[5], 7, 100),
        ([3, 5], &[16, 5, 70], 32, 30),
        ([3, 5], &[130, 70], 200, 50),
        (tall, &[5, 16], 32, 20),
        (tall, &[128, 128], 32, 20),
        (tall, &[70], 300, 100),
    ] {
        let data = noise(images as u64, images, shape, 10, lit);
        let model = network(7, shape, hidden, 10);
        let sgd = Sgd { learning_rate: 1.0, ..Sgd::default() };
        let mut trainer = model.clone().compile(sgd, SparseCategoricalCrossentropy).unwrap();
        trainer.fit(&data, Fit { epochs: 1, batch_size: images, ..Fit::default() }).unwrap();
        let order: Vec<u32> = (0..images as u32).collect();
        let gradient = Network::of(&model).batch(&data, &order).gradient;
        let largest = gradient.iter().fold(0.0f64, |largest, g| largest.max(g.abs()));
        let moved = parameters(&model).into_iter().zip(parameters(trainer.model()));
        for (at, ((before, after), g)) in moved.zip(gradient).enumerate() {
            // f32: the weight is rounded to 6e-8 of itself, sums of hundreds of terms to a few 1e-7 of the largest.
            let tolerance = 1.2e-7 * before.abs().max(after.abs()) + 2e-6 * largest;
            assert!((before - after - g).abs() < tolerance, "{hidden:?}, {images}: parameter {at}");
        }
    }
}

#[test]
fn a_layer_without_relu_is_linear() {
    let data = noise(4, 40, [4, 4], 3, 40);
    let mut model = Sequential::new([4, 4]).flatten().dense(20).dense(9).relu().dense(3).softmax();
    model.initialise(2).unwrap();
    for (optimizer, rule) in optimizers() {
        let case =
            Case { model: &model, data: &data, epochs: 2, batch_size: 9, schedule: Schedule::Constant };
        let (distance, smooth) = distance(&case, optimizer, rule);
        assert!(distance < if smooth { 1e-4 } else { 1e-2 }, "{optimizer:?}: {distance:e}");
    }
}

/// One step. The tolerance is the rounding of f32: weights are rounded to 6e-8 of themselves, and the step that moves
/// least (plain gradient descent) moves them by some 1e-3 of themselves.
#[test]
fn one_step_of_every_optimiser_is_that_in_f64() {
    for (shape, hidden, images, lit) in [
        ([3, 5], &[][..], 7, 50),
        ([3, 5], &[5], 1, 100),
        ([3, 5], &[16, 70, 5], 32, 30),
        ([28, 28], &[130, 16], 200, 20),
    ] {
        let data = noise(3, images, shape, 10, lit);
        let model = network(11, shape, hidden, 10);
        for (optimizer, rule) in optimizers() {
            let (epochs, batch_size, schedule) = (1, images, Schedule::Constant);
            let (distance, _) =
                distance(&Case { model: &model, data: &data, epochs, batch_size, schedule }, optimizer, rule);
            assert!(distance < 3e-4, "{hidden:?}, {images}, {optimizer:?}: {distance:e}");
        }
    }
}

/// A hundred steps: the way is longer, so that the roundings of the weights weigh less (1e-5 of it is what is found),
/// unless a ReLU's corner lies between f32 and f64.
#[test]
fn a_hundred_steps_of_every_optimiser_are_those_in_f64() {
    let mut strict = 0;
    for (shape, hidden, images, batch_size, epochs, lit) in [
        ([3, 5], &[][..], 150, 32, 20, 50),
        ([3, 5], &[5], 100, 1, 1, 100),
        ([3, 5], &[16], 67, 7, 10, 30),
        ([3, 5], &[70, 130], 67, 7, 10, 50),
        ([3, 5], &[5, 16, 70], 450, 200, 34, 30),
        ([28, 28], &[130], 67, 7, 10, 20),
        ([28, 28], &[16, 5], 150, 32, 20, 100),
    ] {
        let data = noise(3, images, shape, 10, lit);
        let model = network(11, shape, hidden, 10);
        for (optimizer, rule) in optimizers() {
            for schedule in [Schedule::Constant, Schedule::OneCycle { warmup: 0.3 }] {
                let case = Case { model: &model, data: &data, epochs, batch_size, schedule };
                let (distance, smooth) = distance(&case, optimizer, rule);
                strict += usize::from(smooth);
                assert!(
                    distance < if smooth { 1e-4 } else { 2e-2 },
                    "{hidden:?}, {batch_size}, {optimizer:?}: {distance:e}"
                );
            }
        }
    }
    println!("{strict} of 70");
    assert!(strict >= 30, "{strict} of 70 held to the narrow tolerance");
}
