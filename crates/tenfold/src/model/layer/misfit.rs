//! Why a layer cannot stand where it stands. Where that is, [`ModelError`] says.

use super::super::ModelError;

/// One layer's complaint.
pub(in super::super) enum Misfit {
    /// It does not take what comes in.
    Input {
        /// What it needs.
        expected: String,
        /// What comes in.
        found: String,
    },
    /// It is set to something that makes no sense.
    Setting {
        /// `kernel`.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        expected: String,
    },
}

impl Misfit {
    pub(super) fn input(expected: impl Into<String>, found: &[usize]) -> Self {
        Self::Input { expected: expected.into(), found: format!("{found:?}") }
    }

    pub(super) fn no_image(found: &[usize]) -> Self {
        Self::input("an image [height, width] or [height, width, channels]", found)
    }

    pub(in super::super) fn setting(
        setting: &'static str,
        found: impl ToString,
        expected: impl Into<String>,
    ) -> Self {
        Self::Setting { setting, found: found.to_string(), expected: expected.into() }
    }

    /// The error, for layer `layer` in place `index`.
    pub(in super::super) fn at(self, index: usize, layer: String) -> ModelError {
        match self {
            Self::Input { expected, found } => ModelError::Shape { index, layer, expected, found },
            Self::Setting { setting, found, expected } => {
                ModelError::Setting { index, layer, setting, found, expected }
            }
        }
    }
}
