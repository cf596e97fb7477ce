//! The evaluation that hides nothing: contested labels left out, what is no digit, corruptions, attacks. Long work, which says how far it is.

use serde::{Deserialize, Serialize};

use super::attacks::{Attack, EPSILONS};
use super::corruptions::{CORRUPTIONS_NOTE, Corruption};
use super::rejection::RejectionFigures;
use super::{
    Answers, EvaluateError, Evaluation, Predictions, WithoutContested, wilson_interval, without_contested,
};
use crate::data::Dataset;
use crate::engine::{EngineError, InputGradients};

/// What is done, and on how much.
#[derive(Clone, Debug, PartialEq)]
pub struct FullOptions {
    /// Attacks are made on the first so many images.
    pub attack_images: usize,
    /// How far pixels may be moved.
    pub epsilons: Vec<f64>,
    /// 0: one per core.
    pub threads: usize,
}

impl Default for FullOptions {
    fn default() -> Self {
        Self { attack_images: 1000, epsilons: EPSILONS.to_vec(), threads: 0 }
    }
}

/// What is about to be done: `done` steps of `all` are over.
#[derive(Clone, Debug, PartialEq)]
pub struct FullStep {
    /// Which one this is, for people.
    pub name: String,
    /// Steps that are over.
    pub done: usize,
    /// All of them.
    pub all: usize,
}

/// Accuracy under one corruption.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorruptionFigures {
    /// Which.
    pub corruption: Corruption,
    /// Corrupted images read right.
    pub correct: usize,
    /// Fraction of the corrupted images read right.
    pub accuracy: f64,
    /// 95 % interval `[low, high]` of it.
    pub interval: [f64; 2],
}

/// Accuracy under one attack.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackFigures {
    /// Which.
    pub attack: Attack,
    /// How far each pixel may have been moved, pixels in 0 to 1.
    pub epsilon: f64,
    /// Fraction of the attacked images still read right.
    pub accuracy: f64,
}

/// What [`Evaluation`] leaves out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FullEvaluation {
    /// The data set's name.
    pub dataset: String,
    /// [`Dataset::sha256`] of it.
    pub sha256: String,
    /// Its images.
    pub images: usize,
    /// Fraction of them read right as they are.
    pub accuracy: f64,
    /// [`negative_log_likelihood`](super::negative_log_likelihood).
    pub negative_log_likelihood: f64,
    /// [`brier_score`](super::brier_score).
    pub brier_score: f64,
    /// [`expected_calibration_error`](super::expected_calibration_error).
    pub expected_calibration_error: f64,
    /// Without the contested labels, where the data is MNIST's test set.
    pub without_contested: Option<WithoutContested>,
    /// How well digits are told from what is none; `None` where [`RejectionFigures::of`] gives none, and in what was kept
    /// before this was measured.
    #[serde(default)]
    pub rejection: Option<RejectionFigures>,
    /// Whose corruptions these are.
    pub corruptions_note: String,
    /// Under each corruption, in the paper's order.
    pub corruptions: Vec<CorruptionFigures>,
    /// Mean of their accuracies.
    pub mean_corrupted_accuracy: f64,
    /// Images that were attacked, or were to be: the first ones.
    pub attack_images: usize,
    /// Fraction of those read right without an attack; `None` where attacks were not possible.
    pub attack_clean_accuracy: Option<f64>,
    /// Under each attack, weakest first.
    pub attacks: Vec<AttackFigures>,
    /// Why there are no attacks, where there are none.
    pub no_attacks: Option<String>,
}

