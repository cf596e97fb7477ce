//! `tenfold show`: a grid of samples with their labels, in the terminal or as a PNG picture; or a row a sample, first as
//! it is, then as training with augmentation sees it.

use std::path::Path;

use anyhow::{bail, ensure};
use image::{GrayImage, Luma};
use serde_json::json;
use tenfold::Dataset;
use tenfold::data::{Augment, Augmenter};
use tenfold::random::{Purpose, Stream};

use crate::args::{DatasetName, ShowArgs};
use crate::commands::corrupted;
use crate::files::{png, write};
use crate::format::{count, counted};
use crate::lettering::points;
use crate::source::{Data, Parts};
use crate::terminal::Screen;

/// Shows them.
pub fn run(args: &ShowArgs, screen: &Screen) -> anyhow::Result<()> {
    let augment = args.augmented.as_deref().map(Augment::parse).transpose()?;
    let wanted = args.count.unwrap_or(match (&augment, &args.out) {
        _ if args.corrupted => 3,
        (Some(_), Some(_)) => 10,
        (Some(_), None) => 5,
        (None, Some(_)) => 100,
        (None, None) => 20,
    });
    ensure!(args.variants != Some(0), "--variants is 0; at least 1 is needed");
    ensure!(wanted > 0, "--count is 0; at least 1 is needed");
    ensure!(args.data.limit != Some(0), "--limit is 0; at least 1 image is needed");
    let mut from = args.data.clone();
    if from.dataset == Some(DatasetName::Strokes) {
        // Strokes are drawn one by one when asked for; nobody looks at 60,000.
        from.limit = from.limit.or(Some(wanted.saturating_mul(20).max(1000)));
    }
    let parts = if args.test { Parts::Test } else { Parts::Both };
    let data = Data::load(&from, parts, screen)?;
    let (set, part) = if args.test { (&data.test, "test") } else { (&data.train, "training") };
    let chosen = choose(set, wanted, args.label, args.seed);
    if chosen.is_empty() {
        let label = args.label.unwrap_or_default();
        bail!("{}: no {part} image has the label {label}; there are {} classes", set.name(), set.classes());
    }
    screen.line(format_args!(
        "{}, {}: {} of {} {part} images",
        set.name(),
        data.source,
        chosen.len(),
        count(set.len())
    ));
    if args.corrupted {
        corrupted::show(set, &chosen, args.out.as_deref(), screen)?;
    }
    let variants = args.variants.unwrap_or(match &args.out {
        Some(_) => 11,
        // At half size.
        None => fitting(screen, set.shape()[1].div_ceil(2)).saturating_sub(1).max(1),
    });
    let (shown, columns) = match &augment {
        Some(augment) => {
            screen.line(format_args!("each followed by {}: {augment}", counted(variants, "variant")));
            (augmented(set, &chosen, augment, variants, args.seed.unwrap_or(0))?, Some(variants + 1))
        }
        None => (picked(set, &chosen)?, None),
    };
    match &args.out {
        _ if args.corrupted => {}
        Some(path) => {
            write(path, &grid(&shown, columns)?)?;
            screen.field("Picture", path.display());
        }
        None if screen.json() => {}
        None => draw(&shown, columns, screen),
    }
    if screen.json() {
        let samples: Vec<_> =
            chosen.iter().map(|&index| json!({ "index": index, "label": set.labels()[index] })).collect();
        let picture = args.out.as_deref().map(Path::to_path_buf);
        screen.print_json(&json!({
            "dataset": set.name(),
            "part": part,
            "samples": samples,
            "picture": picture,
            "augment": augment.map(|augment| augment.to_string()),
            "variants": augment.map(|_| variants),
        }))?;
    }
    Ok(())
}

/// Indices of at most `wanted` images, all with `label` where one is given: the first ones, or random ones of `seed`.
fn choose(set: &Dataset, wanted: usize, label: Option<u8>, seed: Option<u64>) -> Vec<usize> {
    let fits = |index: &usize| label.is_none_or(|label| set.labels()[*index] == label);
    match (seed, u32::try_from(set.len())) {
        (Some(seed), Ok(length)) => {
            let order = Stream::new(seed, Purpose::Shuffle, 0, 0).permutation(length);
            order.into_iter().map(|index| index as usize).filter(fits).take(wanted).collect()
        }
        _ => (0..set.len()).filter(fits).take(wanted).collect(),
    }
}

/// The chosen images.
fn picked(set: &Dataset, chosen: &[usize]) -> anyhow::Result<Dataset> {
    let pixels = chosen.iter().flat_map(|&index| set.image(index)).copied().collect();
    let labels = chosen.iter().map(|&index| set.labels()[index]).collect();
    Ok(Dataset::new(set.name(), set.shape(), pixels, labels)?)
}

