//! A dense layer's sums, from pixels and from units.

use super::{matrix, on_every_instruction_set, panels, size};
use crate::engine::chain::images::{Images, PixelColumns, byte_values};
use crate::engine::chain::masks::{self, Masks};
use crate::engine::chain::panels::{PANEL, Panels, padded, wide_runs};
use crate::engine::kernels::gather::{Gather, Source};
use crate::engine::kernels::reference::{self, Matrix};
use crate::engine::lanes::LANES;
use crate::engine::simd::Kernels;

#[allow(clippy::too_many_arguments)]
fn gather(
    kernels: &Kernels,
    mut source: Source,
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
        source = source.noted();
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
        let mut noted = PixelColumns::new(rows, size);
        let source = |by_pixel| Source::Pixels {
            images: images.at(),
            order: order.as_ptr(),
            known: order.len(),
            values: table.as_ptr(),
            by_pixel,
        };
        let (out, bits) = gather(kernels, source(None), rows, &w, None, true, None);
        assert_eq!(out, reference::gather(&x, &w, None, true, None));
        check_masks(&out, &bits);
        // The same, and pixels noted on the way.
        let by_pixel = Some(noted.begin(rows));
        assert!(gather(kernels, source(by_pixel), rows, &w, None, true, None) == (out.clone(), bits.clone()));
        let mut filled = PixelColumns::new(rows, size);
        filled.fill(&images, &order);
        for pixel in (0..size).chain([padded(size)]) {
            assert_eq!(noted.of(pixel), filled.of(pixel), "pixel {pixel}");
        }
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
