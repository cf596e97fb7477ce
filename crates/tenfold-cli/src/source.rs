//! Which images a command works on, and where they come from. Says so, and never takes others silently.
//!
//! `--data` or `TENFOLD_DATA` is used or refused. Otherwise `auto` looks into the cache, then fetches MNIST, then says
//! why it could not be had and goes on with strokes.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tenfold::Dataset;
use tenfold::data::{DataError, folder, mnist, strokes};

use crate::args::{DataArgs, DatasetName};
use crate::download::fetch_with_bar;
use crate::format::count;
use crate::terminal::Screen;

/// Training and test images, and where they came from.
pub struct Data {
    /// To train on.
    pub train: Dataset,
    /// To test on.
    pub test: Dataset,
    /// Where both came from.
    pub source: Source,
    /// What the user must not miss: why these are not the images that were wanted.
    pub notes: Vec<String>,
}

/// Which part of the data a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Training and test images.
    Both,
    /// Test images; of the training images as few as are cheap.
    Test,
}

/// Where images come from, so that they can be had again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Source {
    /// MNIST from the cache, fetched where it is missing.
    Mnist,
    /// A folder of IDX files.
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The built-in handwriting.
    Strokes,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mnist => match mnist::cache_folder() {
                Ok(folder) => write!(f, "from {}", folder.display()),
                Err(_) => f.write_str("from the cache"),
            },
            Self::Folder { path } => write!(f, "from {}", path.display()),
            Self::Strokes => f.write_str("the built-in handwriting"),
        }
    }
}

/// As many stroke images as MNIST has.
const STROKES: [usize; 2] = [60_000, 10_000];
/// The strokes that everybody means by "strokes"; `--seed` is training's, not the data's.
const STROKES_SEED: u64 = 0;

/// The variable that means the same as `--data`.
const VARIABLE: &str = "TENFOLD_DATA";

impl DataArgs {
    /// Whether the user said which data.
    pub fn explicit(&self) -> bool {
        self.dataset.is_some() || self.data.is_some() || env::var_os(VARIABLE).is_some()
    }

    /// How a run, which has this limit, gets its own images, where these arguments got it others.
    pub fn advice(&self, own_limit: Option<usize>) -> &'static str {
        if self.limit.is_some() && self.limit != own_limit {
            return "leave out --limit: a run has its own";
        }
        let variable = self.data.is_none() && self.dataset != Some(DatasetName::Strokes);
        if variable && env::var_os(VARIABLE).is_some() {
            "TENFOLD_DATA names these: unset it, or name the run's own with --data DIR or --dataset strokes"
        } else if self.explicit() || self.limit.is_some() {
            "leave out --data, --dataset and --limit, or name the run's own with --data DIR or --dataset strokes"
        } else {
            "name the folder where that is now with --data"
        }
    }

    /// The folder the user named.
    fn folder(&self) -> anyhow::Result<Option<PathBuf>> {
        match &self.data {
            Some(path) => Ok(Some(path.clone())),
            None => folder_from_environment(),
        }
    }
}

impl Data {
    /// The images that `args` ask for.
    pub fn load(args: &DataArgs, parts: Parts, screen: &Screen) -> anyhow::Result<Self> {
        match args.dataset.unwrap_or(DatasetName::Auto) {
            DatasetName::Strokes => {
                if let Some(folder) = &args.data {
                    bail!(
                        "--data {} and --dataset strokes contradict each other: strokes need no folder; leave one out",
                        folder.display()
                    );
                }
                if let Some(folder) = env::var_os(VARIABLE) {
                    let folder = Path::new(&folder).display();
                    screen.warning(format_args!(
                        "{VARIABLE} ({folder}) is not used: --dataset strokes asks for the built-in handwriting"
                    ));
                }
                Self::from_source(Source::Strokes, args.limit, parts, screen)
            }
            DatasetName::Mnist => match args.folder()? {
                Some(path) => {
                    let loaded = mnist::load_from(&path)?;
                    Ok(Self::new(loaded, Source::Folder { path: absolute(&path)? }, args.limit))
                }
                None => Self::from_source(Source::Mnist, args.limit, parts, screen),
            },
            DatasetName::Auto => match args.folder()? {
                Some(path) => {
                    Self::from_source(Source::Folder { path: absolute(&path)? }, args.limit, parts, screen)
                }
                None => Self::from_source(Source::Mnist, args.limit, parts, screen).or_else(|error| {
                    let notes = vec![
                        format!("MNIST could not be had: {error:#}"),
                        "These are strokes, the built-in handwriting, which is not MNIST.".into(),
                    ];
                    notes.iter().for_each(|note| screen.warning(note));
                    screen.gap();
                    Ok(Self { notes, ..Self::from_source(Source::Strokes, args.limit, parts, screen)? })
                }),
            },
        }
    }

