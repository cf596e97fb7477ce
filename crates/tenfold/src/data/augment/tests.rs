//! What augmentation promises: the same bits everywhere, nothing where nothing is asked, exact moves, and no panic.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::draw::Draw;
use super::elastic::Elastic;
use super::*;
use crate::data::strokes;
use crate::random::{Purpose, Stream};

/// SHA-256 of 200 varied strokes. Another hash means that networks see other images than before. Where that is meant,
/// put the hash that the failing test prints as `left` here.
const GOLDEN: &str = "29f80c0817de2a82d793a620a38ff41ea2bfdebdba515aadc38238d690fb8d97";

fn augmenter(spec: &str) -> Augmenter {
    Augmenter::new(&Augment::parse(spec).unwrap(), [28, 28]).unwrap()
}

fn varied(augmenter: &mut Augmenter, image: &[u8], sample: u64) -> Vec<u8> {
    let mut out = vec![77; image.len()];
    augmenter.apply(image, 5, 3, sample, &mut out);
    out
}

fn mass(image: &[u8]) -> f64 {
    image.iter().map(|&pixel| f64::from(pixel)).sum()
}

#[test]
fn varied_images_are_what_they_were() {
    let mut hash = Sha256::new();
    // Spelt out, since presets may come to mean something else.
    let linear = "rotate=12,scale=0.12,shear=10,translate=2";
    for spec in [
        "shift=2".into(),
        linear.to_string(),
        format!("{linear},elastic=2,thickness=0.4"),
        format!("{linear},elastic=4,smoothness=5,thickness=1,erase=0.5,erase-fill=noise"),
    ] {
        let mut augmenter = augmenter(&spec);
        for index in 0..50 {
            hash.update(varied(&mut augmenter, &strokes::image(1, index).0, index));
        }
    }
    assert_eq!(crate::data::mnist_files::hex(&hash.finalize()), GOLDEN);
}

#[test]
fn an_image_depends_on_seed_epoch_and_sample_and_not_on_what_was_varied_before() {
    let (image, other) = (strokes::image(1, 0).0, strokes::image(1, 1).0);
    let mut used = augmenter("full,erase=1");
    varied(&mut used, &other, 9);
    let apply = |augmenter: &mut Augmenter, seed, epoch, sample| {
        let mut out = vec![0; 784];
        augmenter.apply(&image, seed, epoch, sample, &mut out);
        out
    };
    let base = apply(&mut used, 1, 2, 3);
    assert_eq!(apply(&mut augmenter("full,erase=1"), 1, 2, 3), base);
    for (seed, epoch, sample) in [(2, 2, 3), (1, 3, 3), (1, 2, 4)] {
        assert_ne!(apply(&mut used, seed, epoch, sample), base);
    }
}

#[test]
fn nothing_set_leaves_images_as_they_are() {
    let image = strokes::image(1, 0).0;
    assert!(Augment::default().is_none());
    assert_eq!(varied(&mut augmenter("none"), &image, 1), image);
    // The same through interpolation, with a probability of erasing that never comes true.
    for spec in
        ["rotate=0.00001", "elastic=0.0001", "translate=0.0001", "thickness=0.0001", "erase=0.0000001"]
    {
        assert_eq!(varied(&mut augmenter(spec), &image, 1), image, "{spec}");
    }
}

#[test]
fn shift_moves_by_whole_pixels_and_reaches_every_one() {
    let mut image = vec![0; 784];
    (image[14 * 28 + 14], image[13 * 28 + 14]) = (255, 9);
    let mut counts = [0; 25];
    for sample in 0..5000 {
        let out = varied(&mut augmenter("shift=2"), &image, sample);
        let at = out.iter().position(|&pixel| pixel == 255).unwrap();
        assert_eq!((out[at - 28], mass(&out)), (9, 264.0));
        counts[(at / 28 - 12) * 5 + at % 28 - 12] += 1;
    }
    assert!(counts.iter().all(|count| (130..270).contains(count)), "{counts:?}");
}

#[test]
fn shift_is_the_same_whether_copied_or_interpolated_or_after_the_pen() {
    let image = strokes::image(1, 0).0;
    for sample in 0..200 {
        let copied = varied(&mut augmenter("shift=3"), &image, sample);
        assert_eq!(varied(&mut augmenter("shift=3,rotate=0.00001"), &image, sample), copied);
        assert_eq!(varied(&mut augmenter("shift=3,thickness=0.0001"), &image, sample), copied);
    }
}

