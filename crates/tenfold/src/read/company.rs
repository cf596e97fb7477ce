//! What the rest of a line says of each thing in it: among digits a digit is likelier, among letters less likely, and
//! there nothing is cut for digits.

use super::choose::{Span, Verdict, area};
use super::draft::Draft;
use super::judge::Opinion;

/// So many others of a line must be digits, each at least so surely, for what is about as high to stand among digits.
const OTHERS: usize = 2;
const SURE: f32 = 0.9;
/// About as high: at least so many of the line's heights, at most its inverse.
const HIGH: f32 = 0.6;
/// What was doubted and stands among digits becomes no surer than this: what is as sure without company can be relied on as it is.
const SUREST: f32 = 0.9;

/// A line with so many letters, and no fewer of them than sure digits, is of letters.
const LETTERS: usize = 3;
/// How many times as often as in training a thing in such a line is no digit: say three in four; of what networks learn from
/// pages, a half.
const AMONG_LETTERS: f32 = 3.0;
/// A letter is no wider than this many of the line's heights, about: what is may be digits that touch.
const LETTER: f32 = 1.1;

/// What the others of a line are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Company {
    /// Mostly digits: how many times as often as in training something among them is none.
    Digits(f32),
    Letters,
    Mixed,
}

impl Company {
    /// What the network says of something, and what its company says of that.
    pub fn weigh(self, mut opinion: Opinion) -> Opinion {
        match self {
            Self::Digits(none_is) => {
                opinion.digit = opinion.digit.max(opinion.where_none_is(none_is).digit.min(SUREST));
                opinion
            }
            Self::Letters => opinion.where_none_is(AMONG_LETTERS),
            Self::Mixed => opinion,
        }
    }
}

/// Of everything that was chosen in a line.
pub fn company(line: &Draft) -> Vec<Company> {
    if is_of_letters(line) {
        return vec![Company::Letters; line.chosen.len()];
    }
    let (letters, digits) = counts(line);
    let of = |chosen: &(Span, Verdict)| {
        let high = area(&line.atoms, chosen.0).height as f32 / line.height;
        let [letters, digits] = [letters - is_letter(line, chosen), digits - is_sure(chosen)];
        if !(HIGH..=1.0 / HIGH).contains(&high) || digits < OTHERS || letters >= digits {
            return Company::Mixed;
        }
        // Laplace's rule of succession: after n digits and no letter the next thing is none once in n + 2 times.
        Company::Digits((letters + 1) as f32 / (digits + 1) as f32)
    };
    line.chosen.iter().map(of).collect()
}

/// Whether a line is of letters: many things in it are no digits, and too narrow to be several.
pub fn is_of_letters(line: &Draft) -> bool {
    let (letters, digits) = counts(line);
    letters >= LETTERS.max(digits)
}

/// How many letters there are in a line, and how many sure digits.
fn counts(line: &Draft) -> (usize, usize) {
    let all = line.chosen.iter().map(|chosen| (is_letter(line, chosen), is_sure(chosen)));
    all.fold((0, 0), |(letters, digits), (letter, sure)| (letters + letter, digits + sure))
}

/// 1 for what is no digit, high enough, and too narrow to be several; else 0.
fn is_letter(line: &Draft, (span, verdict): &(Span, Verdict)) -> usize {
    let (Verdict::Digit(opinion) | Verdict::NoDigit(opinion)) = verdict else { return 0 };
    let area = area(&line.atoms, *span);
    let [high, wide] = [area.height, area.width].map(|size| size as f32 / line.height);
    usize::from(opinion.digit < 0.5 && high >= HIGH && wide < LETTER)
}

/// 1 for a sure digit, else 0.
fn is_sure((_, verdict): &(Span, Verdict)) -> usize {
    let (Verdict::Digit(opinion) | Verdict::NoDigit(opinion)) = verdict else { return 0 };
    usize::from(opinion.confidence() >= SURE)
}

#[cfg(test)]
mod tests {
    use super::super::choose::Atom;
    use super::super::segment::{Part, Run};
    use super::*;

