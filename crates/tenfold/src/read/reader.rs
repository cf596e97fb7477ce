//! The way from a picture to its digits, step by step: size, paper, ink, parts, lines, groups, answers.

use std::cell::LazyCell;

use super::choose::{self, Atom, Span, Verdict};
use super::draft::{Draft, MOST_ATOMS};
use super::judge::{Judge, Opinion};
use super::prepare::{Ink, Polarity, Working, coarse, input, looked_at, ready};
use super::reading::{Alternative, Digit, Reading, Reason, Rejected, Separator};
use super::segment::{Line, lines, without_rules};
use super::{Area, Picture, ReadError};
use crate::model::Sequential;

/// How pictures are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadOptions {
    /// Digits less likely than this are rejected as [`Reason::Unsure`]: 0 to 1.
    pub min_confidence: f32,
    /// Threads the network uses; 0: one per core.
    pub threads: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { min_confidence: LEAST, threads: 1 }
    }
}

/// A digit less likely than this counts as none while ways to read a picture are weighed, whatever is asked for: what is
/// listed in the end must not change what is read.
const LEAST: f32 = 0.35;
/// Parts that the network is less sure of than this are tried cut, too.
const DOUBTFUL: f32 = 0.9;
/// So are parts wider than this many of their heights.
const WIDE: f32 = 0.95;
/// Where more than this many parts are doubtful, the picture is no page of digits, and none is cut.
const MOST_DOUBTFUL: usize = 400;
/// Groups the network is asked about at once, about: where there were more, groups are of fewer parts, at least of one.
const MOST_SPANS: usize = 5000;
/// A picture seen by few pixels is the digit that is this likely: its parts would tell less.
const LIKELY: f32 = 0.5;
/// How much more a reading must be believed to be taken although less speaks for it.
const MUCH: f32 = 0.1;

/// All ink on a picture is tried as one digit where it was read as no more groups than this, and is no wider than this many
/// of its heights.
const MOST_PIECES: usize = 8;
const WIDEST_ALONE: f32 = 1.6;

/// Reads all digits on a picture.
pub struct Reader {
    judge: Judge,
    options: ReadOptions,
}

impl Reader {
    /// With `models`, which answer together: softmax over the ten digits, or those and "no digit".
    ///
    /// # Errors
    /// [`ReadError::Classes`] for other outputs; [`ReadError::Model`] where the models cannot be computed.
    pub fn new(models: &[&Sequential], options: ReadOptions) -> Result<Self, ReadError> {
        Ok(Self { judge: Judge::new(models, options.threads)?, options })
    }

    /// Lines from the top, in each the digits from the left. A picture without ink has an empty reading.
    pub fn read(&mut self, picture: &Picture) -> Reading {
        self.read_with(picture, &mut Steps(None))
    }

    /// The same, showing what the picture has become after each step: `show` is given the step's name and the picture.
    pub fn read_showing(&mut self, picture: &Picture, show: &mut dyn FnMut(&str, &Picture)) -> Reading {
        self.read_with(picture, &mut Steps(Some(show)))
    }

    fn read_with(&mut self, picture: &Picture, steps: &mut Steps<'_>) -> Reading {
        let mut reading = self.weigh(picture, steps);
        reading.refuse_below(self.options.min_confidence);
        reading
    }

    /// The most believable way to read the picture.
    fn weigh(&mut self, picture: &Picture, steps: &mut Steps<'_>) -> Reading {
        if picture.pixels.is_empty() {
            return Reading::default();
        }
        let whole = match self.ready(picture, steps) {
            Some(found) => Some((found, DOUBTFUL)),
            None => self.coarse(picture, steps).map(|found| (found, LIKELY)),
        };
        let single = whole.map(|((opinion, area), enough)| {
            let mut reading = Reading::default();
            self.enter(&mut reading, &opinion, area, 0, false);
            (reading, opinion.confidence() >= enough)
        });
        if let Some((reading, true)) = single {
            return reading;
        }
        let (working, first) = looked_at(picture);
        steps.show("grey", || working.picture.clone());
        let usual = Ink::find(&working.picture, first);
        let mut found =
            usual.clone().map_or_else(Reading::default, |ink| self.read_ink(&working, ink, steps));
        // What is not believed may be a shadow, or what lies between strokes: what lies inside a 0 looks like a 1. So another way
        // must be believed much more.
        let other = Polarity { bright_ink: !first.bright_ink, sure: true };
        let turned = LazyCell::new(|| if first.sure { None } else { Ink::find(&working.picture, other) });
        let ways: [&dyn Fn() -> Option<Ink>; 4] = [
            &|| Ink::find_closely(&working.picture, first),
            &|| usual.clone()?.darkest(),
            &|| turned.clone(),
            &|| turned.clone()?.darkest(),
        ];
        for way in ways {
            if belief(&found) >= DOUBTFUL {
                break;
            }
            let Some(ink) = way() else { continue };
            let next = self.read_ink(&working, ink, steps);
            if belief(&next) > belief(&found) + MUCH {
                found = next;
            }
        }
        match single {
            Some((reading, _)) if belief(&reading) >= belief(&found) => reading,
            _ => found,
        }
    }

