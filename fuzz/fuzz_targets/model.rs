//! Any bytes as a model file, as its container, and as an architecture: an error, or what comes back the same, and a
//! small model answers; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenfold::Sequential;
use tenfold::engine::Predictor;
use tenfold::model::Architecture;
use tenfold::model::container::Container;

/// Larger models are not asked: they take time and memory and tell nothing new.
const MOST_PIXELS: usize = 1 << 12;
const MOST_PARAMETERS: usize = 1 << 16;
const MOST_MULTIPLY_ADDS: u64 = 1 << 20;

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
        answer(&model);
    }
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(architecture) = Architecture::from_json(text, "fuzz")
    {
        let json = architecture.to_json();
        assert_eq!(
            Architecture::from_json(&json, "again").expect("what was written can be read"),
            architecture
        );
        let _ = architecture.resolve([28, 28], 10, "fuzz");
    }
});

/// A model that was read is computed or refused. The engines compile what no one drew.
fn answer(model: &Sequential) {
    let pixels = model.input.iter().product();
    if pixels > MOST_PIXELS
        || model.parameters() > MOST_PARAMETERS
        || model.multiply_adds() > MOST_MULTIPLY_ADDS
    {
        return;
    }
    if let Ok(mut predictor) = Predictor::new(model, 1) {
        let answers = predictor.predict(&vec![255; pixels]);
        assert_eq!(answers.len(), predictor.classes());
    }
}
