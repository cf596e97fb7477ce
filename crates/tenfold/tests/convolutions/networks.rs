//! Networks that together have every layer in every form, and their data.

use tenfold::model::{BatchNorm, Conv2d, Layer, Padding, Pool};
use tenfold::random::{Purpose, Stream};
use tenfold::{Dataset, Sequential};

/// Random numbers for a test.
pub fn stream(seed: u64) -> Stream {
    Stream::new(seed, Purpose::Strokes, 0, 98)
}

/// `count` images of noise with random labels below 4.
pub fn noise(seed: u64, count: usize, shape: [usize; 2]) -> Dataset {
    let mut random = stream(seed);
    let pixels = (0..count * shape[0] * shape[1]).map(|_| random.below(256) as u8).collect();
    let labels = (0..count).map(|_| random.below(4) as u8).collect();
    Dataset::new("noise", shape, pixels, labels).unwrap().with_classes(4)
}

/// The images' pixels in 0 to 1.
pub fn light(data: &Dataset) -> Vec<f64> {
    data.pixels().iter().map(|&pixel| f64::from(pixel) / 255.0).collect()
}

/// Gives the model first values of which none is special: biases, scales, offsets and moving statistics too.
pub fn filled(mut model: Sequential) -> Sequential {
    model.initialise(3).unwrap();
    let mut random = stream(7);
    for tensor in model.tensors_mut().unwrap().into_iter().filter(|tensor| tensor.shape.len() == 1) {
        let (low, high) = if tensor.name.ends_with("scale") || tensor.name.ends_with("variance") {
            (0.5, 1.5)
        } else {
            (-0.3, 0.3)
        };
        tensor.values.iter_mut().for_each(|value| *value = random.range(low, high));
    }
    model
}

fn conv(channels: usize, kernel: [usize; 2], stride: [usize; 2], padding: Padding, use_bias: bool) -> Layer {
    Conv2d { kernel, stride, padding, use_bias, ..Conv2d::new(channels, 1) }.into()
}

