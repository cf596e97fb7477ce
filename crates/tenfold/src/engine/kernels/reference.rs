//! Every kernel once more, as the plain loop it stands for, on ordinary matrices row by row. Slow and easy to read; the
//! tests hold the fast kernels to these. Sums run in the same order and round the same way, so that most answers agree
//! bit for bit.

use super::update::Rule;
use super::winograd_piece::SIDE;

/// A matrix row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) columns: usize,
    pub(crate) values: Vec<f32>,
}

impl Matrix {
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(crate) fn rows(&self) -> usize {
        self.values.len() / self.columns
    }
}

/// `out[r] = start + Σᵢ x[r, i]·w[i]`, then ReLU or the gate where asked.
pub(crate) fn gather(
    x: &Matrix,
    w: &Matrix,
    start: Option<&[f32]>,
    relu: bool,
    gate: Option<&Matrix>,
) -> Matrix {
    let mut out = Matrix { columns: w.columns, values: Vec::new() };
    for r in 0..x.rows() {
        for c in 0..w.columns {
            let mut sum = start.map_or(0.0, |start| start[c]);
            for (i, &x) in x.row(r).iter().enumerate() {
                if x != 0.0 {
                    sum = x.mul_add(w.row(i)[c], sum);
                }
            }
            if relu && sum < 0.0 {
                sum = 0.0;
            }
            if gate.is_some_and(|gate| gate.row(r)[c] <= 0.0) {
                sum = 0.0;
            }
            out.values.push(sum);
        }
    }
    out
}

/// `g[i] = Σᵣ x[r, i]·d[r]`; the last row is the bias's: `Σᵣ d[r]`.
pub(crate) fn gradient(x: &Matrix, d: &Matrix) -> Matrix {
    let mut g = Matrix { columns: d.columns, values: Vec::new() };
    for i in 0..=x.columns {
        for c in 0..d.columns {
            let mut sum = 0.0;
            for r in 0..d.rows() {
                let x = x.row(r).get(i).copied().unwrap_or(1.0);
                if x != 0.0 {
                    sum = x.mul_add(d.row(r)[c], sum);
                }
            }
            g.values.push(sum);
        }
    }
    g
}

/// One weight's update.
pub(crate) fn update(rule: Rule, g: f32, w: &mut f32, m: &mut f32, v: &mut f32) {
    match rule {
        Rule::Sgd { learning_rate } => *w -= learning_rate * g,
        Rule::Momentum { learning_rate, momentum, nesterov } => {
            *m = momentum * *m - learning_rate * g;
            *w += if nesterov { momentum * *m - learning_rate * g } else { *m };
        }
        Rule::Adam { alpha, rest_1, rest_2, epsilon } => {
            *m += (g - *m) * rest_1;
            *v += (g * g - *v) * rest_2;
            *w -= alpha * *m / (v.sqrt() + epsilon);
        }
        Rule::AdamW { alpha, rest_1, rest_2, epsilon, shrink } => {
            *w -= shrink * *w;
            update(Rule::Adam { alpha, rest_1, rest_2, epsilon }, g, w, m, v);
        }
    }
}

/// (probabilities, −ln p(label)) of one row.
pub(crate) fn softmax(logits: &[f32], label: usize) -> (Vec<f64>, f64) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&z| f64::from(z - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    (powers.iter().map(|p| p / sum).collect(), sum.ln() - f64::from(logits[label] - largest))
}

/// `out[c, r] = x[r, c]`.
pub(crate) fn transpose(x: &Matrix) -> Matrix {
    let values = (0..x.columns).flat_map(|c| (0..x.rows()).map(move |r| x.row(r)[c])).collect();
    Matrix { columns: x.rows(), values }
}

/// G: what a line of a kernel contributes to each product.
fn winograd_line<const R: usize>(g: [f32; R]) -> [f32; SIDE] {
    let at = |point: f32| g.iter().rev().fold(0.0f32, |sum, &g| sum.mul_add(point, g));
    [g[0] / 4.0, at(1.0) / -6.0, at(-1.0) / -6.0, at(2.0) / 24.0, at(-2.0) / 24.0, g[R - 1]]
}

/// Gᵀ: the gradient of a line of a kernel from its products'.
fn winograd_line_back<const R: usize>(u: [f32; SIDE]) -> [f32; R] {
    let mut powers = [1.0f32, 1.0, 1.0, 1.0];
    std::array::from_fn(|k| {
        let [one, minus_one, two, minus_two] = powers;
        powers = [one, -minus_one, two * 2.0, minus_two * -2.0];
        let ones = one.mul_add(u[1], minus_one * u[2]) / -6.0;
        let twos = two.mul_add(u[3], minus_two * u[4]) / 24.0;
        let mut sum = ones + twos;
        if k == 0 {
            sum += u[0] / 4.0;
        }
        if k == R - 1 {
            sum += u[5];
        }
        sum
    })
}

/// The 36 products' factors of an R×R kernel.
pub(crate) fn winograd_kernel<const R: usize>(weights: impl Fn(usize, usize) -> f32) -> [[f32; SIDE]; SIDE] {
    let lines: [[f32; SIDE]; R] =
        std::array::from_fn(|y| winograd_line::<R>(std::array::from_fn(|x| weights(y, x))));
    let columns: [[f32; SIDE]; SIDE] =
        std::array::from_fn(|x| winograd_line::<R>(std::array::from_fn(|y| lines[y][x])));
    std::array::from_fn(|y| std::array::from_fn(|x| columns[x][y]))
}

/// The gradient of an R×R kernel from its products'.
pub(crate) fn winograd_kernel_gradient<const R: usize>(
    products: impl Fn(usize, usize) -> f32,
) -> [[f32; R]; R] {
    let lines: [[f32; R]; SIDE] =
        std::array::from_fn(|y| winograd_line_back(std::array::from_fn(|x| products(y, x))));
    let columns: [[f32; R]; R] =
        std::array::from_fn(|x| winograd_line_back::<R>(std::array::from_fn(|y| lines[y][x])));
    std::array::from_fn(|y| std::array::from_fn(|x| columns[x][y]))
}
