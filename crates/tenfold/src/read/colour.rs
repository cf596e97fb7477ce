//! From colours to the grey in which ink differs from its paper: usually brightness, but yellow on white, or red on a
//! green of the same brightness, only show in one of the channels.

use super::histogram::Histogram;

/// Red, green and blue by how bright they look (Rec. 709), in 1/65536.
const LUMA: [u32; 3] = [13_933, 46_871, 4_732];
/// A channel must show this much more than brightness does to be taken in its place.
const BETTER: f32 = 1.5;
/// Rows that are looked at to choose.
const ROWS: usize = 240;

/// Grey pixels of `rgb` `[height, width, 3]`.
pub fn grey(rgb: &[u8], width: usize) -> Vec<u8> {
    let weights = best_weights(rgb, width);
    rgb.chunks_exact(3).map(|pixel| weigh(pixel, weights)).collect()
}

fn weigh(pixel: &[u8], weights: [u32; 3]) -> u8 {
    let sum: u32 = pixel.iter().zip(weights).map(|(&level, weight)| u32::from(level) * weight).sum();
    ((sum + 32_768) >> 16) as u8
}

/// Those of brightness, or one channel alone where it shows much more.
fn best_weights(rgb: &[u8], width: usize) -> [u32; 3] {
    let channels = [[65_536, 0, 0], [0, 65_536, 0], [0, 0, 65_536]];
    let best = channels
        .map(|weights| (contrast(rgb, width, weights), weights))
        .into_iter()
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match best {
        Some((channel, weights)) if channel > BETTER * contrast(rgb, width, LUMA) + 8.0 => weights,
        _ => LUMA,
    }
}

/// How far the strongest steps along some of the rows stand out from the usual ones, in levels.
fn contrast(rgb: &[u8], width: usize, weights: [u32; 3]) -> f32 {
    let height = rgb.len() / (3 * width.max(1));
    let step = (width / 400).clamp(1, 8);
    let mut counts = Histogram::new();
    let mut row = Vec::with_capacity(width);
    for number in 0..height.min(ROWS) {
        let y = number * height / height.min(ROWS);
        row.clear();
        row.extend(
            rgb[3 * y * width..3 * (y + 1) * width].chunks_exact(3).map(|pixel| weigh(pixel, weights)),
        );
        row.iter().zip(&row[step.min(width)..]).for_each(|(&a, &b)| counts.add(a.abs_diff(b)));
    }
    let all = counts.count();
    let reached_by = |count: usize| f32::from(counts.exceeded_by(count).unwrap_or(0));
    reached_by(all / 200) - 3.0 * reached_by(all / 2)
}

/// `rgba` `[height, width, 4]` on paper: white, unless most of it is transparent and what is drawn is bright.
pub fn on_paper(rgba: &[u8]) -> Vec<u8> {
    let (mut clear, mut opaque, mut light) = (0u64, 0u64, 0u64);
    for pixel in rgba.chunks_exact(4) {
        let alpha = u64::from(pixel[3]);
        clear += 255 - alpha;
        opaque += alpha;
        light += alpha * u64::from(weigh(&pixel[..3], LUMA));
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
