//! A box of pixels.

use serde::Serialize;

/// A box of whole pixels inside a picture, counted from its upper left corner. Written as `[x, y, width, height]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "[usize; 4]")]
pub struct Area {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl From<Area> for [usize; 4] {
    fn from(area: Area) -> Self {
        [area.x, area.y, area.width, area.height]
    }
}

impl Area {
    /// All of a picture.
    #[must_use]
    pub fn all(height: usize, width: usize) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// The column after the last.
    #[must_use]
    pub fn right(&self) -> usize {
        self.x + self.width
    }

    /// The row after the last.
    #[must_use]
    pub fn bottom(&self) -> usize {
        self.y + self.height
    }

    /// The smallest box that holds both.
    pub(crate) fn with(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// Rows that both share.
    pub(crate) fn rows_shared(&self, other: &Self) -> usize {
        self.bottom().min(other.bottom()).saturating_sub(self.y.max(other.y))
    }

    /// Columns between the two, 0 where they share one.
    pub(crate) fn columns_between(&self, other: &Self) -> usize {
        self.x.max(other.x).saturating_sub(self.right().min(other.right()))
    }

    /// How many edges of a box around it this touches, or all but.
    pub(crate) fn edges_touched(&self, all: &Self) -> usize {
        let at = [
            self.x <= all.x + 1,
            self.y <= all.y + 1,
            self.right() + 1 >= all.right(),
            self.bottom() + 1 >= all.bottom(),
        ];
        at.into_iter().filter(|&at| at).count()
    }

    /// Whether this touches at least two edges of a box around it, which it does not fill: a shadow does, or a fold of the paper.
    pub(crate) fn is_at_edges(&self, all: &Self) -> bool {
        let fills = 10 * self.width >= 9 * all.width && 10 * self.height >= 9 * all.height;
        !fills && self.edges_touched(all) >= 2
    }

    /// Pixels inside.
    pub(crate) fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// The longer side.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.height.max(self.width)
    }

    /// Whether all of `other` lies in this.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self.with(other) == *self
    }

    /// Whether it reaches from one side of `other` to the opposite one.
    pub(crate) fn reaches_across(&self, other: &Self) -> bool {
        self.x <= other.x && self.right() >= other.right()
            || self.y <= other.y && self.bottom() >= other.bottom()
    }

    /// Whether `other` lies in this without touching a side.
    pub(crate) fn surrounds(&self, other: &Self) -> bool {
        self.x < other.x && self.y < other.y && other.right() < self.right() && other.bottom() < self.bottom()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_at_two_edges_fills_the_picture_or_comes_in_from_them() {
        let all = Area { x: 10, y: 20, width: 100, height: 50 };
        for ([x, y, width, height], expected) in [
            ([40, 20, 20, 50], true),
            ([11, 40, 30, 30], true),
            ([40, 20, 20, 40], false),
            ([40, 30, 20, 20], false),
            ([10, 20, 100, 50], false),
            ([14, 20, 92, 50], false),
        ] {
            assert_eq!(Area { x, y, width, height }.is_at_edges(&all), expected, "{x} {y} {width} {height}");
        }
    }
}
