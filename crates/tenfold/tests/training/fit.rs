//! `fit` does what its documentation says.

use std::cell::RefCell;
use std::rc::Rc;

use tenfold::data::{Augment, DataError};
use tenfold::train::{
    Callback, Checkpoint, EarlyStopping, EpochEnd, EpochFigures, History, Optimizer, Schedule, Signal, Step,
    StopReason, TrainError,
};
use tenfold::{Adam, AdamW, Dataset, Fit, Sequential, Sgd, SparseCategoricalCrossentropy, Trainer};

use crate::images::{network, noise, patterns};
use crate::network::parameters;

const SHAPE: [usize; 2] = [4, 5];

fn trainer(optimizer: impl Into<Optimizer>) -> Trainer {
    network(1, SHAPE, &[12], 3).compile(optimizer, SparseCategoricalCrossentropy).unwrap()
}

fn bytes(trainer: &Trainer) -> Vec<u8> {
    trainer.model().to_bytes().unwrap()
}

fn short() -> Fit {
    Fit { epochs: 3, batch_size: 8, threads: 1, ..Fit::default() }
}

/// Without momentum and with a learning rate of nearly nothing the model stays, and the running means are its own means.
#[test]
fn running_means_count_the_last_smaller_batch_once() {
    let data = patterns(1, 43, SHAPE, 3, 100);
    let mut trainer = trainer(Sgd { learning_rate: 1e-12, ..Sgd::default() });
    let history = trainer.fit(&data, short()).unwrap();
    let evaluation = trainer.evaluate(&data).unwrap();
    for epoch in history.epochs {
        assert!((epoch.loss - evaluation.loss).abs() < 1e-6, "{} ≠ {}", epoch.loss, evaluation.loss);
        assert!((epoch.accuracy - evaluation.accuracy).abs() < 1e-12);
    }
}

#[test]
fn every_epoch_has_its_own_order() {
    let data = noise(1, 40, SHAPE, 3, 50);
    let run = |seed, epochs| {
        let mut trainer = trainer(Sgd::default());
        trainer.fit(&data, Fit { seed, epochs, ..short() }).unwrap();
        bytes(&trainer)
    };
    assert!(run(0, 1) != run(1, 1), "the seed decides the order");
    // Two epochs in one fit, or one each in two fits: the second epoch's order is another one.
    let mut twice = trainer(Sgd::default());
    for _ in 0..2 {
        twice.fit(&data, Fit { epochs: 1, ..short() }).unwrap();
    }
    assert!(bytes(&twice) != run(0, 2));
}

/// One image, so that order is nothing, and steps of nearly nothing: what differs is how it varies, or what is forgotten.
#[test]
fn another_fit_varies_and_forgets_anew_and_resumes_to_the_same_bits() {
    let data = noise(1, 1, [9, 9], 3, 50);
    let varied = || network(1, [9, 9], &[12], 3);
    let forgetful = || {
        let mut model = Sequential::new([9, 9]).flatten().dropout(0.5).dense(3).softmax();
        model.initialise(1).unwrap();
        model
    };
    let sgd = Sgd { learning_rate: 1e-12, ..Sgd::default() };
    let augment: Augment = "rotate=180,shift=4".parse().unwrap();
    for (model, augment) in [(varied(), augment), (forgetful(), Augment::default())] {
        let fit = || Fit { epochs: 4, batch_size: 1, threads: 1, augment, ..Fit::default() };
        let losses = |history: History| -> Vec<u64> {
            history.epochs.iter().map(|epoch| epoch.loss.to_bits()).collect()
        };
        let mut trainer = model.compile(sgd, SparseCategoricalCrossentropy).unwrap();
        let first = losses(trainer.fit(&data, fit()).unwrap());
        let mut interrupted = trainer.clone();
        let second = losses(trainer.fit(&data, fit()).unwrap());
        let mut resumed = Vec::new();
        for _ in 0..4 {
            let callbacks: Vec<Box<dyn Callback>> = vec![Box::new(EndStopper)];
            resumed = losses(interrupted.fit(&data, Fit { callbacks, ..fit() }).unwrap());
            interrupted = Trainer::resume(interrupted.checkpoint());
        }
        assert_eq!(resumed, second);
        let mut losses = [first, second].concat();
        losses.sort_unstable();
        losses.dedup();
        assert_eq!(losses.len(), 8);
    }
}

