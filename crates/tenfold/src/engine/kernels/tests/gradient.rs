//! The weights' gradient and their update.

use super::{matrix, on_every_instruction_set, panels, size};
use crate::engine::chain::images::{Images, PixelColumns, byte_values};
use crate::engine::chain::masks;
use crate::engine::chain::panels::{PANEL, Panels, padded, place, runs};
use crate::engine::kernels::gradient::{Gradient, Inputs};
use crate::engine::kernels::reference::{self, Matrix};
use crate::engine::kernels::update::Rule;
use crate::engine::lanes::LANES;
use crate::engine::simd::Kernels;

/// What the optimiser's rules leave of (w, m, v), through the kernel, with the batch in two slices or in one.
fn gradient(
    kernels: &Kernels,
    x: &Matrix,
    d: &Matrix,
    rule: Rule,
    state: [&Matrix; 3],
    pixels: bool,
) -> [Matrix; 3] {
    let (rows, inputs, columns) = (d.rows(), x.columns, d.columns);
    let bias = padded(inputs);
    let mut state = state.map(|state| {
        let mut panels = Panels::zeros(bias + 1, columns);
        panels.fill(0, columns, &state.values[..inputs * columns]);
        panels.fill(bias, columns, &state.values[inputs * columns..]);
        panels
    });
    let mut kept = Panels::zeros(bias + 1, columns);
    let units: Vec<u32> = (0..inputs as u32).chain([bias as u32]).collect();
    let table = byte_values();
    let cut = rows / 2;
    for (from, to) in [(0, cut), (cut, rows)].into_iter().filter(|(from, to)| from < to) {
        let part = |m: &Matrix| Matrix {
            columns: m.columns,
            values: m.values[from * m.columns..to * m.columns].to_vec(),
        };
        let (x, d) = (part(x), part(d));
        let (values, mut row_masks) = panels(&x, to - from);
        let (delta, _) = panels(&d, to - from);
        let mut unit_masks = vec![0u64; inputs.next_multiple_of(PANEL) * 2];
        for (panel, masks) in unit_masks.chunks_exact_mut(PANEL * 2).enumerate() {
            // SAFETY: sizes as `by_unit` asks.
            unsafe {
                let words = row_masks.as_mut_ptr().add(masks::word(to - from, panel * PANEL / LANES));
                masks::by_unit(words, to - from, masks.as_mut_ptr(), 2);
            }
        }
        let bytes: Vec<u8> = x.values.iter().map(|&x| (x * 255.0).round() as u8).collect();
        let mut images = Images::new(inputs);
        let mut pixel_columns = PixelColumns::new(to - from, inputs);
        let inputs = if pixels {
            assert!(images.fill(&bytes));
            let order: Vec<u32> = (0..(to - from) as u32).collect();
            pixel_columns.fill(&images, &order);
            Inputs::Pixels {
                capacity: to - from,
                pairs: pixel_columns.pairs(),
                counts: pixel_columns.counts(),
                values: table.as_ptr(),
            }
        } else {
            Inputs::Units {
                capacity: to - from,
                columns: bias,
                rows: to - from,
                values: values.as_ptr(),
                masks: unit_masks.as_ptr(),
                blocks: 2,
            }
        };
        for (first, vectors) in runs((0, padded(columns) / LANES)) {
            let (at, stride) = place(bias + 1, padded(columns), first);
            let (delta_at, delta_stride) = delta.place(first);
            let [w, m, v] = &mut state;
            // SAFETY: all matrices have the sizes given.
            unsafe {
                (kernels.gradient)(&Gradient {
                    units: units.as_ptr(),
                    unit_count: units.len(),
                    inputs,
                    delta: delta.as_ptr().add(delta_at),
                    delta_stride,
                    vectors,
                    w: w.as_mut_ptr().add(at),
                    m: m.as_mut_ptr().add(at),
                    v: v.as_mut_ptr().add(at),
                    stride,
                    kept: kept.as_mut_ptr().add(at),
                    resume: from > 0,
                    rule: (to == rows).then_some(rule),
                });
            }
        }
    }
    state.map(|panels| {
        let mut values = panels.read(0..inputs, columns);
        values.extend(panels.read(bias..bias + 1, columns));
        Matrix { columns, values }
    })
}

