//! The same seed gives the same bits, whatever the threads, the instruction set, the batch of a prediction, or how often
//! training was interrupted.

use std::process::Command;

use tenfold::engine::{Predictor, Simd};
use tenfold::random::{Purpose, Stream};
use tenfold::train::{
    Callback, Checkpoint, EarlyStopping, EpochEnd, History, Optimizer, Schedule, Signal, Step, StopReason,
};
use tenfold::{Adam, AdamW, Dataset, Fit, Sequential, Sgd, SparseCategoricalCrossentropy, Trainer};

use crate::arithmetic::optimizers;
use crate::images::{network, noise};

fn compile(model: &Sequential, optimizer: impl Into<Optimizer>) -> Trainer {
    model.clone().compile(optimizer, SparseCategoricalCrossentropy).unwrap()
}

/// Networks of all kinds, trained with all optimisers: their model files, in one row.
fn trained_bytes(threads: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let shapes = [
        ([28, 28], &[128, 128][..], 150, 32, 20),
        ([28, 28], &[70], 200, 150, 100),
        ([3, 5], &[5, 5], 150, 16, 50),
        ([3, 5], &[16, 70, 5], 150, 150, 50),
        ([9, 11], &[], 100, 7, 30),
    ];
    for (at, (shape, hidden, images, batch_size, lit)) in shapes.into_iter().enumerate() {
        let data = noise(1, images, shape, 10, lit);
        for (optimizer, _) in optimizers() {
            // The small ones again and again: a race shows only sometimes.
            for seed in 0..[1, 1, 3, 2, 1][at] {
                let mut trainer = compile(&network(seed, shape, hidden, 10), optimizer);
                let schedule = Schedule::Cosine { warmup: 0.0 };
                let fit = Fit { epochs: 2, batch_size, seed, threads, schedule, ..Fit::default() };
                trainer.fit(&data, fit).unwrap();
                bytes.extend(trainer.model().to_bytes().unwrap());
            }
        }
    }
    bytes
}

#[test]
fn do_not_depend_on_the_number_of_threads() {
    let one = trained_bytes(1);
    for threads in [2, 3, 7] {
        assert!(one == trained_bytes(threads), "{threads} threads give other bits than one");
    }
}

/// Names the file a child process writes its bits to.
const OUT: &str = "TENFOLD_TEST_BITS";

/// The instruction set is chosen by the environment, and that is one for all tests in a process: hence processes.
#[test]
fn do_not_depend_on_the_instruction_set() {
    let folder = tempfile::tempdir().unwrap();
    let bits = |simd: &str| {
        let out = folder.path().join(simd);
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "--include-ignored", "bits::child"]).env("TENFOLD_SIMD", simd).env(OUT, &out);
        assert!(child.output().unwrap().status.success(), "{simd}");
        std::fs::read(out).unwrap()
    };
    let portable = bits(Simd::Portable.name());
    assert!(portable.len() > 100_000);
    for simd in Simd::available() {
        assert!(portable == bits(simd.name()), "{} gives other bits than portable code", simd.name());
    }
    assert!(String::from_utf8(bits("mmx")).unwrap().starts_with("TENFOLD_SIMD is mmx, but"));
}

#[test]
#[ignore = "do_not_depend_on_the_instruction_set runs it in processes of its own"]
fn child() {
    let Some(out) = std::env::var_os(OUT) else { return };
    let bytes = match Simd::detect() {
        Ok(simd) => {
            assert_eq!(std::env::var("TENFOLD_SIMD").unwrap(), simd.name());
            let mut bytes = trained_bytes(1);
            let answers = Predictor::new(&network(1, [9, 9], &[70, 5], 3), 1).unwrap();
            bytes.extend(
                predicted(answers, &noise(2, 70, [9, 9], 3, 40)).iter().flat_map(|p| p.to_le_bytes()),
            );
            bytes
        }
        Err(error) => error.to_string().into_bytes(),
    };
    std::fs::write(out, bytes).unwrap();
}

fn predicted(mut predictor: Predictor, data: &Dataset) -> Vec<f32> {
    predictor.predict(data.pixels())
}

#[test]
fn of_predictions_do_not_depend_on_batch_and_threads() {
    for (shape, hidden, lit) in [([28, 28], &[128, 128][..], 20), ([5, 3], &[5, 70], 100), ([4, 4], &[], 30)]
    {
        let data = noise(6, 300, shape, 10, lit);
        let size = data.pixels_per_image();
        let model = network(8, shape, hidden, 10);
        let all = predicted(Predictor::new(&model, 1).unwrap(), &data);
        for threads in [1, 2, 3, 7] {
            let mut predictor = Predictor::new(&model, threads).unwrap();
            for batch in [1, 2, 7, 64, 65, 129, 300] {
                let found: Vec<f32> =
                    data.pixels().chunks(batch * size).flat_map(|pixels| predictor.predict(pixels)).collect();
                assert!(found == all, "{hidden:?}, {threads} threads, batch {batch}");
            }
        }
    }
}

