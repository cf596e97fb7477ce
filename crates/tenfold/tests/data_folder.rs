//! Folders of IDX files: which files are taken, what is refused, and what TENFOLD_DATA and the cache do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tenfold::data::mnist::{self, FileStatus};
use tenfold::data::{DataError, Dataset, folder, idx};

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];

fn images(count: usize, shape: [usize; 2]) -> Vec<u8> {
    let mut file = Vec::new();
    let pixels: Vec<u8> = (0..count * shape[0] * shape[1]).map(|i| i as u8).collect();
    idx::write_images(&mut file, shape, &pixels).unwrap();
    file
}

fn labels(labels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    idx::write_labels(&mut file, labels).unwrap();
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// A set of three training and two test images of 2 × 3 pixels under `names`.
fn small_set(folder: &Path, names: [&str; 4]) {
    let contents = [images(3, [2, 3]), labels(&[4, 0, 1]), images(2, [2, 3]), labels(&[1, 6])];
    for (name, bytes) in names.iter().zip(contents) {
        write(folder, name, &if name.ends_with(".gz") { gzip(&bytes) } else { bytes });
    }
}

fn assert_small_set((train, test): (Dataset, Dataset)) {
    assert_eq!((train.len(), test.len(), train.shape()), (3, 2, [2, 3]));
    assert_eq!((train.labels(), test.labels()), (&[4, 0, 1][..], &[1, 6][..]));
    assert_eq!((train.classes(), test.classes()), (7, 7), "the larger of the two");
    assert_eq!(train.image(1), [6, 7, 8, 9, 10, 11]);
}

#[test]
fn every_usual_naming_is_read() {
    for names in [
        NAMES,
        NAMES.map(|name| Box::leak(format!("{name}.gz").into_boxed_str()) as &str),
        NAMES.map(|name| Box::leak(name.replace("-idx", ".idx").into_boxed_str()) as &str),
        [
            "emnist-letters-train-images-idx3-ubyte.gz",
            "emnist-letters-train-labels-idx1-ubyte.gz",
            "emnist-letters-test-images-idx3-ubyte.gz",
            "emnist-letters-test-labels-idx1-ubyte",
        ],
    ] {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("my-set");
        std::fs::create_dir(&folder).unwrap();
        small_set(&folder, names);
        write(&folder, "README.txt", b"not data");
        write(&folder, "._train-images-idx3-ubyte", b"not data");
        std::fs::create_dir(folder.join("train-images.idx3-ubyte.gz")).unwrap();
        let set = folder::load(&folder).unwrap();
        assert_eq!((set.0.name(), set.1.name()), ("my-set", "my-set"));
        assert_small_set(set);
    }
}

#[test]
fn a_plain_file_is_preferred_to_a_packed_one() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path(), NAMES);
    write(folder.path(), "train-images-idx3-ubyte.gz", b"not even gzip");
    assert_small_set(folder::load(folder.path()).unwrap());
}

#[test]
fn contents_decide_what_is_packed() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path(), NAMES);
    write(folder.path(), NAMES[0], &gzip(&images(3, [2, 3])));
    assert_small_set(folder::load(folder.path()).unwrap());
}

#[test]
fn labels_that_begin_at_one_leave_class_zero_empty() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path(), NAMES);
    write(folder.path(), NAMES[1], &labels(&[1, 26, 2]));
    let (train, test) = folder::load(folder.path()).unwrap();
    assert_eq!((train.classes(), test.classes()), (27, 27));
    assert_eq!(train.labels(), [1, 26, 2]);
}

#[test]
fn a_folder_lends_no_set_a_name_that_is_anothers() {
    let folder = tempfile::tempdir().unwrap();
    for (name, expected) in [("mnist", "folder mnist"), ("Strokes", "folder Strokes"), ("mine", "mine")] {
        let named = folder.path().join(name);
        std::fs::create_dir(&named).unwrap();
        small_set(&named, NAMES);
        assert_eq!(folder::load(&named).unwrap().0.name(), expected);
    }
}

/// Spoils a good folder, and returns what is said of it.
#[track_caller]
fn refusal(spoil: impl FnOnce(&Path)) -> DataError {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path(), NAMES);
    spoil(folder.path());
    let error = folder::load(folder.path()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&*folder.path().to_string_lossy()), "names the place: {text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    error
}

#[test]
fn what_is_missing_is_named() {
    let missing = refusal(|folder| std::fs::remove_file(folder.join(NAMES[3])).unwrap());
    assert!(matches!(missing, DataError::MissingFile { role: "test labels", .. }));
    assert!(missing.to_string().contains("t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz"), "{missing}");
    let nowhere = folder::load(Path::new("/no/such/folder")).unwrap_err();
    assert!(matches!(nowhere, DataError::NoFolder { .. }), "{nowhere}");
    let temporary = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(folder::load(temporary.path()), Err(DataError::NotAFolder { .. })));
}

