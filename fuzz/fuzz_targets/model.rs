//! Any bytes as a model file, as its container, and as an architecture: an error, or what comes back the same; never a
//! panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenfold::Sequential;
use tenfold::model::Architecture;
use tenfold::model::container::Container;

fuzz_target!(|data: &[u8]| {
    if let Ok(container) = Container::from_bytes(data, "fuzz") {
        let bytes = container.to_bytes().expect("what was read can be written");
        let again = Container::from_bytes(&bytes, "again").expect("what was written can be read");
        // Bytes are compared, not values: a container may hold NaN, which only `take` refuses.
        assert_eq!(again.to_bytes().expect("it can be written again"), bytes);
    }
    if let Ok(model) = Sequential::from_bytes(data, "fuzz") {
        let bytes = model.to_bytes().expect("what was read can be written");
        assert_eq!(Sequential::from_bytes(&bytes, "again").expect("what was written can be read"), model);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(architecture) = Architecture::from_json(text, "fuzz")
    {
        let json = architecture.to_json();
        assert_eq!(Architecture::from_json(&json, "again").expect("what was written can be read"), architecture);
        let _ = architecture.resolve([28, 28], 10, "fuzz");
    }
});
