//! What was read in a picture: plain data.

use serde::Serialize;

use super::Area;
use super::judge::divisor;

/// A digit and how likely it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// 0 to 9.
    pub digit: u8,
    /// 0 to 1.
    pub confidence: f32,
}

/// A digit that was read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Digit {
    /// 0 to 9.
    pub digit: u8,
    /// How likely it is that this is a digit, and this one: 0 to 1.
    pub confidence: f32,
    /// Where its ink is, in the picture's pixels.
    #[serde(rename = "box")]
    pub area: Area,
    /// Its line, counted from 0 at the top.
    pub line: usize,
    /// The next likely digits, likelier first.
    pub alternatives: [Alternative; 2],
}

/// What stands between digits without being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Mark {
    /// A decimal point, or a comma.
    Point,
    /// A dash, or a minus.
    Dash,
}

/// A mark between digits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Separator {
    /// What it is.
    pub mark: Mark,
    /// Where its ink is, in the picture's pixels.
    #[serde(rename = "box")]
    pub area: Area,
    /// Its line, counted from 0 at the top; where that holds marks alone, the next line that has digits, or would have.
    pub line: usize,
}

/// Why something was not read as a digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Reason {
    /// It looks like no digit.
    NoDigit,
    /// It may be a digit, but none is likely enough.
    Unsure,
}

/// Ink that was not read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rejected {
    /// Where it is, in the picture's pixels.
    #[serde(rename = "box")]
    pub area: Area,
    /// Why.
    pub reason: Reason,
    /// The likeliest digit, had it to be one.
    pub best: Alternative,
}

/// All that was read in a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reading {
    /// By line, in each line from left to right.
    pub digits: Vec<Digit>,
    /// Points and dashes, in the same order.
    pub separators: Vec<Separator>,
    /// What was not read.
    pub rejected: Vec<Rejected>,
}

impl Reading {
    /// The same where each digit is none `times` as often, for each time that it is one, as it says.
    pub(super) fn doubted(mut self, times: f32) -> Self {
        for digit in &mut self.digits {
            let divisor = divisor(digit.confidence, times);
            digit.confidence /= divisor;
            digit.alternatives.iter_mut().for_each(|other| other.confidence /= divisor);
        }
        self
    }

    /// Moves the digits that are less likely than `least` to what was not read.
    pub(super) fn refuse_below(&mut self, least: f32) {
        for Digit { digit, confidence, area, .. } in
            self.digits.extract_if(.., |digit| digit.confidence < least)
        {
            let best = Alternative { digit, confidence };
            self.rejected.push(Rejected { area, reason: Reason::Unsure, best });
        }
    }

    /// The digits as text, lines parted by line feeds.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.digits.len());
        let mut line = None;
        for digit in &self.digits {
            if line.is_some_and(|line| line != digit.line) {
                text.push('\n');
            }
            line = Some(digit.line);
            text.push(char::from(b'0' + digit.digit.min(9)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parted_by_line_feeds() {
        let alternatives = [Alternative { digit: 7, confidence: 0.1 }; 2];
        let digit = |digit, line| Digit { digit, confidence: 0.9, area: Area::all(1, 1), line, alternatives };
        let reading = Reading { digits: vec![digit(1, 0), digit(2, 0), digit(3, 2)], ..Reading::default() };
        assert_eq!(reading.text(), "12\n3");
        let doubted = reading.doubted(3.0);
        assert_eq!(doubted.text(), "12\n3");
        assert!((doubted.digits[0].confidence - 0.75).abs() < 1e-6);
        assert!((doubted.digits[0].alternatives[1].confidence - 0.1 / 1.2).abs() < 1e-6);
        assert_eq!(Reading::default().text(), "");
    }
}
