//! Convolutions, norms, pools, dropout and residual blocks: shapes, tensors, initial values, JSON and the file.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tenfold::Sequential;
use tenfold::model::{
    Activation, Architecture, BatchNorm, Conv2d, Dropout, Layer, MAX_DEPTH, ModelError, NamedTensor, Padding,
    Pool, Residual,
};

/// Every layer there is.
fn everything() -> Sequential {
    Sequential::new([12, 10])
        .conv2d(4, 3)
        .batch_norm()
        .leaky_relu(0.1)
        .max_pool(2)
        .residual(|block| block.conv2d_same(4, 3).batch_norm().relu())
        .residual_with(
            |block| {
                let halving = Conv2d { stride: [2, 2], padding: Padding::Same, ..Conv2d::new(6, 3) };
                block.layer(halving).gelu().residual(|inner| inner.conv2d_same(6, 1)).conv2d_same(6, 3)
            },
            |shortcut| {
                let pool = Pool { stride: [2, 2], padding: Padding::Same, ..Pool::new(1) };
                shortcut
                    .layer(Layer::AveragePool(pool))
                    .layer(Conv2d { use_bias: false, ..Conv2d::new(6, 1) })
            },
        )
        .silu()
        .residual_with(|block| block.global_average_pool(), |shortcut| shortcut.global_max_pool())
        .dropout(0.25)
        .dense(5)
        .layer(BatchNorm { momentum: 0.9, epsilon: 1e-5, ..BatchNorm::default() })
        .softmax()
}

fn initialised(seed: u64) -> Sequential {
    let mut model = everything();
    model.initialise(seed).unwrap();
    model
}

fn message(model: &Sequential) -> String {
    model.shapes().unwrap_err().to_string()
}

#[test]
fn shapes_are_those_of_keras() {
    let shapes = everything().shapes().unwrap();
    let expected: [&[usize]; 12] = [
        &[10, 8, 4],
        &[10, 8, 4],
        &[10, 8, 4],
        &[5, 4, 4],
        &[5, 4, 4],
        &[3, 2, 6],
        &[3, 2, 6],
        &[6],
        &[6],
        &[5],
        &[5],
        &[5],
    ];
    assert!(shapes.iter().eq(expected), "{shapes:?}");
    // An image [height, width] is one of one channel.
    let first = |model: Sequential| model.shapes().unwrap()[0].clone();
    let new = || Sequential::new([28, 27]);
    assert_eq!(first(new().max_pool(2)), [14, 13, 1]);
    assert_eq!(first(new().batch_norm()), [28, 27, 1]);
    assert_eq!(first(new().global_max_pool()), [1]);
    assert_eq!(first(new().relu()), [28, 27]);
    assert_eq!(first(new().residual(|block| block.conv2d_same(1, 3))), [28, 27, 1]);
    let model = new().conv2d(3, 28 - 1).flatten();
    assert_eq!(model.shapes().unwrap(), [vec![2, 1, 3], vec![6]]);
}

/// Against a count of the windows, one by one.
#[test]
fn windows_cover_the_image() {
    for (n, size, stride) in (1..20).flat_map(|n| (1..9).flat_map(move |k| (1..9).map(move |s| (n, k, s)))) {
        let inside = (0..n).step_by(stride).filter(|start| start + size <= n).count();
        assert_eq!(Padding::Valid.windows(n, size, stride), inside);
        assert_eq!(Padding::Valid.before(n, size, stride), 0);
        let (windows, before) =
            (Padding::Same.windows(n, size, stride), Padding::Same.before(n, size, stride));
        assert_eq!(windows, (0..n).step_by(stride).count());
        // TensorFlow's definition of the padding before.
        let over =
            if n % stride == 0 { size.saturating_sub(stride) } else { size.saturating_sub(n % stride) };
        assert_eq!(before, over / 2, "{n} {size} {stride}");
        for window in 0..windows {
            let start = window * stride;
            assert!(start + size > before && start < n + before, "a window that sees nothing");
        }
    }
    assert_eq!(
        Padding::Valid.windows(5, 0, 1) + Padding::Same.windows(5, 1, 0) + Padding::Same.windows(0, 1, 1),
        0
    );
    assert_eq!(Padding::Same.before(1, usize::MAX, 1), usize::MAX / 2);
}

