//! From a grey picture of one digit to the network's input, as MNIST's makers placed theirs (LeCun, Bottou, Bengio &
//! Haffner 1998, section III-A): ink bright on dark, cut to the ink, longest side 20 of 28 pixels, centre of mass in
//! the middle. Expects even light and one digit; finds no digits in a scene.

use std::path::Path;

use super::ReadError;

/// Longest side of the ink, as a part of the input's shorter side.
const INK_PART: f64 = 20.0 / 28.0;

/// The input `[height, width]` (0 background, 255 ink) for the picture `pixels` `[size[0], size[1]]` of any brightness.
///
/// A picture of the network's own size whose ink has the right size and place already, as MNIST's have, is used as it
/// is, with bright paper made dark; any other is cut, scaled and centred. `name` is what messages call the picture.
///
/// # Errors
/// [`ReadError::Size`] where `pixels` are not `size[0] · size[1]`; [`ReadError::Blank`] where all are alike.
pub fn prepare(
    pixels: &[u8],
    size: [usize; 2],
    input: [usize; 2],
    name: &Path,
) -> Result<Vec<u8>, ReadError> {
    let [height, width] = size;
    if pixels.is_empty() || height.checked_mul(width) != Some(pixels.len()) {
        return Err(ReadError::Size { file: name.into(), height, width, found: pixels.len() });
    }
    let blank = || ReadError::Blank { file: name.into() };
    let paper = median(border(pixels, size));
    if size == input {
        let ink: Vec<u8> =
            if paper > 127 { pixels.iter().map(|p| 255 - p).collect() } else { pixels.to_vec() };
        if is_ready(&ink, input) {
            return Ok(ink);
        }
    }
    let ink = stretch(&difference(pixels, paper)).ok_or_else(blank)?;
    let ink = Ink::cut(&ink, size, 128).ok_or_else(blank)?;
    Ok(ink.scaled(INK_PART * input[0].min(input[1]) as f64).placed(input))
}

/// Whether the ink of an image `[height, width]` is where MNIST's makers would have put it, give or take a pixel or two.
/// (All of MNIST's test images pass but one, whose ink is only 14 pixels high.)
fn is_ready(ink: &[u8], size: [usize; 2]) -> bool {
    let side = INK_PART * size[0].min(size[1]) as f64;
    let Some(cut) = Ink::cut(ink, size, 64) else { return false };
    let longest = cut.height.max(cut.width) as f64;
    let all =
        Ink { height: size[0], width: size[1], levels: ink.iter().map(|&level| f64::from(level)).collect() };
    let centred = |middle: f64, room: usize| (-0.5..1.5).contains(&(middle - room as f64 / 2.0));
    let (y, x) = all.centre();
    (side * 0.85..=side * 1.05).contains(&longest) && centred(y, size[0]) && centred(x, size[1])
}

/// The pixels of the outermost rows and columns.
fn border(pixels: &[u8], [height, width]: [usize; 2]) -> impl Iterator<Item = u8> {
    let inner = move |index: usize| {
        let (y, x) = (index / width, index % width);
        y > 0 && y + 1 < height && x > 0 && x + 1 < width
    };
    pixels.iter().enumerate().filter(move |&(index, _)| !inner(index)).map(|(_, &pixel)| pixel)
}

/// The value with as many below as above.
fn median(values: impl Iterator<Item = u8>) -> u8 {
    let counts = histogram(values);
    let half = counts.iter().sum::<usize>().div_ceil(2);
    let mut sum = 0;
    let found = counts.iter().position(|count| {
        sum += count;
        sum >= half
    });
    found.unwrap_or(0) as u8
}

fn histogram(values: impl Iterator<Item = u8>) -> [usize; 256] {
    let mut counts = [0; 256];
    values.for_each(|value| counts[usize::from(value)] += 1);
    counts
}

/// How far each pixel is from the paper, on the side where there is more to see: dark ink on bright paper, or the
/// other way round.
fn difference(pixels: &[u8], paper: u8) -> Vec<u8> {
    let weight = |far: fn(u8, u8) -> u8| pixels.iter().map(|&p| u64::from(far(p, paper)).pow(2)).sum::<u64>();
    let darker: fn(u8, u8) -> u8 = |pixel, paper| paper.saturating_sub(pixel);
    let brighter: fn(u8, u8) -> u8 = |pixel, paper| pixel.saturating_sub(paper);
    let far = if weight(darker) >= weight(brighter) { darker } else { brighter };
    pixels.iter().map(|&pixel| far(pixel, paper)).collect()
}

