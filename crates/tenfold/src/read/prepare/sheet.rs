//! A bright sheet on something much darker, such as paper on a desk: where it lies. Does not ask what is on it.

use crate::read::histogram::Histogram;
use crate::read::segment::parts;
use crate::read::{Area, Picture};

/// Longest side of the small copy that is looked at.
const SIDE: usize = 100;
/// A sheet takes at least this share of a picture, and no more than that.
const LEAST: f32 = 0.05;
const MOST: f32 = 0.95;
/// It fills at least this share of its box, and at least that of the picture's border is none of it.
const SOLID: f32 = 0.75;
const BESIDE: f32 = 0.5;

/// Where the sheet lies, without its edges. `None` where the picture shows none.
pub fn sheet(picture: &Picture) -> Option<Area> {
    let longest = picture.height.max(picture.width);
    if longest < SIDE {
        return None;
    }
    let length = |side: usize| (side * SIDE).div_ceil(longest);
    let small = picture.resized(length(picture.height), length(picture.width));
    let counts = Histogram::of(&small.pixels);
    let bright = counts.parted()?;
    let border = small.border();
    let beside = border.iter().filter(|&&level| level < bright).count();
    let sheet = parts(&small, bright, bright).into_iter().max_by_key(|part| part.pixels)?;
    let area = sheet.area;
    let whole = area.pixels() as f32;
    let share = whole / small.pixels.len() as f32;
    let found = (LEAST..MOST).contains(&share)
        && sheet.pixels as f32 >= SOLID * whole
        && beside as f32 >= BESIDE * border.len() as f32;
    let inner = |first: usize, length: usize, all: usize, small: usize| {
        let [from, end] = [first + 1, (first + length).saturating_sub(1)].map(|at| at * all / small);
        (from, end.saturating_sub(from))
    };
    let (y, height) = inner(area.y, area.height, picture.height, small.height);
    let (x, width) = inner(area.x, area.width, picture.width, small.width);
    (found && height > 0 && width > 0).then_some(Area { x, y, width, height })
}