#[test]
fn a_quarter_turn_turns_exactly() {
    // 180 degrees at most; look for a draw that is nearly a quarter.
    let augment = Augment::parse("rotate=180").unwrap();
    let sample = (0..100_000)
        .find(|&sample| (Draw::new(&augment, 5, 3, sample).0.angle.to_degrees() - 90.0).abs() < 0.02)
        .unwrap();
    let image = strokes::image(1, 3).0;
    let turned = varied(&mut augmenter("rotate=180"), &image, sample);
    for (y, row) in turned.chunks_exact(28).enumerate() {
        for (x, &pixel) in row.iter().enumerate() {
            assert!(pixel.abs_diff(image[(27 - x) * 28 + y]) <= 8, "({y}, {x})");
        }
    }
}

#[test]
fn ink_is_roughly_kept() {
    for (spec, tolerance) in [("rotate=15", 0.01), ("shear=10", 0.01), ("elastic=2", 0.4), ("light", 0.25)] {
        let (mut before, mut after) = (0.0, 0.0);
        let mut augmenter = augmenter(spec);
        for index in 0..500 {
            let image = strokes::image(1, index).0;
            let out = varied(&mut augmenter, &image, index);
            let ratio = mass(&out) / mass(&image);
            assert!((ratio - 1.0).abs() < tolerance, "{spec}, {index}: {ratio}");
            (before, after) = (before + mass(&image), after + mass(&out));
        }
        assert!((after / before - 1.0).abs() < 0.02, "{spec}: {}", after / before);
    }
}

#[test]
fn the_pen_makes_strokes_thicker_and_thinner() {
    let image = strokes::image(1, 0).0;
    let augment = Augment::parse("thickness=1").unwrap();
    for sample in 0..200 {
        let amount = Draw::new(&augment, 5, 3, sample).0.thickness;
        let out = varied(&mut augmenter("thickness=1"), &image, sample);
        if amount > 0.05 {
            assert!(mass(&out) > mass(&image) && out.iter().zip(&image).all(|(out, image)| out >= image));
        } else if amount < -0.05 {
            assert!(mass(&out) < mass(&image) && out.iter().zip(&image).all(|(out, image)| out <= image));
        }
    }
}

#[test]
fn the_field_of_pulls_is_smooth_and_bounded_and_uses_its_range() {
    let mut largest = 0;
    for (most, spacing) in [(2.0, 7.0), (8.0, 4.0)] {
        let mut elastic = Elastic::new([28, 28], 32, spacing);
        for sample in 0..200 {
            elastic.draw(most, &mut Stream::new(1, Purpose::Augment, 0, sample));
            let mut rows = Vec::new();
            for y in 0..28 {
                let mut pulls = [vec![0; 32], vec![0; 32]];
                elastic.row(y, &mut pulls);
                rows.push(pulls.map(|pulls| pulls[..28].to_vec()));
            }
            for axis in [0, 1] {
                let at = |y: usize, x: usize| i32::from(rows[y][axis][x]);
                let bound = (most * 128.0) as i32 + 2;
                // The slope of a quadratic spline is at most the difference of two pulls over the spacing; the slope
                // changes by at most twice that over the spacing.
                let slope = (2.0 * most * 128.0 / spacing) as i32 + 4;
                let bend = (4.0 * most * 128.0 / (spacing * spacing)) as i32 + 6;
                for y in 0..28 {
                    for x in 0..28 {
                        assert!(at(y, x).abs() <= bound);
                        largest = largest.max(at(y, x).abs());
                        if x >= 1 && y >= 1 {
                            assert!((at(y, x) - at(y, x - 1)).abs() <= slope);
                            assert!((at(y, x) - at(y - 1, x)).abs() <= slope);
                        }
                        if x >= 2 {
                            assert!((at(y, x) - 2 * at(y, x - 1) + at(y, x - 2)).abs() <= bend);
                        }
                    }
                }
            }
        }
    }
    assert!(largest > 4 * 128, "{largest}");
}

#[test]
fn erasing_happens_as_often_and_as_large_as_asked() {
    let image = vec![255; 784];
    let mut augmenter = augmenter("erase=0.5,erase-area=0.2");
    let areas: Vec<usize> = (0..4000)
        .map(|sample| varied(&mut augmenter, &image, sample).iter().filter(|&&pixel| pixel == 0).count())
        .collect();
    let erased = areas.iter().filter(|&&area| area > 0).count();
    assert!((1850..2150).contains(&erased), "{erased}");
    assert!(areas.iter().all(|&area| area == 0 || (9..=190).contains(&area)));
    assert!(areas.iter().any(|&area| area > 140));
}

/// SHA-256 of 300 spoiled strokes; as [`GOLDEN`].
const GOLDEN_SPOILED: &str = "34d4a57844873bec59dff27a93f90f9b3fb9bd0673454f5515b8bde9a18fe624";

