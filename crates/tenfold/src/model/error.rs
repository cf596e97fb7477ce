//! Everything that can be wrong with a model, a model file or an architecture file: one variant for each way.

use std::io;

/// What can be wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A layer does not fit what comes in.
    #[error("layer {index} ({layer}): {found} comes in, {expected} is needed")]
    Shape {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind, or its name where it is in another layer.
        layer: String,
        /// What it needs.
        expected: String,
        /// What comes in.
        found: String,
    },
    /// A layer is set to something that makes no sense.
    #[error("layer {index} ({layer}): {setting} is {found}, it must be {expected}")]
    Setting {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind, or its name where it is in another layer.
        layer: String,
        /// `kernel`.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        expected: String,
    },
    /// The two ways through a residual layer give different shapes, so they cannot be added.
    #[error(
        "layer {index} ({layer}): its layers give {layers:?}, its shortcut gives {shortcut:?}; both must be the same: put a conv2d with kernel 1 into the shortcut, or change the layers"
    )]
    TwoShapes {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind, or its name where it is in another layer.
        layer: String,
        /// What its layers give.
        layers: Vec<usize>,
        /// What its shortcut gives.
        shortcut: Vec<usize>,
    },
    /// Residual layers inside residual layers inside residual layers …
    #[error("layer {index} ({layer}): layers are nested deeper than {limit}; use fewer levels")]
    TooDeep {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind.
        layer: String,
        /// The most levels there may be.
        limit: usize,
    },
    /// More values between the layers than a computer should be asked to hold.
    #[error(
        "layer {index} ({layer}) brings the network over {limit} values between its layers for one image; use fewer channels, or pool earlier"
    )]
    TooManyActivations {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind, or its name where it is in another layer.
        layer: String,
        /// The most there may be.
        limit: usize,
    },
    /// A model that can say "none of these", without any of these.
    #[error(
        "{file}: {classes} outputs, the last of them for what is none of the others; at least 2 are needed"
    )]
    NothingButRejects {
        /// The model's file.
        file: String,
        /// Its outputs.
        classes: usize,
    },
    /// A list of layers that the engine cannot compute.
    #[error("layer {index} ({layer}): {why}")]
    Unsupported {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind.
        layer: &'static str,
        /// What is wrong, and what to do.
        why: &'static str,
    },
    /// The images have no pixels, or more than can be.
    #[error("the input is {height}×{width} pixels; each side must be from 1 to {limit}")]
    Input {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Most of each.
        limit: usize,
    },
    /// More parameters than a model file can hold.
    #[error(
        "layer {index} ({layer}) brings the network over {limit} parameters, the most a model file can hold; use fewer units or channels"
    )]
    TooManyParameters {
        /// Position in the list, from 0.
        index: usize,
        /// Its kind, or its name where it is in another layer.
        layer: String,
        /// The most there may be.
        limit: usize,
    },
    /// A layer without weights, or with a wrong number of them.
    #[error("tensor {tensor} of shape {shape:?} holds {found} values; initialise or train the model first")]
    Weights {
        /// Its name.
        tensor: String,
        /// What the layer needs.
        shape: Vec<usize>,
        /// Values it holds.
        found: usize,
    },
    /// A figure that is no number, which JSON cannot hold.
    #[error("{figure} is {value}: it cannot be saved; the training diverged or the evaluation went wrong")]
    Figure {
        /// Which.
        figure: &'static str,
        /// NaN or infinite.
        value: f64,
    },

    /// A file cannot be read.
    #[error("{file}: cannot be read: {source}; check its name and its permissions")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error(
        "{file}: cannot be written: {source}; what was there before is unchanged: check that the folder is there, writable and has room"
    )]
    Write {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A folder, a device or a pipe.
    #[error("{file}: is not an ordinary file; name the model file itself")]
    NotAFile {
        /// Its name.
        file: String,
    },
    /// Larger than any file this program writes.
    #[error("{file}: {bytes} bytes; at most {limit} are expected; is this the right file?")]
    FileTooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
        /// The largest size accepted.
        limit: u64,
    },
    /// A header too long to be read back, so it is not written.
    #[error("{file}: its header would have {bytes} bytes, at most {limit} can be read back; keep less in it")]
    HeaderTooLarge {
        /// The file.
        file: String,
        /// Its header's size.
        bytes: u64,
        /// The largest header accepted.
        limit: u64,
    },
    /// Fewer or more bytes than the header says.
    #[error(
        "{file}: {found} bytes, but its header says {expected}; it was cut off or changed: copy or train it again"
    )]
    Length {
        /// The file.
        file: String,
        /// Bytes by the header.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// Not a safetensors file at all.
    #[error("{file}: is no safetensors file: {reason}; give a model saved by Tenfold")]
    NotSafetensors {
        /// The file.
        file: String,
        /// What does not fit.
        reason: String,
    },
    /// A safetensors file of another program.
    #[error("{file}: is a safetensors file, but not one of Tenfold's: its metadata has no key `tenfold`")]
    NotTenfold {
        /// The file.
        file: String,
    },
    /// A format version this program does not know.
    #[error(
        "{file}: made by a newer Tenfold (format {found}; this one reads up to {supported}); update the program"
    )]
    Newer {
        /// The file.
        file: String,
        /// Version in the file.
        found: u64,
        /// The newest known here.
        supported: u64,
    },
    /// A checkpoint where a model is needed, or the other way round.
    #[error("{file}: is a {found}, not a {expected}{hint}")]
    Kind {
        /// The file.
        file: String,
        /// What is needed.
        expected: String,
        /// What it says it is.
        found: String,
        /// What to do.
        hint: &'static str,
    },
    /// The JSON text in the metadata does not say what it must.
    #[error(
        "{file}: the `tenfold` text in its metadata is not as expected: {source}; the file was changed or is damaged"
    )]
    Header {
        /// The file.
        file: String,
        /// What, and where in the text.
        source: serde_json::Error,
    },
    /// Pictures must be prepared in a way this program does not know.
    #[error("{file}: its pictures are prepared as {found}; this program prepares them as {expected}")]
    Preprocessing {
        /// The file.
        file: String,
        /// What this program does.
        expected: String,
        /// What the file asks for.
        found: String,
    },
    /// An architecture file that cannot be understood.
    #[error(
        "{file}: {source}; an architecture looks like {{\"layers\": [{{\"layer\": \"flatten\"}}, {{\"layer\": \"dense\", \"units\": 10}}, {{\"layer\": \"softmax\"}}]}}"
    )]
    Json {
        /// The file.
        file: String,
        /// What, with line and column.
        source: serde_json::Error,
    },
    /// An architecture file that is no text.
    #[error(
        "{file}: is not text, but an architecture is JSON; a trained model is used with evaluate and predict"
    )]
    NotText {
        /// The file.
        file: String,
    },
    /// A network without layers.
    #[error("{file}: has no layers; a network needs at least one")]
    NoLayers {
        /// The file.
        file: String,
    },
    /// Something is left to the data, and no data is there.
    #[error("{file}: {what} is left to the data, but there is no data here; write a number")]
    Open {
        /// The file.
        file: String,
        /// `input` or the units of a layer.
        what: String,
    },
    /// The architecture is made for other images.
    #[error("{file}: its input is {expected:?}, but the images are {found:?}; change or leave out \"input\"")]
    OtherInput {
        /// The file.
        file: String,
        /// `[height, width]` in the file.
        expected: [usize; 2],
        /// `[height, width]` of the images.
        found: [usize; 2],
    },
    /// The layers in a file do not fit together.
    #[error("{file}: {source}")]
    DoesNotFit {
        /// The file.
        file: String,
        /// Which layer, and why.
        source: Box<ModelError>,
    },
    /// A tensor the architecture needs is not there.
    #[error(
        "{file}: tensor {tensor} of shape {expected:?} is missing; the file does not belong to its architecture"
    )]
    MissingTensor {
        /// The file.
        file: String,
        /// Its name.
        tensor: String,
        /// The shape it should have.
        expected: Vec<usize>,
    },
    /// A tensor nothing in the architecture uses.
    #[error("{file}: tensor {tensor} belongs to no layer; the file does not belong to its architecture")]
    ExtraTensor {
        /// The file.
        file: String,
        /// Its name.
        tensor: String,
    },
    /// A tensor of another shape.
    #[error("{file}: tensor {tensor} has shape {found:?}; its layer needs {expected:?}")]
    TensorShape {
        /// The file.
        file: String,
        /// Its name.
        tensor: String,
        /// What the layer needs.
        expected: Vec<usize>,
        /// What the file has.
        found: Vec<usize>,
    },
    /// A tensor of another number type.
    #[error("{file}: tensor {tensor} holds {found} numbers; Tenfold's files hold F32 only: convert it")]
    TensorType {
        /// The file.
        file: String,
        /// Its name.
        tensor: String,
        /// The type, in safetensors' words.
        found: String,
    },
    /// NaN or infinity among the weights.
    #[error(
        "{file}: tensor {tensor} holds {value} at index {index}; every value must be finite: train it again with a lower learning rate"
    )]
    NotFinite {
        /// The file.
        file: String,
        /// Its name.
        tensor: String,
        /// Position in the tensor, row by row, from 0.
        index: usize,
        /// The value.
        value: f32,
    },
    /// A variance below zero.
    #[error(
        "{file}: tensor {tensor} holds {value} at index {index}; no variance is negative: the file was changed, train it again"
    )]
    NegativeVariance {
        /// The file.
        file: String,
        /// Its name.
        tensor: String,
        /// Position in the tensor, from 0.
        index: usize,
        /// The value.
        value: f32,
    },
}