/// (what it is, the network), each ending in four classes.
pub fn all() -> Vec<(&'static str, Sequential)> {
    use Padding::{Same, Valid};
    let new = Sequential::new;
    let end = |model: Sequential| filled(model.flatten().dense(4).softmax());
    let norm = || BatchNorm { momentum: 0.8, epsilon: 1e-2, ..BatchNorm::default() };
    let pool = |size, stride, padding| Pool { size: [size; 2], stride: [stride; 2], padding };
    vec![
        ("a convolution alone", end(new([7, 9]).layer(conv(3, [3, 3], [1, 1], Valid, true)))),
        ("kernels that are not square", end(new([7, 9]).layer(conv(5, [2, 3], [1, 1], Same, true)).relu())),
        (
            "strides",
            end(new([9, 8]).layer(conv(9, [3, 3], [2, 2], Same, false)).relu().layer(conv(
                4,
                [3, 2],
                [2, 1],
                Valid,
                true,
            ))),
        ),
        (
            "strides beyond the kernel",
            end(new([9, 9]).conv2d(2, 2).layer(conv(3, [1, 2], [3, 3], Valid, true))),
        ),
        ("one by one", end(new([5, 5]).conv2d(11, 1).relu().conv2d(6, 1))),
        (
            "3×3 in pieces",
            end(new([9, 10]).conv2d_same(16, 3).silu().conv2d_same(24, 3).silu().conv2d(20, 3)),
        ),
        (
            "5×5 in pieces",
            end(new([14, 13]).conv2d_same(20, 5).silu().conv2d(24, 5).silu().conv2d_same(32, 5)),
        ),
        (
            "norms",
            end(new([8, 8])
                .layer(norm())
                .conv2d(6, 3)
                .layer(norm())
                .relu()
                .max_pool(2)
                .flatten()
                .layer(norm())
                .dense(7)
                .layer(norm())
                .relu()),
        ),
        (
            "a norm before the convolution's pool",
            end(new([10, 10]).conv2d(17, 3).max_pool(2).layer(norm()).relu()),
        ),
        (
            "a pool right after a convolution with relu",
            end(new([10, 10]).conv2d_same(9, 3).relu().max_pool(2).conv2d(3, 3)),
        ),
        (
            "pools that overlap and that leave out",
            end(new([9, 9])
                .conv2d(3, 2)
                .relu()
                .layer(Layer::MaxPool(pool(3, 2, Valid)))
                .conv2d_same(5, 2)
                .layer(Layer::MaxPool(pool(2, 2, Valid)))),
        ),
        (
            "pools over the edge",
            end(new([7, 7])
                .conv2d(4, 2)
                .layer(Layer::MaxPool(pool(3, 2, Same)))
                .layer(Layer::AveragePool(pool(2, 2, Same)))),
        ),
        ("averages", end(new([8, 8]).conv2d_same(4, 3).relu().average_pool(2).conv2d_same(3, 3))),
        (
            "a global average",
            filled(new([6, 6]).conv2d(5, 3).relu().global_average_pool().dense(4).softmax()),
        ),
        ("a global maximum", filled(new([6, 6]).conv2d(5, 3).global_max_pool().dense(4).softmax())),
        (
            "other activations",
            end(new([7, 7]).conv2d(4, 3).gelu().conv2d(5, 2).silu().conv2d(3, 2).leaky_relu(0.1)),
        ),
        (
            "dense layers in packs",
            filled(new([4, 4]).flatten().dense(19).silu().dense(9).relu().dense(4).softmax()),
        ),
        (
            "a residual block",
            end(new([6, 6])
                .conv2d_same(6, 3)
                .relu()
                .residual(|block| block.conv2d_same(6, 3).layer(norm()).relu().conv2d_same(6, 3))
                .relu()),
        ),
        (
            "a residual block that begins with relu",
            end(new([6, 6]).conv2d_same(6, 3).residual(|block| block.relu().conv2d_same(6, 3))),
        ),
        (
            "a residual block with a shortcut",
            end(new([6, 6]).conv2d_same(3, 3).relu().residual_with(
                |block| block.conv2d_same(8, 3).relu().conv2d_same(8, 3),
                |shortcut| shortcut.conv2d(8, 1),
            )),
        ),
        // 49 places do not fill tiles of three: what is added to a gradient is added once to the last one, too.
        (
            "a residual block of odd sides",
            end(new([7, 7]).conv2d_same(4, 3).silu().residual(|block| block.conv2d_same(4, 3))),
        ),
        (
            "a residual block that strides",
            end(new([7, 7]).conv2d_same(3, 3).silu().residual_with(
                |block| block.layer(conv(5, [3, 3], [2, 2], Same, true)),
                |shortcut| shortcut.layer(conv(5, [1, 1], [2, 2], Same, true)),
            )),
        ),
        (
            "a residual block of dense layers",
            end(new([4, 4]).flatten().dense(9).silu().residual(|block| block.dense(11).relu().dense(9))),
        ),
        ("a large slope", end(new([5, 5]).conv2d(3, 2).leaky_relu(3.5))),
        // A value of one pixel may have a border, which what reads it as a row must not meet.
        ("one pixel, flattened", end(new([5, 5]).conv2d_same(4, 3).silu().conv2d(6, 5))),
        ("one pixel, and no dense layer", filled(new([3, 3]).conv2d(4, 3).flatten().softmax())),
        (
            "one pixel of a pool, with relu before it",
            filled(new([4, 4]).conv2d(4, 3).relu().max_pool(2).flatten().softmax()),
        ),
        (
            "a global maximum of the logits, with relu before it",
            filled(new([4, 4]).conv2d(4, 3).relu().global_max_pool().softmax()),
        ),
        // The other way comes to places that the pool leaves out, and those go back through the ReLU too.
        (
            "a residual block whose pool leaves out",
            end(new([5, 5])
                .conv2d_same(4, 3)
                .relu()
                .residual_with(|block| block.max_pool(2), |shortcut| shortcut.conv2d(4, 4))),
        ),
    ]
}
