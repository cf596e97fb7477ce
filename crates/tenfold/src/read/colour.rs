//! From colours to the grey in which ink differs from its paper: usually brightness, but yellow on white, or red on a
//! green of the same brightness, only show in one of the channels.

use super::histogram::Histogram;

/// Red, green and blue by how bright they look (Rec. 709), in 1/65536.
const LUMA: [u32; 3] = [13_933, 46_871, 4_732];
/// A channel must show this much more than brightness does to be taken in its place.
const BETTER: f32 = 1.5;
/// Rows that are looked at to choose.
const ROWS: usize = 240;

/// Grey pixels of `rgb` `[height, width, 3]`: brightness, or one channel alone where that shows the ink much better.
pub fn grey(rgb: &[u8], width: usize) -> Vec<u8> {
    let (pixels, _) = rgb.as_chunks::<3>();
    let bright: Vec<u8> = pixels.iter().map(brightness).collect();
    match better_channel(pixels, &bright, width) {
        Some(channel) => pixels.iter().map(|pixel| pixel[channel]).collect(),
        None => bright,
    }
}

fn brightness(pixel: &[u8; 3]) -> u8 {
    let sum = LUMA[0] * u32::from(pixel[0]) + LUMA[1] * u32::from(pixel[1]) + LUMA[2] * u32::from(pixel[2]);
    ((sum + 32_768) >> 16) as u8
}

/// The channel that shows much more than brightness does, seen along some of the rows.
fn better_channel(pixels: &[[u8; 3]], bright: &[u8], width: usize) -> Option<usize> {
    let height = pixels.len() / width.max(1);
    let looked_at = height.min(ROWS);
    let rows = (0..looked_at).map(|number| number * height / looked_at * width).map(|at| at..at + width);
    // Where there is no colour, all show the same.
    let colours = |row: &[[u8; 3]]| row.iter().fold(0, |any, [r, g, b]| any | (r ^ g) | (g ^ b));
    if rows.clone().all(|row| colours(&pixels[row]) == 0) {
        return None;
    }
    let step = (width / 400).clamp(1, 8).min(width);
    let mut counts = [const { Histogram::new() }; 4];
    for row in rows {
        let (here, bright_here) = (&pixels[row.clone()], &bright[row]);
        let steps = here.iter().zip(&here[step..]).zip(bright_here.iter().zip(&bright_here[step..]));
        // All four at once: none waits for the count that it has just raised.
        for ((a, b), (&bright_a, &bright_b)) in steps {
            (0..3).for_each(|channel| counts[channel].add(a[channel].abs_diff(b[channel])));
            counts[3].add(bright_a.abs_diff(bright_b));
        }
    }
    let [channels @ .., bright] = counts.map(|counts| contrast(&counts));
    let (channel, best) = channels.into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (best > BETTER * bright + 8.0).then_some(channel)
}

/// How far the strongest steps stand out from the usual ones, in levels.
fn contrast(steps: &Histogram) -> f32 {
    let all = steps.count();
    let reached_by = |count: usize| f32::from(steps.exceeded_by(count).unwrap_or(0));
    reached_by(all / 200) - 3.0 * reached_by(all / 2)
}

/// `rgba` `[height, width, 4]` on paper: white, unless most of it is transparent and what is drawn is bright.
pub fn on_paper(rgba: &[u8]) -> Vec<u8> {
    let (mut clear, mut opaque, mut light) = (0u64, 0u64, 0u64);
    for pixel in rgba.chunks_exact(4) {
        let alpha = u64::from(pixel[3]);
        clear += 255 - alpha;
        opaque += alpha;
        light += alpha * u64::from(brightness(&[pixel[0], pixel[1], pixel[2]]));
    }
    let paper = if clear > opaque && light > 140 * opaque { 0 } else { 255 };
    let blend = |level: u8, alpha: u8| {
        let (level, alpha) = (u32::from(level), u32::from(alpha));
        ((level * alpha + paper * (255 - alpha) + 127) / 255) as u8
    };
    rgba.chunks_exact(4).flat_map(|pixel| [0, 1, 2].map(|channel| blend(pixel[channel], pixel[3]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar of `ink` on `paper`.
    fn bar(paper: [u8; 3], ink: [u8; 3]) -> Vec<u8> {
        (0..40 * 40).flat_map(|i| if (15..20).contains(&(i % 40)) { ink } else { paper }).collect()
    }

    #[test]
    fn black_on_white_is_seen_by_its_brightness() {
        let grey = grey(&bar([255; 3], [0, 0, 0]), 40);
        assert_eq!((grey[0], grey[17]), (255, 0));
    }

    #[test]
    fn ink_as_bright_as_its_paper_is_seen_by_its_colour() {
        for (paper, ink) in [([255, 255, 255], [255, 255, 0]), ([200, 60, 60], [20, 113, 60])] {
            let grey = grey(&bar(paper, ink), 40);
            assert!(grey[0].abs_diff(grey[17]) > 100, "{paper:?} {ink:?}: {} {}", grey[0], grey[17]);
        }
    }

    #[test]
    fn no_pixels_are_no_grey() {
        assert!(grey(&[], 0).is_empty() && on_paper(&[]).is_empty());
    }
}