#[test]
fn a_misfit_says_which_layer_what_came_in_and_what_it_needs() {
    let new = || Sequential::new([28, 28]);
    let conv = |conv: Conv2d| new().relu().layer(conv);
    let norm = |norm: BatchNorm| new().layer(norm);
    let mut deep = Layer::Flatten;
    for _ in 0..=MAX_DEPTH {
        deep = Residual { layers: vec![deep], shortcut: vec![Layer::Flatten] }.into();
    }
    for (model, expected) in [
        (
            new().conv2d(3, 29),
            "layer 0 (conv2d): [28, 28] comes in, an image of at least 29×29 (or padding \"same\") is needed",
        ),
        (
            new().max_pool(4).max_pool(8),
            "layer 1 (max_pool): [7, 7, 1] comes in, an image of at least 8×8 (or padding \"same\") is needed",
        ),
        (
            new().conv2d(3, 3).dense(10),
            "layer 1 (dense): [26, 26, 3] comes in, one axis (put flatten before it) is needed",
        ),
        (
            new().flatten().conv2d(3, 3),
            "layer 1 (conv2d): [784] comes in, an image [height, width] or [height, width, channels] is needed",
        ),
        (
            new().flatten().global_average_pool(),
            "layer 1 (global_average_pool): [784] comes in, an image [height, width] or [height, width, channels] is needed",
        ),
        (
            new().relu().residual(|block| block.relu().conv2d(3, 3).conv2d(4, 30)),
            "layer 1 (residual.conv2d_1): [26, 26, 3] comes in, an image of at least 30×30",
        ),
        (
            new().residual_with(|block| block.relu(), |shortcut| shortcut.dense(3)),
            "layer 0 (residual.shortcut.dense): [28, 28] comes in, one axis",
        ),
        (
            new().residual(|block| block.conv2d(3, 3)),
            "layer 0 (residual): its layers give [26, 26, 3], its shortcut gives [28, 28]; both must be the same",
        ),
        (new().residual(|block| block), "layer 0 (residual): layers is empty, it must be at least one layer"),
        (new().layer(deep), "layer 0 (residual.residual.residual.residual"),
        (conv(Conv2d::new(0, 3)), "layer 1 (conv2d): channels is 0, it must be at least 1"),
        (
            conv(Conv2d::new(3, 0)),
            "layer 1 (conv2d): kernel is [0, 0], it must be from 1 to 64 along each axis",
        ),
        (conv(Conv2d { kernel: [3, 65], ..Conv2d::new(3, 3) }), "kernel is [3, 65], it must be from 1 to 64"),
        (conv(Conv2d { stride: [1, 0], ..Conv2d::new(3, 3) }), "stride is [1, 0], it must be from 1 to 64"),
        (new().average_pool(0), "layer 0 (average_pool): size is [0, 0], it must be from 1 to 64"),
        (new().dropout(1.0), "layer 0 (dropout): rate is 1, it must be from 0 to below 1"),
        (new().dropout(f32::NAN), "rate is NaN"),
        (new().dropout(-0.1), "rate is -0.1"),
        (new().leaky_relu(f32::INFINITY), "layer 0 (leaky_relu): slope is inf, it must be a finite number"),
        (
            norm(BatchNorm { epsilon: 0.0, ..BatchNorm::default() }),
            "epsilon is 0, it must be a finite number above 0",
        ),
        (norm(BatchNorm { epsilon: f32::NAN, ..BatchNorm::default() }), "epsilon is NaN"),
        (
            norm(BatchNorm { momentum: 1.5, ..BatchNorm::default() }),
            "layer 0 (batch_norm): momentum is 1.5, it must be from 0 to 1",
        ),
        (
            Sequential::new([4096, 4096]).conv2d(6, 3),
            "layer 0 (conv2d) brings the network over 100000000 values between its layers",
        ),
        (new().conv2d(usize::MAX, 3), "layer 0 (conv2d) brings the network over 50000000 parameters"),
        (
            new().conv2d(1000, 1).conv2d(60_000, 1),
            "layer 1 (conv2d) brings the network over 50000000 parameters",
        ),
    ] {
        let found = message(&model);
        assert!(found.contains(expected), "{found}\nlacks {expected}");
        assert_eq!((model.parameters(), model.multiply_adds()), (0, 0));
        assert!(model.tensors().is_err() && model.clone().initialise(1).is_err());
    }
}