    /// A picture that is a network's input already.
    fn ready(&mut self, picture: &Picture, steps: &mut Steps<'_>) -> Option<(Opinion, Area)> {
        let [height, width] = self.judge.input();
        let pixels = ready(picture, [height, width])?;
        let opinion = *self.judge.opinions(&pixels).first()?;
        steps.show("inputs", || Picture { height, width, pixels });
        Some((opinion, Area::all(picture.height, picture.width)))
    }

    /// A picture seen by few pixels, as one digit.
    fn coarse(&mut self, picture: &Picture, steps: &mut Steps<'_>) -> Option<(Opinion, Area)> {
        let [height, width] = self.judge.input();
        let ways = coarse(picture, [height, width]);
        let inputs: Vec<u8> = ways.iter().flat_map(|way| &way.input).copied().collect();
        let opinions = self.judge.opinions(&inputs).into_iter().zip(ways);
        // What is less plainly the ink must be believed much more.
        let (opinion, way) = opinions.reduce(|plainer, other| {
            if other.0.confidence() > plainer.0.confidence() + MUCH { other } else { plainer }
        })?;
        steps.show("inputs", || Picture { height, width, pixels: way.input });
        Some((opinion, way.area))
    }

    fn read_ink(&mut self, working: &Working, mut ink: Ink, steps: &mut Steps<'_>) -> Reading {
        steps.show("ink", || ink.levels.clone());
        let found = lines(without_rules(&mut ink));
        steps.show("writing", || drawn(&ink, &found));
        let mut drafts: Vec<Draft> = found.into_iter().map(Draft::new).collect();
        self.choose(&ink, drafts.iter_mut().collect());
        let doubtful: Vec<Vec<bool>> = drafts.iter().map(doubtful).collect();
        if doubtful.iter().flatten().filter(|&&doubtful| doubtful).count() <= MOST_DOUBTFUL {
            let mut changed = Vec::new();
            for (draft, doubtful) in drafts.iter_mut().zip(&doubtful) {
                if draft.cut(&ink, doubtful) {
                    changed.push(draft);
                }
            }
            self.choose(&ink, changed);
        }
        let mut reading = self.reading(working, &drafts);
        if let Some(alone) = self.alone(&ink, &mut drafts, belief(&reading)) {
            drafts = vec![alone];
            reading = self.reading(working, &drafts);
        }
        if drafts.iter().any(|draft| !draft.chosen.is_empty()) {
            steps.show("inputs", || self.inputs(&ink, &drafts));
        }
        reading
    }

    /// All ink on the picture as one digit, where the network believes that more than what was read: a 5 whose bar flew off is
    /// no line of its own.
    fn alone(&mut self, ink: &Ink, drafts: &mut Vec<Draft>, belief: f32) -> Option<Draft> {
        let areas = drafts.iter().flat_map(|draft| &draft.atoms).map(|atom| atom.part.area);
        let area = areas.reduce(|all, area| all.with(&area))?;
        let groups: usize = drafts.iter().map(|draft| draft.chosen.len()).sum();
        if !(2..=MOST_PIECES).contains(&groups) || area.width as f32 > WIDEST_ALONE * area.height as f32 {
            return None;
        }
        let parts: Vec<_> = drafts.iter().flat_map(|draft| &draft.atoms).map(|atom| &atom.part).collect();
        let opinion = *self.judge.opinions(&input(ink, &parts, self.judge.input())).first()?;
        if opinion.confidence() <= belief {
            return None;
        }
        let atoms: Vec<Atom> = drafts.drain(..).flat_map(|draft| draft.atoms).collect();
        let chosen = vec![(Span { first: 0, end: atoms.len() }, Verdict::Digit(opinion))];
        Some(Draft { height: area.height as f32, atoms, chosen })
    }

    /// What the network was shown of each group that was chosen, a row a line.
    fn inputs(&self, ink: &Ink, drafts: &[Draft]) -> Picture {
        let [height, width] = self.judge.input();
        let longest = drafts.iter().map(|draft| draft.chosen.len()).max().unwrap_or(0);
        let mut sheet = Picture::filled(drafts.len() * (height + 1), longest * (width + 1), 64);
        for (line, draft) in drafts.iter().enumerate() {
            for (number, (span, _)) in draft.chosen.iter().enumerate() {
                let image = draft.input(ink, *span, [height, width]);
                for (y, row) in image.chunks_exact(width).enumerate() {
                    let at = (line * (height + 1) + y) * sheet.width + number * (width + 1);
                    sheet.pixels[at..at + width].copy_from_slice(row);
                }
            }
        }
        sheet
    }

