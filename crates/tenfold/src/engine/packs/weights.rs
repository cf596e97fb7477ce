//! How weights lie in the engine: in blocks of output channels, so that a kernel reads them one after the other; and where
//! each of the model's tensors is among all parameters.

use crate::engine::kernels::conv::BLOCK;
use crate::engine::lanes::LANES;

/// `[block][inputs][taps][outputs of the block]`: blocks of [`BLOCK`] outputs, the last of what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Blocks {
    pub(crate) outputs: usize,
    pub(crate) inputs: usize,
    pub(crate) taps: usize,
}

impl Blocks {
    /// All weights.
    pub(crate) fn len(&self) -> usize {
        self.outputs * self.inputs * self.taps
    }

    /// (first output, outputs, where its weights begin) of each block.
    pub(crate) fn each(self) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..self.outputs)
            .step_by(BLOCK)
            .map(move |first| (first, BLOCK.min(self.outputs - first), first * self.inputs * self.taps))
    }

    /// Where the weight from `input` by `tap` to `output` is.
    pub(crate) fn at(&self, output: usize, input: usize, tap: usize) -> usize {
        let first = output / BLOCK * BLOCK;
        let width = BLOCK.min(self.outputs - first);
        first * self.inputs * self.taps + (input * self.taps + tap) * width + output - first
    }

    /// The same weights with inputs and outputs exchanged, for the way back.
    pub(crate) fn turned(self) -> Self {
        Self { outputs: self.inputs, inputs: self.outputs, taps: self.taps }
    }
}

/// The order of a flattened image in the model (pixel by pixel) and here (channel by channel).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flattened {
    pub(crate) channels: usize,
    pub(crate) pixels: usize,
}

impl Flattened {
    /// Whether both orders are the same.
    pub(crate) fn same(&self) -> bool {
        self.channels == 1 || self.pixels == 1
    }

    /// The model's number of what is `index` here.
    pub(crate) fn model_index(&self, index: usize) -> usize {
        index % self.pixels * self.channels + index / self.pixels
    }
}

/// One of the model's trainable tensors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    /// Its number among the model's tensors.
    pub(crate) tensor: usize,
    /// Where it begins among all parameters, in floats, a multiple of sixteen.
    pub(crate) start: usize,
    pub(crate) form: Form,
    /// Its gradient comes whole, not in a part for each slice.
    pub(crate) whole: bool,
}

/// How a tensor's values are arranged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// Weights of a convolution `[taps, inputs, outputs]` or a dense layer (one tap).
    Blocks(Blocks, Option<Flattened>),
    /// One value a channel.
    Channels(usize, Option<Flattened>),
}

impl Parameter {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match self.form {
            Form::Blocks(blocks, _) => blocks.len(),
            Form::Channels(channels, _) => channels,
        }
    }

    /// Floats it takes with its padding.
    pub(crate) fn room(&self) -> usize {
        self.len().next_multiple_of(LANES)
    }

    /// Calls `f` with (place in the model's tensor, place here) for each value.
    pub(crate) fn each(&self, mut f: impl FnMut(usize, usize)) {
        match self.form {
            Form::Blocks(blocks, order) => {
                for tap in 0..blocks.taps {
                    for input in 0..blocks.inputs {
                        let row = order.map_or(input, |order| order.model_index(input));
                        for output in 0..blocks.outputs {
                            let place = (tap * blocks.inputs + row) * blocks.outputs + output;
                            f(place, self.start + blocks.at(output, input, tap));
                        }
                    }
                }
            }
            Form::Channels(channels, order) => {
                for channel in 0..channels {
                    let place = order.map_or(channel, |order| order.model_index(channel));
                    f(place, self.start + channel);
                }
            }
        }
    }
}
