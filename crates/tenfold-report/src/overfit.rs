//! From which epoch on a network overfits, decided by its validation loss alone.

use tenfold::train::History;

/// A last validation loss this much above the lowest is called overfitting; less is noise.
const WORSE: f64 = 1.01;

/// What the validation loss says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Best {
    /// The epoch (from 1) with the lowest validation loss, the first of equals.
    pub epoch: usize,
    /// That loss.
    pub loss: f64,
    /// The loss after the last epoch.
    pub last: f64,
    /// Whether the last is more than 1 % above the lowest.
    pub overfits: bool,
}

/// `None` without validation figures.
pub(crate) fn best(history: &History) -> Option<Best> {
    let losses =
        || history.epochs.iter().map(|figures| figures.validation_loss.filter(|loss| loss.is_finite()));
    let last = losses().flatten().last()?;
    let mut best = Best { epoch: 0, loss: f64::INFINITY, last, overfits: false };
    for (index, loss) in losses().enumerate() {
        if let Some(loss) = loss
            && loss < best.loss
        {
            (best.epoch, best.loss) = (index + 1, loss);
        }
    }
    best.overfits = last > best.loss * WORSE;
    Some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenfold::train::EpochFigures;

    fn history(losses: &[f64]) -> History {
        let figures = |&loss: &f64| EpochFigures { validation_loss: Some(loss), ..EpochFigures::default() };
        History { epochs: losses.iter().map(figures).collect(), ..History::default() }
    }

    #[test]
    fn the_lowest_validation_loss_decides() {
        let falling = best(&history(&[0.3, 0.2, 0.1])).unwrap();
        assert_eq!((falling.epoch, falling.overfits), (3, false));
        let rising = best(&history(&[0.3, 0.1, 0.1, 0.2])).unwrap();
        assert_eq!((rising.epoch, rising.overfits), (2, true));
        let flat = best(&history(&[0.3, 0.1, 0.1005])).unwrap();
        assert_eq!((flat.epoch, flat.overfits), (2, false));
        assert_eq!(best(&history(&[])), None);
        assert_eq!(best(&history(&[f64::NAN])), None);
        assert_eq!(best(&History { epochs: vec![EpochFigures::default()], ..History::default() }), None);
    }
}
