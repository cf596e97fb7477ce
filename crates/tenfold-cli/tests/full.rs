//! `tenfold evaluate --full` and `tenfold show --corrupted`: what they print, keep and draw.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use common::Place;

#[test]
fn a_full_evaluation_is_printed_kept_and_drawn_again() {
    let place = Place::new().with_data(120, 40).with_run();
    let before = fs::read_to_string(place.join("out/report.html")).unwrap();
    assert!(!before.contains("id=\"robustness\""));

    let json = place.json(&["evaluate", "out", "--full", "--attack-images", "30"]);
    let full = &json["full"];
    assert_eq!(full["corruptions"].as_array().unwrap().len(), 15);
    assert_eq!(full["attacks"].as_array().unwrap().len(), 8);
    assert_eq!((full["attack_images"].as_u64(), full["images"].as_u64()), (Some(30), Some(40)));
    assert!(full["without_contested"].is_null() && full["no_attacks"].is_null());
    assert!(full["corruptions_note"].as_str().unwrap().contains("not the published files"));
    assert_eq!(json["brier_score"], full["brier_score"]);
    // Images of 12×12: what is no digit is drawn as 28×28.
    assert!(full["rejection"].is_null());

    let kept = fs::read_to_string(place.join("out/full.json")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&kept).unwrap(), *full);
    let drawn = fs::read_to_string(place.join("out/report.html")).unwrap();
    assert!(drawn.contains("id=\"robustness\"") && drawn.contains("1906.02337"));
    place.good(&["report", "out"]);
    assert_eq!(fs::read_to_string(place.join("out/report.html")).unwrap(), drawn);

    let text = place.good(&["evaluate", "out", "--full"]);
    for part in ["Brier score", "zigzag", "on the first 40 images", "PGD", "not the published files"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn digits_are_told_from_what_is_none_and_the_report_shows_it() {
    let place = Place::new();
    place.good(&[
        "train",
        "--dataset",
        "strokes",
        "--limit",
        "300",
        "--model",
        "softmax",
        "--epochs",
        "1",
        "--out",
        "out",
    ]);
    let full = &place.json(&["evaluate", "out", "--full", "--attack-images", "1"])["full"];
    let kinds = full["rejection"]["kinds"].as_array().unwrap();
    assert_eq!((kinds.len(), &kinds[0]["kind"]), (7, &"letters".into()));
    assert!(kinds.iter().all(|kind| (0.0..=1.0).contains(&kind["auroc"].as_f64().unwrap())));
    assert!(fs::read_to_string(place.join("out/report.html")).unwrap().contains("id=\"rejection\""));
    let text = place.good(&["evaluate", "out", "--full", "--attack-images", "1"]);
    assert!(text.contains("FPR at 95 % TPR") && text.contains("pieces of digits"), "{text}");
}

#[test]
fn what_was_kept_of_another_model_is_named_and_left_out() {
    let place = Place::new().with_data(120, 40).with_run();
    place.good(&["evaluate", "out", "--full", "--attack-images", "5"]);
    let path = place.join("out/full.json");
    let kept = fs::read_to_string(&path).unwrap();
    for (text, why) in [
        ("{".to_owned(), "cannot be used"),
        (kept.replace("\"sha256\": \"", "\"sha256\": \"0"), "another model"),
    ] {
        fs::write(&path, text).unwrap();
        let said = place.good(&["report", "out"]);
        assert!(said.contains(why), "{said}");
        assert!(!fs::read_to_string(place.join("out/report.html")).unwrap().contains("id=\"robustness\""));
    }
    // Other images than the run's own are judged, and nothing is kept.
    fs::remove_file(&path).unwrap();
    let said = place.good(&["evaluate", "out", "--full", "--limit", "10"]);
    assert!(said.contains("Not kept with the run") && !path.exists(), "{said}");
    // A new run in the same folder begins without what was kept of the old one.
    fs::write(&path, kept).unwrap();
    place.good(&["train", "--data", "data", "--epochs", "1", "--out", "out", "--overwrite"]);
    assert!(!path.exists());
}

#[test]
fn corrupted_samples_are_shown_and_drawn() {
    let place = Place::new().with_data(20, 20);
    let text = place.good(&["show", "--data", "data", "--corrupted"]);
    assert!(text.contains("shot noise") && text.contains("Canny edges") && text.contains("1906.02337"));
    let text = place.good(&["show", "--data", "data", "--corrupted", "--count", "2", "--out", "c.png"]);
    assert!(text.contains("as it is, then shot noise"));
    assert_eq!(&fs::read(place.join("c.png")).unwrap()[1..4], b"PNG");
}
