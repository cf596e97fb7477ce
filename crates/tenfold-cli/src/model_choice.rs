//! Which network to train: a preset, or a file that lists the layers. Computes nothing.

use std::fmt;
use std::path::Path;

use anyhow::bail;
use serde::{Deserialize, Serialize};
use tenfold::Sequential;
use tenfold::model::{Architecture, presets};
use tenfold::train::Recipe;

/// A network without weights, for images and classes that are not known yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ModelChoice {
    /// One with a name.
    Preset {
        /// Its name.
        name: String,
    },
    /// One from a JSON file, whose contents are kept so that a run can go on without it.
    File {
        /// The file's name without folder and `.json`.
        name: String,
        /// Its contents.
        architecture: Architecture,
    },
}

impl ModelChoice {
    /// What `--model` names.
    pub fn new(text: &str) -> anyhow::Result<Self> {
        if presets::names().any(|name| name == text) {
            return Ok(Self::Preset { name: text.into() });
        }
        let path = Path::new(text);
        if !path.exists() {
            let names: Vec<_> = presets::names().collect();
            bail!("{text}: neither a preset ({}) nor a file that is there", names.join(", "));
        }
        let architecture = Architecture::load(path)?;
        let name = path.file_stem().map_or_else(|| text.into(), |name| name.to_string_lossy().into_owned());
        Ok(Self::File { name, architecture })
    }

    /// A short name.
    pub fn name(&self) -> &str {
        match self {
            Self::Preset { name } | Self::File { name, .. } => name,
        }
    }

    /// How it is trained where nothing else is asked.
    pub fn recipe(&self) -> Recipe {
        match self {
            Self::Preset { name } => Recipe::of(name),
            Self::File { .. } => Recipe::of("tutorial"),
        }
    }

    /// The network for images `[height, width]` in this many classes.
    pub fn build(&self, input: [usize; 2], classes: usize) -> anyhow::Result<Sequential> {
        match self {
            Self::Preset { name } => match presets::by_name(name, input, classes) {
                Some(model) => Ok(model),
                None => bail!("there is no preset {name} in this version of tenfold"),
            },
            Self::File { name, architecture } => {
                Ok(architecture.resolve(input, classes, &format!("{name}.json"))?)
            }
        }
    }
}

impl fmt::Display for ModelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preset { name } => f.write_str(name),
            Self::File { name, .. } => write!(f, "{name}.json"),
        }
    }
}
