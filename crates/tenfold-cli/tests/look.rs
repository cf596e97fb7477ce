//! Commands that use what was trained or show the data: evaluate, predict, show, summary, data, report.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use std::fs;

use common::{Place, text};
use image::{GrayImage, Luma};
use serde_json::Value;
use tenfold::Sequential;

#[test]
fn evaluate_takes_the_newest_run_and_the_data_it_was_trained_on() {
    let place = Place::new().with_data(300, 90);
    // Without a run it is the shipped model's turn, which takes MNIST's size.
    assert!(place.bad(&["evaluate", "--data", "data"]).contains("the model takes 28×28"));
    let trained = place.json(&["train", "--data", "data", "--epochs", "1"]);
    place.good(&["train", "--data", "data", "--epochs", "3"]);
    let newest = place.json(&["evaluate"]);
    assert_eq!(newest["model"], "runs/002-data-tutorial/model.safetensors");
    for field in ["dataset", "test_accuracy", "test_loss", "interval", "confusion", "per_class"] {
        assert!(!newest[field].is_null(), "{field}: {newest}");
    }
    let named = place.json(&["evaluate", "runs/001-data-tutorial"]);
    assert_eq!(
        (&named["test_accuracy"], &named["test_loss"]),
        (&trained["test_accuracy"], &trained["test_loss"])
    );
    let file = place.json(&["evaluate", "runs/001-data-tutorial/model.safetensors", "--data", "data"]);
    assert_eq!(file["test_loss"], trained["test_loss"]);
    let table = place.good(&["evaluate"]);
    assert!(table.contains("precision") && table.contains("data, from"), "{table}");
}

#[test]
fn evaluate_refuses_models_and_data_that_do_not_fit() {
    let place = Place::new().with_data(100, 30).with_run();
    let model = fs::read(place.join("out/model.safetensors")).unwrap();
    for (name, bytes) in
        [("cut", &model[..model.len() / 2]), ("empty", &[][..]), ("text", &b"hello there, model"[..])]
    {
        fs::write(place.join(name), bytes).unwrap();
        assert!(place.bad(&["evaluate", name, "--data", "data"]).contains(name));
    }
    let other_size = place.bad(&["evaluate", "out", "--dataset", "strokes", "--limit", "20"]);
    assert!(other_size.contains("28") && other_size.contains("12"), "{other_size}");
    assert!(place.bad(&["evaluate", "nowhere"]).contains("nowhere"));
}

/// A bar along the top, as in class 0 of the tests' data.
fn picture(side: u32, paper: u8, ink: u8) -> GrayImage {
    GrayImage::from_fn(side, side, |_, y| Luma([if y * 12 / side == 3 { ink } else { paper }]))
}

#[test]
fn predict_gives_an_object_a_line_and_goes_on_after_bad_files() {
    let place = Place::new().with_data(300, 30).with_run();
    picture(12, 0, 255).save(place.join("dark.png")).unwrap();
    picture(12, 255, 0).save(place.join("bright.png")).unwrap();
    picture(120, 240, 20).save(place.join("large.png")).unwrap();
    GrayImage::new(12, 12).save(place.join("blank.png")).unwrap();
    fs::write(place.join("text.png"), "no picture").unwrap();
    let whole = fs::read(place.join("large.png")).unwrap();
    fs::write(place.join("cut.png"), &whole[..whole.len() / 2]).unwrap();
    let files = ["dark.png", "text.png", "cut.png", "blank.png", "nowhere.png", "bright.png", "large.png"];
    let output = place.run(&[&["predict", "--model", "out", "--json"], &files[..]].concat());
    assert_eq!(output.status.code(), Some(1));
    let errors = text(&output.stderr);
    assert_eq!(errors.lines().count(), 5, "{errors}");
    assert!(errors.ends_with("error: 4 of 7 pictures could not be read\n"), "{errors}");
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["file"].as_str().unwrap()).collect::<Vec<_>>(), files);
    for line in lines.iter().filter(|line| line["error"].is_null()) {
        let probabilities: Vec<f64> =
            line["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
        assert_eq!(probabilities.len(), 3);
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        assert_eq!(
            line["confidence"].as_f64().unwrap(),
            probabilities[line["digit"].as_u64().unwrap() as usize]
        );
    }
    assert_eq!(lines[0]["probabilities"], lines[5]["probabilities"], "polarity makes no difference");
}