#[test]
fn tensors_have_names_shapes_and_say_whether_they_are_trained() {
    let mut model = initialised(1);
    let found: Vec<(String, Vec<usize>, bool)> = model
        .tensors()
        .unwrap()
        .into_iter()
        .map(|NamedTensor { name, shape, trainable, .. }| (name, shape, trainable))
        .collect();
    let expected: [(&str, &[usize], bool); 25] = [
        ("conv2d.weights", &[3, 3, 1, 4], true),
        ("conv2d.bias", &[4], true),
        ("batch_norm.scale", &[4], true),
        ("batch_norm.offset", &[4], true),
        ("batch_norm.mean", &[4], false),
        ("batch_norm.variance", &[4], false),
        ("residual.conv2d.weights", &[3, 3, 4, 4], true),
        ("residual.conv2d.bias", &[4], true),
        ("residual.batch_norm.scale", &[4], true),
        ("residual.batch_norm.offset", &[4], true),
        ("residual.batch_norm.mean", &[4], false),
        ("residual.batch_norm.variance", &[4], false),
        ("residual_1.conv2d.weights", &[3, 3, 4, 6], true),
        ("residual_1.conv2d.bias", &[6], true),
        ("residual_1.residual.conv2d.weights", &[1, 1, 6, 6], true),
        ("residual_1.residual.conv2d.bias", &[6], true),
        ("residual_1.conv2d_1.weights", &[3, 3, 6, 6], true),
        ("residual_1.conv2d_1.bias", &[6], true),
        ("residual_1.shortcut.conv2d.weights", &[1, 1, 4, 6], true),
        ("dense.weights", &[6, 5], true),
        ("dense.bias", &[5], true),
        ("batch_norm_1.scale", &[5], true),
        ("batch_norm_1.offset", &[5], true),
        ("batch_norm_1.mean", &[5], false),
        ("batch_norm_1.variance", &[5], false),
    ];
    assert!(
        found.iter().map(|(name, shape, trainable)| (&name[..], &shape[..], *trainable)).eq(expected),
        "{found:#?}"
    );
    let trainable =
        found.iter().filter(|tensor| tensor.2).map(|(_, shape, _)| shape.iter().product::<usize>());
    assert_eq!(model.parameters(), trainable.sum::<usize>());
    model.check_weights().unwrap();
    // What is written is what is read.
    for (at, tensor) in model.tensors_mut().unwrap().into_iter().enumerate() {
        tensor.values.fill(at as f32);
    }
    for (at, tensor) in model.tensors().unwrap().iter().enumerate() {
        assert!(tensor.values.iter().all(|&value| value == at as f32), "{}", tensor.name);
    }
    model.tensors_mut().unwrap()[14].values.pop();
    assert!(model.check_weights().unwrap_err().to_string().contains("residual_1.residual.conv2d.weights"));
}

#[test]
fn initial_values_are_those_of_keras_and_differ_from_layer_to_layer() {
    let model = initialised(3);
    assert_eq!(model, initialised(3));
    assert_ne!(model, initialised(4));
    let mut first = std::collections::HashSet::new();
    for NamedTensor { name, shape, values, .. } in model.tensors().unwrap() {
        let part = name.rsplit('.').next().unwrap();
        if part == "weights" {
            let kernel: usize = shape[..shape.len() - 2].iter().product();
            let [fan_in, fan_out] = [shape[shape.len() - 2], shape[shape.len() - 1]].map(|n| n * kernel);
            let limit = (6.0 / (fan_in + fan_out) as f64).sqrt();
            let largest = values.iter().fold(0.0f64, |max, &w| max.max(f64::from(w).abs()));
            assert!((0.5 * limit..limit * (1.0 + 1e-6)).contains(&largest), "{name} {largest} {limit}");
            assert!(first.insert((f64::from(values[0]) / limit * 1e4) as i64), "{name}");
        } else {
            let expected = if ["scale", "variance"].contains(&part) { 1.0 } else { 0.0 };
            assert!(values.iter().all(|&value| value == expected), "{name}");
        }
    }
    // A dense layer's first weights depend on the seed and its place alone.
    let dense = |model: &Sequential| model.tensors().unwrap().last().map(|t| t.name.clone());
    assert_eq!(dense(&model).unwrap(), "batch_norm_1.variance");
    let mut plain = Sequential::new([2, 3]).flatten().dense(4);
    let mut deeper = Sequential::new([2, 3]).flatten().dense(4).residual(|block| block.dense(4));
    plain.initialise(5).unwrap();
    deeper.initialise(5).unwrap();
    assert_eq!(plain.layers[1], deeper.layers[1]);
}

