//! The model file: what goes in comes out, the same model gives the same bytes, and no file makes it panic.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tenfold::Sequential;
use tenfold::model::container::Container;
use tenfold::model::{DataInfo, ModelError, Provenance, Recipe, TestFigures};

/// A small model with every field of the file in use.
fn small() -> Sequential {
    let mut model = Sequential::new([3, 2]).flatten().dense(4).relu().dense(3).softmax();
    model.initialise(7).unwrap();
    let data = |name: &str| DataInfo { name: name.into(), images: 6, sha256: "00ff".into() };
    model.provenance = Provenance {
        recipe: Some(Recipe {
            optimizer: "Adam(learning_rate 0.001)".into(),
            loss: "sparse categorical cross-entropy".into(),
            schedule: "constant".into(),
            epochs: 10,
            batch_size: 32,
            seed: u64::MAX,
            validation_split: 0.1,
            augmentation: "rotate=15".into(),
            mix: "none".into(),
            label_smoothing: 0.1,
            clip_norm: Some(1.0),
            precision: "float32".into(),
            average: Some(0.998),
        }),
        training_data: Some(data("MNIST")),
        test: Some(TestFigures { data: data("MNIST"), accuracy: 0.977, loss: 1.0 / 3.0 }),
    };
    model
}

/// A file with this safetensors header and these bytes of tensors.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

/// A whole file around this `tenfold` text, with one tensor `dense.bias` of two numbers.
fn with_text(text: &str) -> Vec<u8> {
    let text = serde_json::to_string(text).unwrap();
    let tensor = r#""dense.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;
    file(&format!(r#"{{"__metadata__":{{"tenfold":{text}}},{tensor}}}"#), &[0; 8])
}

/// The error of reading these bytes, which names the file.
fn refused(bytes: &[u8]) -> ModelError {
    let error = Sequential::from_bytes(bytes, "seven.model").unwrap_err();
    assert!(error.to_string().starts_with("seven.model: "), "{error}");
    error
}

/// The small model's file with a changed header.
fn edited(from: &str, to: &str) -> Vec<u8> {
    let bytes = small().to_bytes().unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + length]).unwrap();
    assert!(header.contains(from), "{from} is not in {header}");
    file(&header.replace(from, to), &bytes[8 + length..])
}

#[test]
fn what_a_file_says_of_its_origin_cannot_steer_a_terminal() {
    let mut model = small();
    let hostile = "MN\u{1b}[2J\nIST\u{9b}".to_string();
    model.provenance.recipe.as_mut().unwrap().optimizer.clone_from(&hostile);
    model.provenance.training_data.as_mut().unwrap().name.clone_from(&hostile);
    model.provenance.test.as_mut().unwrap().data.name.clone_from(&hostile);
    let Provenance { recipe, training_data, test } =
        Sequential::from_bytes(&model.to_bytes().unwrap(), "x").unwrap().provenance;
    for text in [recipe.unwrap().optimizer, training_data.unwrap().name, test.unwrap().data.name] {
        assert_eq!(text, "MN [2J IST ");
    }
}

#[test]
fn whether_the_last_class_means_none_of_the_others_is_kept_and_costs_other_files_no_byte() {
    let plain = small();
    let rejecting = Sequential { rejects: true, ..plain.clone() };
    let bytes = rejecting.to_bytes().unwrap();
    assert_eq!(Sequential::from_bytes(&bytes, "m").unwrap(), rejecting);
    let word = |bytes: &[u8]| bytes.windows(7).any(|window| window == b"rejects");
    assert!(word(&bytes) && !word(&plain.to_bytes().unwrap()));

    let mut alone = Sequential::new([3, 2]).flatten().dense(1).softmax();
    alone.initialise(7).unwrap();
    alone.rejects = true;
    assert!(matches!(alone.to_bytes(), Err(ModelError::NothingButRejects { classes: 1, .. })));
}

