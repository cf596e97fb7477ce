//! Where everything of a graph lies: the values' borders and with them all offsets, which convolution is computed together
//! with the pool after it, and who begins, adds to and ends each gradient.

use super::graph::{Conv, Edge, Graph, Kind, Operation, Pooling};
use super::pieces::{Backward, Pieces};
use super::planes::Planes;
use super::stencil::Pattern;
use crate::engine::kernels::conv::Tap;
use crate::engine::kernels::conv_pool;
use crate::engine::kernels::pool::{self, Spot};

impl Graph {
    /// Lays out a graph that is complete.
    pub(super) fn settle(&mut self) {
        self.join_pools();
        self.lay_out();
        self.place_windows();
        self.find_ways_back();
    }

    /// Decides every value's border, and with it all offsets.
    fn lay_out(&mut self) {
        for operation in &mut self.operations {
            let Kind::Conv(conv) = &mut operation.kind else { continue };
            let size = |value: usize| {
                let planes = &self.values[value].planes;
                [planes.height, planes.width]
            };
            let (input, output) = (size(operation.from.value), size(operation.to));
            conv.pieces = Pieces::new(self.precision, &conv.window, &conv.blocks, input, output, self.spread);
            if let Some(pieces) = &conv.pieces {
                self.spread += 2 * Pieces::floats(&conv.blocks);
                let [from, to] = pieces.borders(&conv.window, input, output);
                self.values[operation.from.value].planes.border.grow(from);
                self.values[operation.to].planes.border.grow(to);
            }
            let forward = conv.window.forward(input, output);
            // In pieces nobody reads the outputs' gradient where taps reach over its edge.
            let direct = conv.pieces.as_ref().is_none_or(|pieces| pieces.ways.backward == Backward::Direct);
            let backward = if direct && self.values[operation.from.value].gradient {
                conv.window.backward(input, output)
            } else {
                Pattern::none()
            };
            let from = &mut self.values[operation.from.value].planes.border;
            from.grow(forward.border(input));
            from.grow(conv.window.full_border(input, output));
            self.values[operation.to].planes.border.grow(backward.border(output));
            conv.patterns = Some([forward, backward]);
        }
        for operation in &mut self.operations {
            let from = &self.values[operation.from.value].planes;
            let to = &self.values[operation.to].planes;
            match &mut operation.kind {
                Kind::Conv(conv) => {
                    if let Some([forward, backward]) = conv.patterns.take() {
                        conv.forward = forward.place(from, to);
                        conv.backward = backward.place(to, from);
                    }
                    if let Some(pieces) = &mut conv.pieces {
                        pieces.place(&conv.window, from, to);
                    }
                    (conv.positions, conv.reach) = conv.window.pairs(from, to);
                    let taps = conv.reach.iter().take(conv.blocks.taps).enumerate();
                    conv.every_tap = taps.map(|(tap, &offset)| Tap { offset, weight: tap as u32 }).collect();
                }
                Kind::Pool(pooling) => pooling.place(from, to),
                _ => {}
            }
        }
    }

    /// Finds the convolutions that are computed together with the pool after them, and moves their ReLU behind it: the
    /// largest value's is the largest ReLU.
    fn join_pools(&mut self) {
        for index in 1..self.operations.len() {
            let (before, after) = self.operations.split_at_mut(index);
            let (Some(first), Some(second)) = (before.last_mut(), after.first()) else { continue };
            let (Kind::Conv(conv), Kind::Pool(pooling)) = (&mut first.kind, &second.kind) else { continue };
            let Planes { height, width, .. } = self.values[first.to].planes;
            let input = &self.values[first.from.value].planes;
            let (input, output) = ([input.height, input.width], [height, width]);
            let pieces = Pieces::new(self.precision, &conv.window, &conv.blocks, input, output, 0);
            let even = pooling.windows == [[2, 2], [2, 2], [0, 0]] && height % 2 == 0 && width % 2 == 0;
            let direct = pieces.is_none_or(|pieces| !pieces.ways.forward);
            let alone = second.from.value == first.to && !self.values[first.to].shared;
            // Nothing reads the logits that could go back through a ReLU of theirs.
            let gated = !self.values[first.to].relu || second.to != self.logits;
            if pooling.kind == pool::Kind::Max && even && direct && alone && gated {
                conv.windows = Some(Vec::new());
                self.values[second.to].relu = std::mem::take(&mut self.values[first.to].relu);
            }
        }
    }

    fn place_windows(&mut self) {
        for index in 1..self.operations.len() {
            let (before, after) = self.operations.split_at_mut(index);
            let (Some(first), Some(second)) = (before.last_mut(), after.first()) else { continue };
            let Kind::Conv(Conv { windows: Some(windows), positions, .. }) = &mut first.kind else {
                continue;
            };
            let to = &self.values[second.to].planes;
            for y in 0..to.height {
                for x in 0..to.width {
                    let from = |k: usize| positions[(2 * y + k / 2) * 2 * to.width + 2 * x + k % 2][0];
                    let to = to.at(y as isize, x as isize) as u32;
                    windows.push(conv_pool::Window { from: std::array::from_fn(from), to });
                }
            }
        }
    }

    /// Decides who adds to a gradient that another has begun, and who ends it.
    fn find_ways_back(&mut self) {
        let mut begun = vec![false; self.values.len()];
        let mut last = vec![None; self.values.len()];
        for (index, operation) in self.operations.iter_mut().enumerate().rev() {
            let mut visit = |edge: &mut Edge, second: bool| {
                edge.add = std::mem::replace(&mut begun[edge.value], true);
                last[edge.value] = Some((index, second));
            };
            visit(&mut operation.from, false);
            if let Kind::Add { other, .. } = &mut operation.kind {
                visit(other, true);
            }
        }
        for (value, last) in self.values.iter().zip(last) {
            let Some((index, second)) = last else { continue };
            match (&mut self.operations[index], second) {
                (Operation { kind: Kind::Add { other, .. }, .. }, true) => other.gate = value.relu,
                (operation, _) => operation.from.gate = value.relu,
            }
        }
    }
}

impl Pooling {
    fn place(&mut self, from: &Planes, to: &Planes) {
        let [size, stride, before] = self.windows;
        let mut met = vec![0u32; from.height * from.width];
        for y in 0..to.height {
            for x in 0..to.width {
                let begin = self.places.len() as u32;
                for row in
                    (y * stride[0]..y * stride[0] + size[0]).filter_map(|row| row.checked_sub(before[0]))
                {
                    for column in (x * stride[1]..x * stride[1] + size[1])
                        .filter_map(|column| column.checked_sub(before[1]))
                    {
                        if row < from.height && column < from.width {
                            met[row * from.width + column] += 1;
                            self.places.push(from.at(row as isize, column as isize) as u32);
                        }
                    }
                }
                let places = [begin, self.places.len() as u32];
                self.spots.push(Spot { to: to.at(y as isize, x as isize) as u32, places });
            }
        }
        self.uneven = met.iter().any(|&met| met != 1);
        self.gaps = met.contains(&0);
    }
}