#[test]
fn multiply_adds_are_those_of_convolutions_and_dense_layers() {
    let lenet = Sequential::new([28, 28])
        .conv2d_same(32, 5)
        .relu()
        .max_pool(2)
        .conv2d_same(64, 5)
        .batch_norm()
        .max_pool(2)
        .flatten()
        .dense(128)
        .dense(10);
    let work = 28 * 28 * 25 * 32 + 14 * 14 * 25 * 32 * 64 + 3136 * 128 + 1280;
    assert_eq!(lenet.multiply_adds(), work);
    let summary = lenet.summary();
    assert_eq!(summary.multiply_adds, work);
    assert_eq!(summary.layers.iter().map(|row| row.multiply_adds).sum::<u64>(), work);
    let block = Sequential::new([8, 8]).residual(|block| block.conv2d_same(1, 3).conv2d_same(1, 1));
    assert_eq!(block.multiply_adds(), 64 * 9 + 64);
}

const JSON: &str = r#"{
  "input": [12, 10],
  "layers": [
    {"layer": "conv2d", "channels": 4, "kernel": 3},
    {"layer": "batch_norm"},
    {"layer": "leaky_relu", "slope": 0.1},
    {"layer": "max_pool", "size": 2},
    {"layer": "residual", "layers": [
      {"layer": "conv2d", "channels": 4, "kernel": 3, "padding": "same"},
      {"layer": "batch_norm"},
      {"layer": "relu"}
    ]},
    {"layer": "residual", "layers": [
      {"layer": "conv2d", "channels": 6, "kernel": 3, "stride": 2, "padding": "same"},
      {"layer": "gelu"},
      {"layer": "residual", "layers": [
        {"layer": "conv2d", "channels": 6, "kernel": 1, "padding": "same"}
      ]},
      {"layer": "conv2d", "channels": 6, "kernel": 3, "padding": "same"}
    ], "shortcut": [
      {"layer": "average_pool", "size": 1, "stride": 2, "padding": "same"},
      {"layer": "conv2d", "channels": 6, "kernel": 1, "bias": false}
    ]},
    {"layer": "silu"},
    {"layer": "residual", "layers": [
      {"layer": "global_average_pool"}
    ], "shortcut": [
      {"layer": "global_max_pool"}
    ]},
    {"layer": "dropout", "rate": 0.25},
    {"layer": "dense", "units": 5},
    {"layer": "batch_norm", "momentum": 0.9, "epsilon": 0.00001},
    {"layer": "softmax"}
  ]
}
"#;

#[test]
fn json_has_a_word_for_every_layer() {
    assert_eq!(everything().to_json(), JSON);
    assert_eq!(Sequential::from_json(JSON, "all.json").unwrap(), everything());
    let line = |layer: Layer| tenfold::model::LayerSpec::from(&layer).to_string();
    let conv = Conv2d { kernel: [1, 5], stride: [2, 1], ..Conv2d::new(3, 1) };
    assert_eq!(
        line(conv.into()),
        r#"{"layer": "conv2d", "channels": 3, "kernel": [1, 5], "stride": [2, 1]}"#
    );
    let residual =
        Residual { layers: vec![Activation::Relu.into()], shortcut: vec![Dropout { rate: 0.5 }.into()] };
    assert_eq!(
        line(residual.into()),
        r#"{"layer": "residual", "layers": [{"layer": "relu"}], "shortcut": [{"layer": "dropout", "rate": 0.5}]}"#
    );
    let open = r#"{"layers": [{"layer": "conv2d", "channels": "classes", "kernel": [28, 28]}, {"layer": "flatten"}]}"#;
    let open = Architecture::from_json(open, "open.json").unwrap();
    assert_eq!(open.resolve([28, 28], 7, "open.json").unwrap().shapes().unwrap()[1], [7]);
    assert_eq!(Architecture::from_json(&open.to_json(), "again.json").unwrap(), open);
    let error = Sequential::from_json(&open.to_json().replacen('{', "{\"input\": [28, 28],", 1), "net.json")
        .unwrap_err();
    assert!(error.to_string().contains("\"channels\" of layer 0 is left to the data"), "{error}");
}

