//! Which outputs a convolution has, and which taps each of them needs: forward, and backward to its inputs. Decided once,
//! when a model is compiled; `kernels/conv.rs` walks along it.

use super::planes::{Border, Planes};
use crate::engine::kernels::conv::{TILE, Tap, Tile, tiles};
use crate::engine::lanes::LANES;

/// A kernel's size and how it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// `[height, width]`.
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    /// Rows of zeros above the image, columns left of it.
    pub(crate) before: [usize; 2],
}

/// A stencil without memory: positions and taps by row and column.
pub(crate) struct Pattern {
    tiles: Vec<Piece>,
    taps: Vec<(Place, usize)>,
}

/// Row and column.
type Place = [isize; 2];

struct Piece {
    pair: bool,
    from: [Place; TILE],
    to: [Place; TILE],
    taps: [usize; 2],
}

/// Tiles and taps with offsets into memory.
#[derive(Default)]
pub(crate) struct Stencil {
    pub(crate) tiles: Vec<Tile>,
    pub(crate) taps: Vec<Tap>,
}

impl Window {
    pub(crate) fn taps(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// From an input `[height, width]` to an output `[height, width]`.
    pub(crate) fn forward(&self, input: [usize; 2], output: [usize; 2]) -> Pattern {
        let [before_y, before_x] = self.before.map(usize::cast_signed);
        let mut taps = Vec::new();
        for ky in 0..self.kernel[0] {
            for kx in 0..self.kernel[1] {
                taps.push(([ky as isize, kx as isize], ky * self.kernel[1] + kx));
            }
        }
        let from =
            |[y, x]: Place| [y * self.stride[0] as isize - before_y, x * self.stride[1] as isize - before_x];
        let places: Vec<_> = places(output).map(|to| (from(to), to)).collect();
        let mut pattern = Pattern::none();
        pattern.add(&places, &taps, input);
        pattern
    }

    /// From the output's gradient to the input's.
    pub(crate) fn backward(&self, input: [usize; 2], output: [usize; 2]) -> Pattern {
        let mut pattern = Pattern::none();
        let [sy, sx] = self.stride;
        // Inputs at one place between two strides meet the same taps.
        for phase_y in 0..sy {
            for phase_x in 0..sx {
                let rows: Vec<usize> = (phase_y..self.kernel[0]).step_by(sy).collect();
                let columns: Vec<usize> = (phase_x..self.kernel[1]).step_by(sx).collect();
                let mut taps = Vec::new();
                for (row, ky) in rows.iter().rev().enumerate() {
                    for (column, kx) in columns.iter().rev().enumerate() {
                        taps.push(([row as isize, column as isize], ky * self.kernel[1] + kx));
                    }
                }
                let last = [rows.len() as isize - 1, columns.len() as isize - 1];
                let first = |axis: usize, phase: usize| {
                    let stride = self.stride[axis];
                    (phase + stride - self.before[axis] % stride) % stride
                };
                let columns_in = (first(1, phase_x)..input[1]).step_by(sx);
                let places: Vec<_> = (first(0, phase_y)..input[0])
                    .step_by(sy)
                    .flat_map(|y| columns_in.clone().map(move |x| [y, x]))
                    .map(|[y, x]| {
                        let from = |at: usize, axis: usize| {
                            ((at + self.before[axis]) / self.stride[axis]) as isize - last[axis].max(0)
                        };
                        ([from(y, 0), from(x, 1)], [y as isize, x as isize])
                    })
                    .collect();
                pattern.add(&places, &taps, output);
            }
        }
        pattern
    }

    /// (input, output) of every position, and `[channels][taps]` how far from a position's input each tap reaches; in floats.
    pub(crate) fn pairs(&self, input: &Planes, output: &Planes) -> (Vec<[u32; 2]>, Vec<i32>) {
        let positions = places([output.height, output.width]).map(|[y, x]| {
            let from = input.at(
                y * self.stride[0] as isize - self.before[0] as isize,
                x * self.stride[1] as isize - self.before[1] as isize,
            );
            [from as u32, output.at(y, x) as u32]
        });
        let mut reach = Vec::new();
        for channel in 0..input.channels {
            for ky in 0..self.kernel[0] {
                for kx in 0..self.kernel[1] {
                    reach.push((channel * input.plane() + ky * input.row() + kx * LANES) as i32);
                }
            }
        }
        (positions.collect(), reach)
    }

    /// The border an input needs where every tap is read at every position.
    pub(crate) fn full_border(&self, input: [usize; 2], output: [usize; 2]) -> Border {
        let after = |axis: usize| {
            ((output[axis].max(1) - 1) * self.stride[axis] + self.kernel[axis])
                .saturating_sub(self.before[axis] + input[axis])
        };
        Border { top: self.before[0], bottom: after(0), left: self.before[1], right: after(1) }
    }
}

/// All places of a plane, row by row.
fn places([height, width]: [usize; 2]) -> impl Iterator<Item = Place> {
    (0..height as isize).flat_map(move |y| (0..width as isize).map(move |x| [y, x]))
}

impl Pattern {
    pub(crate) fn none() -> Self {
        Self { tiles: Vec::new(), taps: Vec::new() }
    }

