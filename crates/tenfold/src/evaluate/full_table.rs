//! A full evaluation as text for a terminal. No colour, no HTML.

use std::fmt;

use super::FullEvaluation;
use super::attacks::Attack;

impl fmt::Display for FullEvaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |fraction: f64| format!("{:.2} %", 100.0 * fraction);
        if let Some(left) = &self.without_contested {
            let [low, high] = left.interval.map(|x| 100.0 * x);
            let contested = self.images.saturating_sub(left.images);
            writeln!(f, "Without the {contested} contested labels: {} images", left.images)?;
            writeln!(
                f,
                "accuracy           {}  (95 % interval {low:.2} to {high:.2} %)",
                percent(left.accuracy)
            )?;
            writeln!(f, "contested          {} of {contested} read otherwise\n", left.contested_wrong)?;
        }
        writeln!(f, "Calibration")?;
        writeln!(f, "expected error     {}", percent(self.expected_calibration_error))?;
        writeln!(f, "NLL                {:.4}", self.negative_log_likelihood)?;
        writeln!(f, "Brier score        {:.4}", self.brier_score)?;

        if let Some(rejection) = &self.rejection {
            writeln!(f, "\n{rejection}")?;
        }

        writeln!(f, "\nAccuracy on {} corrupted images each", self.images)?;
        for figures in &self.corruptions {
            writeln!(f, "{:<18} {:>8}", figures.corruption.name(), percent(figures.accuracy))?;
        }
        writeln!(f, "{:<18} {:>8}", "mean", percent(self.mean_corrupted_accuracy))?;
        writeln!(f, "({})", self.corruptions_note)?;

        if let Some(why) = &self.no_attacks {
            return write!(f, "\nNo attacks: {why}");
        }
        let Some(clean) = self.attack_clean_accuracy else { return write!(f, "\nNo attacks") };
        write!(f, "\nAccuracy under attack, on the first {} images\n{:<8}", self.attack_images, "ε")?;
        for attack in Attack::all() {
            write!(f, " {:>9}", attack.name())?;
        }
        write!(f, "\n{:<8} {:>9} {:>9}", "none", percent(clean), percent(clean))?;
        let rows = self.attacks.iter().filter(|row| row.attack == Attack::Fgsm);
        for epsilon in rows.map(|row| row.epsilon) {
            write!(f, "\n{epsilon:<8}")?;
            for attack in Attack::all() {
                let accuracy = self.under(attack, epsilon).map_or_else(String::new, percent);
                write!(f, " {accuracy:>9}")?;
            }
        }
        Ok(())
    }
}

impl FullEvaluation {
    /// Accuracy under one attack at this ε, where it was made.
    #[must_use]
    pub fn under(&self, attack: Attack, epsilon: f64) -> Option<f64> {
        let made = self.attacks.iter().find(|figures| figures.attack == attack && figures.epsilon == epsilon);
        made.map(|figures| figures.accuracy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::corruptions::Corruption;
    use crate::evaluate::{AttackFigures, CorruptionFigures, WithoutContested};

    #[test]
    fn reads_well() {
        let figures = FullEvaluation {
            images: 10_000,
            without_contested: Some(WithoutContested {
                images: 9985,
                correct: 9900,
                accuracy: 0.9915,
                interval: [0.99, 0.993],
                contested_wrong: 9,
            }),
            corruptions: vec![CorruptionFigures {
                corruption: Corruption::Fog,
                correct: 5000,
                accuracy: 0.5,
                interval: [0.49, 0.51],
            }],
            corruptions_note: "our own".into(),
            mean_corrupted_accuracy: 0.5,
            attack_images: 1000,
            attack_clean_accuracy: Some(0.99),
            attacks: [(Attack::Fgsm, 0.5), (Attack::Pgd, 0.125)]
                .map(|(attack, accuracy)| AttackFigures { attack, epsilon: 0.1, accuracy })
                .to_vec(),
            ..FullEvaluation::default()
        };
        let text = figures.to_string();
        for line in [
            "accuracy           99.15 %  (95 % interval 99.00 to 99.30 %)",
            "contested          9 of 15 read otherwise",
            "fog                 50.00 %",
            "(our own)",
            "ε             FGSM       PGD",
            "none       99.00 %   99.00 %",
            "0.1        50.00 %   12.50 %",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        let without = FullEvaluation { no_attacks: Some("why".into()), ..figures };
        assert!(without.to_string().ends_with("\nNo attacks: why"));
    }
}
