//! Writes a scene's glyphs on flat paper: lines, spacing, boxes and specks. Knows nothing of cameras and light.

use super::Source;
use super::glyph::Glyph;
use super::look::{Look, Print};
use crate::data::strokes::Hand;
use crate::random::Stream;
use crate::read::Mark;

/// left, top, right, bottom on the paper.
pub(super) type Rect = [f32; 4];

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Digit(u8),
    Mark(Mark),
}

/// A glyph on the paper; (x, y) is its upper left corner.
pub(super) struct Item {
    pub glyph: Glyph,
    pub x: f32,
    pub y: f32,
    pub kind: Kind,
    pub line: usize,
}

/// A written page.
pub(super) struct Page {
    /// By line, each from left to right.
    pub items: Vec<Item>,
    /// Spots: their radius and where they are.
    pub specks: Vec<(f32, [f32; 2])>,
    /// Printed lines that end.
    pub bars: Vec<Rect>,
    /// First and distance of printed lines that go across the page: rows, then columns.
    pub rules: [Option<[f32; 2]>; 2],
    /// Half the width of a printed line.
    pub rule: f32,
    /// All ink.
    pub written: Rect,
    /// Height and width in pixels.
    pub size: [usize; 2],
}

impl Item {
    pub fn rect(&self) -> Rect {
        [self.x, self.y, self.x + self.glyph.width as f32, self.y + self.glyph.height as f32]
    }

    /// The least x at which `glyph` with its top at `y` stays `gap` away from this, seen along rows that are at most `near`
    /// apart.
    fn after(&self, glyph: &Glyph, y: f32, gap: f32, near: usize) -> f32 {
        let offset = (y - self.y) as isize;
        let mut least = self.x + 0.4 * self.glyph.width as f32;
        let mut met = false;
        for (row, [left, _]) in (0..glyph.height).filter_map(|row| Some((row, glyph.reach(row)?))) {
            let row = row as isize + offset;
            let near = near as isize;
            let rows = (row - near).max(0)..(row + near + 1).clamp(0, self.glyph.height as isize);
            for [_, right] in rows.filter_map(|row| self.glyph.reach(row as usize)) {
                met = true;
                least = least.max(self.x + right as f32 + 1.0 + gap - left as f32);
            }
        }
        if met { least } else { least.max(self.x + self.glyph.width as f32 + gap) }
    }
}

impl Page {
    /// Writes `look`'s lines with digits of `source`.
    pub fn write(look: &Look, source: Source<'_>, r: &mut Stream) -> Self {
        let hand = Hand::new(r);
        let pitch = look.height * r.range(1.5, 2.2);
        let cell = look.height * r.range(1.0, 1.3);
        let mut page = Self {
            items: Vec::new(),
            specks: Vec::new(),
            bars: Vec::new(),
            rules: [None; 2],
            rule: (0.5 * look.height * r.range(0.012, 0.03)).max(0.5),
            written: [0.0; 4],
            size: [0; 2],
        };
        for (line, &count) in look.lines.iter().enumerate() {
            let indent = 0.4 * look.height * r.normal();
            page.write_line(look, source, (line, count), [indent, pitch * line as f32], cell, &hand, r);
        }
        page.print(look, pitch, cell, r);
        page.cut(look, r);
        page.sprinkle(look, r);
        page
    }

    #[expect(clippy::too_many_arguments, reason = "a line is written by all of them, and by nothing else")]
    fn write_line(
        &mut self,
        look: &Look,
        source: Source<'_>,
        (line, count): (usize, usize),
        [indent, baseline]: [f32; 2],
        cell: f32,
        hand: &Hand,
        r: &mut Stream,
    ) {
        let first = self.items.len();
        let mut wander = 0.0;
        for number in 0..count {
            let Some((glyph, digit)) = Glyph::digit(source, look, hand, r) else { return };
            wander = 0.6 * wander + look.wander * look.height * r.normal();
            let before = self.items[first..].last();
            let along = before.map_or(0.0, |item| item.x - indent);
            let y = baseline + look.slope * along + wander - glyph.height as f32;
            let touching =
                before.is_some_and(|item| matches!(item.kind, Kind::Digit(_))) && r.chance(look.touching);
            let gap = look.gap * libm::expf(0.3 * r.normal().clamp(-1.0, 2.0));
            let x = match before {
                _ if look.print == Print::Cells => {
                    let free = (cell - glyph.width as f32).max(0.0);
                    cell * number as f32 + 0.5 * free * (1.0 + 0.3 * r.range(-1.0, 1.0))
                }
                None => indent,
                Some(item) if touching => item.after(&glyph, y, -look.pen * r.range(0.2, 0.8), 0),
                Some(item) => item.after(&glyph, y, gap, gap as usize),
            };
            self.items.push(Item { glyph, x, y, kind: Kind::Digit(digit), line });
            if number + 1 < count && look.print != Print::Cells && r.chance(look.separators) {
                let mark = if r.chance(60) { Mark::Point } else { Mark::Dash };
                self.write_mark(mark, look, line, r);
            }
        }
    }