#[test]
fn predict_draws_the_digit_and_a_bar_for_each_class() {
    let place = Place::new().with_data(300, 30).with_run();
    picture(12, 0, 255).save(place.join("a.png")).unwrap();
    let drawn = place.good(&["predict", "--model", "out", "a.png"]);
    assert_eq!(drawn.lines().filter(|line| line.ends_with(" %")).count(), 4, "{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 80) && !drawn.contains('\x1b'), "{drawn}");
    let brief = place.good(&["predict", "--model", "out", "a.png", "a.png", "--brief"]);
    assert_eq!(brief.lines().count(), 2, "{brief}");
}

#[test]
fn among_equals_the_first_class_is_predicted_as_everywhere() {
    let place = Place::new();
    let mut model = Sequential::new([12, 12]).flatten().dense(3).softmax();
    model.initialise(0).unwrap();
    model.tensors_mut().unwrap().into_iter().for_each(|tensor| tensor.values.fill(0.0));
    model.save(&place.join("equal.safetensors")).unwrap();
    picture(12, 0, 255).save(place.join("a.png")).unwrap();
    let answer = place.json(&["predict", "--model", "equal.safetensors", "a.png"]);
    assert_eq!((&answer["digit"], &answer["confidence"]), (&0.into(), &answer["probabilities"][2]));
}

#[test]
fn show_draws_samples_with_their_labels() {
    let place = Place::new().with_data(60, 30);
    let grid = place.good(&["show", "--data", "data", "-n", "6"]);
    assert!(grid.contains("6 of 60 training images") && grid.contains('@'), "{grid}");
    assert!(grid.lines().all(|line| line.chars().count() <= 80), "{grid}");
    let samples = place.json(&["show", "--data", "data", "--label", "2", "-n", "4", "--test", "--seed", "1"]);
    assert!(samples["samples"].as_array().unwrap().iter().all(|sample| sample["label"] == 2), "{samples}");
    assert!(place.bad(&["show", "--data", "data", "--label", "9"]).contains("label 9"));
    assert!(place.bad(&["show", "--data", "data", "-n", "0"]).contains("--count is 0"));
    place.good(&["show", "--data", "data", "--out", "grid.png", "-n", "9"]);
    let png = image::open(place.join("grid.png")).unwrap();
    assert_eq!((png.width(), png.height()), (3 * 26 + 2, 3 * 26 + 2));
}

#[test]
fn show_augmented_draws_each_sample_and_then_its_variants() {
    let place = Place::new().with_data(60, 30);
    fn show<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["show", "--data", "data", "--augmented"][..], more].concat()
    }
    let grid = place.good(&show(&["light", "-n", "3"]));
    assert!(grid.contains("3 of 60") && grid.contains("variants: rotate=10"), "{grid}");
    assert!(grid.lines().all(|line| line.chars().count() <= 80), "{grid}");
    let said = place.json(&show(&["-n", "2", "--variants", "4", "--out", "grid.png"]));
    assert_eq!((said["variants"].as_u64(), said["samples"].as_array().unwrap().len()), (Some(4), 2));
    assert!(said["augment"].as_str().unwrap().contains("elastic"), "{said}");
    let png = image::open(place.join("grid.png")).unwrap().to_luma8();
    assert_eq!((png.width(), png.height()), (5 * 26 + 2, 2 * 26 + 2));
    // "none" shows the sample itself; a second call shows the same.
    place.good(&show(&["none", "-n", "2", "--variants", "4", "--out", "none.png"]));
    let none = image::open(place.join("none.png")).unwrap().to_luma8();
    assert!((2..26).all(|y| (2..26).all(|x| none.get_pixel(x, y) == none.get_pixel(x + 104, y))));
    assert!((2..26).any(|y| (2..26).any(|x| png.get_pixel(x, y) != png.get_pixel(x + 104, y))));
    place.good(&show(&["-n", "2", "--variants", "4", "--out", "again.png"]));
    assert_eq!(fs::read(place.join("again.png")).unwrap(), fs::read(place.join("grid.png")).unwrap());
    assert!(place.bad(&show(&["rotate=400"])).contains("from 0 to 180"));
    assert!(place.bad(&show(&["--variants", "0"])).contains("--variants is 0"));
    assert!(
        place.bad(&show(&["--variants", "18446744073709551615"])).contains("smaller --count or --variants")
    );
    let many = show(&["--variants", "18446744073709551615", "--out", "many.png"]);
    assert!(place.bad(&many).contains("a picture larger than"));
    assert_eq!(place.run(&show(&["none", "--corrupted"])).status.code(), Some(2));
}