#[test]
fn a_validation_split_is_the_last_images_and_they_are_not_trained_on() {
    let data = patterns(1, 60, SHAPE, 3, 135);
    let (first, last) = (data.slice(0..45), data.slice(45..60));
    let mut split = trainer(Adam::default());
    let history = split.fit(&data, Fit { validation_split: 0.25, ..short() }).unwrap();
    let mut given = trainer(Adam::default());
    let other = given.fit(&first, Fit { validation_data: Some(last.clone()), ..short() }).unwrap();
    let mut without = trainer(Adam::default());
    without.fit(&first, short()).unwrap();
    assert!(bytes(&split) == bytes(&given) && bytes(&split) == bytes(&without));
    let evaluation = split.evaluate(&last).unwrap();
    let end = history.epochs.last().unwrap();
    assert_eq!(end.validation_loss, other.epochs.last().unwrap().validation_loss);
    assert!((end.validation_loss.unwrap() - evaluation.loss).abs() < 1e-6);
    assert_eq!(end.validation_accuracy, Some(evaluation.accuracy));
}

#[test]
fn early_stopping_brings_back_the_best_epochs_weights() {
    let data = noise(5, 90, SHAPE, 3, 50);
    let adam = Adam { learning_rate: 0.01, ..Adam::default() };
    let fit = || Fit { epochs: 60, validation_split: 0.3, ..short() };
    for patience in [1, 2, 5] {
        let mut stopped = trainer(adam);
        let early_stopping = Some(EarlyStopping { patience });
        let history = stopped.fit(&data, Fit { early_stopping, ..fit() }).unwrap();
        assert_eq!(history.stopped, StopReason::EarlyStopping);
        let losses: Vec<f64> = history.epochs.iter().map(|epoch| epoch.validation_loss.unwrap()).collect();
        let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap() + 1;
        assert_eq!(history.restored_epoch, Some(best));
        assert_eq!(history.epochs.len(), best + patience);
        let mut reference = trainer(adam);
        reference.fit(&data, Fit { epochs: best, ..fit() }).unwrap();
        assert!(bytes(&stopped) == bytes(&reference), "patience {patience}: those of epoch {best}");
    }
}

#[test]
fn training_that_diverges_says_so_and_leaves_the_last_whole_epoch() {
    let data = noise(1, 64, SHAPE, 3, 100);
    let sgd = Sgd { learning_rate: 1e30, ..Sgd::default() };
    let mut diverging = trainer(sgd);
    let before = bytes(&diverging);
    match diverging.fit(&data, short()) {
        Err(TrainError::Diverged { epoch: 1, step: 2, loss, learning_rate: 1e30 }) => {
            assert!(!loss.is_finite())
        }
        other => panic!("{other:?}"),
    }
    assert!(before == bytes(&diverging), "no epoch was whole");

    // One step an epoch: the first is whole, and its weights are huge but finite. Whether anybody watches must not matter.
    let fit = |epochs| Fit { epochs, batch_size: 64, ..short() };
    let mut one = trainer(sgd);
    one.fit(&data, fit(1)).unwrap();
    for watched in [false, true] {
        let mut trainer = trainer(sgd);
        let mut fit = fit(5);
        if watched {
            fit.callbacks.push(Box::new(Watcher(Rc::default())));
        }
        assert!(matches!(trainer.fit(&data, fit), Err(TrainError::Diverged { epoch: 2, step: 1, .. })));
        assert!(bytes(&trainer) == bytes(&one), "watched: {watched}");
    }
}

#[derive(Debug, PartialEq)]
enum Seen {
    Step(usize, usize, usize),
    Epoch(EpochFigures, Vec<f64>),
}

struct Watcher(Rc<RefCell<Vec<Seen>>>);

