//! The size at which a picture is looked at, and how far round a pixel its paper is looked for. Both depend on how wide strokes
//! are, which is measured on a small copy. Says nothing about which pixels are ink.

use super::edges::{Edges, edges_of, stroke_width};
use super::paper::{Dark, darkness};
use super::polarity::{Polarity, polarity};
use super::working::{SMALLEST, Working};
use crate::read::histogram::Histogram;
use crate::read::{Area, Picture};

/// Longest side of the small copy.
const SMALL: usize = 120;

/// A stroke needs to be no wider than this many pixels, where no more than this share of all is thinner.
const ENOUGH: f32 = 6.0;
const THIN: f32 = 0.2;

/// In even light the level that a tenth of the border exceeds and the one that a fifth stays below lie less far apart than this, grain
/// and all.
const UNEVEN: u8 = 48;

/// A picture as it is looked at.
pub struct View {
    pub working: Working,
    pub polarity: Polarity,
    /// `None` where nothing is seen.
    pub window: Option<Window>,
    /// Before it was made smaller than pictures mostly are looked at.
    larger: Option<Working>,
}

impl View {
    /// Of a picture, made smaller where its strokes stay wide enough.
    pub fn of(picture: &Picture) -> Self {
        Self::fitting(Working::new(picture))
    }

    /// The same of a part of the picture.
    pub fn of_part(picture: &Picture, part: Area) -> Self {
        Self::fitting(Working::of_part(picture, part))
    }

    fn fitting(working: Working) -> Self {
        let polarity = polarity(&working.picture);
        Self::fitting_ink(working, polarity)
    }

    fn fitting_ink(working: Working, polarity: Polarity) -> Self {
        let dark = Dark::of(&working.picture, polarity.bright_ink);
        let sketch = Sketch::of(&dark);
        let longest = dark.picture.height.max(dark.picture.width);
        let times = sketch.as_ref().map_or(1, Sketch::times_too_large).min(longest / SMALLEST);
        if times > 1 {
            let smaller = working.shrunk(times);
            return Self { larger: Some(working), ..Self::with(smaller, polarity) };
        }
        let window = sketch.as_ref().map(Window::of);
        Self { working, polarity, window, larger: None }
    }

    /// Whether the border, most of which is paper and where shadows come in, is in places much darker than in others.
    pub fn is_unevenly_lit(&self) -> bool {
        let border = Histogram::of(&self.working.picture.border());
        let level = |share: usize| border.exceeded_by(border.count() * share / 10);
        level(1).zip(level(8)).is_some_and(|(bright, dark)| bright - dark >= UNEVEN)
    }

    /// The same with bright paper and dark ink the other way round, whose strokes may be thinner. `None` where there is no doubt which is
    /// which.
    pub fn turned(&self) -> Option<Self> {
        let Polarity { bright_ink, sure } = self.polarity;
        let working = self.larger.as_ref().unwrap_or(&self.working);
        (!sure).then(|| Self::fitting_ink(working.clone(), Polarity { bright_ink: !bright_ink, sure }))
    }

    /// Of a picture, however wide its strokes.
    pub fn in_full(picture: &Picture) -> Self {
        let working = Working::new(picture);
        let polarity = polarity(&working.picture);
        Self::with(working, polarity)
    }

    fn with(working: Working, polarity: Polarity) -> Self {
        let window = Sketch::of(&Dark::of(&working.picture, polarity.bright_ink)).as_ref().map(Window::of);
        Self { working, polarity, window, larger: None }
    }
}

/// A small copy of a picture, with its ink.
struct Sketch<'a> {
    small: Dark<'a>,
    /// How many times as large the picture is.
    times: usize,
    /// How far the paper was looked for: as far as there is any.
    widest: usize,
    levels: Picture,
    edges: Edges,
}

impl<'a> Sketch<'a> {
    /// `None` where nothing is seen.
    fn of(dark: &'a Dark<'_>) -> Option<Self> {
        let times = dark.picture.height.max(dark.picture.width).div_ceil(SMALL);
        let small = dark.shrunk(times);
        let widest = small.picture.height.max(small.picture.width) / 4;
        let levels = darkness(&small, widest);
        let edges = Edges::find(&levels)?;
        Some(Self { small, times, widest, levels, edges })
    }

    /// The width that this share of its runs of ink stay below, in its pixels.
    fn stroke(&self, share: f32) -> f32 {
        stroke_width(&self.levels, self.edges.middle, true, share)
    }

    /// How many times the picture can be shrunk without its strokes becoming thin.
    fn times_too_large(&self) -> usize {
        ((self.stroke(THIN) * self.times as f32 / ENOUGH) as usize).max(1)
    }
}

/// How far round a pixel its paper is looked for.
#[derive(Clone, Copy)]
pub struct Window {
    /// One that no stroke fills; the closest, unless most edges are gone then: those were of wider strokes.
    pub usual: usize,
    /// One that follows shadows, a few strokes wide.
    pub closest: usize,
    /// Half of that: hardly more than a stroke fills.
    pub nearest: usize,
}

impl Window {
    fn of(sketch: &Sketch) -> Self {
        let Sketch { times, widest, ref edges, .. } = *sketch;
        let closest = (4.0 * sketch.stroke(0.5)) as usize + 4;
        let follows = 3 * closest < 2 * widest
            && 2 * edges_of(&darkness(&sketch.small, closest), edges.half) >= edges.count;
        let usual = if follows { closest } else { widest };
        Self { usual: times * usual, closest: times * closest, nearest: times * closest / 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_for_paper_first_may_be_wide_and_the_ink_is_looked_at_as_large_as_ever() {
        // Dark lines of four pixels, and what is bright between them.
        let level = |at: usize| if at % 400 % 60 < 4 { 40 } else { 200 };
        let picture = Picture { height: 400, width: 400, pixels: (0..400 * 400).map(level).collect() };
        let polarity = Polarity { bright_ink: true, sure: false };
        let view = View::fitting_ink(Working::new(&picture), polarity);
        assert!(view.working.picture.width <= 200);
        let turned = view.turned().unwrap();
        assert!(!turned.polarity.bright_ink && turned.working.picture == picture);
        assert!(View { polarity: Polarity { sure: true, ..polarity }, ..view }.turned().is_none());
    }
}
