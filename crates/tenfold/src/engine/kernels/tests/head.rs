//! The end of a chain of dense layers: the last one's outputs and the softmax behind them.

use super::{matrix, on_every_instruction_set, panels, size};
use crate::engine::chain::masks::Masks;
use crate::engine::chain::panels::{Panels, padded};
use crate::engine::kernels::logits::{Logits, ROWS};
use crate::engine::kernels::reference::{self, Matrix};
use crate::engine::kernels::softmax::Softmax;
use crate::engine::lanes::LANES;
use crate::engine::simd::Kernels;

#[test]
fn logits_are_their_reference() {
    on_every_instruction_set(|kernels, stream| {
        let (rows, inputs, units) = (ROWS + size(stream, 40), size(stream, 200), size(stream, 16));
        let zeros = stream.below(11);
        let (x, w) = (matrix(stream, rows, inputs, zeros), matrix(stream, inputs, units, 0));
        let bias = matrix(stream, 1, units, 0);
        let capacity = rows + 2;
        let (values, _) = panels(&x, capacity);
        let mut weights = Panels::zeros(padded(inputs) + 1, units);
        weights.fill(0, units, &w.values);
        weights.fill(padded(inputs), units, &bias.values);
        let mut out = Panels::zeros(capacity, units);
        // SAFETY: all matrices have the sizes given.
        unsafe {
            (kernels.logits)(&Logits {
                rows: (1, rows),
                capacity,
                inputs: padded(inputs),
                values: values.as_ptr(),
                weights: weights.as_ptr(),
                out: out.as_mut_ptr(),
            });
        }
        let expected = reference::gather(&x, &w, Some(&bias.values), false, None);
        let found = out.read(0..rows, units);
        assert_eq!(found[units..], expected.values[units..]);
        assert!(found[..units].iter().all(|&x| x == 0.0), "a row that is another's");
        found
    });
}

const SCALE: f32 = 0.25;

/// Gradient, losses and what is right, `together` rows at a time.
fn softmax(
    kernels: &Kernels,
    logits: &Matrix,
    labels: &[u8],
    order: &[u32],
    together: usize,
) -> (Panels, Vec<f32>, Vec<u8>) {
    let (rows, classes) = (logits.rows(), logits.columns);
    let capacity = rows + 1;
    let (logits, _) = panels(logits, capacity);
    let mut out = Panels::zeros(capacity, classes);
    let mut masks = Masks::new(capacity, out.columns());
    let (mut losses, mut correct) = (vec![0.0; rows], vec![0; rows]);
    for first in (0..rows).step_by(together) {
        // SAFETY: all matrices have the sizes given.
        unsafe {
            (kernels.softmax)(&Softmax {
                rows: (first, (first + together).min(rows)),
                capacity,
                classes,
                logits: logits.as_ptr(),
                out: out.as_mut_ptr(),
                masks: masks.as_mut_ptr(),
                labels: labels.as_ptr(),
                order: order.as_ptr(),
                scale: SCALE,
                losses: losses.as_mut_ptr(),
                correct: correct.as_mut_ptr(),
            });
        }
    }
    (out, losses, correct)
}

#[test]
fn softmax_is_its_reference() {
    on_every_instruction_set(|kernels, stream| {
        let (rows, classes) = (size(stream, 40), size(stream, 130));
        let reach = [0.1, 5.0, 60.0, 500.0][stream.below(4) as usize];
        let mut logits = matrix(stream, rows, classes, 1);
        logits.values.iter_mut().for_each(|z| *z *= reach);
        let labels: Vec<u8> = (0..rows + 2).map(|_| stream.below(classes as u32) as u8).collect();
        let order: Vec<u32> = (0..rows).map(|_| stream.below(rows as u32 + 2)).collect();
        let (out, losses, correct) = softmax(kernels, &logits, &labels, &order, rows);
        for row in 0..rows {
            let label = usize::from(labels[order[row] as usize]);
            let (probabilities, loss) = reference::softmax(logits.row(row), label);
            let found = out.read(row..row + 1, classes);
            for (class, (&found, p)) in found.iter().zip(probabilities).enumerate() {
                let expected = (p - f64::from(u8::from(class == label))) * f64::from(SCALE);
                assert!((f64::from(found) - expected).abs() < 3e-7, "{found} {expected}");
            }
            assert!((f64::from(losses[row]) - loss).abs() < 1e-6 * loss.max(1.0), "{} {loss}", losses[row]);
            let largest = logits.row(row).iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let winner = logits.row(row).iter().position(|&z| z == largest).unwrap();
            assert_eq!(correct[row] == 1, winner == label);
        }
        let padding = out.read(0..rows, out.columns());
        assert!(padding.chunks_exact(out.columns()).all(|row| row[classes..].iter().all(|&x| x == 0.0)));
        out.read(0..rows, classes).into_iter().chain(losses).collect()
    });
}

#[test]
fn sixteen_rows_have_the_bits_of_each_alone() {
    on_every_instruction_set(|kernels, stream| {
        let (rows, classes) = (LANES + size(stream, 20), size(stream, 16));
        let mut logits = matrix(stream, rows, classes, 3);
        logits.values.iter_mut().for_each(|z| *z *= 30.0);
        let labels: Vec<u8> = (0..rows).map(|_| stream.below(classes as u32) as u8).collect();
        let order: Vec<u32> = (0..rows as u32).collect();
        let all = |together| {
            let (out, losses, correct) = softmax(kernels, &logits, &labels, &order, together);
            let bits = out.read(0..rows, out.columns()).into_iter().chain(losses).map(f32::to_bits);
            (bits.collect::<Vec<_>>(), correct)
        };
        assert!(all(rows) == all(1), "{rows} rows of {classes} classes");
        Vec::new()
    });
}
