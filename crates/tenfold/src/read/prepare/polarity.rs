//! Is the paper brighter than the ink, or darker? Told from what most of a picture is. Says nothing about single pixels.

use crate::read::Picture;
use crate::read::histogram::Histogram;

/// Whether dark ink lies on bright paper, or the other way round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Polarity {
    /// The ink is brighter than the paper.
    pub bright_ink: bool,
    /// Hardly any picture of this kind is the other way round.
    pub sure: bool,
}

/// Most of a picture is paper: what differs from a smooth surface through most pixels is ink; and most of each place is paper:
/// so is what differs from the median there. Where the two disagree (a shadow over half of the paper, ink over half of a
/// place), or little speaks for one side, it is not sure.
pub fn polarity(picture: &Picture) -> Polarity {
    const SIDE: usize = 36;
    let small = picture.resized(picture.height.min(SIDE), picture.width.min(SIDE));
    let surface = Surface::fit(&small);
    let places = Places::of(&small);
    let (mut whole, mut local) = ([0.0; 2], [0.0; 2]);
    for (y, row) in small.rows().enumerate() {
        for (x, &level) in row.iter().enumerate() {
            for (sums, paper) in [(&mut whole, surface.at(y, x)), (&mut local, places.at(y, x))] {
                let far = f64::from(level) - paper;
                sums[usize::from(far > 0.0)] += far * far;
            }
        }
    }
    let clear = |[darker, brighter]: [f64; 2]| f64::max(darker, brighter) > 3.0 * f64::min(darker, brighter);
    let bright = |[darker, brighter]: [f64; 2]| brighter > darker;
    Polarity {
        bright_ink: bright(whole),
        sure: bright(whole) == bright(local) && clear(whole) && clear(local),
    }
}

/// The median level of each of 6 × 6 places.
struct Places {
    size: [usize; 2],
    medians: [[u8; Places::SIDE]; Places::SIDE],
}

impl Places {
    const SIDE: usize = 6;

    fn of(picture: &Picture) -> Self {
        let mut medians = [[0; Self::SIDE]; Self::SIDE];
        let bounds = |place: usize, of: usize| {
            let first = place * of / Self::SIDE;
            first..((place + 1) * of / Self::SIDE).max(first + 1).min(of)
        };
        for (row, medians) in medians.iter_mut().enumerate() {
            for (column, median) in medians.iter_mut().enumerate() {
                let columns = bounds(column, picture.width);
                let rows = bounds(row, picture.height);
                let mut levels: Vec<u8> =
                    rows.flat_map(|y| &picture.row(y)[columns.clone()]).copied().collect();
                let middle = levels.len() / 2;
                if middle < levels.len() {
                    *median = *levels.select_nth_unstable(middle).1;
                }
            }
        }
        Self { size: [picture.height, picture.width], medians }
    }

    fn at(&self, y: usize, x: usize) -> f64 {
        let place = |at: usize, of: usize| (((at + 1) * Self::SIDE - 1) / of).min(Self::SIDE - 1);
        f64::from(self.medians[place(y, self.size[0])][place(x, self.size[1])])
    }
}

/// A quadratic surface that most pixels lie near: levels by place, in [-1, 1]².
struct Surface {
    size: [f64; 2],
    terms: [f64; 6],
}

impl Surface {
    /// Least squares over and over, what lies far away weighing less each time (Holland & Welsch 1977, with the weights of Geman & McClure 1987).
    /// A constant first, then a slope, then a bend, so that a large digit does not bend it.
    fn fit(picture: &Picture) -> Self {
        let size = [picture.height as f64, picture.width as f64];
        let counts = Histogram::of(&picture.pixels);
        let mut surface = Self { size, terms: [f64::from(most_common(&counts)), 0.0, 0.0, 0.0, 0.0, 0.0] };
        for (powers, width) in [(1, 30.0), (2, 20.0), (2, 15.0), (3, 12.0), (3, 10.0), (3, 8.0)] {
            let found = match powers {
                1 => surface.refit::<1>(picture, width),
                2 => surface.refit::<2>(picture, width),
                _ => surface.refit::<3>(picture, width),
            };
            surface.terms = found.unwrap_or(surface.terms);
        }
        surface
    }

