//! `tenfold show`: a grid of samples with their labels, in the terminal or as a PNG picture; or a row a sample, first as
//! it is, then as training with augmentation sees it.

use anyhow::{bail, ensure};
use serde_json::json;
use tenfold::Dataset;
use tenfold::data::{Augment, Augmenter};
use tenfold::random::{Purpose, Stream};

use crate::args::{DatasetName, ShowArgs};
use crate::commands::corrupted;
use crate::files::{require_ending, write};
use crate::format::{count, counted};
use crate::grid::{GAP, fitting, print_row, sheet, sheet_size};
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
    if let Some(out) = &args.out {
        require_ending("--out", out, "PNG", "png")?;
    }
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
    let columns = augment.map(|_| variants.saturating_add(1));
    if args.out.is_some() && !args.corrupted {
        let pictures = chosen.len().saturating_mul(columns.unwrap_or(1));
        sheet_size(pictures, columns.unwrap_or_else(|| square(pictures)), set.shape())?;
    }
    let shown = match &augment {
        Some(augment) => {
            screen.line(format_args!("each followed by {}: {augment}", counted(variants, "variant")));
            augmented(set, &chosen, augment, variants, args.seed.unwrap_or(0))?
        }
        None => picked(set, &chosen)?,
    };
    match &args.out {
        _ if args.corrupted => {}
        Some(path) => {
            write(path, &sheet(&shown, columns.unwrap_or_else(|| square(shown.len())))?)?;
            screen.field("Picture", path.display());
        }
        None if screen.json() => {}
        None => draw(&shown, columns, screen),
    }
    if screen.json() {
        let samples: Vec<_> =
            chosen.iter().map(|&index| json!({ "index": index, "label": set.labels()[index] })).collect();
        let picture = args.out.as_deref().map(|path| path.display().to_string());
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

/// Columns of so many pictures in a nearly square grid.
fn square(pictures: usize) -> usize {
    (1..).find(|columns| columns * columns >= pictures).unwrap_or(1)
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
    const MOST: usize = 200_000;
    let pictures = chosen.len().saturating_mul(variants.saturating_add(1));
    ensure!(
        pictures <= MOST,
        "{} samples with {} each are more than {} pictures; choose a smaller --count or --variants",
        count(chosen.len()),
        counted(variants, "variant"),
        count(MOST)
    );
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
        print_row(&pictures, screen);
    }
}

/// An image of half the size; each pixel is the mean of four.
fn halved(image: &[u8], [height, width]: [usize; 2]) -> Vec<u8> {
    let pixel =
        |y: usize, x: usize| if y < height && x < width { u32::from(image[y * width + x]) } else { 0 };
    let mean = |y, x| ((pixel(y, x) + pixel(y, x + 1) + pixel(y + 1, x) + pixel(y + 1, x + 1)) / 4) as u8;
    (0..height).step_by(2).flat_map(|y| (0..width).step_by(2).map(move |x| mean(y, x))).collect()
}
