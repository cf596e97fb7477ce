//! A line in the making: its atoms, cut where they may hold several digits, what the network is shown of them and what it said.
//! Asks nobody.

use super::choose::{self, Atom, Group, Span, Verdict};
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
/// What looks like no digit and stands alone is several that touch so rarely, where it is no wider than the first of these many of its
/// heights; from the second on it always is.
const SEVERAL: f32 = 0.1;
const SEVERAL_WIDE: [f32; 2] = [0.8, 1.5];
/// What is less wide than this share of its height, or less high than this share of its line, holds no two digits.
const TWO_WIDE: f32 = 0.5;
const TWO_HIGH: f32 = 0.5;

/// A line in the making.
pub struct Draft {
    /// Typical height of its digits, in pixels.
    pub height: f32,
    /// From the left.
    pub atoms: Vec<Atom>,
    /// What it can be parted into.
    groups: Vec<Group>,
    /// What it was parted into, once that is known.
    pub chosen: Vec<(Span, Verdict)>,
}

impl Draft {
    pub fn new(line: Line) -> Self {
        let atoms = line.parts.into_iter().map(|part| Atom { part, cut: None }).collect();
        Self { height: line.height, atoms, groups: Vec::new(), chosen: Vec::new() }
    }

    /// All atoms together taken for this.
    pub fn whole(atoms: Vec<Atom>, verdict: Verdict) -> Self {
        let span = Span { first: 0, end: atoms.len() };
        let height = choose::area(&atoms, span).height as f32;
        Self { height, atoms, groups: Vec::new(), chosen: vec![(span, verdict)] }
    }

    /// Lets it be parted into `spans`; what is known of any of them stays known.
    pub fn part_into(&mut self, spans: Vec<Span>) {
        let known = std::mem::take(&mut self.groups);
        // By their first atom, and of those with the same one the smaller first.
        let known = |span| known[known.binary_search_by_key(&span, |group| group.span).ok()?].opinion;
        self.groups = spans.into_iter().map(|span| Group { span, opinion: known(span) }).collect();
    }

    /// The span of a group.
    pub fn span(&self, group: usize) -> Span {
        self.groups[group].span
    }

    /// Chooses what it is parted into, or says which groups the network must be asked about first.
    pub fn choose(&mut self) -> Vec<usize> {
        let best = choose::best(&self.atoms, &self.groups, self.height);
        let open: Vec<usize> =
            best.iter().filter(|(_, verdict)| verdict.is_none()).map(|&(group, _)| group).collect();
        if open.is_empty() {
            self.chosen =
                best.into_iter().filter_map(|(group, verdict)| Some((self.span(group), verdict?))).collect();
        }
        open
    }

    /// Enters what the network says of a group.
    pub fn learn(&mut self, ink: &Ink, group: usize, opinion: Opinion) {
        self.groups[group].opinion = Some(self.seen(ink, self.span(group), opinion));
    }

    /// What the network is shown of a span.
    pub fn input(&self, ink: &Ink, span: Span, size: [usize; 2]) -> Vec<u8> {
        let parts: Vec<_> = self.atoms[span.first..span.end].iter().map(|atom| &atom.part).collect();
        input(ink, &parts, size)
    }

    /// What is to be thought of a span: what the network says, but of a dot, which it was shown as large as a digit, and of the edge of
    /// a shadow, whose other side it was not shown, that they are none. They stay on the page, so that what is read beside them is doubted.
    fn seen(&self, ink: &Ink, span: Span, opinion: Opinion) -> Opinion {
        match &self.atoms[span.first..span.end] {
            [Atom { part, cut: None }] if part.is_dot() || is_ledge(part, ink) => {
                Opinion { digit: 0.0, ..opinion }
            }
            _ => opinion,
        }
    }