    /// After the last digit.
    fn write_mark(&mut self, mark: Mark, look: &Look, line: usize, r: &mut Stream) {
        let Some(item) = self.items.last() else { return };
        let glyph = Glyph::mark(mark, look, r);
        let [_, _, right, bottom] = item.rect();
        let x = right + 0.6 * look.gap;
        let y = match mark {
            Mark::Point => bottom - glyph.height as f32,
            Mark::Dash => bottom - look.height * r.range(0.4, 0.55),
        };
        self.items.push(Item { glyph, x, y, kind: Kind::Mark(mark), line });
    }

    /// Rules, squares and boxes.
    fn print(&mut self, look: &Look, pitch: f32, cell: f32, r: &mut Stream) {
        let half = self.rule;
        let bar = |x0: f32, y0: f32, x1: f32, y1: f32| [x0 - half, y0 - half, x1 + half, y1 + half];
        let around = |[left, top, right, bottom]: Rect| {
            [
                bar(left, top, right, top),
                bar(left, bottom, right, bottom),
                bar(left, top, left, bottom),
                bar(right, top, right, bottom),
            ]
        };
        match look.print {
            Print::Nothing => {}
            Print::Rules => self.rules[0] = Some([look.height * r.range(-0.02, 0.2), pitch]),
            Print::Squares => {
                let side = pitch / f32::from(2 + r.below(2) as u16);
                self.rules = [Some([look.height * r.range(-0.02, 0.2), side]), Some([side * r.unit(), side])];
            }
            Print::Frame => {
                let [left, top, right, bottom] = all(self.items.iter().map(Item::rect));
                let pad = look.height * r.range(0.25, 0.6);
                self.bars.extend(around([left - pad, top - pad, right + pad, bottom + pad]));
            }
            Print::Cells => {
                let pad = look.height * r.range(0.15, 0.3);
                for (line, &count) in look.lines.iter().enumerate() {
                    let rects = self.items.iter().filter(|item| item.line == line).map(Item::rect);
                    let [left, top, right, bottom] = all(rects);
                    let last = (cell * count as f32).max(right + 0.5 * pad);
                    self.bars.extend(around([left.min(-0.5 * pad), top - pad, last, bottom + pad]));
                    self.bars.extend((1..count).map(|number| {
                        let x = cell * number as f32;
                        bar(x, top - pad, x, bottom + pad)
                    }));
                }
            }
        }
    }

    /// Cuts the sheet with margins around all that is written, and counts from its corner.
    fn cut(&mut self, look: &Look, r: &mut Stream) {
        let [left, top, right, bottom] =
            all(self.items.iter().map(Item::rect).chain(self.bars.iter().copied()));
        let mut margin = || (look.height * r.range(0.3, 1.3)).max(6.0);
        let (x, y) = (margin() - left, margin() - top);
        self.items.iter_mut().for_each(|item| (item.x, item.y) = (item.x + x, item.y + y));
        self.bars.iter_mut().for_each(|bar| *bar = [bar[0] + x, bar[1] + y, bar[2] + x, bar[3] + y]);
        for (rule, by) in self.rules.iter_mut().zip([y, x]) {
            *rule = rule.map(|[first, apart]| [first + by, apart]);
        }
        self.written = [left + x, top + y, right + x, bottom + y];
        self.size = [(bottom + y + margin()) as usize + 1, (right + x + margin()) as usize + 1];
    }

    fn sprinkle(&mut self, look: &Look, r: &mut Stream) {
        for _ in 0..look.specks {
            let radius = (look.height * r.range(0.004, 0.022)).min(0.8 * look.pen);
            let at = [r.unit() * self.size[1] as f32, r.unit() * self.size[0] as f32];
            self.specks.push((radius, at));
        }
    }
}

/// What holds all of them; a small square where there is none.
fn all(rects: impl Iterator<Item = Rect>) -> Rect {
    rects
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
        .unwrap_or([0.0, 0.0, 20.0, 20.0])
}
