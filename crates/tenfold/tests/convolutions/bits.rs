//! The same seed gives the same bits, whatever the threads and the instruction set, and after an interruption.

use std::process::Command;

use tenfold::data::augment::Augment;
use tenfold::engine::{Predictor, Simd};
use tenfold::train::{Callback, Checkpoint, Precision, Schedule, Signal, Step, StopReason};
use tenfold::{Adam, Fit, SparseCategoricalCrossentropy, Trainer};

use crate::networks::{all, noise};

fn fit(threads: usize, batch_size: usize, precision: Precision) -> Fit {
    Fit {
        // Whatever there is: a half of the networks' trainings.
        precision,
        epochs: 2,
        batch_size,
        threads,
        seed: 4,
        schedule: Schedule::OneCycle { warmup: 0.3 },
        label_smoothing: 0.1,
        augment: Augment::parse("rotate=10,shift=1").unwrap(),
        clip_norm: Some(1.0),
        average: Some(0.9),
        ..Fit::default()
    }
}

/// All networks and one with dropout, trained with everything that a recipe can have: their model files and answers.
fn trained_bytes(threads: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut networks = all();
    let forgetful =
        tenfold::Sequential::new([8, 8]).conv2d(5, 3).relu().dropout(0.3).flatten().dense(9).relu();
    networks.push(("dropout", crate::networks::filled(forgetful.dropout(0.5).dense(4).softmax())));
    for (number, (_, model)) in networks.into_iter().enumerate() {
        let data = noise(2, 150, model.input);
        // One and two packs a slice, by either precision in turns.
        let mut precisions = [Precision::Float32, Precision::BFloat16];
        precisions.rotate_left(number % 2);
        for (batch_size, precision) in [40, 150].into_iter().zip(precisions) {
            let mut trainer = model.clone().compile(Adam::default(), SparseCategoricalCrossentropy).unwrap();
            trainer.fit(&data, fit(threads, batch_size, precision)).unwrap();
            bytes.extend(trainer.model().to_bytes().unwrap());
        }
        let mut predictor = Predictor::new(&model, threads).unwrap();
        let answers = predictor.predict(data.pixels());
        let images = data.pixels().chunks(model.input[0] * model.input[1]);
        for (image, answer) in images.zip(answers.chunks(4)).take(5) {
            assert_eq!(predictor.predict(image), answer, "an image alone");
        }
        bytes.extend(answers.into_iter().flat_map(f32::to_le_bytes));
    }
    bytes
}

#[test]
fn do_not_depend_on_the_number_of_threads() {
    let one = trained_bytes(1);
    for threads in [2, 7] {
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
}

#[test]
#[ignore = "do_not_depend_on_the_instruction_set runs it in processes of its own"]
fn child() {
    if let Some(out) = std::env::var_os(OUT) {
        std::fs::write(out, trained_bytes(2)).unwrap();
    }
}

/// Stops after so many looks.
struct StopAt(usize);

impl Callback for StopAt {
    fn on_step(&mut self, _: &Step) -> Signal {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { Signal::Stop } else { Signal::Continue }
    }
}

#[test]
fn are_the_same_after_an_interruption() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint");
    let (_, model) = all().into_iter().find(|(name, _)| name.contains("shortcut")).unwrap();
    let data = noise(3, 130, model.input);
    let compile = || model.clone().compile(Adam::default(), SparseCategoricalCrossentropy).unwrap();
    let fit = |threads| fit(threads, 16, Precision::BFloat16);
    let mut whole = compile();
    whole.fit(&data, fit(2)).unwrap();
    for looks in 1..4 {
        let mut trainer = compile();
        let stopped = Fit { callbacks: vec![Box::new(StopAt(looks))], ..fit(2) };
        assert_eq!(trainer.fit(&data, stopped).unwrap().stopped, StopReason::Asked);
        trainer.checkpoint().save(&file).unwrap();
        let mut trainer = Trainer::resume(Checkpoint::load(&file).unwrap());
        trainer.fit(&data, fit(1)).unwrap();
        assert!(trainer.model().to_bytes().unwrap() == whole.model().to_bytes().unwrap(), "{looks} looks");
    }
}
