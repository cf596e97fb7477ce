//! `tenfold show --corrupted`: samples beside their fifteen corruptions, in the terminal or as a PNG picture.

use std::io::Cursor;
use std::path::Path;

use anyhow::{Context, ensure};
use image::{GrayImage, ImageFormat, Luma};
use tenfold::Dataset;
use tenfold::evaluate::corruptions::{CORRUPTIONS_NOTE, Corruption};

use crate::files::write;
use crate::format::count;
use crate::terminal::Screen;

/// Times that a PNG is larger than the images, and the line between two of them.
const SCALE: usize = 2;
const LINE: usize = 2;
/// The longest side of a PNG.
const MOST: usize = 16_384;
/// Columns between two pictures in the terminal.
const GAP: usize = 2;

/// Shows the `chosen` images of `set`: as a PNG at `path`, else, unless JSON was asked for, in the terminal.
pub fn show(set: &Dataset, chosen: &[usize], path: Option<&Path>, screen: &Screen) -> anyhow::Result<()> {
    screen.line(screen.dim(CORRUPTIONS_NOTE));
    if let Some(path) = path {
        write(path, &grid(set, chosen)?)?;
        let names: Vec<_> = Corruption::all().iter().map(|corruption| corruption.name()).collect();
        screen.field("Picture", path.display());
        screen.field("", format_args!("a row a sample: as it is, then {}", names.join(", ")));
        return Ok(());
    }
    if screen.json() {
        return Ok(());
    }
    let [_, width] = set.shape();
    let fitting = ((screen.width() + GAP) / (width + GAP)).max(1);
    for corruption in [None].into_iter().chain(Corruption::all().map(Some)) {
        if screen.closed() {
            return Ok(());
        }
        screen.gap();
        screen.line(screen.bold(corruption.map_or("as they are", Corruption::name)));
        let images = chosen.iter().take(fitting).map(|&index| picture(set, index, corruption));
        let pictures: Vec<Vec<String>> =
            images.map(|image| Ok(screen.picture(&image?, set.shape()))).collect::<anyhow::Result<_>>()?;
        for line in 0..pictures.first().map_or(0, Vec::len) {
            let lines: Vec<&str> = pictures.iter().map(|picture| picture[line].as_str()).collect();
            screen.line(lines.join(&" ".repeat(GAP)).trim_end());
        }
    }
    Ok(())
}

/// Image `index` of `set`, corrupted or as it is.
fn picture(set: &Dataset, index: usize, corruption: Option<Corruption>) -> anyhow::Result<Vec<u8>> {
    let mut image = set.image(index).to_vec();
    if let Some(corruption) = corruption {
        corruption.apply(set.image(index), set.shape(), index as u64, &mut image)?;
    }
    Ok(image)
}

/// A row a sample: as it is, then the fifteen.
fn grid(set: &Dataset, chosen: &[usize]) -> anyhow::Result<Vec<u8>> {
    let [height, width] = set.shape();
    let (cell_height, cell_width) = (height * SCALE + LINE, width * SCALE + LINE);
    let columns = 1 + Corruption::all().len();
    let (total_height, total_width) = (chosen.len() * cell_height + LINE, columns * cell_width + LINE);
    ensure!(
        total_height <= MOST && total_width <= MOST,
        "{} samples of {height}×{width} make a picture larger than {MOST} pixels; choose a smaller --count",
        count(chosen.len())
    );
    let mut grid = GrayImage::from_pixel(total_width as u32, total_height as u32, Luma([64]));
    for (row, &index) in chosen.iter().enumerate() {
        for (column, corruption) in [None].into_iter().chain(Corruption::all().map(Some)).enumerate() {
            let image = picture(set, index, corruption)?;
            let (top, left) = (row * cell_height + LINE, column * cell_width + LINE);
            for y in 0..height * SCALE {
                for x in 0..width * SCALE {
                    let pixel = Luma([image[y / SCALE * width + x / SCALE]]);
                    grid.put_pixel((left + x) as u32, (top + y) as u32, pixel);
                }
            }
        }
    }
    let mut png = Vec::new();
    grid.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).context("cannot make the PNG")?;
    Ok(png)
}
