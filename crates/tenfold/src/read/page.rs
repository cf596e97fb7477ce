//! The writing on a picture while it is being read: its ink, its lines in the making, and what the network is asked about them.
//! Asks nobody itself, so that several pages' questions can be asked together.

use super::Picture;
use super::choose::{self, Atom, Span, Verdict};
use super::draft::{Draft, MOST_ATOMS};
use super::judge::Opinion;
use super::prepare::{Ink, WAYS, input, varied};
use super::segment::{lines, without_rules};
use super::words::{begin_with_words, in_words};

/// Parts that the network is less sure of than this are tried cut, too; and a reading that is believed less is no answer yet.
pub const DOUBTFUL: f32 = 0.9;
/// So are parts wider than this many of their heights.
const WIDE: f32 = 0.95;
/// Digits that it is less sure of than this are shown to it in other ways, too.
const CERTAIN: f32 = 0.97;
/// What is so likely part of a word is not cut; nor is anything in a line most of which belongs to words.
const IN_WORD: f32 = 0.9;
const IN_WORDS: f32 = 0.8;
/// Where more than this many parts, or digits, are doubtful, the picture is no page of digits: none is cut, or shown in other ways.
const MOST_DOUBTFUL: usize = 400;
/// Groups the network is asked about at once, about: where there were more, groups are of fewer parts, at least of one.
const MOST_SPANS: usize = 5000;
/// So are they where these hold more pixels together, in the working picture: lines of a hatching, of which each goes across all of it.
const MOST_PIXELS: usize = 100_000_000;

/// All ink on a picture is tried as one digit where it was read as no more groups than this, and is no wider than this many
/// of its heights.
const MOST_PIECES: usize = 8;
const WIDEST_ALONE: f32 = 1.6;

/// What is written on a picture.
pub struct Page {
    ink: Ink,
    /// Lines from the top.
    pub drafts: Vec<Draft>,
}

/// Digits that the network is asked about once more: the line of each, and its place in that.
pub struct Doubts(Vec<[usize; 2]>);

/// What the network is asked about a page: of some of its lines, by their numbers, those groups that may be the right ones.
pub struct Question(Vec<(usize, Vec<usize>)>);

impl Page {
    /// With each part a digit, as far as is known.
    pub fn new(mut ink: Ink) -> Self {
        let found = lines(without_rules(&mut ink));
        Self { ink, drafts: found.into_iter().map(Draft::new).collect() }
    }

    /// What is asked first about all lines, and what each group looks like: `[groups, height, width]`, of this `[height, width]`.
    pub fn ask(&mut self, size: [usize; 2]) -> (Question, Vec<u8>) {
        self.ask_about((0..self.drafts.len()).collect(), size)
    }

    /// The same of some lines, after finding out what each can be parted into.
    fn ask_about(&mut self, lines: Vec<usize>, size: [usize; 2]) -> (Question, Vec<u8>) {
        let asked = || lines.iter().map(|&line| &self.drafts[line]);
        let of = |most| -> Vec<Vec<Span>> {
            asked().map(|draft| choose::spans(&draft.atoms, draft.height, most)).collect()
        };
        let pixels = |(draft, spans): (&Draft, &Vec<Span>)| -> usize {
            spans.iter().map(|span| choose::area(&draft.atoms, *span).pixels()).sum()
        };
        let few = |spans: &Vec<Vec<Span>>| {
            spans.iter().map(Vec::len).sum::<usize>() <= MOST_SPANS
                && asked().zip(spans).map(pixels).sum::<usize>() <= MOST_PIXELS
        };
        let spans = (1..=MOST_ATOMS).rev().map(of).find(few).unwrap_or_else(|| of(1));
        for (&line, spans) in lines.iter().zip(spans) {
            self.drafts[line].part_into(spans);
        }
        self.open(lines.into_iter(), size)
    }

    /// What must be known before these lines can be parted.
    fn open(&mut self, lines: impl Iterator<Item = usize>, size: [usize; 2]) -> (Question, Vec<u8>) {
        let mut open = Vec::new();
        let mut inputs = Vec::new();
        for line in lines {
            let draft = &mut self.drafts[line];
            let groups = draft.choose();
            for &group in &groups {
                inputs.extend(draft.input(&self.ink, draft.span(group), size));
            }
            if !groups.is_empty() {
                open.push((line, groups));
            }
        }
        (Question(open), inputs)
    }

