//! Which things in a line belong to words of letters: many letters look like digits, and are told from them by the letters beside
//! them. Knows no language, and does not look at the ink.

use super::Area;
use super::choose::{Span, Verdict, area};
use super::draft::Draft;

/// What is further apart than this many of the line's heights is apart by a space.
const SPACE: f32 = 0.4;
/// How likely a number goes over into a word and a word into a number, from one thing to the next, and over a space.
const TURN: [f32; 2] = [0.004, 0.02];
const TURN_AT_SPACE: [f32; 2] = [0.03, 0.5];
/// How likely a line begins with a word where nothing is known of others, and so many others are few.
pub const BEGINS: f32 = 0.02;
const FEW: f32 = 2.0;

/// How many times as often something in a word as in a number looks like each digit: by how often letters are used that look
/// so (O; I, i, l; z; none; y; S, s; b, G; none; B; a, g, q) ...
const LOOKS: [f32; 10] = [0.8, 1.2, 0.05, 0.05, 0.2, 0.6, 0.3, 0.1, 0.1, 1.0];
/// ... like none: three in five letters, one in twenty-five digits ...
const NONE: f32 = 15.0;
/// ... and like a digit, but not surely.
const DOUBTED: f32 = 2.0;

/// A digit is sure from this confidence on.
const SURE: f32 = 0.9;
/// A letter is at least so many of the line's heights high, and no wider than so many, about: what is may be digits that touch.
pub const HIGH: f32 = 0.6;
const WIDE: f32 = 1.1;

/// How likely each of a page's lines begins with a word: by how many of the others do, as far as those are many.
pub fn begin_with_words(lines: &[Draft]) -> Vec<f32> {
    let begin: Vec<f32> =
        lines.iter().map(|line| in_words(line, BEGINS).first().copied().unwrap_or(BEGINS)).collect();
    let all: f32 = begin.iter().sum();
    let among = |own: &f32| (FEW * BEGINS + all - own) / (FEW + (lines.len() - 1) as f32);
    begin.iter().map(among).collect()
}

/// How likely each thing that was chosen in a line belongs to a word of letters: a hidden Markov chain of words and numbers (Rabiner 1989,
/// "A tutorial on hidden Markov models", section III), forward and backward. `begins`: how likely the line begins with a word.
pub fn in_words(line: &Draft, begins: f32) -> Vec<f32> {
    let areas: Vec<_> = line.chosen.iter().map(|(span, _)| area(&line.atoms, *span)).collect();
    let apart = |pair: &[Area]| pair[0].columns_between(&pair[1]) as f32 > SPACE * line.height;
    let at_space = [begins.max(TURN_AT_SPACE[0]), TURN_AT_SPACE[1]];
    let turns = areas.windows(2).map(|pair| if apart(pair) { at_space } else { TURN });
    // Before a line there is no word.
    let turns = std::iter::once([begins, 0.0]).chain(turns);
    let looks = line.chosen.iter().map(|chosen| looks(line, chosen));
    let steps: Vec<([f32; 2], f32)> = turns.zip(looks).collect();
    // Of a number and of a word, given everything up to each thing.
    let mut before = Vec::with_capacity(steps.len());
    let mut now = [1.0, 0.0];
    for &([ends, ends_word], looks) in &steps {
        now = [now[0] * (1.0 - ends) + now[1] * ends_word, now[0] * ends + now[1] * (1.0 - ends_word)];
        now = shares([now[0], now[1] * looks]);
        before.push(now);
    }
    // How likely both make everything after it.
    let mut after = [1.0; 2];
    let mut words = vec![0.0; steps.len()];
    for (at, &([ends, ends_word], looks)) in steps.iter().enumerate().rev() {
        words[at] = shares([before[at][0] * after[0], before[at][1] * after[1]])[1];
        let [number, word] = [after[0], after[1] * looks];
        after = shares([(1.0 - ends) * number + ends * word, ends_word * number + (1.0 - ends_word) * word]);
    }
    words
}

/// Two numbers as shares of their sum.
fn shares([number, word]: [f32; 2]) -> [f32; 2] {
    [number / (number + word), word / (number + word)]
}

/// How many times as often as in a number something in a word looks like this.
fn looks(line: &Draft, chosen: &(Span, Verdict)) -> f32 {
    match &chosen.1 {
        _ if is_letter(line, chosen) => NONE,
        Verdict::Digit(_) if !is_sure(chosen) => DOUBTED,
        Verdict::Digit(opinion) => LOOKS[usize::from(opinion.ranked()[0].0)],
        Verdict::NoDigit(_) | Verdict::Mark(_) => 1.0,
    }
}

/// Whether something is no digit, high enough, and too narrow to be several.
pub fn is_letter(line: &Draft, (span, verdict): &(Span, Verdict)) -> bool {
    let (Verdict::Digit(opinion) | Verdict::NoDigit(opinion)) = verdict else { return false };
    let area = area(&line.atoms, *span);
    let [high, wide] = [area.height, area.width].map(|size| size as f32 / line.height);
    !opinion.is_digit() && high >= HIGH && wide < WIDE
}

/// Whether something is a digit, surely.
pub fn is_sure((_, verdict): &(Span, Verdict)) -> bool {
    let (Verdict::Digit(opinion) | Verdict::NoDigit(opinion)) = verdict else { return false };
    opinion.confidence() >= SURE
}

