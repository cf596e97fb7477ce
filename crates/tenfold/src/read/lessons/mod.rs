//! What a reader asks a network about, with the answers, for networks to learn from: made from what is drawn, by the reader's own
//! steps. It trains nothing.
//!
//! `scenes` cuts written pages, `scans` looks at digits by few pixels.

mod scans;
mod scenes;

use crate::data::Lessons;
pub use scans::scans;
pub use scenes::scenes;

/// All of them, for [`Mix::into_training`](crate::data::Mix::into_training).
pub const LESSONS: Lessons = Lessons { scenes, scans };

/// Height and width of a lesson's image.
const SIZE: [usize; 2] = [28, 28];
