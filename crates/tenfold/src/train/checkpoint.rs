//! A checkpoint: everything that is needed to go on with training as if it had never stopped. The container is that of a
//! model file, of kind "checkpoint", with the optimiser's state beside the weights.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::run::{Parameters, Run};
use super::{Optimizer, TrainError, Trainer};
use crate::model::container::Container;
use crate::model::{Architecture, ModelError, NamedTensor, Provenance, Sequential};

const KIND: &str = "checkpoint";
/// Tensors of the optimiser's state and of the best epoch are named after their weights with one of these.
const STATES: [&str; 2] = ["optimizer.0", "optimizer.1"];
const BEST: &str = "best";

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
        Ok(self.to_container()?.save(path)?)
    }

    /// Reads one and believes nothing in it unchecked.
    ///
    /// # Errors
    /// [`TrainError::Model`] with one variant for each way the file can be wrong.
    pub fn load(path: &Path) -> Result<Self, TrainError> {
        Ok(Self::from_container(Container::load(path)?, &path.display().to_string())?)
    }

    fn to_container(&self) -> Result<Container, ModelError> {
        let trainer = &self.0;
        let header = Header {
            architecture: (&trainer.model).into(),
            provenance: trainer.model.provenance.clone(),
            optimizer: trainer.optimizer,
            steps: trainer.steps,
            steps_before: trainer.steps_before,
            fits: trainer.fits,
            run: trainer.run.clone(),
        };
        let mut container = Container::new(KIND, &header)?;
        for NamedTensor { name, shape, values, .. } in trainer.model.tensors()? {
            container.insert(name, shape, values.to_vec());
        }
        let best =
            trainer.run.as_ref().and_then(|run| run.best.as_ref()).map(|best| (BEST, &best.parameters.0));
        let mut copy = trainer.model.clone();
        for (suffix, parameters) in STATES.into_iter().zip(&trainer.state).chain(best) {
            Parameters(parameters.clone()).write(&mut copy);
            for NamedTensor { name, shape, values, .. } in copy.tensors()? {
                container.insert(format!("{name}.{suffix}"), shape, values.to_vec());
            }
        }
        Ok(container)
    }

    fn from_container(mut container: Container, name: &str) -> Result<Self, ModelError> {
        container.expect_kind(KIND)?;
        let Header { architecture, provenance, optimizer, steps, steps_before, fits, mut run } =
            container.header()?;
        let mut model = Sequential { provenance, ..architecture.closed(name)? };
        let mut take = |model: &mut Sequential, suffix: &str| {
            for tensor in model.tensors_mut()? {
                *tensor.values = container.take(&format!("{}{suffix}", tensor.name), &tensor.shape)?;
            }
            Ok::<_, ModelError>(())
        };
        take(&mut model, "")?;
        let mut copy = model.clone();
        let mut state = Vec::new();
        for suffix in &STATES[..optimizer.states()] {
            take(&mut copy, &format!(".{suffix}"))?;
            state.push(Parameters::read(&copy).0);
        }
        if let Some(best) = run.as_mut().and_then(|run| run.best.as_mut()) {
            take(&mut copy, &format!(".{BEST}"))?;
            best.parameters = Parameters::read(&copy);
        }
        container.finish()?;
        Ok(Self(Trainer { model, optimizer, state, steps, steps_before, fits, run }))
    }
}
