//! Architectures: JSON files, presets, names, shapes and the summary table.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tenfold::Sequential;
use tenfold::model::presets::{self, PRESETS};
use tenfold::model::{Architecture, ModelError, NamedTensor};

fn tutorial() -> Sequential {
    Sequential::new([28, 28]).flatten().dense(128).relu().dense(128).relu().dense(10).softmax()
}

const TUTORIAL: &str = r#"{
  "input": [28, 28],
  "layers": [
    {"layer": "flatten"},
    {"layer": "dense", "units": 128},
    {"layer": "relu"},
    {"layer": "dense", "units": 128},
    {"layer": "relu"},
    {"layer": "dense", "units": 10},
    {"layer": "softmax"}
  ]
}
"#;

#[test]
fn json_is_read_and_written() {
    assert_eq!(tutorial().to_json(), TUTORIAL);
    assert_eq!(Sequential::from_json(TUTORIAL, "tutorial.json").unwrap(), tutorial());
    let open = TUTORIAL.replace(r#""input": [28, 28],"#, "").replace("10", r#""classes""#);
    let architecture = Architecture::from_json(&open, "open.json").unwrap();
    assert_eq!(architecture.resolve([28, 28], 10, "open.json").unwrap(), tutorial());
    assert_eq!(Architecture::from_json(&architecture.to_json(), "again.json").unwrap(), architecture);
}

#[test]
fn json_that_is_wrong_is_refused_with_its_place() {
    let message = |text: &str| Sequential::from_json(text, "net.json").unwrap_err().to_string();
    for (from, to, expected) in [
        (
            "relu",
            "selu",
            "unknown variant `selu`, expected one of `flatten`, `dense`, `relu`, `leaky_relu`, `gelu`, `silu`, `softmax`, \
             `conv2d`, `batch_norm`, `max_pool`, `average_pool`, `global_average_pool`, `global_max_pool`, `dropout`, \
             `residual` at line 6",
        ),
        (", \"units\": 128", "", "a dense layer needs `units` at line 5"),
        ("\"units\": 128", "\"units\": 128, \"bias\": true", "a dense layer has no `bias` at line 5"),
        (
            "{\"layer\": \"relu\"}",
            "{\"layer\": \"relu\", \"units\": 1}",
            "a relu layer has no `units` at line 6",
        ),
        (
            "{\"layer\": \"relu\"}",
            "{\"layer\": \"relu\", \"unit\": 1}",
            "unknown field `unit`, expected one of `layer`, `units`, `channels`,",
        ),
        ("\"units\": 128", "\"units\": -1", "a number of units or \"classes\" at line 5"),
        ("\"units\": 128", "\"units\": 1.5", "a number of units or \"classes\" at line 5"),
        ("\"units\": 128", "\"units\": \"many\"", "a number of units or \"classes\" at line 5"),
        ("\"units\": 128", "\"units\": 0", "layer 1 (dense): units is 0, it must be at least 1"),
        (
            "\"units\": 128",
            "\"units\": 99999999",
            "layer 1 (dense) brings the network over 50000000 parameters",
        ),
        ("\"units\": 10}", "\"units\": \"classes\"}", "\"units\" of layer 5 is left to the data"),
        ("\"input\": [28, 28],", "", "\"input\" is left to the data"),
        ("{\"layer\": \"relu\"}", "\"relu\"", "expected a layer such as {\"layer\": \"relu\"} at line 6"),
        ("[28, 28]", "[28, 28, 1]", "at line 2"),
        ("[28, 28]", "[28, 0]", "the input is 28×0 pixels"),
        (
            "{\"layer\": \"flatten\"},",
            "",
            "layer 0 (dense): [28, 28] comes in, one axis (put flatten before it)",
        ),
        ("\"input\"", "\"inputs\"", "unknown field `inputs`, expected `input` or `layers` at line 2"),
    ] {
        let found = message(&TUTORIAL.replacen(from, to, 1));
        assert!(found.starts_with("net.json: ") && found.contains(expected), "{found}\nlacks {expected}");
    }
    for text in ["", "{", "[]", "null", "{\"layers\": []}", &"[".repeat(100_000)] {
        message(text);
    }
    let fixed = Architecture::from_json(TUTORIAL, "net.json").unwrap();
    let error = fixed.resolve([16, 16], 10, "net.json").unwrap_err();
    assert!(matches!(error, ModelError::OtherInput { expected: [28, 28], found: [16, 16], .. }), "{error}");
}

#[test]
fn an_architecture_file_is_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.json");
    std::fs::write(&path, TUTORIAL).unwrap();
    assert_eq!(Architecture::load(&path).unwrap().to_json(), TUTORIAL);
    std::fs::write(&path, [0xff, 0xfe, 0]).unwrap();
    assert!(matches!(Architecture::load(&path), Err(ModelError::NotText { .. })));
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(Architecture::load(&path), Err(ModelError::FileTooLarge { .. })));
    assert!(matches!(Architecture::load(folder.path()), Err(ModelError::NotAFile { .. })));
}

