//! Any bytes as an IDX file, plain or gzip: read or refused, never a panic; and what is read is what a plain file holds.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tenfold::data::idx;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzz");
    let plain = !bytes.starts_with(&[0x1f, 0x8b]);
    let mut written = Vec::new();
    if let Ok(images) = idx::decode_images(path, bytes) {
        idx::write_images(&mut written, images.shape, &images.pixels).expect("what was read can be written");
    } else if let Ok(labels) = idx::decode_labels(path, bytes) {
        idx::write_labels(&mut written, &labels).expect("what was read can be written");
    } else {
        return;
    }
    assert!(!plain || written == bytes, "a plain file comes back byte for byte");
});
