//! A digit as the same person might have written it otherwise: its input leaning, narrower, wider, turned, smaller and larger. Knows
//! nothing of pages; asks nobody.

/// How many ways there are.
pub const WAYS: usize = MAPS.len();

/// From a pixel of the result to where it comes from, both counted from the middle: rows of a matrix for x and y.
const MAPS: [[[f32; 2]; 2]; 8] = [
    // Leaning to either side.
    [[1.0, 0.15], [0.0, 1.0]],
    [[1.0, -0.15], [0.0, 1.0]],
    // Narrower and wider.
    [[1.15, 0.0], [0.0, 1.0]],
    [[0.87, 0.0], [0.0, 1.0]],
    // Turned by seven degrees.
    [[0.99, 0.12], [-0.12, 0.99]],
    [[0.99, -0.12], [0.12, 0.99]],
    // Smaller and larger.
    [[1.08, 0.0], [0.0, 1.08]],
    [[0.93, 0.0], [0.0, 0.93]],
];

/// An `input` `[height, width]` in [`WAYS`] other ways: `[WAYS, height, width]`. Between its pixels it is a mixture of the nearest four;
/// round it is nothing.
pub fn varied(input: &[u8], [height, width]: [usize; 2]) -> Vec<u8> {
    let pixel = |y: isize, x: isize| -> f32 {
        let inside = y >= 0 && x >= 0 && (y as usize) < height && (x as usize) < width;
        if inside { f32::from(input[y as usize * width + x as usize]) } else { 0.0 }
    };
    let [middle_y, middle_x] = [height, width].map(|side| (side as f32 - 1.0) / 2.0);
    let mut all = Vec::with_capacity(WAYS * height * width);
    for [to_x, to_y] in MAPS {
        for y in 0..height {
            for x in 0..width {
                let (down, across) = (y as f32 - middle_y, x as f32 - middle_x);
                let from_x = to_x[0] * across + to_x[1] * down + middle_x;
                let from_y = to_y[0] * across + to_y[1] * down + middle_y;
                let (left, top) = (from_x.floor(), from_y.floor());
                let (right, lower) = (from_x - left, from_y - top);
                let row = |y: isize| {
                    let [here, next] = [pixel(y, left as isize), pixel(y, left as isize + 1)];
                    here + right * (next - here)
                };
                let [above, below] = [row(top as isize), row(top as isize + 1)];
                all.push((above + lower * (below - above) + 0.5) as u8);
            }
        }
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
