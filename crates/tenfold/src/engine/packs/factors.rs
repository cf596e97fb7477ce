//! A convolution's kernels as the factors of Winograd's products: how they lie, how they come from the weights, and how the
//! weights' gradient comes from theirs.

use std::ops::Range;

use super::pieces::{Backward, Pieces};
use super::weights::Blocks;
use crate::engine::kernels::conv::BLOCK;
use crate::engine::kernels::factors::{PAIR, SINGLE};
use crate::engine::kernels::winograd_kernel::{MOST_TAPS, WinogradKernel};
use crate::engine::kernels::winograd_kernel_gradient::WinogradKernelGradient;
use crate::engine::kernels::winograd_piece::PRODUCTS;
use crate::engine::lanes::LANES;
use crate::engine::precision::Precision;
use crate::engine::simd::Kernels;

impl Pieces {
    /// Lines of the transformed kernels: of one input each, or of two.
    pub(crate) fn lines(&self, blocks: &Blocks) -> usize {
        blocks.inputs.div_ceil(self.precision.factors())
    }

    /// Transforms the kernels for both ways: `weights` of `blocks` as they lie, to `spread`; `range` of its lines.
    ///
    /// # Safety
    /// `weights` holds the blocks and `spread` has room for both ways; nobody else writes there for these lines. The kernels fit
    /// the processor.
    pub(crate) unsafe fn spread(
        &self,
        kernels: &Kernels,
        blocks: &Blocks,
        weights: *const f32,
        spread: *mut f32,
        range: Range<usize>,
        back: bool,
    ) {
        debug_assert!(range.end <= self.lines(blocks));
        // SAFETY: handed on.
        unsafe {
            match self.precision {
                Precision::Float32 => {
                    self.joined::<SINGLE>(kernels, blocks, weights, spread, range, back);
                }
                Precision::BFloat16 => self.joined::<PAIR>(kernels, blocks, weights, spread, range, back),
            }
        }
    }

    /// The same, `F` factors joined.
    unsafe fn joined<const F: usize>(
        &self,
        kernels: &Kernels,
        blocks: &Blocks,
        weights: *const f32,
        spread: *mut f32,
        range: Range<usize>,
        back: bool,
    ) {
        let transform = |taps: &[[f32; LANES]], factors: &mut [[f32; LANES]; PRODUCTS]| {
            let (weights, to) = (taps.as_ptr().cast(), factors.as_mut_ptr().cast());
            let (side, precision) = (self.kernel, self.precision);
            // SAFETY: there is a line for each tap, and one for each product.
            unsafe {
                (kernels.winograd_kernel)(&WinogradKernel { side, weights, to, product: LANES, precision });
            }
        };
        let forth = Lines::new(blocks, F, self.start);
        let back = Some(Lines::new(&blocks.turned(), F, self.back(blocks)))
            .filter(|_| back && self.ways.backward != Backward::Direct);
        let mut taps = [[0.0; LANES]; MOST_TAPS];
        let taps = &mut taps[..blocks.taps];
        let mut factors = [[[0.0f32; LANES]; PRODUCTS]; F];
        let mut turned = [[0.0f32; LANES]; PRODUCTS];
        for (line, outputs) in
            range.flat_map(|line| lines(blocks.outputs).map(move |outputs| (line, outputs)))
        {
            for (input, factors) in (line * F..).zip(&mut factors) {
                if input >= blocks.inputs {
                    factors.as_flattened_mut().fill(0.0);
                    continue;
                }
                for (tap, values) in taps.iter_mut().enumerate() {
                    for (lane, output, count) in runs(&outputs) {
                        // SAFETY: within the blocks, where a block's outputs lie side by side.
                        unsafe {
                            let from = weights.add(blocks.at(output, input, tap));
                            copy(from, values.as_mut_ptr().add(lane), count);
                        }
                    }
                    values[outputs.len()..].fill(0.0);
                }
                transform(taps, factors);
                let Some(back) = &back else { continue };
                let factors = if self.ways.backward == Backward::Turned {
                    taps.reverse();
                    transform(taps, &mut turned);
                    &turned
                } else {
                    factors
                };
                let (to, width) = back.of(input);
                let to = to + outputs.start / F * width;
                for (product, factors) in factors.iter().enumerate() {
                    let factors = factors.chunks_exact(F).take(outputs.len().div_ceil(F));
                    for (k, factors) in factors.enumerate() {
                        let factor = factors.iter().copied().reduce(with_second).unwrap_or(0.0);
                        // SAFETY: within `spread`.
                        unsafe { *spread.add(to + product * back.product + k * width) = factor };
                    }
                }
            }
            for (lane, output, count) in runs(&outputs) {
                let (to, width) = forth.of(output);
                for product in 0..PRODUCTS {
                    let both: [f32; BLOCK] = std::array::from_fn(|k| {
                        let each = factors.iter().map(|factors| factors[product][lane + k]);
                        each.reduce(with_second).unwrap_or(0.0)
                    });
                    // SAFETY: within `spread`, where a block's outputs lie side by side.
                    unsafe {
                        copy(both.as_ptr(), spread.add(to + product * forth.product + line * width), count)
                    };
                }
            }
        }
    }

