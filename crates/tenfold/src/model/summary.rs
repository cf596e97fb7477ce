//! A table of a network's layers, as Keras's `summary` prints it. Plain text: colours are the program's to add.

use std::fmt;

use serde::Serialize;

use super::Sequential;
use crate::numbers::count;

/// What a network is made of. Its `Display` is a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// `[height, width]` of the images.
    pub input: [usize; 2],
    /// One for each layer, up to the first that does not fit. The layers in a residual layer come before it.
    pub layers: Vec<SummaryRow>,
    /// Trainable parameters in all.
    pub parameters: usize,
    /// Bytes they take: 4 each.
    pub bytes: usize,
    /// As [`Sequential::multiply_adds`], up to the first layer that does not fit.
    pub multiply_adds: u64,
    /// Why the network cannot work, where it cannot.
    pub problem: Option<String>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SummaryRow {
    /// `dense_1`.
    pub name: String,
    /// `Dense`.
    pub kind: &'static str,
    /// Shape of its output for one image.
    pub shape: Vec<usize>,
    /// Its trainable parameters.
    pub parameters: usize,
    /// Its multiplications, each with an addition, for one image: see [`Sequential::multiply_adds`].
    pub multiply_adds: u64,
}

impl Sequential {
    /// The table of layers, for people.
    ///
    /// ```
    /// let model = tenfold::Sequential::new([28, 28]).flatten().dense(10).softmax();
    /// println!("{}", model.summary());
    /// assert_eq!(model.summary().parameters, 7_850);
    /// ```
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut layers = Vec::new();
        let walked = self.walk(|place| {
            layers.push(SummaryRow {
                name: place.name.into(),
                kind: place.layer.title(),
                shape: place.output.to_vec(),
                parameters: place.parameters(),
                multiply_adds: place.multiply_adds(),
            });
        });
        let problem = walked.err().map(|error| error.to_string());
        let parameters = layers.iter().map(|row| row.parameters).sum();
        let multiply_adds = layers.iter().fold(0, |sum: u64, row| sum.saturating_add(row.multiply_adds));
        Summary { input: self.input, layers, parameters, bytes: parameters * 4, multiply_adds, problem }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![["Layer", "Output shape", "Parameters", "Multiply-adds"].map(String::from)];
        rows.push(["input".into(), batch(&self.input), String::new(), String::new()]);
        for SummaryRow { name, kind, shape, parameters, multiply_adds } in &self.layers {
            let counts = [count(*parameters as u64), count(*multiply_adds)];
            let [parameters, multiply_adds] = counts;
            rows.push([format!("{name} ({kind})"), batch(shape), parameters, multiply_adds]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let [layer, shape, parameters, work] = [width(0).max(16), width(1).max(16), width(2), width(3)];
        let rule = "─".repeat(layer + shape + parameters + work + 6);
        for (index, [name, output, count, adds]) in rows.iter().enumerate() {
            let line = format!(" {name:<layer$}  {output:<shape$}  {count:>parameters$}  {adds:>work$}");
            writeln!(f, "{}", line.trim_end())?;
            if index == 0 {
                writeln!(f, " {rule}")?;
            }
        }
        writeln!(f, " {rule}")?;
        if let Some(problem) = &self.problem {
            return write!(f, " does not fit together: {problem}");
        }
        let (parameters, work) = (count(self.parameters as u64), count(self.multiply_adds));
        write!(f, " {parameters} parameters, {}; {work} multiply-adds an image", size(self.bytes))
    }
}

/// `[batch, 28, 28]`.
fn batch(shape: &[usize]) -> String {
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("[batch, {}]", axes.join(", "))
}

/// 473128 → `473.1 kB`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