#[test]
fn two_candidates_are_named_and_neither_is_taken() {
    let two = refusal(|folder| write(folder, "test-images-idx3-ubyte", &images(2, [2, 3])));
    let DataError::Ambiguous { role: "test images", candidates, .. } = two else { panic!("{two}") };
    assert_eq!(candidates, ["t10k-images-idx3-ubyte", "test-images-idx3-ubyte"]);
    let two = refusal(|folder| write(folder, "emnist-letters-train-labels-idx1-ubyte.gz", &labels(&[1])));
    assert!(matches!(two, DataError::Ambiguous { role: "training labels", .. }), "{two}");
}

#[test]
fn files_of_two_sets_are_not_mixed() {
    let mixed = refusal(|folder| {
        std::fs::rename(folder.join(NAMES[0]), folder.join("kmnist-train-images-idx3-ubyte")).unwrap();
    });
    assert!(matches!(mixed, DataError::MixedSets { .. }), "{mixed}");
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let counts = refusal(|folder| write(folder, NAMES[1], &labels(&[0, 1])));
    assert!(matches!(counts, DataError::CountsDiffer { images: 3, labels: 2, .. }), "{counts}");
    let shapes = refusal(|folder| write(folder, NAMES[2], &images(2, [3, 2])));
    assert!(matches!(shapes, DataError::ShapesDiffer { train: [2, 3], test: [3, 2], .. }), "{shapes}");
    let swapped = refusal(|folder| write(folder, NAMES[0], &labels(&[0, 1, 2])));
    assert!(swapped.to_string().contains("the files are mixed up"), "{swapped}");
    let empty = refusal(|folder| {
        write(folder, NAMES[2], &images(0, [2, 3]));
        write(folder, NAMES[3], &labels(&[]));
    });
    assert!(matches!(empty, DataError::Empty { .. }), "{empty}");
}

#[test]
fn labels_a_model_cannot_answer_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path(), NAMES);
    let (_, test) = folder::load(folder.path()).unwrap();
    assert!(test.require_classes(7).is_ok() && test.require_classes(100).is_ok());
    let error = test.require_classes(6).unwrap_err();
    assert!(matches!(error, DataError::LabelOutOfRange { index: 1, label: 6, classes: 6, .. }), "{error}");
    assert!(error.to_string().contains("at least 7 outputs"), "{error}");
    assert!(test.slice(0..1).require_classes(6).is_ok(), "only the images of the slice count");
}

#[test]
fn what_is_not_mnist_is_not_taken_for_it() {
    let folder = tempfile::tempdir().unwrap();
    small_set(folder.path(), NAMES);
    let error = mnist::load_from(folder.path()).unwrap_err();
    assert!(matches!(error, DataError::NotMnist { .. }), "{error}");
    assert!(error.to_string().contains("tenfold data fetch"), "{error}");
    write(folder.path(), NAMES[0], b"<html>");
    std::fs::remove_file(folder.path().join(NAMES[2])).unwrap();
    let checks = mnist::verify(folder.path());
    assert_eq!(checks.len(), 4);
    assert!(matches!(checks[0].status, FileStatus::Unreadable { .. }));
    assert!(matches!(checks[1].status, FileStatus::Wrong { .. }));
    assert!(checks[2].status == FileStatus::Missing && checks[2].path.ends_with(NAMES[2]));
}

// ---- TENFOLD_DATA and the cache, each in a process of its own ------------------------------------------------------

/// What `mnist::load` says in a process with these variables.
fn load_with(variables: &[(&str, &Path)]) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "child_that_loads", "--ignored", "--nocapture"]).env_remove("TENFOLD_DATA");
    child.envs(variables.iter().copied()).env("TENFOLD_TEST_CHILD", "1");
    String::from_utf8(child.output().unwrap().stdout).unwrap()
}

#[test]
#[ignore = "started by the tests of TENFOLD_DATA"]
fn child_that_loads() {
    if std::env::var_os("TENFOLD_TEST_CHILD").is_some() {
        match mnist::load() {
            Ok((train, _)) => println!("loaded {} ({})", train.name(), train.len()),
            Err(error) => println!("{error:?}\n{error}"),
        }
    }
}

