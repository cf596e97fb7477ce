//! `tenfold train`: what it makes, what it prints, and what it refuses.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::Stdio;

use common::{Place, text};

#[test]
fn a_run_has_a_folder_with_model_metrics_record_and_report() {
    let place = Place::new().with_data(300, 90);
    let out = place.good(&["train", "--data", "data", "--epochs", "3"]);
    assert!(
        out.contains("data, from") && out.contains("300 training and 90 test images of 12×12 in 3 classes")
    );
    assert!(out.contains("Epoch 3/3  loss") && out.contains("% right"), "{out}");
    assert!(!out.contains('\x1b'), "{out}");
    assert_eq!(place.names("runs"), ["001-data-tutorial"]);
    let folder = "runs/001-data-tutorial";
    assert_eq!(place.names(folder), ["metrics.jsonl", "model.safetensors", "report.html", "run.json"]);
    let metrics = fs::read_to_string(place.join(folder).join("metrics.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> =
        metrics.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[2]["epoch"], 3);
    assert!(lines[3]["test_accuracy"].as_f64().unwrap() > 0.8, "{metrics}");
}

#[test]
fn json_is_all_of_standard_output_and_has_every_field() {
    let place = Place::new().with_data(300, 90);
    let arguments =
        ["train", "--data", "data", "--epochs", "2", "--threads", "1", "--validation-split", "0.1", "--json"];
    let output = place.run(&arguments);
    assert!(output.status.success());
    assert!(text(&output.stderr).contains("Epoch 2/2"));
    let out = text(&output.stdout);
    assert_eq!(out.lines().count(), 1);
    let result: serde_json::Value = serde_json::from_str(&out).unwrap();
    for field in ["dataset", "parameters", "epochs", "batch_size", "seed", "threads", "simd", "fit_seconds"] {
        assert!(!result[field].is_null(), "{field}: {out}");
    }
    for field in ["epoch_seconds", "train_accuracy", "train_loss", "validation_loss", "validation_accuracy"] {
        assert_eq!(result[field].as_array().unwrap().len(), 2, "{field}: {out}");
    }
    for field in ["test_accuracy", "test_loss"] {
        assert!(result[field].is_f64(), "{field}: {out}");
    }
    assert_eq!((&result["epochs"], &result["threads"]), (&2.into(), &1.into()));
    assert_eq!(result["parameters"], (144 + 1) * 128 + (128 + 1) * 128 + (128 + 1) * 3);
    assert_eq!(result["peak_memory_bytes"].is_u64(), cfg!(target_os = "linux"));
    for field in ["model", "report"] {
        assert!(place.join(result[field].as_str().unwrap()).exists(), "{field}: {out}");
    }
}

#[test]
fn strokes_need_no_files_and_are_named() {
    let place = Place::new();
    let result = place.json(&["train", "--dataset", "strokes", "--limit", "300", "--epochs", "1"]);
    assert_eq!((&result["dataset"], &result["training_images"]), (&"strokes".into(), &300.into()));
    assert_eq!(result["parameters"], 118_282);
    assert_eq!(result["source"]["kind"], "strokes");
}

#[test]
fn what_is_no_digit_adds_a_class_and_the_test_asks_which_digit() {
    let place = Place::new();
    let base = ["train", "--dataset", "strokes", "--limit", "100", "--epochs", "1", "--threads", "1"];
    let mix =
        ["--mix", "hands=0.2,others=0.1,scenes=0.1,scans=0.1", "--out", "run", "--validation-split", "0.2"];
    let result = place.json(&[&base[..], &mix].concat());
    assert_eq!((&result["mix"], &result["parameters"]), (&mix[1].into(), &(118_282 + 129).into()));
    let evaluation = place.json(&["evaluate", "run", "--dataset", "strokes", "--limit", "100"]);
    assert_eq!(evaluation["confusion"].as_array().unwrap().len(), 10);
    assert_eq!(evaluation["test_accuracy"], result["test_accuracy"]);
    let model = fs::read(place.join("run/model.safetensors")).unwrap();
    assert!(model.windows(7).any(|window| window == b"rejects"));
}

#[test]
fn strokes_mixed_in_are_learnt_from_and_never_validated_on() {
    let place = Place::new();
    let train = |out: &str, more: &[&str]| {
        let base = ["train", "--dataset", "strokes", "--limit", "100", "--epochs", "1", "--threads", "1"];
        place.json(&[&base[..], &["--validation-split", "0.2", "--out", out], more].concat())
    };
    let mixed = train("mixed", &["--mix", "strokes=0.5"]);
    assert_eq!((&mixed["mix"], &mixed["training_images"]), (&"strokes=0.5".into(), &100.into()));
    let model = |out: &str| fs::read(place.join(out).join("model.safetensors")).unwrap();
    train("again", &["--mix", "strokes=0.5"]);
    train("plain", &[]);
    train("none", &["--mix", "none"]);
    assert!(model("mixed") == model("again") && model("mixed") != model("plain"));
    assert!(model("none") == model("plain"));
    let said = place.good(&[
        "train",
        "--dataset",
        "strokes",
        "--limit",
        "100",
        "--epochs",
        "1",
        "--mix",
        "strokes=0.5",
    ]);
    assert!(said.contains("100 strokes come to 100 images"), "{said}");
    let error = Place::new().with_data(60, 30).bad(&["train", "--data", "data", "--mix", "strokes=0.5"]);
    assert!(error.contains("12×12") && error.contains("28×28"), "{error}");
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let place = Place::new().with_data(300, 30);
    let model = |out: &str, more: &[&str]| {
        place.good(&[&["train", "--data", "data", "--epochs", "2", "--out", out], more].concat());
        fs::read(place.join(out).join("model.safetensors")).unwrap()
    };
    let first = model("a", &["--threads", "1"]);
    assert_eq!(first, model("b", &["--threads", "2"]));
    assert_ne!(first, model("c", &["--seed", "1"]));
}

#[test]
fn many_seeds_give_mean_and_standard_deviation() {
    let place = Place::new().with_data(300, 90);
    let arguments = ["train", "--data", "data", "--epochs", "1", "--runs", "3", "--seed", "5"];
    let result = place.json(&arguments);
    let runs = result["runs"].as_array().unwrap();
    assert_eq!(runs.iter().map(|run| run["seed"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 6, 7]);
    let accuracies: Vec<f64> = runs.iter().map(|run| run["test_accuracy"].as_f64().unwrap()).collect();
    let mean = accuracies.iter().sum::<f64>() / 3.0;
    assert!((result["mean_test_accuracy"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert!(result["sd_test_accuracy"].is_f64());
    assert_eq!(place.names("runs").len(), 3);
    let single = place.json(&["train", "--data", "data", "--epochs", "1", "--seed", "6"]);
    assert_eq!(single["test_loss"], runs[1]["test_loss"]);
    place.good(&["train", "--data", "data", "--epochs", "1", "--runs", "2", "--out", "seeds"]);
    assert_eq!(place.names("seeds"), ["seed-0", "seed-1"]);
}

#[test]
fn runs_that_begin_at_once_never_share_a_folder() {
    let place = Place::new().with_data(60, 30);
    let train = ["train", "--data", "data", "--epochs", "1", "--threads", "1"];
    let start = |_| place.command(&train).stdout(Stdio::null()).spawn().unwrap();
    let children: Vec<_> = (0..8).map(start).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(place.names("runs").len(), 8);
}

#[test]
fn bad_input_is_one_line_and_exit_1_and_leaves_nothing_behind() {
    let place = Place::new().with_data(100, 30);
    fs::write(place.join("broken.json"), "{ \"layers\": [").unwrap();
    fs::write(
        place.join("unfit.json"),
        r#"{"layers": [{"layer": "dense", "units": 3}, {"layer": "softmax"}]}"#,
    )
    .unwrap();
    fs::write(
        place.join("open.json"),
        r#"{"layers": [{"layer": "flatten"}, {"layer": "dense", "units": "classes"}]}"#,
    )
    .unwrap();
    fs::create_dir(place.join("empty")).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["--epochs", "0"], "--epochs is 0"),
        (&["--batch-size", "0"], "--batch-size is 0"),
        (&["--batch-size", "101"], "than the 100 images to train on"),
        (&["--limit", "0"], "--limit is 0"),
        (&["--limit", "20"], "than the 20 images to train on"),
        (&["--runs", "0"], "--runs is 0"),
        (&["--threads", "100000"], "--threads is 100000"),
        (&["--learning-rate", "0"], "--learning-rate is 0"),
        (&["--learning-rate", "NaN"], "--learning-rate is NaN"),
        (&["--learning-rate", "inf"], "--learning-rate is inf"),
        (&["--validation-split", "1"], "--validation-split is 1"),
        (&["--validation-split", "-0.1"], "--validation-split is -0.1"),
        (&["--validation-split", "0.999"], "leaves 0 to train on"),
        (&["--validation-split", "0.9"], "than the 9 images to train on"),
        (&["--early-stopping", "2"], "--validation-split 0.1"),
        (&["--early-stopping", "0", "--validation-split", "0.1"], "--early-stopping is 0"),
        (&["--momentum", "0.9"], "--optimizer sgd"),
        (&["--nesterov"], "--optimizer sgd"),
        (&["--nesterov", "--optimizer", "sgd"], "--momentum above 0"),
        (&["--warmup", "0.1"], "--schedule cosine or one-cycle"),
        (&["--schedule", "cosine", "--warmup", "1.1"], "--warmup is 1.1"),
        (&["--weight-decay", "0.1", "--optimizer", "sgd"], "--optimizer adamw"),
        (&["--optimizer", "sgd", "--momentum", "1"], "--momentum is 1"),
        (&["--seed", "18446744073709551615", "--runs", "2"], "beyond the largest seed"),
        (&["--model", "resnet"], "neither a preset"),
        (&["--model", "broken.json"], "broken.json"),
        (&["--model", "unfit.json"], "flatten"),
        (&["--model", "open.json"], "softmax"),
        (&["--dataset", "strokes"], "contradict"),
        (&["--dataset", "mnist"], "data"),
    ];
    for (more, expected) in cases {
        let error = place.bad(&[&["train", "--data", "data"], *more].concat());
        assert!(error.contains(expected), "{more:?}: {error}");
    }
    for (folder, expected) in [("nowhere", "nowhere"), ("empty", "empty")] {
        let error = place.bad(&["train", "--data", folder]);
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(place.names("."), ["broken.json", "data", "empty", "open.json", "unfit.json"]);
}

#[test]
fn a_run_is_overwritten_only_by_one_that_can_be_trained() {
    let place = Place::new().with_data(100, 30).with_run();
    let model = fs::read(place.join("out/model.safetensors")).unwrap();
    fs::write(
        place.join("open.json"),
        r#"{"layers": [{"layer": "flatten"}, {"layer": "dense", "units": "classes"}]}"#,
    )
    .unwrap();
    let again = ["train", "--data", "data", "--epochs", "1", "--out", "out", "--overwrite"];
    let files = place.names("out");
    for (more, expected) in [
        (&["--model", "open.json"][..], "softmax"),
        (&["--batch-size", "101"], "than the 100 images to train on"),
        (&["--optimizer", "sgd", "--learning-rate", "1e30"], "diverged"),
    ] {
        let error = place.bad(&[&again[..], more].concat());
        assert!(error.contains(expected), "{error}");
        assert_eq!(fs::read(place.join("out/model.safetensors")).unwrap(), model);
        assert_eq!(place.names("out"), files);
    }
    place.good(&again);
    assert_ne!(fs::read(place.join("out/model.safetensors")).unwrap(), model);
}

#[test]
fn several_seeds_begin_only_where_each_has_a_free_folder() {
    let place = Place::new().with_data(100, 30);
    place.good(&["train", "--data", "data", "--epochs", "1", "--out", "seeds/seed-1"]);
    let error = place.bad(&["train", "--data", "data", "--epochs", "1", "--out", "seeds", "--runs", "2"]);
    assert!(error.contains("seed-1") && error.contains("--overwrite"), "{error}");
    assert_eq!(place.names("seeds"), ["seed-1"]);
}

#[test]
fn seeds_that_are_not_replaced_stay_and_are_named() {
    let place = Place::new().with_data(100, 30);
    let train = ["train", "--data", "data", "--epochs", "1", "--out", "seeds", "--overwrite", "--runs"];
    place.good(&[&train[..], &["3"]].concat());
    let told = place.good(&[&train[..], &["2"]].concat());
    let stay: Vec<&str> = told.lines().filter(|line| line.contains("another training")).collect();
    assert!(stay.len() == 1 && stay[0].contains("seed-2"), "{told}");
    assert_eq!(place.names("seeds"), ["seed-0", "seed-1", "seed-2"]);
    // The two largest seeds there are.
    let largest = ["2", "--seed", "18446744073709551614"];
    let told = place.good(&[&train[..], &largest].concat());
    assert_eq!(told.lines().filter(|line| line.contains("another training")).count(), 3, "{told}");
}

#[test]
fn a_folder_named_by_the_environment_is_used_or_refused() {
    let place = Place::new().with_data(100, 30);
    let run = |folder: &str, more: &[&str]| {
        let arguments = [&["train", "--epochs", "1", "--json"], more].concat();
        place.command(&arguments).env("TENFOLD_DATA", folder).output().unwrap()
    };
    let used = run("data", &[]);
    assert!(text(&used.stdout).contains("\"dataset\":\"data\""), "{}", text(&used.stderr));
    for (folder, expected) in [("nowhere", "nowhere"), ("", "TENFOLD_DATA is set but empty")] {
        let refused = run(folder, &[]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains(expected), "{}", text(&refused.stderr));
    }
    let overruled = run("nowhere", &["--data", "data"]);
    assert!(overruled.status.success());
    let strokes = run("data", &["--dataset", "strokes", "--limit", "100"]);
    assert!(text(&strokes.stderr).contains("TENFOLD_DATA (data) is not used"), "{}", text(&strokes.stderr));
}

#[test]
fn without_mnist_and_network_auto_says_so_and_goes_on_with_strokes() {
    let place = Place::new();
    let offline = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env(name, "http://127.0.0.1:9");
        }
        command.output().unwrap()
    };
    let output = offline(&["train", "--epochs", "1", "--limit", "200", "--json"]);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("MNIST could not be had") && said.contains("strokes"), "{said}");
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["dataset"], "strokes");
    assert!(result["notes"][0].as_str().unwrap().contains("MNIST could not be had"));
    let refused = offline(&["train", "--dataset", "mnist", "--limit", "200"]);
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    let last = said.lines().last().unwrap();
    assert!(last.contains("no mirror gave it: http") && last.contains("; check the network"), "{said}");
    assert!(!said.contains('\u{fffd}'), "{said}");
}

