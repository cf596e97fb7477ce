//! Settings as text: `rotate=15,scale=0.1`, a preset's name, or a preset changed: `full,elastic=0`.

use std::fmt;
use std::str::FromStr;

use super::{Augment, AugmentError, Fill};

/// Presets: name, and what it stands for.
pub const PRESETS: [(&str, &str); 6] = [
    ("none", ""),
    ("shift", "shift=2"),
    ("light", "rotate=10,scale=0.1,shear=5,translate=1.5"),
    ("full", "rotate=12,scale=0.12,shear=10,translate=2,elastic=2,thickness=0.4"),
    (
        "rough",
        "rotate=32,scale=0.42,shear=28,translate=6,thickness=0.3,focus=4,\
         outline=0.05,blur=0.06,marks=0.1,invert=0.04,light=0.08,noise=0.1",
    ),
    (
        "world",
        "rotate=32,scale=0.42,shear=28,translate=6,thickness=0.6,focus=4,\
         outline=0.03,blur=0.06,marks=0.08,invert=0.03,light=0.08,noise=0.08,resample=0.2",
    ),
];

/// One setting: its word, and how it is read, written and checked.
pub(super) struct Setting {
    word: &'static str,
    kind: Kind,
}

enum Kind {
    /// An amount within limits.
    Amount { of: fn(&mut Augment) -> &mut f32, least: f32, most: f32, unit: &'static str },
    /// A whole number of pixels.
    Whole { of: fn(&mut Augment) -> &mut u32, most: u32 },
    /// What is put where it was erased.
    Fill,
}

const fn amount(
    word: &'static str,
    of: fn(&mut Augment) -> &mut f32,
    least: f32,
    most: f32,
    unit: &'static str,
) -> Setting {
    Setting { word, kind: Kind::Amount { of, least, most, unit } }
}

/// All settings, in the order in which they are written.
pub(super) const SETTINGS: [Setting; 19] = [
    amount("rotate", |a| &mut a.rotate, 0.0, 180.0, " degrees"),
    amount("scale", |a| &mut a.scale, 0.0, 0.5, ""),
    amount("shear", |a| &mut a.shear, 0.0, 30.0, " degrees"),
    Setting { word: "shift", kind: Kind::Whole { of: |a| &mut a.shift, most: 16 } },
    amount("translate", |a| &mut a.translate, 0.0, 16.0, " pixels"),
    amount("elastic", |a| &mut a.elastic, 0.0, 8.0, " pixels"),
    amount("smoothness", |a| &mut a.smoothness, 4.0, 32.0, " pixels"),
    amount("thickness", |a| &mut a.thickness, 0.0, 1.0, ""),
    amount("erase", |a| &mut a.erase, 0.0, 1.0, ""),
    amount("erase-area", |a| &mut a.erase_area, 0.02, 1.0, ""),
    Setting { word: "erase-fill", kind: Kind::Fill },
    amount("focus", |a| &mut a.focus, 1.0, 8.0, ""),
    amount("outline", |a| &mut a.outline, 0.0, 1.0, ""),
    amount("blur", |a| &mut a.blur, 0.0, 1.0, ""),
    amount("marks", |a| &mut a.marks, 0.0, 1.0, ""),
    amount("invert", |a| &mut a.invert, 0.0, 1.0, ""),
    amount("light", |a| &mut a.light, 0.0, 1.0, ""),
    amount("noise", |a| &mut a.noise, 0.0, 1.0, ""),
    amount("resample", |a| &mut a.resample, 0.0, 1.0, ""),
];

impl Setting {
    fn expected(&self) -> String {
        match &self.kind {
            Kind::Amount { least, most, unit, .. } => format!("a number from {least} to {most}{unit}"),
            Kind::Whole { most, .. } => format!("a whole number of pixels from 0 to {most}"),
            Kind::Fill => "black or noise".into(),
        }
    }

    fn wrong(&self, found: impl fmt::Display) -> AugmentError {
        AugmentError::Value { word: self.word, found: found.to_string(), expected: self.expected() }
    }

