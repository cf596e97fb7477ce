//! What training shows while it runs: on a terminal one live line, and a line an epoch that stays; elsewhere a line an
//! epoch. Decides nothing about training.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tenfold::train::{Callback, EpochEnd, EpochFigures, Signal, Step};

use crate::format::{percent, rate, seconds};
use crate::terminal::Screen;

/// Shows an epoch's progress and figures.
pub struct EpochLines {
    screen: Screen,
    /// The live line, on terminals.
    bar: Option<ProgressBar>,
    /// Whether an epoch leaves a line behind.
    keep: bool,
    /// What stands before the live line, where it is not about the only run.
    label: String,
    /// Images of the epochs that are over, and their seconds.
    seen: (usize, f64),
    images_per_epoch: usize,
}

impl EpochLines {
    /// `keep`: an epoch leaves a line behind. `label` stands before the live line.
    pub fn new(screen: &Screen, keep: bool, label: &str, images_per_epoch: usize) -> Self {
        let bar = screen.live().then(|| live_bar(screen, "{wide_msg}"));
        Self { screen: screen.clone(), bar, keep, label: label.into(), seen: (0, 0.0), images_per_epoch }
    }
}

impl Drop for EpochLines {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Callback for EpochLines {
    fn on_step(&mut self, step: &Step) -> Signal {
        if let Some(bar) = &self.bar {
            let (images, time) = (self.seen.0 + step.images, self.seen.1 + step.seconds);
            let all = step.images_per_epoch.saturating_mul(step.epochs);
            let done = step.images_per_epoch * (step.epoch - 1) + step.images;
            let left = time / images.max(1) as f64 * all.saturating_sub(done) as f64;
            let accuracy = if self.screen.width() < 100 { "acc" } else { "accuracy" };
            let fixed = format!(
                "  {}  loss {:.4}  {accuracy} {}  {} left",
                rate(step.images, step.seconds),
                step.loss,
                percent(step.accuracy),
                seconds(left)
            );
            let start = format!("{}{} ", self.label, epoch_name(step.epoch, step.epochs));
            let room = self.screen.width().saturating_sub(start.chars().count() + fixed.chars().count() + 1);
            let fraction = step.images as f64 / step.images_per_epoch.max(1) as f64;
            bar.set_message(format!("{start}{}{fixed}", track(&self.screen, fraction, room.min(30))));
        }
        Signal::Continue
    }

    fn on_epoch_end(&mut self, end: &EpochEnd<'_>) -> Signal {
        self.seen.0 += self.images_per_epoch;
        self.seen.1 += end.figures.seconds;
        if self.keep {
            let line = epoch_line(end.figures, end.epochs, self.images_per_epoch);
            match &self.bar {
                Some(bar) => bar.suspend(|| self.screen.line(line)),
                None => self.screen.line(line),
            }
        }
        Signal::Continue
    }
}

/// `Epoch  3/10`.
fn epoch_name(epoch: usize, epochs: usize) -> String {
    let digits = epochs.to_string().len();
    format!("Epoch {epoch:>digits$}/{epochs}")
}

/// The line that stays: at most 83 columns, and 80 below a hundred epochs and 100 %.
pub fn epoch_line(figures: &EpochFigures, epochs: usize, images: usize) -> String {
    let EpochFigures { epoch, loss, accuracy, seconds: time, .. } = *figures;
    let start = epoch_name(epoch, epochs);
    match (figures.validation_loss, figures.validation_accuracy) {
        (Some(validation_loss), Some(validation_accuracy)) => format!(
            "{start}  loss {loss:.4}  acc {}  val loss {validation_loss:.4}  val acc {}  {}",
            percent(accuracy),
            percent(validation_accuracy),
            seconds(time)
        ),
        _ => format!(
            "{start}  loss {loss:.4}  accuracy {}  {}  {}",
            percent(accuracy),
            rate(images, time),
            seconds(time)
        ),
    }
}

/// A bar of `width` columns as a line: done, to do.
pub fn track(screen: &Screen, fraction: f64, width: usize) -> String {
    let done = (fraction.clamp(0.0, 1.0) * width as f64).round() as usize;
    format!("{}{}", screen.good(&"━".repeat(done)), screen.dim(&"━".repeat(width - done)))
}

/// A line that is drawn again and again on the stream for people.
pub fn live_bar(screen: &Screen, template: &str) -> ProgressBar {
    let target = ProgressDrawTarget::term(screen.people().clone(), 20);
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_epoch_line_fits_a_terminal() {
        let figures = EpochFigures {
            epoch: 100,
            loss: 0.081_23,
            accuracy: 1.0,
            validation_loss: Some(0.090_01),
            validation_accuracy: Some(1.0),
            learning_rate: 0.001,
            seconds: 12.3,
        };
        let line = epoch_line(&figures, 100, 60_000);
        assert_eq!(
            line,
            "Epoch 100/100  loss 0.0812  acc 100.00 %  val loss 0.0900  val acc 100.00 %  12.3 s"
        );
        assert!(epoch_line(&EpochFigures { epoch: 10, ..figures }, 10, 60_000).chars().count() <= 82);
    }
}
