//! Any bytes as a picture: refused, or read with every box inside it and every confidence a share, and prepared as one
//! digit; never a panic.
#![no_main]

use std::cell::RefCell;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use tenfold::Sequential;
use tenfold::read::{Area, Picture, ReadOptions, Reader, prepare};

/// Larger pictures are refused here: they take time and tell nothing new.
const MOST: usize = 1 << 20;

thread_local! {
    static READER: RefCell<Reader> = RefCell::new({
        let model = include_bytes!("../../models/digits.safetensors");
        let model = Sequential::from_bytes(model, "shipped").expect("the shipped model is whole");
        Reader::new(&[&model], ReadOptions::default()).expect("the shipped model reads digits")
    });
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(picture) = Picture::decode(bytes, Path::new("fuzz")) else { return };
    assert_eq!(picture.pixels.len(), picture.height * picture.width);
    if picture.pixels.len() > MOST {
        return;
    }
    let reading = READER.with_borrow_mut(|reader| reader.read(&picture));
    let whole = Area::all(picture.height, picture.width);
    let areas = reading.digits.iter().map(|digit| digit.area);
    let areas = areas.chain(reading.rejected.iter().map(|rejected| rejected.area));
    for area in areas.chain(reading.separators.iter().map(|separator| separator.area)) {
        assert!(whole.holds(&area), "{area:?} is not inside {whole:?}");
    }
    assert!(reading.digits.iter().all(|digit| digit.digit < 10 && (0.0..=1.0).contains(&digit.confidence)));
    if let Ok(input) = prepare(&picture, [28, 28], Path::new("fuzz")) {
        assert_eq!(input.len(), 28 * 28);
    }
});