/// Paper to 0 and ink to 255: what lies below half of Otsu's threshold (1979) is paper, what reaches the mean of the ink is
/// full ink. `None` where nothing is drawn.
fn stretch(far: &[u8]) -> Option<Vec<u8>> {
    let counts = histogram(far.iter().copied());
    let threshold = otsu(&counts);
    let (mut ink, mut total) = (0u64, 0u64);
    for (level, &count) in counts.iter().enumerate().skip(threshold + 1) {
        ink += count as u64;
        total += (level * count) as u64;
    }
    let full = total.checked_div(ink)? as f32;
    let low = threshold as f32 / 2.0;
    let scale = 255.0 / (full - low).max(1.0);
    Some(
        far.iter().map(|&level| ((f32::from(level) - low) * scale).round().clamp(0.0, 255.0) as u8).collect(),
    )
}

/// The level that parts the histogram so that the two parts' means lie furthest apart, weighted by their sizes: the
/// last level of the lower part.
fn otsu(counts: &[usize; 256]) -> usize {
    let all: f64 = counts.iter().sum::<usize>() as f64;
    let sum: f64 = counts.iter().enumerate().map(|(level, &count)| (level * count) as f64).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut best_level) = (-1.0, 0);
    for (level, &count) in counts.iter().enumerate() {
        below += count as f64;
        sum_below += (level * count) as f64;
        let above = all - below;
        if below > 0.0 && above > 0.0 {
            let between = below * above * (sum_below / below - (sum - sum_below) / above).powi(2);
            if between > best {
                (best, best_level) = (between, level);
            }
        }
    }
    best_level
}

/// A picture of ink alone: 0 paper, 255 full ink.
struct Ink {
    height: usize,
    width: usize,
    /// `[height, width]`.
    levels: Vec<f64>,
}

impl Ink {
    /// The part that holds all pixels of at least `least` ink.
    fn cut(levels: &[u8], [_, width]: [usize; 2], least: u8) -> Option<Self> {
        let (mut top, mut bottom, mut left, mut right) = (usize::MAX, 0, usize::MAX, 0);
        for (index, _) in levels.iter().enumerate().filter(|&(_, &level)| level >= least) {
            let (y, x) = (index / width, index % width);
            (top, bottom, left, right) = (top.min(y), bottom.max(y), left.min(x), right.max(x));
        }
        (top <= bottom).then(|| Self {
            height: bottom - top + 1,
            width: right - left + 1,
            levels: (top..=bottom)
                .flat_map(|y| {
                    levels[y * width + left..=y * width + right].iter().map(|&level| f64::from(level))
                })
                .collect(),
        })
    }

    /// The same with its longest side `side` pixels long: each new pixel is the mean of the area it covers.
    fn scaled(&self, side: f64) -> Self {
        let factor = side / self.height.max(self.width) as f64;
        let length = |old: usize| ((old as f64 * factor).round() as usize).max(1);
        let (height, width) = (length(self.height), length(self.width));
        let (rows, columns) = (Share::all(self.height, height), Share::all(self.width, width));
        // [old height, new width], then [new height, new width].
        let narrow: Vec<f64> = self
            .levels
            .chunks_exact(self.width)
            .flat_map(|row| columns.iter().map(|share| share.mean(|x| row[x])))
            .collect();
        let mut levels: Vec<f64> = rows
            .iter()
            .flat_map(|share| (0..width).map(|x| share.mean(|y| narrow[y * width + x])).collect::<Vec<_>>())
            .collect();
        // A hairline pen leaves grey where it covers a part of a pixel; the brightest becomes full ink again.
        let brightest = levels.iter().copied().fold(1.0, f64::max);
        levels.iter_mut().for_each(|level| *level *= 255.0 / brightest);
        Self { height, width, levels }
    }

    /// The centre of mass (y, x), in pixels from the upper left corner.
    fn centre(&self) -> (f64, f64) {
        let (mut mass, mut y_sum, mut x_sum) = (0.0, 0.0, 0.0);
        for (index, level) in self.levels.iter().enumerate() {
            mass += level;
            y_sum += level * ((index / self.width) as f64 + 0.5);
            x_sum += level * ((index % self.width) as f64 + 0.5);
        }
        let mass = f64::max(mass, 1.0);
        (y_sum / mass, x_sum / mass)
    }

    /// The ink in an image `[height, width]`, its centre of mass in the middle; what would stick out is pushed in.
    /// The centre comes to lie up to one pixel below and right of the exact middle, as it does in MNIST's own images.
    fn placed(&self, [height, width]: [usize; 2]) -> Vec<u8> {
        let start = |middle: f64, length: usize, room: usize| {
            let most = room.saturating_sub(length);
            ((room as f64 / 2.0 - middle).ceil().max(0.0) as usize).min(most)
        };
        let (y, x) = self.centre();
        let (top, left) = (start(y, self.height, height), start(x, self.width, width));
        let mut image = vec![0; height * width];
        for (y, row) in self.levels.chunks_exact(self.width).enumerate().take(height - top) {
            for (x, level) in row.iter().enumerate().take(width - left) {
                image[(top + y) * width + left + x] = level.round().clamp(0.0, 255.0) as u8;
            }
        }
        image
    }
}

/// Which old pixels a new one covers, and the part of it each fills.
struct Share {
    first: usize,
    parts: Vec<f64>,
}

