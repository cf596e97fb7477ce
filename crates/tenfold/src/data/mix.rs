//! Mixes images that Tenfold draws itself into a training set. Reads no files.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Dataset, strokes};

/// What is mixed into a training set. The default is: nothing.
///
/// Text such as `strokes=0.2` is read by [`Mix::parse`] and written by `Display`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mix {
    /// Share of [strokes] among the images of an epoch, 0 to [`MOST`]. The set's own images are all kept.
    pub strokes: f64,
}

/// The largest share that can be mixed in.
pub const MOST: f64 = 0.9;

/// Why something cannot be mixed in.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MixError {
    /// A text that is no mix.
    #[error("mix: {found:?} is not known; expected strokes=SHARE (a number from 0 to {MOST}) or none")]
    Unknown {
        /// The text.
        found: String,
    },
    /// A share that cannot be.
    #[error("mix: strokes is {found}; expected a number from 0 to {MOST}")]
    Share {
        /// The share.
        found: String,
    },
    /// A training set that strokes do not fit.
    #[error(
        "{name}: {found}; strokes, which are to be mixed in, are images of 28×28 pixels in 10 classes: \
         leave them out, or take another training set"
    )]
    DoesNotFit {
        /// The training set.
        name: String,
        /// What it has.
        found: String,
    },
}

impl Mix {
    /// Reads `strokes=SHARE`, or `none`.
    ///
    /// # Errors
    /// [`MixError::Unknown`], [`MixError::Share`].
    pub fn parse(text: &str) -> Result<Self, MixError> {
        if matches!(text.trim(), "" | "none") {
            return Ok(Self::default());
        }
        let Some(("strokes", share)) = text.split_once('=').map(|(word, share)| (word.trim(), share.trim()))
        else {
            return Err(MixError::Unknown { found: text.into() });
        };
        let strokes = share.parse().map_err(|_| MixError::Share { found: share.into() })?;
        let mix = Self { strokes };
        mix.check().map(|()| mix)
    }

    /// Refuses a share that cannot be.
    ///
    /// # Errors
    /// [`MixError::Share`].
    pub fn check(&self) -> Result<(), MixError> {
        if (0.0..=MOST).contains(&self.strokes) {
            Ok(())
        } else {
            Err(MixError::Share { found: self.strokes.to_string() })
        }
    }

    /// Whether nothing is mixed in.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.strokes == 0.0
    }

    /// How many strokes come to `images` images, so that they are the wanted share of the sum.
    #[must_use]
    pub fn strokes_for(&self, images: usize) -> usize {
        (images as f64 * self.strokes / (1.0 - self.strokes)).round() as usize
    }

    /// Refuses a training set that what is mixed in does not fit.
    ///
    /// # Errors
    /// As [`Mix::into_training`].
    pub fn check_with(&self, train: &Dataset) -> Result<(), MixError> {
        self.check()?;
        let [height, width] = train.shape();
        let name = train.name().to_string();
        if self.is_none() || (train.shape() == [28, 28] && train.classes() <= 10) {
            Ok(())
        } else if train.shape() == [28, 28] {
            Err(MixError::DoesNotFit { name, found: format!("{} classes", train.classes()) })
        } else {
            Err(MixError::DoesNotFit { name, found: format!("images of {height}×{width} pixels") })
        }
    }

    /// `train` followed by as many strokes as the share asks for, drawn for this training: image 0 and on of `seed`.
    /// Validation images must be split off before, so that they are the set's own.
    ///
    /// # Errors
    /// [`MixError::Share`]; [`MixError::DoesNotFit`] for images of another size, or more than ten classes.
    pub fn into_training(self, train: &Dataset, seed: u64) -> Result<Dataset, MixError> {
        self.check_with(train)?;
        if self.is_none() {
            return Ok(train.clone());
        }
        let (drawn, _) = strokes::load(self.strokes_for(train.len()), 0, seed);
        let name = format!("{} and {} % strokes", train.name(), self.strokes * 100.0);
        let pixels = [train.pixels(), drawn.pixels()].concat();
        let labels = [train.labels(), drawn.labels()].concat();
        Ok(Dataset::made(&name, train.shape(), 10, pixels, labels))
    }
}

impl FromStr for Mix {
    type Err = MixError;

    fn from_str(text: &str) -> Result<Self, MixError> {
        Self::parse(text)
    }
}

/// What [`Mix::parse`] reads back as the same.
impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() { f.write_str("none") } else { write!(f, "strokes={}", self.strokes) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_the_share_that_was_asked_for_and_follow_the_sets_own_images() {
        let (train, _) = strokes::load(80, 0, 1);
        let mixed = Mix::parse("strokes=0.2").unwrap().into_training(&train, 7).unwrap();
        assert_eq!((mixed.len(), mixed.shape(), mixed.classes()), (100, [28, 28], 10));
        assert_eq!(mixed.slice(0..80).sha256(), train.sha256());
        assert_eq!(mixed.slice(80..100).sha256(), strokes::load(20, 0, 7).0.sha256());
        assert_eq!(mixed.name(), "strokes and 20 % strokes");
        assert_eq!(Mix::default().into_training(&train, 7).unwrap().sha256(), train.sha256());
    }

    #[test]
    fn mixes_are_read_written_and_refused() {
        for text in ["none", "strokes=0.2", "strokes=0.9"] {
            assert_eq!(Mix::parse(text).unwrap().to_string(), text);
        }
        for (text, expected) in [
            ("letters=0.2", "strokes=SHARE"),
            ("strokes", "strokes=SHARE"),
            ("strokes=many", "from 0 to 0.9"),
            ("strokes=1", "from 0 to 0.9"),
            ("strokes=-0.1", "from 0 to 0.9"),
            ("strokes=NaN", "from 0 to 0.9"),
        ] {
            let error = Mix::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn sets_that_strokes_do_not_fit_are_refused() {
        let mix = Mix { strokes: 0.1 };
        let small = Dataset::new("small", [12, 12], vec![0; 144], vec![0]).unwrap();
        let letters = Dataset::new("letters", [28, 28], vec![0; 784], vec![25]).unwrap();
        for set in [small, letters] {
            let error = mix.into_training(&set, 0).unwrap_err();
            assert!(matches!(&error, MixError::DoesNotFit { .. }), "{error}");
            assert!(Mix::default().into_training(&set, 0).is_ok());
        }
    }
}