#[test]
fn what_is_saved_is_loaded_and_saved_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["a.model", "b.model"].map(|name| folder.path().join(name));
    let model = small();
    model.save(&first).unwrap();
    let loaded = Sequential::load(&first).unwrap();
    assert_eq!(loaded, model);
    loaded.save(&second).unwrap();
    let bytes = std::fs::read(&first).unwrap();
    assert_eq!(bytes, std::fs::read(&second).unwrap());
    assert_eq!(bytes, model.to_bytes().unwrap());
}

/// A change of this hash is a change of the format: files of older programs must still be read, and
/// `docs/model-format.md` must say what is new.
#[test]
fn the_format_has_not_changed_unnoticed() {
    let mut model = Sequential::new([2, 1]).flatten().dense(2).softmax();
    for tensor in model.tensors_mut().unwrap() {
        let count = tensor.shape.iter().product::<usize>();
        *tensor.values = (0..count).map(|value| value as f32 / 8.0 - 0.25).collect();
    }
    model.provenance.training_data = Some(DataInfo { name: "none".into(), images: 0, sha256: String::new() });
    let bytes = model.to_bytes().unwrap();
    let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hash,
        "1fbfb0027367cfbe64916c44262b426335a1e50d33a7ead0c0d7dc008d41ee5a",
        "{}",
        String::from_utf8_lossy(&bytes)
    );
}

#[test]
fn a_model_that_could_not_be_read_back_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.model");
    let save = |model: &Sequential| model.save(&path).unwrap_err();
    let untrained = Sequential::new([2, 2]).flatten().dense(3).softmax();
    assert!(matches!(save(&untrained), ModelError::Weights { found: 0, .. }));
    assert!(matches!(save(&Sequential::new([2, 2])), ModelError::NoLayers { .. }));
    let mut infinite = small();
    infinite.tensors_mut().unwrap()[2].values[5] = f32::NEG_INFINITY;
    let error = save(&infinite);
    assert!(error.to_string().contains("dense_1.weights holds -inf at index 5"), "{error}");
    let mut figures = small();
    figures.provenance.test.as_mut().unwrap().loss = f64::NAN;
    assert!(matches!(save(&figures), ModelError::Figure { figure: "loss", .. }));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let error = small().save(&folder.path().join("missing/m.model")).unwrap_err();
    assert!(matches!(error, ModelError::Write { .. }), "{error}");
}

#[test]
fn a_header_that_could_not_be_read_back_is_not_written() {
    let container = Container::new("checkpoint", &"x".repeat(1 << 24)).unwrap();
    assert!(matches!(container.to_bytes(), Err(ModelError::HeaderTooLarge { .. })));
    let container = Container::new("checkpoint", &"x".repeat(1 << 23)).unwrap();
    assert!(Container::from_bytes(&container.to_bytes().unwrap(), "long").is_ok());
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = small().to_bytes().unwrap();
    for length in 0..bytes.len() {
        let error = refused(&bytes[..length]);
        match length {
            0..8 => assert!(matches!(error, ModelError::NotSafetensors { .. }), "{error}"),
            _ => assert!(
                matches!(error, ModelError::Length { found, .. } if found == length as u64),
                "{error}"
            ),
        }
    }
    let longer = [&bytes[..], b"!"].concat();
    assert!(matches!(refused(&longer), ModelError::Length { .. }));
}

#[test]
fn a_header_length_that_lies_allocates_nothing() {
    for length in [u64::MAX, u64::MAX - 7, 1 << 63, 1 << 40, (1 << 24) + 1] {
        let bytes = [&length.to_le_bytes()[..], &[b' '; 64]].concat();
        assert!(matches!(refused(&bytes), ModelError::NotSafetensors { .. }));
    }
    let bytes = [&(1u64 << 24).to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(refused(&bytes), ModelError::Length { expected: 16_777_224, found: 10, .. }));
}

