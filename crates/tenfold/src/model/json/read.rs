//! Layers from JSON text. A field that a layer does not have is refused. By hand, because what serde derives for a tagged
//! enum reports the wrong line.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use super::super::{Activation, BatchNorm, Dropout, Padding, Pool};
use super::{LayerSpec, Units};

/// The fields of all layers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    layer: Kind,
    units: Option<Units>,
    channels: Option<Units>,
    kernel: Option<Sides>,
    size: Option<Sides>,
    stride: Option<Sides>,
    padding: Option<Padding>,
    bias: Option<bool>,
    momentum: Option<f32>,
    epsilon: Option<f32>,
    slope: Option<f32>,
    rate: Option<f32>,
    layers: Option<Vec<LayerSpec>>,
    shortcut: Option<Vec<LayerSpec>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Flatten,
    Dense,
    Relu,
    LeakyRelu,
    Gelu,
    Silu,
    Softmax,
    Conv2d,
    BatchNorm,
    MaxPool,
    AveragePool,
    GlobalAveragePool,
    GlobalMaxPool,
    Dropout,
    Residual,
}

/// `3` or `[3, 5]`.
struct Sides([usize; 2]);

impl Fields {
    /// The layer, or what is missing or too much.
    fn layer(mut self) -> Result<LayerSpec, String> {
        let spec = match self.layer {
            Kind::Flatten => LayerSpec::Flatten,
            Kind::Dense => LayerSpec::Dense { units: need("dense", "units", self.units.take())? },
            Kind::Relu => LayerSpec::Activation(Activation::Relu),
            Kind::LeakyRelu => {
                let slope = need("leaky_relu", "slope", self.slope.take())?;
                LayerSpec::Activation(Activation::LeakyRelu { slope })
            }
            Kind::Gelu => LayerSpec::Activation(Activation::Gelu),
            Kind::Silu => LayerSpec::Activation(Activation::Silu),
            Kind::Softmax => LayerSpec::Activation(Activation::Softmax),
            Kind::Conv2d => LayerSpec::Conv2d {
                channels: need("conv2d", "channels", self.channels.take())?,
                kernel: need("conv2d", "kernel", self.kernel.take())?.0,
                stride: self.stride.take().map_or([1, 1], |Sides(stride)| stride),
                padding: self.padding.take().unwrap_or_default(),
                bias: self.bias.take().unwrap_or(true),
            },
            Kind::BatchNorm => {
                let BatchNorm { momentum, epsilon, .. } = BatchNorm::default();
                LayerSpec::BatchNorm {
                    momentum: self.momentum.take().unwrap_or(momentum),
                    epsilon: self.epsilon.take().unwrap_or(epsilon),
                }
            }
            Kind::MaxPool => LayerSpec::MaxPool(self.pool("max_pool")?),
            Kind::AveragePool => LayerSpec::AveragePool(self.pool("average_pool")?),
            Kind::GlobalAveragePool => LayerSpec::GlobalAveragePool,
            Kind::GlobalMaxPool => LayerSpec::GlobalMaxPool,
            Kind::Dropout => LayerSpec::Dropout(Dropout { rate: need("dropout", "rate", self.rate.take())? }),
            Kind::Residual => LayerSpec::Residual {
                layers: need("residual", "layers", self.layers.take())?,
                shortcut: self.shortcut.take().unwrap_or_default(),
            },
        };
        match self.left() {
            Some(field) => Err(format!("a {} layer has no `{field}`", spec.kind())),
            None => Ok(spec),
        }
    }

    fn pool(&mut self, layer: &str) -> Result<Pool, String> {
        let Sides(size) = need(layer, "size", self.size.take())?;
        Ok(Pool {
            size,
            stride: self.stride.take().map_or(size, |Sides(stride)| stride),
            padding: self.padding.take().unwrap_or_default(),
        })
    }

    /// The first field that is still there.
    fn left(&self) -> Option<&'static str> {
        let fields = [
            ("units", self.units.is_some()),
            ("channels", self.channels.is_some()),
            ("kernel", self.kernel.is_some()),
            ("size", self.size.is_some()),
            ("stride", self.stride.is_some()),
            ("padding", self.padding.is_some()),
            ("bias", self.bias.is_some()),
            ("momentum", self.momentum.is_some()),
            ("epsilon", self.epsilon.is_some()),
            ("slope", self.slope.is_some()),
            ("rate", self.rate.is_some()),
            ("layers", self.layers.is_some()),
            ("shortcut", self.shortcut.is_some()),
        ];
        fields.into_iter().find_map(|(name, there)| there.then_some(name))
    }
}

fn need<T>(layer: &str, field: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("a {layer} layer needs `{field}`"))
}

impl<'de> Deserialize<'de> for LayerSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = LayerSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a layer such as {\"layer\": \"relu\"}")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<LayerSpec, A::Error> {
                Fields::deserialize(de::value::MapAccessDeserializer::new(map))?
                    .layer()
                    .map_err(de::Error::custom)
            }
        }
        deserializer.deserialize_map(Visitor)
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
                whole(units, &self).map(Units::Number)
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

impl<'de> Deserialize<'de> for Sides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Sides;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of pixels or [height, width]")
            }

            fn visit_u64<E: de::Error>(self, side: u64) -> Result<Sides, E> {
                whole(side, &self).map(|side| Sides([side, side]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Sides, A::Error> {
                <[usize; 2]>::deserialize(de::value::SeqAccessDeserializer::new(list)).map(Sides)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn whole<E: de::Error>(number: u64, expected: &dyn de::Expected) -> Result<usize, E> {
    usize::try_from(number).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), expected))
}
