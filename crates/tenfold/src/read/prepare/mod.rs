//! From any picture of one digit to the network's input: its size made workable, its paper found and taken away, its ink
//! placed as MNIST's makers placed theirs. Asks no network; several digits are the reader's business.

mod coarse;
mod edges;
mod ink;
mod paper;
mod place;
mod polarity;
mod sheet;
mod varied;
mod view;
mod working;

use std::path::Path;

pub(super) use coarse::{coarse, scanned};
pub(super) use ink::Ink;
pub(super) use place::{framed, input};
pub(super) use sheet::sheet;
pub(super) use varied::{WAYS, varied};
pub(super) use view::View;
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
    if size.contains(&0) {
        return Ok(Vec::new());
    }
    if let Some(ready) = ready(picture, size) {
        return Ok(ready);
    }
    if let Some(likeliest) = coarse(picture, size).into_iter().flat_map(|way| way.inputs).next() {
        return Ok(likeliest);
    }
    let blank = || ReadError::Blank { file: name.into() };
    if picture.pixels.is_empty() {
        return Err(blank());
    }
    let mut ink = Ink::find(&View::of(picture)).ok_or_else(blank)?;
    let parts = without_rules(&mut ink);
    let largest = parts.iter().map(|part| part.pixels).max().ok_or_else(blank)?;
    let kept: Vec<&Part> = parts.iter().filter(|part| 25 * part.pixels >= largest).collect();
    Ok(input(&ink, &kept, size))
}

/// A picture's bright ink, cut to its box.
pub(super) fn cut_to_ink(ink: &Picture) -> Option<Picture> {
    place::bounds(ink, 128).map(|area| ink.cropped(&area))
}

/// A picture that is a network's input already, ink bright.
pub(super) fn ready(picture: &Picture, size: [usize; 2]) -> Option<Vec<u8>> {
    if [picture.height, picture.width] != size {
        return None;
    }
    let mut border = picture.border();
    let middle = border.len() / 2;
    let paper = *border.select_nth_unstable(middle).1;
    let ink = if paper > 127 { picture.inverted() } else { picture.clone() };
    place::is_ready(&ink).then_some(ink.pixels)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INPUT: [usize; 2] = [28, 28];

    /// A 1 with a foot, drawn `scale` times as large at (`y`, `x`) on a page `[side, side]`.
    fn page(side: usize, scale: usize, y: usize, x: usize, paper: u8, ink: u8) -> Picture {
        let mut page = Picture::filled(side, side, paper);
        for dy in 0..10 * scale {
            for dx in 0..6 * scale {
                let stem = (2 * scale..4 * scale).contains(&dx);
                if stem || dy >= 8 * scale {
                    page.pixels[(y + dy) * side + x + dx] = ink;
                }
            }
        }
        page
    }

    fn prepared(picture: &Picture) -> Vec<u8> {
        prepare(picture, INPUT, Path::new("x.png")).unwrap()
    }

    #[test]
    fn place_size_polarity_and_contrast_make_no_difference() {
        let expected = prepared(&page(100, 4, 20, 30, 255, 0));
        for (name, picture) in [
            ("moved", page(100, 4, 55, 8, 255, 0)),
            ("bright on dark", page(100, 4, 20, 30, 0, 255)),
            ("pale", page(100, 4, 3, 60, 200, 90)),
            ("large", page(400, 16, 100, 50, 250, 20)),
            ("huge", page(2000, 80, 900, 150, 250, 20)),
            ("tiny", page(25, 1, 4, 9, 255, 0)),
        ] {
            let image = prepared(&picture);
            let far = expected.iter().zip(&image).map(|(a, b)| usize::from(a.abs_diff(*b))).sum::<usize>();
            assert!(far < 255 * 28, "{name}: {far}");
        }
    }

    #[test]
    fn the_longest_side_is_20_and_the_centre_of_mass_in_the_middle() {
        let image = prepared(&page(100, 4, 20, 30, 255, 0));
        let inked = |y: usize| image[y * 28..(y + 1) * 28].iter().any(|&p| p > 0);
        assert_eq!((0..28).filter(|&y| inked(y)).count(), 20);
        let mass: f64 = image.iter().map(|&p| f64::from(p)).sum();
        let middle =
            image.iter().enumerate().map(|(i, &p)| (i / 28) as f64 * f64::from(p)).sum::<f64>() / mass;
        assert!((0.0..1.0).contains(&(middle + 0.5 - 14.0)), "{middle}");
    }

    #[test]
    fn thick_strokes_are_looked_at_smaller_and_thin_ones_beside_them_as_they_are() {
        let height = |picture: &Picture| View::of(picture).working.picture.height;
        // The stem is 32 pixels wide.
        let mut page = page(400, 16, 100, 50, 250, 20);
        assert_eq!(height(&page), 100);
        for at in (100..260).flat_map(|y| [250, 290, 330].map(|x| y * 400 + x)) {
            page.pixels[at..at + 5].fill(20);
        }
        assert_eq!(height(&page), 400);
    }

    #[test]
    fn hairlines_are_widened_and_markers_left() {
        let mut page = Picture::filled(400, 400, 255);
        (100..300).for_each(|y| page.pixels[y * 400 + 200] = 0);
        let line = prepared(&page);
        let widest = line.chunks_exact(28).map(|row| row.iter().map(|&p| u32::from(p)).sum::<u32>()).max();
        assert!((300..600).contains(&widest.unwrap()), "{widest:?}");
    }

    #[test]
    fn a_picture_that_is_ready_is_kept_and_bright_paper_made_dark() {
        let dark = prepared(&page(100, 4, 20, 30, 255, 0));
        let picture = Picture { height: 28, width: 28, pixels: dark.clone() };
        assert_eq!(prepared(&picture), dark);
        assert_eq!(prepared(&picture.inverted()), dark);
    }

    #[test]
    fn blank_paper_is_refused() {
        for side in [1, 28, 50] {
            let error = prepare(&Picture::filled(side, side, 200), INPUT, Path::new("x.png")).unwrap_err();
            assert!(matches!(error, ReadError::Blank { .. }), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_picture_gives_an_input_or_an_error(
            (height, width, pixels) in (0usize..60, 0usize..60).prop_flat_map(|(h, w)| {
                (Just(h), Just(w), proptest::collection::vec(any::<u8>(), h * w))
            }),
            input in (1usize..40, 1usize..40),
        ) {
            let input = [input.0, input.1];
            match prepare(&Picture { height, width, pixels }, input, Path::new("x.png")) {
                Ok(image) => prop_assert_eq!(image.len(), input[0] * input[1]),
                Err(error) => prop_assert!(matches!(error, ReadError::Blank { .. }), "{}", error),
            }
        }
    }
}