#[test]
fn summary_lists_presets_and_counts_parameters() {
    let place = Place::new().with_data(60, 30).with_run();
    assert!(place.good(&["summary"]).contains("tutorial"));
    let table = place.good(&["summary", "tutorial"]);
    assert!(table.contains("118,282"), "{table}");
    assert_eq!(place.json(&["summary", "tutorial"])["parameters"], 118_282);
    let lenet = place.json(&["summary", "lenet"]);
    assert_eq!((&lenet["parameters"], &lenet["multiply_adds"]), (&454_922.into(), &11_065_088.into()));
    assert_eq!(lenet["layers"][0]["name"], "conv2d");
    let presets = place.json(&["summary"]);
    let lenet = presets.as_array().unwrap().iter().find(|preset| preset["name"] == "lenet").unwrap();
    assert_eq!(lenet["multiply_adds"], 11_065_088);
    let table = place.good(&["summary", "vgg"]);
    assert!(table.contains("batch_norm_3 (BatchNorm)") && table.contains("multiply-adds"), "{table}");
    assert!(place.good(&["summary", "out"]).contains("Trained"));
    // As it is trained: with an output for what is no digit.
    assert_eq!(place.json(&["summary", "world"])["parameters"], 140_587);
    assert_eq!(place.json(&["summary", "shipped"])["parameters"], 140_587);
    for input in ["28", "0x28", "28x", "99999x1"] {
        assert!(place.bad(&["summary", "tutorial", "--input", input]).contains("--input"));
    }
    let unknown = place.bad(&["summary", "nonsense"]);
    assert!(unknown.contains("nonsense") && unknown.contains("preset"), "{unknown}");
}

#[test]
fn data_names_its_folder_and_verifies_files() {
    let place = Place::new().with_data(60, 30);
    let path = place.good(&["data", "path"]);
    assert!(path.trim_end().ends_with("mnist") && path.contains("cache"), "{path}");
    let output = place.run(&["data", "verify", "data", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["good"], result["files"].as_array().unwrap().len()), (&false.into(), 4));
    assert_eq!(place.run(&["data", "verify"]).status.code(), Some(1), "an empty cache is not MNIST");
}