#[test]
fn a_run_is_never_overwritten_unless_told() {
    let place = Place::new().with_data(100, 30).with_run();
    let model = place.join("out/model.safetensors");
    let before = fs::read(&model).unwrap();
    let again = ["train", "--data", "data", "--epochs", "1", "--out", "out"];
    assert!(place.bad(&again).contains("--overwrite"));
    assert_eq!(fs::read(&model).unwrap(), before);
    place.good(&[&again[..], &["--overwrite"]].concat());
    assert_ne!(fs::read(&model).unwrap(), before);
}

#[test]
fn training_that_diverges_stops_and_says_so() {
    let place = Place::new().with_data(100, 30);
    // The second time in the very last step, after which there is no loss but the test's.
    for more in [&[][..], &["--epochs", "1", "--batch-size", "100"]] {
        let arguments = ["train", "--data", "data", "--learning-rate", "1e30", "--optimizer", "sgd"];
        let output = place.run(&[&arguments[..], more].concat());
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("diverged") && error.trim_end().lines().count() == 1, "{error}");
        assert!(!error.contains("--resume"), "{error}");
        assert!(place.names("runs").is_empty());
        // A folder that was there stays.
        fs::create_dir_all(place.join("mine")).unwrap();
        place.bad(&[&arguments[..], more, &["--out", "mine"]].concat());
        assert!(place.join("mine").exists() && place.names("mine").is_empty());
    }
}

#[test]
fn a_network_from_a_file_takes_classes_and_size_from_the_data() {
    let place = Place::new().with_data(100, 30);
    let layers =
        r#"{"layers": [{"layer": "flatten"}, {"layer": "dense", "units": "classes"}, {"layer": "softmax"}]}"#;
    fs::write(place.join("small.json"), layers).unwrap();
    let result = place.json(&["train", "--data", "data", "--epochs", "1", "--model", "small.json"]);
    assert_eq!(result["parameters"], (144 + 1) * 3);
    assert_eq!(place.names("runs"), ["001-data-small"]);
    assert_eq!(place.json(&["summary", "small.json", "--classes", "7"])["parameters"], (784 + 1) * 7);
}
