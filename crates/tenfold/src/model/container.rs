//! The container under model files and checkpoints: named F32 tensors and one JSON text, as a safetensors file.
//!
//! The same content gives the same bytes: tensors are written in the order of their names, and all that is not a tensor
//! is one JSON text under one metadata key. Reading checks that the file is whole before it believes anything in it.
//! Tensors take as much memory as their bytes in the file; a hostile header of 16 MiB takes some 300 MB for a moment.
//! What the tensors mean is the caller's business.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, View};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::ModelError;

/// The newest format this program reads, and the one it writes.
pub const FORMAT: u64 = 1;
/// The largest file accepted: 1 GiB.
pub const MAX_FILE: u64 = 1 << 30;
/// The largest header accepted: 16 MiB.
const MAX_HEADER: u64 = 1 << 24;
/// The one metadata key.
const KEY: &str = "tenfold";

/// Values with a shape, row by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tensor {
    /// Length along each axis; their product is the number of values.
    pub shape: Vec<usize>,
    /// The values, the last axis fastest.
    pub values: Vec<f32>,
}

/// Named tensors with a header, and what they are together.
///
/// ```
/// use tenfold::model::container::{Container, Tensor};
/// let mut container = Container::new("checkpoint", &vec![("epoch", 3)])?;
/// container.insert("dense.bias", vec![2], vec![0.5, 1.0]);
/// let bytes = container.to_bytes()?;
/// let mut read = Container::from_bytes(&bytes, "epoch-3.ckpt")?;
/// read.expect_kind("checkpoint")?;
/// assert_eq!(read.header::<Vec<(String, u32)>>()?, [("epoch".into(), 3)]);
/// assert_eq!(read.take("dense.bias", &[2])?, [0.5, 1.0]);
/// read.finish()?;
/// # Ok::<(), tenfold::model::ModelError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Where it was read from, for messages.
    file: String,
    kind: String,
    /// The whole JSON text: `{"format": 1, "kind": "model", "header": …}`.
    text: String,
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<Kind, Header> {
    format: u64,
    kind: Kind,
    header: Header,
}

impl Container {
    /// A container of this kind ("model", "checkpoint") without tensors. The header's fields keep their order, so that
    /// the bytes depend on nothing but the content. Floating-point fields must be finite: JSON has no NaN.
    ///
    /// # Errors
    /// [`ModelError::Header`] where the header cannot be written as JSON.
    pub fn new(kind: &str, header: &impl Serialize) -> Result<Self, ModelError> {
        let file = format!("new {kind}");
        match serde_json::to_string(&Envelope { format: FORMAT, kind, header }) {
            Ok(text) => Ok(Self { file, kind: kind.into(), text, tensors: BTreeMap::new() }),
            Err(source) => Err(ModelError::Header { file, source }),
        }
    }

    /// Adds a tensor; one of the same name is replaced.
    pub fn insert(&mut self, name: impl Into<String>, shape: Vec<usize>, values: Vec<f32>) {
        self.tensors.insert(name.into(), Tensor { shape, values });
    }

    /// What it is: "model" or "checkpoint".
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The tensors by name.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, Tensor> {
        &self.tensors
    }

    /// Refuses any other kind.
    ///
    /// # Errors
    /// [`ModelError::Kind`].
    pub fn expect_kind(&self, expected: &str) -> Result<(), ModelError> {
        if self.kind == expected {
            return Ok(());
        }
        let hint = match (expected, self.kind.as_str()) {
            ("model", "checkpoint") => "; go on with its training (--resume), which ends with a model",
            ("checkpoint", "model") => "; a finished model has no optimiser state to resume from",
            _ => "",
        };
        let (file, found) = (self.file.clone(), self.kind.clone());
        Err(ModelError::Kind { file, expected: expected.into(), found, hint })
    }

    /// The header, as what the caller expects it to be.
    ///
    /// # Errors
    /// [`ModelError::Header`] where it is something else.
    pub fn header<Header: DeserializeOwned>(&self) -> Result<Header, ModelError> {
        serde_json::from_str(&self.text)
            .map(|envelope: Envelope<IgnoredAny, Header>| envelope.header)
            .map_err(|source| ModelError::Header { file: self.file.clone(), source })
    }

