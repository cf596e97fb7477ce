//! One of those that read pictures side by side: takes the next picture, reads it, writes what was asked for beside the
//! answer, hands the answer over.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;

use anyhow::Context as _;
use image::GrayImage;
use tenfold::Sequential;
use tenfold::read::{Picture, ReadError, ReadOptions, Reader, Reading};

use super::annotate::annotated;
use super::open;
use crate::files::{png, write};
use crate::pictures::{Named, STDIN};

/// What was read, or why nothing was.
pub type Answer = Result<Reading, String>;

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
    /// A name for each picture that no other has; none where there is only one picture.
    stems: Vec<String>,
}

impl Outputs {
    /// With several pictures, or where `annotated` does not end in .png, both paths name folders, which are made.
    pub fn new(annotated: Option<PathBuf>, steps: Option<PathBuf>, named: &[Named]) -> anyhow::Result<Self> {
        let is_file =
            |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
        let one = named.len() <= 1 && annotated.as_ref().is_none_or(is_file);
        let stems = if one { Vec::new() } else { stems(named) };
        let folders = steps.iter().chain(annotated.iter().filter(|_| !stems.is_empty()));
        for folder in folders {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        Ok(Self { annotated, steps, stems })
    }

    /// Picture `index`.
    pub fn job(&self, index: usize, picture: Named) -> Job {
        let name = match &picture {
            Ok(path) => path.display().to_string(),
            Err(error) => error.split(": ").next().unwrap_or_default().into(),
        };
        let (annotated, steps) = match self.stems.get(index) {
            Some(stem) => (
                self.annotated.as_ref().map(|folder| folder.join(format!("{stem}.png"))),
                self.steps.as_ref().map(|folder| folder.join(stem)),
            ),
            None => (self.annotated.clone(), self.steps.clone()),
        };
        Job { name, picture, annotated, steps }
    }
}

/// Names without folder and ending, numbered where two would be the same.
fn stems(named: &[Named]) -> Vec<String> {
    let mut taken = HashSet::new();
    let stem = |named: &Named| match named {
        Ok(path) if path.as_os_str() != STDIN => {
            path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
        }
        _ => None,
    };
    let mut free = |stem: String| {
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        std::iter::once(stem.clone()).chain(numbered).find(|name| taken.insert(name.clone())).unwrap_or(stem)
    };
    named.iter().map(|named| free(stem(named).unwrap_or_else(|| "picture".into()))).collect()
}

/// Reads pictures, one after the other.
pub struct Worker(Reader);

impl Worker {
    pub fn new(models: &[&Sequential], options: ReadOptions) -> Result<Self, ReadError> {
        Ok(Self(Reader::new(models, options)?))
    }

    /// Reads jobs until none is left, or nobody wants their answers.
    pub fn work(&mut self, jobs: &[Job], next: &AtomicUsize, answers: &Sender<(usize, Answer)>) {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return };
            let answer = match &job.picture {
                Ok(path) => self.read(path, job).map_err(|error| crate::one_line(&error)),
                Err(error) => Err(error.clone()),
            };
            if answers.send((index, answer)).is_err() {
                return;
            }
        }
    }

    fn read(&mut self, path: &Path, job: &Job) -> anyhow::Result<Reading> {
        let picture = open(path)?;
        let reading = match &job.steps {
            Some(folder) => self.read_in_steps(&picture, folder)?,
            None => self.0.read(&picture),
        };
        if let Some(path) = &job.annotated {
            write(path, &png(annotated(&picture, &reading))?)?;
        }
        Ok(reading)
    }

    /// Writes what the picture has become after each step: `1-grey.png`, `2-ink.png`, …
    fn read_in_steps(&mut self, picture: &Picture, folder: &Path) -> anyhow::Result<Reading> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let mut written = Ok(());
        let mut number = 0;
        let reading = self.0.read_showing(picture, &mut |name, step| {
            number += 1;
            if written.is_ok() {
                let path = folder.join(format!("{number}-{name}.png"));
                written = image(step).and_then(png).and_then(|png| write(&path, &png));
            }
        });
        written.map(|()| reading)
    }
}

fn image(picture: &Picture) -> anyhow::Result<GrayImage> {
    let image = GrayImage::from_raw(picture.width as u32, picture.height as u32, picture.pixels.clone());
    image.context("a step's picture has the wrong size")
}
