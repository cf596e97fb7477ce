//! The model file: a [`Container`] whose header says what the network is, how pictures are prepared for it and where it
//! comes from. The layout is in `docs/model-format.md`. Nothing in the file depends on when or where it was written.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::container::{Container, check_finite};
use super::{Architecture, ModelError, NamedTensor, Preprocessing, Provenance, Sequential};

/// What the container calls it.
const KIND: &str = "model";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    architecture: Architecture,
    preprocessing: Preprocessing,
    provenance: Provenance,
    /// Left out where it is false, so that the files of models without it keep their bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rejects: bool,
}

impl Sequential {
    /// Writes the model file, or leaves what was there. The same model gives the same bytes.
    ///
    /// # Errors
    /// As [`to_bytes`](Sequential::to_bytes); [`ModelError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), ModelError> {
        self.to_container(&path.display().to_string())?.save(path)
    }

    /// Reads a model file and believes nothing in it unchecked.
    ///
    /// # Errors
    /// One variant of [`ModelError`] for each way a file can be wrong.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        Self::from_container(Container::load(path)?, &path.display().to_string())
    }

    /// The model file's bytes.
    ///
    /// # Errors
    /// Where the model could not be read back: layers that do not fit or are missing, weights that are missing or not
    /// finite, figures that are not finite.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        self.to_container("model")?.to_bytes()
    }

    /// Reads a model file's bytes. `name` is what messages call it.
    ///
    /// # Errors
    /// As [`load`](Sequential::load).
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, ModelError> {
        Self::from_container(Container::from_bytes(bytes, name)?, name)
    }

    fn to_container(&self, name: &str) -> Result<Container, ModelError> {
        if self.layers.is_empty() {
            return Err(ModelError::NoLayers { file: name.into() });
        }
        self.check_weights()?;
        self.check_rejects(name)?;
        check_figures(&self.provenance)?;
        let header = Header {
            architecture: self.into(),
            preprocessing: Preprocessing::for_input(self.input),
            provenance: self.provenance.clone(),
            rejects: self.rejects,
        };
        let mut container = Container::new(KIND, &header)?;
        for NamedTensor { name: tensor, shape, values, .. } in self.tensors()? {
            check_values(name, &tensor, values)?;
            container.insert(tensor, shape, values.to_vec());
        }
        Ok(container)
    }

    fn from_container(mut container: Container, name: &str) -> Result<Self, ModelError> {
        container.expect_kind(KIND)?;
        let Header { architecture, preprocessing, provenance, rejects } = container.header()?;
        let mut model = Self { provenance: provenance.printable(), rejects, ..architecture.closed(name)? };
        check_preprocessing(preprocessing, model.input, name)?;
        model.check_rejects(name)?;
        for tensor in model.tensors_mut()? {
            *tensor.values = container.take(&tensor.name, &tensor.shape)?;
            check_values(name, &tensor.name, tensor.values)?;
        }
        container.finish()?;
        Ok(model)
    }
}

/// Refuses what no training gives a tensor of a model: NaN, infinity and negative variances.
pub(crate) fn check_values(file: &str, tensor: &str, values: &[f32]) -> Result<(), ModelError> {
    check_finite(file, tensor, values)?;
    match values.iter().position(|&value| value < 0.0) {
        Some(index) if tensor.ends_with(".variance") => {
            let (file, tensor, value) = (file.into(), tensor.into(), values[index]);
            Err(ModelError::NegativeVariance { file, tensor, index, value })
        }
        _ => Ok(()),
    }
}

fn check_preprocessing(found: Preprocessing, input: [usize; 2], name: &str) -> Result<(), ModelError> {
    let expected = Preprocessing::for_input(input);
    if found == expected {
        return Ok(());
    }
    let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
    Err(ModelError::Preprocessing { file: name.into(), expected, found })
}

/// JSON has no NaN: it would be written as null and not be read back.
fn check_figures(provenance: &Provenance) -> Result<(), ModelError> {
    let recipe = provenance.recipe.iter().flat_map(|recipe| {
        let optional = |figure: Option<f32>| f64::from(figure.unwrap_or(0.0));
        [
            ("validation_split", recipe.validation_split),
            ("label_smoothing", f64::from(recipe.label_smoothing)),
            ("clip_norm", optional(recipe.clip_norm)),
            ("average", optional(recipe.average)),
        ]
    });
    let test = provenance.test.iter().flat_map(|test| [("accuracy", test.accuracy), ("loss", test.loss)]);
    match recipe.chain(test).find(|(_, value)| !value.is_finite()) {
        Some((figure, value)) => Err(ModelError::Figure { figure, value }),
        None => Ok(()),
    }
}