#[test]
fn tenfold_data_is_used_or_refused_never_passed_over() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("my-set");
    std::fs::create_dir(&folder).unwrap();
    small_set(&folder, NAMES);
    assert!(load_with(&[("TENFOLD_DATA", &folder)]).contains("loaded my-set (3)"));
    let empty = load_with(&[("TENFOLD_DATA", Path::new(""))]);
    assert!(empty.contains("TENFOLD_DATA is set but empty"), "{empty}");
    let missing = load_with(&[("TENFOLD_DATA", &folder.join("none"))]);
    assert!(missing.contains("NoFolder"), "{missing}");
    std::fs::remove_file(folder.join(NAMES[0])).unwrap();
    let spoiled = load_with(&[("TENFOLD_DATA", &folder)]);
    assert!(spoiled.contains("MissingFile"), "{spoiled}");
}

#[cfg(all(unix, not(target_os = "macos")))]
#[test]
fn what_is_in_the_cache_is_mnist_or_refused() {
    let caches = tempfile::tempdir().unwrap();
    let folder = caches.path().join("tenfold/mnist");
    std::fs::create_dir_all(&folder).unwrap();
    small_set(&folder, NAMES);
    let refused = load_with(&[("XDG_CACHE_HOME", caches.path())]);
    assert!(refused.contains("NotMnist") && refused.contains("tenfold/mnist/t10k-labels"), "{refused}");
    if cfg!(not(feature = "fetch")) {
        std::fs::remove_file(folder.join(NAMES[0])).unwrap();
        let unavailable = load_with(&[("XDG_CACHE_HOME", caches.path())]);
        assert!(unavailable.contains("FetchUnavailable"), "{unavailable}");
    }
}

// ---- the real MNIST ------------------------------------------------------------------------------------------------

mod real_mnist {
    use super::*;
    use std::path::PathBuf;

    /// The folder `TENFOLD_DATA` names, from here or from the root of the workspace.
    fn folder() -> PathBuf {
        let named =
            PathBuf::from(std::env::var_os("TENFOLD_DATA").expect("TENFOLD_DATA names MNIST's folder"));
        let from_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&named);
        if named.is_dir() { named } else { from_root }
    }

    #[test]
    #[ignore = "needs TENFOLD_DATA"]
    fn loads_under_its_name() {
        let (train, test) = folder::load(&folder()).unwrap();
        assert_eq!((train.name(), test.name()), (mnist::NAME, mnist::NAME));
        assert_eq!((train.len(), test.len(), train.shape(), train.classes()), (60_000, 10_000, [28, 28], 10));
        assert_eq!(train.labels()[..8], [5, 0, 4, 1, 9, 2, 1, 3]);
        assert_eq!(test.labels()[..8], [7, 2, 1, 0, 4, 1, 4, 9]);
        let sum = |set: &Dataset| set.pixels().iter().map(|&pixel| u64::from(pixel)).sum::<u64>();
        assert_eq!((sum(&train), sum(&test)), (1_567_298_545, 264_923_200));
    }

    /// Whole they are known and not computed.
    #[test]
    #[ignore = "needs TENFOLD_DATA"]
    fn hashes_that_are_known_are_those_of_the_bytes() {
        let (train, test) = mnist::load_from(&folder()).unwrap();
        for set in [train, test] {
            let part = set.slice(0..100);
            for set in [set, part] {
                let (pixels, labels) = (set.pixels().to_vec(), set.labels().to_vec());
                let same = Dataset::new("the same", set.shape(), pixels, labels).unwrap();
                assert_eq!(set.sha256(), same.sha256(), "{} images", set.len());
            }
        }
    }

    #[test]
    #[ignore = "needs TENFOLD_DATA"]
    fn passes_its_own_checks() {
        mnist::load_from(&folder()).unwrap();
        for (check, file) in mnist::verify(&folder()).into_iter().zip(mnist::FILES) {
            assert_eq!(check.status, FileStatus::Ok, "{}", check.path.display());
            assert!(check.path.file_name().unwrap().to_str().unwrap().starts_with(&file.name[..12]));
        }
    }

    #[test]
    #[ignore = "needs TENFOLD_DATA"]
    fn a_changed_pixel_is_found() {
        let copy = tempfile::tempdir().unwrap();
        let (train, test) = folder::load(&folder()).unwrap();
        for (set, names) in [(&train, &NAMES[..2]), (&test, &NAMES[2..])] {
            let mut file = std::fs::File::create(copy.path().join(names[0])).unwrap();
            idx::write_images(&mut file, set.shape(), set.pixels()).unwrap();
            write(copy.path(), names[1], &labels(set.labels()));
        }
        assert_eq!(mnist::load_from(copy.path()).unwrap().0.sha256(), train.sha256());
        let path = copy.path().join(NAMES[0]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[1_000_000] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(mnist::load_from(copy.path()), Err(DataError::NotMnist { .. })));
        assert_ne!(folder::load(copy.path()).unwrap().0.name(), mnist::NAME, "it is some set, but not MNIST");
        assert!(matches!(mnist::verify(copy.path())[0].status, FileStatus::Wrong { .. }));
    }
}