#[cfg(test)]
pub mod tests {
    use super::super::choose::Atom;
    use super::super::judge::Opinion;
    use super::super::segment::{Line, Part, Run};
    use super::*;

    /// A thing's height, its width, the digit it looks like and how likely it is one.
    type Thing = (usize, usize, usize, f32);

    /// A line, 20 pixels high, of things two pixels apart.
    pub fn line(all: &[Thing]) -> Draft {
        spaced(&all.iter().map(|&thing| (2, thing)).collect::<Vec<_>>())
    }

    /// The same, each as far from the one before as is said.
    fn spaced(all: &[(usize, Thing)]) -> Draft {
        let mut right = 0;
        let mut draft = Draft::new(Line { parts: Vec::new(), height: 20.0 });
        for (first, &(gap, (height, width, digit, likely))) in all.iter().enumerate() {
            let start = right + gap;
            right = start + width;
            let runs = (0..height).map(|y| Run { y, start, end: right }).collect();
            draft.atoms.push(Atom { part: Part::of(runs, 255.0).unwrap(), cut: None });
            let mut digits = [0.0; 10];
            digits[digit] = 1.0;
            let opinion = Opinion { digits, digit: likely };
            draft.chosen.push((Span { first, end: first + 1 }, Verdict::Digit(opinion)));
        }
        draft
    }

    /// A text's line: spaces are spaces, digits are sure, what is written as a capital looks like no digit, l, o and s like digits.
    fn text(text: &str) -> Draft {
        let mut gap = 2;
        let mut all = Vec::new();
        for letter in text.chars() {
            let thing = match letter {
                ' ' => {
                    gap = 12;
                    continue;
                }
                'l' => (20, 4, 1, 1.0),
                'o' => (20, 14, 0, 1.0),
                's' => (20, 12, 5, 1.0),
                '?' => (20, 12, 7, 0.7),
                'W' => (20, 30, 0, 0.0),
                '.' => (4, 4, 0, 0.1),
                digit if digit.is_ascii_digit() => (20, 12, digit as usize - '0' as usize, 1.0),
                _ => (20, 14, 0, 0.1),
            };
            all.push((gap, thing));
            gap = 2;
        }
        spaced(&all)
    }

    fn words(written: &str) -> String {
        in_words(&text(written), BEGINS).into_iter().map(|word| if word >= 0.5 { 'w' } else { '-' }).collect()
    }

    #[test]
    fn what_looks_like_digits_among_letters_belongs_to_a_word() {
        for (written, expected) in [
            ("HElls", "wwwww"),
            ("Rsos 4711", "--------"),
            ("RooM 4711", "wwww----"),
            ("ToTAl 12345", "wwwww-----"),
            ("ooo lo", "-----"),
            ("2026 11 28", "--------"),
            // One letter is a digit that was not known, two that stand together are none.
            ("4A71", "----"),
            ("ABC234", "www---"),
            ("AlAso lCoso", "wwwwwwwwww"),
            // Wide things may be digits that touch; dots are no letters.
            ("WoWol", "-----"),
            ("l.s.", "----"),
            ("4????", "-----"),
            ("", ""),
        ] {
            assert_eq!(words(written), expected, "{written:?}");
        }
    }

    #[test]
    fn among_lines_of_words_a_line_that_looks_like_digits_is_one() {
        let page = |lines: &[&str]| -> Vec<Draft> { lines.iter().map(|line| text(line)).collect() };
        let lines = page(&["ToTAl SUM", "lol oll", "THE HouSE"]);
        let begins = begin_with_words(&lines);
        assert!(
            in_words(&lines[1], begins[1]).iter().all(|&word| word > 0.5) && words("lol oll") == "------"
        );
        // Numbers stay numbers, with a label among them or without, and a line alone is as any.
        let lines = page(&["4711", "RooM 12", "2026", "11 28"]);
        let begins = begin_with_words(&lines);
        assert!(in_words(&lines[2], begins[2]).iter().all(|&word| word < 0.1));
        assert_eq!(begin_with_words(&page(&["oss"])), [BEGINS]);
        assert!(begin_with_words(&[]).is_empty());
    }

    #[test]
    fn the_chain_says_what_all_its_paths_added_up_say() {
        let line = text("ol A?R o4 Ts");
        let n = line.chosen.len();
        let looks: Vec<f64> = line.chosen.iter().map(|chosen| f64::from(looks(&line, chosen))).collect();
        let starts = [2, 5, 7];
        let (mut all, mut word) = (0.0, vec![0.0; n]);
        for path in 0..1u32 << n {
            let in_word = |at: usize| usize::from(path >> at & 1 == 1);
            let mut likely = if in_word(0) == 1 { f64::from(BEGINS) } else { 1.0 - f64::from(BEGINS) };
            for at in 0..n {
                if in_word(at) == 1 {
                    likely *= looks[at];
                }
                if at > 0 {
                    let turn = if starts.contains(&at) { TURN_AT_SPACE } else { TURN };
                    let turns = f64::from(turn[in_word(at - 1)]);
                    likely *= if in_word(at) == in_word(at - 1) { 1.0 - turns } else { turns };
                }
            }
            all += likely;
            (0..n).filter(|&at| in_word(at) == 1).for_each(|at| word[at] += likely);
        }
        for (found, expected) in in_words(&line, BEGINS).into_iter().zip(word) {
            assert!((f64::from(found) - expected / all).abs() < 1e-5, "{found} {}", expected / all);
        }
    }
}