impl FullEvaluation {
    /// Judges what answers by `answer` on `data`: `predictions` are its answers to `data`, and `gradients` says how its
    /// loss changes with the pixels (or why that is not known: then there are no attacks). `progress` hears of each
    /// step before it is done.
    ///
    /// # Errors
    /// Those of `answer`, and where `predictions` or `gradients` are not for `data`.
    pub fn of(
        predictions: &Predictions,
        data: &Dataset,
        answer: &mut dyn FnMut(&Dataset) -> Result<Answers, EvaluateError>,
        gradients: Result<&dyn InputGradients, &EngineError>,
        options: &FullOptions,
        progress: &mut dyn FnMut(&FullStep),
    ) -> Result<Self, EvaluateError> {
        let evaluation = Evaluation::of(predictions, data)?;
        let attacked = data.slice(0..options.attack_images);
        let attacks = match gradients {
            Ok(_) if !attacked.is_empty() => Attack::all().len() * options.epsilons.len(),
            _ => 0,
        };
        let rejects = RejectionFigures::apply_to(data);
        let all = usize::from(rejects) + Corruption::all().len() + attacks;
        let mut done = 0;
        let mut step = |name: String| {
            progress(&FullStep { name, done, all });
            done += 1;
        };

        if rejects {
            step("what is no digit".into());
        }
        let rejection = RejectionFigures::of(data, answer)?;

        let mut corruptions = Vec::with_capacity(Corruption::all().len());
        for corruption in Corruption::all() {
            step(corruption.to_string());
            let corrupted = corruption.dataset(data, options.threads)?;
            let correct = correct(&answer(&corrupted)?.predictions, &corrupted)?;
            corruptions.push(CorruptionFigures {
                corruption,
                correct,
                accuracy: correct as f64 / data.len() as f64,
                interval: wilson_interval(correct, data.len()),
            });
        }

        let mut figures = Vec::with_capacity(attacks);
        let mut attack_clean_accuracy = None;
        if let (Ok(network), false) = (gradients, attacked.is_empty()) {
            let accuracy = |attack: Attack, epsilon: f64| {
                let outputs = attack.run(network, &attacked, epsilon, options.threads)?.predictions;
                // A network with one output more than there are classes can say "none of these": which one is asked here.
                let rejects = outputs.classes == predictions.classes + 1;
                let answers = Answers::new(outputs.probabilities, outputs.classes, rejects).predictions;
                Ok::<_, EvaluateError>(correct(&answers, &attacked)? as f64 / attacked.len() as f64)
            };
            attack_clean_accuracy = Some(accuracy(Attack::Fgsm, 0.0)?);
            for attack in Attack::all() {
                for &epsilon in &options.epsilons {
                    step(format!("{attack}, ε {epsilon}"));
                    figures.push(AttackFigures { attack, epsilon, accuracy: accuracy(attack, epsilon)? });
                }
            }
        }

        let mean = corruptions.iter().map(|figures| figures.accuracy).sum::<f64>() / corruptions.len() as f64;
        Ok(Self {
            dataset: data.name().into(),
            sha256: data.sha256(),
            images: data.len(),
            accuracy: evaluation.accuracy,
            negative_log_likelihood: evaluation.loss,
            brier_score: evaluation.brier_score,
            expected_calibration_error: evaluation.expected_calibration_error,
            without_contested: without_contested(predictions, data)?,
            rejection,
            corruptions_note: CORRUPTIONS_NOTE.into(),
            corruptions,
            mean_corrupted_accuracy: mean,
            attack_images: attacked.len(),
            attack_clean_accuracy,
            attacks: figures,
            no_attacks: gradients.err().map(ToString::to_string),
        })
    }
}

fn correct(predictions: &Predictions, data: &Dataset) -> Result<usize, EvaluateError> {
    predictions.check(data)?;
    Ok(predictions.right(data).into_iter().filter(|&right| right).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::strokes;
    use crate::engine::input_gradients;
    use crate::model::Sequential;

    #[test]
    fn every_corruption_and_attack_is_there_once_and_is_announced() {
        let data = strokes::load(1, 40, 1).1;
        let mut model = Sequential::new([28, 28]).flatten().dense(10).softmax();
        model.initialise(1).unwrap();
        let network = input_gradients(&model).unwrap();
        let mut answer = |data: &Dataset| Answers::of(&model, data.pixels(), 1);
        let predictions = answer(&data).unwrap().predictions;
        let options = FullOptions { attack_images: 25, epsilons: vec![0.1, 0.2], threads: 1 };
        let mut steps = Vec::new();
        let mut full = |gradients| {
            let mut note = |step: &FullStep| steps.push((step.done, step.all));
            FullEvaluation::of(&predictions, &data, &mut answer, gradients, &options, &mut note).unwrap()
        };
        let figures = full(Ok(&*network));
        assert_eq!((figures.corruptions.len(), figures.attacks.len(), figures.attack_images), (15, 4, 25));
        assert_eq!((figures.without_contested, figures.no_attacks.clone()), (None, None));
        let mean = figures.corruptions.iter().map(|c| c.correct as f64).sum::<f64>() / 15.0 / 40.0;
        assert!((figures.mean_corrupted_accuracy - mean).abs() < 1e-12);
        let rejection = figures.rejection.as_ref().unwrap();
        assert_eq!((rejection.kinds.len(), rejection.letters_and_pieces.known), (7, 40));
        let text = serde_json::to_string(&figures).unwrap();
        assert!(text.contains("\"shot_noise\"") && text.contains("\"pgd\""));
        assert_eq!(serde_json::from_str::<FullEvaluation>(&text).unwrap(), figures);

        // What was kept before there was this field is read still.
        let mut old = serde_json::to_value(&figures).unwrap();
        assert!(old.as_object_mut().unwrap().remove("rejection").is_some());
        let expected = FullEvaluation { rejection: None, ..figures };
        assert_eq!(serde_json::from_value::<FullEvaluation>(old).unwrap(), expected);

        let why = input_gradients(&Sequential::new([28, 28])).err().unwrap();
        let without = full(Err(&why));
        assert!(without.attacks.is_empty() && without.no_attacks.is_some());
        assert_eq!(steps.len(), 20 + 16);
        assert_eq!((steps[0], steps[19]), ((0, 20), (19, 20)));
    }
}
