//! From ink on paper to a picture's grey levels: paper, print, light and shadow, the lens's blur and the sensor's noise.

use super::camera::Camera;
use super::glyph::{COVERED, Glyph};
use super::look::{Look, Shadow};
use super::page::{Page, Rect};
use crate::random::Stream;
use crate::read::{Area, Picture};

/// Ink and print as the camera sees them, 0 nothing to 1 covered.
pub(super) struct Layers {
    height: usize,
    width: usize,
    ink: Vec<f32>,
    print: Vec<f32>,
    /// Whose ink each pixel is, as [`Layers::ink`] was told; 0: nobody's.
    owners: Vec<u8>,
}

/// Specks are nobody's.
const NOBODY: u8 = 0;

impl Layers {
    /// Nothing, in height and width.
    pub fn new([height, width]: [usize; 2]) -> Self {
        let pixels = height * width;
        Self { height, width, ink: vec![0.0; pixels], print: vec![0.0; pixels], owners: vec![NOBODY; pixels] }
    }

    /// Lays the ink of `owner`, whose cover at a point of the paper is `cover`, inside `rect`. Says where it is in the picture.
    pub fn ink(
        &mut self,
        camera: &Camera,
        rect: Rect,
        owner: u8,
        cover: impl Fn(f32, f32) -> f32,
    ) -> Option<Area> {
        let mut area: Option<Area> = None;
        stamp([self.height, self.width], camera, rect, |row, column, x, y| {
            let (at, cover) = (row * self.width + column, cover(x, y));
            self.ink[at] = self.ink[at].max(cover);
            if cover >= COVERED {
                self.owners[at] = owner;
                let here = Area { x: column, y: row, width: 1, height: 1 };
                area = Some(area.map_or(here, |area| area.with(&here)));
            }
        });
        area
    }

    /// The picture, and whose ink each of its pixels is: `page`'s print and specks are added, then all is lit and photographed.
    pub fn develop(
        mut self,
        camera: &Camera,
        page: &Page,
        look: &Look,
        r: &mut Stream,
    ) -> (Picture, Vec<u8>) {
        let size = [self.height, self.width];
        for &(radius, [x, y]) in &page.specks {
            let speck = Glyph::speck(radius);
            let rect = [x, y, x + speck.width as f32, y + speck.height as f32];
            self.ink(camera, rect, NOBODY, |at_x, at_y| 0.8 * speck.cover(at_x - x, at_y - y));
        }
        for &bar in &page.bars {
            let wide = [bar[0] - 1.0, bar[1] - 1.0, bar[2] + 1.0, bar[3] + 1.0];
            let inside = |x: f32, y: f32| (x - bar[0]).min(bar[2] - x).min(y - bar[1]).min(bar[3] - y);
            self.print(camera, wide, |x, y| (inside(x, y) + 0.5).clamp(0.0, 1.0));
        }
        if page.rules.iter().any(Option::is_some) {
            let whole = [0.0, 0.0, self.width as f32, self.height as f32];
            let wide = [-whole[2], -whole[3], 2.0 * whole[2], 2.0 * whole[3]];
            let (rules, half) = (page.rules, page.rule);
            self.print(camera, wide, |x, y| {
                let rule = |rule: Option<[f32; 2]>, at: f32| {
                    rule.map_or(0.0, |[first, apart]| {
                        let steps = (at - first) / apart;
                        (half + 0.5 - (steps - (steps + 0.5).floor()).abs() * apart).clamp(0.0, 1.0)
                    })
                };
                rule(rules[0], y).max(rule(rules[1], x))
            });
        }
        let levels = self.lit(look, r);
        (photograph(blurred(levels, self.width, look.blur), size, look.noise, r), self.owners)
    }

    /// Lays print.
    fn print(&mut self, camera: &Camera, rect: Rect, cover: impl Fn(f32, f32) -> f32) {
        stamp([self.height, self.width], camera, rect, |row, column, x, y| {
            let at = row * self.width + column;
            self.print[at] = self.print[at].max(cover(x, y));
        });
    }

    /// What paper and ink throw back.
    fn lit(&self, look: &Look, r: &mut Stream) -> Vec<f32> {
        let (height, width) = (self.height as f32, self.width as f32);
        let fibre = Cloud::new([self.height, self.width], (0.7 * look.height).max(8.0), r);
        let grain = Cloud::new([self.height, self.width], (1.2 * look.pen).clamp(1.5, 3.0), r);
        let printed = if look.chalk { 1.5 - 0.5 * look.printed } else { look.printed };
        let pixels = self.ink.iter().zip(&self.print).enumerate();
        pixels
            .map(|(i, (&ink, &print))| {
                let (x, y) = ((i % self.width) as f32, (i / self.width) as f32);
                let paper = look.paper * (1.0 + 0.02 * fibre.at(x, y)) * (1.0 + print * (printed - 1.0));
                let ink = if ink > 0.0 { ink * (1.0 - look.grain * grain.at(x, y).max(0.0)) } else { 0.0 };
                let level = paper + ink * (look.ink - paper);
                let (across, down) = (x / width - 0.5, y / height - 0.5);
                let light = 1.0 + 2.0 * (look.light[0] * across + look.light[1] * down);
                level * light * look.shadow.map_or(1.0, |shadow| shadow.at(x, y, width, height))
            })
            .collect()
    }
}