    /// Adds tiles for these (from, to), each with those of `taps` that meet the plane `[height, width]` from at least
    /// one of the tile's positions.
    fn add(&mut self, places: &[(Place, Place)], taps: &[(Place, usize)], plane: [usize; 2]) {
        for tile in tiles(places.len()) {
            let tile = &places[tile];
            let place = |k: usize| tile[k.min(tile.len() - 1)];
            let begin = self.taps.len();
            let inside = |at: isize, axis: usize| (0..plane[axis] as isize).contains(&at);
            let met = |&&([dy, dx], _): &&(Place, usize)| {
                tile.iter().any(|&([y, x], _)| inside(y + dy, 0) && inside(x + dx, 1))
            };
            self.taps.extend(taps.iter().filter(met));
            self.tiles.push(Piece {
                pair: tile.len() < TILE,
                from: std::array::from_fn(|k| place(k).0),
                to: std::array::from_fn(|k| place(k).1),
                taps: [begin, self.taps.len()],
            });
        }
    }

    /// The border that what is read needs around a plane `[height, width]`.
    pub(crate) fn border(&self, [height, width]: [usize; 2]) -> Border {
        let mut border = Border::default();
        for tile in &self.tiles {
            for &([dy, dx], _) in &self.taps[tile.taps[0]..tile.taps[1]] {
                for [y, x] in tile.from {
                    let (y, x) = (y + dy, x + dx);
                    border.grow(Border {
                        top: (-y).max(0) as usize,
                        bottom: (y + 1 - height as isize).max(0) as usize,
                        left: (-x).max(0) as usize,
                        right: (x + 1 - width as isize).max(0) as usize,
                    });
                }
            }
        }
        border
    }

    /// With offsets for memory that lies like this.
    pub(crate) fn place(&self, input: &Planes, output: &Planes) -> Stencil {
        let row = input.row() as isize;
        // A position may lie outside of what its tile reads, so it counts from the plane's start, by wrapping.
        let offset = |[y, x]: Place| y * row + x * LANES as isize;
        let origin = input.at(0, 0) as isize;
        Stencil {
            tiles: self
                .tiles
                .iter()
                .map(|tile| Tile {
                    pair: tile.pair,
                    from: tile.from.map(|from| (origin + offset(from)) as i32),
                    to: tile.to.map(|[y, x]| output.at(y, x) as u32),
                    taps: tile.taps.map(|tap| tap as u32),
                })
                .collect(),
            taps: self
                .taps
                .iter()
                .map(|&(place, weight)| Tap { offset: offset(place) as i32, weight: weight as u32 })
                .collect(),
        }
    }
}
