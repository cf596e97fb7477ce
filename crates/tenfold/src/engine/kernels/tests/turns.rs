//! Transposes, and Winograd's transforms of kernels.

use super::{matrix, on_every_instruction_set, panels, size};
use crate::engine::chain::panels::{Panels, padded};
use crate::engine::kernels::reference::{self, Matrix};
use crate::engine::kernels::transpose::Transpose;
use crate::engine::kernels::winograd_kernel::WinogradKernel;
use crate::engine::kernels::winograd_kernel_gradient::WinogradKernelGradient;
use crate::engine::kernels::winograd_piece::{PRODUCTS, SIDE};
use crate::engine::lanes::LANES;
use crate::engine::precision::Precision;
use crate::engine::simd::Kernels;
use crate::random::Stream;

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
        let mut pairs = vec![f32::NAN; PRODUCTS * LANES];
        // SAFETY: all have a vector for each tap or product, and the kernels fit the processor.
        unsafe {
            (kernels.winograd_kernel)(&WinogradKernel {
                side: R,
                weights: weights.as_ptr(),
                to: factors.as_mut_ptr(),
                product: LANES,
                precision: Precision::Float32,
            });
            (kernels.winograd_kernel)(&WinogradKernel {
                side: R,
                weights: weights.as_ptr(),
                to: pairs.as_mut_ptr(),
                product: LANES,
                precision: Precision::BFloat16,
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
                // To the nearest of eight significant bits, in the lower half; the second of the pair is 0.
                let rounded = f32::from_bits(pairs[product * LANES + lane].to_bits() << 16);
                assert!((rounded - expected).abs() <= expected.abs() / 256.0, "{rounded} for {expected}");
                assert_eq!(pairs[product * LANES + lane].to_bits() >> 16, 0);
            }
            let expected =
                reference::winograd_kernel_gradient::<R>(|y, x| products[(y * SIDE + x) * LANES + lane]);
            for (tap, &expected) in expected.as_flattened().iter().enumerate() {
                assert_eq!(taps[tap * LANES + lane].to_bits(), expected.to_bits());
            }
        }
        [factors, taps, pairs].concat()
    }
    on_every_instruction_set(check::<3>);
    on_every_instruction_set(check::<5>);
}
