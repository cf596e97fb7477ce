//! A table of a network's layers, as Keras's `summary` prints it. Plain text: colours are the program's to add.

use std::fmt;

use serde::Serialize;

use super::Sequential;

/// What a network is made of. Its `Display` is a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// `[height, width]` of the images.
    pub input: [usize; 2],
    /// One for each layer, up to the first that does not fit.
    pub layers: Vec<SummaryRow>,
    /// Trainable parameters in all.
    pub parameters: usize,
    /// Bytes they take: 4 each.
    pub bytes: usize,
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
            });
        });
        let problem = walked.err().map(|error| error.to_string());
        let parameters = layers.iter().map(|row| row.parameters).sum();
        Summary { input: self.input, layers, parameters, bytes: parameters * 4, problem }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![["Layer".into(), "Output shape".into(), "Parameters".into()]];
        rows.push(["input".into(), batch(&self.input), String::new()]);
        for SummaryRow { name, kind, shape, parameters } in &self.layers {
            rows.push([format!("{name} ({kind})"), batch(shape), thousands(*parameters)]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let [layer, shape, parameters] = [width(0).max(16), width(1).max(16), width(2)];
        let rule =
            |f: &mut fmt::Formatter<'_>| writeln!(f, " {}", "─".repeat(layer + shape + parameters + 4));
        for (index, [name, output, count]) in rows.iter().enumerate() {
            let line = format!(" {name:<layer$}  {output:<shape$}  {count:>parameters$}");
            writeln!(f, "{}", line.trim_end())?;
            if index == 0 {
                rule(f)?;
            }
        }
        rule(f)?;
        if let Some(problem) = &self.problem {
            return write!(f, " does not fit together: {problem}");
        }
        write!(f, " {} parameters, {}", thousands(self.parameters), size(self.bytes))
    }
}

/// `[batch, 28, 28]`.
fn batch(shape: &[usize]) -> String {
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("[batch, {}]", axes.join(", "))
}

/// 118282 → `118,282`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|g| str::from_utf8(g).ok()).collect();
    groups.join(",")
}

/// 473128 → `473.1 kB`.
fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
