//! Compiles a model into operations on values: what is computed from what, where each value lies, and where its gradient
//! comes from. Fuses a ReLU into the operation before it. Allocates no memory for values, and computes nothing.

use super::pieces::Pieces;
use super::planes::{Border, Planes};
use super::stencil::{Pattern, Stencil, Window};
use super::weights::{Blocks, Flattened, Form, Parameter};
use crate::engine::kernels::activation::Function;
use crate::engine::kernels::conv::Tap;
use crate::engine::kernels::conv_pool;
use crate::engine::kernels::pool::{self, Spot};
use crate::engine::kernels::winograd::{self, PRODUCTS};
use crate::engine::kernels::winograd_gradient;
use crate::engine::lanes::LANES;
use crate::model::{Activation, BatchNorm, Conv2d, Layer, ModelError, Padding, Pool, Residual, Sequential};

/// A model as operations. Value 0 is the images.
pub(crate) struct Graph {
    pub(crate) values: Vec<Value>,
    /// In an order in which they can be computed.
    pub(crate) operations: Vec<Operation>,
    pub(crate) parameters: Vec<Parameter>,
    /// Floats of all parameters.
    pub(crate) floats: usize,
    /// Floats of all transformed kernels.
    pub(crate) spread: usize,
    /// The value that holds the last layer's outputs, before its softmax.
    pub(crate) logits: usize,
    pub(crate) softmax: bool,
}

/// A value.
pub(crate) struct Value {
    pub(crate) planes: Planes,
    /// The operation that makes it ends with a ReLU.
    pub(crate) relu: bool,
    /// The loss's gradient is wanted.
    pub(crate) gradient: bool,
    /// More than one operation reads it.
    shared: bool,
    order: Option<Flattened>,
    /// One row of numbers, without a border: what a dense layer can read.
    flat: bool,
}

/// One operation.
pub(crate) struct Operation {
    pub(crate) kind: Kind,
    pub(crate) from: Edge,
    pub(crate) to: usize,
}

/// A value that an operation reads, and how it gives its gradient back.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Edge {
    pub(crate) value: usize,
    /// Adds to what another operation has given back before.
    pub(crate) add: bool,
    /// Is the last to give, so it also goes back through the value's ReLU.
    pub(crate) gate: bool,
}

/// What an operation does.
#[allow(clippy::large_enum_variant)] // a handful a network
pub(crate) enum Kind {
    Conv(Conv),
    Dense(Dense),
    Norm(Norm),
    Pool(Pooling),
    Activation(Function),
    Dropout {
        rate: f32,
        /// Which of the model's dropouts.
        index: usize,
    },
    /// The other value is added.
    Add {
        other: Edge,
        relu: bool,
    },
    /// From planes to one long row, channel by channel.
    Flatten,
}

pub(crate) struct Conv {
    pub(crate) window: Window,
    pub(crate) blocks: Blocks,
    /// Among the parameters.
    pub(crate) weights: usize,
    pub(crate) bias: Option<usize>,
    pub(crate) relu: bool,
    /// Where the operation after it is a pool that is computed with it.
    pub(crate) windows: Option<Vec<conv_pool::Window>>,
    /// Where it is computed in pieces; else the stencils are used.
    pub(crate) pieces: Option<Pieces>,
    pub(crate) forward: Stencil,
    pub(crate) backward: Stencil,
    /// (input, output) of every position, in floats.
    pub(crate) positions: Vec<[u32; 2]>,
    /// The kernel's taps for a position whose taps all lie in the plane or its border.
    pub(crate) every_tap: Vec<Tap>,
    /// `[channels][taps]`: floats from a position's input to what the tap meets.
    pub(crate) reach: Vec<i32>,
    patterns: Option<[Pattern; 2]>,
}

pub(crate) struct Dense {
    pub(crate) blocks: Blocks,
    pub(crate) weights: usize,
    pub(crate) bias: usize,
    pub(crate) relu: bool,
}

pub(crate) struct Norm {
    pub(crate) channels: usize,
    pub(crate) scale: usize,
    pub(crate) offset: usize,
    /// Number of the mean among the model's tensors; the variance is the next.
    pub(crate) mean: usize,
    pub(crate) momentum: f32,
    pub(crate) epsilon: f32,
    pub(crate) relu: bool,
    pub(crate) order: Option<Flattened>,
}

pub(crate) struct Pooling {
    pub(crate) kind: pool::Kind,
    pub(crate) spots: Vec<Spot>,
    pub(crate) places: Vec<u32>,
    /// A place belongs to several windows, or to none.
    pub(crate) uneven: bool,
    /// A place belongs to none.
    pub(crate) gaps: bool,
    /// `[height, width]` of the windows, stride, rows and columns before.
    windows: [[usize; 2]; 3],
}

