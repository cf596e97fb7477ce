//! IDX files: what is written is read back, and every way such a file can lie is refused without panic and without
//! memory for what is not there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Cursor, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tenfold::data::{DataError, idx};

fn path() -> &'static Path {
    Path::new("some/file")
}

fn images_file(shape: [usize; 2], pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    idx::write_images(&mut file, shape, pixels).unwrap();
    file
}

fn labels_file(labels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    idx::write_labels(&mut file, labels).unwrap();
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A header of images followed by `body`.
fn claiming(count: u32, height: u32, width: u32, body: &[u8]) -> Vec<u8> {
    let header = [idx::IMAGES_MAGIC, count, height, width];
    [header.map(u32::to_be_bytes).concat(), body.to_vec()].concat()
}

fn error(file: &[u8]) -> DataError {
    idx::decode_images(path(), file).unwrap_err()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn images_come_back_plain_and_packed(
        count in 0usize..5, height in 1usize..9, width in 1usize..9, seed in any::<u8>()
    ) {
        let pixels: Vec<u8> = (0..count * height * width).map(|i| (i as u8).wrapping_mul(37) ^ seed).collect();
        let file = images_file([height, width], &pixels);
        for bytes in [file.clone(), gzip(&file)] {
            let images = idx::decode_images(path(), bytes.as_slice()).unwrap();
            prop_assert_eq!(images.count(), count);
            prop_assert_eq!(images.shape, [height, width]);
            prop_assert_eq!(&images.pixels, &pixels);
        }
    }

    #[test]
    fn labels_come_back_plain_and_packed(labels in prop::collection::vec(any::<u8>(), 0..300)) {
        let file = labels_file(&labels);
        for bytes in [file.clone(), gzip(&file)] {
            prop_assert_eq!(&idx::decode_labels(path(), bytes.as_slice()).unwrap(), &labels);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = idx::decode_images(path(), bytes.as_slice());
        let _ = idx::decode_labels(path(), bytes.as_slice());
        let _ = idx::decode_images(path(), [&[0x1f, 0x8b], bytes.as_slice()].concat().as_slice());
        let _ = idx::decode_images(path(), gzip(&bytes).as_slice());
    }

    #[test]
    fn any_header_is_read_or_refused(header in any::<[u32; 3]>(), body in prop::collection::vec(any::<u8>(), 0..99)) {
        let [count, height, width] = header;
        for (height, width) in [(height, width), (height % 8, width % 8)] {
            if let Ok(images) = idx::decode_images(path(), claiming(count, height, width, &body).as_slice()) {
                prop_assert_eq!(images.pixels, body.clone());
            }
        }
    }

    #[test]
    fn a_flipped_bit_in_a_packed_file_never_changes_the_images(bit in 0usize..8 * 60) {
        let pixels: Vec<u8> = (0..400u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut bytes = gzip(&images_file([20, 20], &pixels));
        // The gzip header has fields without meaning here (time, operating system): those may change.
        let at = bit % (8 * bytes.len());
        bytes[at / 8] ^= 1 << (at % 8);
        if let Ok(images) = idx::decode_images(path(), bytes.as_slice()) {
            prop_assert_eq!(images.pixels, pixels);
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let pixels: Vec<u8> = (0..50u8).collect();
    let file = images_file([5, 5], &pixels);
    for length in 0..file.len() {
        let cut = idx::decode_images(path(), &file[..length]).unwrap_err();
        match cut {
            DataError::CutHeader { expected: 16, found, .. } => assert!(length < 16 && found == length),
            DataError::Truncated { expected: 50, found, .. } => assert!(length >= 16 && found == length - 16),
            other => panic!("{other}"),
        }
    }
    let file = labels_file(&pixels);
    for length in 0..file.len() {
        let cut = idx::decode_labels(path(), &file[..length]).unwrap_err();
        assert!(matches!(cut, DataError::CutHeader { .. } | DataError::Truncated { .. }), "{cut}");
    }
}

#[test]
fn a_packed_file_cut_anywhere_is_refused() {
    let file = gzip(&images_file([5, 5], &(0..50u8).collect::<Vec<_>>()));
    for length in 0..file.len() {
        let cut = idx::decode_images(path(), &file[..length]).unwrap_err();
        match cut {
            DataError::CutHeader { .. } => assert!(length < 2, "{length}: {cut}"),
            DataError::CutGzip { .. } => assert!(length >= 2, "{length}: {cut}"),
            other => panic!("{length}: {other}"),
        }
    }
}

#[test]
fn one_byte_more_is_refused() {
    let file = [images_file([2, 2], &[1; 8]), vec![0]].concat();
    for bytes in [file.clone(), gzip(&file)] {
        assert!(matches!(error(&bytes), DataError::TrailingBytes { expected: 8, .. }));
    }
    let packed = [gzip(&images_file([2, 2], &[1; 8])), b"more than that".to_vec()].concat();
    assert!(matches!(error(&packed), DataError::DamagedGzip { .. }), "{}", error(&packed));
}

#[test]
fn a_packed_file_of_several_members_is_one_file() {
    let file = images_file([2, 2], &[1, 2, 3, 4, 5, 6, 7, 8]);
    let packed = [gzip(&file[..10]), gzip(&file[10..20]), gzip(&file[20..])].concat();
    assert_eq!(idx::decode_images(path(), packed.as_slice()).unwrap().count(), 2);
}

#[test]
fn other_files_are_named_for_what_they_are() {
    for (bytes, hint) in [
        (&labels_file(&[1, 2, 3])[..], "these are labels"),
        (b"<!DOCTYPE html>", "web page"),
        (b"<htm", "web page"),
        (b"PK\x03\x04 and so on", "zip archive"),
        (&[0, 0, 0x0d, 3, 0, 0, 0, 1], "another element type"),
        (b"\x89PNG\r\n", "another kind of file"),
    ] {
        let text = error(bytes).to_string();
        assert!(
            text.starts_with("some/file: not an IDX file of images: expected magic 0x00000803"),
            "{text}"
        );
        assert!(text.contains(hint), "{text}");
        assert_eq!(text.lines().count(), 1);
    }
    let swapped = idx::decode_labels(path(), images_file([1, 1], &[0]).as_slice()).unwrap_err();
    assert!(swapped.to_string().contains("these are images"), "{swapped}");
}

#[test]
fn absurd_headers_are_refused() {
    for (height, width) in [(0, 28), (28, 0), (65_536, 28), (28, u32::MAX)] {
        let lie = error(&claiming(1, height, width, &[0; 100]));
        assert!(matches!(lie, DataError::AbsurdSides { .. }), "{lie}");
    }
    // 2³² × 65535² overflows 64 bits; it must not come out small.
    let lie = error(&claiming(u32::MAX, 65_535, 65_535, &[0; 100]));
    assert!(matches!(lie, DataError::AbsurdSize { .. }), "{lie}");
}

#[test]
fn what_cannot_be_written_as_idx_is_refused() {
    for (shape, bytes) in [([0, 5], 10), ([5, 5], 26), ([65_536, 1], 65_536), ([usize::MAX, 2], 4)] {
        assert!(idx::write_images(&mut Vec::new(), shape, &vec![0; bytes]).is_err(), "{shape:?}");
    }
}

#[test]
fn files_that_cannot_be_opened_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = idx::read_images(&folder.path().join("none")).unwrap_err();
    assert!(missing.to_string().contains("none: cannot open"), "{missing}");
    let directory = idx::read_labels(folder.path()).unwrap_err();
    assert!(matches!(directory, DataError::Io { .. }), "{directory}");
}

/// Counts what is read of it.
struct Counted<R>(R, usize);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.0.read(buffer)?;
        self.1 += got;
        Ok(got)
    }
}

#[test]
fn a_packed_file_that_unpacks_without_end_is_left_at_once() {
    let zeros = gzip(&vec![0; 1 << 20]);
    let bomb = [gzip(&claiming(3, 4, 4, &[0; 40])), zeros.repeat(200)].concat();
    assert!(bomb.len() > 150_000, "there is enough of it to stop in");
    let mut counted = Counted(Cursor::new(bomb), 0);
    let lie = idx::decode_images(path(), &mut counted).unwrap_err();
    assert!(matches!(lie, DataError::TrailingBytes { expected: 48, .. }), "{lie}");
    assert!(counted.1 <= 64 * 1024, "{} bytes read", counted.1);
}

/// Linux tells the most address space this process ever had, touched or not.
#[cfg(target_os = "linux")]
#[test]
fn a_header_gets_no_memory_for_what_is_not_there() {
    let peak_kib = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmPeak:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    // 8 GiB, the most that is believed at all, in a file of a hundred bytes.
    let file = claiming(1 << 21, 64, 64, &[7; 100]);
    let before = peak_kib();
    for bytes in [file.clone(), gzip(&file)] {
        let lie = idx::decode_images(path(), bytes.as_slice()).unwrap_err();
        assert!(matches!(lie, DataError::Truncated { expected: 0x2_0000_0000, found: 100, .. }), "{lie}");
    }
    let grown = peak_kib() - before;
    assert!(grown < 2 << 20, "address space grew by {grown} KiB"); // Other tests' threads and arenas share it.
}