#[test]
fn initial_weights_are_glorot_uniform_and_keyed_by_seed_and_layer() {
    let initial = |seed| {
        let mut model = tutorial();
        model.initialise(seed).unwrap();
        model
    };
    let model = initial(3);
    assert_eq!(model, initial(3));
    assert_ne!(model, initial(4));
    for tensor in model.tensors().unwrap() {
        let [inputs, units] = tensor.shape[..] else {
            assert!(tensor.values.iter().all(|&bias| bias == 0.0));
            continue;
        };
        let limit = (6.0 / (inputs + units) as f64).sqrt();
        let square: f64 = tensor.values.iter().map(|&w| f64::from(w).powi(2)).sum();
        let variance = square / tensor.values.len() as f64;
        assert!(tensor.values.iter().all(|&w| f64::from(w.abs()) <= limit * (1.0 + 1e-6)));
        assert!((variance / (limit * limit / 3.0) - 1.0).abs() < 0.1, "{} {variance}", tensor.name);
    }
    // What is there already is kept.
    let mut again = model.clone();
    again.initialise(4).unwrap();
    assert_eq!(again, model);
}

#[test]
fn presets_fit_any_data() {
    assert_eq!(presets::by_name("tutorial", [28, 28], 10), Some(tutorial()));
    assert_eq!(presets::by_name("nothing", [28, 28], 10), None);
    for preset in PRESETS {
        let model = preset.build([24, 26], 47);
        assert_eq!(model.shapes().unwrap().last(), Some(&vec![47]), "{}", preset.name);
        assert_eq!(presets::by_name(preset.name, [24, 26], 47), Some(model));
        // Where an image is too small for the convolutions, that is said, and nothing else happens.
        let small = preset.build([8, 9], 47).shapes();
        assert!(small.is_ok() || small.unwrap_err().to_string().contains("at least"), "{}", preset.name);
    }
    assert!(presets::names().eq(PRESETS.iter().map(|preset| preset.name)));
    // Tenfold's own presets may be tuned; those from elsewhere stay what they are.
    let counts = [
        ("tutorial", 118_282),
        ("softmax", 7_850),
        ("lenet-300-100", 266_610),
        ("wide", 669_706),
        ("lenet", 454_922),
        ("vgg", 96_554),
    ];
    for (name, parameters) in counts {
        assert_eq!(presets::by_name(name, [28, 28], 10).unwrap().parameters(), parameters, "{name}");
    }
    let tiny = presets::by_name("tiny", [28, 28], 10).unwrap();
    assert!(tiny.parameters() <= 10_000);
    for preset in PRESETS {
        let json = preset.build([28, 28], 10).to_json();
        assert_eq!(Sequential::from_json(&json, "preset").unwrap(), preset.build([28, 28], 10));
    }
}

#[test]
fn layers_and_tensors_have_names() {
    let mut model = tutorial();
    assert_eq!(model.names(), ["flatten", "dense", "relu", "dense_1", "relu_1", "dense_2", "softmax"]);
    assert!(matches!(model.check_weights(), Err(ModelError::Weights { found: 0, .. })));
    model.initialise(1).unwrap();
    model.check_weights().unwrap();
    let tensors: Vec<(String, Vec<usize>)> =
        model.tensors().unwrap().into_iter().map(|NamedTensor { name, shape, .. }| (name, shape)).collect();
    let expected: [(&str, &[usize]); 6] = [
        ("dense.weights", &[784, 128]),
        ("dense.bias", &[128]),
        ("dense_1.weights", &[128, 128]),
        ("dense_1.bias", &[128]),
        ("dense_2.weights", &[128, 10]),
        ("dense_2.bias", &[10]),
    ];
    assert!(tensors.iter().map(|(name, shape)| (&name[..], &shape[..])).eq(expected));
    model.tensors_mut().unwrap()[3].values.pop();
    let error = model.check_weights().unwrap_err();
    assert!(error.to_string().contains("dense_1.bias of shape [128] holds 127 values"), "{error}");
}

#[test]
fn the_summary_is_a_table() {
    let expected = "
 Layer              Output shape      Parameters  Multiply-adds
 ──────────────────────────────────────────────────────────────
 input              [batch, 28, 28]
 flatten (Flatten)  [batch, 784]               0              0
 dense (Dense)      [batch, 128]         100,480        100,352
 relu (ReLU)        [batch, 128]               0              0
 dense_1 (Dense)    [batch, 128]          16,512         16,384
 relu_1 (ReLU)      [batch, 128]               0              0
 dense_2 (Dense)    [batch, 10]            1,290          1,280
 softmax (Softmax)  [batch, 10]                0              0
 ──────────────────────────────────────────────────────────────
 118,282 parameters, 473.1 kB; 118,016 multiply-adds an image";
    let summary = tutorial().summary();
    assert_eq!(format!("\n{summary}"), expected);
    assert_eq!((summary.parameters, summary.bytes, summary.problem), (118_282, 473_128, None));
    let broken = Sequential::new([28, 28]).flatten().dense(3).dense(0).dense(2).summary();
    assert_eq!(broken.layers.len(), 2);
    assert!(broken.to_string().ends_with("layer 2 (dense): units is 0, it must be at least 1"));
}

proptest! {
    #[test]
    fn any_text_is_an_error_and_no_panic(text in ".{0,100}") {
        prop_assert!(Architecture::from_json(&text, "noise").is_err());
    }

    #[test]
    fn sizes_of_any_kind_are_an_error_or_shapes(height: usize, width: usize, first: usize, second: usize) {
        let model = Sequential::new([height, width]).flatten().dense(first).relu().dense(second).softmax();
        prop_assert_eq!(model.shapes().is_err(), model.parameters() == 0);
        let _ = model.summary().to_string();
    }
}
