//! An architecture as JSON: for `--model FILE.json`, and the same words inside a model file. Holds no weights.
//!
//! ```json
//! {
//!   "input": [28, 28],
//!   "layers": [
//!     {"layer": "flatten"},
//!     {"layer": "dense", "units": 128},
//!     {"layer": "relu"},
//!     {"layer": "dense", "units": "classes"},
//!     {"layer": "softmax"}
//!   ]
//! }
//! ```
//!
//! `input` may be left out, and `units` and `channels` may be `"classes"`: then the data decides. All words are in
//! `docs/layers.md`.

mod layer_spec;
mod read;
mod write;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use layer_spec::{LayerSpec, Units};

use super::{ModelError, Sequential, container};

/// The largest architecture file accepted: 1 MiB.
const MAX_FILE: u64 = 1 << 20;

/// A network's layers without weights, where the data may still decide the sizes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// `[height, width]` of the images; `None`: as the data has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<[usize; 2]>,
    /// In order.
    pub layers: Vec<LayerSpec>,
}

impl Architecture {
    /// Reads the JSON text of an architecture. `name` is what messages call it.
    ///
    /// # Errors
    /// [`ModelError::Json`] with line and column, [`ModelError::NoLayers`].
    pub fn from_json(text: &str, name: &str) -> Result<Self, ModelError> {
        let file = name.to_string();
        match serde_json::from_str::<Self>(text) {
            Ok(Self { layers, .. }) if layers.is_empty() => Err(ModelError::NoLayers { file }),
            Ok(architecture) => Ok(architecture),
            Err(source) => Err(ModelError::Json { file, source }),
        }
    }

    /// Reads an architecture file of at most 1 MiB.
    ///
    /// # Errors
    /// [`ModelError::Read`], [`ModelError::NotAFile`], [`ModelError::FileTooLarge`], [`ModelError::NotText`]; then as
    /// [`from_json`](Architecture::from_json).
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let file = path.display().to_string();
        match String::from_utf8(container::read(path, &file, MAX_FILE)?) {
            Ok(text) => Self::from_json(&text, &file),
            Err(_) => Err(ModelError::NotText { file }),
        }
    }

    /// JSON for people: one line a layer.
    #[must_use]
    pub fn to_json(&self) -> String {
        let input = self.input.map_or_else(String::new, |[h, w]| format!("  \"input\": [{h}, {w}],\n"));
        format!("{{\n{input}  \"layers\": {}\n}}\n", write::table(&self.layers, 2))
    }

    /// The network for images `[height, width]` in this many classes, without weights.
    ///
    /// ```
    /// use tenfold::model::Architecture;
    /// let text = r#"{"layers": [{"layer": "flatten"}, {"layer": "dense", "units": "classes"}, {"layer": "softmax"}]}"#;
    /// let model = Architecture::from_json(text, "tiny.json")?.resolve([28, 28], 26, "tiny.json")?;
    /// assert_eq!(model.parameters(), (28 * 28 + 1) * 26);
    /// # Ok::<(), tenfold::model::ModelError>(())
    /// ```
    ///
    /// # Errors
    /// [`ModelError::OtherInput`] where it is made for other images; [`ModelError::DoesNotFit`] where its layers do not
    /// fit together.
    pub fn resolve(&self, input: [usize; 2], classes: usize, name: &str) -> Result<Sequential, ModelError> {
        match self.input {
            Some(expected) if expected != input => {
                Err(ModelError::OtherInput { file: name.into(), expected, found: input })
            }
            _ => build(input, &self.layers, name, |_, _| Ok(classes)),
        }
    }

    /// The network, where nothing is left to the data.
    pub(crate) fn closed(&self, name: &str) -> Result<Sequential, ModelError> {
        let open = |what: String| ModelError::Open { file: name.into(), what };
        let input = self.input.ok_or_else(|| open("\"input\"".into()))?;
        build(input, &self.layers, name, |field, layer| Err(open(format!("\"{field}\" of layer {layer}"))))
    }
}

/// The network; `classes` says what `"classes"` stands for as a field of layer `index`.
fn build(
    input: [usize; 2],
    layers: &[LayerSpec],
    name: &str,
    classes: impl Fn(&'static str, usize) -> Result<usize, ModelError>,
) -> Result<Sequential, ModelError> {
    if layers.is_empty() {
        return Err(ModelError::NoLayers { file: name.into() });
    }
    let mut model = Sequential::new(input);
    for (index, layer) in layers.iter().enumerate() {
        model = model.layer(layer.layer(&|field| classes(field, index))?);
    }
    match model.shapes() {
        Ok(_) => Ok(model),
        Err(source) => Err(ModelError::DoesNotFit { file: name.into(), source: Box::new(source) }),
    }
}

impl Sequential {
    /// Reads an [`Architecture`] that leaves nothing to the data: `input` is given and every `units` is a number.
    ///
    /// # Errors
    /// As [`Architecture::from_json`] and [`Architecture::resolve`]; [`ModelError::Open`] where something is left open.
    pub fn from_json(text: &str, name: &str) -> Result<Self, ModelError> {
        Architecture::from_json(text, name)?.closed(name)
    }

    /// The architecture as JSON, without weights.
    #[must_use]
    pub fn to_json(&self) -> String {
        Architecture::from(self).to_json()
    }
}

impl From<&Sequential> for Architecture {
    fn from(model: &Sequential) -> Self {
        Self { input: Some(model.input), layers: model.layers.iter().map(LayerSpec::from).collect() }
    }
}
