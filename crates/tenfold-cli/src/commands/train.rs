//! `tenfold train`: data, network, training, test, and a folder with everything about the run.
//!
//! This file checks what was asked for and says what came out; the run itself is in `run.rs`.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure};
use serde_json::json;
use tenfold::SparseCategoricalCrossentropy;
use tenfold::engine::Simd;
use tenfold::evaluate::seeds::MeanSd;

use crate::args::TrainArgs;
use crate::commands::run::{Finished, Machine, Run};
use crate::format::{bytes, count, counted, percent, seconds};
use crate::memory;
use crate::run_folder::{RUNS, RunFolder, slug};
use crate::run_record::RunRecord;
use crate::settings::Settings;
use crate::source::{Data, Parts, Source, require_unicode};
use crate::terminal::Screen;
use crate::threads::threads;

/// More seeds than anyone waits for.
const MOST_RUNS: usize = 10_000;

/// Trains.
pub fn run(args: &TrainArgs, screen: &Screen) -> anyhow::Result<()> {
    let machine = Machine { threads: threads(args.threads)?, simd: Simd::detect()?.name().into() };
    match &args.resume {
        Some(path) => resume(path, args, machine, screen),
        None => begin(args, machine, screen),
    }
}

/// New runs.
fn begin(args: &TrainArgs, machine: Machine, screen: &Screen) -> anyhow::Result<()> {
    let runs = args.runs.unwrap_or(1);
    ensure!(runs > 0, "--runs is 0; at least 1 is needed");
    ensure!(runs <= MOST_RUNS, "--runs is {runs}; {MOST_RUNS} is the most");
    // Everything that can be refused without the data is refused before the data is looked for.
    let mut settings = Settings::new(args, Source::Strokes)?;
    settings.check()?;
    let Some(last_seed) = settings.seed.checked_add(runs as u64 - 1) else {
        bail!("--seed {} and {runs} runs go beyond the largest seed", settings.seed);
    };
    if let Some(out) = &args.out {
        require_unicode(out)?;
    }
    let _place = RunFolder::check_place(args.out.as_deref(), runs > 1, args.overwrite)?;
    if let (Some(out), 2..) = (&args.out, runs) {
        let seeds = settings.seed..=last_seed;
        for seed in seeds.clone() {
            RunFolder::at(&seed_folder(out, seed)).check_free(args.overwrite)?;
        }
        if args.overwrite {
            warn_of_others(out, &seeds, screen);
        }
    }

    let data = Data::load(&args.data, Parts::Both, screen)?;
    settings.source = data.source.clone();
    settings.check_with(&data.train)?;
    introduce(&settings, &data, &machine, screen)?;

    if args.overwrite {
        // Before anything old is removed for it.
        let trainer = settings.network(&data)?.compile(settings.optimizer, SparseCategoricalCrossentropy)?;
        trainer.check_fit(&data.train, &settings.fit(machine.threads))?;
    }

    let record = RunRecord {
        tenfold: env!("CARGO_PKG_VERSION").into(),
        when: now(),
        command: command_line(),
        notes: data.notes.clone(),
        training_sha256: data.train.sha256(),
        test_sha256: data.test.sha256(),
        settings,
        outcome: None,
    };
    let train = |index: usize| {
        let mut record = record.clone();
        record.settings.seed += index as u64;
        let folder = match &args.out {
            Some(out) if runs == 1 => RunFolder::create(out, args.overwrite)?,
            Some(out) => RunFolder::create(&seed_folder(out, record.settings.seed), args.overwrite)?,
            None => RunFolder::create_numbered(&format!(
                "{}-{}",
                slug(data.train.name()),
                slug(record.settings.model.name())
            ))?,
        };
        folder.save_record(&record).inspect_err(|_| folder.abandon())?;
        let of = (index, runs);
        Run { folder, record, data: &data, machine: &machine, screen, of, new: true }.train()
    };
    let mut finished = Vec::new();
    for index in 0..runs {
        match train(index) {
            Ok(run) => finished.push(run),
            Err(error) if runs == 1 => return Err(error),
            Err(error) => {
                // What the seeds before it took hours for is told all the same.
                if !finished.is_empty() {
                    conclude_seeds(&finished, screen)?;
                }
                return Err(error.context(format!("seed {}", record.settings.seed + index as u64)));
            }
        }
    }
    match finished.as_slice() {
        [one] => conclude(one, screen),
        many => conclude_seeds(many, screen),
    }
}

