//! One of those that read pictures side by side: takes the next picture, reads it, writes what was asked for beside the
//! answer, hands the answer over.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;

use anyhow::{Context as _, bail, ensure};
use image::GrayImage;
use tenfold::Sequential;
use tenfold::read::{Picture, ReadError, ReadOptions, Reader, Reading};

use super::annotate::annotated;
use super::open;
use crate::files::{has_ending, png, write};
use crate::interrupt;
use crate::pictures::{self, Named, is_stdin};

/// What was read and why something about it could not be written, or why nothing was read.
pub type Answer = Result<(Reading, Option<String>), String>;

/// A picture to read, and what is to be written of it.
pub struct Job {
    /// What messages call it.
    pub name: String,
    picture: Named,
    annotated: Option<PathBuf>,
    steps: Option<PathBuf>,
}

/// Where pictures about the pictures go.
pub struct Outputs {
    annotated: Option<PathBuf>,
    steps: Option<PathBuf>,
    /// A name for each picture that no other has; none where there is only one picture, or nothing is written.
    stems: Vec<String>,
    /// The pictures that are read, where anything is written.
    read: HashSet<PathBuf>,
}

impl Outputs {
    /// With several pictures, or where `annotated` does not end in .png, both paths name folders, which are made.
    pub fn new(annotated: Option<PathBuf>, steps: Option<PathBuf>, named: &[Named]) -> anyhow::Result<Self> {
        if let Some(path) = &annotated {
            ensure!(
                has_ending(path, "png") || !pictures::is_named_as_one(path),
                "--annotated {}: it is written as PNG; name it .png, or name a folder",
                path.display()
            );
        }
        let writes = annotated.is_some() || steps.is_some();
        let one = named.len() <= 1 && annotated.as_ref().is_none_or(|path| has_ending(path, "png"));
        let stems = if one || !writes { Vec::new() } else { stems(named) };
        let folders = steps.iter().chain(annotated.iter().filter(|_| !stems.is_empty()));
        for folder in folders {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let read = named.iter().flatten().filter(|_| writes).filter_map(|path| path.canonicalize().ok());
        let outputs = Self { annotated, steps, stems, read: read.collect() };
        for index in 0..named.len() {
            if let Some(path) = outputs.of(index, outputs.annotated.as_ref(), ".png") {
                outputs.spare("--annotated", &path)?;
            }
        }
        Ok(outputs)
    }

    /// Whether anything is written.
    pub fn any(&self) -> bool {
        self.annotated.is_some() || self.steps.is_some()
    }

    /// Refuses to write over a picture that is read.
    fn spare(&self, option: &str, path: &Path) -> anyhow::Result<()> {
        if path.canonicalize().is_ok_and(|path| self.read.contains(&path)) {
            bail!(
                "{option} would write over {}, which is to be read; name another file or folder",
                path.display()
            );
        }
        Ok(())
    }

    /// What is picture `index`'s of `path`: all of it, or in it what is called as the picture, with this ending.
    fn of(&self, index: usize, path: Option<&PathBuf>, ending: &str) -> Option<PathBuf> {
        path.map(|path| match self.stems.get(index) {
            Some(stem) => path.join(format!("{stem}{ending}")),
            None => path.clone(),
        })
    }

    /// Picture `index`.
    pub fn job(&self, index: usize, picture: Named) -> Job {
        let name = match &picture {
            Ok(path) => path.display().to_string(),
            Err(error) => error.name.clone(),
        };
        let annotated = self.of(index, self.annotated.as_ref(), ".png");
        let steps = self.of(index, self.steps.as_ref(), "");
        Job { name, picture, annotated, steps }
    }
}

/// Names without folder and ending, numbered where two would be the same.
fn stems(named: &[Named]) -> Vec<String> {
    let mut taken = HashSet::new();
    // How many have asked for each.
    let mut asked = HashMap::new();
    let stem = |named: &Named| match named {
        Ok(path) if !is_stdin(path) => path.file_stem().map(|stem| stem.to_string_lossy().into_owned()),
        _ => None,
    };
    let mut free = |stem: String| {
        let number = asked.entry(stem.clone()).or_insert(0u64);
        loop {
            *number += 1;
            let name = if *number == 1 { stem.clone() } else { format!("{stem}-{number}") };
            if taken.insert(name.clone()) {
                return name;
            }
        }
    };
    named.iter().map(|named| free(stem(named).unwrap_or_else(|| "picture".into()))).collect()
}

/// A worker that has opened so many pixels opens no further picture before it reads.
const MOST_PIXELS: usize = 1 << 20;

/// Reads pictures, small ones several at once.
pub struct Worker<'a> {
    reader: Reader,
    outputs: &'a Outputs,
}

