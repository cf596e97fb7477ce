//! Which four files MNIST is, byte for byte.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::DataError;
use super::idx::{self, Images};

/// What MNIST is called in every output.
pub const NAME: &str = "MNIST";

/// [`Dataset::sha256`](super::Dataset::sha256) of MNIST's training and test images.
pub(crate) const SETS: [&str; 2] = [
    "1249bc86256fef9df520446045b64018d322eac9cb6e69d5d076b02ec6d61c6d",
    "fc6afb5445e3c37b9bb8ab589ee650753ab43a47df5205f953db1727b0091738",
];

/// One of MNIST's four files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MnistFile {
    /// Its name, without `.gz`.
    pub name: &'static str,
    /// SHA-256 of the unpacked file, hexadecimal. (Of the unpacked one, since packed ones differ between mirrors.)
    pub sha256: &'static str,
    /// Its size unpacked, in bytes.
    pub bytes: u64,
}

/// The four files: training images, training labels, test images, test labels.
pub const FILES: [MnistFile; 4] = [
    MnistFile {
        name: "train-images-idx3-ubyte",
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        bytes: 47_040_016,
    },
    MnistFile {
        name: "train-labels-idx1-ubyte",
        sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        bytes: 60_008,
    },
    MnistFile {
        name: "t10k-images-idx3-ubyte",
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        bytes: 7_840_016,
    },
    MnistFile {
        name: "t10k-labels-idx1-ubyte",
        sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        bytes: 10_008,
    },
];

/// What a file of MNIST's is called in a folder: by its name, or with the dot with which some pass it on; packed. The first that is
/// there is the one that [`folder`](super::folder) reads.
pub(super) fn names(name: &str) -> [String; 3] {
    [name.to_owned(), name.replace("-idx", ".idx"), format!("{name}.gz")]
}

/// Refuses labels that are not those of [`FILES`]`[which]`.
pub(super) fn check_labels(path: &Path, which: usize, labels: &[u8]) -> Result<(), DataError> {
    let header = idx::labels_header(labels.len());
    check(path, which, header.as_ref().map_or(&[], |header| header), labels)
}

/// Refuses images that are not those of [`FILES`]`[which]`.
pub(super) fn check_images(path: &Path, which: usize, images: &Images) -> Result<(), DataError> {
    let header = idx::images_header(images.shape, images.pixels.len());
    check(path, which, header.as_ref().map_or(&[], |header| header), &images.pixels)
}

fn check(path: &Path, which: usize, header: &[u8], body: &[u8]) -> Result<(), DataError> {
    let expected = FILES[which].sha256;
    let found = hex(&Sha256::new().chain_update(header).chain_update(body).finalize());
    if found == expected { Ok(()) } else { Err(DataError::NotMnist { path: path.into(), expected, found }) }
}

/// Hexadecimal, in small letters.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
