//! Every kernel, on every instruction set of this processor, against its plain reference on random shapes: odd sizes, one
//! row, empty rows, several panels. All instruction sets must give the same bits.

use super::gather::{Gather, Source};
use super::gradient::{Gradient, Inputs};
use super::reference::{self, Matrix};
use super::softmax::Softmax;
use super::transpose::Transpose;
use super::update::Rule;
use super::winograd::{PRODUCTS, SIDE};
use super::winograd_kernel::WinogradKernel;
use super::winograd_kernel_gradient::WinogradKernelGradient;
use crate::engine::chain::images::{Images, PixelColumns, byte_values};
use crate::engine::chain::masks::{self, Masks};
use crate::engine::chain::panels::{PANEL, Panels, padded, place, runs, wide_runs};
use crate::engine::lanes::LANES;
use crate::engine::simd::{Kernels, Simd};
use crate::random::{Purpose, Stream};

const ROUNDS: u64 = 60;

/// Random numbers of which about `zeros` of ten are zero, and sometimes whole rows.
fn matrix(stream: &mut Stream, rows: usize, columns: usize, zeros: u32) -> Matrix {
    let mut values = Vec::new();
    for _ in 0..rows {
        let empty = stream.below(5) == 0 && zeros > 0;
        for _ in 0..columns {
            let value = stream.range(-1.0, 1.0);
            values.push(if empty || stream.below(10) < zeros { 0.0 } else { value });
        }
    }
    Matrix { columns, values }
}

/// In panels with room for `capacity` rows, and with its masks.
fn panels(matrix: &Matrix, capacity: usize) -> (Panels, Masks) {
    let mut panels = Panels::zeros(capacity, matrix.columns);
    panels.fill(0, matrix.columns, &matrix.values);
    let mut masks = Masks::new(capacity, padded(matrix.columns));
    for row in 0..matrix.rows() {
        for (column, _) in matrix.row(row).iter().enumerate().filter(|&(_, &value)| value != 0.0) {
            let word = masks::word(capacity, column / LANES) + row * masks::ROW;
            // SAFETY: the word is one of the masks'.
            unsafe { *masks.as_mut_ptr().add(word) |= 1 << (column % LANES) };
        }
    }
    (panels, masks)
}

/// Sizes that like to be odd: small ones, one, and around the edges of vectors, panels and blocks.
fn size(stream: &mut Stream, largest: u32) -> usize {
    let edges = [1, 15, 16, 17, 63, 64, 65, 128];
    let picked =
        if stream.below(2) == 0 { edges[stream.below(8) as usize] } else { 1 + stream.below(largest) };
    picked.min(largest) as usize
}

