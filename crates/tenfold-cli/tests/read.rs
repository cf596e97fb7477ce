//! `tenfold read` on pictures with a known truth: what it prints for people and programs, and what it writes.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::process::Stdio;

use common::{Place, signal, text, wait_for};
use image::{GrayImage, Luma};
use tenfold::data::strokes;

/// `text` in the built-in handwriting, dark on bright, each digit in a cell of 84 pixels.
fn page(text: &str) -> GrayImage {
    let mut page = GrayImage::from_pixel(84 * (text.len() as u32 + 1), 168, Luma([220]));
    for (place, byte) in text.bytes().enumerate() {
        let wanted = |index: &u64| strokes::image(11, *index).1 == byte - b'0';
        let (ink, _) = strokes::image(11, (10 * place as u64..).find(wanted).unwrap());
        for (at, level) in ink.iter().enumerate() {
            for (dy, dx) in (0..3).flat_map(|dy| (0..3).map(move |dx| (dy, dx))) {
                let (x, y) =
                    (42 + 84 * place as u32 + 3 * (at as u32 % 28) + dx, 42 + 3 * (at as u32 / 28) + dy);
                page.put_pixel(x, y, Luma([220 - (u32::from(*level) * 190 / 255) as u8]));
            }
        }
    }
    page
}

#[test]
fn programs_get_text_boxes_and_alternatives_and_people_the_text() {
    let place = Place::new();
    page("20467").save(place.join("form.png")).unwrap();
    let reading = place.json(&["read", "form.png"]);
    assert_eq!((reading["file"].as_str(), reading["text"].as_str()), (Some("form.png"), Some("20467")));
    assert!(reading["error"].is_null() && reading["rejected"].as_array().unwrap().is_empty());
    for (at, digit) in reading["digits"].as_array().unwrap().iter().enumerate() {
        let area: Vec<u64> =
            digit["box"].as_array().unwrap().iter().map(|side| side.as_u64().unwrap()).collect();
        let left = 42 + 84 * at as u64;
        assert!(area.len() == 4 && area[0] >= left && area[0] + area[2] <= left + 84, "{digit}");
        assert!(digit["confidence"].as_f64().unwrap() > 0.5 && digit["line"] == 0, "{digit}");
        assert_eq!(digit["alternatives"].as_array().unwrap().len(), 2);
    }
    assert!(place.good(&["read", "form.png"]).lines().any(|line| line.trim().starts_with("20467")));
    let sure = place.json(&["read", "form.png", "--min-confidence", "1"]);
    assert_eq!(sure["text"], "");
    let rejected = sure["rejected"].as_array().unwrap();
    assert!(rejected.len() == 5 && rejected.iter().all(|rejected| rejected["reason"] == "unsure"), "{sure}");
}

/// What is asked of a digit to be listed must not change how a picture is read.
#[test]
fn a_higher_confidence_lists_fewer_of_the_same_digits() {
    let place = Place::new();
    page("7149").save(place.join("form.png")).unwrap();
    let of = |least: &str| place.json(&["read", "form.png", "--min-confidence", least]);
    let boxes = |reading: &serde_json::Value, list: &str| -> Vec<String> {
        reading[list].as_array().unwrap().iter().map(|entry| entry["box"].to_string()).collect()
    };
    let all = of("0");
    for least in ["0.35", "0.9", "0.99", "0.9999", "1"] {
        let some = of(least);
        let mut found = [boxes(&some, "digits"), boxes(&some, "rejected")].concat();
        found.sort();
        let mut expected = [boxes(&all, "digits"), boxes(&all, "rejected")].concat();
        expected.sort();
        assert_eq!(found, expected, "{least}");
    }
}

#[test]
fn what_is_written_beside_a_reading_spares_pictures_and_may_fail() {
    let place = Place::new();
    fs::create_dir(place.join("scans")).unwrap();
    for name in ["scans/a.png", "scans/b.png"] {
        page("31").save(place.join(name)).unwrap();
    }
    let before = fs::read(place.join("scans/a.png")).unwrap();
    for (pictures, annotated) in [("scans", "scans"), ("scans/a.png", "scans/a.png")] {
        let error = place.bad(&["read", pictures, "--annotated", annotated]);
        assert!(error.contains("write over") && error.contains("a.png"), "{error}");
    }
    assert_eq!(fs::read(place.join("scans/a.png")).unwrap(), before);
    let error = place.bad(&["read", "scans/a.png", "--annotated", "out.jpg"]);
    assert!(error.contains("PNG"), "{error}");
    let read = place.run(&["read", "scans/a.png", "--annotated", "nowhere/a.png", "--json"]);
    let reading: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!((reading["text"].as_str(), read.status.code()), (Some("31"), Some(1)));
    assert!(reading["error"].as_str().unwrap().contains("nowhere"), "{reading}");
    assert!(text(&read.stderr).contains("could not be written"), "{}", text(&read.stderr));
}

