//! One image by itself: sixteen channels side by side, one in each lane, where a pack has sixteen images.
//!
//! - `plan` says where everything lies for the operations of a compiled network; `step` runs them; `cost` says when packs
//!   are faster.
//!
//! A value lies as `[channel vectors][row][column][16 channels]`: the planes of a pack, but for what a lane means, so that
//! pools, activations and Winograd's transforms are the kernels of packs. Only sums over channels are their own
//! (`kernels/product.rs`), and those run in the same order. So an image's answer has the same bits either way, and who
//! computes it is only a question of time.

pub(crate) mod cost;
pub(crate) mod plan;
pub(crate) mod step;
