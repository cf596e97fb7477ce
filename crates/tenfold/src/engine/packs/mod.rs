//! Networks of any layers, computed in packs: sixteen images side by side, one in each lane.
pub(crate) mod floats;
pub(crate) mod graph;
pub(crate) mod learner;
pub(crate) mod memory;
pub(crate) mod pieces;
pub(crate) mod planes;
pub(crate) mod predictor;
pub(crate) mod stencil;
pub(crate) mod step;
pub(crate) mod weights;
