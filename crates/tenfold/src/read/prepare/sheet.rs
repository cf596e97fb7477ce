//! A bright sheet on something much darker, such as paper on a desk: where it lies. Does not ask what is on it.

use crate::read::histogram::Histogram;
use crate::read::segment::{Part, parts};
use crate::read::{Area, Picture};

/// Longest side of the small copy that is looked at.
const SIDE: usize = 100;
/// A sheet takes at least this share of a picture, and no more than that.
const LEAST: f32 = 0.05;
const MOST: f32 = 0.95;
/// It fills at least this share of its box, what is written on it as well, and is itself at least that share of it.
const SOLID: f32 = 0.75;
const BARE: f32 = 0.4;
/// At least this share of the picture's border is none of it.
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
        && outlined(&sheet) as f32 >= SOLID * whole
        && sheet.pixels as f32 >= BARE * whole
        && beside as f32 >= BESIDE * border.len() as f32;
    let inner = |first: usize, length: usize, all: usize, small: usize| {
        let [from, end] = [first + 1, (first + length).saturating_sub(1)].map(|at| at * all / small);
        (from, end.saturating_sub(from))
    };
    let (y, height) = inner(area.y, area.height, picture.height, small.height);
    let (x, width) = inner(area.x, area.width, picture.width, small.width);
    (found && height > 0 && width > 0).then_some(Area { x, y, width, height })
}

/// Pixels from a part's first to its last in each row.
fn outlined(part: &Part) -> usize {
    let rows = part.runs.chunk_by(|one, next| one.y == next.y);
    rows.map(|row| row.last().map_or(0, |last| last.end) - row[0].start).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 120×100 of 40, with 200 in the middle where `paper` says so of the distances from its upper left corner, of 0..80 and 0..60.
    fn desk(paper: impl Fn(usize, usize) -> bool) -> Picture {
        let mut picture = Picture::filled(120, 100, 40);
        for (y, x) in (0..80).flat_map(|y| (0..60).map(move |x| (y, x))) {
            if paper(y, x) {
                picture.pixels[(y + 20) * 100 + x + 20] = 200;
            }
        }
        picture
    }

    #[test]
    fn a_sheet_is_found_by_its_outline_whatever_is_on_it() {
        let near = |area: Area| {
            let sides = [area.x, area.y, area.width, area.height].into_iter().zip([20, 20, 60, 80]);
            sides.into_iter().all(|(found, side)| found.abs_diff(side) <= 3)
        };
        assert!(sheet(&desk(|_, _| true)).is_some_and(near));
        // A thick 0, which leaves hardly more than half of the sheet.
        let far = |y: usize, x: usize| ((y as f32 - 40.0) / 34.0).hypot((x as f32 - 30.0) / 25.0);
        assert!(sheet(&desk(|y, x| !(0.6..1.0).contains(&far(y, x)))).is_some_and(near));
        // A bright 0 on dark ground is none, nor is a stroke across, nor ground without anything on it.
        assert_eq!(sheet(&desk(|y, x| (0.75..1.0).contains(&far(y, x)))), None);
        assert_eq!(sheet(&desk(|y, x| x.abs_diff(y * 3 / 4) < 8)), None);
        assert_eq!(sheet(&desk(|_, _| false)), None);
    }
}
