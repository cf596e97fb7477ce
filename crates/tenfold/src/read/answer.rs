//! What was found on a page as a reading: each digit with its place on the original picture, believed as far as its company, its
//! cuts and its place allow. Asks nobody.

use super::Area;
use super::belief::LEAST;
use super::choose::{self, Verdict};
use super::company::company;
use super::draft::Draft;
use super::judge::Opinion;
use super::page::Page;
use super::prepare::Working;
use super::reading::{Alternative, Digit, Reading, Reason, Rejected, Separator};
use super::words::{begin_with_words, is_sure};

/// No digit can be told whose longer side has fewer pixels of the picture than this.
const SMALLEST: usize = 5;
/// How many times as often as in training what lies at two edges of the picture or more, without filling it, is no digit: shadows and
/// folds of the paper come in there.
const AT_EDGES: f32 = 8.0;
/// A picture no larger than this was cut out of another, as closely as may be.
const CUT_OUT: usize = 32;

/// All that was found on a page. Digits less likely than `least` may be rejected.
pub fn of_page(page: &Page, working: &Working, least: f32) -> Reading {
    let mut reading = Reading::default();
    let mut line = 0;
    let sure_and_apart = |draft: &Draft| {
        draft.chosen.iter().any(|one| is_sure(one) && choose::stands_apart(&draft.atoms, one.0))
    };
    let alone = !page.drafts.iter().any(sure_and_apart);
    for (draft, begins) in page.drafts.iter().zip(begin_with_words(&page.drafts)) {
        let before = reading.digits.len();
        for (number, ((span, verdict), company)) in
            draft.chosen.iter().zip(company(draft, begins)).enumerate()
        {
            let area = working.in_original(&choose::area(&draft.atoms, *span));
            match verdict {
                Verdict::Mark(mark) => reading.separators.push(Separator { mark: *mark, area, line }),
                Verdict::Digit(opinion) if area.longest() >= SMALLEST => {
                    let comes_in = working.part.longest() > CUT_OUT && area.is_at_edges(&working.part);
                    let none_is = if comes_in { AT_EDGES } else { 1.0 };
                    let opinion = company.weigh(*opinion).where_none_is(none_is);
                    enter(&mut reading, &draft.believed(number, opinion, alone), area, line, least);
                }
                Verdict::Digit(opinion) | Verdict::NoDigit(opinion) => refuse(&mut reading, opinion, area),
            }
        }
        line += usize::from(reading.digits.len() > before);
    }
    reading
}

/// One digit, at a place.
pub fn of_one(opinion: &Opinion, area: Area, least: f32) -> Reading {
    let mut reading = Reading::default();
    enter(&mut reading, opinion, area, 0, least);
    reading
}

fn enter(reading: &mut Reading, opinion: &Opinion, area: Area, line: usize, least: f32) {
    let [best, second, third, ..] = ranked(opinion);
    let Alternative { digit, confidence } = best;
    if !opinion.is_digit() {
        refuse(reading, opinion, area);
    } else if confidence < LEAST.min(least) {
        reading.rejected.push(Rejected { area, reason: Reason::Unsure, best });
    } else {
        reading.digits.push(Digit { digit, confidence, area, line, alternatives: [second, third] });
    }
}

fn refuse(reading: &mut Reading, opinion: &Opinion, area: Area) {
    let [best, ..] = ranked(opinion);
    reading.rejected.push(Rejected { area, reason: Reason::NoDigit, best });
}

fn ranked(opinion: &Opinion) -> [Alternative; 10] {
    opinion.ranked().map(|(digit, confidence)| Alternative { digit, confidence })
}
