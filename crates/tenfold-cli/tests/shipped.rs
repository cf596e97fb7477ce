//! The model inside the program: it reads digits with no run and no data there, and answers alone, with others and over
//! shifts.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::Path;

use common::Place;
use tenfold::data::strokes;
use tenfold::train::Recipe;
use tenfold::{Dataset, Sequential};

/// Writes stroke digit `index` as a PNG, enlarged and dark on bright; its label.
fn picture(place: &Place, data: &Dataset, index: usize) -> (String, u64) {
    let name = format!("{index}.png");
    let image = image::GrayImage::from_fn(112, 112, |x, y| {
        image::Luma([255 - data.image(index)[(y / 4 * 28 + x / 4) as usize]])
    });
    image.save(place.join(&name)).unwrap();
    (name, u64::from(data.labels()[index]))
}

#[test]
fn reads_digits_without_a_run() {
    let place = Place::new();
    let (data, _) = strokes::load(20, 1, 5);
    let mut right = 0;
    for index in 0..data.len() {
        let (name, label) = picture(&place, &data, index);
        let answer = place.json(&["predict", &name]);
        assert_eq!(answer, place.json(&["predict", "--model", "shipped", &name]));
        right += usize::from(answer["digit"] == label);
        let together =
            place.json(&["predict", "--model", "shipped", "--model", "shipped", "--shifts", &name]);
        let sum: f64 =
            together["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }
    assert!(right >= 16, "{right} of 20");
}

#[test]
fn is_judged_by_name() {
    let place = Place::new();
    let strokes = ["--dataset", "strokes", "--limit", "300"];
    let alone = place.json(&[&["evaluate"], &strokes[..]].concat());
    assert!(alone["test_accuracy"].as_f64().unwrap() > 0.8);
    assert_eq!(alone["model"], "shipped");
    let twice = place.json(&[&["evaluate", "shipped", "shipped", "--shifts"], &strokes[..]].concat());
    assert_eq!(twice["model"].as_array().unwrap().len(), 2);
}

#[test]
fn reads_pictures_though_there_is_a_run() {
    let place = Place::new().with_data(60, 30);
    place.good(&["train", "--data", "data", "--epochs", "1"]);
    let (name, _) = picture(&place, &strokes::load(1, 1, 5).0, 0);
    assert_eq!(place.json(&["read", &name]), place.json(&["read", "--model", "shipped", &name]));
    assert!(place.bad(&["read", &name, "--threads", "100000"]).contains("--threads is 100000"));
}

#[test]
fn was_made_by_the_recipe_that_its_card_names() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/digits.safetensors");
    let made = Sequential::load(Path::new(path)).unwrap().provenance.recipe.unwrap();
    let world = Recipe::of("world");
    assert_eq!((made.epochs, made.batch_size), (world.epochs, world.batch_size));
    assert_eq!((made.augmentation, made.mix), (world.augment.to_string(), world.mix.to_string()));
    assert_eq!((made.label_smoothing, made.average), (world.label_smoothing, world.average));
    assert!(std::fs::metadata(path).unwrap().len() <= 600_000);
}
