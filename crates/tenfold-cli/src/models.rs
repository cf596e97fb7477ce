//! Trained models: from a file, a run, or inside the program; one or several that answer together.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::bail;
use tenfold::Sequential;
use tenfold::evaluate::Ensemble;
use tenfold::model::presets;

use crate::args::SHIPPED;
use crate::run_folder::RunFolder;
use crate::run_record::RunRecord;

/// Made by the command in `models/digits.md`.
static SHIPPED_BYTES: &[u8] = include_bytes!("../../../models/digits.safetensors");

/// Several trained models that answer together.
pub struct Readers {
    /// At least one.
    all: Vec<Trained>,
    shifts: bool,
}

impl Readers {
    /// Those that are named; what [`Trained::load`] takes where none is.
    pub fn load(named: &[PathBuf], shifts: bool, with_run: bool) -> anyhow::Result<Self> {
        let all: Vec<_> = if named.is_empty() {
            vec![Trained::load(None, with_run)?]
        } else {
            named.iter().map(|path| Trained::load(Some(path), with_run)).collect::<Result<_, _>>()?
        };
        Ok(Self { all, shifts })
    }

    /// The first; it decides what nothing else does.
    pub fn first(&self) -> &Trained {
        &self.all[0]
    }

    /// The only one, where it answers alone and as it is.
    pub fn alone(&self) -> Option<&Trained> {
        (self.all.len() == 1 && !self.shifts).then(|| self.first())
    }

    /// Whether it is the model inside the program alone.
    pub fn are_shipped(&self) -> bool {
        self.alone().is_some_and(|trained| trained.path == Path::new(SHIPPED))
    }

    /// Their files.
    pub fn paths(&self) -> Vec<&Path> {
        self.all.iter().map(|trained| trained.path.as_path()).collect()
    }

    /// The models themselves.
    pub fn models(&self) -> Vec<&Sequential> {
        self.all.iter().map(|trained| &trained.model).collect()
    }

    /// What computes their answers.
    pub fn ensemble(&self, threads: usize) -> anyhow::Result<Ensemble> {
        Ok(Ensemble::new(&self.models(), self.shifts, threads)?)
    }
}

impl fmt::Display for Readers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.paths().iter().map(|path| path.display().to_string()).collect();
        let shifts = if self.shifts { " (mean over nine shifts)" } else { "" };
        write!(f, "{}{shifts}", paths.join(" + "))
    }
}

/// A trained model and where it came from.
pub struct Trained {
    /// The model.
    pub model: Sequential,
    /// Its file.
    pub path: PathBuf,
    /// The run it belongs to, where the file lies in a run's folder.
    pub run: Option<RunRecord>,
}

impl Trained {
    /// The model inside the program.
    fn shipped() -> anyhow::Result<Self> {
        let model = Sequential::from_bytes(SHIPPED_BYTES, SHIPPED)?;
        Ok(Self { model, path: SHIPPED.into(), run: None })
    }

    /// The model in a file or a run's folder; the newest run's where none is named, and the one that ships where there is
    /// no run. `shipped` names that one.
    pub fn load(named: Option<&Path>, with_run: bool) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) if path == Path::new(SHIPPED) && !path.exists() => return Self::shipped(),
            Some(path) if path.is_dir() => {
                let folder = RunFolder::at(path);
                if !folder.model().exists() {
                    if folder.checkpoint().exists() {
                        bail!(
                            "{}: this run is not finished; go on with `tenfold train --resume {}`",
                            path.display(),
                            path.display()
                        );
                    }
                    let run = RunFolder::newest_in(path)?.map_or_else(String::new, |run| {
                        format!("; it holds runs, of which {} is the newest", run.path().display())
                    });
                    bail!("{}: holds no model (there is no model.safetensors in it){run}", path.display());
                }
                folder.model()
            }
            Some(path) if !path.exists() => bail!(nothing_at(path)),
            Some(path) => path.to_path_buf(),
            None => match RunFolder::newest()? {
                Some(folder) => folder.model(),
                None => return Self::shipped(),
            },
        };
        let model = Sequential::load(&path)?;
        let folder = match path.parent() {
            Some(here) if here.as_os_str().is_empty() => RunFolder::at(Path::new(".")),
            parent => RunFolder::at(parent.unwrap_or(&path)),
        };
        let its_model = path.file_name() == folder.model().file_name();
        let run = if with_run && its_model && folder.has_record() {
            Some(RunFolder::open(folder.path())?.1)
        } else {
            None
        };
        Ok(Self { model, path, run })
    }
}

/// What there is instead of a model that is not there.
fn nothing_at(path: &Path) -> String {
    let name = path.display();
    if presets::names().any(|preset| path == Path::new(preset)) {
        return format!(
            "{name}: a network to train (`tenfold train --model {name}`), not a trained one; \
             name a run's folder, a model file or `{SHIPPED}`"
        );
    }
    let newest = match RunFolder::newest() {
        Ok(Some(run)) => format!("the newest run is {}", run.path().display()),
        _ => format!("there are no runs here yet; `{SHIPPED}` is the model inside the program"),
    };
    format!("{name}: there is no such run or model file; {newest}")
}