    /// The terms of less than `POWERS`, what lies `width` levels from this surface weighing a quarter.
    fn refit<const POWERS: usize>(&self, picture: &Picture, width: f64) -> Option<[f64; 6]> {
        let terms = POWERS * (POWERS + 1) / 2;
        let (mut left, mut right) = ([[0.0; 6]; 6], [0.0; 6]);
        let columns: Vec<f64> = (0..picture.width).map(|x| along(x, self.size[1])).collect();
        for (y, row) in picture.rows().enumerate() {
            let y = along(y, self.size[0]);
            let paper = self.row(y);
            // Of the row: the sums of weights, and of weighted levels, times powers of x.
            let (mut weights, mut levels) = ([0.0; 5], [0.0; 3]);
            for (&x, &level) in columns.iter().zip(row) {
                let level = f64::from(level);
                let far = (level - at(paper, x)) / width;
                let apart = 1.0 + far * far;
                let mut weight = 1.0 / (apart * apart);
                for power in 0..2 * POWERS - 1 {
                    weights[power] += weight;
                    if power < POWERS {
                        levels[power] += weight * level;
                    }
                    weight *= x;
                }
            }
            let powers = [1.0, y, y * y, y * y * y, y * y * y * y];
            for (i, (down, across)) in TERMS.into_iter().enumerate().take(terms) {
                right[i] += powers[down] * levels[across];
                for j in i..terms {
                    left[i][j] += powers[down + TERMS[j].0] * weights[across + TERMS[j].1];
                }
            }
        }
        (1..terms).for_each(|i| (0..i).for_each(|j| left[i][j] = left[j][i]));
        solve(left, right, terms)
    }

    /// The level at a pixel.
    fn at(&self, y: usize, x: usize) -> f64 {
        at(self.row(along(y, self.size[0])), along(x, self.size[1]))
    }

    /// A row of it: what 1, x and x² are multiplied by.
    fn row(&self, y: f64) -> [f64; 3] {
        let [even, down, across, bent_down, twisted, bent_across] = self.terms;
        [even + (down + bent_down * y) * y, across + twisted * y, bent_across]
    }
}

/// The powers of y and x that each term of a surface is multiplied by.
const TERMS: [(usize, usize); 6] = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)];

/// The level of a row of a surface at `x`.
fn at([even, slope, bend]: [f64; 3], x: f64) -> f64 {
    even + (slope + bend * x) * x
}

/// The middle of pixel `at` of `of`, from -1 to 1.
fn along(at: usize, of: f64) -> f64 {
    (2.0 * at as f64 + 1.0) / of - 1.0
}

/// The level round which most pixels lie, within eight levels either side.
fn most_common(Histogram(counts): &Histogram) -> u8 {
    let near = |level: usize| counts[level.saturating_sub(8)..(level + 9).min(256)].iter().sum::<usize>();
    (0..256).max_by_key(|&level| (near(level), counts[level])).unwrap_or(255) as u8
}

/// Gauss's elimination of the first `size` rows; `None` where they have no single solution.
fn solve(mut left: [[f64; 6]; 6], mut right: [f64; 6], size: usize) -> Option<[f64; 6]> {
    for pivot in 0..size {
        let best = (pivot..size).max_by(|&a, &b| left[a][pivot].abs().total_cmp(&left[b][pivot].abs()))?;
        left.swap(pivot, best);
        right.swap(pivot, best);
        if left[pivot][pivot].abs() < 1e-9 {
            return None;
        }
        for row in 0..size {
            if row != pivot {
                let factor = left[row][pivot] / left[pivot][pivot];
                let above = left[pivot];
                left[row].iter_mut().zip(above).for_each(|(value, above)| *value -= factor * above);
                right[row] -= factor * right[pivot];
            }
        }
    }
    let mut found = [0.0; 6];
    (0..size).for_each(|i| found[i] = right[i] / left[i][i]);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polarity_is_told_from_paper_and_said_to_be_unsure_where_it_is() {
        let mut page = Picture::filled(60, 60, 230);
        (20..40).for_each(|y| page.pixels[y * 60 + 28..y * 60 + 33].fill(20));
        assert_eq!(polarity(&page), Polarity { bright_ink: false, sure: true });
        assert_eq!(polarity(&page.inverted()), Polarity { bright_ink: true, sure: true });
        let halves = Picture {
            height: 60,
            width: 60,
            pixels: (0..3600).map(|i| if i % 60 < 30 { 0 } else { 255 }).collect(),
        };
        assert!(!polarity(&halves).sure);
    }
}