impl<'a> Worker<'a> {
    pub fn new(
        models: &[&Sequential],
        options: ReadOptions,
        outputs: &'a Outputs,
    ) -> Result<Self, ReadError> {
        Ok(Self { reader: Reader::new(models, options)?, outputs })
    }

    /// Reads jobs until none is left, nobody wants their answers, or the user asks to stop.
    pub fn work(&mut self, jobs: &[Job], next: &AtomicUsize, answers: &Sender<(usize, Answer)>) {
        while !interrupt::asked() {
            let opened = some(jobs, next);
            if opened.is_empty() {
                return;
            }
            let pictures: Vec<&Picture> =
                opened.iter().filter_map(|(_, picture)| picture.as_ref().ok()).collect();
            let readings =
                if self.outputs.steps.is_none() { self.reader.read_all(&pictures) } else { Vec::new() };
            let mut readings = readings.into_iter();
            for (index, picture) in &opened {
                let answer = match picture {
                    Ok(picture) => Ok(self.answer(picture, &jobs[*index], readings.next())),
                    Err(error) => Err(error.clone()),
                };
                if answers.send((*index, answer)).is_err() {
                    return;
                }
            }
        }
    }

    /// A picture's `reading`, unless its steps are to be shown as it is read; writes what is to be written of it.
    fn answer(
        &mut self,
        picture: &Picture,
        job: &Job,
        reading: Option<Reading>,
    ) -> (Reading, Option<String>) {
        let (reading, steps) = match &job.steps {
            Some(folder) => self.read_in_steps(picture, folder),
            None => (reading.unwrap_or_default(), Ok(())),
        };
        let annotated = match &job.annotated {
            Some(path) => png(annotated(picture, &reading)).and_then(|png| write(path, &png)),
            None => Ok(()),
        };
        (reading, steps.and(annotated).err().map(|error| crate::one_line(&error)))
    }

    /// Writes what the picture has become after each step: `1-grey.png`, `2-ink.png`, …
    fn read_in_steps(&mut self, picture: &Picture, folder: &Path) -> (Reading, anyhow::Result<()>) {
        let made = fs::create_dir_all(folder);
        let mut written = made.with_context(|| format!("cannot make the folder {}", folder.display()));
        let mut number = 0;
        let reading = self.reader.read_showing(picture, &mut |name, step| {
            number += 1;
            if written.is_ok() {
                let path = folder.join(format!("{number}-{name}.png"));
                let spared = self.outputs.spare("--steps", &path);
                written = spared.and_then(|()| image(step)).and_then(png).and_then(|png| write(&path, &png));
            }
        });
        (reading, written)
    }
}

/// Opens the next pictures, as many as are read at once.
fn some(jobs: &[Job], next: &AtomicUsize) -> Vec<(usize, Result<Picture, String>)> {
    let (mut opened, mut pixels) = (Vec::new(), 0);
    while opened.len() < Reader::TOGETHER && pixels < MOST_PIXELS {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(job) = jobs.get(index) else { break };
        let open = |path: &PathBuf| open(path).map_err(|error| crate::one_line(&error.into()));
        let picture = job.picture.as_ref().map_err(ToString::to_string).and_then(open);
        pixels += picture.as_ref().map_or(0, |picture| picture.pixels.len());
        opened.push((index, picture));
    }
    opened
}

fn image(picture: &Picture) -> anyhow::Result<GrayImage> {
    let image = GrayImage::from_raw(picture.width as u32, picture.height as u32, picture.pixels.clone());
    image.context("a step's picture has the wrong size")
}
