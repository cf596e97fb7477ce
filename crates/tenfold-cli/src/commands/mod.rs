//! One file a command; each has a `run` that does it and says what it did.

pub mod completions;
pub mod corrupted;
pub mod data;
pub mod evaluate;
pub mod full;
pub mod man;
pub mod predict;
pub mod read;
pub mod report;
pub mod run;
pub mod show;
pub mod summary;
pub mod train;