#[test]
fn json_that_is_wrong_is_refused_with_its_place() {
    for (from, to, expected) in [
        (r#""kernel": 3}"#, r#""kernel": "3"}"#, "expected a number of pixels or [height, width] at line 4"),
        (r#""kernel": 3}"#, r#""kernel": [3, 3, 3]}"#, "at line 4"),
        (r#""kernel": 3}"#, r#""kernel": -3}"#, "expected a number of pixels or [height, width] at line 4"),
        (r#", "kernel": 3}"#, "}", "a conv2d layer needs `kernel` at line 4"),
        (r#""channels": 4, "kernel": 3}"#, r#""kernel": 3}"#, "a conv2d layer needs `channels` at line 4"),
        (r#""kernel": 3}"#, r#""kernel": 3, "size": 2}"#, "a conv2d layer has no `size` at line 4"),
        (r#", "size": 2"#, "", "a max_pool layer needs `size` at line 7"),
        (r#", "slope": 0.1"#, "", "a leaky_relu layer needs `slope` at line 6"),
        (r#", "rate": 0.25"#, "", "a dropout layer needs `rate` at line 30"),
        (r#""same"}"#, r#""full"}"#, "unknown variant `full`, expected `valid` or `same` at line 9"),
        (r#""same"}"#, r#""same", "groups": 2}"#, "unknown field `groups`, expected one of `layer`, `units`"),
        (r#""bias": false"#, r#""bias": 0"#, "expected a boolean at line 22"),
        (r#"{"layer": "batch_norm"}"#, r#"{"layer": "batch_norm", "axis": 1}"#, "unknown field `axis`"),
        (r#"{"layer": "silu"}"#, r#"{"layer": "residual"}"#, "a residual layer needs `layers` at line 24"),
        (r#"0.25"#, "1.0", "layer 8 (dropout): rate is 1, it must be"),
        (r#"0.25"#, "1e39", "number out of range at line 30"),
    ] {
        let error = Sequential::from_json(&JSON.replacen(from, to, 1), "net.json").unwrap_err().to_string();
        assert!(error.starts_with("net.json: ") && error.contains(expected), "{error}\nlacks {expected}");
    }
    for depth in [MAX_DEPTH + 1, 30, 1000] {
        let (open, close) = (r#"{"layer": "residual", "layers": ["#.repeat(depth), "]}".repeat(depth));
        let text = format!(r#"{{"layers": [{open}{{"layer": "relu"}}{close}]}}"#);
        let error = Architecture::from_json(&text, "deep").and_then(|deep| deep.resolve([8, 8], 2, "deep"));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("nested deeper than 8") || error.contains("recursion limit"), "{error}");
    }
}

#[test]
fn a_model_file_holds_every_layer() {
    let mut model = initialised(9);
    let bytes = model.to_bytes().unwrap();
    let read = Sequential::from_bytes(&bytes, "all.safetensors").unwrap();
    assert_eq!(read, model);
    assert_eq!(read.to_bytes().unwrap(), bytes);

    let mut set = |at: usize, value: f32| {
        model.tensors_mut().unwrap()[at].values[1] = value;
        let error = model.to_bytes();
        model.tensors_mut().unwrap()[at].values[1] = 1.0;
        error
    };
    // Offsets and means may be negative, variances not.
    set(3, -1.0).unwrap();
    set(4, -1.0).unwrap();
    set(5, 0.0).unwrap();
    let error = set(5, -0.5).unwrap_err();
    assert!(matches!(error, ModelError::NegativeVariance { index: 1, .. }));
    assert!(error.to_string().contains("tensor batch_norm.variance holds -0.5 at index 1"), "{error}");
    let error = set(11, f32::NAN).unwrap_err();
    assert!(
        error.to_string().contains("tensor residual.batch_norm.variance holds NaN at index 1"),
        "{error}"
    );

    // The same in a file that someone changed.
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    let start = header["batch_norm_1.variance"]["data_offsets"][0].as_u64().unwrap() as usize + 8 + length;
    let mut changed = bytes.clone();
    changed[start..start + 4].copy_from_slice(&(-2.0f32).to_le_bytes());
    let error = Sequential::from_bytes(&changed, "changed").unwrap_err();
    assert!(error.to_string().starts_with("changed: tensor batch_norm_1.variance holds -2"), "{error}");
}

/// Any number that a file may claim, small ones more often.
fn number() -> impl Strategy<Value = usize> {
    prop_oneof![6 => 0usize..6, 1 => 0usize..200, 1 => any::<usize>()]
}

fn sides() -> impl Strategy<Value = String> {
    prop_oneof![
        number().prop_map(|n| n.to_string()),
        (number(), number()).prop_map(|(h, w)| format!("[{h}, {w}]"))
    ]
}

fn real() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just("0.5".to_string()), 1 => any::<f32>().prop_map(|x| format!("{x:?}"))]
}

fn layer() -> impl Strategy<Value = String> {
    let padding = || prop_oneof![Just("same"), Just("valid")];
    let plain = |words: &'static [&'static str]| {
        prop::sample::select(words).prop_map(|word| format!(r#"{{"layer": "{word}"}}"#))
    };
    let leaf = prop_oneof![
        3 => plain(&["flatten", "relu", "gelu", "silu", "softmax", "global_average_pool", "global_max_pool", "batch_norm"]),
        2 => number().prop_map(|n| format!(r#"{{"layer": "dense", "units": {n}}}"#)),
        4 => (number(), sides(), sides(), padding(), any::<bool>()).prop_map(|(n, kernel, stride, padding, bias)| format!(
            r#"{{"layer": "conv2d", "channels": {n}, "kernel": {kernel}, "stride": {stride}, "padding": "{padding}", "bias": {bias}}}"#
        )),
        3 => (prop_oneof![Just("max_pool"), Just("average_pool")], sides(), sides(), padding()).prop_map(|(word, size, stride, padding)|
            format!(r#"{{"layer": "{word}", "size": {size}, "stride": {stride}, "padding": "{padding}"}}"#)),
        1 => (real(), real()).prop_map(|(m, e)| format!(r#"{{"layer": "batch_norm", "momentum": {m}, "epsilon": {e}}}"#)),
        1 => real().prop_map(|rate| format!(r#"{{"layer": "dropout", "rate": {rate}}}"#)),
        1 => real().prop_map(|slope| format!(r#"{{"layer": "leaky_relu", "slope": {slope}}}"#)),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..3).prop_map(|layers| layers.join(", "));
        (list(), list()).prop_map(|(layers, shortcut)| {
            format!(r#"{{"layer": "residual", "layers": [{layers}], "shortcut": [{shortcut}]}}"#)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_architecture_is_an_error_or_a_network(
        (height, width) in (number(), number()),
        layers in prop::collection::vec(layer(), 0..5),
    ) {
        let text = format!(r#"{{"input": [{height}, {width}], "layers": [{}]}}"#, layers.join(", "));
        let Ok(model) = Sequential::from_json(&text, "any.json") else { return Ok(()) };
        prop_assert_eq!(&Sequential::from_json(&model.to_json(), "again.json").unwrap(), &model);
        let (summary, tensors) = (model.summary(), model.tensors().unwrap());
        prop_assert_eq!(summary.problem, None);
        prop_assert_eq!(summary.parameters, model.parameters());
        prop_assert_eq!(summary.multiply_adds, model.multiply_adds());
        let trainable = tensors.iter().filter(|tensor| tensor.trainable);
        let values: usize = trainable.map(|tensor| tensor.shape.iter().product::<usize>()).sum();
        prop_assert_eq!(values, model.parameters());
        if values < 10_000 {
            let mut model = model.clone();
            model.initialise(1).unwrap();
            model.check_weights().unwrap();
            let bytes = model.to_bytes().unwrap();
            prop_assert_eq!(Sequential::from_bytes(&bytes, "any").unwrap(), model);
        }
    }
}