/// Each chosen image, followed by what training with this seed sees in its place in the first `variants` epochs.
fn augmented(
    set: &Dataset,
    chosen: &[usize],
    augment: &Augment,
    variants: usize,
    seed: u64,
) -> anyhow::Result<Dataset> {
    const MOST: usize = 1000;
    ensure!(variants <= MOST, "--variants is {}; at most {} are possible", count(variants), count(MOST));
    let mut augmenter = Augmenter::new(augment, set.shape())?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let mut variant = vec![0; set.pixels_per_image()];
    for &index in chosen {
        pixels.extend_from_slice(set.image(index));
        for epoch in 0..variants {
            augmenter.apply(set.image(index), seed, epoch as u64, index as u64, &mut variant);
            pixels.extend_from_slice(&variant);
        }
        labels.extend(std::iter::repeat_n(set.labels()[index], variants + 1));
    }
    Ok(Dataset::new(set.name(), set.shape(), pixels, labels)?)
}

/// Images up to this width are never drawn smaller than they are.
const SMALL: usize = 16;

/// Columns between two pictures.
const GAP: usize = 2;

/// Pictures of `width` that a row of the screen holds.
fn fitting(screen: &Screen, width: usize) -> usize {
    ((screen.width() + GAP) / (width + GAP)).max(1)
}

/// The grid on the screen: at full size where one row holds `columns` (or all) or the images are small, else at half.
fn draw(set: &Dataset, columns: Option<usize>, screen: &Screen) {
    let [height, width] = set.shape();
    let columns = columns.unwrap_or(set.len());
    let half = columns > fitting(screen, width) && width > SMALL;
    let shape = if half { [height.div_ceil(2), width.div_ceil(2)] } else { [height, width] };
    let all: Vec<usize> = (0..set.len()).collect();
    for row in all.chunks(columns).flat_map(|row| row.chunks(fitting(screen, shape[1]))) {
        if screen.closed() {
            return;
        }
        screen.gap();
        let pictures: Vec<Vec<String>> = row
            .iter()
            .map(|&index| {
                let image = set.image(index);
                if half {
                    screen.picture(&halved(image, [height, width]), shape)
                } else {
                    screen.picture(image, shape)
                }
            })
            .collect();
        let labels: Vec<_> =
            row.iter().map(|&index| format!("{:<1$}", set.labels()[index], shape[1])).collect();
        screen.line(screen.bold(labels.join(&" ".repeat(GAP)).trim_end()));
        for line in 0..shape[0].div_ceil(2) {
            let lines: Vec<&str> = pictures.iter().map(|picture| picture[line].as_str()).collect();
            screen.line(lines.join(&" ".repeat(GAP)).trim_end());
        }
    }
}

/// An image of half the size; each pixel is the mean of four.
fn halved(image: &[u8], [height, width]: [usize; 2]) -> Vec<u8> {
    let pixel =
        |y: usize, x: usize| if y < height && x < width { u32::from(image[y * width + x]) } else { 0 };
    let mean = |y, x| ((pixel(y, x) + pixel(y, x + 1) + pixel(y + 1, x) + pixel(y + 1, x + 1)) / 4) as u8;
    (0..height).step_by(2).flat_map(|y| (0..width).step_by(2).map(move |x| mean(y, x))).collect()
}

/// The grid as a PNG: `columns` wide or nearly square, dark, each image twice as large with its label in the corner, a thin line
/// between two.
fn grid(set: &Dataset, columns: Option<usize>) -> anyhow::Result<Vec<u8>> {
    const SCALE: usize = 2;
    const LINE: usize = 2;
    const MOST: usize = 16_384;
    let [height, width] = set.shape();
    let square = (1..).find(|columns| columns * columns >= set.len()).unwrap_or(1);
    let columns = columns.unwrap_or(square);
    let rows = set.len().div_ceil(columns);
    let (cell_height, cell_width) = (height * SCALE + LINE, width * SCALE + LINE);
    let (total_height, total_width) = (rows * cell_height + LINE, columns * cell_width + LINE);
    ensure!(
        total_height <= MOST && total_width <= MOST,
        "{} images of {height}×{width} make a picture larger than {MOST} pixels; choose a smaller --count",
        count(set.len())
    );
    let mut picture = GrayImage::from_pixel(total_width as u32, total_height as u32, Luma([64]));
    for index in 0..set.len() {
        let (top, left) = (index / columns * cell_height + LINE, index % columns * cell_width + LINE);
        let image = set.image(index);
        for y in 0..height * SCALE {
            for x in 0..width * SCALE {
                let pixel = Luma([image[y / SCALE * width + x / SCALE]]);
                picture.put_pixel((left + x) as u32, (top + y) as u32, pixel);
            }
        }
        write_label(&mut picture, set.labels()[index], top + 1, left + 1);
    }
    png(picture)
}

/// Writes a label in small grey digits; what would lie outside the picture is left out.
fn write_label(picture: &mut GrayImage, label: u8, top: usize, left: usize) {
    for (place, digit) in label.to_string().bytes().enumerate() {
        for (y, x) in points(digit.saturating_sub(b'0')) {
            if let Some(pixel) =
                picture.get_pixel_mut_checked((left + 4 * place + x) as u32, (top + y) as u32)
            {
                *pixel = Luma([160]);
            }
        }
    }
}
