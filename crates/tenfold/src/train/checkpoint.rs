//! A checkpoint: everything that is needed to go on with training as if it had never stopped. The container is that of a
//! model file, of kind "checkpoint", with the optimiser's state beside the weights.

use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::run::Run;
use super::{Optimizer, TrainError, Trainer};
use crate::model::container::Container;
use crate::model::{Architecture, ModelError, NamedTensor, Provenance, Sequential, check_values};

const KIND: &str = "checkpoint";
/// Tensors of the optimiser's state and of the best epoch are named after their weights with one of these.
const STATES: [&str; 2] = ["optimizer.0", "optimizer.1"];
const BEST: &str = "best";
const AVERAGE: &str = "average";
/// No training takes more steps: a thousand million images a second for thirty years.
const MOST_STEPS: u64 = 1 << 60;

/// A snapshot of a [`Trainer`].
#[derive(Clone)]
pub struct Checkpoint(Trainer);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    architecture: Architecture,
    provenance: Provenance,
    optimizer: Optimizer,
    steps: u64,
    steps_before: u64,
    fits: u64,
    /// Whether the weights' average is kept.
    #[serde(default)]
    average: bool,
    /// Whether the last class means none of the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rejects: bool,
    run: Option<Run>,
}

impl Trainer {
    /// A snapshot to save; copies the weights and the optimiser's state.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.clone())
    }

    /// Goes on from a checkpoint: the next [`fit`](Trainer::fit), with the same data and settings, continues where it was
    /// taken.
    #[must_use]
    pub fn resume(checkpoint: Checkpoint) -> Self {
        checkpoint.0
    }
}

impl Checkpoint {
    /// Writes it, or leaves what was there.
    ///
    /// # Errors
    /// [`TrainError::Model`] where it cannot be written, or holds numbers that are not finite.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        Ok(self.to_container(&path.display().to_string())?.save(path)?)
    }

    /// Reads one and believes nothing in it unchecked.
    ///
    /// # Errors
    /// [`TrainError::Model`] with one variant for each way the file can be wrong.
    pub fn load(path: &Path) -> Result<Self, TrainError> {
        Ok(Self::from_container(Container::load(path)?, &path.display().to_string())?)
    }

    fn to_container(&self, file: &str) -> Result<Container, ModelError> {
        let trainer = &self.0;
        let header = Header {
            architecture: (&trainer.model).into(),
            provenance: trainer.model.provenance.clone(),
            optimizer: trainer.optimizer,
            steps: trainer.steps,
            steps_before: trainer.steps_before,
            fits: trainer.fits,
            average: trainer.average.is_some(),
            rejects: trainer.model.rejects,
            run: trainer.run.clone(),
        };
        let mut container = Container::new(KIND, &header)?;
        let best = trainer.run.as_ref().and_then(|run| run.best.as_ref()).map(|best| &best.parameters.0[..]);
        let mut states: Vec<_> =
            STATES.into_iter().zip(trainer.state.iter().map(|state| state.iter())).collect();
        states.extend(trainer.average.iter().map(|average| (AVERAGE, average.iter())));
        let mut best = best.unwrap_or_default().iter();
        for NamedTensor { name, shape, trainable, values } in trainer.model.tensors()? {
            if trainable {
                for (suffix, state) in &mut states {
                    if let Some(values) = state.next() {
                        check_values(file, &name, values)?;
                        container.insert(format!("{name}.{suffix}"), shape.clone(), values.clone());
                    }
                }
            }
            check_values(file, &name, values)?;
            if let Some(values) = best.next() {
                container.insert(format!("{name}.{BEST}"), shape.clone(), values.clone());
            }
            container.insert(name, shape, values.to_vec());
        }
        Ok(container)
    }

    fn from_container(mut container: Container, name: &str) -> Result<Self, ModelError> {
        container.expect_kind(KIND)?;
        let Header {
            architecture,
            provenance,
            optimizer,
            steps,
            steps_before,
            fits,
            average,
            rejects,
            mut run,
        } = container.header()?;
        if steps_before > steps || steps > MOST_STEPS || run.as_ref().is_some_and(|run| !run.holds_together())
        {
            let source = serde_json::Error::custom("steps or epochs that cannot be");
            return Err(ModelError::Header { file: name.into(), source });
        }
        let mut model = Sequential { provenance, rejects, ..architecture.closed(name)? };
        let mut state = vec![Vec::new(); optimizer.states()];
        let mut average = average.then(Vec::new);
        let mut best = run.as_mut().and_then(|run| run.best.as_mut());
        for tensor in model.tensors_mut()? {
            let mut take = |suffix: &str| container.take(&format!("{}{suffix}", tensor.name), &tensor.shape);
            *tensor.values = take("")?;
            check_values(name, &tensor.name, tensor.values)?;
            if tensor.trainable {
                for (suffix, state) in STATES.into_iter().zip(&mut state) {
                    state.push(take(&format!(".{suffix}"))?);
                }
                if let Some(average) = &mut average {
                    let values = take(&format!(".{AVERAGE}"))?;
                    check_values(name, &tensor.name, &values)?;
                    average.push(values);
                }
            }
            if let Some(best) = &mut best {
                let values = take(&format!(".{BEST}"))?;
                check_values(name, &tensor.name, &values)?;
                best.parameters.0.push(values);
            }
        }
        container.finish()?;
        Ok(Self(Trainer { model, optimizer, state, average, steps, steps_before, fits, run }))
    }
}
