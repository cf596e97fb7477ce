//! `tenfold read`: all digits on each picture. Many pictures are read side by side and told of in order; one that cannot
//! be read costs a line and the exit status, not the others. Where files are written, Ctrl-C lets the pictures that are being read
//! be finished; otherwise it ends the program at once.

mod annotate;
mod worker;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicUsize;
use std::sync::mpsc;
use std::{io, thread};

use anyhow::{Context as _, bail};
use indicatif::ProgressBar;
use serde_json::json;
use tenfold::read::{Digit, Picture, ReadError, ReadOptions, Reading};

use crate::args::ReadArgs;
use crate::format::{counted, printable, rate};
use crate::interrupt::{self, Interrupted};
use crate::models::Readers;
use crate::pictures::{MANY, is_stdin, named};
use crate::progress::live_bar;
use crate::terminal::Screen;
use crate::threads::threads;
use worker::{Answer, Job, Outputs, Worker};

/// From this many pictures on, a bar shows how far it is.
const LONG: usize = 20;
/// Below this a digit is worth a second look.
const UNSURE: f32 = 0.9;

/// Reads every picture.
pub fn run(args: &ReadArgs, screen: &Screen) -> anyhow::Result<()> {
    if !(0.0..=1.0).contains(&args.min_confidence) {
        bail!("--min-confidence is {}; expected a number from 0 to 1", args.min_confidence);
    }
    let threads = threads(Some(args.threads))?;
    let readers = Readers::load(&args.model, false, false)?;
    let named = named(&args.pictures);
    if named.iter().filter(|path| path.as_ref().is_ok_and(|path| is_stdin(path))).count() > 1 {
        bail!("- stands for standard input, which can be read only once; name it once");
    }
    let outputs = Outputs::new(args.annotated.clone(), args.steps.clone(), &named)?;
    if outputs.any() {
        interrupt::watch();
    }
    let jobs: Vec<Job> =
        named.into_iter().enumerate().map(|(index, named)| outputs.job(index, named)).collect();
    let workers = threads.min(jobs.len()).max(1);
    // A single picture's digits are looked at on all cores, many pictures side by side.
    let options =
        ReadOptions { min_confidence: args.min_confidence, threads: if workers == 1 { threads } else { 1 } };
    let workers: Vec<Worker> =
        (0..workers).map(|_| Worker::new(&readers.models(), options, &outputs)).collect::<Result<_, _>>()?;
    let lines = Lines {
        screen,
        brief: args.brief || jobs.len() >= MANY,
        bar: (screen.live() && jobs.len() >= LONG).then(|| bar(screen, jobs.len())),
        widest: jobs.iter().map(|job| job.name.chars().count()).max().unwrap_or(0).min(48),
    };
    let next = AtomicUsize::new(0);
    let (mut failed, mut unwritten) = (0, 0);
    let told: anyhow::Result<usize> = thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for (number, mut worker) in workers.into_iter().enumerate() {
            let (sender, next, jobs) = (sender.clone(), &next, &jobs);
            let begun = thread::Builder::new().spawn_scoped(scope, move || worker.work(jobs, next, &sender));
            match begun {
                Ok(_) => {}
                Err(error) if number == 0 => return Err(error).context("cannot start a thread that reads"),
                // Those that have begun read all.
                Err(_) => break,
            }
        }
        drop(sender);
        let mut waiting: BTreeMap<usize, Answer> = BTreeMap::new();
        let mut told = 0;
        for (index, answer) in receiver {
            waiting.insert(index, answer);
            while let Some(answer) = waiting.remove(&told) {
                failed += usize::from(answer.is_err());
                unwritten += usize::from(matches!(answer, Ok((_, Some(_)))));
                lines.tell(told, &jobs[told], &answer)?;
                told += 1;
            }
            // Nobody listens any more; what is asked for beside is written all the same.
            if screen.closed() && !outputs.any() {
                break;
            }
        }
        Ok(told)
    });
    if let Some(bar) = &lines.bar {
        bar.finish_and_clear();
    }
    let told = told?;
    if interrupt::asked() && told < jobs.len() {
        screen.line(format_args!("Interrupted: {told} of {} were read.", counted(jobs.len(), "picture")));
        return Err(Interrupted.into());
    }
    if failed > 0 {
        bail!("{failed} of {} could not be read", counted(jobs.len(), "picture"));
    }
    if unwritten > 0 {
        bail!(
            "what was asked for about {unwritten} of {} could not be written",
            counted(jobs.len(), "picture")
        );
    }
    Ok(())
}

