//! Networks of any layers, computed in packs: sixteen images side by side, one in each lane.
pub(crate) mod planes;
pub(crate) mod stencil;
pub(crate) mod graph;
pub(crate) mod weights;
pub(crate) mod floats;
pub(crate) mod memory;
pub(crate) mod step;
pub(crate) mod learner;
pub(crate) mod predictor;
pub(crate) mod pieces;