/// Stops now and then.
struct Interrupter {
    random: Stream,
    /// Of ten chances.
    chance: u32,
}

impl Interrupter {
    fn signal(&mut self) -> Signal {
        if self.random.below(10) < self.chance { Signal::Stop } else { Signal::Continue }
    }
}

impl Callback for Interrupter {
    fn on_step(&mut self, _: &Step) -> Signal {
        self.signal()
    }
    fn on_epoch_end(&mut self, _: &EpochEnd<'_>) -> Signal {
        self.signal()
    }
}

/// Trains, is stopped, saves a checkpoint, loads it and goes on, until the end; also says how often, and how often within
/// an epoch.
fn interrupted(
    mut trainer: Trainer,
    data: &Dataset,
    fit: impl Fn() -> Fit,
    seed: u64,
) -> (Trainer, History, usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    let (mut stops, mut within) = (0, 0);
    loop {
        let random = Stream::new(seed, Purpose::Strokes, stops as u64, 0);
        let callbacks: Vec<Box<dyn Callback>> = vec![Box::new(Interrupter { random, chance: 4 })];
        // The number of threads may change on the way.
        let threads = 1 + stops % 3;
        let history = trainer.fit(data, Fit { callbacks, threads, ..fit() }).unwrap();
        if history.stopped != StopReason::Asked {
            return (trainer, history, stops, within);
        }
        stops += 1;
        let at_end: Vec<u8> = trainer.model().to_bytes().unwrap();
        trainer.checkpoint().save(&path).unwrap();
        trainer = Trainer::resume(Checkpoint::load(&path).unwrap());
        assert!(at_end == trainer.model().to_bytes().unwrap());
        within += usize::from(history.epochs.len() < fit().epochs);
        assert!(stops < 1000, "it goes on after every stop");
    }
}

/// The figures without the seconds, which do differ.
fn figures(history: &History) -> History {
    let mut history = history.clone();
    history.epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    history
}

#[test]
fn survive_interruptions_at_any_step() {
    let data = noise(3, 203, [6, 7], 4, 40);
    let adam = Adam { learning_rate: 0.02, ..Adam::default() };
    let plain = || Fit { epochs: 3, batch_size: 2, seed: 6, threads: 1, ..Fit::default() };
    type Settings = Box<dyn Fn() -> Fit>;
    let cases: Vec<(Optimizer, Settings)> = vec![
        (adam.into(), Box::new(plain)),
        (
            Sgd { momentum: 0.9, ..Sgd::default() }.into(),
            Box::new(move || Fit { validation_split: 0.2, ..plain() }),
        ),
        (
            AdamW { adam, ..AdamW::default() }.into(),
            Box::new(move || Fit { schedule: Schedule::OneCycle { warmup: 0.3 }, ..plain() }),
        ),
        (
            adam.into(),
            Box::new(move || Fit {
                epochs: 30,
                validation_split: 0.5,
                early_stopping: Some(EarlyStopping { patience: 2 }),
                ..plain()
            }),
        ),
        (
            Sgd::default().into(),
            Box::new(move || Fit { schedule: Schedule::Cosine { warmup: 0.4 }, batch_size: 1, ..plain() }),
        ),
    ];
    let (mut stops, mut within) = (0, 0);
    for (at, (optimizer, fit)) in cases.into_iter().enumerate() {
        let model = network(1, [6, 7], &[20, 9], 4);
        let mut whole = compile(&model, optimizer);
        let expected = whole.fit(&data, fit()).unwrap();
        if at == 3 {
            assert_eq!(expected.stopped, StopReason::EarlyStopping, "the case is one that stops early");
        }
        for seed in 0..2 {
            let start = compile(&model, optimizer);
            let (mut trainer, history, stopped, stopped_within) = interrupted(start, &data, &*fit, seed);
            (stops, within) = (stops + stopped, within + stopped_within);
            assert_eq!(figures(&history), figures(&expected), "{optimizer:?}");
            assert!(
                trainer.model().to_bytes().unwrap() == whole.model().to_bytes().unwrap(),
                "{optimizer:?}"
            );
            // A second fit begins from the same state and in the same order too.
            let mut again = whole.clone();
            again.fit(&data, fit()).unwrap();
            trainer.fit(&data, fit()).unwrap();
            assert!(
                trainer.model().to_bytes().unwrap() == again.model().to_bytes().unwrap(),
                "{optimizer:?}"
            );
        }
    }
    assert!(stops > 8 && within > 4, "there were interruptions: {stops}, {within}");
}