impl Callback for Watcher {
    fn on_step(&mut self, step: &Step) -> Signal {
        assert!(step.loss > 0.0 && (0.0..=1.0).contains(&step.accuracy) && step.seconds >= 0.0);
        self.0.borrow_mut().push(Seen::Step(step.epoch, step.images, step.images_per_epoch));
        Signal::Continue
    }
    fn on_epoch_end(&mut self, end: &EpochEnd<'_>) -> Signal {
        let weights = parameters(end.trainer.model());
        self.0.borrow_mut().push(Seen::Epoch(end.figures.clone(), weights));
        Signal::Continue
    }
}

#[test]
fn callbacks_see_every_epoch_with_its_weights_and_steps_in_order() {
    let data = patterns(2, 203, SHAPE, 3, 100);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let mut watched = trainer(Adam::default());
    let callbacks: Vec<Box<dyn Callback>> = vec![Box::new(Watcher(seen.clone()))];
    let history = watched.fit(&data, Fit { callbacks, ..short() }).unwrap();
    let mut epochs = 0;
    let mut images = 0;
    for seen in seen.borrow().iter() {
        match seen {
            Seen::Step(epoch, now, all) => {
                assert!(*epoch == epochs + 1 && *all == 203 && (images + 1..=203).contains(now));
                images = *now;
            }
            Seen::Epoch(figures, weights) => {
                assert_eq!(images, 203, "the last steps of an epoch are told too");
                assert_eq!(figures, &history.epochs[epochs]);
                (images, epochs) = (0, epochs + 1);
                let mut reference = trainer(Adam::default());
                reference.fit(&data, Fit { epochs, ..short() }).unwrap();
                assert_eq!(weights, &parameters(reference.model()));
            }
        }
    }
    assert_eq!(epochs, 3);
}

/// Stops at the first look.
struct Stopper;

impl Callback for Stopper {
    fn on_step(&mut self, _: &Step) -> Signal {
        Signal::Stop
    }
}

/// A trainer that was stopped after its first steps.
fn stopped(data: &Dataset, fit: Fit) -> Trainer {
    let mut trainer = trainer(Adam::default());
    let history = trainer.fit(data, Fit { callbacks: vec![Box::new(Stopper)], ..fit }).unwrap();
    assert_eq!(history.stopped, StopReason::Asked);
    trainer
}

/// Stops as soon as an epoch has seen all of its images.
struct EndStopper;

impl Callback for EndStopper {
    fn on_step(&mut self, step: &Step) -> Signal {
        if step.images == step.images_per_epoch { Signal::Stop } else { Signal::Continue }
    }
}

#[test]
fn a_stop_at_an_epochs_last_step_is_one_after_the_epoch() {
    let data = noise(1, 203, SHAPE, 3, 50);
    let fit = || Fit { validation_split: 0.1, ..short() };
    let mut whole = trainer(Adam::default());
    let expected = whole.fit(&data, fit()).unwrap();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let mut stopped = trainer(Adam::default());
    for (epochs, reason) in [(1, StopReason::Asked), (2, StopReason::Asked), (3, StopReason::Finished)] {
        let callbacks: Vec<Box<dyn Callback>> = vec![Box::new(EndStopper), Box::new(Watcher(seen.clone()))];
        let history = stopped.fit(&data, Fit { callbacks, ..fit() }).unwrap();
        assert_eq!((history.epochs.len(), history.stopped), (epochs, reason));
        let losses = |history: &[EpochFigures]| -> Vec<_> {
            history.iter().map(|epoch| (epoch.loss, epoch.validation_loss)).collect()
        };
        assert_eq!(losses(&history.epochs), losses(&expected.epochs[..epochs]));
        let ends = seen.borrow().iter().filter(|seen| matches!(seen, Seen::Epoch(..))).count();
        assert_eq!(ends, epochs, "each epoch's end is told");
    }
    assert!(bytes(&stopped) == bytes(&whole));
}

#[test]
fn a_stopped_fit_knows_the_seconds_of_its_steps() {
    let data = noise(1, 203, SHAPE, 3, 50);
    let within = stopped(&data, short());
    assert!(within.epochs().is_empty() && within.seconds() > 0.0);
    let mut trainer = Trainer::resume(within.checkpoint());
    assert_eq!(trainer.seconds(), within.seconds());
    let callbacks: Vec<Box<dyn Callback>> = vec![Box::new(EndStopper)];
    let history = trainer.fit(&data, Fit { callbacks, ..short() }).unwrap();
    assert!(trainer.seconds() == history.epochs[0].seconds && trainer.seconds() > within.seconds());
    trainer.fit(&data, short()).unwrap();
    assert_eq!(trainer.seconds(), 0.0);
}