    /// A line of things with a height, a width and how likely each is a 3 and no letter.
    fn line(all: &[(usize, usize, f32)]) -> Draft {
        let atom = |(index, &(height, width, _)): (usize, &(usize, usize, f32))| {
            let runs = (0..height).map(|y| Run { y, start: 40 * index, end: 40 * index + width }).collect();
            Atom { part: Part::of(runs, 255.0).unwrap(), cut: None }
        };
        let verdict = |(first, &(_, _, digit)): (usize, &(usize, usize, f32))| {
            let mut digits = [0.0; 10];
            digits[3] = 1.0;
            (Span { first, end: first + 1 }, Verdict::Digit(Opinion { digits, digit }))
        };
        let atoms = all.iter().enumerate().map(atom).collect();
        Draft { height: 20.0, atoms, chosen: all.iter().enumerate().map(verdict).collect() }
    }

    #[test]
    fn what_is_as_high_as_two_sure_digits_of_its_line_stands_among_digits() {
        let among = |all: &[(usize, f32)]| {
            let all: Vec<_> = all.iter().map(|&(height, digit)| (height, 4, digit)).collect();
            let company = company(&line(&all));
            // One in how many, less one, would be none.
            let odds =
                |company: Company| if let Company::Digits(none_is) = company { 1.0 / none_is } else { 0.0 };
            company.into_iter().map(|company| odds(company).round() as usize).collect::<Vec<_>>()
        };
        assert_eq!(among(&[(20, 0.95), (20, 0.6), (18, 0.9)]), [0, 3, 0]);
        assert_eq!(among(&[(20, 0.95), (20, 0.8), (20, 0.6)]), [0; 3]);
        assert_eq!(among(&[(20, 1.0), (11, 0.6), (34, 0.6), (30, 0.6), (20, 1.0)]), [0, 0, 0, 3, 0]);
        assert_eq!(among(&[(20, 1.0); 3]), [3; 3]);
        assert_eq!(among(&[(20, 0.6), (20, 1.0), (20, 1.0), (20, 1.0)]), [4, 3, 3, 3]);
        // Two letters among five digits: the third is one, or not.
        assert_eq!(
            among(&[(20, 1.0), (20, 0.3), (20, 1.0), (20, 0.3), (20, 1.0), (20, 1.0), (20, 1.0)])[1],
            3
        );
        assert!(among(&[]).is_empty());
    }

    #[test]
    fn a_line_is_of_letters_where_three_are_and_no_more_are_sure_digits() {
        let (letter, digit) = ((20, 16, 0.2), (20, 12, 0.95));
        let unsure = (20, 12, 0.7);
        for (all, expected) in [
            (vec![letter; 3], true),
            (vec![letter; 2], false),
            (vec![letter, digit, letter, digit, letter, digit], true),
            (vec![letter, digit, letter, digit, letter, digit, digit], false),
            (vec![letter, unsure, letter, unsure, letter, unsure, unsure], true),
            // Two digits that touch, low marks.
            (vec![(20, 23, 0.0); 4], false),
            (vec![(10, 12, 0.0); 4], false),
        ] {
            let line = line(&all);
            assert_eq!(is_of_letters(&line), expected, "{all:?}");
            assert_eq!(company(&line).contains(&Company::Letters), expected, "{all:?}");
        }
    }

    #[test]
    fn company_moves_the_odds_and_makes_nothing_surer_than_nine_in_ten() {
        let weighed = |company: Company, digit| company.weigh(Opinion { digits: [0.1; 10], digit }).digit;
        for (company, digit, expected) in [
            (Company::Digits(1.0 / 3.0), 0.25, 0.5),
            (Company::Digits(1.0 / 3.0), 0.85, 0.9),
            (Company::Digits(1.0 / 9.0), 0.99, 0.99),
            (Company::Letters, 0.75, 0.5),
            (Company::Letters, 1.0, 1.0),
            (Company::Mixed, 0.3, 0.3),
        ] {
            assert!((weighed(company, digit) - expected).abs() < 1e-6, "{company:?} {digit}");
        }
    }
}