#[test]
fn spoiled_images_are_what_they_were_and_each_kind_is_its_own() {
    let mut hash = Sha256::new();
    let kinds = ["outline=1", "blur=1", "marks=1", "invert=1", "light=1", "noise=1"];
    let mut seen = std::collections::HashSet::new();
    for spec in kinds {
        let mut augmenter = augmenter(spec);
        let mut changed = 0;
        for index in 0..50 {
            let image = strokes::image(1, index).0;
            let spoiled = varied(&mut augmenter, &image, index);
            changed += usize::from(spoiled != image);
            hash.update(&spoiled);
            seen.insert(spoiled);
        }
        assert!(changed > 40, "{spec}: {changed} of 50 changed");
    }
    assert!(seen.len() > 280);
    assert_eq!(crate::data::mnist_files::hex(&hash.finalize()), GOLDEN_SPOILED);
}

#[test]
fn spoiling_happens_as_often_as_asked_and_leaves_the_other_draws_as_they_were() {
    let image = strokes::image(1, 0).0;
    let mut plain = augmenter("rotate=10");
    let mut spoiling = augmenter("rotate=10,light=0.25");
    let spoiled = (0..2000)
        .filter(|&sample| varied(&mut plain, &image, sample) != varied(&mut spoiling, &image, sample))
        .count();
    assert!((430..570).contains(&spoiled), "{spoiled}");
}

#[test]
fn focus_keeps_the_limits_and_draws_most_images_to_the_middle() {
    let angles = |spec: &str| -> Vec<f32> {
        let augment = Augment::parse(spec).unwrap();
        (0..2000).map(|sample| Draw::new(&augment, 1, 2, sample).0.angle.to_degrees().abs()).collect()
    };
    let within = |angles: &[f32], most: f32| angles.iter().filter(|&&angle| angle <= most).count();
    let (even, focused) = (angles("rotate=40"), angles("rotate=40,focus=2"));
    assert_eq!((within(&even, 40.001), within(&focused, 40.001)), (2000, 2000));
    assert!((900..1100).contains(&within(&even, 20.0)) && (900..1100).contains(&within(&focused, 10.0)));
}

#[test]
fn turning_one_setting_on_leaves_the_others_draws_as_they_were() {
    let one = Draw::new(&Augment::parse("rotate=10").unwrap(), 1, 2, 3).0;
    let many = Draw::new(&Augment::parse("rotate=10,shift=3,scale=0.1,erase=0.3").unwrap(), 1, 2, 3).0;
    assert_eq!((one.angle, one.rectangle), (many.angle, many.rectangle));
}

#[test]
fn settings_are_read_and_written() {
    for (name, meaning) in PRESETS {
        let preset = Augment::parse(name).unwrap();
        assert_eq!(preset, Augment::parse(meaning).unwrap());
        assert_eq!(Augment::parse(&preset.to_string()).unwrap(), preset);
        assert!(Augmenter::new(&preset, [28, 28]).is_ok());
    }
    assert_eq!(Augment::parse("").unwrap().to_string(), "none");
    assert_eq!(Augment::parse(" scale = 0.1 , rotate=15 ").unwrap().to_string(), "rotate=15,scale=0.1");
    let changed = Augment::parse("full,elastic=0").unwrap();
    assert_eq!(changed, Augment { elastic: 0.0, ..Augment::parse("full").unwrap() });
    let json = serde_json::to_string(&changed).unwrap();
    assert_eq!(serde_json::from_str::<Augment>(&json).unwrap(), changed);
    assert_eq!(serde_json::from_str::<Augment>("{}").unwrap(), Augment::default());
}

#[test]
fn wrong_settings_name_the_word_and_what_was_expected() {
    for (text, word, expected) in [
        ("turn=3", "\"turn\"", "rotate"),
        ("fulll", "\"fulll\"", "a preset (none, shift, light, full, rough, world)"),
        ("shift=1,full", "\"full\"", "SETTING=AMOUNT"),
        ("rotate", "rotate", "a number from 0 to 180 degrees"),
        ("rotate=", "rotate", "a number from 0 to 180 degrees"),
        ("rotate=fast", "fast", "a number from 0 to 180 degrees"),
        ("rotate=181", "181", "a number from 0 to 180 degrees"),
        ("scale=-0.1", "-0.1", "a number from 0 to 0.5"),
        ("elastic=NaN", "NaN", "a number from 0 to 8 pixels"),
        ("shift=1.5", "1.5", "a whole number of pixels from 0 to 16"),
        ("shift=1,shift=2", "shift", "once"),
        ("erase-fill=grey", "grey", "black or noise"),
        ("rotate=1,", "\"\"", "SETTING=AMOUNT"),
    ] {
        let error = Augment::parse(text).unwrap_err().to_string();
        assert!(error.contains(word) && error.contains(expected), "{text}: {error}");
    }
    for shape in [[0, 28], [28, 0], [97, 28], [28, usize::MAX]] {
        let error = Augmenter::new(&Augment::default(), shape).unwrap_err();
        assert!(matches!(error, AugmentError::Shape { .. }), "{error}");
    }
    let wild = Augment { rotate: f32::INFINITY, ..Augment::default() };
    assert!(matches!(Augmenter::new(&wild, [28, 28]), Err(AugmentError::Value { word: "rotate", .. })));
}

