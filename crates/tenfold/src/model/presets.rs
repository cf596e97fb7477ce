//! Networks with a name, for `--model NAME`. Each is a table of layers with its source; none holds weights.

use super::{Conv2d, Padding, Sequential};

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
        about: "two hidden layers of 512: more accurate, nearly six times the work",
        source: "Keras's example mnist_mlp, without its dropout",
        layers: |input, classes| input
            .flatten()
            .dense(512).relu()
            .dense(512).relu()
            .dense(classes).softmax(),
    },
    Preset {
        name: "lenet",
        about: "two convolutions and a hidden layer of 128: the classic network for digits, in its modern form",
        source: "LeCun, Bottou, Bengio & Haffner 1998, in the form of TensorFlow's tutorial \"Deep MNIST for Experts\"",
        layers: |input, classes| input
            .conv2d_same(32, 5).relu().max_pool(2)
            .conv2d_same(64, 5).relu().max_pool(2)
            .flatten()
            .dense(128).relu()
            .dense(classes).softmax(),
    },
    Preset {
        name: "vgg",
        about: "four 3×3 convolutions with batch norm, after VGG",
        source: "Simonyan & Zisserman 2015, arXiv 1409.1556, with the batch norm of Ioffe & Szegedy 2015, arXiv 1502.03167",
        layers: |input, classes| input
            .conv3(32).conv3(32).max_pool(2)
            .conv3(64).conv3(64).max_pool(2)
            .flatten()
            .dense(classes).softmax(),
    },
    Preset {
        name: "tiny",
        about: "under 10,000 parameters",
        source: "made for Tenfold; as good",
        layers: |input, classes| input
            .conv5(10)
            .inner3(16).inner3_pooled(16)
            .inner3(24).flatten()
            .dense(classes).softmax(),
    },
    Preset {
        name: "fast",
        about: "two 5×5 convolutions that shrink the image early: much accuracy for little time",
        source: "made for Tenfold; LeNet-5 (LeCun et al. 1998) with the batch norm of Ioffe & Szegedy 2015",
        layers: |input, classes| input
            .conv5(6)
            .conv5(16)
            .flatten()
            .dense(64).relu()
            .dense(classes).softmax(),
    },
    Preset {
        name: "good",
        about: "four small convolutions: 99.5 % in seconds",
        source: "made for Tenfold; batch norm after the pool, where there is a quarter left to normalise",
        layers: |input, classes| input
            .conv5(16)
            .inner3(24).inner3_pooled(32)
            .inner3(64).global_average_pool()
            .dense(classes).softmax(),
    },
    Preset {
        name: "better",
        about: "the same with twice the channels: 99.67 % in a minute",
        source: "made for Tenfold; as good",
        layers: |input, classes| input
            .conv5(32)
            .inner3(64).inner3_pooled(64)
            .inner3(128).global_average_pool()
            .dense(classes).softmax(),
    },
    Preset {
        name: "accurate",
        about: "five 3×3 convolutions with batch norm, up to 192 channels: for the last tenths of a percent",
        source: "made for Tenfold, after An, Lee, Park, Yang & So 2020, arXiv 2008.10400",
        layers: |input, classes| input.five3(48).global_max_pool().dense(classes).softmax(),
    },
    Preset {
        name: "world",
        about: "a network like accurate with 32 to 128 channels, trained for hands and pens of all kinds, and to say what is no digit: the model that ships",
        source: "made for Tenfold; as accurate",
        layers: |input, classes| input.five3(32).global_average_pool().dense(classes).softmax(),
    },
];

/// Blocks of the tables above. A convolution before a norm needs no bias: the norm takes it out again.
impl Sequential {
    /// Five convolutions of 3×3 and two pools, of `channels` to four times as many channels.
    fn five3(self, channels: usize) -> Self {
        let [twice, four_times] = [2 * channels, 4 * channels];
        self.inner3(channels).inner3_pooled(channels).conv3(twice).conv3_pooled(twice).inner3(four_times)
    }

    /// 3×3, the image keeps its size.
    fn conv3(self, channels: usize) -> Self {
        self.bare(channels, 3, Padding::Same).normed()
    }

    /// 3×3, the image is halved.
    fn conv3_pooled(self, channels: usize) -> Self {
        self.bare(channels, 3, Padding::Same).max_pool(2).normed()
    }

    /// 3×3, the image loses 2 pixels a side.
    fn inner3(self, channels: usize) -> Self {
        self.bare(channels, 3, Padding::Valid).normed()
    }

    /// 3×3, the image loses 2 pixels a side and is then halved.
    fn inner3_pooled(self, channels: usize) -> Self {
        self.bare(channels, 3, Padding::Valid).max_pool(2).normed()
    }

    /// 5×5, the image loses 4 pixels a side and is then halved.
    fn conv5(self, channels: usize) -> Self {
        self.bare(channels, 5, Padding::Valid).max_pool(2).normed()
    }

    fn bare(self, channels: usize, kernel: usize, padding: Padding) -> Self {
        self.layer(Conv2d { padding, use_bias: false, ..Conv2d::new(channels, kernel) })
    }

    fn normed(self) -> Self {
        self.batch_norm().relu()
    }
}

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
