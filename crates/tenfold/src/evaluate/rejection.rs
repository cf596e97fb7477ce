//! Can a model tell what it knows from what it does not? AUROC and FPR at 95 % TPR (Hendrycks and Gimpel 2017, "A baseline
//! for detecting misclassified and out-of-distribution examples"), and risk against coverage (El-Yaniv and Wiener 2010,
//! "On the foundations of noise-free selective classification"). Scores are any numbers that are larger for what is known.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Answers, EvaluateError};
use crate::data::Dataset;
use crate::data::others::{self, Kind};

/// How well scores tell known from unknown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// Known images.
    pub known: usize,
    /// Unknown images.
    pub unknown: usize,
    /// Area under the receiver operating characteristic: how probable it is that a known image scores higher than an
    /// unknown one, equals counted half. NaN where there are none of either.
    pub auroc: f64,
    /// Fraction of the unknown taken for known where the threshold lets 95 % of the known pass. NaN as `auroc`.
    pub fpr_at_95_tpr: f64,
}

impl Rejection {
    /// From the scores of known and of unknown images, in any order. NaN counts as the lowest score.
    #[must_use]
    pub fn of(known: &[f32], unknown: &[f32]) -> Self {
        let (mut known, mut unknown) = (sorted(known), sorted(unknown));
        let pairs = known.len() as f64 * unknown.len() as f64;
        let (mut below, mut wins) = (0, 0.0);
        for &score in &known {
            below += unknown[below..].iter().take_while(|&&other| other < score).count();
            let equal = unknown[below..].iter().take_while(|&&other| other == score).count();
            wins += below as f64 + 0.5 * equal as f64;
        }
        known.reverse();
        unknown.reverse();
        // The lowest score among the best 95 %.
        let passing = (0.95 * known.len() as f64).ceil() as usize;
        let fpr = match known.get(passing.saturating_sub(1)) {
            Some(&threshold) if !unknown.is_empty() => {
                unknown.iter().take_while(|&&score| score >= threshold).count() as f64 / unknown.len() as f64
            }
            _ => f64::NAN,
        };
        Self { known: known.len(), unknown: unknown.len(), auroc: wins / pairs, fpr_at_95_tpr: fpr }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AUROC {:.4}, FPR at 95 % TPR {:.2} %", self.auroc, self.fpr_at_95_tpr * 100.0)
    }
}

/// Where the surest answers are given and the others kept back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskPoint {
    /// Fraction of the images that get an answer.
    pub coverage: f64,
    /// Fraction of those answers that is wrong.
    pub risk: f64,
    /// The lowest score that is answered.
    pub threshold: f32,
}

/// Fractions at which [`risk_coverage`] looks.
pub const COVERAGES: [f64; 10] = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0];

/// The risk at each of [`COVERAGES`], for images whose answers have these scores and are right or not. Empty where there is
/// no image or the lists differ in length.
#[must_use]
pub fn risk_coverage(scores: &[f32], right: &[bool]) -> Vec<RiskPoint> {
    if scores.is_empty() || scores.len() != right.len() {
        return Vec::new();
    }
    let mut answers: Vec<_> = scores.iter().map(|&score| lowest(score)).zip(right.iter().copied()).collect();
    // Among equals the wrong ones first: a tie is not told apart in the model's favour.
    answers.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let point = |coverage: f64| {
        let given = ((answers.len() as f64 * coverage).round() as usize).clamp(1, answers.len());
        let wrong = answers[..given].iter().filter(|(_, right)| !right).count();
        RiskPoint {
            coverage: given as f64 / answers.len() as f64,
            risk: wrong as f64 / given as f64,
            threshold: answers[given - 1].0,
        }
    };
    COVERAGES.map(point).to_vec()
}

/// Images of each kind that digits are told from.
pub const IMAGES_PER_KIND: usize = 1000;
/// Their seed. They are test images, with indices that no training reaches, whatever its seed.
const SEED: u64 = 11;
/// An answer is sure from this score on.
pub const SURE: f32 = 0.99;