    /// The images of a run: those that `args` name, or else those it was trained on, as many as it took of them.
    pub fn for_run(
        args: &DataArgs,
        stored: Option<(&Source, Option<usize>)>,
        parts: Parts,
        screen: &Screen,
    ) -> anyhow::Result<Self> {
        match stored {
            Some((source, limit)) if !args.explicit() => {
                Self::from_source(source.clone(), args.limit.or(limit), parts, screen)
            }
            _ => Self::load(args, parts, screen),
        }
    }

    /// The images of `source`, the first `limit` of them.
    fn from_source(
        source: Source,
        limit: Option<usize>,
        parts: Parts,
        screen: &Screen,
    ) -> anyhow::Result<Self> {
        let loaded = match &source {
            Source::Folder { path } => folder::load(path)?,
            Source::Mnist => cached_or_fetched(screen)?,
            Source::Strokes => {
                let [train, test] = STROKES.map(|all| limit.map_or(all, |limit| limit.min(all)));
                strokes::load(if parts == Parts::Both { train } else { 1 }, test, STROKES_SEED)
            }
        };
        Ok(Self::new(loaded, source, limit))
    }

    fn new((train, test): (Dataset, Dataset), source: Source, limit: Option<usize>) -> Self {
        let cut = |data: Dataset| match limit {
            Some(limit) => data.slice(0..limit),
            None => data,
        };
        Self { train: cut(train), test: cut(test), source, notes: Vec::new() }
    }

    /// Classes in either part.
    pub fn classes(&self) -> usize {
        self.train.classes().max(self.test.classes())
    }

    /// How many images, of what.
    pub fn describe_images(&self) -> String {
        let [height, width] = self.train.shape();
        format!(
            "{} training and {} test images of {height}×{width} in {} classes",
            count(self.train.len()),
            count(self.test.len()),
            self.classes()
        )
    }

    /// Which test images these are, in one line.
    pub fn describe_test(&self) -> String {
        let [height, width] = self.test.shape();
        format!(
            "{}, {}: {} test images of {height}×{width}",
            self.test.name(),
            self.source,
            count(self.test.len())
        )
    }
}

/// MNIST from the cache. What is missing or damaged there is fetched again.
fn cached_or_fetched(screen: &Screen) -> anyhow::Result<(Dataset, Dataset)> {
    let cache = mnist::cache_folder()?;
    if let Ok(data) = mnist::load_from(&cache) {
        return Ok(data);
    }
    fetch_with_bar(&cache, screen)?;
    mnist::load_from(&cache).context("MNIST was fetched, but cannot be read")
}

/// The path from the root, so that a run finds its data from elsewhere too.
fn absolute(path: &Path) -> anyhow::Result<PathBuf> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    require_unicode(&path)?;
    Ok(path)
}

/// Refuses a path that could not be written into run.json.
pub fn require_unicode(path: &Path) -> anyhow::Result<()> {
    match path.to_str() {
        Some(_) => Ok(()),
        None => {
            bail!("{}: the path is not Unicode, so a run's record cannot hold it; rename it", path.display())
        }
    }
}

/// The folder that `TENFOLD_DATA` names.
pub fn folder_from_environment() -> anyhow::Result<Option<PathBuf>> {
    match env::var_os(VARIABLE) {
        Some(value) if value.is_empty() => Err(DataError::EmptyVariable.into()),
        value => Ok(value.map(PathBuf::from)),
    }
}
