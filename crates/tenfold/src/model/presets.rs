//! Networks with a name, for `--model NAME`. Each is a table of layers with its source; none holds weights.

use super::Sequential;

/// A network with a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What `--model` calls it.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    layers: fn(Sequential, usize) -> Sequential,
}

/// All of them, the default first.
#[rustfmt::skip]
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "tutorial",
        about: "two hidden layers of 128: the network most people meet first",
        source: "the MNIST tutorials for TensorFlow",
        layers: |input, classes| input
            .flatten()
            .dense(128).relu()
            .dense(128).relu()
            .dense(classes).softmax(),
    },
    Preset {
        name: "softmax",
        about: "softmax regression: no hidden layer, the line every other network has to beat",
        source: "Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4",
        layers: |input, classes| input
            .flatten()
            .dense(classes).softmax(),
    },
    Preset {
        name: "lenet-300-100",
        about: "hidden layers of 300 and 100: the fully connected network of the MNIST paper",
        source: "LeCun, Bottou, Bengio & Haffner 1998, section III-C, with ReLU instead of tanh",
        layers: |input, classes| input
            .flatten()
            .dense(300).relu()
            .dense(100).relu()
            .dense(classes).softmax(),
    },
    Preset {
        name: "wide",
        about: "two hidden layers of 512: more accurate, five times the work",
        source: "Keras's example mnist_mlp, without its dropout",
        layers: |input, classes| input
            .flatten()
            .dense(512).relu()
            .dense(512).relu()
            .dense(classes).softmax(),
    },
];

impl Preset {
    /// The network for images `[height, width]` in this many classes, without weights.
    #[must_use]
    pub fn build(&self, input: [usize; 2], classes: usize) -> Sequential {
        (self.layers)(Sequential::new(input), classes)
    }
}

/// The preset of this name, for images `[height, width]` in this many classes; `None` where there is none.
///
/// ```
/// let model = tenfold::model::presets::by_name("tutorial", [28, 28], 10);
/// assert_eq!(model.map(|model| model.parameters()), Some(118_282));
/// ```
#[must_use]
pub fn by_name(name: &str, input: [usize; 2], classes: usize) -> Option<Sequential> {
    PRESETS.iter().find(|preset| preset.name == name).map(|preset| preset.build(input, classes))
}

/// Their names, the default first.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|preset| preset.name)
}
