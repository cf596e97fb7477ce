//! An evaluation as text for a terminal. No colour, no HTML.

use std::fmt;

use super::Evaluation;

/// More classes than this make the matrix wider than a terminal: the most frequent mistakes are listed instead.
const WIDEST_MATRIX: usize = 16;
/// How many of them.
const LISTED: usize = 10;

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.interval.map(|x| 100.0 * x);
        let wrong = self.images.saturating_sub(self.correct);
        writeln!(f, "{}: {} images, {wrong} wrong", self.dataset, self.images)?;
        writeln!(
            f,
            "accuracy           {:.2} %  (95 % interval {low:.2} to {high:.2} %)",
            100.0 * self.accuracy
        )?;
        writeln!(f, "loss               {:.4}", self.loss)?;
        writeln!(f, "calibration error  {:.2} %", 100.0 * self.expected_calibration_error)?;
        writeln!(f, "\nclass  precision  recall      F1  images")?;
        for c in &self.per_class {
            writeln!(
                f,
                "{:>5}  {:>9.4}  {:.4}  {:.4}  {:>6}",
                c.class, c.precision, c.recall, c.f1, c.support
            )?;
        }
        if self.confusion.len() <= WIDEST_MATRIX { self.matrix(f) } else { self.list(f) }
    }
}

impl Evaluation {
    /// The confusion matrix; a dot for zero.
    fn matrix(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = self.confusion.iter().flatten().copied().max().unwrap_or(0);
        let width = largest.to_string().len().max(2) + 2;
        write!(f, "\nConfusion matrix: rows are the true class, columns the prediction.\n     ")?;
        for column in 0..self.confusion.len() {
            write!(f, "{column:>width$}")?;
        }
        for (row, counts) in self.confusion.iter().enumerate() {
            write!(f, "\n{row:>5}")?;
            for &count in counts {
                if count == 0 { write!(f, "{:>width$}", "·")? } else { write!(f, "{count:>width$}")? }
            }
        }
        Ok(())
    }

    /// The most frequent mistakes.
    fn list(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\nMost frequent mistakes:")?;
        let mistakes = self.confusions();
        if mistakes.is_empty() {
            write!(f, " none")?;
        }
        for (label, predicted, count) in mistakes.into_iter().take(LISTED) {
            write!(f, "\n{label:>5} read as {predicted:<3} {count:>6} ×")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Predictions;
    use super::*;
    use crate::data::Dataset;

    fn judge(classes: usize, probabilities: Vec<f32>, labels: Vec<u8>) -> String {
        let data = Dataset::new("my data", [1, 1], vec![0; labels.len()], labels).unwrap();
        Evaluation::of(&Predictions { classes, probabilities }, &data).unwrap().to_string()
    }

    #[test]
    fn reads_well() {
        let text = judge(2, vec![0.9, 0.1, 0.8, 0.2], vec![0, 1]);
        assert_eq!(
            text,
            "my data: 2 images, 1 wrong\n\
             accuracy           50.00 %  (95 % interval 9.45 to 90.55 %)\n\
             loss               0.8574\n\
             calibration error  45.00 %\n\
             \n\
             class  precision  recall      F1  images\n    \
                 0     0.5000  1.0000  0.6667       1\n    \
                 1     0.0000  0.0000  0.0000       1\n\
             \n\
             Confusion matrix: rows are the true class, columns the prediction.\n        \
                 0   1\n    \
                 0   1   ·\n    \
                 1   1   ·"
        );
    }

    #[test]
    fn many_classes_list_the_mistakes() {
        let mut probabilities = vec![0.0; 2 * 62];
        probabilities[61] = 1.0;
        probabilities[62 + 3] = 1.0;
        assert!(judge(62, probabilities.clone(), vec![0, 3]).contains("0 read as 61"));
        probabilities[61] = 0.0;
        assert!(judge(62, probabilities, vec![0, 3]).contains("mistakes: none"));
    }
}
