//! A convolution cut into pieces for `kernels/winograd.rs`: which there are, and the border they need around the planes.

use std::ops::Range;

use super::planes::{Border, Planes};
use super::stencil::Window;
use super::weights::Blocks;
use crate::engine::kernels::conv::BLOCK;
use crate::engine::kernels::winograd::{PRODUCTS, Piece, SIDE};
use crate::engine::kernels::winograd_kernel::{MOST_TAPS, WinogradKernel};
use crate::engine::kernels::winograd_kernel_gradient::WinogradKernelGradient;
use crate::engine::lanes::LANES;
use crate::engine::simd::Kernels;

/// A convolution in pieces.
pub(crate) struct Pieces {
    /// Side of the kernel: 3 or 5.
    pub(crate) kernel: usize,
    /// Which ways are computed in pieces.
    pub(crate) ways: Ways,
    pub(crate) forward: Vec<Piece>,
    pub(crate) backward: Vec<Piece>,
    /// Where its transformed kernels begin among all: those of the way forward, then those of the way back.
    pub(crate) start: usize,
}

/// Forward, back to the inputs, and the weights' gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    pub(crate) forward: bool,
    pub(crate) backward: bool,
    pub(crate) gradient: bool,
}

#[cfg(test)]
thread_local! {
    /// What a test wants instead of what is cheaper.
    pub(crate) static WANTED: std::cell::Cell<Option<Ways>> = const { std::cell::Cell::new(None) };
}

impl Ways {
    /// Where pieces take fewer cycles than a direct convolution, by counting the vector operations of both, one pack's. What
    /// comes beside the products was found by measuring whole trainings.
    fn cheaper(kernel: usize, blocks: &Blocks, input: [usize; 2], output: [usize; 2]) -> Self {
        let side = SIDE + 1 - kernel;
        let count = |plane: [usize; 2]| plane.map(|n| n.div_ceil(side)).iter().product::<usize>();
        let (inputs, outputs) = (blocks.inputs, blocks.outputs);
        let direct = output[0] * output[1] * kernel * kernel * inputs * outputs;
        // Kernels are transformed once a step, and their gradient once a slice, for several packs.
        let kernels = 30 * inputs * outputs;
        let transform = 130;
        let pieces = |plane, inputs, outputs| {
            kernels + count(plane) * (PRODUCTS * (inputs + 5) * outputs + transform * (inputs + outputs))
        };
        let padded = outputs.next_multiple_of(LANES);
        let gradient = kernels
            + count(output) * (PRODUCTS * inputs * padded * 5 / 4 + transform * inputs + 300 * padded);
        Self {
            forward: pieces(output, inputs, outputs) < direct,
            backward: pieces(input, outputs, inputs) < direct,
            gradient: gradient < direct,
        }
    }
}

impl Pieces {
    /// None where a direct convolution is as good or the only way.
    pub(crate) fn new(
        window: &Window,
        blocks: &Blocks,
        input: [usize; 2],
        output: [usize; 2],
        start: usize,
    ) -> Option<Self> {
        let [kernel, columns] = window.kernel;
        if kernel != columns || (kernel != 3 && kernel != 5) || window.stride != [1, 1] {
            return None;
        }
        let ways = Ways::cheaper(kernel, blocks, input, output);
        #[cfg(test)]
        let ways = WANTED.get().unwrap_or(ways);
        (ways != Ways::default()).then(|| Self {
            kernel,
            ways,
            forward: Vec::new(),
            backward: Vec::new(),
            start,
        })
    }

    /// Outputs a side of a piece.
    pub(crate) fn outputs(&self) -> usize {
        SIDE + 1 - self.kernel
    }

    /// Floats of the transformed kernels, one way.
    pub(crate) fn floats(blocks: &Blocks) -> usize {
        (PRODUCTS * blocks.inputs * blocks.outputs).next_multiple_of(LANES)
    }

    /// Where the kernels' factors for the way back begin.
    pub(crate) fn back(&self, blocks: &Blocks) -> usize {
        self.start + Self::floats(blocks)
    }

