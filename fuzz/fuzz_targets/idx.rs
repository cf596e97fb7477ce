//! Any bytes as an IDX file, plain or gzip: read or refused, never a panic; what is read is what a plain file holds, and
//! a plain file says the same once it is packed.
#![no_main]

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use tenfold::data::idx;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("fuzz");
    let plain = !bytes.starts_with(&[0x1f, 0x8b]);
    let (images, labels) = (idx::decode_images(path, bytes).ok(), idx::decode_labels(path, bytes).ok());
    if plain {
        let packed = packed(bytes);
        assert_eq!(idx::decode_images(path, &packed[..]).ok(), images, "packed images");
        assert_eq!(idx::decode_labels(path, &packed[..]).ok(), labels, "packed labels");
    }
    let mut written = Vec::new();
    if let Some(images) = images {
        idx::write_images(&mut written, images.shape, &images.pixels).expect("what was read can be written");
    } else if let Some(labels) = labels {
        idx::write_labels(&mut written, &labels).expect("what was read can be written");
    } else {
        return;
    }
    assert!(!plain || written == bytes, "a plain file comes back byte for byte");
});

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).expect("memory can be written");
    packer.finish().expect("memory can be written")
}