/// Runs `check` on every instruction set for many random streams, and wants the same bits from all.
fn on_every_instruction_set(check: impl Fn(&Kernels, &mut Stream) -> Vec<f32>) {
    for round in 0..ROUNDS {
        let answers: Vec<(Simd, Vec<u32>)> = Simd::available()
            .into_iter()
            .map(|simd| {
                let bits = check(&simd.kernels(), &mut Stream::new(round, Purpose::Shuffle, 0, 0));
                (simd, bits.into_iter().map(f32::to_bits).collect())
            })
            .collect();
        for (simd, bits) in &answers {
            assert!(*bits == answers[0].1, "round {round}: {simd:?} and {:?} differ", answers[0].0);
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn gather(
    kernels: &Kernels,
    source: Source,
    rows: usize,
    w: &Matrix,
    start: Option<&[f32]>,
    relu: bool,
    gate: Option<&Matrix>,
) -> (Matrix, Vec<u64>) {
    let capacity = rows + 3;
    let (mut weights, _) = panels(w, w.rows() + 1);
    weights.fill(w.rows(), w.columns, start.unwrap_or_default());
    let gate = gate.map(|gate| panels(gate, capacity).0);
    let mut out = Panels::zeros(capacity, w.columns);
    let mut masks = Masks::new(capacity, out.columns());
    for (first, vectors) in wide_runs((0, out.columns() / LANES)) {
        let (weight, stride) = weights.place(first);
        let (at, out_stride) = out.place(first);
        // SAFETY: all matrices have the sizes given.
        unsafe {
            (kernels.gather)(&Gather {
                rows: (0, rows),
                source,
                weights: weights.as_ptr().add(weight),
                stride,
                weight_rows: w.rows() + 1,
                vectors,
                start: start.map_or(std::ptr::null(), |_| weights.as_ptr().add(weight + w.rows() * stride)),
                relu,
                gate: gate.as_ref().map_or(std::ptr::null(), |gate| gate.as_ptr().add(at)),
                out: out.as_mut_ptr().add(at),
                out_stride,
                out_rows: capacity,
                masks: masks.as_mut_ptr().add(masks::word(capacity, first)),
            });
        }
    }
    let bits = (0..rows * w.columns.div_ceil(PANEL)).map(|at| {
        let (row, panel) = (at % rows, at / rows);
        // SAFETY: the row's four words are the masks'.
        unsafe { masks::row(masks.as_mut_ptr().add(masks::word(capacity, panel * 4) + row * masks::ROW)) }
    });
    let bits = bits.collect();
    (Matrix { columns: w.columns, values: out.read(0..rows, w.columns) }, bits)
}

fn check_masks(out: &Matrix, bits: &[u64]) {
    for row in 0..out.rows() {
        for (column, &value) in out.row(row).iter().enumerate() {
            let bit = bits[column / PANEL * out.rows() + row] >> (column % PANEL) & 1;
            assert_eq!(bit == 1, value != 0.0);
        }
    }
}

#[test]
fn gather_from_units_is_its_reference() {
    on_every_instruction_set(|kernels, stream| {
        let (rows, inputs, columns) = (size(stream, 140), size(stream, 200), size(stream, 200));
        let zeros = stream.below(11);
        let (x, w) = (matrix(stream, rows, inputs, zeros), matrix(stream, inputs, columns, 0));
        let start: Option<Vec<f32>> = (stream.below(2) == 0).then(|| matrix(stream, 1, columns, 0).values);
        let gate = (stream.below(2) == 0).then(|| matrix(stream, rows, columns, 3));
        let relu = stream.below(2) == 0;
        let (mut values, mut masks) = panels(&x, rows + 2);
        let source = Source::Units {
            capacity: rows + 2,
            columns: values.columns(),
            values: values.as_mut_ptr(),
            masks: masks.as_mut_ptr(),
        };
        let (out, bits) = gather(kernels, source, rows, &w, start.as_deref(), relu, gate.as_ref());
        assert_eq!(out, reference::gather(&x, &w, start.as_deref(), relu, gate.as_ref()));
        check_masks(&out, &bits);
        out.values
    });
}

#[test]
fn gather_from_pixels_is_its_reference() {
    let table = byte_values();
    on_every_instruction_set(|kernels, stream| {
        let (rows, size, columns) = (size(stream, 40), size(stream, 800), size(stream, 200));
        let pixels: Vec<u8> =
            (0..rows * size).map(|_| stream.bits() as u8 * u8::from(stream.below(4) == 0)).collect();
        let order: Vec<u32> = (0..rows).map(|_| stream.below(rows as u32)).collect();
        let w = matrix(stream, size, columns, 0);
        let mut images = Images::new(size);
        assert!(images.fill(&pixels));
        let row = |&image: &u32| {
            pixels[image as usize * size..][..size].iter().map(|&byte| table[usize::from(byte)])
        };
        let x = Matrix { columns: size, values: order.iter().flat_map(row).collect() };
        let source = Source::Pixels {
            images: images.at(),
            order: order.as_ptr(),
            known: order.len(),
            values: table.as_ptr(),
        };
        let (out, bits) = gather(kernels, source, rows, &w, None, true, None);
        assert_eq!(out, reference::gather(&x, &w, None, true, None));
        check_masks(&out, &bits);
        // The same images as they came, without lists.
        let chosen: Vec<u8> =
            order.iter().flat_map(|&r| &pixels[r as usize * size..][..size]).copied().collect();
        let source = Source::Bytes { bytes: chosen.as_ptr(), size, values: table.as_ptr() };
        assert!(gather(kernels, source, rows, &w, None, true, None) == (out.clone(), bits));
        out.values
    });
}

#[test]
fn nan_reaches_the_output_through_relu_and_mask() {
    on_every_instruction_set(|kernels, _| {
        let x = Matrix { columns: 2, values: vec![0.0, f32::NAN, 0.0, 0.0] };
        let w = Matrix { columns: 1, values: vec![1.0, 0.0] };
        let (mut values, mut masks) = panels(&x, 2);
        let (capacity, columns) = (2, values.columns());
        let source =
            Source::Units { capacity, columns, values: values.as_mut_ptr(), masks: masks.as_mut_ptr() };
        let (out, bits) = gather(kernels, source, 2, &w, Some(&[-1.0]), true, None);
        assert!(out.values[0].is_nan() && out.values[1] == 0.0);
        // Padding columns become NaN too: their weights in the next layer are padding rows.
        assert!(bits[0] & 1 == 1 && bits[1] == 0);
        Vec::new()
    });
}

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

#[test]
fn softmax_is_its_reference() {
    on_every_instruction_set(|kernels, stream| {
        let (rows, classes) = (size(stream, 40), size(stream, 130));
        let reach = [0.1, 5.0, 60.0, 500.0][stream.below(4) as usize];
        let mut logits = matrix(stream, rows, classes, 1);
        logits.values.iter_mut().for_each(|z| *z *= reach);
        let labels: Vec<u8> = (0..rows + 2).map(|_| stream.below(classes as u32) as u8).collect();
        let order: Vec<u32> = (0..rows).map(|_| stream.below(rows as u32 + 2)).collect();
        let capacity = rows + 1;
        let (logit_panels, _) = panels(&logits, capacity);
        let mut out = Panels::zeros(capacity, classes);
        let mut masks = Masks::new(capacity, out.columns());
        let (mut losses, mut correct) = (vec![0.0; rows], vec![0; rows]);
        let scale = 0.25;
        // SAFETY: all matrices have the sizes given.
        unsafe {
            (kernels.softmax)(&Softmax {
                rows: (0, rows),
                capacity,
                classes,
                logits: logit_panels.as_ptr(),
                out: out.as_mut_ptr(),
                masks: masks.as_mut_ptr(),
                labels: labels.as_ptr(),
                order: order.as_ptr(),
                scale,
                losses: losses.as_mut_ptr(),
                correct: correct.as_mut_ptr(),
            });
        }
        for row in 0..rows {
            let label = usize::from(labels[order[row] as usize]);
            let (probabilities, loss) = reference::softmax(logits.row(row), label);
            let found = out.read(row..row + 1, classes);
            for (class, (&found, p)) in found.iter().zip(probabilities).enumerate() {
                let expected = (p - f64::from(u8::from(class == label))) * f64::from(scale);
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
fn transpose_is_its_reference() {
    on_every_instruction_set(|kernels, stream| {
        let (rows, columns) = (padded(size(stream, 150)), padded(size(stream, 150)));
        let x = matrix(stream, rows + 1, columns, 0);
        let (from, _) = panels(&x, rows + 1);
        let mut to = Panels::zeros(columns, rows);
        // SAFETY: the sizes are those given.
        unsafe {
            (kernels.transpose)(&Transpose {
                rows,
                blocks: (0, rows / LANES),
                source_rows: rows + 1,
                columns,
                vectors: (0, columns / LANES),
                from: from.as_ptr(),
                to: to.as_mut_ptr(),
            });
        }
        let x = Matrix { columns, values: x.values[..rows * columns].to_vec() };
        let out = Matrix { columns: rows, values: to.read(0..columns, rows) };
        assert_eq!(out, reference::transpose(&x));
        out.values
    });
}

/// Winograd's factors of sixteen kernels at once, and the way back.
#[test]
fn winograd_kernels_are_those_of_the_plain_version() {
    fn check<const R: usize>(kernels: &Kernels, stream: &mut Stream) -> Vec<f32> {
        let mut random = |count: usize| -> Vec<f32> { (0..count).map(|_| stream.range(-1.0, 1.0)).collect() };
        let (weights, products) = (random(R * R * LANES), random(PRODUCTS * LANES));
        let (mut factors, mut taps) = (vec![0.0; PRODUCTS * LANES], vec![0.0; R * R * LANES]);
        // SAFETY: all have a vector for each tap or product, and the kernels fit the processor.
        unsafe {
            (kernels.winograd_kernel)(&WinogradKernel {
                side: R,
                weights: weights.as_ptr(),
                to: factors.as_mut_ptr(),
                product: LANES,
            });
            (kernels.winograd_kernel_gradient)(&WinogradKernelGradient {
                side: R,
                products: products.as_ptr(),
                product: LANES,
                to: taps.as_mut_ptr(),
            });
        }
        for lane in 0..LANES {
            let expected = reference::winograd_kernel::<R>(|y, x| weights[(y * R + x) * LANES + lane]);
            for (product, &expected) in expected.as_flattened().iter().enumerate() {
                assert_eq!(factors[product * LANES + lane].to_bits(), expected.to_bits());
            }
            let expected =
                reference::winograd_kernel_gradient::<R>(|y, x| products[(y * SIDE + x) * LANES + lane]);
            for (tap, &expected) in expected.as_flattened().iter().enumerate() {
                assert_eq!(taps[tap * LANES + lane].to_bits(), expected.to_bits());
            }
        }
        [factors, taps].concat()
    }
    on_every_instruction_set(check::<3>);
    on_every_instruction_set(check::<5>);
}
