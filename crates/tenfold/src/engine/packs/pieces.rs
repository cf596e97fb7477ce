//! A convolution cut into pieces for `kernels/winograd.rs`: which there are, and the border they need around the planes.

use super::planes::{Border, Planes};
use super::stencil::Window;
use super::weights::Blocks;
use crate::engine::kernels::winograd_piece::{Back, NARROW, PRODUCTS, Piece, SIDE, Size};
use crate::engine::lanes::LANES;
use crate::engine::precision::Precision;

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