impl Graph {
    /// Compiles `model`. With `image_gradient` the loss's gradient at the pixels is wanted too.
    ///
    /// # Errors
    /// [`ModelError::Shape`] where the layers do not fit; [`ModelError::Unsupported`] for what cannot be computed.
    pub(crate) fn new(model: &Sequential, image_gradient: bool) -> Result<Self, ModelError> {
        Self::compile(model, image_gradient, true)
    }

    /// Compiles `model` to answer only: nothing is forgotten.
    ///
    /// # Errors
    /// As [`new`](Graph::new).
    pub(crate) fn to_answer(model: &Sequential) -> Result<Self, ModelError> {
        Self::compile(model, false, false)
    }

    fn compile(model: &Sequential, image_gradient: bool, training: bool) -> Result<Self, ModelError> {
        let shapes = model.shapes()?;
        let [height, width] = model.input;
        let last = model.layers.len().saturating_sub(1);
        let unsupported = |index, layer, why| Err(ModelError::Unsupported { index, layer, why });
        if shapes.last().is_none_or(|shape| shape.len() != 1) {
            let layer = model.layers.last().map_or("model", Layer::kind);
            return unsupported(
                last,
                layer,
                "the last layer must give one row of numbers: add flatten and dense",
            );
        }
        let image = Value {
            planes: Planes::new(1, height, width),
            relu: false,
            gradient: image_gradient,
            shared: false,
            order: None,
            flat: false,
        };
        let mut builder = Builder { graph: Self::empty(image), tensor: 0, dropouts: 0, training };
        let mut at = 0;
        for (index, layer) in model.layers.iter().enumerate() {
            if let Layer::Activation(Activation::Softmax) = layer {
                if index != last {
                    return unsupported(index, "softmax", "nothing can follow a softmax");
                }
                builder.graph.softmax = true;
                continue;
            }
            at = builder.layer(layer, at).map_err(|why| ModelError::Unsupported {
                index,
                layer: layer.kind(),
                why,
            })?;
        }
        let mut graph = builder.graph;
        if graph.parameters.is_empty() {
            return unsupported(0, "model", "it has no layer with weights, so there is nothing to compute");
        }
        if graph.softmax && graph.values[at].relu {
            return unsupported(last, "softmax", "it needs a layer without relu before it");
        }
        graph.logits = at;
        graph.join_pools();
        graph.lay_out();
        graph.place_windows();
        graph.find_ways_back();
        Ok(graph)
    }

    fn empty(image: Value) -> Self {
        Self {
            values: vec![image],
            operations: Vec::new(),
            parameters: Vec::new(),
            floats: 0,
            spread: 0,
            logits: 0,
            softmax: false,
        }
    }

    /// Its norms in order.
    pub(crate) fn norms(&self) -> impl Iterator<Item = &Norm> {
        self.operations.iter().filter_map(|operation| match &operation.kind {
            Kind::Norm(norm) => Some(norm),
            _ => None,
        })
    }

    /// Operations from norm to norm: (first, the one after the last). A norm is the first of its segment.
    pub(crate) fn segments(&self) -> Vec<[usize; 2]> {
        let norms = self.operations.iter().enumerate().skip(1);
        let norms = norms.filter(|(_, operation)| matches!(operation.kind, Kind::Norm(_)));
        let starts: Vec<usize> = std::iter::once(0).chain(norms.map(|(index, _)| index)).collect();
        let ends = starts[1..].iter().copied().chain([self.operations.len()]);
        starts.iter().copied().zip(ends).map(|(start, end)| [start, end]).collect()
    }

    /// Floats that a thread needs beside the values.
    pub(crate) fn room(&self) -> usize {
        let room = |operation: &Operation| match &operation.kind {
            Kind::Conv(conv) if conv.pieces.is_some() => {
                let Blocks { inputs, outputs, .. } = conv.blocks;
                let padded = outputs.next_multiple_of(LANES);
                let forward = winograd::room(inputs, outputs);
                let gradient = winograd_gradient::room(inputs, outputs) + PRODUCTS * inputs * padded;
                forward.max(gradient)
            }
            _ => 0,
        };
        self.operations.iter().map(room).max().unwrap_or(0)
    }

