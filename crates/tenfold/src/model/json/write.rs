//! Layers as JSON text: `{"layer": "dense", "units": 128}`. Fields that have their default are left out.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::super::{Activation, BatchNorm, Layer, Padding, Pool};
use super::{LayerSpec, Units};

/// What a field holds.
enum Value<'a> {
    Units(Units),
    Sides([usize; 2]),
    Padding(Padding),
    Real(f32),
    Flag(bool),
    Layers(&'a [LayerSpec]),
}

impl LayerSpec {
    /// Its word.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Flatten => "flatten",
            Self::Dense { .. } => "dense",
            Self::Activation(activation) => Layer::Activation(*activation).kind(),
            Self::Conv2d { .. } => "conv2d",
            Self::BatchNorm { .. } => "batch_norm",
            Self::MaxPool(_) => "max_pool",
            Self::AveragePool(_) => "average_pool",
            Self::GlobalAveragePool => "global_average_pool",
            Self::GlobalMaxPool => "global_max_pool",
            Self::Dropout(_) => "dropout",
            Self::Residual { .. } => "residual",
        }
    }

    /// Its fields in order, without those that have their default.
    fn fields(&self) -> Vec<(&'static str, Value<'_>)> {
        let stride = |stride, default| (stride != default).then_some(("stride", Value::Sides(stride)));
        let padding =
            |padding| (padding != Padding::default()).then_some(("padding", Value::Padding(padding)));
        let real = |name, value, default| (value != default).then_some((name, Value::Real(value)));
        match self {
            Self::Dense { units } => vec![("units", Value::Units(*units))],
            Self::Activation(Activation::LeakyRelu { slope }) => vec![("slope", Value::Real(*slope))],
            Self::Conv2d { channels, kernel, stride: steps, padding: border, bias } => {
                let mut fields =
                    vec![("channels", Value::Units(*channels)), ("kernel", Value::Sides(*kernel))];
                fields.extend(stride(*steps, [1, 1]));
                fields.extend(padding(*border));
                fields.extend((!bias).then_some(("bias", Value::Flag(false))));
                fields
            }
            Self::BatchNorm { momentum, epsilon } => {
                let default = BatchNorm::default();
                let momentum = real("momentum", *momentum, default.momentum);
                momentum.into_iter().chain(real("epsilon", *epsilon, default.epsilon)).collect()
            }
            Self::MaxPool(pool) | Self::AveragePool(pool) => {
                let Pool { size, stride: steps, padding: border } = *pool;
                let mut fields = vec![("size", Value::Sides(size))];
                fields.extend(stride(steps, size));
                fields.extend(padding(border));
                fields
            }
            Self::Dropout(dropout) => vec![("rate", Value::Real(dropout.rate))],
            Self::Residual { layers, shortcut } => {
                let shortcut =
                    (!shortcut.is_empty()).then_some(("shortcut", Value::Layers(shortcut.as_slice())));
                [("layers", Value::Layers(layers.as_slice()))].into_iter().chain(shortcut).collect()
            }
            Self::Flatten | Self::Activation(_) | Self::GlobalAveragePool | Self::GlobalMaxPool => Vec::new(),
        }
    }

    /// Writes it; `lists` writes a list of layers in it.
    fn text(&self, lists: &dyn Fn(&[Self]) -> String) -> String {
        let mut text = format!("{{\"layer\": \"{}\"", self.kind());
        for (name, value) in self.fields() {
            text += &match value {
                Value::Layers(layers) => format!(", \"{name}\": {}", lists(layers)),
                Value::Sides([height, width]) if height != width => {
                    format!(", \"{name}\": [{height}, {width}]")
                }
                // These are one word or number, the same in either form.
                value => format!(", \"{name}\": {}", serde_json::to_string(&value).unwrap_or_default()),
            };
        }
        text + "}"
    }
}

/// A list of layers, one line each, in a text that is indented by `indent` spaces.
pub(super) fn table(layers: &[LayerSpec], indent: usize) -> String {
    let line = |layer: &LayerSpec| {
        let text = layer.text(&|layers| table(layers, indent + 2));
        format!("{:width$}{text}", "", width = indent + 2)
    };
    let lines: Vec<String> = layers.iter().map(line).collect();
    format!("[\n{}\n{:indent$}]", lines.join(",\n"), "")
}

/// As in an architecture file, on one line: `{"layer": "dense", "units": 128}`.
impl fmt::Display for LayerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list(layers: &[LayerSpec]) -> String {
            let layers: Vec<String> = layers.iter().map(LayerSpec::to_string).collect();
            format!("[{}]", layers.join(", "))
        }
        f.write_str(&self.text(&list))
    }
}

impl Serialize for LayerSpec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("layer", self.kind())?;
        for (name, value) in self.fields() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Units(units) => units.serialize(serializer),
            Self::Sides([height, width]) if height == width => height.serialize(serializer),
            Self::Sides(sides) => sides.serialize(serializer),
            Self::Padding(padding) => padding.serialize(serializer),
            Self::Real(value) => value.serialize(serializer),
            Self::Flag(flag) => flag.serialize(serializer),
            Self::Layers(layers) => layers.serialize(serializer),
        }
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