impl Share {
    /// One for each of `new` pixels that take the place of `old` ones.
    fn all(old: usize, new: usize) -> Vec<Self> {
        let scale = old as f64 / new as f64;
        (0..new)
            .map(|index| {
                let (from, to) = (index as f64 * scale, (index + 1) as f64 * scale);
                let first = (from as usize).min(old - 1);
                let last = (to.ceil() as usize).clamp(first + 1, old);
                let part =
                    |pixel: usize| (to.min((pixel + 1) as f64) - from.max(pixel as f64)).max(0.0) / scale;
                Self { first, parts: (first..last).map(part).collect() }
            })
            .collect()
    }

    fn mean(&self, level: impl Fn(usize) -> f64) -> f64 {
        self.parts.iter().enumerate().map(|(offset, part)| part * level(self.first + offset)).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INPUT: [usize; 2] = [28, 28];

    /// A 1 with a foot, drawn `scale` times as large at (`y`, `x`) on a page `[side, side]`.
    fn page(side: usize, scale: usize, y: usize, x: usize, paper: u8, ink: u8) -> Vec<u8> {
        let mut pixels = vec![paper; side * side];
        for dy in 0..10 * scale {
            for dx in 0..6 * scale {
                let stem = (2 * scale..4 * scale).contains(&dx);
                if stem || dy >= 8 * scale {
                    pixels[(y + dy) * side + x + dx] = ink;
                }
            }
        }
        pixels
    }

    fn ready(pixels: &[u8], side: usize) -> Vec<u8> {
        prepare(pixels, [side, side], INPUT, Path::new("x.png")).unwrap()
    }

    #[test]
    fn place_size_polarity_and_contrast_make_no_difference() {
        let expected = ready(&page(100, 4, 20, 30, 255, 0), 100);
        for pixels in
            [page(100, 4, 55, 8, 255, 0), page(100, 4, 20, 30, 0, 255), page(100, 4, 3, 60, 200, 90)]
        {
            assert_eq!(ready(&pixels, 100), expected);
        }
        let larger = ready(&page(400, 16, 100, 50, 250, 20), 400);
        assert!(expected.iter().zip(&larger).all(|(a, b)| a.abs_diff(*b) <= 2));
    }

    #[test]
    fn the_longest_side_is_20_and_the_centre_of_mass_in_the_middle() {
        let image = ready(&page(100, 4, 20, 30, 255, 0), 100);
        let inked = |y: usize| image[y * 28..(y + 1) * 28].iter().any(|&p| p > 0);
        assert_eq!((0..28).filter(|&y| inked(y)).count(), 20);
        let mass: f64 = image.iter().map(|&p| f64::from(p)).sum();
        let middle =
            image.iter().enumerate().map(|(i, &p)| (i / 28) as f64 * f64::from(p)).sum::<f64>() / mass;
        assert!((0.0..1.0).contains(&(middle + 0.5 - 14.0)), "{middle}");
    }

    #[test]
    fn a_picture_that_is_ready_is_kept_and_bright_paper_made_dark() {
        let dark = ready(&page(100, 4, 20, 30, 255, 0), 100);
        assert_eq!(ready(&dark, 28), dark);
        let bright: Vec<u8> = dark.iter().map(|p| 255 - p).collect();
        assert_eq!(ready(&bright, 28), dark);
    }

    #[test]
    fn a_picture_of_the_right_size_with_its_digit_elsewhere_is_prepared() {
        let corner = page(28, 1, 1, 1, 255, 0);
        assert_eq!(ready(&corner, 28), ready(&page(100, 4, 20, 30, 255, 0), 100));
    }

    #[test]
    fn blank_paper_is_refused() {
        for side in [1, 28, 50] {
            let error =
                prepare(&vec![200; side * side], [side, side], INPUT, Path::new("x.png")).unwrap_err();
            assert!(matches!(error, ReadError::Blank { .. }), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_picture_gives_an_input_or_an_error(
            (height, width, pixels) in (1usize..60, 1usize..60).prop_flat_map(|(h, w)| {
                (Just(h), Just(w), proptest::collection::vec(any::<u8>(), h * w))
            }),
            input in (1usize..40, 1usize..40),
        ) {
            let input = [input.0, input.1];
            match prepare(&pixels, [height, width], input, Path::new("x.png")) {
                Ok(image) => prop_assert_eq!(image.len(), input[0] * input[1]),
                Err(error) => prop_assert!(matches!(error, ReadError::Blank { .. }), "{}", error),
            }
        }

        #[test]
        fn pixels_of_another_number_are_refused(
            pixels in proptest::collection::vec(any::<u8>(), 0..50), height in 0usize..9, width in any::<usize>(),
        ) {
            let result = prepare(&pixels, [height, width], INPUT, Path::new("x.png"));
            prop_assert!(height.checked_mul(width) == Some(pixels.len()) || result.is_err());
        }
    }
}
