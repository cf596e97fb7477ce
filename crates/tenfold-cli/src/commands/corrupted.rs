//! `tenfold show --corrupted`: samples beside their fifteen corruptions, in the terminal or as a PNG picture.

use std::path::Path;

use tenfold::Dataset;
use tenfold::evaluate::corruptions::{CORRUPTIONS_NOTE, Corruption};

use crate::files::write;
use crate::grid::{fitting, print_row, sheet, sheet_size};
use crate::terminal::Screen;

/// Shows the `chosen` images of `set`: as a PNG at `path`, else, unless JSON was asked for, in the terminal.
pub fn show(set: &Dataset, chosen: &[usize], path: Option<&Path>, screen: &Screen) -> anyhow::Result<()> {
    screen.line(screen.dim(CORRUPTIONS_NOTE));
    if let Some(path) = path {
        let columns = ways().count();
        sheet_size(chosen.len() * columns, columns, set.shape())?;
        write(path, &sheet(&all(set, chosen)?, columns)?)?;
        let names: Vec<_> = Corruption::all().iter().map(|corruption| corruption.name()).collect();
        screen.field("Picture", path.display());
        screen.field("", format_args!("a row a sample: as it is, then {}", names.join(", ")));
        return Ok(());
    }
    if screen.json() {
        return Ok(());
    }
    for corruption in ways() {
        if screen.closed() {
            return Ok(());
        }
        screen.gap();
        screen.line(screen.bold(corruption.map_or("as they are", Corruption::name)));
        for row in chosen.chunks(fitting(screen, set.shape()[1])) {
            let images = row.iter().map(|&index| picture(set, index, corruption));
            let pictures: Vec<Vec<String>> = images
                .map(|image| Ok(screen.picture(&image?, set.shape())))
                .collect::<anyhow::Result<_>>()?;
            print_row(&pictures, screen);
        }
    }
    Ok(())
}

/// As it is, then the fifteen.
fn ways() -> impl Iterator<Item = Option<Corruption>> {
    [None].into_iter().chain(Corruption::all().map(Some))
}

/// Image `index` of `set`, corrupted or as it is.
fn picture(set: &Dataset, index: usize, corruption: Option<Corruption>) -> anyhow::Result<Vec<u8>> {
    let mut image = set.image(index).to_vec();
    if let Some(corruption) = corruption {
        corruption.apply(set.image(index), set.shape(), index as u64, &mut image)?;
    }
    Ok(image)
}

/// The chosen images in all ways, a sample after the other.
fn all(set: &Dataset, chosen: &[usize]) -> anyhow::Result<Dataset> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for &index in chosen {
        for way in ways() {
            pixels.extend(picture(set, index, way)?);
            labels.push(set.labels()[index]);
        }
    }
    Ok(Dataset::new(set.name(), set.shape(), pixels, labels)?)
}
