//! Axes: from figures to positions, and round numbers for the ticks.

/// A linear scale from `[low, high]` in the data to `[from, to]` in the drawing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    /// Smallest value drawn.
    pub low: f64,
    /// Largest value drawn.
    pub high: f64,
    /// Where `low` is.
    pub from: f64,
    /// Where `high` is.
    pub to: f64,
}

impl Axis {
    /// Where `value` is, to a tenth of a unit; values outside are put at the edge.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let span = self.high - self.low;
        let part = if span > 0.0 { ((value - self.low) / span).clamp(0.0, 1.0) } else { 0.5 };
        (10.0 * (self.from + part * (self.to - self.from))).round() / 10.0
    }

    /// An axis whose ends are round numbers around `values`, and its ticks with their labels' number of decimals.
    pub(crate) fn around(values: impl Iterator<Item = f64>, from: f64, to: f64) -> (Self, Vec<f64>, usize) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low < 1e-9 {
            // One value only: a little room on both sides of it.
            let room = if low == 0.0 { 0.5 } else { 0.05 * low.abs() };
            (low, high) = (low - room, high + room);
        }
        let step = round_step((high - low) / 4.0);
        let (first, last) = ((low / step).floor() as i64, (high / step).ceil() as i64);
        let ticks: Vec<f64> = (first..=last).take(12).map(|n| n as f64 * step).collect();
        let decimals = (-step.log10().floor()).clamp(0.0, 6.0) as usize;
        (Self { low: first as f64 * step, high: last as f64 * step, from, to }, ticks, decimals)
    }
}

/// The nearest of 1, 2, 5 times a power of ten at or above `step`.
pub(crate) fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= step * 0.999).unwrap_or(power)
}

/// At most about `most` whole numbers from 1 to `n`, 1 and `n` among them.
pub(crate) fn whole_ticks(n: usize, most: usize) -> Vec<usize> {
    let step = (round_step(n as f64 / most as f64).ceil() as usize).max(1);
    let mut ticks = vec![1];
    // A tick too near to either end would collide with its label.
    ticks.extend(
        (1..).map(|k| k * step).skip_while(|&t| t < 1 + step.div_ceil(2)).take_while(|&t| t + step / 2 < n),
    );
    if n > 1 {
        ticks.push(n);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        let (axis, ticks, decimals) = Axis::around([0.0, 0.263].into_iter(), 100.0, 0.0);
        assert_eq!((axis.low, decimals, ticks.len()), (0.0, 1, 4));
        assert!(axis.high >= 0.263 && axis.at(0.0) == 100.0 && axis.at(9.0) == 0.0);
        for values in [vec![], vec![0.0], vec![5.0, 5.0], vec![f64::NAN], vec![1e-30, 1e30], vec![-1.0, 1.0]]
        {
            let (axis, ticks, _) = Axis::around(values.into_iter(), 0.0, 100.0);
            assert!(axis.low < axis.high && (2..=12).contains(&ticks.len()), "{axis:?}");
        }
    }

    #[test]
    fn epochs_are_labelled_without_crowding() {
        assert_eq!(whole_ticks(1, 10), [1]);
        assert_eq!(whole_ticks(2, 10), [1, 2]);
        assert_eq!(whole_ticks(10, 10), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(whole_ticks(300, 6), [1, 50, 100, 150, 200, 250, 300]);
        for n in 1..400 {
            assert!(whole_ticks(n, 8).len() <= 11, "{n}");
        }
    }
}