/// Where one of several seeds goes.
fn seed_folder(out: &Path, seed: u64) -> PathBuf {
    out.join(format!("seed-{seed}"))
}

/// Names the runs in `out` that other seeds left: none of `seeds` replaces them.
fn warn_of_others(out: &Path, seeds: &RangeInclusive<u64>, screen: &Screen) {
    let Ok(entries) = fs::read_dir(out) else { return };
    let mut others: Vec<u64> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("seed-")?.parse().ok())
        .filter(|seed| !seeds.contains(seed) && RunFolder::at(&seed_folder(out, *seed)).has_record())
        .collect();
    others.sort_unstable();
    for seed in others {
        screen.warning(format_args!(
            "{} is from another training and stays; remove it if it is not wanted",
            seed_folder(out, seed).display()
        ));
    }
}

/// An interrupted run.
fn resume(path: &Path, args: &TrainArgs, machine: Machine, screen: &Screen) -> anyhow::Result<()> {
    require_unicode(path)?;
    let (folder, record) = RunFolder::open_to_train(path)?;
    record.settings.check_resumed_with(args, path)?;
    if let Some(outcome) = &record.outcome {
        // What was in its way when it was finished may be gone.
        folder.remove_checkpoint()?;
        folder.forget_replaced()?;
        screen
            .line(format_args!("{}: this run is finished; there is nothing to go on with.", path.display()));
        screen.field("Model", folder.model().display());
        screen.field("Report", folder.report().display());
        return if screen.json() { screen.print_json(&outcome.result) } else { Ok(()) };
    }
    record.settings.check()?;
    folder.check_writable()?;
    folder.sweep();
    let data = record.load_data(&args.data, screen)?;
    if !record.is_about(&data) {
        bail!(
            "{}: {} ({}) is not the data this run was begun on; {}; or train anew",
            path.display(),
            data.train.name(),
            data.source,
            args.data.advice(record.settings.limit)
        );
    }
    record.settings.check_with(&data.train)?;
    screen.field("Resumes", format_args!("{}, begun {}", path.display(), record.when));
    introduce(&record.settings, &data, &machine, screen)?;
    let run = Run { folder, record, data: &data, machine: &machine, screen, of: (0, 1), new: false };
    conclude(&run.train()?, screen)
}

/// What is about to be done.
fn introduce(settings: &Settings, data: &Data, machine: &Machine, screen: &Screen) -> anyhow::Result<()> {
    let model = settings.network(data)?;
    let summary = model.summary();
    if let Some(problem) = &summary.problem {
        bail!("{}: {problem}", settings.model);
    }
    screen.field("Data", format_args!("{}, {}", data.train.name(), data.source));
    screen.field("", data.describe_images());
    screen.field("Model", &settings.model);
    screen.line(summary.to_string().trim_end());
    screen.field("Recipe", settings.describe());
    if !settings.mix.is_none() {
        let own = data.train.split(settings.validation_split).0.len();
        let drawn = settings.mix.counts(own).into_iter().filter(|(_, images)| *images > 0);
        let drawn: Vec<_> = drawn.map(|(word, images)| format!("{} {word}", count(images))).collect();
        screen.field("", format_args!("{} come to {} to train on", drawn.join(", "), counted(own, "image")));
    }
    if settings.validation_split > 0.0 {
        let (training, validation) = data.train.split(settings.validation_split);
        let patience = settings.early_stopping.map_or_else(String::new, |patience| {
            format!("; stops after {} without a lower loss", counted(patience, "epoch"))
        });
        screen.field(
            "",
            format_args!(
                "trains on {}, validates on the last {}{patience}",
                counted(training.len(), "image"),
                count(validation.len())
            ),
        );
    }
    screen.field("Machine", format_args!("{}, {}", counted(machine.threads, "thread"), machine.simd));
    screen.gap();
    Ok(())
}

