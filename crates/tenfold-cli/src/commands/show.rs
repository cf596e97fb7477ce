//! `tenfold show`: a grid of samples with their labels, in the terminal or as a PNG picture.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use image::{GrayImage, ImageFormat, Luma};
use serde_json::json;
use tenfold::Dataset;
use tenfold::random::{Purpose, Stream};

use crate::args::{DatasetName, ShowArgs};
use crate::commands::corrupted;
use crate::format::count;
use crate::run_folder::write;
use crate::source::{Data, Parts};
use crate::terminal::Screen;

/// Shows them.
pub fn run(args: &ShowArgs, screen: &Screen) -> anyhow::Result<()> {
    let wanted = args.count.unwrap_or(match (args.corrupted, &args.out) {
        (true, _) => 3,
        (false, Some(_)) => 100,
        (false, None) => 20,
    });
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
    match &args.out {
        _ if args.corrupted => {}
        Some(path) => {
            write(path, &grid(set, &chosen)?)?;
            screen.field("Picture", path.display());
        }
        None if screen.json() => {}
        None => draw(set, &chosen, screen),
    }
    if screen.json() {
        let samples: Vec<_> =
            chosen.iter().map(|&index| json!({ "index": index, "label": set.labels()[index] })).collect();
        let picture = args.out.as_deref().map(Path::to_path_buf);
        screen.print_json(
            &json!({ "dataset": set.name(), "part": part, "samples": samples, "picture": picture }),
        )?;
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

/// Images up to this width are never drawn smaller than they are.
const SMALL: usize = 16;

/// Columns between two pictures.
const GAP: usize = 2;

/// The grid on the screen: at full size where one row holds all or the images are small, else at half.
fn draw(set: &Dataset, chosen: &[usize], screen: &Screen) {
    let [height, width] = set.shape();
    let fitting = |width: usize| ((screen.width() + GAP) / (width + GAP)).max(1);
    let half = chosen.len() > fitting(width) && width > SMALL;
    let shape = if half { [height.div_ceil(2), width.div_ceil(2)] } else { [height, width] };
    for row in chosen.chunks(fitting(shape[1])) {
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

/// The grid as a PNG: nearly square, dark, each image twice as large with its label in the corner, a thin line
/// between two.
fn grid(set: &Dataset, chosen: &[usize]) -> anyhow::Result<Vec<u8>> {
    const SCALE: usize = 2;
    const LINE: usize = 2;
    const MOST: usize = 16_384;
    let [height, width] = set.shape();
    let columns = (1..).find(|columns| columns * columns >= chosen.len()).unwrap_or(1);
    let rows = chosen.len().div_ceil(columns);
    let (cell_height, cell_width) = (height * SCALE + LINE, width * SCALE + LINE);
    let (total_height, total_width) = (rows * cell_height + LINE, columns * cell_width + LINE);
    ensure!(
        total_height <= MOST && total_width <= MOST,
        "{} images of {height}×{width} make a picture larger than {MOST} pixels; choose a smaller --count",
        count(chosen.len())
    );
    let mut picture = GrayImage::from_pixel(total_width as u32, total_height as u32, Luma([64]));
    for (place, &index) in chosen.iter().enumerate() {
        let (top, left) = (place / columns * cell_height + LINE, place % columns * cell_width + LINE);
        let image = set.image(index);
        for y in 0..height * SCALE {
            for x in 0..width * SCALE {
                let pixel = Luma([image[y / SCALE * width + x / SCALE]]);
                picture.put_pixel((left + x) as u32, (top + y) as u32, pixel);
            }
        }
        write_label(&mut picture, set.labels()[index], top + 1, left + 1);
    }
    let mut png = Vec::new();
    picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).context("cannot make the PNG")?;
    Ok(png)
}

/// Digits of 3×5 pixels, a row of three bits each, from the top.
const DIGITS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// Writes a label in small grey digits; what would lie outside the picture is left out.
fn write_label(picture: &mut GrayImage, label: u8, top: usize, left: usize) {
    for (place, digit) in label.to_string().bytes().enumerate() {
        let rows = DIGITS[usize::from(digit.saturating_sub(b'0')).min(9)];
        for (y, row) in rows.into_iter().enumerate() {
            for x in (0..3).filter(|x| row >> (2 - x) & 1 == 1) {
                if let Some(pixel) =
                    picture.get_pixel_mut_checked((left + 4 * place + x) as u32, (top + y) as u32)
                {
                    *pixel = Luma([160]);
                }
            }
        }
    }
}
