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
//! `input` may be left out and `units` may be `"classes"`: then the data decides.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Activation, Layer, ModelError, Sequential, container};

/// The largest architecture file accepted: 1 MiB.
const MAX_FILE: u64 = 1 << 20;

/// A network's layers without weights, where the data may still decide the sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// `[height, width]` of the images; `None`: as the data has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<[usize; 2]>,
    /// In order.
    pub layers: Vec<LayerSpec>,
}

/// One layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "layer", rename_all = "lowercase")]
pub enum LayerSpec {
    /// [`Layer::Flatten`].
    Flatten,
    /// [`Layer::Dense`].
    Dense {
        /// Number of outputs.
        units: Units,
    },
    /// [`Activation::Relu`].
    Relu,
    /// [`Activation::Softmax`].
    Softmax,
}

/// A number of outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// This many.
    Number(usize),
    /// One for each class in the data; `"classes"` in JSON.
    Classes,
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
        let layers: Vec<String> = self.layers.iter().map(|layer| format!("    {layer}")).collect();
        format!("{{\n{input}  \"layers\": [\n{}\n  ]\n}}\n", layers.join(",\n"))
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
            _ => build(input, &self.layers, name, |_| Ok(classes)),
        }
    }

    /// The network, where nothing is left to the data.
    pub(crate) fn closed(&self, name: &str) -> Result<Sequential, ModelError> {
        let open = |what: String| ModelError::Open { file: name.into(), what };
        let input = self.input.ok_or_else(|| open("\"input\"".into()))?;
        build(input, &self.layers, name, |layer| Err(open(format!("\"units\" of layer {layer}"))))
    }
}

/// The network; `classes` says what `"classes"` stands for in layer `index`.
fn build(
    input: [usize; 2],
    layers: &[LayerSpec],
    name: &str,
    classes: impl Fn(usize) -> Result<usize, ModelError>,
) -> Result<Sequential, ModelError> {
    if layers.is_empty() {
        return Err(ModelError::NoLayers { file: name.into() });
    }
    let mut model = Sequential::new(input);
    for (index, layer) in layers.iter().enumerate() {
        model = match *layer {
            LayerSpec::Flatten => model.flatten(),
            LayerSpec::Dense { units: Units::Number(units) } => model.dense(units),
            LayerSpec::Dense { units: Units::Classes } => model.dense(classes(index)?),
            LayerSpec::Relu => model.relu(),
            LayerSpec::Softmax => model.softmax(),
        };
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
        let spec = |layer: &Layer| match layer {
            Layer::Flatten => LayerSpec::Flatten,
            Layer::Dense(dense) => LayerSpec::Dense { units: Units::Number(dense.units) },
            Layer::Activation(Activation::Relu) => LayerSpec::Relu,
            Layer::Activation(Activation::Softmax) => LayerSpec::Softmax,
        };
        Self { input: Some(model.input), layers: model.layers.iter().map(spec).collect() }
    }
}

/// As in an architecture file: `{"layer": "dense", "units": 128}`.
impl fmt::Display for LayerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (layer, units) = match self {
            Self::Flatten => ("flatten", None),
            Self::Dense { units } => ("dense", Some(units)),
            Self::Relu => ("relu", None),
            Self::Softmax => ("softmax", None),
        };
        match units {
            None => write!(f, r#"{{"layer": "{layer}"}}"#),
            Some(Units::Number(units)) => write!(f, r#"{{"layer": "{layer}", "units": {units}}}"#),
            Some(Units::Classes) => write!(f, r#"{{"layer": "{layer}", "units": "classes"}}"#),
        }
    }
}

/// By hand, because what serde derives for a tagged enum reports the wrong line.
impl<'de> Deserialize<'de> for LayerSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            layer: Kind,
            units: Option<Units>,
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Kind {
            Flatten,
            Dense,
            Relu,
            Softmax,
        }

        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = LayerSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a layer such as {\"layer\": \"relu\"}")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<LayerSpec, A::Error> {
                let Fields { layer, units } =
                    Fields::deserialize(de::value::MapAccessDeserializer::new(map))?;
                match (layer, units) {
                    (Kind::Dense, Some(units)) => Ok(LayerSpec::Dense { units }),
                    (Kind::Dense, None) => Err(de::Error::custom("a dense layer needs `units`")),
                    (_, Some(_)) => Err(de::Error::custom("only a dense layer has `units`")),
                    (Kind::Flatten, None) => Ok(LayerSpec::Flatten),
                    (Kind::Relu, None) => Ok(LayerSpec::Relu),
                    (Kind::Softmax, None) => Ok(LayerSpec::Softmax),
                }
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

impl Serialize for Units {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(units) => serializer.serialize_u64(*units as u64),
            Self::Classes => serializer.serialize_str("classes"),
        }
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Units;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of units or \"classes\"")
            }

            fn visit_u64<E: de::Error>(self, units: u64) -> Result<Units, E> {
                usize::try_from(units)
                    .map(Units::Number)
                    .map_err(|_| E::invalid_value(de::Unexpected::Unsigned(units), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Units, E> {
                match text {
                    "classes" => Ok(Units::Classes),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