#[test]
fn what_would_not_be_done_as_asked_is_refused() {
    let place = Place::new().with_data(100, 30).with_run();
    std::fs::write(place.join("mine.jpg"), b"precious").unwrap();
    for (arguments, expected) in [
        (&["show", "--data", "data", "--out", "mine.jpg"][..], "name it .png"),
        (&["show", "--data", "data", "--out", "data/train-labels-idx1-ubyte"], "name it .png"),
        (&["report", "out", "--out", "out/model.safetensors"], "name it .html"),
        (&["train", "--data", "data", "--runs", "1000000000"], "--runs is 1000000000; 10000 is the most"),
        (&["evaluate", "nowhere"], "nowhere: there is no such run or model file"),
        (&["evaluate", "fast"], "`tenfold train --model fast`"),
        (&["show", "--data", "data", "--out", "nowhere/grid.png"], "No such file"),
        (&["report", "out", "--limit", "20"], "leave out --limit"),
        (&["summary", "out", "--classes", "3"], "out: is trained"),
        (&["summary", "shipped", "--input", "8x8"], "shipped: is trained"),
        (&["data", "verify", "data/train-images-idx3-ubyte"], "name the folder that holds"),
        (&["data", "verify", "nowhere"], "nowhere: no such folder"),
    ] {
        let error = place.bad(arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert!(!error.contains(".tenfold-"), "{arguments:?}: {error}");
    }
    assert_eq!(std::fs::read(place.join("mine.jpg")).unwrap(), b"precious");
    place.good(&["evaluate", "out"]);
}

#[test]
fn what_only_read_takes_is_named_by_predict() {
    let place = Place::new().with_data(60, 30);
    let output = place.run(&["predict", "data", "-"]);
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    for expected in
        ["data: is a folder; `tenfold read`", "`tenfold read -` reads standard input", "2 of 2 pictures"]
    {
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_newest_run_is_named_where_it_answers_unasked() {
    let place = Place::new().with_data(60, 30);
    place.good(&["train", "--data", "data", "--epochs", "1"]);
    place.good(&["show", "--data", "data", "--out", "picture.png", "-n", "1"]);
    let said = place.good(&["predict", "--brief", "picture.png"]);
    assert!(said.starts_with("by runs") && said.contains("model.safetensors"), "{said}");
    let named = place.good(&["predict", "--model", "shipped", "--brief", "picture.png"]);
    assert!(!named.contains("by "), "{named}");
    let run = said.lines().next().unwrap().split(['/', '\\']).nth(1).unwrap();
    let error = place.bad(&["evaluate", "runs"]);
    assert!(error.contains(run) && error.contains("the newest"), "{error}");
}

#[test]
fn a_report_is_drawn_of_its_own_data_alone() {
    let place = Place::new().with_data(60, 30);
    fs::rename(place.join("data"), place.join("other")).unwrap();
    let place = place.with_data(90, 30).with_run();
    let before = fs::read(place.join("out/report.html")).unwrap();
    for more in [&["--data", "other"][..], &["--limit", "10"]] {
        let error = place.bad(&[&["report", "out"], more].concat());
        assert!(error.contains("not the data of this run") && error.contains("leave out --"), "{error}");
    }
    let output = place.command(&["report", "out"]).env("TENFOLD_DATA", "other").output().unwrap();
    let error = text(&output.stderr);
    assert!(error.contains("not the data of this run") && error.contains("unset it"), "{error}");
    assert_eq!(fs::read(place.join("out/report.html")).unwrap(), before);
}

#[test]
fn a_model_in_this_folder_is_judged_on_its_own_data_too() {
    let place = Place::new().with_data(100, 30).with_run();
    let here = |arguments: &[&str]| place.command(arguments).current_dir(place.join("out")).output().unwrap();
    let judged = here(&["evaluate", "model.safetensors", "--json"]);
    assert!(text(&judged.stdout).contains("\"dataset\":\"data\""), "{}", text(&judged.stderr));
    fs::write(place.join("out/run.json"), "{").unwrap();
    let refused = here(&["evaluate", "model.safetensors"]);
    assert!(text(&refused.stderr).contains("is no run record"), "{}", text(&refused.stderr));
}

#[test]
fn a_report_can_be_drawn_again_and_is_the_same() {
    let place = Place::new().with_data(60, 30).with_run();
    let report = place.join("out/report.html");
    let first = fs::read(&report).unwrap();
    fs::remove_file(&report).unwrap();
    place.good(&["report", "out"]);
    assert!(fs::read(&report).unwrap() == first);
    place.good(&["report", "out", "--out", "copy.html"]);
    assert!(place.join("copy.html").exists());
    assert!(place.bad(&["report", "data"]).contains("holds no run"));
}
