//! A line in the making: its atoms, cut where they may hold several digits, and what the network is shown of them. Asks nobody
//! and chooses nothing.

use super::choose::{Atom, Span, Verdict};
use super::judge::Opinion;
use super::prepare::{Ink, input};
use super::segment::{Line, is_ledge, pieces};

/// No digit is in more pieces than this.
pub const MOST_ATOMS: usize = 16;

/// What was cut is read wrong this many times as often as what stands apart, of those of which the network is as sure: of digits of
/// hard scenes believed with 90 to 99 % three to four times, of surer ones five to twenty times.
const MISCUT: f32 = 5.0;
/// That makes nothing less sure than this.
const LESS_SURE: f32 = 0.9;

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

    /// What is to be thought of a span: what the network says, but of a dot, which it was shown as large as a digit, and of the edge of
    /// a shadow, whose other side it was not shown, that they are none. They stay on the page, so that what is read beside them is doubted.
    pub fn seen(&self, ink: &Ink, span: Span, opinion: Opinion) -> Opinion {
        match &self.atoms[span.first..span.end] {
            [Atom { part, cut: None }] if part.is_dot() || is_ledge(part, ink) => {
                Opinion { digit: 0.0, ..opinion }
            }
            _ => opinion,
        }
    }

    /// What a digit that was chosen is believed to be: one that was cut from what it touches is one only where the cut is right.
    pub fn believed(&self, span: Span, opinion: Opinion) -> Opinion {
        let is_cut = |atom: usize| self.atoms.get(atom).is_some_and(|atom| atom.cut.is_some());
        if is_cut(span.first) || is_cut(span.end) { opinion.doubted(MISCUT, LESS_SURE) } else { opinion }
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
