//! Runs of ink: pixels side by side in a row, or one below the other in a column, that reach a level.

use std::ops::Range;

use super::Picture;

/// Pixels that are looked at together where there is no ink.
const STEP: usize = 32;

/// The columns of each run of pixels that reach `low`, from the left.
pub fn across(row: &[u8], low: u8) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(pixels) = row.get(from..from + STEP)
            && pixels.iter().fold(0, |most, &level| u8::max(most, level)) < low
        {
            from += STEP;
        }
        let start = from + row.get(from..)?.iter().position(|&level| level >= low)?;
        let end =
            row[start..].iter().position(|&level| level < low).map_or(row.len(), |length| start + length);
        from = end;
        Some(start..end)
    })
}

/// How long the run of pixels that reach `low` is that each pixel lies in, down its column; 0 for those that do not: a value a
/// pixel.
pub fn down(levels: &Picture, low: u8) -> Vec<u16> {
    let width = levels.width.max(1);
    let mut down: Vec<u16> = Vec::with_capacity(levels.pixels.len());
    // Counted from above, then taken over from the last of the run.
    let mut above = vec![0u16; width];
    for row in levels.rows() {
        for (above, &level) in above.iter_mut().zip(row) {
            *above = above.saturating_add(1) * u16::from(level >= low);
        }
        down.extend_from_slice(&above);
    }
    let mut below = vec![0u16; width];
    for row in down.chunks_exact_mut(width).rev() {
        for (run, below) in row.iter_mut().zip(&mut below) {
            *run = if *run > 0 { (*run).max(*below) } else { 0 };
            *below = *run;
        }
    }
    down
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn runs_are_what_a_plain_loop_finds(
            (height, width, pixels) in (1usize..5, 1usize..150).prop_flat_map(|(height, width)| {
                (Just(height), Just(width), proptest::collection::vec(prop_oneof![8 => Just(0u8), 3 => any::<u8>()], height * width))
            }),
            low in 1u8..255,
        ) {
            let picture = Picture { height, width, pixels };
            let down = down(&picture, low);
            for y in 0..height {
                let mut inside = vec![false; width];
                let mut end = None;
                for run in across(picture.row(y), low) {
                    prop_assert!(!run.is_empty() && end.is_none_or(|end| end < run.start));
                    end = Some(run.end);
                    inside[run].fill(true);
                }
                for x in 0..width {
                    let inked = |y: &usize| picture.row(*y)[x] >= low;
                    prop_assert_eq!(inside[x], inked(&y));
                    let run = if inked(&y) {
                        (0..y).rev().take_while(inked).count() + (y..height).take_while(inked).count()
                    } else {
                        0
                    };
                    prop_assert_eq!(usize::from(down[y * width + x]), run);
                }
            }
        }
    }
}
