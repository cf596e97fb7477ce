//! Networks of any layers, computed in packs: sixteen images side by side, one in each lane.
//!
//! - `graph` is a model as operations on values. `compile` makes it, once `size` has found that it fits; `layout` decides
//!   where everything lies. `planes` is how a value lies in memory, `weights` how parameters do, and `load` fetches
//!   them from a model.
//! - `stencil` and `pieces` are the two ways of a convolution: which outputs need which taps, and Winograd's pieces, whose kernels'
//!   `factors` come from the weights.
//! - `step` runs one operation on some packs, forward and back, over `memory`: with `convolve`, `dense` and `norms`.
//! - `learner` trains, by the steps of `batch`, which `turn` begins and `update` ends; `predictor` answers;
//!   `pixel_gradient` says how the loss changes with the pixels.

pub(crate) mod batch;
mod compile;
mod convolve;
pub(crate) mod dense;
mod factors;
pub(crate) mod floats;
pub(crate) mod graph;
mod layout;
pub(crate) mod learner;
pub(crate) mod load;
pub(crate) mod memory;
pub(crate) mod norms;
pub(crate) mod pieces;
pub(crate) mod pixel_gradient;
pub(crate) mod planes;
pub(crate) mod predictor;
pub(crate) mod size;
pub(crate) mod stencil;
pub(crate) mod step;
pub(crate) mod turn;
pub(crate) mod update;
pub(crate) mod weights;

#[cfg(test)]
mod tests;