#[test]
fn a_fit_with_averaged_weights_can_be_gone_on_with_without_them_and_the_other_way_round() {
    let data = noise(1, 203, SHAPE, 3, 50);
    let averaged = || Fit { average: Some(0.9), ..short() };
    let fresh = || trainer(Adam::default());
    let weights = |mut trainer: Trainer, fit: Fit| -> Vec<f32> {
        trainer.fit(&data, fit).unwrap();
        trainer.model().tensors().unwrap().iter().flat_map(|tensor| tensor.values.to_vec()).collect()
    };
    // Averages are kept by another engine, whose sums have another order.
    let far =
        |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let (plain, average) = (weights(fresh(), short()), weights(fresh(), averaged()));
    let without = weights(stopped(&data, averaged()), short());
    assert!(far(&without, &plain) < 1e-4, "{} and not the average", far(&without, &plain));
    // The average begins where the weights are by then.
    let with = weights(stopped(&data, short()), averaged());
    let apart = [far(&with, &average), far(&with, &plain), far(&average, &plain)];
    assert!(apart[0] < apart[1] && apart[1] > 1e-3 && apart[2] > 1e-3, "{apart:?}");
}

#[test]
fn a_checkpoint_whose_counts_contradict_each_other_is_refused() {
    let data = noise(1, 203, SHAPE, 3, 50);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint");
    stopped(&data, short()).checkpoint().save(&file).unwrap();
    let whole = std::fs::read(&file).unwrap();
    let (good, bad) = (br#"steps_before\":0"#, br#"steps_before\":9"#);
    let at = whole.windows(good.len()).position(|bytes| bytes == good).unwrap();
    std::fs::write(&file, [&whole[..at], bad, &whole[at + bad.len()..]].concat()).unwrap();
    let error = Checkpoint::load(&file).err().unwrap().to_string();
    assert!(error.contains("steps or epochs"), "{error}");
}

#[test]
fn schedules_reach_the_optimiser() {
    let data = patterns(2, 80, SHAPE, 3, 100);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let sgd = Sgd { learning_rate: 0.5, ..Sgd::default() };
    let fit = |schedule| Fit {
        schedule,
        epochs: 20,
        batch_size: 80,
        callbacks: vec![Box::new(Watcher(seen.clone()))],
        ..short()
    };
    for warmup in [0.2, 0.0] {
        seen.borrow_mut().clear();
        let schedule = Schedule::Cosine { warmup };
        let history = trainer(sgd).fit(&data, fit(schedule)).unwrap();
        for (step, epoch) in history.epochs.iter().enumerate() {
            assert_eq!(epoch.learning_rate, 0.5 * schedule.factor(step as u64, 20));
        }
    }
    let weights: Vec<Vec<f64>> = seen.borrow_mut().drain(..).filter_map(epoch_weights).collect();
    let moved =
        |from: &[f64], to: &[f64]| from.iter().zip(to).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let (first, last) = (moved(&weights[0], &weights[1]), moved(&weights[18], &weights[19]));
    assert!(last > 0.0 && last < 0.02 * first, "the last step is tiny: {last} after {first}");
}

fn epoch_weights(seen: Seen) -> Option<Vec<f64>> {
    match seen {
        Seen::Epoch(_, weights) => Some(weights),
        Seen::Step(..) => None,
    }
}

#[test]
fn no_momentum_is_plain_descent_and_no_decay_is_adam() {
    let data = patterns(2, 80, SHAPE, 3, 100);
    let run = |optimizer: Optimizer| {
        let mut trainer = trainer(optimizer);
        trainer.fit(&data, short()).unwrap();
        parameters(trainer.model())
    };
    let plain = run(Sgd::default().into());
    assert_eq!(plain, run(Sgd { nesterov: true, ..Sgd::default() }.into()));
    let nearly = run(Sgd { momentum: 1e-9, ..Sgd::default() }.into());
    assert!(plain.iter().zip(nearly).all(|(a, b)| (a - b).abs() < 1e-6));
    assert_eq!(run(Adam::default().into()), run(AdamW { weight_decay: 0.0, ..AdamW::default() }.into()));
}

#[test]
fn settings_that_cannot_work_are_refused_and_change_nothing() {
    let data = noise(1, 20, SHAPE, 3, 50);
    let early_stopping = Some(EarlyStopping { patience: 2 });
    let empty = Some(data.slice(0..0));
    for (name, fit) in [
        ("epochs", Fit { epochs: 0, ..short() }),
        ("batch size", Fit { batch_size: 0, ..short() }),
        ("batch size", Fit { batch_size: 21, ..short() }),
        ("batch size", Fit { batch_size: 20, validation_split: 0.1, ..short() }),
        ("validation split", Fit { validation_split: -0.1, ..short() }),
        ("validation split", Fit { validation_split: 1.0, ..short() }),
        ("validation split", Fit { validation_split: f64::NAN, ..short() }),
        ("validation split", Fit { validation_split: 0.99, ..short() }),
        ("validation images", Fit { validation_data: empty, ..short() }),
        ("early stopping", Fit { early_stopping, ..short() }),
        ("label smoothing", Fit { label_smoothing: 1.0, ..short() }),
        ("gradient norm", Fit { clip_norm: Some(f32::NAN), ..short() }),
        ("decay of the weights' average", Fit { average: Some(1.0), ..short() }),
        ("warmup", Fit { schedule: Schedule::OneCycle { warmup: 1.5 }, ..short() }),
        ("warmup", Fit { schedule: Schedule::Cosine { warmup: -0.1 }, ..short() }),
    ] {
        let mut trainer = trainer(Adam::default());
        let before = bytes(&trainer);
        match trainer.fit(&data, fit) {
            Err(TrainError::Setting { setting, .. }) => assert_eq!(setting, name),
            other => panic!("{name}: {other:?}"),
        }
        assert!(before == bytes(&trainer));
        trainer.fit(&data, short()).unwrap();
    }
    let no_images = trainer(Adam::default()).fit(&data.slice(0..0), short());
    assert!(matches!(no_images, Err(TrainError::Setting { .. })));
    for (name, optimizer) in [
        ("learning rate", Optimizer::from(Adam { learning_rate: 0.0, ..Adam::default() })),
        ("learning rate", Sgd { learning_rate: f64::INFINITY, ..Sgd::default() }.into()),
        ("momentum", Sgd { momentum: 1.0, ..Sgd::default() }.into()),
        ("beta_1", Adam { beta_1: -0.1, ..Adam::default() }.into()),
        ("beta_2", Adam { beta_2: 1.0, ..Adam::default() }.into()),
        ("epsilon", Adam { epsilon: 0.0, ..Adam::default() }.into()),
        ("weight decay", AdamW { weight_decay: -1.0, ..AdamW::default() }.into()),
    ] {
        match trainer(optimizer).fit(&data, short()) {
            Err(TrainError::Setting { setting, .. }) => assert_eq!(setting, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn data_that_does_not_fit_the_model_is_refused() {
    let data = noise(1, 20, SHAPE, 3, 50);
    let other_shape = noise(1, 20, [5, 4], 3, 50);
    let other_labels = noise(1, 20, SHAPE, 9, 50);
    let fit = |train: &Dataset, validation_data| {
        trainer(Adam::default()).fit(train, Fit { validation_data, ..short() })
    };
    assert!(matches!(fit(&other_shape, None), Err(TrainError::Data { .. })));
    assert!(matches!(fit(&data, Some(other_shape)), Err(TrainError::Data { .. })));
    for result in [fit(&other_labels, None), fit(&data, Some(other_labels.clone()))] {
        assert!(matches!(result, Err(TrainError::Labels(DataError::LabelOutOfRange { .. }))));
    }
    let no_softmax = Sequential::new(SHAPE).flatten().dense(3);
    assert!(matches!(
        no_softmax.compile(Adam::default(), SparseCategoricalCrossentropy),
        Err(TrainError::Model(_))
    ));
}
