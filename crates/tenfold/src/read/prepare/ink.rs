//! Which pixels are ink: a threshold found at the strokes' edges, so that it makes no difference how little of the
//! picture is ink. Does not ask what is written.

use super::edges::{Edges, stroke_width};
use super::paper::{Dark, darkness, darkness_nearby, widened};
use super::view::View;
use crate::read::Picture;
use crate::read::histogram::Histogram;
use crate::read::segment::parts;

/// Noise is softened until it is no longer taken for ink, or so often.
const SOFTEST: usize = 3;

/// Levels are of two kinds where the difference between the kinds is this share of their variance: of plain noise it is 0.64, of light
/// that falls off evenly 0.75.
const TWO_KINDS: f64 = 0.8;

/// Gaps in a stroke are no longer than this many of its widths.
const GAP: f32 = 1.6;

/// What is a shadow takes at least this share of the border.
const SHADOW: f32 = 0.04;
/// Beside what reaches the threshold, what reaches this share of it is ink, too.
const NEARLY: f32 = 0.9;

/// The ink of a picture.
#[derive(Clone)]
pub struct Ink {
    /// The picture that it is on: ink dark, paper bright.
    pub seen: Picture,
    /// How much darker (or brighter, for chalk) than its paper each pixel is, 0 to 255.
    pub levels: Picture,
    /// What reaches this level is ink.
    pub threshold: u8,
    /// What reaches this level next to ink is ink.
    pub low: u8,
    /// Typical width of a stroke, in pixels.
    pub stroke: f32,
}

impl Ink {
    /// Whether a pixel is ink where it lies next to ink.
    pub fn is_on(&self, y: usize, x: usize) -> bool {
        self.levels.row(y)[x] >= self.low
    }

    /// The ink on a picture. `None` where there are no edges that could be a stroke's.
    pub fn find(view: &View) -> Option<Self> {
        let dark = Dark::of(&view.working.picture, view.polarity.bright_ink);
        let all = dark.picture.height.max(dark.picture.width) / 4;
        Self::in_levels(&dark, darkness(&dark, view.window.map_or(all, |window| window.usual)))
    }

    /// The same with paper looked for no further away than strokes need, so that the soft edges of shadows are paper, too. `None`
    /// also where [`Ink::find`] looks no further.
    pub fn find_closely(view: &View) -> Option<Self> {
        let window = view.window.filter(|window| window.closest < window.usual)?;
        let dark = Dark::of(&view.working.picture, view.polarity.bright_ink);
        Self::in_levels(&dark, darkness(&dark, window.closest))
    }

    /// The same with paper looked for right beside each stroke, pixel by pixel, so that the sharp edges of shadows are paper, too. Grain
    /// counts for more then. `None` also where there are no shadows.
    pub fn find_nearby(view: &View) -> Option<Self> {
        let window = view.window.filter(|_| view.is_unevenly_lit())?;
        let dark = Dark::of(&view.working.picture, view.polarity.bright_ink);
        Self::in_levels(&dark, darkness_nearby(&dark, window.nearest))
    }

    /// What is darker (or brighter) than halfway between the two levels that a picture has: of a digit that fills its picture, so that
    /// hardly any paper is left. `None` where its levels are not of two kinds, or go over into one another without an edge.
    pub fn find_evenly(view: &View, bright_ink: bool) -> Option<Self> {
        let dark = Dark::of(&view.working.picture, bright_ink).picture;
        let counts = Histogram::of(&dark.pixels);
        let (ink, paper, between) = counts.kinds(counts.parted()?);
        if between < TWO_KINDS {
            return None;
        }
        let level = |level: &u8| (255.0 * (paper - f64::from(*level)) / (paper - ink).max(1.0)) as u8;
        let levels = Picture { pixels: dark.pixels.iter().map(level).collect(), ..*dark };
        if !Edges::find(&levels)?.stand_out() {
            return None;
        }
        let threshold = 128;
        let stroke = stroke_width(&levels, threshold, false, 0.5);
        Some(Self { seen: dark.into_owned(), low: threshold, threshold, stroke, levels })
    }

    /// This ink without what is much less dark than the rest: shadows whose edges are as sharp as those of strokes. `None` where
    /// all is about as dark, or nothing of it comes in from the picture's border, as shadows do.
    pub fn darkest(mut self) -> Option<Self> {
        let mut counts = Histogram::new();
        self.levels.pixels.iter().filter(|&&level| level >= self.low).for_each(|&level| counts.add(level));
        let threshold = counts.parted()?;
        let border = self.levels.border();
        let shadows = border.iter().filter(|&&level| (self.low..threshold).contains(&level)).count();
        if (shadows as f32) < SHADOW * border.len() as f32 {
            return None;
        }
        self.raise(f32::from(threshold));
        Some(self.measured())
    }

    /// From here on, only what reaches this threshold is ink, with what is nearly as dark beside it.
    pub fn raise(&mut self, threshold: f32) {
        self.threshold = self.threshold.max(threshold as u8);
        self.low = self.low.max((NEARLY * threshold) as u8);
    }

