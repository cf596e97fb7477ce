//! A convolution cut into pieces for `kernels/winograd.rs`: which there are, and the border they need around the planes.

use std::ops::Range;

use super::planes::{Border, Planes};
use super::stencil::Window;
use super::weights::Blocks;
use crate::engine::kernels::conv::BLOCK;
use crate::engine::kernels::factors::{PAIR, SINGLE};
use crate::engine::kernels::winograd_kernel::{MOST_TAPS, WinogradKernel};
use crate::engine::kernels::winograd_kernel_gradient::WinogradKernelGradient;
use crate::engine::kernels::winograd_piece::{Back, NARROW, PRODUCTS, Piece, SIDE, Size};
use crate::engine::lanes::LANES;
use crate::engine::precision::Precision;
use crate::engine::simd::Kernels;

/// A convolution in pieces.
pub(crate) struct Pieces {
    pub(crate) precision: Precision,
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
    pub(crate) backward: Backward,
    pub(crate) gradient: bool,
}

/// How a convolution goes back to its inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Backward {
    #[default]
    Direct,
    /// A convolution with the turned kernel, in pieces of the inputs.
    Turned,
    /// The way forward transposed, in pieces of the outputs.
    Transposed,
}

#[cfg(test)]
thread_local! {
    /// What a test wants instead of what is cheaper.
    pub(crate) static WANTED: std::cell::Cell<Option<Ways>> = const { std::cell::Cell::new(None) };
}

impl Ways {
    /// Where pieces take fewer cycles than a direct convolution, by counting the vector operations of both, one pack's. What
    /// comes beside the products was found by measuring whole trainings.
    fn cheaper(
        precision: Precision,
        kernel: usize,
        blocks: &Blocks,
        input: [usize; 2],
        output: [usize; 2],
    ) -> Self {
        // Products of all pieces along both axes.
        let products = |plane: [usize; 2]| {
            let along = |n| cuts(n, kernel).map(|(_, side)| side).sum::<usize>();
            plane.map(along).iter().product::<usize>()
        };
        let (inputs, outputs) = (blocks.inputs, blocks.outputs);
        let direct = output[0] * output[1] * kernel * kernel * inputs * outputs;
        // Their transforms, forward and back, once a step, and of their gradient once a slice: between an eighth of 30 and a half,
        // where a batch has eight packs and a slice two.
        let kernels = 10 * inputs * outputs;
        // A piece's transforms, per product.
        let (transform, turn) = (4, 8);
        // Multiply-adds of so many terms.
        let terms = |count: usize| count.div_ceil(precision.factors());
        let pieces = |plane, inputs, outputs| {
            kernels + products(plane) * ((terms(inputs) + 5) * outputs + transform * (inputs + outputs))
        };
        let padded = outputs.next_multiple_of(LANES);
        let turned = pieces(input, outputs, inputs);
        // What overlaps is added up.
        let transposed = kernels
            + products(output)
                * ((terms(outputs) + 5) * inputs + transform * outputs + 3 * transform / 2 * inputs);
        let gradient = kernels
            + products(output) * (terms(inputs * padded) * 5 / 4 + transform * inputs + turn * padded);
        Self {
            forward: pieces(output, inputs, outputs) < direct,
            backward: match turned.min(transposed) {
                cycles if cycles >= direct => Backward::Direct,
                cycles if cycles == transposed => Backward::Transposed,
                _ => Backward::Turned,
            },
            gradient: gradient < direct,
        }
    }
}

impl Pieces {
    /// None where a direct convolution is as good or the only way.
    pub(crate) fn new(
        precision: Precision,
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
        let ways = Ways::cheaper(precision, kernel, blocks, input, output);
        #[cfg(test)]
        let ways = WANTED.get().unwrap_or(ways);
        (ways != Ways::default()).then(|| Self {
            precision,
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
        // Pieces reach over the places they cover by the kernel's side less one.
        let reach = |n: usize| covered(n, self.kernel) + self.kernel - 1;
        let [top, left] = window.before;
        let [above, before] = [self.kernel - 1 - top, self.kernel - 1 - left];
        let over = |n: usize| covered(n, self.kernel) - n;
        let beyond = Border { bottom: over(output[0]), right: over(output[1]), ..Border::default() };
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
        if self.ways.backward != Backward::Turned {
            borders[1] = Border::default();
        }
        borders[1].grow(beyond);
        borders
    }

    /// Places all pieces in memory that lies like this.
    pub(crate) fn place(&mut self, window: &Window, from: &Planes, to: &Planes) {
        let [top, left] = window.before;
        self.forward = self.cut(from, to, [top, left]);
        if self.ways.backward == Backward::Turned {
            self.backward = self.cut(to, from, [self.kernel - 1 - top, self.kernel - 1 - left]);
        }
    }

    fn cut(&self, from: &Planes, to: &Planes, [above, before]: [usize; 2]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (y, rows) in cuts(to.height, self.kernel) {
            for (x, columns) in cuts(to.width, self.kernel) {
                let inside = |left: usize, side: usize| left.min(side + 1 - self.kernel) as u8;
                let within = |first: usize, side: usize, before: usize, n: usize| {
                    [before.saturating_sub(first) as u8, (n + before - first).min(side) as u8]
                };
                pieces.push(Piece {
                    from: from.at(y as isize - above as isize, x as isize - before as isize) as u32,
                    to: to.at(y as isize, x as isize) as u32,
                    inside: [inside(to.height - y, rows), inside(to.width - x, columns)],
                    back: Back {
                        begun: [y > 0, x > 0],
                        more: [y + self.outputs() < to.height, x + self.outputs() < to.width],
                        inside: [within(y, rows, above, from.height), within(x, columns, before, from.width)],
                    },
                    size: Size([rows as u8, columns as u8]),
                });
            }
        }
        // Those of one size side by side, the largest first. Each still comes before those below it and right of it, which `Back`
        // relies on.
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.size.0));
        pieces
    }

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

/// How an axis of `n` outputs is cut: of each piece its first output and its side. A 3×3 kernel's last piece is narrow where
/// no more than two outputs are left for it.
fn cuts(n: usize, kernel: usize) -> impl Iterator<Item = (usize, usize)> {
    let outputs = SIDE + 1 - kernel;
    (0..n).step_by(outputs).map(move |first| {
        let narrow = n - first <= (NARROW + 1).saturating_sub(kernel);
        (first, if narrow { NARROW } else { SIDE })
    })
}

/// How many outputs the pieces of an axis have, those beyond its `n` among them.
fn covered(n: usize, kernel: usize) -> usize {
    cuts(n, kernel).last().map_or(0, |(first, side)| first + side + 1 - kernel)
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