/// How well a model tells the digits of a data set from what is none, and how good its surest answers are. An image's score
/// is [`Answers::scores`]; a model that cannot say "none of these" is judged by its largest probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RejectionFigures {
    /// Against each kind of image that shows no digit, [`IMAGES_PER_KIND`] of each.
    pub kinds: Vec<KindFigures>,
    /// Against what is written as digits are: letters and pieces of digits together.
    pub letters_and_pieces: Rejection,
    /// Against what nobody wrote: blank paper, textures and noise together.
    pub noise_and_textures: Rejection,
    /// The risk at each of [`COVERAGES`] of the digits.
    pub risk_coverage: Vec<RiskPoint>,
    /// Digits answered with a score of at least [`SURE`].
    pub sure: usize,
    /// How many of those are right.
    pub sure_right: usize,
}

/// How well digits are told from one kind of image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KindFigures {
    /// [`Kind::name`] of it.
    pub kind: String,
    /// Digits against these.
    #[serde(flatten)]
    pub rejection: Rejection,
}

impl RejectionFigures {
    /// Whether the question makes sense for these images: the kinds are drawn as 28×28, and where there are more than ten
    /// classes a letter may be one.
    #[must_use]
    pub fn apply_to(data: &Dataset) -> bool {
        data.shape() == [28, 28] && data.classes() <= 10
    }

    /// Of what answers by `answer`, on the digits of `data`. `None` where [`Self::apply_to`] says no, or where `answer` knows
    /// more than ten classes.
    ///
    /// # Errors
    /// Those of `answer`, and where its answers are not for `data`.
    pub fn of(
        data: &Dataset,
        answer: &mut dyn FnMut(&Dataset) -> Result<Answers, EvaluateError>,
    ) -> Result<Option<Self>, EvaluateError> {
        if !Self::apply_to(data) {
            return Ok(None);
        }
        let digits = answer(data)?;
        digits.predictions.check(data)?;
        if digits.predictions.classes > 10 {
            return Ok(None);
        }
        let (known, right) = (digits.scores(), digits.predictions.right(data));
        let (mut kinds, mut written, mut unwritten) = (Vec::new(), Vec::new(), Vec::new());
        for kind in Kind::all() {
            let scores = answer(&others::load_kind(kind, IMAGES_PER_KIND, SEED))?.scores();
            kinds.push(KindFigures { kind: kind.name().into(), rejection: Rejection::of(&known, &scores) });
            match kind {
                Kind::Letter | Kind::Piece => written.extend(scores),
                Kind::Noise | Kind::Texture => unwritten.extend(scores),
                Kind::Sign | Kind::Scribble | Kind::Several => {}
            }
        }
        let sure = known.iter().zip(&right).filter(|&(&score, _)| score >= SURE);
        Ok(Some(Self {
            kinds,
            letters_and_pieces: Rejection::of(&known, &written),
            noise_and_textures: Rejection::of(&known, &unwritten),
            sure: sure.clone().count(),
            sure_right: sure.filter(|&(_, &right)| right).count(),
            risk_coverage: risk_coverage(&known, &right),
        }))
    }
}

