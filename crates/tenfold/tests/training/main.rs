//! Training held to its word: the arithmetic to an independent implementation in f64 (`network.rs`), the bits to
//! themselves whatever the threads, the instruction set or the interruptions, and `fit` to what its documentation says.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod arithmetic;
mod bits;
mod fit;
mod images;
mod network;
mod real_mnist;
