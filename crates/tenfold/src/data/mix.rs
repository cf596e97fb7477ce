//! Mixes images that Tenfold draws itself into a training set. Reads no files.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Dataset, others, strokes};

/// What is mixed into a training set. The default is: nothing.
///
/// Text such as `strokes=0.2,others=0.1` is read by [`Mix::parse`] and written by `Display`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mix {
    /// Share of [strokes] among the images of an epoch, 0 to [`MOST`]. The set's own images are all kept.
    pub strokes: f64,
    /// Share of strokes in [all hands](strokes::any_hand), rare ones much more often than in MNIST.
    pub hands: f64,
    /// Share of [images that show no digit](others). They get a class of their own, the last: the network learns to say so.
    pub others: f64,
    /// Share of what is cut from written pages, [digits and what is none](crate::read::lessons::scenes).
    pub scenes: f64,
    /// Share of what is seen by few pixels, [digits and what is none](crate::read::lessons::scans).
    pub scans: f64,
}

/// So many images, with the training set's digits, for a seed.
pub type Lesson = fn(usize, &Dataset, u64) -> Dataset;

/// What takes a reader to make, for a [`Mix`], which cannot read: [`LESSONS`](crate::read::lessons::LESSONS).
#[derive(Clone, Copy, Debug)]
pub struct Lessons {
    /// What is cut from written pages.
    pub scenes: Lesson,
    /// What is seen by few pixels.
    pub scans: Lesson,
}

/// The largest share that can be mixed in, all together.
pub const MOST: f64 = 0.9;

/// Digits, which are what everything is mixed with.
const DIGITS: usize = 10;

/// What can be mixed in.
struct Kind {
    word: &'static str,
    /// Where its share is.
    share: fn(&mut Mix) -> &mut f64,
    /// Whether some of it is no digit.
    rejects: bool,
    /// So many images, beside a training set, for a seed.
    draw: fn(usize, &Dataset, u64, Lessons) -> Dataset,
}

/// In the order in which they are mixed in.
const KINDS: [Kind; 5] = [
    Kind {
        word: "strokes",
        share: |mix| &mut mix.strokes,
        rejects: false,
        draw: |count, _, seed, _| strokes::load(count, 0, seed).0,
    },
    Kind {
        word: "hands",
        share: |mix| &mut mix.hands,
        rejects: false,
        draw: |count, _, seed, _| strokes::any_hand(count, 0, seed).0,
    },
    Kind {
        word: "others",
        share: |mix| &mut mix.others,
        rejects: true,
        draw: |count, _, seed, _| others::load(count, 0, seed).0,
    },
    Kind {
        word: "scenes",
        share: |mix| &mut mix.scenes,
        rejects: true,
        draw: |count, train, seed, lessons| (lessons.scenes)(count, train, seed),
    },
    Kind {
        word: "scans",
        share: |mix| &mut mix.scans,
        rejects: true,
        draw: |count, train, seed, lessons| (lessons.scans)(count, train, seed),
    },
];

/// Why something cannot be mixed in.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MixError {
    /// A text that is no mix.
    #[error(
        "mix: {found:?} is not known; expected strokes=SHARE, hands=SHARE, others=SHARE, scenes=SHARE and scans=SHARE with \
         commas between (numbers from 0 to {MOST}), or none"
    )]
    Unknown {
        /// The text.
        found: String,
    },
    /// A share that cannot be.
    #[error("mix: {word} is {found}; expected a number from 0 to {MOST}")]
    Share {
        /// Of what.
        word: &'static str,
        /// The share.
        found: String,
    },
    /// Something that is asked for twice.
    #[error("mix: {word} is given twice; leave one out")]
    Twice {
        /// What.
        word: &'static str,
    },
    /// Shares that leave too little of the set's own images.
    #[error("mix: the shares add up to {found}; at most {MOST} is possible")]
    Sum {
        /// Their sum.
        found: String,
    },
    /// A training set that digits do not fit.
    #[error(
        "{name}: {found}; what is to be mixed in are images of 28×28 pixels in 10 classes of digits: \
         leave it out, or take another training set"
    )]
    DoesNotFit {
        /// The training set.
        name: String,
        /// What it has.
        found: String,
    },
}