    /// Takes out a tensor that must be there, of this shape and with finite values.
    ///
    /// # Errors
    /// [`ModelError::MissingTensor`], [`ModelError::TensorShape`], [`ModelError::NotFinite`].
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let (file, tensor, expected) = (self.file.clone(), name.to_string(), shape.to_vec());
        let Some(Tensor { shape: found, values }) = self.tensors.remove(name) else {
            return Err(ModelError::MissingTensor { file, tensor, expected });
        };
        if found != shape {
            return Err(ModelError::TensorShape { file, tensor, expected, found });
        }
        check_finite(&file, name, &values)?;
        Ok(values)
    }

    /// Refuses tensors that nobody took.
    ///
    /// # Errors
    /// [`ModelError::ExtraTensor`].
    pub fn finish(self) -> Result<(), ModelError> {
        match self.tensors.into_keys().next() {
            Some(tensor) => Err(ModelError::ExtraTensor { file: self.file, tensor }),
            None => Ok(()),
        }
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where a tensor's shape and number of values differ; [`ModelError::FileTooLarge`] and
    /// [`ModelError::HeaderTooLarge`] where the file could not be read back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        for (name, Tensor { shape, values }) in &self.tensors {
            if elements(shape) != Some(values.len()) {
                let (tensor, shape) = (name.clone(), shape.clone());
                return Err(ModelError::Weights { tensor, shape, found: values.len() });
            }
        }
        let metadata = HashMap::from([(KEY.to_string(), self.text.clone())]);
        let bytes = safetensors::serialize(&self.tensors, Some(metadata)).map_err(|error| {
            ModelError::NotSafetensors { file: self.file.clone(), reason: error.to_string() }
        })?;
        check_size(&self.file, bytes.len() as u64, MAX_FILE)?;
        let header = bytes.first_chunk::<8>().map_or(0, |length| u64::from_le_bytes(*length));
        if header > MAX_HEADER {
            let file = self.file.clone();
            return Err(ModelError::HeaderTooLarge { file, bytes: header, limit: MAX_HEADER });
        }
        Ok(bytes)
    }

    /// Reads a file's bytes. `name` is what messages call it.
    ///
    /// # Errors
    /// Where the file is not whole, not Tenfold's, of a newer format, or holds numbers other than F32. Whether the
    /// values are finite is checked by [`take`](Container::take).
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, ModelError> {
        let file = name.to_string();
        let (metadata, data) = split(bytes, name)?;
        let Some(text) = metadata.metadata().as_ref().and_then(|map| map.get(KEY)).cloned() else {
            return Err(ModelError::NotTenfold { file });
        };
        let kind = envelope(&text, name)?;
        let mut tensors = BTreeMap::new();
        for (tensor, info) in metadata.tensors() {
            if info.dtype != Dtype::F32 {
                return Err(ModelError::TensorType { file, tensor, found: info.dtype.to_string() });
            }
            // `split` has seen to it that the tensors lie one after the other and fill the data.
            let bytes = data.get(info.data_offsets.0..info.data_offsets.1).unwrap_or_default();
            let values = bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
            tensors.insert(tensor, Tensor { shape: info.shape.clone(), values });
        }
        Ok(Self { file, kind, text, tensors })
    }

    /// Writes the file, or leaves what was there.
    ///
    /// # Errors
    /// As [`to_bytes`](Container::to_bytes); [`ModelError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        crate::atomic::write(path, &self.to_bytes()?)
            .map_err(|source| ModelError::Write { file: path.display().to_string(), source })
    }

    /// Reads a file of at most [`MAX_FILE`] bytes.
    ///
    /// # Errors
    /// [`ModelError::Read`], [`ModelError::NotAFile`], [`ModelError::FileTooLarge`]; then as
    /// [`from_bytes`](Container::from_bytes).
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        let name = path.display().to_string();
        Self::from_bytes(&read(path, &name, MAX_FILE)?, &name)
    }
}

/// The bytes of an ordinary file of bounded size.
pub(super) fn read(path: &Path, name: &str, limit: u64) -> Result<Vec<u8>, ModelError> {
    let cannot = |source| ModelError::Read { file: name.into(), source };
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let about = std::fs::metadata(path).map_err(cannot)?;
    if !about.is_file() {
        return Err(ModelError::NotAFile { file: name.into() });
    }
    check_size(name, about.len(), limit)?;
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes)).map_err(cannot)?;
    check_size(name, bytes.len() as u64, limit)?;
    Ok(bytes)
}

fn check_size(file: &str, bytes: u64, limit: u64) -> Result<(), ModelError> {
    if bytes > limit {
        return Err(ModelError::FileTooLarge { file: file.into(), bytes, limit });
    }
    Ok(())
}

/// The parsed safetensors header and the bytes of the tensors, which it describes exactly.
fn split<'a>(bytes: &'a [u8], name: &str) -> Result<(Metadata, &'a [u8]), ModelError> {
    let found = bytes.len() as u64;
    let not = |reason: String| ModelError::NotSafetensors { file: name.into(), reason };
    let cut = |expected| ModelError::Length { file: name.into(), expected, found };
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(not(format!("it has {found} bytes, fewer than the 8 that give the header's length")));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER {
        return Err(not(format!(
            "its first 8 bytes are not the length of a header, which has at most {MAX_HEADER} bytes"
        )));
    }
    let Some((header, data)) = rest.split_at_checked(length as usize) else {
        return Err(cut(8 + length));
    };
    // The crate checks that offsets, shapes and types agree and leave no gap; overflow is an error there too.
    let metadata: Metadata = serde_json::from_slice(header).map_err(|error| not(error.to_string()))?;
    if metadata.data_len() != data.len() {
        return Err(cut((metadata.data_len() as u64).saturating_add(8 + length)));
    }
    Ok((metadata, data))
}

/// The kind, once the format version is known to be one that can be read.
fn envelope(text: &str, name: &str) -> Result<String, ModelError> {
    #[derive(Deserialize)]
    struct Version {
        format: u64,
    }
    let wrong = |source| ModelError::Header { file: name.into(), source };
    // A newer format may have other fields, so its version is looked at alone.
    let Version { format: found } = serde_json::from_str(text).map_err(wrong)?;
    if found == 0 {
        return Err(wrong(serde::de::Error::custom("format 0 never existed")));
    }
    if found > FORMAT {
        return Err(ModelError::Newer { file: name.into(), found, supported: FORMAT });
    }
    let envelope: Envelope<String, IgnoredAny> = serde_json::from_str(text).map_err(wrong)?;
    Ok(envelope.kind)
}

/// Refuses NaN and infinity.
pub(super) fn check_finite(file: &str, tensor: &str, values: &[f32]) -> Result<(), ModelError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(ModelError::NotFinite {
            file: file.into(),
            tensor: tensor.into(),
            index,
            value: values[index],
        }),
        None => Ok(()),
    }
}

/// The number of values of a shape, where it can be counted.
fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis))
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn data_len(&self) -> usize {
        self.values.len() * 4
    }
}
