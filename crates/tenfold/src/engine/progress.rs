//! What a training step tells the one who asked for it.

/// What some training steps reported.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Progress {
    /// Sum of the images' losses, in order.
    pub(crate) loss: f64,
    /// Images whose largest output was their label's.
    pub(crate) correct: u64,
    /// The first step (from 0) whose loss is no finite number, and that loss; the steps after it were not done.
    pub(crate) diverged: Option<(usize, f32)>,
}