    pub(super) fn check(&self, augment: &Augment) -> Result<(), AugmentError> {
        let augment = &mut augment.clone();
        match &self.kind {
            Kind::Amount { of, least, most, .. } => {
                let value = *of(augment);
                if (*least..=*most).contains(&value) { Ok(()) } else { Err(self.wrong(value)) }
            }
            Kind::Whole { of, most } => {
                let value = *of(augment);
                if value <= *most { Ok(()) } else { Err(self.wrong(value)) }
            }
            Kind::Fill => Ok(()),
        }
    }

    fn read(&self, augment: &mut Augment, text: &str) -> Result<(), AugmentError> {
        match &self.kind {
            Kind::Amount { of, .. } => *of(augment) = text.parse().map_err(|_| self.wrong(text))?,
            Kind::Whole { of, .. } => *of(augment) = text.parse().map_err(|_| self.wrong(text))?,
            Kind::Fill => {
                augment.erase_fill = match text {
                    "black" => Fill::Black,
                    "noise" => Fill::Noise,
                    _ => return Err(self.wrong(text)),
                }
            }
        }
        self.check(augment)
    }

    fn write(&self, augment: &Augment) -> String {
        let augment = &mut augment.clone();
        match &self.kind {
            Kind::Amount { of, .. } => of(augment).to_string(),
            Kind::Whole { of, .. } => of(augment).to_string(),
            Kind::Fill => match augment.erase_fill {
                Fill::Black => "black".into(),
                Fill::Noise => "noise".into(),
            },
        }
    }
}

impl Augment {
    /// Reads `SETTING=AMOUNT,…`, where the first word may be a [preset](PRESETS) instead. An empty text is `none`.
    ///
    /// # Errors
    /// Names the word that is wrong, and what was expected.
    pub fn parse(text: &str) -> Result<Self, AugmentError> {
        let mut augment = Self::default();
        let mut seen = [false; SETTINGS.len()];
        for (place, part) in text.split(',').map(str::trim).enumerate() {
            if place == 0
                && let Some((_, meaning)) = PRESETS.iter().find(|(name, _)| *name == part)
            {
                augment = Self::parse(meaning)?;
                continue;
            }
            if text.trim().is_empty() {
                break;
            }
            let (word, value) = match part.split_once('=') {
                Some((word, value)) => (word.trim(), Some(value.trim())),
                None => (part, None),
            };
            let Some(which) = SETTINGS.iter().position(|setting| setting.word == word) else {
                return Err(unknown(word, place == 0));
            };
            let setting = &SETTINGS[which];
            let Some(value) = value else {
                return Err(AugmentError::NoValue { word: setting.word, expected: setting.expected() });
            };
            if std::mem::replace(&mut seen[which], true) {
                return Err(AugmentError::Twice { word: setting.word });
            }
            setting.read(&mut augment, value)?;
        }
        Ok(augment)
    }
}

fn unknown(word: &str, first: bool) -> AugmentError {
    let list = |words: Vec<&str>| words.join(", ");
    let mut expected = format!("SETTING=AMOUNT with {}", list(SETTINGS.iter().map(|s| s.word).collect()));
    if first {
        let presets = list(PRESETS.iter().map(|(name, _)| *name).collect());
        expected = format!("a preset ({presets}) or {expected}");
    }
    AugmentError::UnknownWord { word: word.into(), expected }
}

impl FromStr for Augment {
    type Err = AugmentError;

    fn from_str(text: &str) -> Result<Self, AugmentError> {
        Self::parse(text)
    }
}

/// What [`Augment::parse`] reads back as the same: the settings that are not their defaults, or `none`.
impl fmt::Display for Augment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Self::default();
        let mut words = Vec::new();
        for setting in &SETTINGS {
            let value = setting.write(self);
            if value != setting.write(&default) {
                words.push(format!("{}={value}", setting.word));
            }
        }
        if words.is_empty() { f.write_str("none") } else { f.write_str(&words.join(",")) }
    }
}