    /// Enters the answers, of which there is one for each group. What is to be asked next about the same lines; nothing once each is
    /// parted.
    pub fn decide(
        &mut self,
        question: &Question,
        opinions: &[Opinion],
        size: [usize; 2],
    ) -> Option<(Question, Vec<u8>)> {
        let mut opinions = opinions.iter();
        for (line, groups) in &question.0 {
            for (&group, &opinion) in groups.iter().zip(&mut opinions) {
                self.drafts[*line].learn(&self.ink, group, opinion);
            }
        }
        let (next, inputs) = self.open(question.0.iter().map(|(line, _)| *line), size);
        if next.0.is_empty() { None } else { Some((next, inputs)) }
    }

    /// Cuts what may hold more than one digit. What is to be asked then, if anything.
    pub fn cut(&mut self, size: [usize; 2]) -> Option<(Question, Vec<u8>)> {
        let doubtful: Vec<Vec<bool>> = self
            .drafts
            .iter()
            .zip(begin_with_words(&self.drafts))
            .map(|(draft, begins)| doubtful(draft, begins))
            .collect();
        if doubtful.iter().flatten().filter(|&&doubtful| doubtful).count() > MOST_DOUBTFUL {
            return None;
        }
        let mut changed = Vec::new();
        for (line, (draft, doubtful)) in self.drafts.iter_mut().zip(&doubtful).enumerate() {
            if draft.cut(&self.ink, doubtful) {
                changed.push(line);
            }
        }
        if changed.is_empty() { None } else { Some(self.ask_about(changed, size)) }
    }

    /// The digits that are not certain, and what each looks like in other ways: `[digits, WAYS, height, width]`.
    pub fn doubts(&self, size: [usize; 2]) -> (Doubts, Vec<u8>) {
        let mut places = Vec::new();
        for (line, draft) in self.drafts.iter().enumerate() {
            for (number, (_, verdict)) in draft.chosen.iter().enumerate() {
                if matches!(verdict, Verdict::Digit(opinion) if opinion.confidence() < CERTAIN) {
                    places.push([line, number]);
                }
            }
        }
        if places.len() > MOST_DOUBTFUL {
            places.clear();
        }
        let other_ways = |&[line, number]: &[usize; 2]| {
            let draft = &self.drafts[line];
            varied(&draft.input(&self.ink, draft.chosen[number].0, size), size)
        };
        let inputs = places.iter().flat_map(other_ways).collect();
        (Doubts(places), inputs)
    }

    /// Takes each of these digits for what all ways of seeing it say together.
    pub fn settle(&mut self, doubts: &Doubts, opinions: &[Opinion]) {
        for (&[line, number], others) in doubts.0.iter().zip(opinions.chunks_exact(WAYS)) {
            if let Verdict::Digit(opinion) = &mut self.drafts[line].chosen[number].1 {
                *opinion = opinion.with_others(others);
            }
        }
    }

    /// All ink as one digit's input, where it could be one and was read as several: a 5 whose bar flew off is no line of its own.
    pub fn alone(&self, size: [usize; 2]) -> Option<Vec<u8>> {
        let atoms = || self.drafts.iter().flat_map(|draft| &draft.atoms);
        let area = atoms().map(|atom| atom.part.area).reduce(|all, area| all.with(&area))?;
        let groups: usize = self.drafts.iter().map(|draft| draft.chosen.len()).sum();
        if !(2..=MOST_PIECES).contains(&groups) || area.width as f32 > WIDEST_ALONE * area.height as f32 {
            return None;
        }
        Some(input(&self.ink, &atoms().map(|atom| &atom.part).collect::<Vec<_>>(), size))
    }

    /// Takes all ink for one digit.
    pub fn join(&mut self, opinion: Opinion) {
        let atoms: Vec<Atom> = self.drafts.drain(..).flat_map(|draft| draft.atoms).collect();
        self.drafts = vec![Draft::whole(atoms, Verdict::Digit(opinion))];
    }

    /// The parts of all lines, and nothing else.
    pub fn drawn(&self) -> Picture {
        let mut picture = Picture::filled(self.ink.levels.height, self.ink.levels.width, 0);
        let parts = self.drafts.iter().flat_map(|draft| &draft.atoms).map(|atom| &atom.part);
        for run in parts.flat_map(|part| &part.runs) {
            let at = run.y * picture.width;
            picture.pixels[at + run.start..at + run.end].fill(255);
        }
        picture
    }