impl Shadow {
    /// What is left of the light at a point.
    fn at(&self, x: f32, y: f32, width: f32, height: f32) -> f32 {
        let (dx, dy) = (x - self.at[0] * width, y - self.at[1] * height);
        let depth = (dx * self.direction[0] + dy * self.direction[1]) / (self.softness * width.max(height));
        let t = (depth + 0.5).clamp(0.0, 1.0);
        1.0 - (1.0 - self.left) * t * t * (3.0 - 2.0 * t)
    }
}

/// Gives `put` each pixel (row, column) whose point (x, y) of the paper may be inside `rect`.
fn stamp(
    [height, width]: [usize; 2],
    camera: &Camera,
    rect: Rect,
    mut put: impl FnMut(usize, usize, f32, f32),
) {
    let [left, top, right, bottom] = camera.bounds(rect);
    let range = |from: f32, to: f32, most: usize| {
        (from.max(0.0) as usize).min(most)..(to.max(0.0) as usize + 1).min(most)
    };
    let (rows, columns) = (range(top, bottom, height), range(left, right, width));
    for row in rows {
        for column in columns.clone() {
            let [x, y] = camera.paper(column as f32 + 0.5, row as f32 + 0.5);
            put(row, column, x, y);
        }
    }
}

/// Smooth random values of about ±1: random ones on a grid, mixed between.
struct Cloud {
    columns: usize,
    per_pixel: f32,
    values: Vec<f32>,
}

impl Cloud {
    /// With a grid point every `apart` pixels.
    fn new([height, width]: [usize; 2], apart: f32, r: &mut Stream) -> Self {
        let along = |side: usize| (side as f32 / apart) as usize + 2;
        let columns = along(width);
        Self {
            columns,
            per_pixel: 1.0 / apart,
            values: (0..along(height) * columns).map(|_| r.range(-1.0, 1.0)).collect(),
        }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x * self.per_pixel, y * self.per_pixel);
        let (column, row) = (x as usize, y as usize);
        let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
        let (right, down) = (smooth(x - column as f32), smooth(y - row as f32));
        let mix = |row: usize| {
            let at = row * self.columns + column;
            self.values[at] + right * (self.values[at + 1] - self.values[at])
        };
        mix(row) + down * (mix(row + 1) - mix(row))
    }
}

/// A Gaussian blur, rows then columns; edges go on beyond the border.
fn blurred(levels: Vec<f32>, width: usize, deviation: f32) -> Vec<f32> {
    let reach = (2.5 * deviation) as usize + 1;
    let weight = |step: usize| {
        let distance = step as f32 - reach as f32;
        libm::expf(-0.5 * distance * distance / (deviation * deviation))
    };
    let sum: f32 = (0..=2 * reach).map(weight).sum();
    let weights: Vec<f32> = (0..=2 * reach).map(|step| weight(step) / sum).collect();
    let mut across = Vec::with_capacity(levels.len());
    let mut padded = vec![0.0; width + 2 * reach];
    for row in levels.chunks_exact(width) {
        padded[..reach].fill(row[0]);
        padded[reach..reach + width].copy_from_slice(row);
        padded[reach + width..].fill(row[width - 1]);
        across.extend(padded.windows(2 * reach + 1).map(|near| dot(near, &weights)));
    }
    let height = levels.len() / width;
    let mut out = vec![0.0; levels.len()];
    for (y, out) in out.chunks_exact_mut(width).enumerate() {
        for (step, &weight) in weights.iter().enumerate() {
            let from = (y + step).saturating_sub(reach).min(height - 1) * width;
            out.iter_mut().zip(&across[from..from + width]).for_each(|(out, level)| *out += weight * level);
        }
    }
    out
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Whole grey levels, each with noise that is nearly normal: the sum of four draws of a byte.
fn photograph(levels: Vec<f32>, [height, width]: [usize; 2], noise: f32, r: &mut Stream) -> Picture {
    // The sum's standard deviation: √(4 (256² − 1) / 12).
    let scale = noise / 147.8;
    let pixels = levels
        .into_iter()
        .map(|level| {
            let sum: u32 = r.bits().to_le_bytes().into_iter().map(u32::from).sum();
            (level + scale * (sum as f32 - 510.0) + 0.5).clamp(0.0, 255.0) as u8
        })
        .collect();
    Picture { height, width, pixels }
}
