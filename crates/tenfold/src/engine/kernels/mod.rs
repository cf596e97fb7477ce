//! The loops that do the arithmetic. Each stands in its own file, written once over [`Lanes`](super::lanes::Lanes) and
//! compiled for each instruction set in `simd.rs`. Those of dense chains and Winograd's of kernels are held to `reference.rs`,
//! which says the same in loops that a reader understands; those of packs to whole networks in f64 (`tests/convolutions`).

pub(crate) mod activation;
pub(crate) mod adapt;
pub(crate) mod blend;
pub(crate) mod conv;
pub(crate) mod conv_gradient;
pub(crate) mod conv_pool;
pub(crate) mod dense_gradient;
pub(crate) mod factors;
pub(crate) mod forget;
pub(crate) mod gather;
pub(crate) mod gradient;
pub(crate) mod logits;
pub(crate) mod loss;
pub(crate) mod math;
pub(crate) mod pixels;
pub(crate) mod pool;
pub(crate) mod product;
pub(crate) mod scale;
pub(crate) mod softmax;
pub(crate) mod sums;
pub(crate) mod transpose;
pub(crate) mod update;
pub(crate) mod winograd;
pub(crate) mod winograd_back;
pub(crate) mod winograd_gradient;
pub(crate) mod winograd_image;
pub(crate) mod winograd_kernel;
pub(crate) mod winograd_kernel_gradient;
pub(crate) mod winograd_piece;
pub(crate) mod winograd_piece_back;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