    /// Outputs of the last layer.
    pub(crate) fn classes(&self) -> usize {
        self.values[self.logits].planes.channels
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
            conv.pieces = Pieces::new(&conv.window, &conv.blocks, input, output, self.spread);
            if let Some(pieces) = &conv.pieces {
                self.spread += 2 * Pieces::floats(&conv.blocks);
                let [from, to] = pieces.borders(&conv.window, input, output);
                self.values[operation.from.value].planes.border.grow(from);
                self.values[operation.to].planes.border.grow(to);
            }
            let forward = conv.window.forward(input, output);
            let needed = self.values[operation.from.value].gradient;
            let backward = if needed { conv.window.backward(input, output) } else { Pattern::none() };
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
            let pieces =
                Pieces::new(&conv.window, &conv.blocks, [input.height, input.width], [height, width], 0);
            let even = pooling.windows == [[2, 2], [2, 2], [0, 0]] && height % 2 == 0 && width % 2 == 0;
            let direct = pieces.is_none_or(|pieces| !pieces.ways.forward);
            let alone = second.from.value == first.to && !self.values[first.to].shared;
            if pooling.kind == pool::Kind::Max && even && direct && alone {
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

struct Builder {
    graph: Graph,
    /// Tensors of the model so far.
    tensor: usize,
    dropouts: usize,
    /// Dropout forgets.
    training: bool,
}

impl Builder {
    /// Adds a layer that reads value `at`; the value it makes.
    fn layer(&mut self, layer: &Layer, at: usize) -> Result<usize, &'static str> {
        let Value { planes, order, flat, .. } = &self.graph.values[at];
        let (planes, order, flat) = (*planes, *order, *flat);
        let Planes { channels, height, width, .. } = planes;
        Ok(match layer {
            Layer::Flatten if flat => at,
            // One pixel too: a convolution may want a border around it.
            Layer::Flatten => {
                let to = self.push(Kind::Flatten, at, Planes::new(planes.len(), 1, 1));
                let order = Flattened { channels, pixels: height * width };
                self.graph.values[to].order = Some(order).filter(|order| !order.same());
                self.graph.values[to].flat = true;
                to
            }
            Layer::Dense(dense) => {
                let blocks = Blocks { outputs: dense.units, inputs: planes.len(), taps: 1 };
                let weights = self.parameter(Form::Blocks(blocks, order), true);
                let bias = self.parameter(Form::Channels(dense.units, None), true);
                let kind = Kind::Dense(Dense { blocks, weights, bias, relu: false });
                let to = self.push(kind, at, Planes::new(dense.units, 1, 1));
                self.graph.values[to].flat = true;
                to
            }
            Layer::Conv2d(conv) => self.conv(conv, at),
            Layer::BatchNorm(norm) => self.norm(norm, at),
            Layer::MaxPool(pool) => self.pool(pool::Kind::Max, pool, at),
            Layer::AveragePool(pool) => self.pool(pool::Kind::Average, pool, at),
            Layer::GlobalMaxPool | Layer::GlobalAveragePool => {
                let kind = if *layer == Layer::GlobalMaxPool { pool::Kind::Max } else { pool::Kind::Average };
                let size = [height, width];
                let to = self.pool(kind, &Pool { size, stride: size, padding: Padding::Valid }, at);
                self.graph.values[to].flat = true;
                to
            }
            Layer::Dropout(dropout) if dropout.rate == 0.0 || !self.training => at,
            Layer::Dropout(dropout) => {
                let index = self.dropouts;
                self.dropouts += 1;
                self.elementwise(Kind::Dropout { rate: dropout.rate, index }, at)
            }
            Layer::Activation(activation) => self.activation(*activation, at)?,
            Layer::Residual(residual) => self.residual(residual, at)?,
        })
    }

    fn conv(&mut self, conv: &Conv2d, at: usize) -> usize {
        let Planes { channels, height, width, .. } = self.graph.values[at].planes;
        let windows = |axis: usize, n| conv.padding.windows(n, conv.kernel[axis], conv.stride[axis]);
        let before = |axis: usize, n| conv.padding.before(n, conv.kernel[axis], conv.stride[axis]);
        let window = Window {
            kernel: conv.kernel,
            stride: conv.stride,
            before: [before(0, height), before(1, width)],
        };
        let blocks = Blocks { outputs: conv.channels, inputs: channels, taps: window.taps() };
        let weights = self.parameter(Form::Blocks(blocks, None), false);
        let bias = conv.use_bias.then(|| self.parameter(Form::Channels(conv.channels, None), false));
        let kind = Kind::Conv(Conv {
            window,
            blocks,
            weights,
            bias,
            relu: false,
            windows: None,
            pieces: None,
            forward: Stencil::default(),
            backward: Stencil::default(),
            positions: Vec::new(),
            reach: Vec::new(),
            every_tap: Vec::new(),
            patterns: None,
        });
        self.push(kind, at, Planes::new(conv.channels, windows(0, height), windows(1, width)))
    }

    fn norm(&mut self, norm: &BatchNorm, at: usize) -> usize {
        let Value { planes: Planes { channels, .. }, order, .. } = self.graph.values[at];
        let scale = self.parameter(Form::Channels(channels, order), true);
        let offset = self.parameter(Form::Channels(channels, order), true);
        let mean = self.tensor;
        self.tensor += 2;
        let (momentum, epsilon) = (norm.momentum, norm.epsilon);
        self.elementwise(
            Kind::Norm(Norm { channels, scale, offset, mean, momentum, epsilon, relu: false, order }),
            at,
        )
    }

    fn pool(&mut self, kind: pool::Kind, pool: &Pool, at: usize) -> usize {
        let Planes { channels, height, width, .. } = self.graph.values[at].planes;
        let windows = |axis: usize, n| pool.padding.windows(n, pool.size[axis], pool.stride[axis]);
        let before = |axis: usize, n| pool.padding.before(n, pool.size[axis], pool.stride[axis]);
        let pooling = Pooling {
            kind,
            spots: Vec::new(),
            places: Vec::new(),
            uneven: false,
            gaps: false,
            windows: [pool.size, pool.stride, [before(0, height), before(1, width)]],
        };
        self.push(Kind::Pool(pooling), at, Planes::new(channels, windows(0, height), windows(1, width)))
    }

    fn activation(&mut self, activation: Activation, at: usize) -> Result<usize, &'static str> {
        let function = match activation {
            Activation::Relu => Function::Relu,
            Activation::LeakyRelu { slope } => Function::LeakyRelu { slope },
            Activation::Gelu => Function::Gelu,
            Activation::Silu => Function::Silu,
            Activation::Softmax => return Err("a softmax can only be the last layer"),
        };
        let value = &mut self.graph.values[at];
        if function == Function::Relu
            && !value.shared
            && let Some(last) = self.graph.operations.last_mut().filter(|last| last.to == at)
            && let Some(relu) = last.kind.relu()
        {
            *relu = true;
            value.relu = true;
            return Ok(at);
        }
        Ok(self.elementwise(Kind::Activation(function), at))
    }

    fn residual(&mut self, residual: &Residual, at: usize) -> Result<usize, &'static str> {
        let shared = std::mem::replace(&mut self.graph.values[at].shared, true);
        let mut ends = [at; 2];
        for (end, layers) in ends.iter_mut().zip([&residual.layers, &residual.shortcut]) {
            for layer in layers {
                *end = self.layer(layer, *end)?;
            }
        }
        let [value, other] = ends;
        if self.graph.values[value].order != self.graph.values[other].order {
            return Err(
                "one of its two ways was flattened from several channels and the other was not, so that their \
                        numbers lie in different orders: flatten after it",
            );
        }
        let add = Kind::Add { other: Edge { value: other, ..Edge::default() }, relu: false };
        let to = self.elementwise(add, value);
        self.graph.values[at].shared |= shared;
        Ok(to)
    }