#[test]
fn steps_spare_pictures_and_cost_only_their_own() {
    let place = Place::new();
    fs::create_dir(place.join("steps")).unwrap();
    page("31").save(place.join("steps/2-ink.png")).unwrap();
    let before = fs::read(place.join("steps/2-ink.png")).unwrap();
    let error = text(&place.run(&["read", "steps/2-ink.png", "--steps", "steps"]).stderr);
    assert!(error.contains("--steps would write over steps/2-ink.png"), "{error}");
    assert_eq!(fs::read(place.join("steps/2-ink.png")).unwrap(), before);
    // Among others, those are written.
    fs::create_dir(place.join("steps/one")).unwrap();
    fs::copy(place.join("steps/2-ink.png"), place.join("steps/one/1-grey.png")).unwrap();
    page("5").save(place.join("one.png")).unwrap();
    page("5").save(place.join("two.png")).unwrap();
    let pictures = ["one.png", "steps/one/1-grey.png", "two.png"];
    let read = place.run(&[&["read", "--json", "--steps", "steps"], &pictures[..]].concat());
    assert_eq!(read.status.code(), Some(1));
    let said = text(&read.stdout);
    let errors = said.lines().map(|line| line.contains("would write over"));
    assert_eq!(errors.collect::<Vec<_>>(), [true, false, false], "{said}");
    assert!(said.lines().nth(2).unwrap().contains("\"text\":\"5\""), "{said}");
    assert_eq!(fs::read(place.join("steps/one/1-grey.png")).unwrap(), before);
    assert_eq!(place.names("steps/two").len(), 4);
}

#[test]
fn folders_are_read_in_order_by_any_number_of_threads() {
    let place = Place::new();
    fs::create_dir_all(place.join("scans/more")).unwrap();
    for (name, text) in [("b.png", "31"), ("a.bmp", "5"), ("c.tiff", "902"), ("more/d.webp", "44")] {
        page(text).save(place.join("scans").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let one = place.good(&["read", "--json", "--threads", "1", "scans"]);
    assert_eq!(one, place.good(&["read", "--json", "--threads", "4", "scans"]));
    let texts: Vec<String> = one
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].as_str().unwrap().into())
        .collect();
    assert_eq!(texts, ["5", "31", "902", "44"]);
}

#[test]
fn boxes_and_steps_are_drawn_where_they_were_asked_for() {
    let place = Place::new();
    page("31").save(place.join("one.png")).unwrap();
    page("5").save(place.join("two.png")).unwrap();
    place.good(&["read", "one.png", "--annotated", "boxes.png", "--steps", "steps"]);
    assert_eq!(image::open(place.join("boxes.png")).unwrap().into_rgb8().dimensions(), (252, 168));
    assert_eq!(place.names("steps"), ["1-grey.png", "2-ink.png", "3-writing.png", "4-inputs.png"]);
    place.good(&["read", "one.png", "two.png", "--annotated", "boxes", "--steps", "all"]);
    assert_eq!(
        (place.names("boxes"), place.names("all")),
        (vec!["one.png".into(), "two.png".into()], vec!["one".into(), "two".into()])
    );
}

#[test]
#[cfg(unix)]
fn who_stops_in_the_middle_has_whole_pictures_and_no_litter() {
    let place = Place::new();
    page("31").save(place.join("one.png")).unwrap();
    fs::create_dir(place.join("scans")).unwrap();
    for number in 0..1000 {
        fs::hard_link(place.join("one.png"), place.join("scans").join(format!("{number}.png"))).unwrap();
    }
    let mut command = place.command(&["read", "scans", "--annotated", "boxes"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("a picture", || place.join("boxes").exists() && !place.names("boxes").is_empty());
    signal(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{said} {}", text(&output.stderr));
    let drawn = place.names("boxes");
    assert!(drawn.len() < 1000 && said.lines().count() == drawn.len() + 1, "{said}");
    assert!(
        said.ends_with(&format!("Interrupted: {} of 1,000 pictures were read.\n", drawn.len())),
        "{said}"
    );
    for name in drawn {
        assert_eq!(image::open(place.join("boxes").join(name)).unwrap().width(), 252);
    }
}

#[test]
fn a_picture_whose_ink_is_no_writing_has_steps_but_no_digits() {
    let place = Place::new();
    // Paper on a dark desk.
    let desk = GrayImage::from_fn(200, 120, |_, y| Luma([if y < 90 { 220 } else { 60 }]));
    desk.save(place.join("desk.png")).unwrap();
    assert!(place.good(&["read", "desk.png", "--steps", "steps"]).contains("no digits"));
    // The second time paper is looked for nearby, the third what is half as dark is ink, too; the last two times one side of halfway between the two levels is taken for ink, and then the other.
    let looks = [
        "1-grey.png",
        "10-ink.png",
        "11-writing.png",
        "12-inputs.png",
        "2-ink.png",
        "3-writing.png",
        "4-ink.png",
        "5-writing.png",
        "6-ink.png",
        "7-writing.png",
        "8-ink.png",
        "9-writing.png",
    ];
    assert_eq!(place.names("steps"), looks);
}

#[test]
fn standard_input_is_a_picture() {
    let place = Place::new();
    page("31").save(place.join("one.png")).unwrap();
    let input = fs::File::open(place.join("one.png")).unwrap();
    let output = place.command(&["read", "-", "--json"]).stdin(Stdio::from(input)).output().unwrap();
    assert!(text(&output.stdout).contains("\"text\":\"31\""), "{}", text(&output.stderr));
    assert!(place.bad(&["read", "-", "-"]).contains("only once"));
}