    /// This ink with what is half as dark: strokes that a moving camera, or a light hand, left pale in places. `None` where that would
    /// be noise.
    pub fn paler(mut self) -> Option<Self> {
        let edges = Edges::find(&self.levels)?.of_paler_strokes();
        if edges.drown() {
            return None;
        }
        (self.threshold, self.low) = (edges.middle, edges.low());
        Some(self.measured())
    }

    /// The same once other levels are ink: strokes are as wide as they are now.
    fn measured(self) -> Self {
        Self { stroke: stroke_width(&self.levels, self.threshold, false, 0.5), ..self }
    }

    /// This ink with strokes so much wider that gaps in them close: of a pen that skipped, or that was rendered in dots. `None` where not
    /// most of what lies apart is joined by that, or what is as high as digits, such as the letters of a word.
    pub fn joined(mut self) -> Option<Self> {
        let pieces = |levels: &Picture| -> Vec<usize> {
            parts(levels, self.low, self.threshold).iter().map(|part| part.area.height).collect()
        };
        let reach = (GAP * self.stroke / 2.0).round().max(1.0) as usize;
        let levels = widened(&self.levels, reach);
        let (before, after) = (pieces(&self.levels), pieces(&levels));
        let high = after.iter().max()? / 2;
        let were_high = before.iter().filter(|&&height| height >= high).count();
        if 2 * after.len() > before.len() || were_high > after.len() {
            return None;
        }
        self.levels = levels;
        self.stroke += 2.0 * reach as f32;
        Some(self)
    }

    fn in_levels(dark: &Dark<'_>, mut levels: Picture) -> Option<Self> {
        let mut edges = Edges::find(&levels)?;
        for _ in 0..SOFTEST {
            if !edges.drown() {
                break;
            }
            let softer = softened(&levels);
            let Some(found) = Edges::find(&softer) else { break };
            (levels, edges) = (softer, found);
        }
        if !edges.stand_out() && !stands_out_softened(&levels) {
            return None;
        }
        let stroke = stroke_width(&levels, edges.middle, false, 0.5);
        let seen = Picture::clone(&dark.picture);
        Some(Self { seen, threshold: edges.middle, low: edges.low(), stroke, levels })
    }
}

/// Whether there are strokes that stand out once noise is softened: it loses as much as its own edges do, and strokes less.
fn stands_out_softened(levels: &Picture) -> bool {
    let soften = |levels: &mut Picture, _| {
        *levels = softened(levels);
        Edges::find(levels)
    };
    (0..SOFTEST).scan(levels.clone(), soften).any(|edges| edges.stand_out())
}

/// Each pixel mixed with its neighbours, 1:2:1 down and across: half of the noise goes, and little of a stroke.
fn softened(levels: &Picture) -> Picture {
    levels.both_ways(softened_down)
}

fn softened_down(levels: &Picture) -> Picture {
    let last = levels.height.saturating_sub(1);
    let mut pixels = Vec::with_capacity(levels.pixels.len());
    for y in 0..levels.height {
        let (above, below) = (levels.row(y.saturating_sub(1)), levels.row((y + 1).min(last)));
        let around = above.iter().zip(below).map(|(&above, &below)| u16::from(above) + u16::from(below));
        let mixed = levels.row(y).iter().zip(around);
        pixels.extend(mixed.map(|(&level, around)| ((2 * u16::from(level) + around + 2) / 4) as u8));
    }
    Picture { pixels, ..*levels }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bar across the middle of 120×160 pixels, pale on its right half, with grain of so many levels.
    fn bar(grain: usize) -> Picture {
        let level = |y: usize, x: usize| {
            let noise = (7919 * y + 104_729 * x) % 97 * grain / 96;
            let ink = if x < 80 { 30 } else { 165 };
            if (56..64).contains(&y) && (30..130).contains(&x) { ink } else { 230 - noise }
        };
        let pixels = (0..120 * 160).map(|at| level(at / 160, at % 160) as u8).collect();
        Picture { height: 120, width: 160, pixels }
    }

    #[test]
    fn what_is_half_as_dark_is_ink_too_where_it_is_no_noise() {
        let ink = Ink::find(&View::of(&bar(0))).unwrap();
        assert!(ink.is_on(60, 50) && !ink.is_on(60, 110) && !ink.is_on(30, 110));
        let paler = ink.paler().unwrap();
        assert!(paler.is_on(60, 50) && paler.is_on(60, 110) && !paler.is_on(30, 110));
        assert!(Ink::find(&View::of(&bar(60))).is_none_or(|ink| ink.paler().is_none()));
    }

    #[test]
    fn gaps_in_a_stroke_close_and_a_stroke_without_gaps_stays() {
        let drawn = |gap: usize| {
            let is_ink =
                |y: usize, x: usize| (56..60).contains(&y) && (30..130).contains(&x) && x % 12 >= gap;
            let level = |at: usize| if is_ink(at / 160, at % 160) { 30 } else { 230 };
            let picture = Picture { height: 120, width: 160, pixels: (0..120 * 160).map(level).collect() };
            Ink::find(&View::of(&picture)).unwrap()
        };
        let joined = drawn(5).joined().unwrap();
        assert!((40..120).all(|x| joined.is_on(58, x)));
        assert!(drawn(0).joined().is_none());
        assert!(drawn(9).joined().is_none());
    }
}