    /// Asks the network about all groups of the drafts at once, and parts each line as its answers say.
    fn choose(&mut self, ink: &Ink, drafts: Vec<&mut Draft>) {
        if drafts.is_empty() {
            return;
        }
        let size = self.judge.input();
        let of = |most| -> Vec<Vec<Span>> {
            drafts.iter().map(|draft| choose::spans(&draft.atoms, draft.height, most)).collect()
        };
        let few = |spans: &Vec<Vec<Span>>| spans.iter().map(Vec::len).sum::<usize>() <= MOST_SPANS;
        let spans = (1..=MOST_ATOMS).rev().map(of).find(few).unwrap_or_else(|| of(1));
        let mut inputs = Vec::new();
        for (draft, spans) in drafts.iter().zip(&spans) {
            spans.iter().for_each(|span| inputs.extend(draft.input(ink, *span, size)));
        }
        let mut opinions = self.judge.opinions(&inputs).into_iter();
        for (draft, spans) in drafts.into_iter().zip(&spans) {
            let opinions: Vec<Opinion> = opinions.by_ref().take(spans.len()).collect();
            draft.chosen = choose::best(&draft.atoms, spans, &opinions, draft.height);
        }
    }

    fn reading(&self, working: &Working, drafts: &[Draft]) -> Reading {
        let mut reading = Reading::default();
        let mut line = 0;
        for draft in drafts {
            let before = reading.digits.len();
            for (span, verdict) in &draft.chosen {
                let area = working.in_original(&choose::area(&draft.atoms, *span));
                match verdict {
                    Verdict::Mark(mark) => reading.separators.push(Separator { mark: *mark, area, line }),
                    Verdict::Digit(opinion) => self.enter(&mut reading, opinion, area, line, false),
                    Verdict::NoDigit(opinion) => self.enter(&mut reading, opinion, area, line, true),
                }
            }
            line += usize::from(reading.digits.len() > before);
        }
        reading
    }

    /// Enters what was found at a place.
    fn enter(&self, reading: &mut Reading, opinion: &Opinion, area: Area, line: usize, refused: bool) {
        let ranked = opinion.ranked().map(|(digit, confidence)| Alternative { digit, confidence });
        let [best, second, third, ..] = ranked;
        let reason = match () {
            () if refused || opinion.digit < 0.5 => Reason::NoDigit,
            () if best.confidence < LEAST.min(self.options.min_confidence) => Reason::Unsure,
            () => {
                let (digit, confidence) = (best.digit, best.confidence);
                reading.digits.push(Digit { digit, confidence, area, line, alternatives: [second, third] });
                return;
            }
        };
        reading.rejected.push(Rejected { area, reason, best });
    }
}

/// Which atoms of a draft may hold more than one digit.
fn doubtful(draft: &Draft) -> Vec<bool> {
    let mut doubtful = vec![false; draft.atoms.len()];
    for (span, verdict) in &draft.chosen {
        let area = choose::area(&draft.atoms, *span);
        let doubt = match verdict {
            Verdict::Digit(opinion) => {
                opinion.confidence() < DOUBTFUL || area.width as f32 > WIDE * area.height as f32
            }
            Verdict::NoDigit(_) => true,
            Verdict::Mark(_) => false,
        };
        doubtful[span.first..span.end].fill(doubt);
    }
    doubtful
}

/// Someone who watches the steps, or nobody.
struct Steps<'a>(Option<&'a mut Show<'a>>);

/// Is given a step's name, and what the picture has become.
type Show<'a> = dyn FnMut(&str, &Picture) + 'a;

impl Steps<'_> {
    fn show(&mut self, name: &str, picture: impl FnOnce() -> Picture) {
        if let Some(show) = &mut self.0 {
            show(name, &picture());
        }
    }
}

/// The parts of all lines, and nothing else.
fn drawn(ink: &Ink, lines: &[Line]) -> Picture {
    let mut picture = Picture::filled(ink.levels.height, ink.levels.width, 0);
    for run in lines.iter().flat_map(|line| &line.parts).flat_map(|part| &part.runs) {
        let at = run.y * picture.width;
        picture.pixels[at + run.start..at + run.end].fill(255);
    }
    picture
}

/// How far a reading can be believed: mean confidence, what was rejected counting as none, and so what is only listed because
/// less than [`LEAST`] was asked for.
fn belief(reading: &Reading) -> f32 {
    let sum: f32 = reading.digits.iter().map(|digit| digit.confidence).filter(|&sure| sure >= LEAST).sum();
    sum / (reading.digits.len() + reading.rejected.len()).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_counts_the_same_whether_it_is_listed_or_not() {
        let area = Area::all(1, 1);
        let alternatives = [Alternative { digit: 7, confidence: 0.1 }; 2];
        let digit = |confidence| Digit { digit: 1, confidence, area, line: 0, alternatives };
        let all = Reading { digits: vec![digit(0.9), digit(0.3), digit(LEAST)], ..Reading::default() };
        let mut some = all.clone();
        some.refuse_below(LEAST);
        assert_eq!((some.digits.len(), some.rejected.len()), (2, 1));
        assert_eq!(belief(&all), belief(&some));
        assert_eq!(belief(&some), (0.9 + LEAST) / 3.0);
    }
}