/// What came out of one run.
fn conclude(finished: &Finished, screen: &Screen) -> anyhow::Result<()> {
    let Finished { folder, outcome, evaluation } = finished;
    let [low, high] = evaluation.interval;
    screen.gap();
    screen.field(
        "Test",
        format_args!(
            "{} right (95 % interval {:.2} to {}), loss {:.4}",
            screen.good(&percent(evaluation.accuracy)),
            low * 100.0,
            percent(high),
            evaluation.loss
        ),
    );
    let epochs = outcome.history.epochs.len();
    screen.field(
        "Time",
        format_args!(
            "{} training, {} an epoch; {} in all{}",
            seconds(outcome.fit_seconds),
            seconds(outcome.fit_seconds / epochs.max(1) as f64),
            seconds(outcome.total_seconds),
            memory::peak_bytes().map_or_else(String::new, |peak| format!("; {} of memory", bytes(peak)))
        ),
    );
    screen.gap();
    screen.field("Model", folder.model().display());
    screen.field("Report", folder.report().display());
    // A run under runs/ is the newest now, and need not be named.
    let next = if folder.path().parent() == Some(Path::new(RUNS)) {
        "tenfold evaluate, tenfold predict digit.png".into()
    } else {
        let folder = folder.path().display();
        format!("tenfold evaluate {folder}, tenfold predict --model {folder} digit.png")
    };
    screen.field("Next", screen.dim(&next));
    if screen.json() { screen.print_json(&outcome.result) } else { Ok(()) }
}

/// What came out of many.
fn conclude_seeds(all: &[Finished], screen: &Screen) -> anyhow::Result<()> {
    let of = |figure: fn(&Finished) -> f64| MeanSd::of(&all.iter().map(figure).collect::<Vec<_>>());
    let accuracy = of(|run| run.evaluation.accuracy);
    let loss = of(|run| run.evaluation.loss);
    let time = of(|run| run.outcome.fit_seconds);
    screen.gap();
    let percents = accuracy.times(100.0);
    let (text, of) = match percents.sd {
        Some(sd) => (
            format!("{:.2} ± {sd:.2} %", percents.mean),
            format!(": mean ± standard deviation of {} seeds", all.len()),
        ),
        None => (format!("{:.2} %", percents.mean), " (1 seed)".into()),
    };
    screen.field("Test", format_args!("{} right{of}", screen.good(&text)));
    screen.field(
        "Time",
        format_args!("{} training a run; {} in all", seconds(time.mean), seconds(screen.seconds())),
    );
    if screen.json() {
        let runs: Vec<_> = all.iter().map(|run| &run.outcome.result).collect();
        let dataset = &all[0].evaluation.dataset;
        screen.print_json(&json!({
            "dataset": dataset,
            "runs": runs,
            "mean_test_accuracy": accuracy.mean,
            "sd_test_accuracy": accuracy.sd,
            "mean_test_loss": loss.mean,
            "sd_test_loss": loss.sd,
            "mean_fit_seconds": time.mean,
            "sd_fit_seconds": time.sd,
            "peak_memory_bytes": memory::peak_bytes(),
        }))?;
    }
    Ok(())
}

/// `2025-03-14 15:09 UTC`.
fn now() -> String {
    let text = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    text.get(..16).map_or(text.clone(), |text| format!("{} UTC", text.replace('T', " ")))
}

/// What the user typed.
fn command_line() -> String {
    let quoted = |word: String| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let words = std::env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    std::iter::once("tenfold".to_string()).chain(words).collect::<Vec<_>>().join(" ")
}
