//! Every kernel once more, as the plain loop it stands for, on ordinary matrices row by row. Slow and easy to read; the
//! tests hold the fast kernels to these. Sums run in the same order and round the same way, so that most answers agree
//! bit for bit.

use super::update::Rule;

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
