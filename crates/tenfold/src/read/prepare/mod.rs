//! From any picture of one digit to the network's input: its size made workable, its paper found and taken away, its ink
//! placed as MNIST's makers placed theirs. Asks no network; several digits are the reader's business.

mod ink;
mod paper;
mod place;
mod working;

use std::path::Path;

pub(super) use ink::Ink;
pub(super) use paper::{Polarity, polarity};
pub(super) use place::input;
pub(super) use working::Working;

use super::segment::{Part, without_rules};
use super::{Picture, ReadError};

/// The input `[height, width]` (0 background, 255 ink) for a picture of one digit.
///
/// A picture of the network's own size whose ink has the right size and place already, as MNIST's have, is used as it
/// is, with bright paper made dark. `name` is what messages call the picture.
///
/// # Errors
/// [`ReadError::Blank`] where no stroke is seen.
pub fn prepare(picture: &Picture, size: [usize; 2], name: &Path) -> Result<Vec<u8>, ReadError> {
    if let Some(ready) = ready(picture, size) {
        return Ok(ready);
    }
    let blank = || ReadError::Blank { file: name.into() };
    let working = Working::new(picture);
    let mut ink = Ink::find(&working.picture, polarity(&working.picture)).ok_or_else(blank)?;
    let parts = without_rules(&mut ink);
    let largest = parts.iter().map(|part| part.pixels).max().ok_or_else(blank)?;
    let kept: Vec<&Part> = parts.iter().filter(|part| 25 * part.pixels >= largest).collect();
    Ok(input(&ink, &kept, size))
}

/// A picture that is a network's input already, ink bright.
pub(super) fn ready(picture: &Picture, size: [usize; 2]) -> Option<Vec<u8>> {
    if [picture.height, picture.width] != size {
        return None;
    }
    let border = (0..size[0]).flat_map(|y| {
        let row = picture.row(y);
        let edge = y == 0 || y + 1 == size[0];
        row.iter()
            .enumerate()
            .filter(move |&(x, _)| edge || x == 0 || x + 1 == row.len())
            .map(|(_, &level)| level)
    });
    let mut border: Vec<u8> = border.collect();
    let middle = border.len() / 2;
    let paper = *border.select_nth_unstable(middle).1;
    let ink = if paper > 127 { picture.inverted() } else { picture.clone() };
    place::is_ready(&ink).then_some(ink.pixels)
}
