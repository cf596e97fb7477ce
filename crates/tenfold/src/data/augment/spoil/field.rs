//! A smooth random field: random values on a grid, bilinear in between. Light and splashes are made of it.

use crate::random::Stream;

/// The finest grid that can be asked for, in pixels.
const FINEST: usize = 3;

/// A field `[height, width]` of values from 0 to 255.
#[derive(Clone, Debug)]
pub(super) struct Field {
    shape: [usize; 2],
    nodes: Vec<u8>,
    values: Vec<u8>,
}

impl Field {
    pub(super) fn new(shape @ [height, width]: [usize; 2]) -> Self {
        let nodes = (height / FINEST + 3) * (width / FINEST + 3);
        Self { shape, nodes: vec![0; nodes], values: vec![0; height * width] }
    }

    /// A new field whose grid has a point every `step` pixels, at least [`FINEST`], beginning anywhere.
    pub(super) fn draw(&mut self, stream: &mut Stream, step: u32) -> &[u8] {
        let [height, width] = self.shape;
        let step = (step as usize).max(FINEST);
        let (down, across) = (stream.below(step as u32) as usize, stream.below(step as u32) as usize);
        let columns = width / step + 3;
        let nodes = &mut self.nodes[..(height / step + 3) * columns];
        stream.fill(nodes);
        for (y, row) in self.values.chunks_exact_mut(width).enumerate() {
            let (above, low) = ((y + down) / step, (y + down) % step);
            let (upper, lower) = nodes[above * columns..][..2 * columns].split_at(columns);
            for (x, value) in row.iter_mut().enumerate() {
                let (left, right) = ((x + across) / step, (x + across) % step);
                let level = |nodes: &[u8]| {
                    usize::from(nodes[left]) * (step - right) + usize::from(nodes[left + 1]) * right
                };
                *value = ((level(upper) * (step - low) + level(lower) * low) / (step * step)) as u8;
            }
        }
        &self.values
    }

    /// The last field drawn.
    pub(super) fn values(&self) -> &[u8] {
        &self.values
    }
}