impl fmt::Display for RejectionFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |fraction: f64| format!("{:.2} %", 100.0 * fraction);
        let digits = self.letters_and_pieces.known;
        writeln!(f, "{digits} digits against {IMAGES_PER_KIND} images of each kind that are none")?;
        writeln!(f, "{:<18} {:>8} {:>16}", "", "AUROC", "FPR at 95 % TPR")?;
        let kinds = self.kinds.iter().map(|figures| (figures.kind.as_str(), &figures.rejection));
        let groups = [
            ("letters and pieces", &self.letters_and_pieces),
            ("noise and textures", &self.noise_and_textures),
        ];
        for (name, rejection) in kinds.chain(groups) {
            writeln!(
                f,
                "{name:<18} {:>8} {:>16}",
                format!("{:.4}", rejection.auroc),
                percent(rejection.fpr_at_95_tpr)
            )?;
        }
        writeln!(f, "\nWrong answers, where only the surest are given")?;
        write!(f, "{:<18}", "answered")?;
        let shown = || self.risk_coverage.iter().filter(|point| point.coverage > 0.85);
        for point in shown() {
            write!(f, " {:>8}", format!("{:.1} %", 100.0 * point.coverage))?;
        }
        write!(f, "\n{:<18}", "wrong")?;
        for point in shown() {
            write!(f, " {:>8}", percent(point.risk))?;
        }
        write!(f, "\nat least {:.0} % sure   {} answers, {} right", 100.0 * SURE, self.sure, self.sure_right)
    }
}

fn lowest(score: f32) -> f32 {
    if score.is_nan() { f32::NEG_INFINITY } else { score }
}

