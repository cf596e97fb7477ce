//! A folder with the four IDX files of a data set: MNIST, Fashion-MNIST, KMNIST, EMNIST, or anybody's own.
//!
//! Files are known by their names: an optional prefix, `train`, or `t10k` or `test`, then `images` with `idx3` or
//! `labels` with `idx1`, then perhaps `ubyte`, joined by dashes, dots or underscores, and perhaps `.gz`. So
//! `train-images-idx3-ubyte.gz`, `t10k-labels.idx1-ubyte` and `emnist-letters-test-images-idx3-ubyte.gz` are all read.
//! Where a file is there both plain and packed, the plain one is read. Where two files could be meant, none is: the
//! folder is refused with the candidates' names. Sub-folders are not searched.
//!
//! Pixels and labels are kept as they are. EMNIST letters are labelled from 1, so class 0 stays empty; and EMNIST's
//! images are stored lying on their side (rows and columns exchanged), which a network does not mind.

use std::path::{Path, PathBuf};
use std::thread;

use super::idx::{self, Images};
use super::{DataError, Dataset, mnist_files};

/// What each of the four files holds, and its usual name; [train images, train labels, test images, test labels].
const ROLES: [(&str, &str); 4] = [
    ("training images", "train-images-idx3-ubyte"),
    ("training labels", "train-labels-idx1-ubyte"),
    ("test images", "t10k-images-idx3-ubyte"),
    ("test labels", "t10k-labels-idx1-ubyte"),
];

/// Names that sets have which are no folder's.
const TAKEN: [&str; 2] = [mnist_files::NAME, "strokes"];

/// Reads the data set in `folder`: (training, test), both with as many classes as the larger of the two has.
///
/// The set is named MNIST where the files' unpacked contents are MNIST's (SHA-256), otherwise after the folder.
///
/// # Errors
/// `NoFolder`, `NotAFolder`, `MissingFile`, `Ambiguous`, `MixedSets` for the folder; those of [`idx::decode_images`] for a file;
/// `CountsDiffer`, `ShapesDiffer`, `Empty` for files that do not belong together.
pub fn load(folder: &Path) -> Result<(Dataset, Dataset), DataError> {
    let contents = read(folder)?;
    let name = match (&contents.not_mnist, name_of(folder)) {
        (None, _) => mnist_files::NAME.to_owned(),
        // What a folder is called makes nobody's images MNIST's, or drawn by the program.
        (Some(_), name) if TAKEN.iter().any(|taken| name.eq_ignore_ascii_case(taken)) => {
            format!("folder {name}")
        }
        (Some(_), name) => name,
    };
    contents.into_datasets(folder, &name)
}

/// The four files, unpacked.
pub(super) struct Contents {
    files: [PathBuf; 4],
    train: (Images, Vec<u8>),
    test: (Images, Vec<u8>),
    /// The first file found not to be MNIST's, smallest files first.
    pub(super) not_mnist: Option<DataError>,
}

