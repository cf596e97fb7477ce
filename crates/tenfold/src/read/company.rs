//! What the rest of a line says of each thing in it: among digits a digit is likelier, in a word less likely.

use super::choose::{Span, Verdict, area};
use super::draft::Draft;
use super::judge::Opinion;
use super::words::{HIGH, in_words, is_letter, is_sure};

/// So many others of a line must be sure digits for what is about as high to stand among digits.
const OTHERS: usize = 2;
/// What was doubted and stands among digits becomes no surer than this: what is as sure without company can be relied on as it is.
const SUREST: f32 = 0.9;
/// What is so likely part of a word is doubted.
const IN_COMPANY: f32 = 0.5;

/// What the others of a line are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Company {
    /// Mostly digits: how many times as often as in training something among them is none.
    Digits(f32),
    /// Letters of the same word, this likely.
    Word(f32),
    Mixed,
}

impl Company {
    /// What the network says of something, and what its company says of that.
    pub fn weigh(self, mut opinion: Opinion) -> Opinion {
        match self {
            Self::Digits(none_is) => {
                opinion.digit = opinion.digit.max(opinion.where_none_is(none_is).digit.min(SUREST));
            }
            Self::Word(likely) => opinion.digit *= 1.0 - likely,
            Self::Mixed => {}
        }
        opinion
    }
}

/// Of everything that was chosen in a line, which begins with a word so likely.
pub fn company(line: &Draft, begins: f32) -> Vec<Company> {
    let letters = line.chosen.iter().filter(|other| is_letter(line, other)).count();
    let digits = line.chosen.iter().filter(|other| is_sure(other)).count();
    let of = |(chosen, word): (&(Span, Verdict), f32)| {
        if word >= IN_COMPANY {
            return Company::Word(word);
        }
        // About as high as the line's digits: at least so many of its heights, at most the inverse.
        let high = area(&line.atoms, chosen.0).height as f32 / line.height;
        let letters = letters - usize::from(is_letter(line, chosen));
        let digits = digits - usize::from(is_sure(chosen));
        if !(HIGH..=1.0 / HIGH).contains(&high) || digits < OTHERS || letters >= digits {
            return Company::Mixed;
        }
        // Laplace's rule of succession: after n digits and no letter the next thing is none once in n + 2 times.
        Company::Digits((letters + 1) as f32 / (digits + 1) as f32)
    };
    line.chosen.iter().zip(in_words(line, begins)).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::super::words::BEGINS;
    use super::super::words::tests::line;
    use super::*;

    #[test]
    fn what_is_as_high_as_two_sure_digits_of_its_line_stands_among_digits() {
        let among = |all: &[(usize, f32)]| {
            let all: Vec<_> = all.iter().map(|&(height, digit)| (height, 4, 3, digit)).collect();
            let company = company(&line(&all), BEGINS);
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
    fn a_digit_among_letters_stands_in_a_word() {
        let letter = (20, 12, 3, 0.1);
        let found = company(&line(&[letter, letter, (20, 12, 0, 1.0), letter]), BEGINS);
        assert!(found.iter().all(|company| matches!(company, Company::Word(_))), "{found:?}");
    }

    #[test]
    fn company_moves_the_odds_and_makes_nothing_surer_than_nine_in_ten() {
        let weighed = |company: Company, digit| company.weigh(Opinion { digits: [0.1; 10], digit }).digit;
        for (company, digit, expected) in [
            (Company::Digits(1.0 / 3.0), 0.25, 0.5),
            (Company::Digits(1.0 / 3.0), 0.85, 0.9),
            (Company::Digits(1.0 / 9.0), 0.99, 0.99),
            (Company::Word(0.75), 0.8, 0.2),
            (Company::Word(1.0), 1.0, 0.0),
            (Company::Mixed, 0.3, 0.3),
        ] {
            assert!((weighed(company, digit) - expected).abs() < 1e-6, "{company:?} {digit}");
        }
    }
}