/// Ascending.
fn sorted(scores: &[f32]) -> Vec<f32> {
    let mut scores: Vec<f32> = scores.iter().map(|&score| lowest(score)).collect();
    scores.sort_by(f32::total_cmp);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::Predictions;

    #[test]
    fn hand_computed_areas() {
        let area = |known: &[f32], unknown: &[f32]| Rejection::of(known, unknown).auroc;
        assert_eq!(area(&[0.9, 0.8], &[0.1, 0.7]), 1.0);
        assert_eq!(area(&[0.1], &[0.9]), 0.0);
        assert_eq!(area(&[0.5, 0.5], &[0.5, 0.5, 0.5]), 0.5);
        // Pairs won: 0.4 > 0.1; 0.6 > 0.1, 0.4 (equal to none), 0.5; 0.4 = 0.4 is half.
        assert_eq!(area(&[0.4, 0.6], &[0.1, 0.4, 0.5]), 4.5 / 6.0);
        assert_eq!(area(&[f32::NAN, 1.0], &[0.5]), 0.5);
        assert!(area(&[], &[0.5]).is_nan() && area(&[0.5], &[]).is_nan());
    }

    #[test]
    fn the_area_is_that_of_all_pairs() {
        let score = |k: usize, of: usize| ((k * 7919) % of) as f32;
        let known: Vec<f32> = (0..150).map(|k| score(k, 31) + 5.0).collect();
        let unknown: Vec<f32> = (0..90).map(|k| score(k, 29)).collect();
        let mut wins = 0.0;
        for a in &known {
            wins += unknown
                .iter()
                .map(|b| {
                    if a > b {
                        1.0
                    } else if a == b {
                        0.5
                    } else {
                        0.0
                    }
                })
                .sum::<f64>();
        }
        assert!((Rejection::of(&known, &unknown).auroc - wins / 13_500.0).abs() < 1e-12);
    }

    #[test]
    fn the_rate_at_95_percent_counts_what_passes_the_threshold() {
        let known: Vec<f32> = (1..=100).map(|k| k as f32).collect();
        // 95 of 100 are at least 6.
        let found = Rejection::of(&known, &[5.0, 6.0, 7.0, 200.0]);
        assert_eq!((found.fpr_at_95_tpr, found.known, found.unknown), (0.75, 100, 4));
        assert!(Rejection::of(&known, &[]).fpr_at_95_tpr.is_nan());
        assert!(found.to_string().starts_with("AUROC 0.7"));
    }

    #[test]
    fn the_surest_are_answered_first_and_ties_count_against_the_model() {
        let points = risk_coverage(&[0.9, 0.2, 0.8, 0.8], &[true, false, true, false]);
        let at = |coverage: f64| points.iter().find(|point| point.coverage == coverage).copied().unwrap();
        assert_eq!((at(0.5).risk, at(0.5).threshold), (0.5, 0.8));
        assert_eq!(at(1.0), RiskPoint { coverage: 1.0, risk: 0.5, threshold: 0.2 });
        assert!(risk_coverage(&[], &[]).is_empty() && risk_coverage(&[0.1], &[]).is_empty());
    }

    /// Two digits of ten, one of them read right; letters score 0.5, all else 0.
    fn answer(data: &Dataset) -> Result<Answers, EvaluateError> {
        let scores = match data.name() {
            "digits" => vec![0.995, 0.4],
            "letters" => vec![0.5; data.len()],
            _ => vec![0.0; data.len()],
        };
        let mut probabilities = vec![0.0; 10 * scores.len()];
        probabilities.iter_mut().step_by(10).for_each(|first| *first = 1.0);
        let none = scores.iter().map(|score| 1.0 - score).collect();
        Ok(Answers { predictions: Predictions { classes: 10, probabilities }, none })
    }

    #[test]
    fn hand_computed_figures() {
        let digits = Dataset::new("digits", [28, 28], vec![0; 2 * 784], vec![0, 9]).unwrap();
        let figures = RejectionFigures::of(&digits, &mut answer).unwrap().unwrap();
        let names: Vec<_> = figures.kinds.iter().map(|figures| figures.kind.as_str()).collect();
        assert_eq!(names, Kind::all().map(Kind::name));
        for KindFigures { kind, rejection } in &figures.kinds {
            // One digit scores higher than a letter, the other lower; the threshold lets both pass.
            let expected = if kind == "letters" { (0.5, 1.0) } else { (1.0, 0.0) };
            assert_eq!((rejection.auroc, rejection.fpr_at_95_tpr), expected, "{kind}");
            assert_eq!((rejection.known, rejection.unknown), (2, IMAGES_PER_KIND));
        }
        let group = figures.letters_and_pieces;
        assert_eq!((group.unknown, group.auroc, group.fpr_at_95_tpr), (2 * IMAGES_PER_KIND, 0.75, 0.5));
        assert_eq!((figures.noise_and_textures.unknown, figures.noise_and_textures.auroc), (2000, 1.0));
        assert_eq!((figures.sure, figures.sure_right), (1, 1));
        assert_eq!((figures.risk_coverage[0].risk, figures.risk_coverage[9].risk), (0.0, 0.5));

        let text = figures.to_string();
        for line in [
            "                      AUROC  FPR at 95 % TPR",
            "letters              0.5000         100.00 %",
            "letters and pieces   0.7500          50.00 %",
            "at least 99 % sure   1 answers, 1 right",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let json = serde_json::to_value(&figures).unwrap();
        assert_eq!((&json["kinds"][0]["kind"], &json["kinds"][0]["auroc"]), (&"letters".into(), &0.5.into()));
        assert_eq!(serde_json::from_value::<RejectionFigures>(json).unwrap(), figures);
    }

    #[test]
    fn images_of_another_size_and_more_than_ten_classes_have_no_figures() {
        let data = |shape: [usize; 2]| {
            Dataset::new("digits", shape, vec![0; 2 * shape[0] * shape[1]], vec![0, 9]).unwrap()
        };
        for other in [data([28, 20]), data([28, 28]).with_classes(26)] {
            assert_eq!(RejectionFigures::of(&other, &mut answer).unwrap(), None);
        }
        let mut more = |data: &Dataset| {
            let probabilities = vec![0.0; 36 * data.len()];
            Ok(Answers {
                predictions: Predictions { classes: 36, probabilities },
                none: vec![0.0; data.len()],
            })
        };
        assert_eq!(RejectionFigures::of(&data([28, 28]), &mut more).unwrap(), None);
        let wrong = |_: &Dataset| answer(&data([28, 28]).slice(0..1));
        assert!(RejectionFigures::of(&data([28, 28]).slice(0..0), &mut { wrong }).is_err());
    }
}