    /// How likely what a digit was cut from is several digits that touch, where no other digit is beside it: the wider, the likelier.
    fn several(&self, digit: Span) -> f32 {
        let whole = choose::area(&self.atoms, choose::whole(&self.atoms, digit));
        let wide = whole.width as f32 / whole.height.max(1) as f32;
        let [one, two] = SEVERAL_WIDE;
        (SEVERAL + (1.0 - SEVERAL) * (wide - one) / (two - one)).clamp(SEVERAL, 1.0)
    }

    /// What a digit that was chosen is believed to be: one that was cut from what it touches is one only where the cut is right, which
    /// then is between two digits. A scribble can be cut so that one of its pieces looks like a digit, and a letter so that all do: where
    /// no digit stands apart on the page (`alone`), there is the more to doubt the less wide it is.
    pub fn believed(&self, number: usize, opinion: Opinion, alone: bool) -> Opinion {
        let span = self.chosen[number].0;
        if choose::stands_apart(&self.atoms, span) {
            return opinion;
        }
        let before = self.chosen[..number].last().filter(|_| choose::is_cut(&self.atoms, span.first));
        let after = self.chosen.get(number + 1).filter(|_| choose::is_cut(&self.atoms, span.end));
        let digits = [before, after].into_iter().flatten().filter_map(|(_, verdict)| match verdict {
            Verdict::Digit(other) => Some(2.0 * other.digit),
            _ => None,
        });
        let several = if alone { self.several(span) } else { 1.0 };
        let digit = opinion.digit * digits.fold(1.0, f32::min) * several;
        Opinion { digit, ..opinion }.doubted(MISCUT, LESS_SURE)
    }

    /// Cuts those atoms that are `doubtful` and large enough to hold more than one digit. Says whether there is more to
    /// choose from now.
    pub fn cut(&mut self, ink: &Ink, doubtful: &[bool]) -> bool {
        let height = self.height;
        let atoms = std::mem::take(&mut self.atoms);
        // Where each atom begins now, and the last ends.
        let mut begins = vec![0];
        for (atom, &doubt) in atoms.into_iter().zip(doubtful) {
            let tall = height.min(atom.part.area.height as f32);
            let holds_two = atom.part.area.width as f32 >= TWO_WIDE * tall && tall >= TWO_HIGH * height;
            let pieces = if doubt && holds_two {
                pieces(&atom.part, &ink.levels, tall)
            } else {
                vec![(atom.part, atom.cut)]
            };
            self.atoms.extend(pieces.into_iter().map(|(part, cut)| Atom { part, cut }));
            begins.push(self.atoms.len());
        }
        for Group { span, .. } in &mut self.groups {
            *span = Span { first: begins[span.first], end: begins[span.end] };
        }
        self.atoms.len() >= begins.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::line;
    use super::*;

    #[test]
    fn a_piece_is_a_digit_as_far_as_what_it_was_cut_from_is_one() {
        let believed = |beside, cut| {
            let mut draft = line(&[(20, 10, 3, 0.8), (20, 10, 5, beside)]);
            draft.atoms[1].cut = cut;
            let Verdict::Digit(opinion) = draft.chosen[0].1 else { panic!("no digit") };
            draft.believed(0, opinion, false).digit
        };
        assert_eq!(believed(0.1, None), 0.8);
        assert_eq!(believed(0.6, Some(0.5)), 0.8);
        assert!((believed(0.1, Some(0.5)) - 0.16).abs() < 1e-6);
    }

    #[test]
    fn alone_on_a_page_what_was_cut_is_digits_the_likelier_the_wider_it_was() {
        let believed = |width| {
            let mut draft = line(&[(20, width, 1, 1.0), (20, width, 1, 1.0)]);
            draft.atoms[1].cut = Some(0.5);
            let Verdict::Digit(opinion) = draft.chosen[0].1 else { panic!("no digit") };
            assert!(draft.believed(0, opinion, false).digit > 0.9);
            draft.believed(0, opinion, true).digit
        };
        assert!(believed(4) <= SEVERAL, "as a letter is");
        assert!((SEVERAL..0.9).contains(&believed(10)));
        assert!(believed(20) > 0.9, "as two digits are");
    }
}