impl Mix {
    /// Reads `strokes=SHARE,hands=SHARE,others=SHARE,scenes=SHARE,scans=SHARE`, each of them or not, or `none`.
    ///
    /// # Errors
    /// [`MixError::Unknown`], [`MixError::Share`], [`MixError::Twice`], [`MixError::Sum`].
    pub fn parse(text: &str) -> Result<Self, MixError> {
        let mut mix = Self::default();
        if matches!(text.trim(), "" | "none") {
            return Ok(mix);
        }
        let mut seen = [false; KINDS.len()];
        for part in text.split(',') {
            let known = part.split_once('=').and_then(|(word, share)| {
                let which = KINDS.iter().position(|kind| kind.word == word.trim())?;
                Some((which, share.trim()))
            });
            let Some((which, share)) = known else { return Err(MixError::Unknown { found: text.into() }) };
            let Kind { word, share: of, .. } = KINDS[which];
            if std::mem::replace(&mut seen[which], true) {
                return Err(MixError::Twice { word });
            }
            *of(&mut mix) = share.parse().map_err(|_| MixError::Share { word, found: share.into() })?;
        }
        mix.check().map(|()| mix)
    }

    /// Each kind with its share.
    fn shares(&self) -> [(Kind, f64); KINDS.len()] {
        let mut mix = *self;
        KINDS.map(|kind| {
            let share = *(kind.share)(&mut mix);
            (kind, share)
        })
    }

    fn sum(&self) -> f64 {
        self.shares().iter().map(|(_, share)| share).sum()
    }

    /// Refuses shares that cannot be.
    ///
    /// # Errors
    /// [`MixError::Share`], [`MixError::Sum`].
    pub fn check(&self) -> Result<(), MixError> {
        for (kind, share) in self.shares() {
            if !(0.0..=MOST).contains(&share) {
                return Err(MixError::Share { word: kind.word, found: share.to_string() });
            }
        }
        // Shares that add up to it in decimal may be a hair above in binary.
        if self.sum() > MOST + 1e-9 { Err(MixError::Sum { found: self.sum().to_string() }) } else { Ok(()) }
    }

