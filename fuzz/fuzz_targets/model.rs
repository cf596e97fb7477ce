//! Any bytes as a model file, and as an architecture: an error or a model that comes back the same, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenfold::Sequential;
use tenfold::model::Architecture;

fuzz_target!(|data: &[u8]| {
    if let Ok(model) = Sequential::from_bytes(data, "fuzz") {
        let bytes = model.to_bytes().unwrap();
        assert_eq!(Sequential::from_bytes(&bytes, "again").unwrap(), model);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(architecture) = Architecture::from_json(text, "fuzz")
    {
        let json = architecture.to_json();
        assert_eq!(Architecture::from_json(&json, "again").unwrap(), architecture);
        let _ = architecture.resolve([28, 28], 10, "fuzz");
    }
});
