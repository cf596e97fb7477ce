//! A line in the making: its atoms, cut where they may hold several digits, and what the network is shown of them. Asks nobody
//! and chooses nothing.

use super::choose::{Atom, Span, Verdict, area};
use super::prepare::{Ink, input};
use super::segment::{Line, pieces};

/// So many others of a line must be digits, each at least so surely, for what is about as high to stand among digits.
const OTHERS: usize = 2;
const SURE: f32 = 0.9;
/// About as high: at least so many of the line's heights, at most its inverse.
const HIGH: f32 = 0.6;

/// No digit is in more pieces than this.
pub const MOST_ATOMS: usize = 16;

/// A line in the making.
pub struct Draft {
    /// Typical height of its digits, in pixels.
    pub height: f32,
    /// From the left.
    pub atoms: Vec<Atom>,
    /// What it was parted into, once that is known.
    pub chosen: Vec<(Span, Verdict)>,
}

impl Draft {
    pub fn new(line: Line) -> Self {
        let atoms = line.parts.into_iter().map(|part| Atom { part, cut: None }).collect();
        Self { height: line.height, atoms, chosen: Vec::new() }
    }

    /// What the network is shown of a span.
    pub fn input(&self, ink: &Ink, span: Span, size: [usize; 2]) -> Vec<u8> {
        let parts: Vec<_> = self.atoms[span.first..span.end].iter().map(|atom| &atom.part).collect();
        input(ink, &parts, size)
    }

    /// Which of what was chosen stand among digits.
    pub fn among_digits(&self) -> Vec<bool> {
        let sure =
            |verdict: &Verdict| matches!(verdict, Verdict::Digit(opinion) if opinion.confidence() >= SURE);
        let digits = self.chosen.iter().filter(|(_, verdict)| sure(verdict)).count();
        let among = |(span, verdict): &(Span, Verdict)| {
            let high = area(&self.atoms, *span).height as f32 / self.height;
            (HIGH..=1.0 / HIGH).contains(&high) && digits >= OTHERS + usize::from(sure(verdict))
        };
        self.chosen.iter().map(among).collect()
    }

    /// Cuts those atoms that are `doubtful` and large enough to hold more than one digit. Says whether there is more to
    /// choose from now.
    pub fn cut(&mut self, ink: &Ink, doubtful: &[bool]) -> bool {
        let height = self.height;
        let before = self.atoms.len();
        let atoms = std::mem::take(&mut self.atoms);
        self.atoms = atoms
            .into_iter()
            .zip(doubtful)
            .flat_map(|(atom, &doubt)| {
                let tall = height.min(atom.part.area.height as f32);
                let wide = atom.part.area.width as f32 >= 0.5 * tall && tall >= 0.5 * height;
                let pieces = if doubt && wide {
                    pieces(&atom.part, &ink.levels, tall)
                } else {
                    vec![(atom.part, atom.cut)]
                };
                pieces.into_iter().map(|(part, cut)| Atom { part, cut })
            })
            .collect();
        self.atoms.len() > before
    }
}

#[cfg(test)]
mod tests {
    use super::super::judge::Opinion;
    use super::super::segment::{Part, Run};
    use super::*;

    #[test]
    fn what_is_as_high_as_two_sure_digits_of_its_line_stands_among_digits() {
        let among = |all: &[(usize, f32)]| {
            let atom = |(index, &(height, _)): (usize, &(usize, f32))| {
                let runs = (0..height).map(|y| Run { y, start: 10 * index, end: 10 * index + 4 }).collect();
                Atom { part: Part::of(runs, 255.0).unwrap(), cut: None }
            };
            let verdict = |(first, &(_, digit)): (usize, &(usize, f32))| {
                let mut digits = [0.0; 10];
                digits[3] = 1.0;
                (Span { first, end: first + 1 }, Verdict::Digit(Opinion { digits, digit }))
            };
            let atoms = all.iter().enumerate().map(atom).collect();
            let chosen = all.iter().enumerate().map(verdict).collect();
            Draft { height: 20.0, atoms, chosen }.among_digits()
        };
        assert_eq!(among(&[(20, 0.95), (20, 0.3), (18, 0.9)]), [false, true, false]);
        assert_eq!(among(&[(20, 0.95), (20, 0.8), (20, 0.3)]), [false; 3]);
        assert_eq!(
            among(&[(20, 1.0), (11, 0.3), (34, 0.3), (30, 0.3), (20, 1.0)]),
            [false, false, false, true, false]
        );
        assert_eq!(among(&[(20, 1.0); 3]), [true; 3]);
        assert!(among(&[]).is_empty());
    }
}
