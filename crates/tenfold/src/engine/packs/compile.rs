//! Compiles a model into operations on values, layer by layer. Fuses a ReLU into the operation before it. What is too large
//! is refused before anything is laid out.

use super::graph::{Conv, Dense, Edge, Graph, Kind, Norm, Operation, Pooling, Value};
use super::planes::{Border, Planes};
use super::size;
use super::stencil::{Stencil, Window};
use super::weights::{Blocks, Flattened, Form, Parameter};
use crate::engine::EngineError;
use crate::engine::kernels::activation::Function;
use crate::engine::kernels::pool;
use crate::engine::precision::Precision;
use crate::model::{Activation, BatchNorm, Conv2d, Layer, ModelError, Padding, Pool, Residual, Sequential};

impl Graph {
    /// Compiles `model` to train it with such products.
    ///
    /// # Errors
    /// [`ModelError::Shape`] where the layers do not fit; [`ModelError::Unsupported`] for what cannot be computed;
    /// [`EngineError::TooLarge`] and [`EngineError::Memory`], before anything is laid out.
    pub(crate) fn new(model: &Sequential, precision: Precision) -> Result<Self, EngineError> {
        Self::compile(model, false, true, precision)
    }

    /// Compiles `model` to answer only: nothing is forgotten.
    ///
    /// # Errors
    /// As [`new`](Graph::new).
    pub(crate) fn to_answer(model: &Sequential) -> Result<Self, EngineError> {
        Self::compile(model, false, false, Precision::Float32)
    }

    /// Compiles `model` as it answers, and for the way back to the images.
    ///
    /// # Errors
    /// As [`new`](Graph::new).
    pub(crate) fn to_images(model: &Sequential) -> Result<Self, EngineError> {
        Self::compile(model, true, false, Precision::Float32)
    }

    pub(super) fn compile(
        model: &Sequential,
        image_gradient: bool,
        training: bool,
        precision: Precision,
    ) -> Result<Self, EngineError> {
        let shapes = model.shapes()?;
        let [height, width] = model.input;
        let last = model.layers.len().saturating_sub(1);
        let unsupported = |index, layer, why| Err(ModelError::Unsupported { index, layer, why }.into());
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
        let mut builder =
            Builder { graph: Self::empty(image, precision), layer: 0, tensor: 0, dropouts: 0, training };
        let mut at = 0;
        for (index, layer) in model.layers.iter().enumerate() {
            if let Layer::Activation(Activation::Softmax) = layer {
                if index != last {
                    return unsupported(index, "softmax", "nothing can follow a softmax");
                }
                builder.graph.softmax = true;
                continue;
            }
            builder.layer = index;
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
        if graph.softmax && ends_in_relu(&model.layers[..last]) {
            return unsupported(last, "softmax", "it needs a layer without relu before it");
        }
        if graph.values[at].order.is_some() {
            return unsupported(
                last,
                model.layers[last].kind(),
                "it ends with what was flattened from several channels: add dense after flatten",
            );
        }
        graph.logits = at;
        size::check(&graph, model)?;
        graph.settle();
        Ok(graph)
    }

    fn empty(image: Value, precision: Precision) -> Self {
        Self {
            values: vec![image],
            operations: Vec::new(),
            parameters: Vec::new(),
            floats: 0,
            spread: 0,
            precision,
            logits: 0,
            softmax: false,
        }
    }
}

/// Whether the last of the layers that do anything when a model answers is a ReLU.
fn ends_in_relu(layers: &[Layer]) -> bool {
    let last = layers.iter().rev().find(|layer| !matches!(layer, Layer::Dropout(_)));
    matches!(last, Some(Layer::Activation(Activation::Relu)))
}

struct Builder {
    graph: Graph,
    /// The layer of the model's list that is being added.
    layer: usize,
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
        let number = self.graph.norms().count();
        let (momentum, epsilon) = (norm.momentum, norm.epsilon);
        let norm = Norm { number, channels, scale, offset, mean, momentum, epsilon, relu: false, order };
        self.elementwise(Kind::Norm(norm), at)
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
        self.graph.values[at].shared = true;
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
        Ok(self.elementwise(add, value))
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
        self.graph.operations.push(Operation {
            layer: self.layer,
            kind,
            from: Edge { value: at, ..Edge::default() },
            to,
        });
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