    /// What the network was shown of each group that was chosen, a row a line; `None` where there is none.
    pub fn shown(&self, [height, width]: [usize; 2]) -> Option<Picture> {
        let longest =
            self.drafts.iter().map(|draft| draft.chosen.len()).max().filter(|&longest| longest > 0)?;
        let mut sheet = Picture::filled(self.drafts.len() * (height + 1), longest * (width + 1), 64);
        for (line, draft) in self.drafts.iter().enumerate() {
            for (number, (span, _)) in draft.chosen.iter().enumerate() {
                let image = draft.input(&self.ink, *span, [height, width]);
                for (y, row) in image.chunks_exact(width).enumerate() {
                    let at = (line * (height + 1) + y) * sheet.width + number * (width + 1);
                    sheet.pixels[at..at + width].copy_from_slice(row);
                }
            }
        }
        Some(sheet)
    }
}

/// Which atoms of a draft may hold more than one digit. In a word none does, though many a letter can be cut into a 1 and a 7.
fn doubtful(draft: &Draft, begins: f32) -> Vec<bool> {
    let mut doubtful = vec![false; draft.atoms.len()];
    let words = in_words(draft, begins);
    if words.iter().sum::<f32>() >= IN_WORDS * words.len() as f32 {
        return doubtful;
    }
    for ((span, verdict), word) in draft.chosen.iter().zip(words) {
        let area = choose::area(&draft.atoms, *span);
        let doubt = match verdict {
            Verdict::Digit(opinion) => {
                opinion.confidence() < DOUBTFUL || area.width as f32 > WIDE * area.height as f32
            }
            Verdict::NoDigit(_) => true,
            Verdict::Mark(_) => false,
        };
        doubtful[span.first..span.end].fill(doubt && word < IN_WORD);
    }
    doubtful
}

#[cfg(test)]
mod tests {
    use super::super::prepare::View;
    use super::*;
    use crate::data::strokes;

    const SIZE: [usize; 2] = [28, 28];

    fn opinion(digit: usize, share: f32) -> Opinion {
        let mut digits = [(1.0 - share) / 9.0; 10];
        digits[digit] = share;
        Opinion { digits, digit: 1.0 }
    }

    /// The ink of a large digit.
    fn drawn() -> Ink {
        let (pixels, _) = strokes::image(1, 0);
        let picture = Picture { height: 28, width: 28, pixels: pixels.to_vec() }.resized(112, 112);
        Ink::find(&View::of(&picture)).unwrap()
    }

    #[test]
    fn digits_that_are_not_certain_are_asked_about_in_other_ways_and_settled_by_all_of_them() {
        let mut page = Page::new(drawn());
        let (question, inputs) = page.ask(SIZE);
        assert_eq!(inputs.len(), 784);
        assert!(page.decide(&question, &[opinion(3, CERTAIN + 0.01)], SIZE).is_none());
        assert!(page.doubts(SIZE).1.is_empty());
        assert!(page.decide(&question, &[opinion(3, 0.6)], SIZE).is_none());
        let (doubts, again) = page.doubts(SIZE);
        assert_eq!(again, varied(&inputs, SIZE));
        page.settle(&doubts, &[opinion(5, 0.9); WAYS]);
        let Verdict::Digit(settled) = page.drafts[0].chosen[0].1 else { panic!("no digit") };
        assert_eq!(settled.ranked()[0].0, 5);
    }

    #[test]
    fn pieces_are_asked_about_only_where_they_might_be_believed_more_and_the_whole_not_again() {
        let ink = drawn();
        let asked_after = |share| {
            let mut page = Page::new(ink.clone());
            let (question, inputs) = page.ask(SIZE);
            assert_eq!(inputs.len(), 784);
            assert!(page.decide(&question, &[opinion(3, share)], SIZE).is_none());
            let (_, inputs) = page.cut(SIZE).unwrap();
            assert!(page.drafts[0].atoms.len() > 2);
            inputs.len() / 784
        };
        assert_eq!(asked_after(0.89), 0);
        assert!(asked_after(0.01) >= 2);
    }
}
