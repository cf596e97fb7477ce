//! What can be wrong with augmentation settings. Every message names the word, and says what was expected.

/// What can be wrong with augmentation settings.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AugmentError {
    /// A word that is neither a setting nor a preset.
    #[error("augmentation: {word:?} is no setting and no preset; expected {expected}")]
    UnknownWord {
        /// The word.
        word: String,
        /// The settings, and the presets where one may stand.
        expected: String,
    },
    /// A setting without its amount.
    #[error("augmentation: {word} needs an amount: {word}={expected}")]
    NoValue {
        /// The setting.
        word: &'static str,
        /// What is possible.
        expected: String,
    },
    /// The same setting twice.
    #[error("augmentation: {word} is there twice; give it once")]
    Twice {
        /// The setting.
        word: &'static str,
    },
    /// An amount that cannot be, or goes too far.
    #[error("augmentation: {word} is {found}; expected {expected}")]
    Value {
        /// The setting.
        word: &'static str,
        /// What it is.
        found: String,
        /// What is possible.
        expected: String,
    },
    /// Images that are too large, or empty.
    #[error(
        "augmentation: images are {height}×{width} pixels; expected sides of 1 to {most}: scale them first"
    )]
    Shape {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// The longest side possible.
        most: usize,
    },
}