#[test]
fn images_of_another_size_are_left_alone() {
    let mut out = vec![3; 784];
    augmenter("full").apply(&[1; 783], 0, 0, 0, &mut out);
    assert!(out.iter().all(|&pixel| pixel == 3));
    augmenter("full").apply(&[1; 784], 0, 0, 0, &mut out[..10]);
    assert!(out.iter().all(|&pixel| pixel == 3));
}

/// Any settings within their limits; often at them.
fn settings() -> impl Strategy<Value = Augment> {
    let up_to = |most: f32| prop_oneof![Just(0.0), Just(most), 0.0..=most];
    (
        (up_to(180.0), up_to(0.5), up_to(30.0), 0u32..=16, up_to(16.0)),
        (up_to(8.0), 4.0f32..=32.0, up_to(1.0), up_to(1.0), 0.02f32..=1.0, any::<bool>()),
        1.0f32..=8.0,
        [(); 7].map(|()| up_to(1.0)),
    )
        .prop_map(|((rotate, scale, shear, shift, translate), rest, focus, spoils)| {
            let [outline, blur, marks, invert, light, noise, resample] = spoils;
            let (elastic, smoothness, thickness, erase, erase_area, noisy) = rest;
            let erase_fill = if noisy { Fill::Noise } else { Fill::Black };
            Augment {
                rotate,
                scale,
                shear,
                shift,
                translate,
                elastic,
                smoothness,
                thickness,
                erase,
                erase_area,
                erase_fill,
                focus,
                outline,
                blur,
                marks,
                invert,
                light,
                noise,
                resample,
            }
        })
}

proptest! {
    #[test]
    fn any_shape_and_any_settings_work_and_repeat(
        augment in settings(),
        height in 1usize..=MOST_PIXELS_A_SIDE,
        width in 1usize..=MOST_PIXELS_A_SIDE,
        fill in any::<u8>(),
        key in any::<(u64, u64, u64)>(),
    ) {
        prop_assert_eq!(Augment::parse(&augment.to_string()).unwrap(), augment);
        let mut augmenter = Augmenter::new(&augment, [height, width]).unwrap();
        let image: Vec<u8> = (0..height * width).map(|i| fill.wrapping_add((i * 37 % 251) as u8)).collect();
        let mut outs = [vec![1; image.len()], vec![2; image.len()]];
        for out in &mut outs {
            augmenter.apply(&image, key.0, key.1, key.2, out);
        }
        prop_assert_eq!(&outs[0], &outs[1]);
        let blackens = augment.erase == 0.0 || augment.erase_fill == Fill::Black;
        if blackens && augment.resample == 0.0 && augment.spoils().iter().all(|&chance| chance == 0.0) {
            // Interpolation invents no ink brighter than the brightest.
            prop_assert!(outs[0].iter().max() <= image.iter().max());
        }
    }

    /// The far edge of a large image, where coordinates are largest, comes from where it should.
    #[test]
    fn black_comes_from_outside_only(rotate in 0.0f32..180.0, scale in 0.0f32..0.5, sample in any::<u64>()) {
        let augment = Augment { rotate, scale, shear: 30.0, shift: 16, translate: 16.0, ..Augment::default() };
        let shape = [MOST_PIXELS_A_SIDE; 2];
        let mut augmenter = Augmenter::new(&augment, shape).unwrap();
        let (image, mut out) = (vec![200; shape[0] * shape[1]], vec![0; shape[0] * shape[1]]);
        augmenter.apply(&image, 1, 1, sample, &mut out);
        // Each row is black, then full, then black: no second piece that wrapped around.
        for row in out.chunks_exact(shape[1]) {
            let full: Vec<_> = row.iter().map(|&pixel| pixel == 200).collect();
            prop_assert!(full.windows(2).filter(|pair| pair[0] != pair[1]).count() <= 2);
        }
    }
}