    /// The borders that the input and the output need.
    pub(crate) fn borders(&self, window: &Window, input: [usize; 2], output: [usize; 2]) -> [Border; 2] {
        let outputs = self.outputs();
        // Pieces cover ⌈n / outputs⌉ · outputs places along an axis, and reach over them by the kernel's side less one.
        let reach = |n: usize| n.next_multiple_of(outputs) + self.kernel - 1;
        let [top, left] = window.before;
        let [above, before] = [self.kernel - 1 - top, self.kernel - 1 - left];
        let over = |n: usize| n.next_multiple_of(outputs) - n;
        let covered = Border { bottom: over(output[0]), right: over(output[1]), ..Border::default() };
        let mut borders = [
            Border {
                top,
                left,
                bottom: reach(output[0]).saturating_sub(top + input[0]),
                right: reach(output[1]).saturating_sub(left + input[1]),
            },
            Border {
                top: above,
                left: before,
                bottom: reach(input[0]).saturating_sub(above + output[0]),
                right: reach(input[1]).saturating_sub(before + output[1]),
            },
        ];
        if !self.ways.backward {
            borders[1] = covered;
        }
        borders[1].grow(covered);
        borders
    }

    /// Places all pieces in memory that lies like this.
    pub(crate) fn place(&mut self, window: &Window, from: &Planes, to: &Planes) {
        let [top, left] = window.before;
        self.forward = self.cut(from, to, [top, left]);
        if self.ways.backward {
            self.backward = self.cut(to, from, [self.kernel - 1 - top, self.kernel - 1 - left]);
        }
    }

    fn cut(&self, from: &Planes, to: &Planes, [above, before]: [usize; 2]) -> Vec<Piece> {
        let outputs = self.outputs();
        let mut pieces = Vec::new();
        for y in (0..to.height).step_by(outputs) {
            for x in (0..to.width).step_by(outputs) {
                pieces.push(Piece {
                    from: from.at(y as isize - above as isize, x as isize - before as isize) as u32,
                    to: to.at(y as isize, x as isize) as u32,
                    inside: [(to.height - y).min(outputs) as u8, (to.width - x).min(outputs) as u8],
                });
            }
        }
        pieces
    }

    /// Transforms the kernels for both ways: `weights` of `blocks` as they lie, to `spread`; inputs `range` of them.
    ///
    /// # Safety
    /// `weights` holds the blocks and `spread` has room for both ways; nobody else writes there for these inputs. The kernels fit
    /// the processor.
    pub(crate) unsafe fn spread(
        &self,
        kernels: &Kernels,
        blocks: &Blocks,
        weights: *const f32,
        spread: *mut f32,
        inputs: Range<usize>,
        back: bool,
    ) {
        let turned = blocks.turned();
        let factors = |weights: &[[f32; LANES]]| {
            let mut factors = [[0.0f32; LANES]; PRODUCTS];
            let (weights, to) = (weights.as_ptr().cast(), factors.as_mut_ptr().cast());
            // SAFETY: there is a line for each tap, and one for each product.
            unsafe {
                (kernels.winograd_kernel)(&WinogradKernel { side: self.kernel, weights, to, product: LANES });
            }
            factors
        };
        for (input, outputs) in
            inputs.flat_map(|input| lines(blocks.outputs).map(move |outputs| (input, outputs)))
        {
            let mut taps = [[0.0; LANES]; MOST_TAPS];
            let taps = &mut taps[..blocks.taps];
            for (tap, line) in taps.iter_mut().enumerate() {
                for (lane, output, count) in runs(&outputs) {
                    // SAFETY: within the blocks, where a block's outputs lie side by side.
                    unsafe {
                        copy(weights.add(blocks.at(output, input, tap)), line.as_mut_ptr().add(lane), count)
                    };
                }
            }
            for (product, line) in factors(taps).iter().enumerate() {
                for (lane, output, count) in runs(&outputs) {
                    // SAFETY: within `spread`, as above.
                    unsafe {
                        let to = spread.add(self.start + at(blocks, product, output, input));
                        copy(line.as_ptr().add(lane), to, count);
                    }
                }
            }
            if back && self.ways.backward {
                taps.reverse();
                for (product, line) in factors(taps).iter().enumerate() {
                    for (&factor, output) in line.iter().zip(outputs.clone()) {
                        // SAFETY: within `spread`.
                        unsafe {
                            *spread.add(self.back(blocks) + at(&turned, product, input, output)) = factor
                        };
                    }
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
        for input in 0..blocks.inputs {
            for outputs in lines(blocks.outputs) {
                let mut taps = [[0.0f32; LANES]; MOST_TAPS];
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

/// Where a product's factor is: `[products][block][inputs][outputs of the block]`.
fn at(blocks: &Blocks, product: usize, output: usize, input: usize) -> usize {
    let first = output / BLOCK * BLOCK;
    let width = BLOCK.min(blocks.outputs - first);
    product * blocks.inputs * blocks.outputs + first * blocks.inputs + input * width + output - first
}