#[test]
fn shapes_and_offsets_that_lie_are_refused() {
    let huge = u64::MAX / 2;
    for tensor in [
        format!(r#"{{"dtype":"F32","shape":[{huge},{huge}],"data_offsets":[0,8]}}"#),
        format!(r#"{{"dtype":"F32","shape":[{huge}],"data_offsets":[0,8]}}"#),
        r#"{"dtype":"F32","shape":[2],"data_offsets":[8,0]}"#.into(),
        r#"{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#.into(),
        r#"{"dtype":"F32","shape":[3],"data_offsets":[0,8]}"#.into(),
        r#"{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}"#.into(),
        r#"{"dtype":"X9","shape":[2],"data_offsets":[0,8]}"#.into(),
    ] {
        let error = refused(&file(&format!(r#"{{"w":{tensor}}}"#), &[0; 8]));
        assert!(matches!(error, ModelError::NotSafetensors { .. }), "{error}");
    }
    // A claim of 400 GB that agrees with itself, in a file of 8 bytes of data.
    let claim = r#"{"w":{"dtype":"F32","shape":[100000000000],"data_offsets":[0,400000000000]}}"#;
    let expected = 400_000_000_008 + claim.len() as u64;
    assert!(
        matches!(refused(&file(claim, &[0; 8])), ModelError::Length { expected: e, .. } if e == expected)
    );
}

#[test]
fn files_of_other_kinds_are_named_for_what_they_are() {
    assert!(matches!(refused(b"\x89PNG\r\n\x1a\n and so on"), ModelError::NotSafetensors { .. }));
    assert!(matches!(refused(&file("{}", b"")), ModelError::NotTenfold { .. }));
    assert!(matches!(refused(&file(&"[".repeat(100_000), b"")), ModelError::NotSafetensors { .. }));
    let other = r#"{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    assert!(matches!(refused(&file(other, &[0; 4])), ModelError::NotTenfold { .. }));
    let half = edited(r#""dtype":"F32","shape":[6,4]"#, r#""dtype":"BF16","shape":[6,8]"#);
    assert!(matches!(refused(&half), ModelError::TensorType { found, .. } if found == "BF16"));

    let checkpoint = Container::new("checkpoint", &[1, 2, 3]).unwrap().to_bytes().unwrap();
    let error = refused(&checkpoint);
    assert!(error.to_string().contains("is a checkpoint, not a model; go on with its training"), "{error}");
    let error = refused(&with_text(r#"{"format":2,"kind":"model","anything":[]}"#));
    assert!(error.to_string().contains("newer Tenfold (format 2; this one reads up to 1)"), "{error}");
    for text in [
        "",
        "{",
        "null",
        r#"{"format":-1}"#,
        r#"{"format":0,"kind":"model","header":{}}"#,
        r#"{"format":1}"#,
        r#"{"format":1,"kind":"model"}"#,
        r#"{"format":1,"kind":"model","header":{}}"#,
        r#"{"format":1,"kind":"model","header":{},"more":1}"#,
        &format!(r#"{{"format":1,"kind":"model","header":{}}}"#, "[".repeat(10_000)),
    ] {
        assert!(matches!(refused(&with_text(text)), ModelError::Header { .. }), "{text}");
    }
}

#[test]
fn a_header_that_does_not_belong_to_its_tensors_is_refused() {
    let missing = edited("dense_1.bias", "dense_2.bias");
    assert!(
        matches!(refused(&missing), ModelError::MissingTensor { tensor, .. } if tensor == "dense_1.bias")
    );
    let extra = edited(r#"{\"layer\":\"dense\",\"units\":3},"#, "");
    assert!(matches!(refused(&extra), ModelError::ExtraTensor { tensor, .. } if tensor == "dense_1.bias"));
    let wide = edited(r#"\"units\":4"#, r#"\"units\":5"#);
    let error = refused(&wide);
    assert!(error.to_string().contains("dense.weights has shape [6, 4]; its layer needs [6, 5]"), "{error}");
    let unfit = edited(r#"{\"layer\":\"flatten\"},"#, "");
    assert!(matches!(refused(&unfit), ModelError::DoesNotFit { .. }));
    let absurd = edited(r#"\"units\":4"#, r#"\"units\":18446744073709551615"#);
    let error = refused(&absurd);
    assert!(error.to_string().contains("over 50000000 parameters"), "{error}");
    let sides = edited(r#"\"input\":[3,2]"#, r#"\"input\":[4294967296,4294967296]"#);
    assert!(matches!(refused(&sides), ModelError::DoesNotFit { .. }));
    let open = edited(r#"\"units\":3"#, r#"\"units\":\"classes\""#);
    assert!(matches!(refused(&open), ModelError::Open { .. }));
    let unknown = edited(r#"\"layer\":\"relu\""#, r#"\"layer\":\"selu\""#);
    assert!(refused(&unknown).to_string().contains("unknown variant `selu`"));
    let ink = edited("white on black", "black on white");
    assert!(matches!(refused(&ink), ModelError::Header { .. }));
    let side = edited(r#"\"longest_side\":2"#, r#"\"longest_side\":9"#);
    assert!(matches!(refused(&side), ModelError::Preprocessing { .. }));
    let layers = edited(r#"\"layers\":[{"#, r#"\"layers\":[],\"was\":[{"#);
    assert!(matches!(refused(&layers), ModelError::Header { .. }));
}

#[test]
fn a_weight_that_is_no_number_is_found() {
    let mut bytes = small().to_bytes().unwrap();
    let at = bytes.len() - 4;
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        bytes[at..].copy_from_slice(&value.to_le_bytes());
        let error = refused(&bytes);
        assert!(error.to_string().contains("tensor dense_1.weights holds"), "{error}");
        assert!(matches!(error, ModelError::NotFinite { index: 11, .. }));
    }
}

#[test]
fn what_is_no_file_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let load = |path: &Path| Sequential::load(path).unwrap_err();
    assert!(matches!(load(&folder.path().join("none")), ModelError::Read { .. }));
    assert!(matches!(load(folder.path()), ModelError::NotAFile { .. }));
    #[cfg(unix)]
    assert!(matches!(load(Path::new("/dev/zero")), ModelError::NotAFile { .. }));
    // 2 GiB that take no room on disk.
    let large = folder.path().join("large");
    std::fs::File::create(&large).unwrap().set_len(1 << 31).unwrap();
    assert!(matches!(load(&large), ModelError::FileTooLarge { .. }));
}

proptest! {
    #[test]
    fn changed_bytes_give_an_error_or_a_model(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = small().to_bytes().unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(model) = Sequential::from_bytes(&bytes, "changed") {
            let again = model.to_bytes().unwrap();
            prop_assert_eq!(Sequential::from_bytes(&again, "again").unwrap(), model);
        }
    }

    #[test]
    fn any_bytes_give_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Sequential::from_bytes(&bytes, "noise").is_err());
    }

    #[test]
    fn any_text_in_the_metadata_gives_an_error(text in ".{0,200}") {
        prop_assert!(Sequential::from_bytes(&with_text(&text), "noise").is_err());
    }

    #[test]
    fn every_network_comes_back(
        (height, width) in (1usize..9, 1usize..9),
        units in prop::collection::vec(1usize..9, 1..4),
        seed: u64,
    ) {
        let layers = units.into_iter().fold(Sequential::new([height, width]).flatten(), |m, n| m.dense(n).relu());
        let mut model = layers.softmax();
        model.initialise(seed).unwrap();
        let bytes = model.to_bytes().unwrap();
        let read = Sequential::from_bytes(&bytes, "any").unwrap();
        prop_assert_eq!(read.to_bytes().unwrap(), bytes);
        prop_assert_eq!(read, model);
    }
}