    /// An operation that keeps the shape and the order.
    fn elementwise(&mut self, kind: Kind, at: usize) -> usize {
        let Value { planes, order, flat, .. } = self.graph.values[at];
        let to = self.push(kind, at, Planes { border: Border::default(), ..planes });
        (self.graph.values[to].order, self.graph.values[to].flat) = (order, flat);
        to
    }

    fn push(&mut self, kind: Kind, at: usize, planes: Planes) -> usize {
        let to = self.graph.values.len();
        let gradient = self.graph.values[at].gradient
            || match &kind {
                Kind::Conv(_) | Kind::Dense(_) | Kind::Norm(_) => true,
                Kind::Add { other, .. } => self.graph.values[other.value].gradient,
                _ => false,
            };
        self.graph.values.push(Value {
            planes,
            relu: false,
            gradient,
            shared: false,
            order: None,
            flat: false,
        });
        self.graph.operations.push(Operation { kind, from: Edge { value: at, ..Edge::default() }, to });
        to
    }

    fn parameter(&mut self, form: Form, whole: bool) -> usize {
        let parameter = Parameter { tensor: self.tensor, start: self.graph.floats, form, whole };
        self.tensor += 1;
        self.graph.floats += parameter.room();
        self.graph.parameters.push(parameter);
        self.graph.parameters.len() - 1
    }
}

impl Operation {
    /// The value it makes, where that is never written because the next operation is computed with it.
    pub(crate) fn unseen(&self) -> Option<usize> {
        match &self.kind {
            Kind::Conv(Conv { windows: Some(_), .. }) => Some(self.to),
            _ => None,
        }
    }
}

impl Kind {
    /// Whether it ends with a ReLU, where it can.
    fn relu(&mut self) -> Option<&mut bool> {
        match self {
            Self::Conv(conv) => Some(&mut conv.relu),
            Self::Dense(dense) => Some(&mut dense.relu),
            Self::Norm(norm) => Some(&mut norm.relu),
            Self::Add { relu, .. } => Some(relu),
            _ => None,
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
