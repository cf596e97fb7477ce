//! The size at which a picture is looked at: large ones are shrunk, tiny ones enlarged, so that everything behind works
//! on strokes a few pixels wide.

use crate::read::{Area, Picture};

/// Longest side of a picture as it is looked at; the digits of a photographed page are still twenty pixels high.
const LARGEST: usize = 1600;
/// Pictures smaller than this are enlarged by a whole number until they are not.
pub(super) const SMALLEST: usize = 96;

/// A picture at the size at which it is looked at.
#[derive(Clone)]
pub struct Working {
    pub picture: Picture,
    /// Of the original what is looked at.
    pub part: Area,
}

impl Working {
    pub fn new(original: &Picture) -> Self {
        let (height, width) = (original.height, original.width);
        let longest = height.max(width).max(1);
        let picture = if longest > LARGEST {
            let length = |old: usize| (old * LARGEST).div_ceil(longest).max(1);
            original.resized(length(height), length(width))
        } else {
            let times = SMALLEST.div_ceil(longest);
            original.resized(height * times, width * times)
        };
        Self { picture, part: Area::all(height, width) }
    }

    /// Of a part of the original, looked at alone.
    pub fn of_part(original: &Picture, part: Area) -> Self {
        Self { part, ..Self::new(&original.cropped(&part)) }
    }

    /// The same looked at so many times smaller.
    pub fn shrunk(&self, times: usize) -> Self {
        Self { picture: self.picture.shrunk(times), part: self.part }
    }

    /// An area of this picture in pixels of the original; at least one pixel, and inside it.
    pub fn in_original(&self, area: &Area) -> Area {
        let map = |start: usize, length: usize, original: usize, here: usize| {
            let here = here.max(1);
            let first = (start * original / here).min(original.saturating_sub(1));
            let end = ((start + length) * original).div_ceil(here).clamp(first + 1, original.max(1));
            (first, end - first)
        };
        let (y, height) = map(area.y, area.height, self.part.height, self.picture.height);
        let (x, width) = map(area.x, area.width, self.part.width, self.picture.width);
        Area { x: self.part.x + x, y: self.part.y + y, width, height }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_is_shrunk_tiny_enlarged_and_areas_go_back() {
        for (height, width, expected) in
            [(3000, 4000, (1200, 1600)), (8, 8, (96, 96)), (28, 20, (112, 80)), (1, 4000, (1, 1600))]
        {
            let working = Working::new(&Picture::filled(height, width, 9));
            let Picture { height: h, width: w, .. } = working.picture;
            assert_eq!((h, w), expected);
            assert_eq!(working.in_original(&Area::all(h, w)), Area::all(height, width));
            let corner = Area { x: w - 1, y: h - 1, width: 1, height: 1 };
            let back = working.in_original(&corner);
            assert!(back.right() == width && back.bottom() == height && back.width > 0, "{back:?}");
        }
    }
}