    /// Whether nothing is mixed in.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.sum() == 0.0
    }

    /// Whether there is a class for what is no digit, after the others.
    #[must_use]
    pub fn rejects(&self) -> bool {
        self.shares().iter().any(|(kind, share)| kind.rejects && *share > 0.0)
    }

    /// Classes of the mixture, where the set itself has `classes`.
    #[must_use]
    pub fn classes(&self, classes: usize) -> usize {
        if self.is_none() { classes } else { DIGITS + usize::from(self.rejects()) }
    }

    /// How many images of each kind come to `images` images, so that they are the wanted share of the sum: (what, how many).
    #[must_use]
    pub fn counts(&self, images: usize) -> [(&'static str, usize); KINDS.len()] {
        let own = 1.0 - self.sum();
        self.shares().map(|(kind, share)| (kind.word, (images as f64 * share / own).round() as usize))
    }

    /// Refuses a training set that what is mixed in does not fit.
    ///
    /// # Errors
    /// As [`Mix::into_training`].
    pub fn check_with(&self, train: &Dataset) -> Result<(), MixError> {
        self.check()?;
        if self.is_none() {
            return Ok(());
        }
        let [height, width] = train.shape();
        let found = if [height, width] != [28, 28] {
            format!("images of {height}×{width} pixels")
        } else if train.classes() > DIGITS {
            format!("{} classes", train.classes())
        } else {
            return Ok(());
        };
        Err(MixError::DoesNotFit { name: train.name().into(), found })
    }

    /// `train` followed by as many images of each kind as its share asks for, drawn for this training: image 0 and on of
    /// `seed`. Validation images must be split off before, so that they are the set's own. `lessons`:
    /// [`LESSONS`](crate::read::lessons::LESSONS).
    ///
    /// # Errors
    /// [`MixError::Share`], [`MixError::Sum`]; [`MixError::DoesNotFit`] for images of another size, or more than ten
    /// classes.
    pub fn into_training(self, train: &Dataset, seed: u64, lessons: Lessons) -> Result<Dataset, MixError> {
        self.check_with(train)?;
        if self.is_none() {
            return Ok(train.clone());
        }
        let mut name = train.name().to_string();
        let (mut pixels, mut labels) = (train.pixels().to_vec(), train.labels().to_vec());
        for ((word, count), (kind, share)) in self.counts(train.len()).into_iter().zip(self.shares()) {
            if share == 0.0 {
                continue;
            }
            let drawn = (kind.draw)(count, train, seed, lessons);
            pixels.extend_from_slice(drawn.pixels());
            labels.extend_from_slice(drawn.labels());
            name.push_str(&format!(" and {} % {word}", (share * 1e6).round() / 1e4));
        }
        Ok(Dataset::made(&name, train.shape(), self.classes(DIGITS), pixels, labels))
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
        let shares = self.shares().into_iter().filter(|(_, share)| *share != 0.0);
        let words: Vec<_> = shares.map(|(kind, share)| format!("{}={share}", kind.word)).collect();
        if words.is_empty() { f.write_str("none") } else { f.write_str(&words.join(",")) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::read::lessons::{LESSONS, scans, scenes};

    #[test]
    fn strokes_are_the_share_that_was_asked_for_and_follow_the_sets_own_images() {
        let (train, _) = strokes::load(80, 0, 1);
        let mixed = Mix::parse("strokes=0.2").unwrap().into_training(&train, 7, LESSONS).unwrap();
        assert_eq!((mixed.len(), mixed.shape(), mixed.classes()), (100, [28, 28], 10));
        assert_eq!(mixed.slice(0..80).sha256(), train.sha256());
        assert_eq!(mixed.slice(80..100).sha256(), strokes::load(20, 0, 7).0.sha256());
        assert_eq!(mixed.name(), "strokes and 20 % strokes");
        assert_eq!(Mix::default().into_training(&train, 7, LESSONS).unwrap().sha256(), train.sha256());
    }

    #[test]
    fn what_is_no_digit_gets_a_class_of_its_own() {
        let (train, _) = strokes::load(60, 0, 1);
        let mix = Mix::parse("strokes=0.1,hands=0.1,others=0.2").unwrap();
        let mixed = mix.into_training(&train, 7, LESSONS).unwrap();
        assert_eq!((mixed.len(), mixed.classes(), mix.classes(10), mix.rejects()), (100, 11, 11, true));
        assert_eq!(mixed.slice(60..70).sha256(), strokes::load(10, 0, 7).0.sha256());
        assert_eq!(mixed.slice(70..80).sha256(), strokes::any_hand(10, 0, 7).0.sha256());
        assert!(mixed.labels()[80..].iter().all(|&label| label == 10));
        assert_eq!(mixed.name(), "strokes and 10 % strokes and 10 % hands and 20 % others");
        assert_eq!((Mix::default().classes(7), Mix::default().rejects()), (7, false));
        let with_scenes = Mix::parse("scenes=0.25").unwrap().into_training(&train, 7, LESSONS).unwrap();
        assert_eq!(
            (with_scenes.len(), with_scenes.classes(), with_scenes.name()),
            (80, 11, "strokes and 25 % scenes")
        );
        assert_eq!(with_scenes.slice(60..80).sha256(), scenes(20, &train, 7).sha256());
        let with_scans = Mix::parse("scans=0.25").unwrap().into_training(&train, 7, LESSONS).unwrap();
        assert_eq!((with_scans.classes(), with_scans.name()), (11, "strokes and 25 % scans"));
        assert_eq!(with_scans.slice(60..80).sha256(), scans(20, &train, 7).sha256());
    }

    #[test]
    fn mixes_are_read_written_and_refused() {
        for text in [
            "none",
            "strokes=0.2",
            "strokes=0.9",
            "others=0.1",
            "strokes=0.2,hands=0.1,others=0.1,scenes=0.1,scans=0.05",
        ] {
            assert_eq!(Mix::parse(text).unwrap().to_string(), text);
        }
        for (text, expected) in [
            ("letters=0.2", "strokes=SHARE"),
            ("strokes", "strokes=SHARE"),
            ("strokes=many", "from 0 to 0.9"),
            ("strokes=1", "from 0 to 0.9"),
            ("strokes=-0.1", "from 0 to 0.9"),
            ("strokes=NaN", "from 0 to 0.9"),
            ("strokes=0.1,others=2", "others is 2; expected a number from 0 to 0.9"),
            ("strokes=0.1,", "strokes=SHARE"),
            ("strokes=0.1,strokes=0.1", "strokes is given twice"),
            ("strokes=0.5,others=0.5", "add up to 1;"),
        ] {
            let error = Mix::parse(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn settings_from_before_a_kind_was_known_have_none_of_it() {
        let old: Mix = serde_json::from_str(r#"{"hands": 0.1, "scenes": 0.1}"#).unwrap();
        assert_eq!(old, Mix { hands: 0.1, scenes: 0.1, ..Mix::default() });
    }

    #[test]
    fn sets_that_strokes_do_not_fit_are_refused() {
        let mix = Mix { strokes: 0.1, ..Mix::default() };
        let small = Dataset::new("small", [12, 12], vec![0; 144], vec![0]).unwrap();
        let letters = Dataset::new("letters", [28, 28], vec![0; 784], vec![25]).unwrap();
        for set in [small, letters] {
            let error = mix.into_training(&set, 0, LESSONS).unwrap_err();
            assert!(matches!(&error, MixError::DoesNotFit { .. }), "{error}");
            assert!(Mix::default().into_training(&set, 0, LESSONS).is_ok());
        }
    }
}