/// Finds and reads the four files. Two threads: the training images take as long as everything else, hashes included.
pub(super) fn read(folder: &Path) -> Result<Contents, DataError> {
    let files = find(folder)?;
    let [train_images, train_labels, test_images, test_labels] = &files;
    let others = || {
        let labels = (idx::read_labels(train_labels)?, idx::read_labels(test_labels)?);
        let images = idx::read_images(test_images)?;
        let not_mnist = mnist_files::check_labels(test_labels, 3, &labels.1)
            .and_then(|()| mnist_files::check_labels(train_labels, 1, &labels.0))
            .and_then(|()| mnist_files::check_images(test_images, 2, &images));
        Ok::<_, DataError>((labels, images, not_mnist.err()))
    };
    let (train, others) = thread::scope(|scope| {
        // Where no thread can be started, this one does both.
        match thread::Builder::new().spawn_scoped(scope, others) {
            Ok(handle) => {
                let train = idx::read_images(train_images);
                (train, handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            }
            Err(_) => (idx::read_images(train_images), others()),
        }
    });
    let (train, (labels, test, not_mnist)) = (train?, others?);
    let not_mnist = not_mnist.or_else(|| mnist_files::check_images(train_images, 0, &train).err());
    Ok(Contents { train: (train, labels.0), test: (test, labels.1), not_mnist, files })
}

impl Contents {
    /// (training, test) under `name`, checked against one another.
    pub(super) fn into_datasets(self, folder: &Path, name: &str) -> Result<(Dataset, Dataset), DataError> {
        let Self { files, train, test, not_mnist } = self;
        let belong = |pair: &(Images, Vec<u8>), files: &[PathBuf]| {
            let (images, labels) = (pair.0.count(), pair.1.len());
            let name = || format!("{} and {}", files[0].display(), files[1].display());
            match (images == labels, images) {
                (false, _) => Err(DataError::CountsDiffer { name: name(), images, labels }),
                (true, 0) => Err(DataError::Empty { name: name() }),
                (true, _) => Ok(()),
            }
        };
        belong(&train, &files[..2])?;
        belong(&test, &files[2..])?;
        if train.0.shape != test.0.shape {
            let (train, test) = (train.0.shape, test.0.shape);
            return Err(DataError::ShapesDiffer { folder: folder.into(), train, test });
        }
        let train = Dataset::new(name, train.0.shape, train.0.pixels, train.1)?;
        let test = Dataset::new(name, test.0.shape, test.0.pixels, test.1)?;
        let classes = train.classes().max(test.classes());
        let [train, test] = [train, test].map(|set| set.with_classes(classes));
        if not_mnist.is_some() {
            return Ok((train, test));
        }
        // To hash them once more would take 30 ms.
        Ok((train.known_as(mnist_files::SETS[0]), test.known_as(mnist_files::SETS[1])))
    }
}

/// A file whose name says what it holds.
struct Named {
    file: String,
    /// Index into [`ROLES`].
    role: usize,
    /// The name's words before `train`, `t10k` or `test`.
    prefix: String,
    gzip: bool,
}

impl Named {
    fn parse(file: &str) -> Option<Self> {
        let lower = file.to_ascii_lowercase();
        let (stem, gzip) = lower.strip_suffix(".gz").map_or((lower.as_str(), false), |stem| (stem, true));
        if stem.starts_with('.') {
            return None; // Hidden; among them the "._…" files that macOS adds to archives.
        }
        let words: Vec<&str> = stem.split(['-', '.', '_', ' ']).filter(|word| !word.is_empty()).collect();
        let words = words.strip_suffix(&["ubyte"]).unwrap_or(&words);
        let [prefix @ .., set, kind, idx] = words else { return None };
        let set = match *set {
            "train" => 0,
            "t10k" | "test" => 2,
            _ => return None,
        };
        let kind = match (*kind, *idx) {
            ("images", "idx3" | "idx") => 0,
            ("labels", "idx1" | "idx") => 1,
            _ => return None,
        };
        Some(Self { file: file.to_owned(), role: set + kind, prefix: prefix.join("-"), gzip })
    }
}

/// The paths of the four files in `folder`, in the order of [`ROLES`].
pub(super) fn find(folder: &Path) -> Result<[PathBuf; 4], DataError> {
    let failed = |reason: std::io::Error| match reason.kind() {
        std::io::ErrorKind::NotFound => DataError::NoFolder { path: folder.into() },
        std::io::ErrorKind::NotADirectory => DataError::NotAFolder { path: folder.into() },
        _ => DataError::Io { path: folder.into(), action: "list the folder", reason },
    };
    let mut all = Vec::new();
    for entry in folder.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if let Some(named) = entry.file_name().to_str().and_then(Named::parse)
            && !entry.path().is_dir()
        {
            all.push(named);
        }
    }
    all.sort_by(|a, b| (a.role, &a.file).cmp(&(b.role, &b.file)));

    let mut chosen = Vec::with_capacity(4);
    for (role, (what, example)) in ROLES.into_iter().enumerate() {
        let plain = |prefix: &str| all.iter().any(|f| f.role == role && !f.gzip && f.prefix == prefix);
        let candidates: Vec<&Named> =
            all.iter().filter(|f| f.role == role && (!f.gzip || !plain(&f.prefix))).collect();
        match candidates[..] {
            [one] => chosen.push(one),
            [] => {
                let found = all.iter().map(|f| f.file.clone()).collect();
                return Err(DataError::MissingFile { folder: folder.into(), role: what, example, found });
            }
            _ => {
                let candidates = candidates.iter().map(|f| f.file.clone()).collect();
                return Err(DataError::Ambiguous { folder: folder.into(), role: what, candidates });
            }
        }
    }
    if chosen.iter().any(|file| file.prefix != chosen[0].prefix) {
        let files = chosen.iter().map(|f| f.file.clone()).collect();
        return Err(DataError::MixedSets { folder: folder.into(), files });
    }
    Ok(std::array::from_fn(|role| folder.join(&chosen[role].file)))
}

/// The last part of the folder's path, of `.` and `..` too.
fn name_of(folder: &Path) -> String {
    let resolved = folder.canonicalize();
    let path = resolved.as_deref().unwrap_or(folder);
    path.file_name().map_or_else(|| "data".into(), |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_say_what_they_hold() {
        let parse = |file| Named::parse(file).map(|n| (n.role, n.prefix, n.gzip));
        for (file, role, prefix, gzip) in [
            ("train-images-idx3-ubyte.gz", 0, "", true),
            ("train-labels.idx1-ubyte", 1, "", false),
            ("t10k-images.idx3-ubyte", 2, "", false),
            ("T10K-Labels-idx1-ubyte.GZ", 3, "", true),
            ("emnist-letters-train-images-idx3-ubyte.gz", 0, "emnist-letters", true),
            ("emnist-letters-test-labels-idx1-ubyte", 3, "emnist-letters", false),
            ("my_digits_test_images.idx", 2, "my-digits", false),
        ] {
            assert_eq!(parse(file), Some((role, prefix.to_owned(), gzip)), "{file}");
        }
        for file in [
            "README.md",
            "train-images-idx1-ubyte",
            "train-labels-idx3-ubyte",
            "images-idx3-ubyte",
            "._train-images-idx3-ubyte",
            ".part-train-images-idx3-ubyte",
            "train-images-idx3-ubyte.part",
            "train-images-idx3-ubyte.zip",
            "",
            ".gz",
        ] {
            assert_eq!(parse(file), None, "{file}");
        }
    }
}
