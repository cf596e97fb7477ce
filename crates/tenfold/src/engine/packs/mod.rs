//! Networks of any layers, computed in packs: sixteen images side by side, one in each lane.
//!
//! - `graph` compiles a model into operations on values; `planes` is how a value lies in memory, `weights` how parameters do.
//! - `stencil` and `pieces` are the two ways of a convolution: which outputs need which taps, and Winograd's pieces.
//! - `step` runs one operation on some packs, forward and backward, over `memory`; `learner` trains, `predictor` answers.

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
