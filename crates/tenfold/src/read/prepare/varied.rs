//! A digit as the same person might have written it otherwise: its input leaning, narrower, wider, turned, smaller and larger. Knows
//! nothing of pages; asks nobody.

use crate::evaluate::corruptions::{Plane, affine};

/// How many ways there are.
pub const WAYS: usize = MAPS.len();

/// From a pixel of the result to where it comes from, both (row, column) counted from the middle: two by two, row by row.
const MAPS: [[f32; 4]; 8] = [
    // Leaning to either side.
    [1.0, 0.0, 0.15, 1.0],
    [1.0, 0.0, -0.15, 1.0],
    // Narrower and wider.
    [1.0, 0.0, 0.0, 1.15],
    [1.0, 0.0, 0.0, 0.87],
    // Turned by seven degrees.
    [0.99, -0.12, 0.12, 0.99],
    [0.99, 0.12, -0.12, 0.99],
    // Smaller and larger.
    [1.08, 0.0, 0.0, 1.08],
    [0.93, 0.0, 0.0, 0.93],
];

/// An `input` `[height, width]` in [`WAYS`] other ways: `[WAYS, height, width]`. Round it is nothing.
pub fn varied(input: &[u8], size: [usize; 2]) -> Vec<u8> {
    let plane = Plane::new(input, size);
    let mut all = vec![0; WAYS * input.len()];
    for (map, image) in MAPS.into_iter().zip(all.chunks_exact_mut(input.len().max(1))) {
        affine(&plane, map, (0.0, 0.0)).write(image);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar 4 wide and 20 high in the middle of 28×28.
    fn bar() -> Vec<u8> {
        let inside = |i: usize| (4..24).contains(&(i / 28)) && (12..16).contains(&(i % 28));
        (0..784).map(|i| if inside(i) { 255 } else { 0 }).collect()
    }

    /// Columns from the first to the last that have ink in some of the rows.
    fn columns(image: &[u8], rows: std::ops::Range<usize>) -> [usize; 2] {
        let inked = |x: &usize| rows.clone().any(|y| image[y * 28 + x] > 127);
        [(0..28).find(inked).unwrap(), (0..28).rfind(inked).unwrap()]
    }

    #[test]
    fn a_bar_leans_is_stretched_turned_and_resized_about_the_middle() {
        let all = varied(&bar(), [28, 28]);
        let ways: Vec<&[u8]> = all.chunks_exact(784).collect();
        assert_eq!(ways.len(), WAYS);
        // At the top the first leans to one side, the second to the other, and at the bottom the other way round.
        assert_eq!([columns(ways[0], 4..6), columns(ways[0], 22..24)], [[13, 16], [11, 14]]);
        assert_eq!([columns(ways[1], 4..6), columns(ways[1], 22..24)], [[11, 14], [13, 16]]);
        let mass = |image: &[u8]| image.iter().map(|&level| f32::from(level)).sum::<f32>() / (80.0 * 255.0);
        for (way, expected) in
            [1.0, 1.0, 1.0 / 1.15, 1.0 / 0.87, 1.0, 1.0, 0.86, 1.16].into_iter().enumerate()
        {
            assert!((mass(ways[way]) - expected).abs() < 0.02, "way {way}: {}", mass(ways[way]));
        }
    }

    #[test]
    fn inputs_of_any_size_are_varied() {
        assert_eq!(varied(&[255], [1, 1]), [255; WAYS]);
        assert_eq!(varied(&[0; 15], [3, 5]), [0; 15 * WAYS]);
        assert!(varied(&[], [0, 0]).is_empty());
    }
}