    /// The kernels' gradient from that of the products `[products][inputs][outputs, padded]`.
    ///
    /// # Safety
    /// `products` holds them, and `gradient` has the blocks. The kernels fit the processor.
    pub(crate) unsafe fn gather(
        &self,
        kernels: &Kernels,
        blocks: &Blocks,
        products: *const f32,
        gradient: *mut f32,
    ) {
        let padded = blocks.outputs.next_multiple_of(LANES);
        let mut taps = [[0.0f32; LANES]; MOST_TAPS];
        for input in 0..blocks.inputs {
            for outputs in lines(blocks.outputs) {
                // SAFETY: the products are padded to whole vectors, and no kernel has more taps.
                unsafe {
                    (kernels.winograd_kernel_gradient)(&WinogradKernelGradient {
                        side: self.kernel,
                        products: products.add(input * padded + outputs.start),
                        product: blocks.inputs * padded,
                        to: taps.as_mut_ptr().cast(),
                    });
                }
                for (tap, line) in taps.iter().enumerate().take(blocks.taps) {
                    for (lane, output, count) in runs(&outputs) {
                        // SAFETY: within the blocks, where a block's outputs lie side by side.
                        unsafe {
                            copy(line.as_ptr().add(lane), gradient.add(blocks.at(output, input, tap)), count)
                        };
                    }
                }
            }
        }
    }
}

/// Outputs in vectors, the last of what is left.
fn lines(outputs: usize) -> impl Iterator<Item = Range<usize>> {
    (0..outputs).step_by(LANES).map(move |first| first..(first + LANES).min(outputs))
}

/// Those of a vector of `outputs` that lie in one block: the first lane, its output, and how many.
fn runs(outputs: &Range<usize>) -> impl Iterator<Item = (usize, usize, usize)> {
    let (start, end) = (outputs.start, outputs.end);
    (start..end).step_by(BLOCK).map(move |first| (first - start, first, BLOCK.min(end - first)))
}

/// Copies `count` floats, which are mostly a block's.
///
/// # Safety
/// They are at `from`, there is room for them at `to`, and the two lie apart.
unsafe fn copy(from: *const f32, to: *mut f32, count: usize) {
    // SAFETY: as above. A number that is known is two moves, any other a call.
    unsafe {
        match count {
            BLOCK => to.copy_from_nonoverlapping(from, BLOCK),
            _ => to.copy_from_nonoverlapping(from, count),
        }
    }
}

/// A pair of its first and that of another as its second; both are pairs whose seconds are 0.
fn with_second(first: f32, second: f32) -> f32 {
    f32::from_bits(first.to_bits() | second.to_bits() << 16)
}

/// How the transformed kernels lie, one way: `[products][block][lines][outputs of the block]`.
struct Lines {
    start: usize,
    /// Inputs, `joined` of them a line.
    lines: usize,
    outputs: usize,
    /// From product to product.
    product: usize,
}

impl Lines {
    fn new(blocks: &Blocks, joined: usize, start: usize) -> Self {
        let (lines, outputs) = (blocks.inputs.div_ceil(joined), blocks.outputs);
        Self { start, lines, outputs, product: lines * outputs }
    }

    /// Where the first product's factor of the first line is for `output`, and how far it is from line to line.
    fn of(&self, output: usize) -> (usize, usize) {
        let first = output / BLOCK * BLOCK;
        let width = BLOCK.min(self.outputs - first);
        (self.start + first * self.lines + output - first, width)
    }
}