fn rules() -> [Rule; 5] {
    let (alpha, rest_1, rest_2, epsilon) = (0.003, 0.1, 0.001, 1e-7);
    [
        Rule::Sgd { learning_rate: 0.1 },
        Rule::Momentum { learning_rate: 0.1, momentum: 0.9, nesterov: false },
        Rule::Momentum { learning_rate: 0.1, momentum: 0.9, nesterov: true },
        Rule::Adam { alpha, rest_1, rest_2, epsilon },
        Rule::AdamW { alpha, rest_1, rest_2, epsilon, shrink: 0.01 },
    ]
}

#[test]
fn gradient_and_update_are_their_reference() {
    let table = byte_values();
    on_every_instruction_set(|kernels, stream| {
        let (rows, inputs, columns) = (size(stream, 128), size(stream, 150), size(stream, 150));
        let pixels = stream.below(2) == 0;
        let zeros = stream.below(11);
        let mut x = matrix(stream, rows, inputs, zeros);
        if pixels {
            x.values.iter_mut().for_each(|x| *x = table[(x.abs() * 255.0) as usize]);
        }
        let d = matrix(stream, rows, columns, 4);
        let [w, m, v] = [(); 3].map(|()| matrix(stream, inputs + 1, columns, 1));
        let v = Matrix { values: v.values.iter().map(|v| v.abs()).collect(), ..v };
        let g = reference::gradient(&x, &d);
        let mut answers = Vec::new();
        for rule in rules() {
            let fast = gradient(kernels, &x, &d, rule, [&w, &m, &v], pixels);
            let (mut w, mut m, mut v) = (w.clone(), m.clone(), v.clone());
            for k in 0..g.values.len() {
                reference::update(rule, g.values[k], &mut w.values[k], &mut m.values[k], &mut v.values[k]);
            }
            for (fast, slow) in fast.iter().zip([&w, &m, &v]) {
                for (fast, slow) in fast.values.iter().zip(&slow.values) {
                    // Where the update fuses a product and a sum that the reference rounds twice.
                    assert!((fast - slow).abs() <= 1e-5 * slow.abs().max(0.1), "{rule:?}: {fast} {slow}");
                }
            }
            answers.extend(fast.into_iter().flat_map(|matrix| matrix.values));
        }
        // SGD with learning rate 1 from zero leaves the gradient itself, which must agree bit for bit.
        let zero = Matrix { columns, values: vec![0.0; g.values.len()] };
        let [negative, ..] = gradient(kernels, &x, &d, Rule::Sgd { learning_rate: 1.0 }, [&zero; 3], pixels);
        assert!(negative.values.iter().zip(&g.values).all(|(negative, g)| -negative == *g));
        answers
    });
}

#[test]
fn a_forgotten_mean_becomes_zero_and_moves_nothing() {
    on_every_instruction_set(|kernels, _| {
        let x = Matrix { columns: 1, values: vec![0.0] };
        let d = Matrix { columns: 1, values: vec![0.0] };
        let w = Matrix { columns: 1, values: vec![0.5, 0.5] };
        let m = Matrix { columns: 1, values: vec![1e-30, -1e-37] };
        let v = Matrix { columns: 1, values: vec![0.0, 0.0] };
        let [new_w, new_m, new_v] = gradient(kernels, &x, &d, rules()[3], [&w, &m, &v], false);
        assert_eq!(new_w, w);
        assert_eq!(new_m.values, [0.0, 0.0]);
        assert_eq!(new_v, v);
        Vec::new()
    });
}

/// The units' way has no shortcut, so it is the measure.
#[test]
fn dark_pixels_with_and_without_a_mean_gradient_are_updated_as_units_that_are_zero() {
    on_every_instruction_set(|kernels, stream| {
        let (inputs, columns) = (40, 64);
        let x = Matrix { columns: inputs, values: vec![0.0; inputs] };
        let d = matrix(stream, 1, columns, 1);
        let [w, mut m, v] = [(); 3].map(|()| matrix(stream, inputs + 1, columns, 1));
        let v = Matrix { values: v.values.iter().map(|v| v.abs()).collect(), ..v };
        for vector in m.values.chunks_exact_mut(LANES).step_by(3) {
            vector.fill(0.0);
        }
        let mut answers = Vec::new();
        for rule in rules() {
            let [pixels, units] =
                [true, false].map(|pixels| gradient(kernels, &x, &d, rule, [&w, &m, &v], pixels));
            assert_eq!(pixels, units, "{rule:?}");
            answers.extend(pixels.into_iter().flat_map(|matrix| matrix.values));
        }
        answers
    });
}
