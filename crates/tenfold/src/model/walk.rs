//! The walk through a network's layers, into residual layers and out again, with what goes into each and what comes out.
//! Everything that must agree about order, names and shapes goes this way. It keeps every size within bounds, so that
//! whoever walks can add and multiply.

use std::collections::HashMap;

use super::layer::{Misfit, Part, image, product};
use super::{Layer, ModelError, Residual, Sequential};

/// The longest side of an image a network takes.
pub const MAX_SIDE: usize = 4096;
/// The most parameters of a network: a checkpoint holds up to five times as many values and stays under
/// [`MAX_FILE`](super::container::MAX_FILE).
pub const MAX_PARAMETERS: usize = 50_000_000;
/// The most values between the layers for one image, all outputs together.
pub const MAX_ACTIVATIONS: usize = 100_000_000;
/// The most levels of layers within layers.
pub const MAX_DEPTH: usize = 8;

/// One layer where it stands.
pub(super) struct Place<'a> {
    /// `conv2d_1`, `residual.conv2d`, `residual.shortcut.conv2d`.
    pub name: &'a str,
    pub layer: &'a Layer,
    /// Shape of what comes in, for one image.
    pub input: &'a [usize],
    /// Shape of what goes out, for one image.
    pub output: &'a [usize],
    /// Position of the layer, or of the one it is in, in the network's list.
    pub index: usize,
    /// 0 for a layer of the network's list; 1, 2, … for those in it, in the order of the walk.
    pub within: u64,
}

impl Place<'_> {
    /// The layer's trainable parameters, without those of the layers in it.
    pub(super) fn parameters(&self) -> usize {
        let parts = self.layer.parts(self.input);
        parts.iter().filter(|part| part.trainable).map(Part::values).sum()
    }

    /// As [`Sequential::multiply_adds`], of this layer without those of the layers in it.
    pub(super) fn multiply_adds(&self) -> u64 {
        self.layer.multiply_adds(self.input, self.output)
    }
}

impl Sequential {
    /// Calls `visit` with each layer in order, up to the first that does not fit. The layers in a residual layer come
    /// before it, those of the shortcut last: its own place is the sum.
    pub(super) fn walk(&self, mut visit: impl FnMut(Place<'_>)) -> Result<(), ModelError> {
        let [height, width] = self.input;
        if !(1..=MAX_SIDE).contains(&height) || !(1..=MAX_SIDE).contains(&width) {
            return Err(ModelError::Input { height, width, limit: MAX_SIDE });
        }
        let mut walker = Walker { visit: &mut visit, index: 0, within: 0, parameters: 0, activations: 0 };
        walker.list(&self.layers, self.input.to_vec(), "", 0).map(|_| ())
    }
}

struct Walker<'a> {
    visit: &'a mut dyn FnMut(Place<'_>),
    index: usize,
    within: u64,
    parameters: usize,
    activations: usize,
}

impl Walker<'_> {
    /// Walks a list of layers; `prefix` and `depth` say where it is. The shape that goes out.
    fn list(
        &mut self,
        layers: &[Layer],
        mut shape: Vec<usize>,
        prefix: &str,
        depth: usize,
    ) -> Result<Vec<usize>, ModelError> {
        let mut names = Names::default();
        for (position, layer) in layers.iter().enumerate() {
            if depth == 0 {
                (self.index, self.within) = (position, 0);
            } else {
                self.within += 1;
            }
            let name = format!("{prefix}{}", names.next(layer));
            shape = self.layer(layer, shape, &name, depth)?;
        }
        Ok(shape)
    }

    fn layer(
        &mut self,
        layer: &Layer,
        input: Vec<usize>,
        name: &str,
        depth: usize,
    ) -> Result<Vec<usize>, ModelError> {
        // What messages call it: at the top its position says which it is.
        let (index, within) = (self.index, self.within);
        let called = || if depth == 0 { layer.kind().into() } else { name.to_string() };
        let output = match layer {
            Layer::Residual(residual) => self.residual(residual, &input, name, called(), depth)?,
            _ => layer.output(&input).map_err(|misfit| misfit.at(index, called()))?,
        };
        // Fixed tensors count as well: they take the same room.
        for part in layer.parts(&input) {
            self.parameters = self.parameters.saturating_add(part.values());
        }
        if self.parameters > MAX_PARAMETERS {
            return Err(ModelError::TooManyParameters { index, layer: called(), limit: MAX_PARAMETERS });
        }
        self.activations = self.activations.saturating_add(product(&output));
        if self.activations > MAX_ACTIVATIONS {
            return Err(ModelError::TooManyActivations { index, layer: called(), limit: MAX_ACTIVATIONS });
        }
        (self.visit)(Place { name, layer, input: &input, output: &output, index, within });
        Ok(output)
    }

    /// Walks both ways of a residual layer.
    fn residual(
        &mut self,
        residual: &Residual,
        input: &[usize],
        name: &str,
        called: String,
        depth: usize,
    ) -> Result<Vec<usize>, ModelError> {
        let index = self.index;
        if residual.layers.is_empty() {
            return Err(Misfit::setting("layers", "empty", "at least one layer").at(index, called));
        }
        if depth == MAX_DEPTH {
            return Err(ModelError::TooDeep { index, layer: called, limit: MAX_DEPTH });
        }
        let layers = self.list(&residual.layers, input.to_vec(), &format!("{name}."), depth + 1)?;
        let shortcut =
            self.list(&residual.shortcut, input.to_vec(), &format!("{name}.shortcut."), depth + 1)?;
        // An image [height, width] is one of one channel.
        if layers != shortcut && (image(&layers).is_none() || image(&layers) != image(&shortcut)) {
            return Err(ModelError::TwoShapes { index, layer: called, layers, shortcut });
        }
        Ok(layers)
    }
}

/// Names for the layers of one list: `dense`, `dense_1`, …
#[derive(Default)]
pub(super) struct Names(HashMap<&'static str, usize>);

impl Names {
    pub(super) fn next(&mut self, layer: &Layer) -> String {
        let kind = layer.kind();
        let count = self.0.entry(kind).or_insert(0);
        *count += 1;
        if *count == 1 { kind.into() } else { format!("{kind}_{}", *count - 1) }
    }
}

/// Calls `visit` with each layer that can have tensors, in the order of the walk: all but the residual ones, whose
/// tensors are those of the layers in them.
pub(super) fn each<'a>(layers: &'a [Layer], visit: &mut dyn FnMut(&'a Layer)) {
    for layer in layers {
        match layer {
            Layer::Residual(Residual { layers, shortcut }) => {
                each(layers, visit);
                each(shortcut, visit);
            }
            _ => visit(layer),
        }
    }
}

/// As [`each`], to change them.
pub(super) fn each_mut<'a>(layers: &'a mut [Layer], visit: &mut dyn FnMut(&'a mut Layer)) {
    for layer in layers {
        match layer {
            Layer::Residual(Residual { layers, shortcut }) => {
                each_mut(layers, visit);
                each_mut(shortcut, visit);
            }
            _ => visit(layer),
        }
    }
}