/// What is said of each picture.
struct Lines<'a> {
    screen: &'a Screen,
    brief: bool,
    bar: Option<ProgressBar>,
    widest: usize,
}

impl Lines<'_> {
    fn tell(&self, index: usize, job: &Job, answer: &Answer) -> anyhow::Result<()> {
        let (reading, error) = match answer {
            Ok((reading, unwritten)) => (Some(reading), unwritten.as_ref()),
            Err(error) => (None, Some(error)),
        };
        let tell = || {
            if let Some(error) = error {
                self.screen.failure(error);
            }
            if self.screen.json() {
                return self.screen.print_json(&as_json(&job.name, reading, error));
            }
            match reading {
                Some(reading) if self.brief => self.tell_briefly(job, reading),
                Some(reading) => {
                    if index > 0 {
                        self.screen.gap();
                    }
                    self.tell_fully(job, reading);
                }
                None => {}
            }
            Ok(())
        };
        match &self.bar {
            Some(bar) => {
                bar.inc(1);
                let done = bar.position() as usize;
                bar.set_message(rate(done, bar.elapsed().as_secs_f64()));
                bar.suspend(tell)
            }
            None => tell(),
        }
    }

    fn tell_briefly(&self, job: &Job, reading: &Reading) {
        let text = reading.text().replace('\n', " / ");
        let text = if text.is_empty() { self.screen.dim("no digits") } else { self.screen.bold(&text) };
        let widest = self.widest;
        self.screen.line(format_args!(
            "{:<widest$}  {text}{}",
            printable(&job.name),
            self.doubt(&reading.digits)
        ));
    }

    fn tell_fully(&self, job: &Job, reading: &Reading) {
        self.screen.line(printable(&job.name));
        if reading.digits.is_empty() {
            self.screen.line(self.screen.dim("  no digits"));
        }
        for line in reading.digits.chunk_by(|a, b| a.line == b.line) {
            let text: String = line.iter().map(|digit| char::from(b'0' + digit.digit)).collect();
            self.screen.line(format_args!("  {}{}", self.screen.good(&text), self.doubt(line)));
        }
        if !reading.rejected.is_empty() {
            let places: Vec<String> = reading
                .rejected
                .iter()
                .map(|rejected| format!("at {},{}", rejected.area.x, rejected.area.y))
                .collect();
            let shown = places.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
            let more = if places.len() > 6 { ", …" } else { "" };
            let text = format!("  {} not read ({shown}{more})", counted(places.len(), "mark"));
            self.screen.line(self.screen.dim(&text));
        }
    }

    /// The digits of a line that are worth a second look, counted from 1.
    fn doubt(&self, digits: &[Digit]) -> String {
        let unsure = digits.iter().enumerate().filter(|(_, digit)| digit.confidence < UNSURE);
        let notes: Vec<String> = unsure
            .map(|(at, digit)| {
                let [other, _] = digit.alternatives;
                let place = if digits.len() == 1 { String::new() } else { format!("digit {}: ", at + 1) };
                let percent = |share: f32| format!("{:.0} %", 100.0 * share);
                format!(
                    "{place}{} {}, {} {}",
                    digit.digit,
                    percent(digit.confidence),
                    other.digit,
                    percent(other.confidence)
                )
            })
            .collect();
        match notes.len() {
            0 => String::new(),
            1..=3 => self.screen.dim(&format!("   ({})", notes.join("; "))),
            more => self.screen.dim(&format!("   ({more} unsure digits)")),
        }
    }
}

fn as_json(file: &str, reading: Option<&Reading>, error: Option<&String>) -> serde_json::Value {
    let nothing = Reading::default();
    let reading = reading.unwrap_or(&nothing);
    json!({
        "file": file,
        "text": reading.text(),
        "digits": reading.digits,
        "separators": reading.separators,
        "rejected": reading.rejected,
        "error": error,
    })
}

fn bar(screen: &Screen, pictures: usize) -> ProgressBar {
    let bar = live_bar(screen, "{wide_bar:.green/dim} {pos}/{len}  {msg}  {eta} left");
    bar.set_length(pictures as u64);
    bar
}

/// Standard input, or a file.
fn open(path: &Path) -> Result<Picture, ReadError> {
    if is_stdin(path) { Picture::read_from(io::stdin().lock(), path) } else { Picture::open(path) }
}
